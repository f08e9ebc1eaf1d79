use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

#[derive(serde::Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    values: Vec<String>,
    sum: Option<String>,
    mean: Option<String>,
}

fn from_hex(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).unwrap())
}

fn sum_of(values: &[f64]) -> ExactSum {
    let mut sum = ExactSum::default();
    for x in values {
        sum.add(*x);
    }
    sum
}

fn encoded(sum: &ExactSum) -> Vec<u8> {
    let mut bytes = Vec::new();
    sum.encode(&mut bytes);
    bytes
}

/// The file says where its values come from.
#[test]
fn sums_and_means_equal_the_reference_values() {
    let reference: Reference = serde_json::from_str(include_str!("exact_sums.json")).unwrap();
    for (i, case) in reference.cases.iter().enumerate() {
        let values: Vec<f64> = case.values.iter().map(|x| from_hex(x)).collect();
        let sum = sum_of(&values);
        let expected = case.sum.as_deref().map(from_hex).map(f64::to_bits);
        assert_eq!(sum.read().map(f64::to_bits), expected, "sum of case {i}: {values:?}");
        let expected = case.mean.as_deref().map(from_hex).map(f64::to_bits);
        assert_eq!(sum.mean(values.len() as u64).map(f64::to_bits), expected, "mean of case {i}: {values:?}");
    }
}

#[test]
fn an_empty_or_cancelled_sum_is_plus_zero() {
    for values in [&[][..], &[-0.0], &[1.5, -1.5], &[f64::MAX, -1e-300, -f64::MAX, 1e-300]] {
        assert_eq!(sum_of(values).read().map(f64::to_bits), Some(0));
        assert_eq!(encoded(&sum_of(values)), [0]);
    }
}

#[test]
fn a_sum_may_leave_the_range_of_doubles_and_come_back() {
    let mut sum = sum_of(&[f64::MAX; 1000]);
    assert_eq!(sum.read(), None);
    assert_eq!(sum.mean(1000), Some(f64::MAX));
    for _ in 0..999 {
        sum.subtract(f64::MAX);
    }
    assert_eq!(sum.read(), Some(f64::MAX));
}

#[test]
fn carries_that_wait_are_propagated_in_time() {
    let mut sum = sum_of(&[1e300, 1.0]);
    sum.pending = MOST_PENDING - 1;
    sum.add(2.0);
    assert_eq!(sum.pending, 0);
    sum.subtract(1e300);
    assert_eq!(sum.read(), Some(3.0));
}

#[test]
fn integer_means_are_rounded_once() {
    assert_eq!(integer_mean(7, 2), Some(3.5));
    assert_eq!(integer_mean(-7, 2), Some(-3.5));
    assert_eq!(integer_mean(0, 3), Some(0.0));
    assert_eq!(integer_mean(1, 0), None);
    // 2^53 + 1 is no double, its half is.
    assert_eq!(integer_mean((1 << 53) + 1, 2), Some(4_503_599_627_370_496.5));
    // Python: (3 * (2**63 - 1)) / 7
    assert_eq!(integer_mean(3 * i128::from(i64::MAX), 7), Some(3_952_873_730_080_618_203.0));
    assert_eq!(integer_mean(i128::from(i64::MIN) * 5, 5), Some(-9_223_372_036_854_775_808.0));
    // Python: 2**100 / (2**64 - 1)
    assert_eq!(integer_mean(1 << 100, u64::MAX), Some(68_719_476_736.0));
    assert_eq!(integer_mean(1, u64::MAX), Some(5.421_010_862_427_522e-20));
}

#[test]
fn states_out_of_range_are_refused() {
    for bytes in [&[1][..], &[3], &[0xff, 0xff, 0xff], &[2, 72, 1, 0, 0, 0], &[2, 10, 0, 0, 0, 0], &[2, 10, 1, 0]] {
        assert!(ExactSum::decode(&mut Reader::new(bytes)).is_err(), "{bytes:?}");
    }
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite()),
        -100.0..100.0_f64,
        (-1000_i32..1000).prop_map(|i| f64::from(i) / 10.0),
        prop::sample::select(vec![0.0, -0.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -5e-324, 1e16, 1.0, -1.0]),
    ]
}

proptest! {
    #[test]
    fn the_order_of_additions_does_not_matter(mut values in prop::collection::vec(finite(), 0..40), swaps: Vec<(Index, Index)>) {
        let sum = sum_of(&values);
        if !values.is_empty() {
            for (a, b) in swaps {
                let n = values.len();
                values.swap(a.index(n), b.index(n));
            }
        }
        let again = sum_of(&values);
        prop_assert_eq!(encoded(&sum), encoded(&again));
        prop_assert_eq!(sum.read().map(f64::to_bits), again.read().map(f64::to_bits));
        prop_assert_eq!(sum, again);
    }

    #[test]
    fn what_is_subtracted_was_never_there(kept in prop::collection::vec(finite(), 0..20), gone in prop::collection::vec(finite(), 0..20)) {
        let mut sum = sum_of(&gone);
        for x in &kept {
            sum.add(*x);
        }
        for x in &gone {
            sum.subtract(*x);
        }
        prop_assert_eq!(encoded(&sum), encoded(&sum_of(&kept)));
        prop_assert_eq!(sum.read().map(f64::to_bits), sum_of(&kept).read().map(f64::to_bits));
        let n = kept.len() as u64;
        prop_assert_eq!(sum.mean(n).map(f64::to_bits), sum_of(&kept).mean(n).map(f64::to_bits));
    }

    #[test]
    fn sums_merge(a in prop::collection::vec(finite(), 0..20), b in prop::collection::vec(finite(), 0..20)) {
        let mut merged = sum_of(&a);
        merged.merge(&sum_of(&b));
        prop_assert_eq!(encoded(&merged), encoded(&sum_of(&[a, b].concat())));
    }

    #[test]
    fn two_values_add_as_the_processor_does(a in finite(), b in finite()) {
        let expected = Some(a + b).filter(|x| x.is_finite());
        let sum = sum_of(&[a, b]).read();
        // The processor keeps the sign of a sum of negative zeros.
        prop_assert_eq!(sum.map(|x| (x + 0.0).to_bits()), expected.map(|x| (x + 0.0).to_bits()));
    }

    #[test]
    fn a_sum_comes_back_from_its_bytes(values in prop::collection::vec(finite(), 0..20)) {
        let sum = sum_of(&values);
        let bytes = encoded(&sum);
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(ExactSum::decode(&mut reader).unwrap(), sum);
        prop_assert_eq!(reader.finish(), Ok(()));
        for end in 0..bytes.len() {
            prop_assert!(ExactSum::decode(&mut Reader::new(&bytes[..end])).is_err());
        }
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(sum) = ExactSum::decode(&mut Reader::new(&bytes)) {
            let _ = (sum.read(), sum.mean(3), sum.clone().merge(&sum));
        }
    }

    #[test]
    fn integer_means_of_small_numbers_divide_as_the_processor_does(sum in -(1_i64 << 52)..(1_i64 << 52), count in 1..1_u64 << 50) {
        prop_assert_eq!(integer_mean(i128::from(sum) << 3, count << 3).map(f64::to_bits), Some((sum as f64 / count as f64).to_bits()));
    }
}
