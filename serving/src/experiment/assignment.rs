//! Which arm answers a unit, and how it came to it.

use smol_str::SmolStr;

/// What routing decided for one request or one row of a stream. Goes into the answer and into the prediction log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The experiment that assigned the arm; `None` where the endpoint simply serves its champion.
    pub experiment: Option<SmolStr>,
    /// `champion` where no experiment runs.
    pub arm: SmolStr,
    /// What was assigned: the value of the declared unit, e.g. a game's id.
    pub unit: Option<SmolStr>,
    /// Whether the caller chose the arm. Left out of the analysis.
    pub forced: bool,
    /// Which of the experiment's periods of constant weights this was, from 0.
    pub period: u32,
}

impl Assignment {
    pub const CHAMPION: SmolStr = SmolStr::new_static("champion");

    pub fn champion(unit: Option<SmolStr>) -> Assignment {
        Assignment { experiment: None, arm: Assignment::CHAMPION, unit, forced: false, period: 0 }
    }
}
