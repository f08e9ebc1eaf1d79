//! Ensembles of trees, grown by libraries and taken over into our own type.

mod boosting;
mod forest;

use models::artifact::{Node, Side};

pub(super) use boosting::boosting;
pub(super) use forest::forest;

use super::{FitError, Warning};
use crate::inputs::Inputs;

/// Inputs as trees see them, column by column: rounded to f32, infinities and NaN missing. Only those that say anything.
struct Rounded {
    /// Indices of the inputs that are here.
    kept: Vec<usize>,
    columns: Vec<Vec<f32>>,
    warnings: Vec<Warning>,
}

impl Rounded {
    fn new(inputs: &Inputs, rows: &[usize]) -> Result<Rounded, FitError> {
        let mut rounded = Rounded { kept: Vec::new(), columns: Vec::new(), warnings: Vec::new() };
        for (feature, column) in inputs.columns().iter().enumerate() {
            let column: Vec<f32> = rows.iter().map(|&row| round(column[row])).collect();
            let mut present = column.iter().filter(|x| !x.is_nan());
            let Some(first) = present.next() else {
                rounded.warnings.push(Warning::Missing { feature });
                continue;
            };
            // Whether a value is there at all may say something.
            if present.all(|x| x == first) && !column.iter().any(|x| x.is_nan()) {
                rounded.warnings.push(Warning::Constant { feature });
                continue;
            }
            rounded.kept.push(feature);
            rounded.columns.push(column);
        }
        if rounded.kept.is_empty() { Err(FitError::NothingVaries) } else { Ok(rounded) }
    }
}

/// As the predictor does it. A finite number beyond f32 stays beyond every threshold.
fn round(x: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "trees compare in f32")]
    let rounded = x as f32;
    if x.is_finite() { rounded.clamp(f32::MIN, f32::MAX) } else { f32::NAN }
}

/// The f32 that tells the same f32 apart by `<` as `threshold` does.
fn threshold_below(threshold: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "corrected below")]
    let nearest = threshold as f32;
    let up = if f64::from(nearest) < threshold { nearest.next_up() } else { nearest };
    up.clamp(f32::MIN, f32::MAX)
}

/// The f32 that tells the same f32 apart by `<` as `threshold` does by `<=`.
fn threshold_up_to(threshold: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "corrected below")]
    let nearest = threshold as f32;
    let down = if threshold < f64::from(nearest) { nearest.next_down() } else { nearest };
    down.next_up().clamp(f32::MIN, f32::MAX)
}

fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Covers are above 0, also where rounding left nothing of a sum.
fn cover(weight: f32) -> f32 {
    if weight.is_finite() { weight.max(1e-6) } else { 1e-6 }
}

fn side(left: bool) -> Side {
    if left { Side::Left } else { Side::Right }
}

/// The warnings of a fit: of its inputs, and whether it says anything at all.
fn warnings(rounded: Rounded, trees: &[Vec<Node>]) -> Vec<Warning> {
    let splits = trees.iter().any(|nodes| nodes.len() > 1);
    rounded.warnings.into_iter().chain((!splits).then_some(Warning::NoSplit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_keep_telling_the_same_numbers_apart() {
        let mut numbers = vec![0.0_f32, -0.0, 1e-45, 0.1, 1.0, -3.5, 16_777_216.0, f32::MAX, f32::MIN];
        numbers.extend(numbers.clone().iter().map(|x| x.next_up()));
        numbers.extend(numbers.clone().iter().map(|x| x.next_down()));
        numbers.retain(|x| x.is_finite());
        let exact = numbers.iter().map(|x| f64::from(*x));
        let thresholds: Vec<f64> = exact.flat_map(|x| [x, x.next_up(), x.next_down()]).collect();
        for &x in &numbers {
            for &t in &thresholds {
                // Of the largest f32 alone nothing is told apart from above.
                if x < f32::MAX && t <= f64::from(f32::MAX) && t > f64::from(f32::MIN) {
                    assert_eq!(x < threshold_below(t), f64::from(x) < t, "{x:e} < {t:e}");
                }
                if x < f32::MAX && t < f64::from(f32::MAX.next_down()) && t >= f64::from(f32::MIN) {
                    assert_eq!(x < threshold_up_to(t), f64::from(x) <= t, "{x:e} <= {t:e}");
                }
            }
        }
        assert_eq!(threshold_below(f64::MAX), f32::MAX);
    }

    #[test]
    fn only_inputs_that_say_something_are_seen() {
        let nan = f64::NAN;
        let columns = vec![vec![1.0, 2.0], vec![3.0, 3.0], vec![nan, nan], vec![5.0, nan], vec![f64::INFINITY, nan]];
        let rounded = Rounded::new(&Inputs::new(columns).unwrap(), &[0, 1]).unwrap();
        assert_eq!(rounded.kept, [0, 3]);
        let left_out =
            [Warning::Constant { feature: 1 }, Warning::Missing { feature: 2 }, Warning::Missing { feature: 4 }];
        assert_eq!(rounded.warnings, left_out);
    }
}
