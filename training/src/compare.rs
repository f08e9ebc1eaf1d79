//! Two registered versions on the same rows of history: the paired report of a shadow, without having run one.

use std::collections::HashMap;
use std::time::Instant;

use features::batch::{History, Order, compute as compute_view};
use features::project::{Model, Project};
use models::artifact::member_name;
use models::experiment::PairedObservation;
use models::experiment::paired::{PairedSpec, PairedTally, ShadowReport};
use models::registry::Version;

use crate::dataset::Dataset;
use crate::evaluate::{EvaluateError, declared, seen_in_training};
use crate::progress::{Progress, Stage};
use crate::remark::Remark;
use crate::source::Source;

/// What to compare, and on what.
#[derive(Debug)]
pub struct CompareRun<'a> {
    pub project: &'a Project,
    pub champion: &'a Version,
    pub challenger: &'a Version,
    pub source: Source,
    pub seed: u64,
}

/// What was found, and of which rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CompareReport {
    #[serde(flatten)]
    pub shadow: ShadowReport,
    /// Rows that only one of the two judges, because their views or filters differ.
    pub only_champion: u64,
    pub only_challenger: u64,
    pub seconds: f64,
    #[serde(skip)]
    pub remarks: Vec<Remark>,
}

#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error("`{champion}` and `{challenger}` are over different streams, `{ours}` and `{theirs}`")]
    Streams { champion: String, challenger: String, ours: String, theirs: String },
    #[error("`{champion}` is a {ours}, `{challenger}` is not: they answer different questions")]
    Tasks { champion: String, challenger: String, ours: String },
    #[error("there is no row that both `{champion}` and `{challenger}` judge")]
    Nothing { champion: String, challenger: String },
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

/// Both versions on all rows that have a label, of some history. The label and the groups are the champion's.
pub fn compare(run: &CompareRun<'_>, progress: &dyn Progress) -> Result<CompareReport, CompareError> {
    let start = Instant::now();
    let names = [run.champion, run.challenger].map(|version| format!("{}/{}", version.model, version.number));
    let [champion, challenger] = names.clone();
    let ours = declared(run.project, run.champion)?;
    let theirs = declared(run.project, run.challenger)?;
    if ours.view.stream.name != theirs.view.stream.name {
        let (ours, theirs) = (ours.view.stream.name.to_string(), theirs.view.stream.name.to_string());
        return Err(CompareError::Streams { champion, challenger, ours, theirs });
    }
    if ours.task != theirs.task {
        return Err(CompareError::Tasks { champion, challenger, ours: format!("{:?}", ours.task).to_lowercase() });
    }
    progress.stage(Stage::Load);
    let read = run.source.read(run.project, &ours.view.stream, &|rows| progress.rows(rows));
    let history = read.map_err(EvaluateError::from)?;
    progress.stage(Stage::Features);
    let scored = |model: &Model, version: &Version| -> Result<Scored, EvaluateError> {
        let view = compute_view(&model.view, &history, Order::Ideal)?;
        let dataset = Dataset::new(model, &history, &view)?;
        let rows: Vec<usize> = (0..dataset.rows()).collect();
        let mut scores = vec![0.0; rows.len()];
        let predictor = version.artifact.predictor()?;
        predictor.predict(&dataset.predictor_rows(&rows, version.artifact.members()), &mut scores);
        Ok(Scored { dataset, scores })
    };
    let ours_scored = scored(&ours, run.champion)?;
    let theirs_scored = scored(&theirs, run.challenger)?;
    progress.stage(Stage::Evaluate);

    let mut spec = PairedSpec::new(champion.clone(), challenger.clone(), ours.task);
    spec.features = theirs_scored.dataset.names.iter().map(ToString::to_string).collect();
    spec.seed = run.seed;
    let mut tally = PairedTally::new(spec);
    let paired = pair(&mut tally, &ours_scored, &theirs_scored, &Names { history: &history, group: &ours.group });
    if paired == 0 {
        return Err(CompareError::Nothing { champion, challenger });
    }
    let mut remarks = Remark::of_history(&history);
    remarks.extend(seen_in_training(&ours, run.champion.artifact.manifest(), &ours_scored.dataset));
    remarks.extend(seen_in_training(&theirs, run.challenger.artifact.manifest(), &theirs_scored.dataset));
    for version in [run.champion, run.challenger] {
        let trained = &version.artifact.manifest().label;
        if *trained != ours.label.text {
            remarks.push(Remark::OtherLabel { trained: trained.clone(), now: ours.label.text.clone() });
        }
    }
    Ok(CompareReport {
        shadow: ShadowReport::new(tally),
        only_champion: ours_scored.scores.len() as u64 - paired,
        only_challenger: theirs_scored.scores.len() as u64 - paired,
        seconds: start.elapsed().as_secs_f64(),
        remarks,
    })
}

struct Scored {
    dataset: Dataset,
    scores: Vec<f64>,
}

/// What people call an event and its group.
struct Names<'a> {
    history: &'a History,
    group: &'a [usize],
}

impl Names<'_> {
    fn unit(&self, event: usize, group: u32) -> String {
        self.text(self.group, event).unwrap_or_else(|| group.to_string())
    }

    fn id(&self, event: usize) -> String {
        self.text(&self.history.stream.id, event).unwrap_or_else(|| format!("row {}", event + 1))
    }

    fn text(&self, fields: &[usize], event: usize) -> Option<String> {
        let value = |field: &usize| {
            let value = self.history.table.columns[*field].value(event);
            member_name(&value).map_or_else(String::new, |name| name.into_owned())
        };
        (!fields.is_empty()).then(|| fields.iter().map(value).collect::<Vec<_>>().join("/"))
    }
}

/// How many rows both have; a group's rows one after another.
fn pair(tally: &mut PairedTally, ours: &Scored, theirs: &Scored, names: &Names<'_>) -> u64 {
    let rows = 0..theirs.dataset.rows();
    let of_event: HashMap<usize, usize> = rows.map(|row| (theirs.dataset.event_of(row), row)).collect();
    let mut order: Vec<usize> = (0..ours.dataset.rows()).collect();
    order.sort_by_key(|&row| ours.dataset.groups[row]);
    let columns = theirs.dataset.inputs.columns();
    let mut features = vec![0.0; columns.len()];
    let mut paired = 0;
    for row in order {
        let event = ours.dataset.event_of(row);
        let Some(&other) = of_event.get(&event) else { continue };
        paired += 1;
        features.iter_mut().zip(columns).for_each(|(feature, column)| *feature = column[other]);
        let (unit, id) = (names.unit(event, ours.dataset.groups[row]), names.id(event));
        tally.push(&PairedObservation {
            unit: &unit,
            id: &id,
            champion: Some(ours.scores[row]),
            challenger: Some(theirs.scores[other]),
            outcome: Some(ours.dataset.labels[row]),
            champion_latency_us: None,
            challenger_latency_us: None,
            features: &features,
        });
    }
    paired
}
