//! Parameters that can be searched for, and within what.

use super::{Algorithm, Forest};

/// A parameter of an algorithm that is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tunable {
    L2,
    L1,
    Trees,
    LearningRate,
    MaxDepth,
    MinLeafWeight,
    Subsample,
    Colsample,
    MinLeafRows,
    SplitFeatures,
}

/// From where to where one parameter is searched for; `low` < `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dimension {
    pub parameter: Tunable,
    pub low: f64,
    pub high: f64,
}

impl Tunable {
    /// As projects spell it.
    pub fn name(self) -> &'static str {
        match self {
            Tunable::L2 => "l2",
            Tunable::L1 => "l1",
            Tunable::Trees => "trees",
            Tunable::LearningRate => "learning_rate",
            Tunable::MaxDepth => "max_depth",
            Tunable::MinLeafWeight => "min_leaf_weight",
            Tunable::Subsample => "subsample",
            Tunable::Colsample => "colsample",
            Tunable::MinLeafRows => "min_leaf_rows",
            Tunable::SplitFeatures => "split_features",
        }
    }

    /// Those of an algorithm.
    pub fn of(algorithm: &Algorithm) -> &'static [Tunable] {
        match algorithm {
            Algorithm::Logistic { .. } => &[Tunable::L2],
            Algorithm::Linear | Algorithm::Mean => &[],
            Algorithm::Boosting(_) => &[
                Tunable::LearningRate,
                Tunable::Trees,
                Tunable::MaxDepth,
                Tunable::MinLeafWeight,
                Tunable::L2,
                Tunable::L1,
                Tunable::Subsample,
                Tunable::Colsample,
            ],
            Algorithm::Forest(_) => &[Tunable::MaxDepth, Tunable::MinLeafRows, Tunable::Trees, Tunable::SplitFeatures],
        }
    }

    pub fn is_whole(self) -> bool {
        matches!(self, Tunable::Trees | Tunable::MaxDepth | Tunable::MinLeafRows | Tunable::SplitFeatures)
    }

    /// Whether doubling it means about as much anywhere in its range.
    pub fn is_logarithmic(self) -> bool {
        !matches!(self, Tunable::MaxDepth | Tunable::Subsample | Tunable::Colsample | Tunable::SplitFeatures)
    }

    /// What a search may reach; on a logarithmic scale there is no 0.
    pub fn limits(self) -> (f64, f64) {
        match self {
            Tunable::L2 | Tunable::L1 | Tunable::MinLeafWeight => (1e-9, 1e9),
            Tunable::LearningRate => (1e-4, 1.0),
            Tunable::Subsample | Tunable::Colsample => (0.01, 1.0),
            Tunable::Trees => (1.0, 10_000.0),
            Tunable::MaxDepth => (1.0, 32.0),
            Tunable::MinLeafRows => (1.0, 1e6),
            Tunable::SplitFeatures => (1.0, 65_536.0),
        }
    }
}

impl Algorithm {
    /// What a search goes over where the project does not say.
    pub fn search_space(&self) -> Vec<Dimension> {
        let dimension = |(parameter, low, high)| Dimension { parameter, low, high };
        let space: &[(Tunable, f64, f64)] = match self {
            Algorithm::Logistic { .. } => &[(Tunable::L2, 1e-3, 1e4)],
            Algorithm::Linear | Algorithm::Mean => &[],
            Algorithm::Boosting(_) => &[
                (Tunable::LearningRate, 0.02, 0.3),
                (Tunable::Trees, 50.0, 500.0),
                (Tunable::MaxDepth, 2.0, 7.0),
                (Tunable::MinLeafWeight, 1.0, 200.0),
                (Tunable::L2, 0.1, 30.0),
                (Tunable::Subsample, 0.5, 1.0),
                (Tunable::Colsample, 0.5, 1.0),
            ],
            Algorithm::Forest(_) => &[(Tunable::MaxDepth, 4.0, 20.0), (Tunable::MinLeafRows, 3.0, 300.0)],
        };
        let early = matches!(self, Algorithm::Boosting(boosting) if boosting.early_stopping.is_some());
        // Early stopping finds the number of trees by itself.
        space.iter().copied().map(dimension).filter(|d| !(early && d.parameter == Tunable::Trees)).collect()
    }

    /// With one parameter set, within its limits; one that the algorithm does not have changes nothing.
    #[must_use]
    pub fn with(mut self, parameter: Tunable, value: f64) -> Algorithm {
        let (low, high) = parameter.limits();
        let value = value.clamp(low, high);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within limits that fit")]
        let whole = value.round() as u32;
        match (&mut self, parameter) {
            (Algorithm::Logistic { l2 }, Tunable::L2) => *l2 = value,
            (Algorithm::Boosting(boosting), parameter) => match parameter {
                Tunable::L2 => boosting.l2 = value,
                Tunable::L1 => boosting.l1 = value,
                Tunable::Trees => boosting.trees = whole,
                Tunable::LearningRate => boosting.learning_rate = value,
                Tunable::MaxDepth => boosting.max_depth = whole,
                Tunable::MinLeafWeight => boosting.min_leaf_weight = value,
                Tunable::Subsample => boosting.subsample = value,
                Tunable::Colsample => boosting.colsample = value,
                Tunable::MinLeafRows | Tunable::SplitFeatures => {}
            },
            (Algorithm::Forest(forest), parameter) => forest.set(parameter, whole),
            _ => {}
        }
        self
    }
}

impl Forest {
    fn set(&mut self, parameter: Tunable, value: u32) {
        match parameter {
            Tunable::Trees => self.trees = value,
            Tunable::MaxDepth => self.max_depth = value,
            Tunable::MinLeafRows => self.min_leaf_rows = value,
            Tunable::SplitFeatures => self.split_features = Some(value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Boosting, Parameter};
    use super::*;

    #[test]
    fn what_is_set_is_what_it_runs_with() {
        let algorithms = [
            Algorithm::Logistic { l2: 1.0 },
            Algorithm::Boosting(Boosting::default()),
            Algorithm::Forest(Forest::default()),
        ];
        for algorithm in algorithms {
            for &parameter in Tunable::of(&algorithm) {
                let set = algorithm.clone().with(parameter, 0.7).parameters();
                let found = set.into_iter().find(|(name, _)| *name == parameter.name()).map(|(_, value)| value);
                let wanted = if parameter.is_whole() { Parameter::Count(1) } else { Parameter::Number(0.7) };
                assert_eq!(found, Some(wanted), "{parameter:?}");
            }
            for Dimension { parameter, low, high } in algorithm.search_space() {
                let (least, most) = parameter.limits();
                assert!(least <= low && low < high && high <= most, "{parameter:?}");
                assert!(Tunable::of(&algorithm).contains(&parameter));
            }
        }
    }
}
