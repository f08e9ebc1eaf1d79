//! The versions that serve a stream's endpoints: one micro-batch per endpoint and batch of events.

use std::sync::Arc;

use features::host::ViewRow;
use smol_str::SmolStr;

use super::decode::Decoded;
use super::plan::{EndpointPlan, Included, StreamPlan, included};
use super::prediction::{Output, Stamp, Writer};
use crate::log::{Entry, RecordBatch, TooLarge, TopicPartition};
use crate::predict::Explanation;
use crate::routing::LoadedModel;
use crate::views::ViewVersion;

/// The versions that serve during one batch, in the order of the plan.
#[derive(Debug)]
pub(super) struct Champions(Vec<Option<Champion>>);

#[derive(Debug)]
pub(super) struct Champion {
    pub(super) model: Arc<LoadedModel>,
    /// What its endpoint repeats, in the rows of its version of the view.
    pub(super) include: Vec<(SmolStr, Included)>,
}

/// The rows of an endpoint's view for the events of a batch: one for each, `None` where the view keeps no row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) events: &'a [Decoded<'a>],
    pub(super) rows: &'a [Option<ViewRow>],
}

impl Champions {
    pub(super) fn now(plan: &StreamPlan) -> Champions {
        let mut champions = Champions(plan.endpoints.iter().map(|_| None).collect());
        champions.refresh(plan);
        champions
    }

    /// Takes the versions that the routes name now.
    pub(super) fn refresh(&mut self, plan: &StreamPlan) {
        for (endpoint, champion) in plan.endpoints.iter().zip(&mut self.0) {
            let now = endpoint.route.champion.load();
            let known = match (&*now, champion.as_ref()) {
                (None, None) => true,
                (Some(now), Some(known)) => Arc::ptr_eq(now, &known.model),
                (None, Some(_)) | (Some(_), None) => false,
            };
            if !known {
                *champion = now.as_ref().map(|model| Champion {
                    include: included(&endpoint.route.endpoint, &model.view),
                    model: Arc::clone(model),
                });
            }
        }
    }

    /// The version of the view that each endpoint's champion takes its rows from.
    pub(super) fn versions(&self) -> impl Iterator<Item = Option<&Arc<ViewVersion>>> {
        self.0.iter().map(|champion| Some(champion.as_ref()?.model.in_use.version()))
    }

    /// Whether a champion takes its rows from this version of a view.
    pub(super) fn serve_from(&self, version: &ViewVersion) -> bool {
        self.versions().flatten().any(|serving| serving.view.hash == version.view.hash)
    }

    /// Whether no endpoint has a champion.
    pub(super) fn are_none(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Whether an endpoint takes its rows from this version of a view: its champion does, or it has none and the version
    /// is what the project declares for it.
    pub(super) fn need(&self, plan: &StreamPlan, version: &ViewVersion) -> bool {
        self.endpoints_of(plan, version).next().is_some()
    }

    /// How many of these rows of a view get a prediction, and how many none for want of a model, over all endpoints that
    /// take them.
    pub(super) fn count(&self, plan: &StreamPlan, version: &ViewVersion, rows: &[Option<ViewRow>]) -> (u64, u64) {
        let kept = rows.iter().flatten().count() as u64;
        let (mut predicted, mut unserved) = (0, 0);
        for is_served in self.endpoints_of(plan, version) {
            *if is_served { &mut predicted } else { &mut unserved } += kept;
        }
        (predicted, unserved)
    }

    /// For each endpoint that takes rows of this version, whether it has a champion.
    fn endpoints_of<'a>(&'a self, plan: &'a StreamPlan, version: &'a ViewVersion) -> impl Iterator<Item = bool> + 'a {
        let takes = |(endpoint, champion): (&EndpointPlan, &Option<Champion>)| {
            let view = champion.as_ref().map_or(&endpoint.declared, |champion| &champion.model.view);
            (view.hash == version.view.hash).then_some(champion.is_some())
        };
        plan.endpoints.iter().zip(&self.0).filter_map(takes)
    }

    /// Adds what was published to the models' metrics.
    pub(super) fn published(&self, outputs: &[Vec<Output>]) {
        for (champion, outputs) in self.0.iter().zip(outputs) {
            if let Some(Champion { model, .. }) = champion {
                model.metrics.streamed.inc_by(outputs.len() as u64);
            }
        }
    }

    /// Predicts for every row that an endpoint's view kept: one vector per endpoint, in the order of its rows.
    pub(super) fn predict(&self, plan: &StreamPlan, rows: &[Option<Rows<'_>>]) -> Vec<Vec<Output>> {
        let predict = |((endpoint, champion), rows): ((&EndpointPlan, &Option<Champion>), &Option<Rows<'_>>)| {
            let (Some(Champion { model, .. }), Some(Rows { rows, .. })) = (champion, rows) else { return Vec::new() };
            let mut inputs = Vec::with_capacity(rows.len() * model.inputs.len());
            let mut kept = 0;
            for row in rows.iter().flatten() {
                model.fill_inputs(&row.columns, &mut inputs);
                kept += 1;
            }
            let mut outputs = vec![f64::NAN; kept];
            model.predictor.predict(&inputs, &mut outputs);
            let explain = endpoint.route.endpoint.explain;
            let width = model.inputs.len();
            let output = |(row, value): (usize, f64)| {
                let inputs = &inputs[row * width..(row + 1) * width];
                Output { value, explanation: explain.then(|| Explanation::of(model, inputs)) }
            };
            outputs.into_iter().enumerate().map(output).collect()
        };
        plan.endpoints.iter().zip(&self.0).zip(rows).map(predict).collect()
    }

    /// Writes what [`Champions::predict`] gave: one entry for each endpoint with a prediction.
    pub(super) fn write(
        &self,
        plan: &StreamPlan,
        rows: &[Option<Rows<'_>>],
        outputs: &[Vec<Output>],
        stamp: &Stamp,
    ) -> Result<Vec<Entry>, TooLarge> {
        let mut entries = Vec::new();
        for (((endpoint, champion), rows), outputs) in plan.endpoints.iter().zip(&self.0).zip(rows).zip(outputs) {
            let (Some(champion), Some(Rows { events, rows })) = (champion, rows) else { continue };
            let writer = Writer { plan, endpoint, champion, stamp };
            let mut batch = RecordBatch::new();
            let LoadedModel { name, version, .. } = &*champion.model;
            let version = smol_str::format_smolstr!("{version}");
            batch.set_headers([
                ("model", SmolStr::from(name.as_str())),
                ("version", version),
                ("arm", SmolStr::new_static("champion")),
            ]);
            let kept = events.iter().zip(*rows).filter_map(|(event, row)| Some((event, row.as_ref()?)));
            for ((event, row), output) in kept.zip(outputs) {
                batch.push_with(event.message_key(), |out| writer.write(event, row, output, out))?;
                batch.trace_last(event.record.trace);
            }
            if !batch.is_empty() {
                let place = TopicPartition { topic: endpoint.topic.clone(), partition: stamp.partition };
                entries.push(Entry { place, batch });
            }
        }
        Ok(entries)
    }
}
