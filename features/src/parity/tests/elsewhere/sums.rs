//! Sums, means and variances that drift, or remember what has left their frame.

use super::*;

fn rows_of(n: usize) -> String {
    format!("w AS (PARTITION BY k ORDER BY event_time ROWS {} PRECEDING)", n - 1)
}

/// pola-rs/polars #24738: after values had left, a sum of zeros was -2.2e-16.
#[test]
fn a_sum_of_zeros_is_zero_whatever_was_before() {
    let events = each_second(&[2.06, 0.888889, 0.0, 0.0, 0.0, 0.0]);
    let found = column("sum(x) OVER w AS y", &rows_of(2), &events);
    assert_eq!(found, floats(&[2.06, 2.06 + 0.888889, 0.888889, 0.0, 0.0, 0.0]));
    assert!(found[3..].iter().all(|sum| sum.same_bits(&Value::Float(0.0))), "and not -0.0");
}

/// pola-rs/polars #11146 and pandas-dev/pandas #38488: the mean of zeros after larger values was negative or positive.
#[test]
fn a_mean_of_zeros_is_zero_whatever_was_before() {
    let values = [0.0, 290.57, 107.0, 172.0, 124.5, 235_266.408832, 831_082.388_21, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let found = column("avg(x) OVER w AS y", &rows_of(3), &each_second(&values));
    assert!(found[9..].iter().all(|mean| mean.same_bits(&Value::Float(0.0))), "{found:?}");
}

/// The values after a spike, alone and with the spike long gone: bit for bit the same.
#[track_caller]
fn forgets_the_spike(spike: f64) {
    let small: Vec<f64> = (0..12).map(|n| 4.1e-5 + 1.3e-6 * f64::from(n)).collect();
    let spiked: Vec<f64> = [4.0e-5, spike].into_iter().chain(small.iter().copied()).collect();
    for function in OVER_X {
        let of = |values: &[f64]| column(&format!("{function} OVER w AS y"), &rows_of(5), &each_second(values));
        let (alone, after) = (of(&small), of(&spiked));
        for (alone, after) in alone[4..].iter().zip(&after[6..]) {
            assert!(alone.same_bits(after), "{function}: {after:?} after {spike}, {alone:?} without");
        }
    }
}

/// pola-rs/polars #22936: a rolling mean of small values stayed wrong after one large value had passed.
#[test]
fn a_large_value_that_has_left_is_forgotten() {
    forgets_the_spike(92_439.234_4);
}

/// pandas-dev/pandas #11645: with one of -9e33 all later means were 0.
#[test]
fn a_huge_value_that_has_left_is_forgotten() {
    forgets_the_spike(-9e33);
    forgets_the_spike(f64::MAX);
}

/// pola-rs/polars #21358, #18919: a rolling mean over the whole history differed from one over its last rows.
#[test]
fn how_much_history_is_computed_does_not_show() {
    let value = |n: i32| (f64::from(n * 7919 % 1009) / 7.0 - 60.0).powi(3) * if n % 97 == 0 { 1e9 } else { 1.0 };
    let values: Vec<f64> = (0..700).map(value).collect();
    for function in ["sum(x)", "avg(x)", "var_samp(x)", "stddev_samp(x)"] {
        let of = |values: &[f64]| column(&format!("{function} OVER w AS y"), &rows_of(20), &each_second(values));
        let (whole, slice) = (of(&values), of(&values[500..]));
        assert!(whole[519..].iter().zip(&slice[19..]).all(|(a, b)| a.same_bits(b)), "{function}");
    }
}

/// pola-rs/polars #21677, #4301 and pandas-dev/pandas #52407: a variance was negative, and its root no number.
#[test]
fn no_variance_is_negative() {
    let values = [1.0, 1e-7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let found = column("var_samp(x) OVER w AS y", &rows_of(5), &each_second(&values));
    assert_eq!(found[6..], floats(&[0.0; 4]));
    let roots = column("stddev_samp(x) OVER w AS y", &rows_of(5), &each_second(&values));
    assert_eq!(roots[6..], floats(&[0.0; 4]));
    let tiny = [0.0, 0.0, 3.16e-18, 2.96e-16, 2.23e-51, 0.0, 0.0, 5.4e-48, 1.38e-73, 0.0];
    for variance in &column("var_samp(x) OVER w AS y", &rows_of(3), &each_second(&tiny))[1..] {
        assert!(matches!(variance, Value::Float(v) if *v >= 0.0), "{variance:?}");
    }
}

/// pola-rs/polars #9383, #12905: equal values had a variance.
#[test]
fn equal_values_have_no_variance() {
    for value in [2_820_376_000.0, 36_743.6, 0.1, 1e300] {
        let values = [1_574_669_000.0, 1_976_946_000.0, value, value, value, value];
        let found = column("stddev_samp(x) OVER w AS y", &rows_of(3), &each_second(&values));
        assert_eq!(found[4..], floats(&[0.0; 2]), "{value}");
    }
}

/// pandas-dev/pandas #28244: a large value that had left made the deviation of the others 0.
#[test]
fn the_deviation_of_small_values_survives_a_large_one() {
    let events = each_second(&[9.54e8, 0.6225, 0.0, 1.14, 0.0]);
    let found = column("stddev_samp(x) OVER w AS y", &rows_of(4), &events);
    let alone = column("stddev_samp(x) OVER w AS y", &rows_of(4), &events[1..]);
    assert!(found[4].same_bits(&alone[3]), "{found:?}");
}

/// pola-rs/polars #18919: an infinity poisoned what followed. Here it is NULL before any window sees it.
#[test]
fn an_overflow_is_null_and_poisons_nothing() {
    let events = each_second(&[1.0, 2e200, 3.0, 4.0]);
    let found = column("sum(x * x) OVER w AS y", &rows_of(2), &events);
    assert_eq!(found, floats(&[1.0, 1.0, 9.0, 25.0]));
}
