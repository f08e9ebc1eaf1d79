//! The service behind every way of asking: choose the version, make the rows, predict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use features::online::StateReader;
use features::value::{Micros, Value};
use smol_str::SmolStr;
use uuid::Uuid;

use super::rows::{Row, RowSources, States};
use super::target::choose;
use super::{Chosen, Explanation, Given, PredictError, Target};
use crate::clock::Clock;
use crate::prediction_log::{GivenEvent, Logged, Phases};
use crate::routing::{DirectModels, LoadedModel, Routes};

/// How many rows of a batch are computed before other requests get their turn.
const ROWS_PER_TURN: usize = 32;
/// The same for explanations.
const EXPLANATIONS_PER_TURN: usize = 4;

/// Answers prediction requests. Shared by all of them.
#[derive(Debug)]
pub struct PredictService {
    routes: Arc<Routes>,
    direct: Arc<DirectModels>,
    sources: RowSources,
    reader: Arc<dyn StateReader>,
    clock: Arc<dyn Clock>,
    logs: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Repeat the model's inputs in the answer.
    pub return_features: bool,
    /// Say what each input contributed.
    pub explain: bool,
}

/// What one row was answered with.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub id: Uuid,
    /// The probability of TRUE, or the expected value.
    pub value: f64,
    /// How far the clock, or the time that was asked about, is past the newest event that the key's state has folded;
    /// `None` where no state took part.
    pub features_age_ms: Option<i64>,
    /// Of a family: the member whose model predicted, `Some(None)` for the general one.
    pub member: Option<Option<String>>,
    /// One value per input of the model, where asked for.
    pub features: Option<Vec<Value>>,
    /// Where asked for; inside, `None` where the model cannot tell.
    pub explanation: Option<Option<Explanation>>,
}

/// Answers in the order of the rows given.
#[derive(Debug)]
pub struct Answer {
    pub chosen: Chosen,
    pub rows: Vec<Result<Prediction, PredictError>>,
    pub timing: Timing,
    /// What is to be logged of them, where there is a log.
    pub logged: Vec<Logged>,
}

/// Time spent in each phase, over all rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timing {
    pub parse: Duration,
    pub features: Duration,
    pub predict: Duration,
}

impl PredictService {
    pub fn new(
        routes: Arc<Routes>,
        direct: Arc<DirectModels>,
        reader: Arc<dyn StateReader>,
        clock: Arc<dyn Clock>,
    ) -> PredictService {
        PredictService { routes, direct, sources: RowSources::default(), reader, clock, logs: false }
    }

    /// Its answers hold what is to be logged of them.
    pub fn with_log(self) -> PredictService {
        PredictService { logs: true, ..self }
    }

    pub fn routes(&self) -> &Arc<Routes> {
        &self.routes
    }

