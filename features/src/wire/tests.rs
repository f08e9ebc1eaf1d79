use proptest::prelude::*;

use super::*;
use crate::value::{Type, Value};

fn any_value() -> impl Strategy<Value = (Type, Value)> {
    prop_oneof![
        any::<bool>().prop_map(|b| (Type::Bool, Value::Bool(b))),
        any::<i64>().prop_map(|i| (Type::Int, Value::Int(i))),
        (-300_i64..300).prop_map(|i| (Type::Timestamp, Value::Timestamp(i))),
        any::<i64>().prop_map(|i| (Type::Interval, Value::Interval(i))),
        any::<f64>().prop_map(|x| (Type::Float, Value::float(x))),
        (-300_i32..300).prop_map(|i| (Type::Float, Value::Float(f64::from(i)))),
        Just((Type::Float, Value::Float(-0.0))),
        ".{0,40}".prop_map(|s| (Type::String, Value::String(s.into()))),
        Just((Type::String, Value::Null)),
    ]
}

proptest! {
    #[test]
    fn values_come_back_bit_for_bit((ty, value) in any_value()) {
        let mut bytes = Vec::new();
        put_value(&mut bytes, ty, &value);
        let mut reader = Reader::new(&bytes);
        let back = reader.value(ty).unwrap();
        prop_assert!(back.same_bits(&value), "{back:?} {value:?}");
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn numbers_come_back(a in any::<u64>(), b in any::<i64>(), c in any::<i128>()) {
        let mut bytes = Vec::new();
        put_unsigned(&mut bytes, a);
        put_signed(&mut bytes, b);
        put_signed_wide(&mut bytes, c);
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.unsigned(), Ok(a));
        prop_assert_eq!(reader.signed(), Ok(b));
        prop_assert_eq!(reader.signed_wide(), Ok(c));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        for ty in [Type::Bool, Type::Int, Type::Float, Type::String, Type::Timestamp] {
            let mut reader = Reader::new(&bytes);
            while reader.value(ty).is_ok() {}
        }
        let _ = Reader::new(&bytes).signed_wide();
        let _ = Reader::new(&bytes).bytes();
    }
}

#[test]
fn a_count_beyond_the_bytes_left_is_refused() {
    let mut bytes = Vec::new();
    put_unsigned(&mut bytes, u64::MAX);
    assert_eq!(Reader::new(&bytes).count(1), Err(StateError::Truncated { at: bytes.len() }));
}
