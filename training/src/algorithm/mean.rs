//! The mean of the inputs. Nothing is learned but what stands in for NULL.

use super::LinearFit;
use super::standardise::{Moments, Spread, as_float};
use crate::inputs::Inputs;

pub(super) fn mean(inputs: &Inputs, rows: &[usize]) -> LinearFit {
    let share = 1.0 / as_float(inputs.width());
    let moments: Vec<Moments> = inputs.columns().iter().map(|column| Moments::of(column, rows)).collect();
    LinearFit {
        intercept: 0.0,
        coefficients: vec![share; inputs.width()],
        standardised: moments.iter().map(|moments| share * sd(moments.spread)).collect(),
        imputation: moments.iter().map(|moments| moments.imputation).collect(),
        warnings: Vec::new(),
    }
}

fn sd(spread: Spread) -> f64 {
    match spread {
        Spread::Varies { sd } => sd,
        Spread::Constant | Spread::Missing => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use features::project::{Algorithm, Task};
    use models::artifact::predictor_of;

    use super::super::{TrainingRows, fit};
    use crate::inputs::Inputs;

    #[test]
    fn all_inputs_count_alike_whatever_the_labels() {
        let inputs = Inputs::new(vec![vec![1.0, 3.0, f64::NAN], vec![0.0, 1.0, 4.0]]).unwrap();
        for (labels, task, wanted) in [
            ([0.0, 1.0, 1.0], Task::Regression, [0.5, 2.0, 3.0]),
            ([1.0, 0.0, 0.0], Task::Classification, [0.5, 2.0, 3.0].map(|margin: f64| 1.0 / (1.0 + (-margin).exp()))),
        ] {
            let (names, rows) = (["a".into(), "b".into()], [0, 1, 2]);
            let training = TrainingRows {
                task,
                names: &names,
                inputs: &inputs,
                labels: &labels,
                weights: None,
                groups: &[0, 1, 2],
                rows: &rows,
                seed: 0,
            };
            let model = predictor_of(&fit(&Algorithm::Mean, &training).unwrap().native);
            let mut predictions = [0.0; 3];
            model.predict(&inputs.row_major(&rows), &mut predictions);
            for (prediction, wanted) in predictions.iter().zip(wanted) {
                assert!((prediction - wanted).abs() < 1e-12, "{predictions:?}");
            }
        }
    }
}
