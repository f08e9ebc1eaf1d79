use std::collections::BTreeMap;

use super::sample::count;
use super::{EvaluationError, Sample};

/// The calibration error by which nflfastR's win probability is judged (Yurko, Ventura and Horowitz 2019, "nflWAR: a
/// reproducible method for offensive player evaluation in football"; Baldwin 2020, "nflfastR EP, WP, CP xYAC, and xPass
/// models").
///
/// Within each stratum (there: the quarter) probabilities are rounded to the nearest 0.05 (halves to the even multiple, as
/// R does), and |rounded probability − share of TRUE| is averaged over rows; strata are averaged by how many TRUE labels
/// they hold, not by their rows. `None` where no label is TRUE. Biased upwards on few rows, as every binned measure is.
pub fn weighted_calibration_error(sample: &Sample<'_>, strata: &[u32]) -> Result<Option<f64>, EvaluationError> {
    if strata.len() != sample.rows() {
        return Err(EvaluationError::Lengths { rows: sample.rows(), what: "strata", found: strata.len() });
    }
    // By stratum and bin: rows and TRUE labels.
    let mut bins: BTreeMap<u32, [(usize, f64); 21]> = BTreeMap::new();
    for ((label, probability), &stratum) in sample.pairs().zip(strata) {
        let (rows, wins) = &mut bins.entry(stratum).or_default()[nearest_twentieth(probability)];
        *rows += 1;
        *wins += label;
    }
    let (mut weighted, mut all_wins) = (0.0, 0.0);
    for of_stratum in bins.values() {
        let held = || of_stratum.iter().enumerate().filter(|(_, (rows, _))| *rows > 0);
        let rows: usize = held().map(|(_, (rows, _))| rows).sum();
        let wins: f64 = held().map(|(_, (_, wins))| wins).sum();
        let gaps: f64 = held().map(|(bin, &(rows, wins))| (count(bin) * 0.05 * count(rows) - wins).abs()).sum();
        weighted += gaps / count(rows) * wins;
        all_wins += wins;
    }
    Ok((all_wins > 0.0).then(|| weighted / all_wins))
}

fn nearest_twentieth(probability: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20, and the cast saturates")]
    let bin = (probability / 0.05).round_ties_even() as usize;
    bin.min(20)
}

#[cfg(test)]
mod tests {
    use features::project::Task;

    use super::*;

    #[test]
    fn strata_count_by_their_wins() {
        // Stratum 1: bin 0.5 with 2 rows, 1 win: gap 0. Bin 0.9 with 2 rows, 1 win: gap 0.4. Mean 0.2, 2 wins.
        // Stratum 2: bin 0.25 with 1 row, 1 win: gap 0.75, 1 win. Together (0.2 · 2 + 0.75 · 1) / 3.
        let labels = [1.0, 0.0, 1.0, 0.0, 1.0];
        let probabilities = [0.51, 0.49, 0.9, 0.9, 0.26];
        let sample = Sample::new(Task::Classification, &labels, &probabilities).unwrap();
        let found = weighted_calibration_error(&sample, &[1, 1, 1, 1, 2]).unwrap().unwrap();
        assert!((found - (0.2 * 2.0 + 0.75) / 3.0).abs() < 1e-12, "{found}");
    }

    /// By the published steps in pandas 2.3.3 and numpy 2.3.3, which rounds as R does: rows grouped by quarter and
    /// `round(p / 0.05) * 0.05`, gaps averaged by plays within a quarter, quarters by wins. By plays they would give 0.08245.
    #[test]
    fn it_is_the_error_by_which_nflfastr_is_judged() {
        let (mut labels, mut probabilities, mut quarters) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..4_000_u32 {
            let quarter = 1 + (i * 7) % 4;
            // Thousandths: 32 of them lie half-way between two bins.
            let probability = f64::from((i * 7_919) % 1_001) / 1_000.0;
            let noise = f64::from((i * 104_729 + 17) % 997) / 997.0;
            labels.push(f64::from(u8::from(noise < 0.15 + 0.7 * probability - 0.02 * f64::from(quarter))));
            probabilities.push(probability);
            quarters.push(quarter);
        }
        let sample = Sample::new(Task::Classification, &labels, &probabilities).unwrap();
        let found = weighted_calibration_error(&sample, &quarters).unwrap().unwrap();
        assert!((found - 0.082_218_784_838_350_09).abs() < 1e-12, "{found}");
    }

    #[test]
    fn without_a_win_there_is_nothing_to_weigh_by() {
        let sample = Sample::new(Task::Classification, &[0.0], &[0.3]).unwrap();
        assert_eq!(weighted_calibration_error(&sample, &[1]), Ok(None));
        assert!(weighted_calibration_error(&sample, &[]).is_err());
    }
}