    /// Predicts for each row. The error is the whole request's; a row's own is in its place.
    pub async fn predict(
        &self,
        target: Target<'_>,
        given: &[Given<'_>],
        options: Options,
    ) -> Result<Answer, PredictError> {
        let chosen = choose(target, &self.routes, &self.direct).await?;
        let model = &*chosen.model;
        let source = self.sources.of(&model.view);
        let mut scratch = source.scratch();
        let mut states = States::new();
        let mut timing = Timing::default();
        let mut rows = Vec::with_capacity(given.len());
        for (turn, &given) in given.iter().enumerate() {
            if turn % ROWS_PER_TURN == ROWS_PER_TURN - 1 {
                tokio::task::yield_now().await;
            }
            let start = Instant::now();
            let parsed = source.parse(&mut scratch, model, given);
            let parse_end = Instant::now();
            rows.push(match parsed {
                Ok(parsed) => source.row(&mut scratch, model, parsed, &*self.reader, &mut states).await,
                Err(error) => Err(error),
            });
            timing.parse += parse_end - start;
            timing.features += parse_end.elapsed();
        }
        source.put_back(scratch);
        let start = Instant::now();
        let mut logged = Vec::new();
        let rows = self.predict_rows(&chosen, rows, options, &mut logged).await;
        timing.predict = start.elapsed();
        Ok(Answer { chosen, rows, timing, logged })
    }

    /// One call of the predictor for all rows that have inputs.
    async fn predict_rows(
        &self,
        chosen: &Chosen,
        rows: Vec<Result<Row, PredictError>>,
        options: Options,
        logged: &mut Vec<Logged>,
    ) -> Vec<Result<Prediction, PredictError>> {
        let model = &*chosen.model;
        let good = rows.iter().filter(|row| row.is_ok()).count();
        let mut inputs = Vec::with_capacity(good * model.inputs.len());
        for row in rows.iter().flatten() {
            model.fill_given(&row.values, &mut inputs);
        }
        let mut outputs = vec![f64::NAN; good];
        model.predictor.predict(&inputs, &mut outputs);
        model.metrics.answered.inc_by(good as u64);
        let now = self.clock.now();
        let explained = if options.explain { explanations(model, &inputs, good).await } else { Vec::new() };
        let mut explained = explained.into_iter();
        let mut outputs = outputs.into_iter();
        let log = |id, event, features, age_ms, output| Logged {
            id,
            time: now,
            endpoint: chosen.endpoint().map(SmolStr::new).unwrap_or_default(),
            model: Arc::clone(&chosen.model),
            assignment: chosen.assignment(),
            shadow_of: None,
            event,
            features,
            age_ms,
            output,
            phases: Phases::default(),
        };
        let mut prediction = |mut row: Row| {
            let explanation = explained.next();
            let member =
                row.values.last().and_then(|value| model.member(value)).map(|member| member.map(str::to_owned));
            // Only models of others have none for some rows.
            let value = outputs.next().filter(|value| value.is_finite());
            let age = |newest| (row.as_of.unwrap_or(now).saturating_sub(newest) / 1_000).max(0);
            let (id, features_age_ms) = (prediction_id(now), row.newest.map(age));
            let features = match (options.return_features, self.logs) {
                (true, true) => Some(row.values.clone()),
                (true, false) => Some(std::mem::take(&mut row.values)),
                (false, _) => None,
            };
            if self.logs {
                let output = value.ok_or("no_prediction");
                logged.push(log(id, row.event, row.values, features_age_ms, output));
            }
            let value = value.ok_or_else(|| PredictError::NoPrediction { model: model.name.clone() })?;
            Ok(Prediction { id, value, features_age_ms, features, member, explanation })
        };
        let mut answers = Vec::with_capacity(rows.len());
        let mut failed = 0;
        for row in rows {
            failed += usize::from(row.as_ref().is_err_and(PredictError::is_a_failure));
            answers.push(row.and_then(&mut prediction));
        }
        // Whatever is wrong with a request is no fault of the version's; what is wrong with the server counts.
        if self.logs {
            let failure = |_| log(prediction_id(now), GivenEvent::None, Vec::new(), None, Err("features_unavailable"));
            logged.extend((0..failed).map(failure));
        }
        answers
    }
}

/// Of each of these rows. Trees take some hundred times as long to explain as to ask: others get their turn.
async fn explanations(model: &LoadedModel, inputs: &[f64], rows: usize) -> Vec<Option<Explanation>> {
    let width = model.inputs.len();
    let mut explanations = Vec::with_capacity(rows);
    for row in 0..rows {
        if row % EXPLANATIONS_PER_TURN == EXPLANATIONS_PER_TURN - 1 {
            tokio::task::yield_now().await;
        }
        explanations.push(Explanation::of(model, &inputs[row * width..(row + 1) * width]));
    }
    explanations
}

/// UUIDv7: sorts by the time of the answer.
fn prediction_id(now: Micros) -> Uuid {
    let micros = now.max(0).unsigned_abs();
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or_default() * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos))
}
