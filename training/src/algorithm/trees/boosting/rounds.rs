//! Round after round: what the trees so far get wrong, and a tree that corrects it.

use features::project::{Boosting, Task};
use forust_ml::Matrix;
use forust_ml::binning::{BinnedData, PREDICT_MISSING_BIN, TiledBins, bin_for_prediction, bin_matrix};
use forust_ml::gradientbooster::GrowPolicy;
use forust_ml::objective::{ObjectiveType, calc_init_callables, gradient_hessian_callables};
use forust_ml::sampler::SampleMethod;
use forust_ml::splitter::MissingImputerSplitter;
use forust_ml::tree::{Tree, split_bins};
use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::super::super::{FitError, TrainingRows, as_float};
use super::super::{Rounded, round};
use super::monotone::{constraints, hold};

/// Rows whose gradients are computed together.
const CHUNK: usize = 16_384;
/// The bin in which forust's training rows keep missing values.
const MISSING_BIN: u16 = 0;

/// Rows in the form in which forust takes them: column by column.
pub(super) struct Table {
    values: Vec<f64>,
    labels: Vec<f64>,
    weights: Vec<f64>,
    columns: usize,
}

impl Table {
    /// `rows` are among the training rows, which `rounded` was made of.
    pub(super) fn new(training: &TrainingRows<'_>, rows: &[usize], rounded: &Rounded) -> Table {
        let columns = training.inputs.columns();
        let values = rounded.kept.iter().flat_map(|&input| {
            let column = &columns[input];
            rows.iter().map(move |&row| f64::from(round(column[row])))
        });
        Table {
            values: values.collect(),
            labels: rows.iter().map(|&row| training.labels[row]).collect(),
            weights: training.weights_of(rows).unwrap_or_else(|| vec![1.0; rows.len()]),
            columns: rounded.kept.len(),
        }
    }

    pub(super) fn matrix(&self) -> Matrix<'_, f64> {
        Matrix::new(&self.values, self.labels.len(), self.columns)
    }
}

/// The trees so far, and what they predict.
pub(super) struct Rounds<'a> {
    parameters: &'a Boosting,
    table: &'a Table,
    task: Task,
    splitter: MissingImputerSplitter,
    binned: BinnedData<f64>,
    tiles: TiledBins,
    random: ChaCha8Rng,
    base: f64,
    margins: Vec<f64>,
    gradients: Vec<f32>,
    hessians: Vec<f32>,
    trees: Vec<Tree>,
}

/// Rows that no tree was grown on, and what the trees so far predict for them.
pub(super) struct Judged<'a> {
    table: &'a Table,
    bins: Vec<u16>,
    margins: Vec<f64>,
}

