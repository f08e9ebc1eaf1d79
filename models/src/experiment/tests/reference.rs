//! Reference values: NumPy 2.4.6, SciPy 1.17.1 and statsmodels 0.15.0, each named beside its number. Rows are made by
//! formulas that the reference script shares.

use crate::experiment::moments::{Moments, UnitSums};
use crate::experiment::power::of_fixed_test;
use crate::experiment::sequence::{self, Sides, Tuning};
use crate::experiment::srm::{Intake, RatioTest};
use crate::experiment::{Belief, Contrast, Form, fixed, normal};

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{got:?} is not {expected:?}");
}

/// 3,000 rows in 55 units of 1, 3, 5, … rows; odd units are the challenger's.
fn clustered() -> Moments {
    let mut units: Vec<UnitSums> = Vec::new();
    for i in 0..3000_u32 {
        let skewed = (f64::from(i * 7919 % 1000) / 1000.0).powi(3);
        let covariate = f64::from(u32::try_from(u64::from(i) * 104_729 % 1009).unwrap()) / 1009.0;
        let unit = f64::from(i).sqrt().floor();
        let arm = unit % 2.0;
        if (unit + 0.5) as usize == units.len() {
            units.push(UnitSums::default());
        }
        units.last_mut().unwrap().add(skewed + 0.5 * covariate + 0.05 * arm, covariate);
    }
    let mut moments = Moments::new(2, 1);
    for (unit, sums) in units.iter().enumerate() {
        moments.add(&[(unit % 2, *sums)]);
    }
    moments
}

/// Of a sample of one row a unit.
fn moments_of(champion: &[f64], challenger: &[f64]) -> Moments {
    let mut moments = Moments::new(2, 1);
    for (arm, values) in [(0, champion), (1, challenger)] {
        for &value in values {
            moments.add(&[(arm, UnitSums { sum: value, rows: 1.0, covariate: 0.0 })]);
        }
    }
    moments
}

/// statsmodels, for each arm: OLS(value, 1).fit(cov_type="cluster", cov_kwds={"groups": unit}); variances added.
#[test]
fn the_clustered_standard_error_agrees_with_statsmodels() {
    let contrast = Contrast::new(&clustered(), 0, 1, Form::PLAIN).unwrap();
    close(contrast.difference, 0.058747078517550844);
    close(contrast.standard_error(), 0.003909959316058921);
}

/// NumPy: residuals per unit, their covariance with the covariate's, by the definition of CUPED.
#[test]
fn cuped_agrees_with_its_definition() {
    let contrast = Contrast::new(&clustered(), 0, 1, Form::ADJUSTED).unwrap();
    close(contrast.theta, 0.5610914314713661);
    close(contrast.difference, 0.057596060530876556);
    close(contrast.standard_error(), 0.0034155167793742764);
}

/// SciPy: ttest_ind(challenger, champion, equal_var=False).
#[test]
fn the_fixed_sample_test_is_welchs() {
    let moments = moments_of(&[0.1, 0.5, 0.35, 0.8, 0.95, 0.2], &[0.4, 0.9, 1.2, 0.7, 1.5]);
    let contrast = Contrast::new(&moments, 0, 1, Form::PLAIN).unwrap();
    close(contrast.difference, 0.45666666666666667);
    close(contrast.degrees_of_freedom, 7.564418244677173);
    close(fixed::p_value(&contrast).unwrap(), 0.0903588510011373);
    let interval = fixed::interval(&contrast, 0.05).unwrap();
    close(interval.low, -0.09148092955797249);
    close(interval.high, 1.0048142628913057);
}

/// The formulas of Waudby-Smith et al. 2024, proposition 2.5 and its one-sided form, in NumPy.
#[test]
fn the_boundary_is_the_papers() {
    let tuning = Tuning { units: 1000.0 };
    let allowed = |units, alpha| [Sides::Two, Sides::One].map(|sides| tuning.allowed(units, alpha, sides));
    for (units, alpha, [two, one]) in [
        (200, 0.05, [11.315740631672053, 9.252669589568786]),
        (5000, 0.05, [9.941600947197857, 8.552268302670967]),
        (1000, 0.01, [12.756540648820048, 11.262295127120314]),
    ] {
        close(allowed(units, alpha)[0], two);
        close(allowed(units, alpha)[1], one);
    }
}

