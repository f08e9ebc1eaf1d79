//! A model for each member of a family.

use super::{Predictor, rows_of};
use crate::artifact::{Link, family_place};

/// Predicts each row by the model of its member. The last input of a row is the member's place in the family; anything
/// else there (NaN above all) means the general model.
#[derive(Debug)]
pub struct FamilyPredictor {
    general: Box<dyn Predictor>,
    members: Vec<Box<dyn Predictor>>,
}

impl FamilyPredictor {
    /// All take as many inputs.
    pub fn new(general: Box<dyn Predictor>, members: Vec<Box<dyn Predictor>>) -> FamilyPredictor {
        FamilyPredictor { general, members }
    }

    fn member(&self, code: f64) -> &dyn Predictor {
        family_place(code).and_then(|place| self.members.get(place)).unwrap_or(&self.general).as_ref()
    }

    fn each(&self, inputs: &[f64], out: &mut [f64], run: impl Fn(&dyn Predictor, &[f64], &mut [f64])) {
        let out = rows_of(self.width(), inputs, out);
        for (row, place) in inputs.chunks_exact(self.width()).zip(out) {
            let Some((code, row)) = row.split_last() else { continue };
            run(self.member(*code), row, std::slice::from_mut(place));
        }
    }
}

impl Predictor for FamilyPredictor {
    fn width(&self) -> usize {
        self.general.width() + 1
    }

    fn link(&self) -> Link {
        self.general.link()
    }

    fn margins(&self, inputs: &[f64], out: &mut [f64]) {
        self.each(inputs, out, |model, row, out| model.margins(row, out));
    }

    fn predict(&self, inputs: &[f64], out: &mut [f64]) {
        self.each(inputs, out, |model, row, out| model.predict(row, out));
    }

    /// Of the member's own model; which member it is contributes nothing.
    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64> {
        let (code, row) = row.split_last()?;
        let (place, out) = out.split_last_mut()?;
        let base = self.member(*code).contributions(row, out)?;
        *place = 0.0;
        Some(base)
    }
}

#[cfg(test)]
mod tests {
    use super::FamilyPredictor;
    use crate::artifact::{LinearModel, Link};
    use crate::contract;
    use crate::predictor::Predictor;
    use crate::signature::Output;

    fn linear(intercept: f64) -> Box<dyn Predictor> {
        Box::new(LinearModel::new(Link::Identity, intercept, vec![1.0], vec![0.5]).unwrap())
    }

    fn family() -> FamilyPredictor {
        FamilyPredictor::new(linear(0.0), vec![linear(100.0), linear(200.0)])
    }

    #[test]
    fn a_row_is_predicted_by_its_member_and_by_the_general_model_where_it_has_none() {
        let mut out = [0.0; 6];
        family().predict(&[1.0, 0.0, 1.0, 1.0, 1.0, 2.0, 1.0, f64::NAN, 1.0, 0.5, f64::NAN, 1.0], &mut out);
        assert_eq!(out, [101.0, 201.0, 1.0, 1.0, 1.0, 200.5]);
    }

    #[test]
    fn a_family_keeps_what_predictors_promise() {
        contract::predictor(&family(), Output::Value, &[3.0, 1.0]);
    }
}
