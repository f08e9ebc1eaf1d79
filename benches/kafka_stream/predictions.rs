//! What was predicted, as a consumer with `read_committed` sees it.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value as Json;

use super::broker::Broker;
use super::plays::Id;

/// Both sides round elsewhere: sums in another order, and exponentials of another library.
const TOLERANCE: f64 = 1e-9;

#[derive(Default)]
pub(crate) struct Predictions {
    pub(crate) probabilities: HashMap<Id, f64>,
    /// Predictions of plays that had one.
    again: usize,
}

#[derive(Deserialize)]
struct Prediction {
    id: Play,
    outputs: Outputs,
}

#[derive(Deserialize)]
struct Play {
    game_id: String,
    play_id: i64,
}

#[derive(Deserialize)]
struct Outputs {
    probability: f64,
}

impl Predictions {
    pub(crate) fn read(broker: &Broker, topic: &str) -> Predictions {
        let mut found = Predictions::default();
        broker.read(topic, |record| {
            let Prediction { id, outputs } = serde_json::from_slice(record).expect("a prediction");
            let before = found.probabilities.insert((id.game_id, id.play_id), outputs.probability);
            found.again += usize::from(before.is_some());
        });
        found
    }

    fn missing(&self, kept: &HashSet<Id>) -> usize {
        kept.iter().filter(|id| !self.probabilities.contains_key(*id)).count()
    }

    /// Every event that WHERE keeps has one prediction, but for those that came too late, and no other has any.
    pub(crate) fn assert_exactly_once(&self, kept: &HashSet<Id>, totals: &Json) -> String {
        let late = totals["late"].as_u64().expect("a count");
        let (missing, predicted) = (self.missing(kept), self.probabilities.len());
        let unasked = self.probabilities.keys().filter(|id| !kept.contains(*id)).count();
        let told = format!(
            "{} accepted, {late} late, {} kept by WHERE, {predicted} predicted once, {} more than once, {missing} not",
            totals["accepted"],
            kept.len(),
            self.again,
        );
        assert!(self.again == 0 && unasked == 0 && missing as u64 <= late, "{told}, {unasked} without being asked");
        let counted = totals["predictions"].as_u64();
        // Endpoints without a model predict nothing.
        assert_eq!(counted, Some(predicted as u64), "{told}: clutch counts others");
        told
    }

    /// Of a peer: how many there are, and how many are the ones that `clutch` made.
    pub(crate) fn compare(&self, kept: &HashSet<Id>, ours: Option<&Predictions>) -> String {
        let Predictions { probabilities, again } = self;
        let told = format!("{} predicted, {again} of them again, {} not", probabilities.len(), self.missing(kept));
        let Some(ours) = ours else { return told };
        let both = probabilities.iter().filter_map(|(id, theirs)| Some((ours.probabilities.get(id)?, theirs)));
        let apart: Vec<f64> = both.map(|(ours, theirs)| (ours - theirs).abs()).collect();
        let equal = apart.iter().filter(|apart| **apart <= TOLERANCE).count();
        let most = apart.iter().copied().fold(0.0, f64::max);
        format!(
            "{told}; {equal} of {} as clutch predicts them (within {TOLERANCE:e}), at most {most:.1e} off",
            apart.len()
        )
    }
}
