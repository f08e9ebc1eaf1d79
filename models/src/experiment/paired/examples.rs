use crate::experiment::PairedObservation;

/// A request about which the two differ much.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Example {
    pub id: String,
    pub unit: String,
    pub champion: f64,
    pub challenger: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<f64>,
    /// In the report's order; absent ones are null.
    pub features: Vec<Option<f64>>,
}

const KEPT: usize = 10;

impl Example {
    fn gap(&self) -> f64 {
        (self.challenger - self.champion).abs()
    }
}

/// One of a unit at most: the plays of one game would fill the list.
pub(super) fn offer(kept: &mut Vec<Example>, observation: &PairedObservation<'_>, champion: f64, challenger: f64) {
    let gap = (challenger - champion).abs();
    let of_unit = kept.iter().position(|example| example.unit == observation.unit);
    let least = kept.last().map_or(0.0, Example::gap);
    match of_unit {
        Some(place) if gap <= kept[place].gap() => return,
        Some(place) => drop(kept.remove(place)),
        None if kept.len() == KEPT && gap <= least => return,
        None => kept.truncate(KEPT - 1),
    }
    let example = Example {
        id: observation.id.to_owned(),
        unit: observation.unit.to_owned(),
        champion,
        challenger,
        outcome: observation.outcome,
        features: observation.features.iter().map(|x| Some(*x).filter(|x| x.is_finite())).collect(),
    };
    let place = kept.partition_point(|other| gap <= other.gap());
    kept.insert(place, example);
}
