//! Experiments of a size that was fixed beforehand: the power of the fixed-sample test beside theory, and what CUPED saves.

use super::{Chance, World};
use crate::experiment::{Contrast, Form, Moments, UnitSums, fixed, of_fixed_test};

/// One row of a power curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    pub effect: f64,
    /// Share of experiments in which the test finds the difference.
    pub found: f64,
    /// What theory promises.
    pub theory: f64,
    /// Share of experiments whose fixed-sample interval holds the truth.
    pub covered: f64,
}

/// Plain normal values, `units` in each arm.
pub fn power(experiments: u64, units: u64, effect: f64, seed: u64) -> Power {
    let (mut found, mut covered, mut rows) = (0.0, 0.0, Vec::new());
    for experiment in 0..experiments {
        let moments = played(World::Normal, units, effect, &mut Chance::new(seed, experiment), &mut rows);
        let Some(contrast) = Contrast::new(&moments, 0, 1, Form::PLAIN) else { continue };
        found += f64::from(u8::from(fixed::p_value(&contrast).is_some_and(|p| p < 0.05)));
        let holds = fixed::interval(&contrast, 0.05).is_some_and(|i| i.low <= effect && effect <= i.high);
        covered += f64::from(u8::from(holds));
    }
    let all = crate::experiment::moments::number(experiments);
    let error = (2.0 / crate::experiment::moments::number(units)).sqrt();
    Power { effect, found: found / all, theory: of_fixed_test(effect, error, 0.05), covered: covered / all }
}

/// What the covariate saves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Saving {
    /// Between units' residuals of the metric and of the covariate, over very many units.
    pub correlation: f64,
    /// 1 − correlation²: the share of the variance, and so of the units, that should be left.
    pub predicted: f64,
    /// The variance of the estimate over experiments, with the covariate taken off, over that without.
    pub measured: f64,
}

/// The plays of games, in experiments of `units` games in each arm.
pub fn cuped(experiments: u64, units: u64, seed: u64) -> Saving {
    let mut rows = Vec::new();
    let (mut plain, mut adjusted) = (Spread::default(), Spread::default());
    for experiment in 0..experiments {
        let moments = played(World::Games, units, 0.0, &mut Chance::new(seed, experiment), &mut rows);
        for (form, spread) in [(Form::PLAIN, &mut plain), (Form::ADJUSTED, &mut adjusted)] {
            if let Some(contrast) = Contrast::new(&moments, 0, 1, form) {
                spread.add(contrast.difference);
            }
        }
    }
    // One large sample, drawn apart from the experiments.
    let large = played(World::Games, 50_000, 0.0, &mut Chance::new(seed, u64::MAX), &mut rows);
    let variance = |form| Contrast::new(&large, 0, 1, form).map_or(f64::NAN, |contrast| contrast.variance);
    let predicted = variance(Form::ADJUSTED) / variance(Form::PLAIN);
    Saving {
        correlation: (1.0 - predicted).max(0.0).sqrt(),
        predicted,
        measured: adjusted.variance() / plain.variance(),
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn variance(self) -> f64 {
        (self.squares - self.sum * self.sum / self.count) / (self.count - 1.0)
    }
}

fn played(world: World, units: u64, effect: f64, chance: &mut Chance, rows: &mut Vec<(f64, f64)>) -> Moments {
    let mut moments = Moments::new(2, 1);
    for arm in 0..2 {
        for _ in 0..units {
            world.unit(chance, if arm == 1 { effect } else { 0.0 }, rows);
            let mut unit = UnitSums::default();
            rows.iter().for_each(|(value, covariate)| unit.add(*value, *covariate));
            moments.add(&[(arm, unit)]);
        }
    }
    moments
}