#[test]
fn the_p_value_is_the_level_whose_interval_just_excludes_nothing() {
    let mut moments = clustered();
    let contrast = Contrast::new(&moments, 0, 1, Form::PLAIN).unwrap();
    let tuning = Tuning { units: 200.0 };
    // The mixture depends on α; at the p-value's own level the boundary touches 0.
    let mut alpha = 0.05;
    for _ in 0..200 {
        alpha = sequence::p_value(&contrast, alpha, tuning);
    }
    let interval = sequence::interval(&contrast, alpha, tuning);
    assert!(interval.is_none_or(|interval| interval.low.abs() < 1e-6), "{alpha} {interval:?}");
    moments.remove(&[(0, UnitSums::default())]);
}

/// With many units the two ways to take the variance are one, and the interval is difference ± boundary × error.
#[test]
fn with_many_units_the_interval_is_the_asymptotic_one() {
    let mut moments = Moments::new(2, 1);
    for i in 0..200_000_u32 {
        let value = f64::from(i * 7919 % 1000) / 1000.0;
        moments.add(&[((i % 2) as usize, UnitSums { sum: value, rows: 1.0, covariate: 0.0 })]);
    }
    let contrast = Contrast::new(&moments, 0, 1, Form::PLAIN).unwrap();
    let tuning = Tuning { units: 100_000.0 };
    let interval = sequence::interval(&contrast, 0.05, tuning).unwrap();
    let half = tuning.allowed(200_000, 0.05, Sides::Two).sqrt() * contrast.standard_error();
    assert!(((interval.high - contrast.difference) / half - 1.0).abs() < 1e-3);
    assert!(((contrast.difference - interval.low) / half - 1.0).abs() < 1e-3);
}

fn intake(shares: &[f64], units: &[u64]) -> Intake {
    Intake { shares: shares.to_vec(), units: units.to_vec() }
}

/// SciPy: chisquare([821, 679], [750, 750]) and chisquare([510, 480, 510], [500, 500, 500]).
#[test]
fn sample_ratios_agree_with_scipy() {
    let test = RatioTest::new(&[intake(&[0.5, 0.5], &[821, 679])]);
    close(test.chi_square, 13.442666666666666);
    close(test.p_value, 0.00024596574965427074);
    let third = 1.0 / 3.0;
    let test = RatioTest::new(&[intake(&[third; 3], &[510, 480, 510])]);
    close(test.chi_square, 1.2);
    close(test.p_value, 0.5488116360940265);
    assert_eq!(test.degrees_of_freedom, 2);
}

/// NumPy: (O − E)ᵀ pinv(Σ n (diag θ − θθᵀ)) (O − E); SciPy: chi2.sf.
#[test]
fn sample_ratios_know_that_weights_changed() {
    let test = RatioTest::new(&[intake(&[0.99, 0.01], &[300, 10]), intake(&[0.5, 0.5], &[200, 290])]);
    close(test.expected[0], 551.9);
    close(test.chi_square, 21.451233982909777);
    close(test.p_value, 3.6294237674065863e-06);
    let test =
        RatioTest::new(&[intake(&[0.94, 0.03, 0.03], &[300, 10, 12]), intake(&[0.3, 0.4, 0.3], &[200, 290, 260])]);
    close(test.chi_square, 9.146623593699767);
    close(test.p_value, 0.010323712999637531);
}

/// SciPy: the Dirichlet-multinomial Bayes factors with gammaln, their mean over three concentrations.
#[test]
fn the_sample_ratio_test_for_all_times_is_lindons_and_maleks() {
    close(RatioTest::new(&[intake(&[0.5, 0.5], &[821, 679])]).always_valid_p_value, 0.029752056667592907);
    let periods = [intake(&[0.99, 0.01], &[300, 10]), intake(&[0.5, 0.5], &[200, 290])];
    close(RatioTest::new(&periods).always_valid_p_value, 0.0008438976515295181);
}

#[test]
fn a_unit_in_an_arm_without_a_share_is_impossible() {
    let test = RatioTest::new(&[intake(&[1.0, 0.0], &[500, 1])]);
    assert_eq!((test.p_value, test.always_valid_p_value), (0.0, 0.0));
    let nothing = RatioTest::new(&[intake(&[0.5, 0.5], &[0, 0])]);
    assert_eq!((nothing.p_value, nothing.always_valid_p_value), (1.0, 1.0));
}

