//! What is told of one prediction: in an experiment, where one arm answered, and in a shadow, where both did.

/// A prediction that an arm of an experiment gave, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation<'a> {
    /// What was assigned to the arm: a game, a user. All observations of a unit come one after another.
    pub unit: &'a str,
    /// Which arm of the plan answered; 0 is the champion.
    pub arm: usize,
    /// In which of the plan's periods of constant weights.
    pub period: usize,
    /// The arm was asked for by the request: left out of every comparison.
    pub forced: bool,
    /// The same prediction was recorded before: left out.
    pub duplicate: bool,
    /// The answer; absent where the arm failed.
    pub score: Option<f64>,
    /// The truth, once it is known: of classification 0 or 1.
    pub outcome: Option<f64>,
    /// From the prediction to its outcome, in seconds.
    pub outcome_delay: Option<f64>,
    /// What the champion says of the same request, whichever arm answered: known of every request, and moved by none.
    pub covariate: Option<f64>,
    pub latency_us: Option<f64>,
    pub failed: bool,
    /// The value of each slice that the plan names, in its order.
    pub slices: &'a [&'a str],
    /// Each further numeric outcome that the plan names, in its order.
    pub values: &'a [Option<f64>],
}

impl<'a> Observation<'a> {
    /// A prediction that nothing else is known of yet.
    pub fn new(unit: &'a str, arm: usize) -> Observation<'a> {
        Observation {
            unit,
            arm,
            period: 0,
            forced: false,
            duplicate: false,
            score: None,
            outcome: None,
            outcome_delay: None,
            covariate: None,
            latency_us: None,
            failed: false,
            slices: &[],
            values: &[],
        }
    }
}

/// One request that both the champion and the challenger answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedObservation<'a> {
    /// Requests of one unit share fate. All of them come one after another.
    pub unit: &'a str,
    /// By what the request is found again: a prediction id, an event's id.
    pub id: &'a str,
    pub champion: Option<f64>,
    pub challenger: Option<f64>,
    pub outcome: Option<f64>,
    pub champion_latency_us: Option<f64>,
    pub challenger_latency_us: Option<f64>,
    /// The value of each feature that the report names, in its order; NaN where there was none.
    pub features: &'a [f64],
}
