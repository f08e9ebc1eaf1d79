//! From a fit and its test rows to what the page tells.

use std::collections::BTreeSet;

use features::project::{Model, Task};
use models::artifact::Family;
use models::evaluation::{
    Estimate, Evaluation, EvaluationError, Groups, Histogram, Metric, Reference, Resampling, Sample, evaluate,
    reliability, roc,
};
use models::predictor::Predictor;

use super::findings::{CurvePoint, Findings, Slice, SliceValue};
use crate::dataset::Dataset;
use crate::slices::SliceColumn;
use crate::split::Parts;

/// Bins of drawn distributions.
const BINS: usize = 30;
/// Places of a drawn ROC curve.
const ROC_POINTS: usize = 200;
/// Lines of a slice; rarer values are counted together.
const MOST_LINES: usize = 20;

/// Everything but the learning curve. The test part must hold rows.
pub(crate) fn gather(
    model: &Model,
    dataset: &Dataset,
    parts: &Parts,
    predictor: &dyn Predictor,
    family: Option<&Family>,
) -> Result<Findings, EvaluationError> {
    let test = Test::new(model, dataset, &parts.test, predictor, family);
    let sample = test.sample()?;
    let resampling = Resampling::new(model.seed);
    let mut findings = Findings {
        reliability: reliability(&sample, &test.groups, &resampling)?,
        slices: dataset.slices.iter().map(|slice| test.slice(slice)).collect::<Result<_, _>>()?,
        ..Findings::default()
    };
    for (name, predictions) in &test.references {
        let known: Vec<usize> = (0..predictions.len()).filter(|&row| predictions[row].is_finite()).collect();
        let (labels, theirs) = (at(&test.labels, &known), probabilities(model.task, &at(predictions, &known)));
        // References are drawn without intervals; one that predicts nothing is left out.
        let Ok(sample) = Sample::new(model.task, &labels, &theirs) else { continue };
        let bins = reliability(&sample, &Groups::each_row(known.len()), &Resampling { resamples: 0, ..resampling })?;
        findings.reference_reliability.push((name.clone(), bins));
    }
    match model.task {
        Task::Classification => {
            let of_label = |label: f64| {
                let rows = sample.pairs().filter(move |(l, _)| *l == label);
                Histogram::new(0.0, 1.0, BINS, rows.map(|(_, prediction)| prediction))
            };
            findings.scores = Some((of_label(0.0), of_label(1.0)));
            findings.roc = roc(&sample, ROC_POINTS).unwrap_or_default();
        }
        Task::Regression => {
            let residuals: Vec<f64> = sample.pairs().map(|(label, prediction)| label - prediction).collect();
            let most = residuals.iter().fold(0.0, |most: f64, residual| most.max(residual.abs()));
            findings.residuals = Some(Histogram::new(-most, most, BINS, residuals));
        }
    }
    Ok(findings)
}

/// Shares of the training groups that a learning curve is fitted on.
const SHARES: [f64; 5] = [0.1, 0.2, 0.4, 0.7, 1.0];

/// Fits some rows; `None` where so few cannot be fitted.
type Fit<'a> = &'a dyn Fn(&[usize]) -> Option<Box<dyn Predictor>>;

/// The test part's loss after fits on ever more groups. The last point is the evaluated fit
/// itself.
pub(crate) fn learning_curve(
    model: &Model,
    dataset: &Dataset,
    parts: &Parts,
    evaluation: &Evaluation,
    fit: Fit<'_>,
) -> Result<Vec<CurvePoint>, EvaluationError> {
    let metric = Metric::of(model.task)[0].name();
    let groups: Vec<u32> =
        parts.train.iter().map(|&row| dataset.groups[row]).collect::<BTreeSet<_>>().into_iter().collect();
    let mut points = Vec::new();
    for share in SHARES {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count"
        )]
        let wanted = ((groups.len() as f64 * share).ceil() as usize).max(1);
        let chosen = spread(&groups, wanted);
        let rows: Vec<usize> =
            parts.train.iter().copied().filter(|&row| chosen.binary_search(&dataset.groups[row]).is_ok()).collect();
        let judged = if wanted == groups.len() {
            Some(evaluation.clone())
        } else {
            let predictor = fit(&rows);
            let judge =
                |predictor: Box<dyn Predictor>| Test::new(model, dataset, &parts.test, &*predictor, None).evaluate();
            predictor.map(judge).transpose()?
        };
        let Some(judged) = judged else { continue };
        let Some(&mean) = judged.metrics.get(metric) else { continue };
        let loss = Estimate { mean, interval: judged.intervals.get(metric).copied() };
        points.push(CurvePoint { groups: chosen.len() as u64, rows: rows.len() as u64, loss });
    }
    Ok(points)
}