/// SciPy: the normal posterior, and quad over it; the metric is a loss.
#[test]
fn the_belief_agrees_with_integration() {
    let mut contrast = Contrast::new(&clustered(), 0, 1, Form::PLAIN).unwrap();
    contrast.difference = -0.012;
    contrast.variance = 0.009 * 0.009;
    let belief = Belief::new(&contrast, 0.02, false).unwrap();
    close(belief.posterior_mean, -0.009979209979209981);
    close(belief.posterior_sd, 0.008207293546575957);
    close(belief.probability_better, 1.0 - 0.1120123967006399);
    assert!((belief.expected_loss_of_challenger - 0.00044563761515663746).abs() < 1e-9);
    assert!((belief.expected_loss_of_champion - 0.01042484759436662).abs() < 1e-9);
}

/// statsmodels: NormalIndPower().power(0.2, 200, 0.05).
#[test]
fn power_agrees_with_statsmodels() {
    close(of_fixed_test(0.2, (2.0_f64 / 200.0).sqrt(), 0.05), 0.5160052739761747);
    // SciPy: norm.ppf(0.975), norm.cdf(-1.5).
    close(normal::quantile(0.975), 1.959963984540054);
    close(normal::below(-1.5), 0.06680720126885807);
}

/// A change of weights at half time, while everything gets easier: compared within periods, nothing is found.
#[test]
fn a_drift_is_not_taken_for_an_effect_when_weights_change() {
    let mut moments = Moments::new(2, 2);
    for (period, level, [champion, challenger]) in [(0, 1.0, [900, 100]), (1, 0.5, [100, 900])] {
        for (arm, units) in [(0, champion), (1, challenger)] {
            for i in 0..units {
                let noise = f64::from(i % 10) / 10.0;
                moments.add(&[(moments.cell(arm, period), UnitSums { sum: level + noise, rows: 1.0, covariate: 0.0 })]);
            }
        }
    }
    let contrast = Contrast::new(&moments, 0, 1, Form::PLAIN).unwrap();
    assert!(contrast.difference.abs() < 1e-12, "{}", contrast.difference);
    assert_eq!(contrast.units, 2000);
}

/// The variance, with units in several cells, is the sum over units of their squared influence.
#[test]
fn units_in_several_periods_count_once() {
    let mut moments = Moments::new(2, 2);
    let mut units: Vec<Vec<(usize, UnitSums)>> = Vec::new();
    for i in 0..400_u32 {
        let value = |salt: u32| f64::from((i * 7919 + salt * 331) % 1000) / 1000.0;
        let sums = |salt: u32| UnitSums { sum: value(salt), rows: f64::from(1 + i % 3), covariate: 0.0 };
        // Some stay in their arm, some move, some are there only once.
        let (first, second) = ((i % 2) as usize, if i % 5 == 0 { 1 } else { (i % 2) as usize });
        let mut unit = vec![(moments.cell(first, 0), sums(1))];
        if i % 7 != 0 {
            unit.push((moments.cell(second, 1), sums(2)));
        }
        moments.add(&unit);
        units.push(unit);
    }
    let contrast = Contrast::new(&moments, 0, 1, Form::PLAIN).unwrap();

    let mut totals = [UnitSums::default(); 4];
    for (cell, sums) in units.iter().flatten() {
        totals[*cell].sum += sums.sum;
        totals[*cell].rows += sums.rows;
    }
    let weight = |p: usize| totals[2 * p].rows * totals[2 * p + 1].rows / (totals[2 * p].rows + totals[2 * p + 1].rows);
    let all = weight(0) + weight(1);
    let influence = |unit: &Vec<(usize, UnitSums)>| {
        let of = |(cell, sums): &(usize, UnitSums)| {
            let sign = if cell % 2 == 1 { 1.0 } else { -1.0 };
            let mean = totals[*cell].sum / totals[*cell].rows;
            sign * weight(cell / 2) / all / totals[*cell].rows * (sums.sum - mean * sums.rows)
        };
        unit.iter().map(of).sum::<f64>()
    };
    let expected: f64 = units.iter().map(|unit| influence(unit).powi(2)).sum();
    assert!((contrast.spreads[0].constant / expected - 1.0).abs() < 1e-9);
}
