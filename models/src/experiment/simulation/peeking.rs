//! Two arms, looked at after every outcome.

use super::{Chance, World};
use crate::experiment::sequence::{self, Tuning};
use crate::experiment::{Contrast, Form, Moments, UnitSums, fixed};

/// One kind of experiment, played again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peeking {
    pub world: World,
    pub experiments: u64,
    /// Units of both arms in each.
    pub units: u64,
    /// Of the challenger.
    pub share: f64,
    pub alpha: f64,
    /// Units at which the interval is to be tightest.
    pub tuned_to: f64,
    /// Whether there is a true difference; it is this large.
    pub effect: f64,
    pub adjusted: bool,
    pub seed: u64,
}

/// How many experiments were misled, at any look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Peeked {
    pub experiments: u64,
    pub looks: u64,
    /// The interval that holds at all times left out the truth.
    pub always_valid: u64,
    /// The fixed-sample interval did.
    pub fixed_sample: u64,
    /// The fixed-sample interval did at the last look, the only one that it is made for.
    pub fixed_sample_at_end: u64,
    /// Of the always-valid interval at the end: does it exclude no difference?
    pub found_at_end: u64,
}

impl Peeking {
    pub fn run(&self) -> Peeked {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get) as u64;
        let parts = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..cores)
                .map(|core| {
                    scope.spawn(move || {
                        (core..self.experiments)
                            .step_by(cores as usize)
                            .map(|e| self.one(e))
                            .fold(Peeked::default(), Peeked::plus)
                    })
                })
                .collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).collect::<Vec<_>>()
        });
        parts.into_iter().fold(Peeked::default(), Peeked::plus)
    }

    fn one(&self, experiment: u64) -> Peeked {
        let mut chance = Chance::new(self.seed, experiment);
        let tuning = Tuning { units: self.tuned_to };
        let form = if self.adjusted { Form::ADJUSTED } else { Form::PLAIN };
        let (mut moments, mut rows) = (Moments::new(2, 1), Vec::new());
        let mut seen = Peeked { experiments: 1, ..Peeked::default() };
        let (mut misled, mut misled_fixed) = (false, false);
        for _ in 0..self.units {
            let arm = usize::from(chance.happens(self.share));
            let effect = if arm == 1 { self.effect } else { 0.0 };
            self.world.unit(&mut chance, effect, &mut rows);
            let mut unit = UnitSums::default();
            for (place, &(value, covariate)) in rows.iter().enumerate() {
                if 0 < place {
                    moments.remove(&[(arm, unit)]);
                }
                unit.add(value, covariate);
                moments.add(&[(arm, unit)]);
                seen.looks += 1;
                let Some(contrast) = Contrast::new(&moments, 0, 1, form) else { continue };
                if let Some(interval) = sequence::interval(&contrast, self.alpha, tuning) {
                    misled |= self.effect < interval.low || interval.high < self.effect;
                }
                let z = (contrast.difference - self.effect) / contrast.standard_error();
                misled_fixed |= 1.959_964 < z.abs();
            }
        }
        if let Some(contrast) = Contrast::new(&moments, 0, 1, form) {
            let excludes = |interval: Option<super::super::Interval>, value: f64| {
                u64::from(interval.is_some_and(|interval| value < interval.low || interval.high < value))
            };
            seen.fixed_sample_at_end = excludes(fixed::interval(&contrast, self.alpha), self.effect);
            seen.found_at_end = excludes(sequence::interval(&contrast, self.alpha, tuning), 0.0);
        }
        seen.always_valid = u64::from(misled);
        seen.fixed_sample = u64::from(misled_fixed);
        seen
    }
}

impl Peeked {
    fn plus(self, other: Peeked) -> Peeked {
        Peeked {
            experiments: self.experiments + other.experiments,
            looks: self.looks + other.looks,
            always_valid: self.always_valid + other.always_valid,
            fixed_sample: self.fixed_sample + other.fixed_sample,
            fixed_sample_at_end: self.fixed_sample_at_end + other.fixed_sample_at_end,
            found_at_end: self.found_at_end + other.found_at_end,
        }
    }
}
