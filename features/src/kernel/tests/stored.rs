//! The state as bytes.

use proptest::prelude::*;

use super::*;
use crate::kernel::StateError;
use crate::kernel::persist::FORMAT;

/// One call of every kind over the three frames and two ways to partition.
fn every_call() -> Plan {
    use WindowFunction::*;
    let lag = Lag { offset: 2 };
    let (nth, distinct) = (NthValue { n: 3 }, CountDistinct { cap: 4 });
    let functions = [Count, Sum, Avg, Min, Max, lag, FirstValue, LastValue, nth, VarSamp, StddevSamp, distinct];
    let calls = |window| functions.map(|f| call(window, f, Some(if window == 0 { INT } else { FLOAT }), None));
    Plan {
        windows: vec![
            window(&[], Frame::Unbounded, false),
            window(&[TEAM], Frame::Rows(2), true),
            window(&[], Frame::Range(3_000_000), false),
        ],
        calls: [calls(0), calls(1), calls(2)].concat(),
        lateness: 2,
        dedupe: 0,
    }
}

fn folded() -> Fold {
    let mut fold = Fold::new(&every_call());
    for i in 0..9_i64 {
        let float = if i % 3 == 0 { 0.1 } else { i as f64 };
        let team = if i % 2 == 0 { text("KC") } else { text("DET") };
        fold.fold(1_000_000 * i, &row(&[(INT, Value::Int(i - 4)), (FLOAT, Value::Float(float)), (TEAM, team)]));
    }
    fold.fold(7_999_999, &row(&[]));
    fold
}

/// Of what is folded in the order of acceptance, by rows and by time.
#[test]
fn the_format_of_fading_means_is_pinned() {
    let fading = |half_life| call(0, WindowFunction::Ewma { half_life }, Some(INT), None);
    let plan = Plan {
        windows: vec![window(&[], Frame::Unbounded, false)],
        calls: vec![fading(HalfLife::Rows(2)), fading(HalfLife::Time(1_500_000))],
        lateness: 2,
        dedupe: 0,
    };
    let mut fold = Fold::new(&plan);
    for i in 0..3 {
        fold.fold(1_000_000 * i, &row(&[(INT, Value::Int(i))]));
    }
    let hex: String = fold.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex);
}

/// The bytes of the current format. They may change only together with the version, and then `KERNEL_VERSION` changes too.
#[test]
fn the_format_is_pinned() {
    let hex: String = folded().bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex);
}

#[test]
fn a_fresh_state_is_two_bytes() {
    let fold = Fold::new(&every_call());
    assert_eq!(fold.bytes(), [FORMAT as u8, 0]);
    assert_eq!(fold.kernel.decode(&[FORMAT as u8, 0]).unwrap(), ViewState::default());
}

#[test]
fn equal_rows_in_another_order_give_equal_bytes() {
    let plan = Plan { lateness: 100, ..every_call() };
    let rows = |order: [i64; 5]| {
        let mut fold = Fold::new(&plan);
        fold.newest = Some(50);
        for i in order {
            fold.offset = i as u64;
            fold.fold(i, &row(&[(INT, Value::Int(i)), (FLOAT, Value::Float(0.1 * i as f64)), (TEAM, text("KC"))]));
        }
        fold.bytes()
    };
    assert_eq!(rows([0, 1, 2, 3, 4]), rows([3, 0, 4, 2, 1]));
}

#[test]
fn a_cut_state_is_refused() {
    let fold = folded();
    let bytes = fold.bytes();
    for end in 0..bytes.len() {
        assert!(fold.kernel.decode(&bytes[..end]).is_err(), "{end}");
    }
    let longer = [bytes, vec![0]].concat();
    assert!(matches!(fold.kernel.decode(&longer), Err(StateError::Corrupt(_))));
}

#[test]
fn a_state_of_another_format_is_refused() {
    let fold = folded();
    let mut bytes = fold.bytes();
    for found in [FORMAT - 1, FORMAT + 1] {
        bytes[0] = found as u8;
        assert_eq!(fold.kernel.decode(&bytes), Err(StateError::Version { found, supported: FORMAT }));
    }
}

#[test]
fn a_state_of_other_windows_is_refused() {
    let other = Plan {
        windows: vec![window(&[], Frame::Rows(1), false)],
        calls: vec![call(0, WindowFunction::Count, None, None)],
        lateness: 0,
        dedupe: 0,
    };
    assert!(other.kernel().decode(&folded().bytes()).is_err());
}

/// Folding on after reading whatever was read must not panic.
fn fold_on(fold: &Fold, bytes: &[u8]) {
    if let Ok(state) = fold.kernel.decode(bytes) {
        let mut fold = Fold { state, ..fold.clone() };
        for time in [8_000_000, 7_999_999, 9_000_000] {
            fold.fold(time, &row(&[(INT, Value::Int(i64::MAX)), (FLOAT, Value::Float(f64::MAX))]));
        }
        fold.bytes();
    }
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let fold = folded();
        fold_on(&fold, &bytes);
        fold_on(&fold, &[&[FORMAT as u8, 2][..], &bytes].concat());
    }

    #[test]
    fn no_damage_makes_folding_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let fold = folded();
        let mut bytes = fold.bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        fold_on(&fold, &bytes);
    }
}

proptest! {
    /// Whatever means and weights a damaged state holds, results are finite or NULL.
    #[test]
    fn damaged_fading_means_give_no_infinite_results(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        x in prop_oneof![Just(f64::MAX), Just(-f64::MAX), any::<f64>().prop_filter("finite", |x| x.is_finite())],
        time in prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()],
    ) {
        let fading = |half_life| call(0, WindowFunction::Ewma { half_life }, Some(FLOAT), None);
        let plan = Plan {
            windows: vec![window(&[], Frame::Unbounded, false)],
            calls: vec![fading(HalfLife::Rows(2)), fading(HalfLife::Time(1_500_000)), fading(HalfLife::Time(1))],
            lateness: i64::MAX,
            dedupe: 0,
        };
        let mut fold = Fold::new(&plan);
        for i in 0..3 {
            fold.fold(1_000_000 * i, &row(&[(FLOAT, Value::Float(0.1 * i as f64))]));
        }
        let mut bytes = fold.bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(state) = fold.kernel.decode(&bytes) {
            fold.state = state;
            for result in fold.fold(time, &row(&[(FLOAT, Value::Float(x))])) {
                let finite = matches!(result, Value::Float(x) if x.is_finite());
                prop_assert!(finite || result == Value::Null, "{:?}", result);
            }
        }
    }
}
