//! What was declared before the experiment began: who is compared, by what, and when it may be decided.

use features::project::Task;

use super::Metric;
use super::sequence::Tuning;

/// As it is written down.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSpec {
    pub experiment: String,
    pub task: Task,
    /// The champion first.
    pub arms: Vec<String>,
    /// The arms' weights in each period during which they did not change.
    pub periods: Vec<Vec<f64>>,
    /// What decides.
    pub primary: String,
    /// What else is looked at.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Metrics whose better is the other way than usual.
    #[serde(default)]
    pub reversed: Vec<String>,
    #[serde(default)]
    pub guards: Vec<GuardSpec>,
    /// The most false verdicts that are put up with.
    #[serde(default = "defaults::alpha")]
    pub alpha: f64,
    #[serde(default = "defaults::power")]
    pub power: f64,
    /// Of each arm, with an outcome, before anything is decided.
    #[serde(default = "defaults::minimum_units")]
    pub minimum_units: u64,
    /// Of both arms together: at how many intervals are to be tightest.
    #[serde(default = "defaults::planned_units")]
    pub planned_units: u64,
    /// The difference of the primary metric that one would not like to miss.
    #[serde(default)]
    pub sought: Option<f64>,
    /// Standard deviation of the prior of each difference, as a share of the champion's figure.
    #[serde(default = "defaults::prior")]
    pub prior: f64,
    /// Whether the verdict is by the figures that the champion's score has been taken off (CUPED). Both are shown.
    #[serde(default = "defaults::adjusted")]
    pub adjusted: bool,
    /// Names of what observations are parted by, to see where arms differ most.
    #[serde(default)]
    pub slices: Vec<String>,
    /// Names of further numeric outcomes.
    #[serde(default)]
    pub values: Vec<String>,
}

/// A limit that a challenger must be shown to keep, and is rolled back for breaking.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardSpec {
    pub metric: String,
    /// By how much it may be worse than the champion, in units of the metric …
    #[serde(default)]
    pub max_worse: Option<f64>,
    /// … or as a share of the champion's figure.
    #[serde(default)]
    pub max_worse_share: Option<f64>,
}

mod defaults {
    pub(super) fn alpha() -> f64 {
        0.05
    }

    pub(super) fn power() -> f64 {
        0.8
    }

    pub(super) fn minimum_units() -> u64 {
        100
    }

    pub(super) fn planned_units() -> u64 {
        1000
    }

    pub(super) fn prior() -> f64 {
        0.1
    }

    pub(super) fn adjusted() -> bool {
        true
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("an experiment compares at least two arms, the champion first")]
    Arms,
    #[error("there is no metric `{0}`; there are {known}, and the further outcomes that the plan names", known = Metric::names().collect::<Vec<_>>().join(", "))]
    Metric(String),
    #[error("`{0}` needs outcomes that are TRUE or FALSE, and the model is a regression")]
    Classes(String),
    #[error("`{0}` is not in (0, 1)")]
    Share(&'static str),
    #[error("period {period} has {found} weights for {arms} arms, or weights that are negative or do not sum to 1")]
    Weights { period: usize, arms: usize, found: usize },
    #[error("a guard on `{0}` needs either `max_worse` above 0 or `max_worse_share` above 0")]
    Guard(String),
    #[error("the guard on `{0}` cannot have `max_worse_share`: less of it is worse")]
    GuardShare(String),
}

/// Checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    spec: PlanSpec,
    primary: Metric,
    /// The primary one first, each once.
    metrics: Vec<Metric>,
    guards: Vec<Guard>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guard {
    pub metric: Metric,
    pub limit: Limit,
}

/// How much worse than the champion.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    By(f64),
    Share(f64),
}

impl Plan {
    pub fn new(spec: PlanSpec) -> Result<Plan, PlanError> {
        if spec.arms.len() < 2 {
            return Err(PlanError::Arms);
        }
        for (name, share) in [("alpha", spec.alpha), ("power", spec.power)] {
            if !(0.0 < share && share < 1.0) {
                return Err(PlanError::Share(name));
            }
        }
        for (period, weights) in spec.periods.iter().enumerate() {
            let bad = weights.iter().any(|weight| weight.is_nan() || *weight < 0.0);
            if bad || weights.len() != spec.arms.len() || 1e-6 < (weights.iter().sum::<f64>() - 1.0).abs() {
                return Err(PlanError::Weights { period, arms: spec.arms.len(), found: weights.len() });
            }
        }
        let metric = |name: &String| {
            let metric = Metric::parse(name, &spec.values).ok_or_else(|| PlanError::Metric(name.clone()))?;
            if metric.needs_classes() && spec.task == Task::Regression {
                return Err(PlanError::Classes(name.clone()));
            }
            Ok(metric)
        };
        let primary = metric(&spec.primary)?;
        let mut guards = Vec::new();
        for guard in &spec.guards {
            let found = metric(&guard.metric)?;
            let limit = match (guard.max_worse, guard.max_worse_share) {
                (Some(by), None) if by > 0.0 => Limit::By(by),
                (None, Some(share)) if share > 0.0 => Limit::Share(share),
                _ => return Err(PlanError::Guard(guard.metric.clone())),
            };
            guards.push(Guard { metric: found, limit });
        }
        let mut metrics = vec![primary];
        for name in &spec.metrics {
            metrics.push(metric(name)?);
        }
        metrics.extend(guards.iter().map(|guard| guard.metric));
        let mut seen = std::collections::HashSet::new();
        metrics.retain(|metric| seen.insert(*metric));
        for name in &spec.reversed {
            metric(name)?;
        }
        let plan = Plan { primary, metrics, guards, spec };
        let shares = plan.guards.iter().filter(|guard| matches!(guard.limit, Limit::Share(_)));
        if let Some(guard) = shares.into_iter().find(|guard| plan.higher_is_better(guard.metric)) {
            return Err(PlanError::GuardShare(plan.name(guard.metric).to_owned()));
        }
        Ok(plan)
    }

    pub fn spec(&self) -> &PlanSpec {
        &self.spec
    }

    pub fn primary(&self) -> Metric {
        self.primary
    }

    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    pub fn arms(&self) -> usize {
        self.spec.arms.len()
    }

    pub fn periods(&self) -> usize {
        self.spec.periods.len().max(1)
    }

    pub fn name(&self, metric: Metric) -> &str {
        metric.name(&self.spec.values)
    }

    pub fn higher_is_better(&self, metric: Metric) -> bool {
        let reversed = self.spec.reversed.iter().any(|name| name == self.name(metric));
        metric.higher_is_better() != reversed
    }

    pub fn tuning(&self) -> Tuning {
        Tuning { units: super::moments::number(self.spec.planned_units) }
    }

    /// Of each challenger's primary metric: all false verdicts together stay below the declared share, of which guards
    /// have a fifth.
    pub fn alpha_of_primary(&self) -> f64 {
        let share = if self.guards.is_empty() { 1.0 } else { 0.8 };
        self.spec.alpha * share / self.challengers()
    }

    /// Of each challenger's each guard.
    pub fn alpha_of_guard(&self) -> f64 {
        self.spec.alpha * 0.2 / self.challengers() / super::moments::number(self.guards.len().max(1) as u64)
    }

    fn challengers(&self) -> f64 {
        super::moments::number(self.spec.arms.len() as u64 - 1)
    }
}
