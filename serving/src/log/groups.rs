//! The seam to groups: processes that share out the partitions of topics among themselves.

use std::fmt::Debug;
use std::sync::Arc;

use smol_str::SmolStr;

use super::seam::{LogError, TopicPartition};

/// Lets a process become a member of groups.
pub trait Groups: Send + Sync + Debug {
    /// Joins the group of a name for these topics. `member` is told of every change, one at a time, until what is returned is
    /// dropped.
    fn join(&self, group: &str, topics: &[SmolStr], member: Arc<dyn Member>) -> Result<Box<dyn Membership>, LogError>;
}

/// Who works what the group gives to this process.
///
/// That a place is given says that somebody else has given it up or is gone. It is no proof: two may believe for a while that
/// they own a place, and only [`super::EventLog::open`] decides between them.
pub trait Member: Send + Sync {
    /// These places are this process's from now on, beside those that it has. None: the group has nothing more for it.
    fn given(&self, places: &[TopicPartition]);

    /// These places go to somebody else. They are not given away before this returns, so that what is under way can be ended.
    fn taken(&self, places: &[TopicPartition]);
}

/// Leaves the group when it is dropped; the group learns it at once. What the member still has it is told to give up first.
pub trait Membership: Send + Sync + Debug {}
