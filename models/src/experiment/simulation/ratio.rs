//! Units that arrive at two arms, and how often the sample-ratio tests raise an alarm.

use super::Chance;
use crate::experiment::{Intake, RatioTest};

/// Share of experiments with an alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarms {
    /// Of the test that holds at all times, at any look.
    pub always_valid: f64,
    /// Of the chi-square test, at the end alone.
    pub chi_square_at_end: f64,
}

/// `truth`: the share that the challenger really gets, where one half is declared. Looked at `looks` times, evenly.
pub fn alarms(experiments: u64, units: u64, truth: f64, looks: u64, seed: u64) -> Alarms {
    let (mut always, mut at_end) = (0.0, 0.0);
    for experiment in 0..experiments {
        let mut chance = Chance::new(seed, experiment);
        let mut counts = [0_u64; 2];
        let mut alarmed = false;
        let step = (units / looks).max(1);
        for unit in 1..=units {
            counts[usize::from(chance.happens(truth))] += 1;
            if unit % step == 0 && !alarmed {
                alarmed = test(counts).always_valid_p_value < 0.001;
            }
        }
        always += f64::from(u8::from(alarmed));
        at_end += f64::from(u8::from(test(counts).p_value < 0.001));
    }
    let all = crate::experiment::moments::number(experiments);
    Alarms { always_valid: always / all, chi_square_at_end: at_end / all }
}

fn test(counts: [u64; 2]) -> RatioTest {
    RatioTest::new(&[Intake { shares: vec![0.5, 0.5], units: counts.to_vec() }])
}
