//! The primary metric in parts of the observations, to see where arms differ most.

use std::collections::HashMap;

use super::moments::{Moments, UnitSums};
use super::unit::Unit;
use super::{Contrast, Form, Interval, Plan, fixed, holm, sequence};

/// Values of one slice that are kept apart; what comes later goes into one for all others.
const VALUES: usize = 50;
const OTHERS: &str = "(others)";

#[derive(Debug)]
pub(super) struct Slices {
    /// For each slice of the plan: where each value is.
    places: Vec<HashMap<String, usize>>,
    kept: Vec<Slice>,
    empty: Moments,
}

#[derive(Debug)]
struct Slice {
    /// Which one of the plan's.
    index: usize,
    value: String,
    moments: Moments,
}

/// How much the arms differ in one slice.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SliceDifference {
    pub slice: String,
    pub value: String,
    pub units: u64,
    pub difference: f64,
    /// Holds at all times, for this slice alone.
    pub interval: Option<Interval>,
    /// Whether this slice differs from none, at all times; corrected for the number of slices (Holm).
    pub p_value: Option<f64>,
    /// Of the difference in units of its standard error, from the difference over all.
    pub deviation: Option<f64>,
}

impl Slices {
    pub(super) fn new(plan: &Plan) -> Slices {
        let names = &plan.spec().slices;
        let empty = Moments::new(plan.arms(), plan.periods());
        Slices { places: vec![HashMap::new(); names.len()], kept: Vec::new(), empty }
    }

    pub(super) fn take(&mut self, unit: &mut Unit, cell: usize, values: &[&str], value: f64) {
        for (slice, name) in values.iter().enumerate().take(self.places.len()) {
            let place = self.place(slice, name);
            let known = unit.slices.iter_mut().find(|(of, at, _)| *of == place && *at == cell);
            match known {
                Some((_, _, sums)) => sums.add(value, 0.0),
                None => unit.slices.push((place, cell, UnitSums { sum: value, rows: 1.0, covariate: 0.0 })),
            }
        }
    }

    fn place(&mut self, slice: usize, value: &str) -> usize {
        if let Some(place) = self.places[slice].get(value) {
            return *place;
        }
        let value = if self.places[slice].len() < VALUES { value } else { OTHERS };
        let next = self.kept.len();
        let place = *self.places[slice].entry(value.to_owned()).or_insert(next);
        if place == next {
            self.kept.push(Slice { index: slice, value: value.to_owned(), moments: self.empty.clone() });
        }
        place
    }

    pub(super) fn close(&mut self, unit: &mut Unit) {
        unit.slices.sort_by_key(|(place, cell, _)| (*place, *cell));
        let mut parts: Vec<(usize, UnitSums)> = Vec::new();
        for same in unit.slices.chunk_by(|a, b| a.0 == b.0) {
            parts.clear();
            parts.extend(same.iter().map(|(_, cell, sums)| (*cell, *sums)));
            self.kept[same[0].0].moments.add(&parts);
        }
    }

    /// The most different first.
    pub(super) fn differences(&self, plan: &Plan, challenger: usize, overall: f64) -> Vec<SliceDifference> {
        let alpha = plan.spec().alpha;
        let mut found: Vec<SliceDifference> = Vec::new();
        for slice in &self.kept {
            let Some(contrast) = Contrast::new(&slice.moments, 0, challenger, Form::PLAIN) else { continue };
            let error = contrast.standard_error();
            found.push(SliceDifference {
                slice: plan.spec().slices.get(slice.index).cloned().unwrap_or_default(),
                value: slice.value.clone(),
                units: contrast.units,
                difference: contrast.difference,
                interval: sequence::interval(&contrast, alpha, plan.tuning()),
                p_value: fixed::p_value(&contrast).map(|_| sequence::p_value(&contrast, alpha, plan.tuning())),
                deviation: (error > 0.0).then(|| (contrast.difference - overall) / error),
            });
        }
        let p_values: Vec<_> = found.iter().map(|slice| slice.p_value).collect();
        for (slice, adjusted) in found.iter_mut().zip(holm::holm(&p_values)) {
            slice.p_value = adjusted;
        }
        let size = |slice: &SliceDifference| slice.deviation.map_or(0.0, f64::abs);
        found.sort_by(|a, b| size(b).total_cmp(&size(a)));
        found
    }
}
