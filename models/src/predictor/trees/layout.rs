//! Trees as one array without branches: a step to the next node is a comparison and an addition, so that a processor
//! walks many trees, or many rows, at once instead of waiting for one.
//!
//! A row becomes slots. Each input has two: one holds −∞ where it is missing, the other +∞, and a split reads the one
//! that sends a missing input where it wants it. The last slot holds −∞ always; leaves read it and so stay where they
//! are (their threshold is their value).

use crate::artifact::{Node, Side, TreeModel};

/// Walks that go on at once: over the trees of one row, and over the rows of one tree.
const TREES_AT_ONCE: usize = 8;
const ROWS_AT_ONCE: usize = 16;
/// Steps after which it is seen whether all walks rest.
const STRIDE: u32 = 8;

#[derive(Debug, Clone, Copy)]
struct Step {
    threshold: f32,
    slot: u32,
    /// Where to go if the slot is less than the threshold; the next node otherwise.
    left: u32,
}

#[derive(Debug, Clone, Copy)]
struct Walk {
    root: u32,
    /// Splits on the longest way to a leaf.
    steps: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Layout {
    steps: Vec<Step>,
    walks: Vec<Walk>,
}

/// The slots of one row.
pub(super) trait Slots: Copy {
    fn at(self, slot: u32) -> f32;
}

impl<const S: usize> Slots for &[f32; S] {
    /// Of as many slots as a power of two, none has to be checked to be there.
    fn at(self, slot: u32) -> f32 {
        self[slot as usize % S]
    }
}

impl Slots for &[f32] {
    fn at(self, slot: u32) -> f32 {
        self[slot as usize]
    }
}

/// How many slots a row of `width` inputs has.
pub(super) fn slots_of(width: usize) -> usize {
    2 * width + 1
}

pub(super) fn fill_slots(row: &[f64], slots: &mut [f32]) {
    let (left, rest) = slots.split_at_mut(row.len());
    let (right, resting) = rest.split_at_mut(row.len());
    for ((&x, left), right) in row.iter().zip(left).zip(right) {
        #[expect(clippy::cast_possible_truncation, reason = "trees compare in f32, as ONNX does")]
        let rounded = x as f32;
        (*left, *right) = if x.is_finite() { (rounded, rounded) } else { (f32::NEG_INFINITY, f32::INFINITY) };
    }
    resting.fill(f32::NEG_INFINITY);
}

impl Layout {
    pub(super) fn new(model: &TreeModel) -> Layout {
        let mut layout = Layout { steps: Vec::new(), walks: Vec::new() };
        for tree in model.trees() {
            let root = index(layout.steps.len());
            layout.walks.push(Walk { root, steps: index(tree.depth()) });
            layout.push_tree(tree.nodes(), model.width());
        }
        layout
    }

    /// Breadth first, so that siblings stand side by side and the first levels of a tree share cache lines.
    fn push_tree(&mut self, nodes: &[Node], width: usize) {
        let start = self.steps.len();
        let mut order = vec![0_u32];
        let mut at = 0;
        while let Some(node) = order.get(at).map(|&node| nodes[node as usize]) {
            self.steps.push(match node {
                Node::Leaf { value, .. } => Step { threshold: value, slot: index(2 * width), left: index(start + at) },
                Node::Split { feature, threshold, left, right, missing } => {
                    let children = index(start + order.len());
                    order.extend([left, right]);
                    let slot = if missing == Side::Left { feature } else { feature + index(width) };
                    Step { threshold, slot, left: children }
                }
            });
            at += 1;
        }
    }

    /// The sum over trees, in their order, of the leaves that one row finds.
    pub(super) fn sum_over_trees(&self, row: impl Slots) -> f64 {
        let (groups, rest) = self.walks.as_chunks::<TREES_AT_ONCE>();
        let mut sum = 0.0;
        for group in groups {
            let deepest = group.iter().map(|walk| walk.steps).max().unwrap_or(0);
            let leaves = self.descend(group.map(|walk| walk.root), deepest, [row; TREES_AT_ONCE]);
            sum = leaves.iter().fold(sum, |sum, leaf| sum + f64::from(*leaf));
        }
        rest.iter().fold(sum, |sum, walk| sum + f64::from(self.descend([walk.root], walk.steps, [row])[0]))
    }

    /// The same for many rows.
    pub(super) fn sums_over_rows<R: Slots>(&self, rows: &[R], out: &mut [f64]) {
        out.fill(0.0);
        let (row_groups, row_rest) = rows.as_chunks::<ROWS_AT_ONCE>();
        for walk in &self.walks {
            let (groups, rest) = out.as_chunks_mut::<ROWS_AT_ONCE>();
            for (rows, sums) in row_groups.iter().zip(groups) {
                let leaves = self.descend([walk.root; ROWS_AT_ONCE], walk.steps, *rows);
                for (sum, leaf) in sums.iter_mut().zip(leaves) {
                    *sum += f64::from(leaf);
                }
            }
            for (row, sum) in row_rest.iter().zip(rest) {
                *sum += f64::from(self.descend([walk.root], walk.steps, [*row])[0]);
            }
        }
    }

    /// Takes each lane from its root to a leaf. Lanes that arrive early step in place.
    #[inline]
    fn descend<const N: usize, R: Slots>(&self, roots: [u32; N], steps: u32, rows: [R; N]) -> [f32; N] {
        let mut at = roots;
        let mut left_to_do = steps;
        while left_to_do > 0 {
            let before = at;
            for _ in 0..left_to_do.min(STRIDE) {
                for lane in 0..N {
                    let step = self.steps[at[lane] as usize];
                    // Neither is ever NaN.
                    at[lane] = step.left + u32::from(step.threshold <= rows[lane].at(step.slot));
                }
            }
            if at == before {
                break;
            }
            left_to_do = left_to_do.saturating_sub(STRIDE);
        }
        at.map(|index| self.steps[index as usize].threshold)
    }
}

/// A checked ensemble has at most 2²⁶ nodes and 2¹⁶ inputs.
fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
