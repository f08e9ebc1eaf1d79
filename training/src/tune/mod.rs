//! The search for an algorithm's parameters by successive halving (Jamieson and Talwalkar 2016, "Non-stochastic best arm
//! identification and hyperparameter optimization"): many points of the search space on few groups of the training part,
//! the best third of them on three times as many, until the last few have seen all.
//!
//! Judged by the loss on the validation rows of rolling-origin folds; the test part takes no part in it.

mod draw;
mod journal;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use features::project::{Dimension, Model};
use indexmap::IndexMap;
use models::evaluation::{EvaluationError, Metric, Sample};

use crate::dataset::Dataset;
use crate::progress::Progress;
use crate::split::Parts;
use crate::validation::{Fold, OutOfFold, ValidationError, out_of_fold};
use draw::{chance, point};
use journal::{Journal, Line};

pub use journal::JournalError;

/// How long to search, and where to keep what was tried.
#[derive(Debug, Clone, Default)]
pub struct TunePlan {
    /// Points in each round of halving; default 27.
    pub trials: Option<u32>,
    /// No fit begins after so long; rounds go on until then. Without it there is one round.
    pub budget: Option<Duration>,
    /// A folder for the trials, to go on from.
    pub journals: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Tuning {
    /// The field whose values make the folds.
    pub by: String,
    pub folds: u64,
    /// `log_loss` or `rmse`.
    pub metric: String,
    /// Points tried, on however few groups; without the declared parameters.
    pub trials: u64,
    /// Fits to a fold's training rows that an earlier run had done.
    pub resumed: u64,
    /// With the parameters as declared.
    pub declared: f64,
    /// Those that saw all groups, best first; the first is what the version is trained with, unless what is declared is as
    /// good.
    pub best: Vec<Trial>,
    /// The best is what is declared: nothing tried was better.
    pub kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Trial {
    pub parameters: IndexMap<String, f64>,
    pub loss: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    #[error("{algorithm} has no parameters to tune")]
    NothingToTune { algorithm: &'static str },
    #[error("the model cannot be fitted with the parameters as declared, so there is nothing to compare with")]
    Declared(#[from] ValidationError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A third is promoted, to three times as many groups.
const THIRD: usize = 3;
/// Shares of the training groups that the rungs see.
const RUNGS: [f64; 3] = [1.0 / 9.0, 1.0 / 3.0, 1.0];
const TOP: u32 = 2;
/// A rung with fewer groups in its smallest fold says more of chance, and of how little can be learned, than of parameters.
const LEAST_GROUPS: usize = 20;
const TRIALS: u32 = 27;
/// A search that never ends is no search.
const MOST_TRIALS: u32 = 100_000;

/// Searches, and gives the model with the best parameters found.
pub(crate) fn tune(
    model: &Model,
    dataset: &Dataset,
    rows: &[usize],
    (folds, by): (&[Fold], &str),
    plan: &TunePlan,
    progress: &dyn Progress,
) -> Result<(Model, Tuning), TuneError> {
    let space = if model.tune.is_empty() { model.algorithm.search_space() } else { model.tune.clone() };
    if space.is_empty() {
        return Err(TuneError::NothingToTune { algorithm: model.algorithm.name() });
    }
    let path = plan.journals.as_ref().map(|folder| folder.join(journal_name(model, dataset, rows, folds, &space)));
    let journal = path.as_deref().map_or_else(|| Ok(Journal::nowhere()), Journal::open)?;
    let deadline = plan.budget.map(|budget| Instant::now() + budget);
    let first = first_rung(folds.iter().map(|fold| count(fold, &dataset.groups)).min().unwrap_or(0));
    let mut search = Search { model, dataset, folds, space: &space, journal, deadline, first, resumed: 0, progress };

    let declared = search.declared()?;
    let each = plan.trials.unwrap_or(TRIALS).clamp(1, MOST_TRIALS);
    let (mut finished, mut tried) = (Vec::new(), 0_u32);
    loop {
        let (found, went_on) = search.halve(tried + 1..tried + 1 + each)?;
        finished.extend(found);
        tried += each;
        if !went_on || plan.budget.is_none() || tried > MOST_TRIALS - each {
            break;
        }
    }
    // Equal losses: the earlier trial.
    finished.sort_by(|a: &(u32, f64), b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let best = finished.iter().map(|&(trial, loss)| Trial { parameters: search.named(trial), loss });
    let best: Vec<Trial> = best.take(10).collect();
    let winner = finished.first().filter(|(_, loss)| *loss < declared);
    let tuned = winner.map_or_else(|| model.clone(), |&(trial, _)| search.at(trial));
    let tuning = Tuning {
        by: by.to_owned(),
        folds: folds.len() as u64,
        metric: Metric::of(model.task)[0].name().to_owned(),
        trials: search.journal.trials(tried, first) as u64,
        resumed: search.resumed,
        declared,
        best,
        kept: winner.is_none(),
        journal: path.as_deref().map(Path::display).map(|shown| shown.to_string()),
    };
    // Calibration is no matter of the search.
    Ok((Model { calibration: model.calibration, ..tuned }, tuning))
}

/// Depends on all that losses depend on.
fn journal_name(model: &Model, dataset: &Dataset, rows: &[usize], folds: &[Fold], space: &[Dimension]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(dataset.digest(&Parts { train: rows.to_vec(), test: Vec::new() }).as_bytes());
    let folds: Vec<(&str, usize, usize)> =
        folds.iter().map(|fold| (fold.name.as_str(), fold.train.len(), fold.validate.len())).collect();
    let declared = (&model.algorithm, space, model.seed, model.balanced, model.per.is_some());
    let bases = model.stack.iter().flat_map(|stack| &stack.bases);
    let bases: Vec<_> =
        bases.map(|base| (&base.name, &base.algorithm, &base.inputs, base.seed, base.balanced)).collect();
    hasher.update(format!("{} {folds:?} {declared:?}", env!("CARGO_PKG_VERSION")).as_bytes());
    if !bases.is_empty() {
        hasher.update(format!(" on {bases:?}").as_bytes());
    }
    let hash = hasher.finalize().to_hex();
    format!("{}-{}.jsonl", model.name, &hash.as_str()[..16])
}

/// The lowest rung with groups enough, of a smallest fold with so many.
fn first_rung(groups: usize) -> u32 {
    (0..TOP).find(|rung| LEAST_GROUPS * THIRD.pow(TOP - rung) <= groups).unwrap_or(TOP)
}

/// Groups that a fold learns from.
fn count(fold: &Fold, groups: &[u32]) -> usize {
    fold.train.iter().map(|&row| groups[row]).collect::<BTreeSet<_>>().len()
}

struct Search<'a> {
    model: &'a Model,
    dataset: &'a Dataset,
    folds: &'a [Fold],
    space: &'a [Dimension],
    journal: Journal,
    deadline: Option<Instant>,
    /// Where trials begin.
    first: u32,
    resumed: u64,
    progress: &'a dyn Progress,
}

impl Search<'_> {
    /// The loss of what the project declares; it is trial 0, and sees all groups at once.
    fn declared(&mut self) -> Result<f64, TuneError> {
        if let Some(Some(loss)) = self.journal.find(0, TOP) {
            self.resumed += 1;
            return Ok(loss);
        }
        let model = Model { calibration: None, ..self.model.clone() };
        let found = out_of_fold(&model, self.dataset, self.folds, &|_| {})?;
        let loss = loss(&model, self.dataset, &found)?;
        self.journal.add(&Line { trial: 0, rung: TOP, parameters: Default::default(), loss: Some(loss) })?;
        Ok(loss)
    }

    /// One round: trials that saw all groups with their losses, and whether there was time for all of it.
    fn halve(&mut self, trials: std::ops::Range<u32>) -> Result<(Vec<(u32, f64)>, bool), TuneError> {
        let sizes = std::iter::successors(Some(trials.len()), |size| Some(size.div_ceil(THIRD)))
            .take((TOP - self.first + 1) as usize);
        let (total, mut done) = (sizes.sum::<usize>() as u64, 0);
        let mut left: Vec<u32> = trials.collect();
        for (rung, share) in (0_u32..).zip(RUNGS).skip(self.first as usize) {
            let folds: Vec<Fold> =
                self.folds.iter().map(|fold| shrunk(fold, &self.dataset.groups, share, self.model.seed)).collect();
            let mut losses = Vec::with_capacity(left.len());
            for &trial in &left {
                self.progress.fits(done, total);
                let Some(loss) = self.loss_of(trial, rung, &folds)? else {
                    let finished = if rung == TOP { seen(losses) } else { Vec::new() };
                    return Ok((finished, false));
                };
                losses.push((trial, loss));
                done += 1;
            }
            self.progress.fits(done, total);
            if rung == TOP {
                return Ok((seen(losses), true));
            }
            // Those that could not be fitted come last: on more groups they may be.
            losses.sort_by(|a, b| {
                a.1.unwrap_or(f64::INFINITY).total_cmp(&b.1.unwrap_or(f64::INFINITY)).then(a.0.cmp(&b.0))
            });
            left = losses.iter().take(left.len().div_ceil(THIRD)).map(|(trial, _)| *trial).collect();
        }
        Ok((Vec::new(), true))
    }

    /// `None` where time is over; within it `None` where no model could be fitted.
    fn loss_of(&mut self, trial: u32, rung: u32, folds: &[Fold]) -> Result<Option<Option<f64>>, TuneError> {
        if let Some(known) = self.journal.find(trial, rung) {
            self.resumed += 1;
            return Ok(Some(known));
        }
        if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(None);
        }
        let model = self.at(trial);
        let loss = match out_of_fold(&model, self.dataset, folds, &|_| {}) {
            Ok(found) => Some(loss(&model, self.dataset, &found)?),
            Err(ValidationError::Fit { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let parameters = self.named(trial).into_iter().collect();
        self.journal.add(&Line { trial, rung, parameters, loss })?;
        Ok(Some(loss))
    }

    /// The model with a trial's parameters, uncalibrated.
    fn at(&self, trial: u32) -> Model {
        let point = point(self.space, self.model.seed, trial);
        let dimensions = self.space.iter().zip(point);
        let set = |algorithm: features::project::Algorithm, (dimension, value): (&Dimension, f64)| {
            algorithm.with(dimension.parameter, value)
        };
        let algorithm = dimensions.fold(self.model.algorithm.clone(), set);
        Model { algorithm, calibration: None, ..self.model.clone() }
    }

    fn named(&self, trial: u32) -> IndexMap<String, f64> {
        let names = self.space.iter().map(|dimension| dimension.parameter.name().to_owned());
        names.zip(point(self.space, self.model.seed, trial)).collect()
    }
}

fn seen(losses: Vec<(u32, Option<f64>)>) -> Vec<(u32, f64)> {
    losses.into_iter().filter_map(|(trial, loss)| Some((trial, loss?))).collect()
}

/// The fold with a share of its training groups, drawn; each share's groups are among those of every larger one.
fn shrunk(fold: &Fold, groups: &[u32], share: f64, seed: u64) -> Fold {
    let drawn = |row: &usize| share >= 1.0 || chance(seed, groups[*row], "group") < share;
    Fold { train: fold.train.iter().copied().filter(drawn).collect(), ..fold.clone() }
}

fn loss(model: &Model, dataset: &Dataset, found: &OutOfFold) -> Result<f64, EvaluationError> {
    let labels: Vec<f64> = found.rows.iter().map(|&row| dataset.labels[row]).collect();
    let sample = Sample::new(model.task, &labels, &found.predictions)?;
    Ok(Metric::of(model.task)[0].of_sample(&sample).unwrap_or(f64::INFINITY))
}

#[cfg(test)]
mod tests;
