//! What a prediction is made of.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::routing::LoadedModel;

/// What each input adds to the margin: the uncalibrated log-odds, or what is predicted. Base and contributions make it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The margin that is expected without knowing any input.
    pub base: f64,
    /// One per input of the model.
    pub contributions: Vec<f64>,
}

impl Explanation {
    /// Of a prediction from these inputs; `None` where the model cannot tell.
    pub fn of(model: &LoadedModel, inputs: &[f64]) -> Option<Explanation> {
        let mut contributions = vec![0.0; inputs.len()];
        let base = model.predictor.contributions(inputs, &mut contributions)?;
        Some(Explanation { base, contributions })
    }

    pub fn margin(&self) -> f64 {
        self.contributions.iter().fold(self.base, |sum, contribution| sum + contribution)
    }
}

/// An explanation as JSON has it everywhere: `{"base":b,"contributions":{"feature":c,…},"margin":m}`.
pub struct Named<'a> {
    pub model: &'a LoadedModel,
    pub explanation: &'a Explanation,
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("base", &self.explanation.base)?;
        map.serialize_entry("contributions", &Contributions(self))?;
        map.serialize_entry("margin", &self.explanation.margin())?;
        map.end()
    }
}

struct Contributions<'a>(&'a Named<'a>);

impl Serialize for Contributions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Named { model, explanation } = self.0;
        let names = model.inputs.iter().map(|&column| model.view.columns[column].name.as_str());
        serializer.collect_map(names.zip(&explanation.contributions))
    }
}