/// So many of the groups, evenly over all of them; ascending, as they are.
fn spread(groups: &[u32], wanted: usize) -> Vec<u32> {
    (0..wanted.min(groups.len())).map(|i| groups[i * groups.len() / wanted]).collect()
}

/// The test part with one model's predictions of it.
struct Test<'a> {
    model: &'a Model,
    rows: &'a [usize],
    labels: Vec<f64>,
    predictions: Vec<f64>,
    of_group: Vec<u32>,
    groups: Groups,
    references: Vec<(String, Vec<f64>)>,
}

impl<'a> Test<'a> {
    fn new(
        model: &'a Model,
        dataset: &Dataset,
        rows: &'a [usize],
        predictor: &dyn Predictor,
        family: Option<&Family>,
    ) -> Test<'a> {
        let mut predictions = vec![0.0; rows.len()];
        predictor.predict(&dataset.predictor_rows(rows, family), &mut predictions);
        let of_group: Vec<u32> = rows.iter().map(|&row| dataset.groups[row]).collect();
        let references = dataset.references.iter();
        Test {
            model,
            rows,
            labels: at(&dataset.labels, rows),
            predictions,
            groups: Groups::by_key(of_group.iter().copied()),
            of_group,
            references: references.map(|of| (of.name.to_string(), at(&of.predictions, rows))).collect(),
        }
    }

    fn sample(&self) -> Result<Sample<'_>, EvaluationError> {
        Sample::new(self.model.task, &self.labels, &self.predictions)
    }

    fn evaluate(&self) -> Result<Evaluation, EvaluationError> {
        evaluate(&self.sample()?, &self.groups, &[], &Resampling::new(self.model.seed))
    }

    /// Values with the most rows, in their own order.
    fn slice(&self, column: &SliceColumn) -> Result<Slice, EvaluationError> {
        let mut rows_of = vec![Vec::new(); column.values.len()];
        for (place, &row) in self.rows.iter().enumerate() {
            rows_of[column.of_row[row] as usize].push(place);
        }
        let mut by_size: Vec<usize> = (0..rows_of.len()).filter(|&value| !rows_of[value].is_empty()).collect();
        by_size.sort_by_key(|&value| std::cmp::Reverse(rows_of[value].len()));
        let rest = by_size.iter().skip(MOST_LINES).map(|&value| rows_of[value].len() as u64).sum();
        by_size.truncate(MOST_LINES);
        by_size.sort_unstable();
        let values = by_size.into_iter().map(|value| {
            let evaluation = self.evaluate_at(&rows_of[value])?;
            Ok(SliceValue { value: column.values[value].clone(), evaluation })
        });
        Ok(Slice { name: column.name.to_string(), values: values.collect::<Result<_, EvaluationError>>()?, rest })
    }

    fn evaluate_at(&self, places: &[usize]) -> Result<Evaluation, EvaluationError> {
        let (labels, predictions) = (at(&self.labels, places), at(&self.predictions, places));
        let sample = Sample::new(self.model.task, &labels, &predictions)?;
        let groups = Groups::by_key(places.iter().map(|&place| self.of_group[place]));
        let references: Vec<(&str, Vec<f64>)> =
            self.references.iter().map(|(name, of)| (name.as_str(), at(of, places))).collect();
        let references: Vec<Reference<'_>> =
            references.iter().map(|(name, predictions)| Reference { name, predictions }).collect();
        evaluate(&sample, &groups, &references, &Resampling::new(self.model.seed))
    }
}

fn at(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}

/// Others' single-precision probabilities may lie a hair outside of [0, 1].
fn probabilities(task: Task, predictions: &[f64]) -> Vec<f64> {
    match task {
        Task::Classification => predictions.iter().map(|p| p.clamp(0.0, 1.0)).collect(),
        Task::Regression => predictions.to_vec(),
    }
}