impl<'a> Rounds<'a> {
    #[expect(clippy::cast_possible_truncation, reason = "forust keeps its parameters in f32")]
    pub(super) fn new(
        parameters: &'a Boosting,
        training: &TrainingRows<'_>,
        rounded: &Rounded,
        table: &'a Table,
    ) -> Result<Rounds<'a>, FitError> {
        let binned = bin_matrix(&table.matrix(), &table.weights, parameters.bins, f64::NAN, true)?;
        let rows = table.labels.len();
        let tiles = TiledBins::new(&Matrix::new(&binned.binned_data, rows, table.columns), &binned.cuts, true);
        let base = calc_init_callables(&objective(training.task))(&table.labels, &table.weights);
        let splitter = MissingImputerSplitter {
            l1: parameters.l1 as f32,
            l2: parameters.l2 as f32,
            max_delta_step: 0.0,
            gamma: parameters.min_gain as f32,
            // Without any, a leaf of rows that are predicted perfectly would divide by nothing.
            min_leaf_weight: (parameters.min_leaf_weight as f32).max(1e-6),
            learning_rate: parameters.learning_rate as f32,
            // Whether a value is there may be what tells rows apart.
            allow_missing_splits: true,
            constraints_map: constraints(parameters, training, rounded),
        };
        Ok(Rounds {
            parameters,
            table,
            task: training.task,
            splitter,
            binned,
            tiles,
            random: ChaCha8Rng::seed_from_u64(training.seed),
            base,
            margins: vec![base; rows],
            gradients: vec![0.0; rows],
            hessians: vec![0.0; rows],
            trees: Vec::new(),
        })
    }

    /// One more tree.
    pub(super) fn grow(&mut self) {
        self.differentiate();
        let (chosen, left_out) = self.draw_rows();
        let columns = self.draw_columns();
        let bins = Matrix::new(&self.binned.binned_data, self.table.labels.len(), self.table.columns);
        let policy = if self.parameters.max_leaves.is_some() { GrowPolicy::LossGuide } else { GrowPolicy::DepthWise };
        let sampling = if left_out.is_empty() { SampleMethod::None } else { SampleMethod::Random };
        let mut tree = Tree::new();
        let placed = tree.fit_with_tiles(
            &bins,
            chosen,
            &columns,
            &self.binned.cuts,
            &self.gradients,
            &self.hessians,
            &self.splitter,
            self.parameters.max_leaves.map_or(usize::MAX, |leaves| leaves as usize),
            self.parameters.max_depth as usize,
            true,
            &sampling,
            &policy,
            Some(&self.tiles),
        );
        hold(&mut tree, &self.splitter.constraints_map);
        match placed {
            Some(placed) => {
                for (rows, value) in placed.leaves(&tree) {
                    rows.iter().for_each(|&row| self.margins[row] += value);
                }
                self.walk(&tree, &left_out);
            }
            None => self.walk(&tree, &(0..self.margins.len()).collect::<Vec<_>>()),
        }
        self.trees.push(tree);
    }

    pub(super) fn judge<'b>(&self, table: &'b Table) -> Judged<'b> {
        let bins = bin_for_prediction(&table.matrix(), &self.binned.cuts, &f64::NAN, true);
        Judged { table, bins, margins: vec![self.base; table.labels.len()] }
    }

    /// The mean loss of rows that no tree was grown on, after the newest tree; to be asked for after each.
    pub(super) fn loss(&self, judged: &mut Judged<'_>) -> f64 {
        let Judged { table, bins, margins } = judged;
        let rows = margins.len();
        if let Some(tree) = self.trees.last() {
            let splits = split_bins(tree, &self.binned.cuts);
            margins.par_iter_mut().enumerate().for_each(|(row, margin)| {
                let bin = |column: usize| bins[column * rows + row];
                *margin += tree.predict_row_from_bins(bin, &splits, PREDICT_MISSING_BIN, &f64::NAN);
            });
        }
        let weighted = margins.iter().zip(&table.labels).zip(&table.weights);
        let losses = weighted.map(|((&margin, &label), &weight)| weight * self.loss_of(margin, label));
        losses.sum::<f64>() / table.weights.iter().sum::<f64>()
    }

    /// Of the rows that the trees are grown on.
    #[cfg(test)]
    pub(super) fn margins(&self) -> &[f64] {
        &self.margins
    }

    /// The base and the trees.
    pub(super) fn finish(self) -> (f64, Vec<Tree>) {
        (self.base, self.trees)
    }

    fn loss_of(&self, margin: f64, label: f64) -> f64 {
        match self.task {
            // log(1 + exp(∓margin)) without overflow.
            Task::Classification => margin.max(0.0) + (-margin.abs()).exp().ln_1p() - label * margin,
            Task::Regression => (margin - label) * (margin - label),
        }
    }

    fn differentiate(&mut self) {
        let derive = gradient_hessian_callables(&objective(self.task));
        let Table { labels, weights, .. } = self.table;
        let margins = &self.margins;
        let places = self.gradients.par_chunks_mut(CHUNK).zip(self.hessians.par_chunks_mut(CHUNK));
        places.enumerate().for_each(|(chunk, (gradients, hessians))| {
            let rows = chunk * CHUNK..chunk * CHUNK + gradients.len();
            let (first, second) = derive(&labels[rows.clone()], &margins[rows.clone()], &weights[rows]);
            gradients.copy_from_slice(&first);
            hessians.copy_from_slice(&second);
        });
    }

    /// The rows of this tree, and the others.
    fn draw_rows(&mut self) -> (Vec<usize>, Vec<usize>) {
        let rows = 0..self.margins.len();
        let share = self.parameters.subsample;
        if 1.0 <= share {
            return (rows.collect(), Vec::new());
        }
        let (chosen, left_out): (Vec<usize>, Vec<usize>) = rows.partition(|_| self.random.random_bool(share));
        // By chance a small table gives none; then it gives all.
        if chosen.is_empty() { (left_out, chosen) } else { (chosen, left_out) }
    }

    fn draw_columns(&mut self) -> Vec<usize> {
        let all = self.table.columns;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
        let some = ((as_float(all) * self.parameters.colsample).round() as usize).clamp(1, all);
        if some == all {
            return (0..all).collect();
        }
        let mut columns = sample(&mut self.random, all, some).into_vec();
        columns.sort_unstable();
        columns
    }

    /// Adds what `tree` says of `rows`.
    fn walk(&mut self, tree: &Tree, rows: &[usize]) {
        let splits = split_bins(tree, &self.binned.cuts);
        let (bins, stride) = (&self.binned.binned_data, self.margins.len());
        let value = |&row: &usize| {
            tree.predict_row_from_bins(|column| bins[column * stride + row], &splits, MISSING_BIN, &f64::NAN)
        };
        let values: Vec<f64> = rows.par_iter().map(value).collect();
        for (&row, value) in rows.iter().zip(values) {
            self.margins[row] += value;
        }
    }
}

fn objective(task: Task) -> ObjectiveType {
    match task {
        Task::Classification => ObjectiveType::LogLoss,
        Task::Regression => ObjectiveType::SquaredLoss,
    }
}
