//! Opens a project's `.clutch` folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use features::online::{EmbeddedStore, StoreError};
use features::value::Micros;
use fjall::Database;

use super::lock::{Holder, Lock, LockError};
use super::synchronise::Synchroniser;
use crate::clock::Clock;
use crate::log::{EmbeddedLog, FreeSpace, LogError};
use crate::worker::Ground;

/// How often commits are brought to the disk itself. A process that is killed loses nothing; a machine that loses its
/// power loses at most the commits of this long.
const SYNCHRONISE_EVERY: Duration = Duration::from_secs(1);

/// The longest path that a unix socket can have everywhere (macOS: 104 bytes with the final zero).
const MAX_SOCKET_PATH: usize = 100;

/// Where an instance keeps its files.
#[derive(Debug, Clone)]
pub struct Places {
    /// The project's `.clutch`; created if missing.
    pub state_dir: PathBuf,
    /// For the admin socket, where the path below `state_dir` would be too long for one.
    pub temporary: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("could not {action} `{}`", .path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the database `{}` cannot be opened", .path.display())]
    Database { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the event log in `{}` cannot be opened", .path.display())]
    Log { path: PathBuf, source: LogError },
    #[error("the state store in `{}` cannot be opened", .path.display())]
    Store { path: PathBuf, source: StoreError },
}

/// The opened folder: whoever holds this is its only owner on this machine.
pub struct Instance {
    // Dropped in this order: the database closes while the lock still keeps others out.
    log: Arc<EmbeddedLog>,
    store: Arc<EmbeddedStore>,
    _synchroniser: Synchroniser,
    database: Database,
    lock: Lock,
    holder: Holder,
    dir: PathBuf,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("holder", &self.holder).finish_non_exhaustive()
    }
}

impl Instance {
    /// Takes the lock, then opens the database.
    pub fn open(places: &Places, clock: Arc<dyn Clock>) -> Result<Instance, InstanceError> {
        let dir = &places.state_dir;
        let io = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| InstanceError::Io { action, path, source }
        };
        std::fs::create_dir_all(dir).map_err(io("create", dir))?;
        let mut lock = Lock::acquire(dir)?;
        let holder =
            Holder { pid: std::process::id(), started_at: clock.now(), http: None, socket: socket_path(places) };
        lock.announce(&holder)?;
        let path = dir.join("db");
        let broken = |source| InstanceError::Database { path: path.clone(), source: Box::new(source) };
        let database = Database::builder(&path).open().map_err(broken)?;
        let free: FreeSpace = Box::new({
            let path = path.clone();
            move || rustix::fs::statvfs(&path).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
        });
        let log = EmbeddedLog::open(&database, clock, free)
            .map_err(|source| InstanceError::Log { path: path.clone(), source })?;
        let store =
            EmbeddedStore::open(&database).map_err(|source| InstanceError::Store { path: path.clone(), source })?;
        let synchroniser =
            Synchroniser::start(database.clone(), SYNCHRONISE_EVERY).map_err(io("start a thread for", &path))?;
        Ok(Instance {
            log: Arc::new(log),
            store: Arc::new(store),
            _synchroniser: synchroniser,
            database,
            lock,
            holder,
            dir: dir.clone(),
        })
    }

    /// Tells whoever comes second where this process answers HTTP.
    pub fn announce(&mut self, http: SocketAddr) -> Result<(), LockError> {
        self.holder.http = Some(http);
        self.lock.announce(&self.holder)
    }

    pub fn log(&self) -> &Arc<EmbeddedLog> {
        &self.log
    }

    pub fn store(&self) -> &Arc<EmbeddedStore> {
        &self.store
    }

    /// Log and store as one.
    pub fn ground(&self) -> Ground {
        Ground::embedded(&self.log, &self.store)
    }

    /// The database that log and store share.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The folder that it owns.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the admin socket is to be; nothing of an earlier process is in use there.
    pub fn socket(&self) -> &Path {
        &self.holder.socket
    }

    pub fn started_at(&self) -> Micros {
        self.holder.started_at
    }
}

/// `.clutch/admin.sock`, or a short name made from that path where it would be too long.
fn socket_path(places: &Places) -> PathBuf {
    let absolute = std::path::absolute(&places.state_dir).unwrap_or_else(|_| places.state_dir.clone());
    let path = absolute.join("admin.sock");
    if path.as_os_str().len() <= MAX_SOCKET_PATH {
        return path;
    }
    let name = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    places.temporary.join(format!("clutch-{}.sock", &name[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::log::EventLog;

    fn open(dir: &Path) -> Result<Instance, InstanceError> {
        let places = Places { state_dir: dir.join(".clutch"), temporary: dir.to_path_buf() };
        Instance::open(&places, Arc::new(ManualClock::at(7)))
    }

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let dir = tempfile::tempdir().expect("folder");
        let mut first = open(dir.path()).expect("first");
        first.announce("127.0.0.1:8080".parse().expect("address")).expect("announce");
        let refused = open(dir.path()).expect_err("second").to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(refused.contains("http://127.0.0.1:8080"), "{refused}");
        drop(first);
        open(dir.path()).expect("after the first has gone");
    }

    #[test]
    fn the_log_outlives_its_owner() {
        let dir = tempfile::tempdir().expect("folder");
        open(dir.path()).expect("first").log().create_topic("plays", 4).expect("create");
        assert_eq!(open(dir.path()).expect("second").log().partitions("plays").expect("topic"), 4);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_clear_error() {
        let dir = tempfile::tempdir().expect("folder");
        std::fs::write(dir.path().join(".clutch"), "a file").expect("write");
        let error = open(dir.path()).expect_err("a file is in the way");
        assert!(matches!(error, InstanceError::Io { action: "create", .. }), "{error}");
    }

    #[test]
    fn a_long_path_gets_its_socket_elsewhere_always_at_the_same_place() {
        let deep: PathBuf = std::iter::repeat_n("very-deep", 12).collect();
        let places = Places { state_dir: Path::new("/").join(deep), temporary: "/tmp".into() };
        let path = socket_path(&places);
        assert!(path.starts_with("/tmp") && path.as_os_str().len() <= MAX_SOCKET_PATH, "{path:?}");
        assert_eq!(path, socket_path(&places));
        let short = Places { state_dir: "/p/.clutch".into(), temporary: "/tmp".into() };
        assert_eq!(socket_path(&short), Path::new("/p/.clutch/admin.sock"));
    }
}
