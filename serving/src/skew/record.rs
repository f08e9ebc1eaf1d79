//! The record of a difference: one JSON object on the stream's skew topic.

use features::schema::Stream;
use features::value::{Micros, Value};

use super::judge::{Difference, Kind};
use crate::worker::{put, put_name, put_time, put_value};

/// Writes the record.
pub(super) fn write(difference: &Difference, stream: &Stream, at: Micros, out: &mut Vec<u8>) {
    out.push(b'{');
    put_name(out, "kind");
    put(
        out,
        match difference.kind {
            Kind::Value { .. } => "mismatch",
            Kind::NotRecomputed => "not_recomputed",
            Kind::NotServed => "not_served",
        },
    );
    put_name(out, "view");
    put(out, &difference.view.name);
    put_name(out, "view_hash");
    put(out, &difference.view.hash);
    put_name(out, "stream");
    put(out, &stream.name);
    put_name(out, "partition");
    put(out, &difference.partition);
    let (offset, element) = stream.offset_and_element(difference.sequence);
    put_name(out, "offset");
    put(out, &offset);
    if stream.explode.is_some() {
        put_name(out, "element");
        put(out, &element);
    }
    put_name(out, "key");
    put(out, &*String::from_utf8_lossy(&difference.key));
    if let Some(time) = difference.time {
        put_name(out, "event_time");
        put_time(out, time);
    }
    if let Kind::Value { feature, served, recomputed } = &difference.kind {
        put_name(out, "feature");
        put(out, feature);
        for (name, value) in [("served", served), ("recomputed", recomputed)] {
            put_name(out, name);
            put_with_bits(out, value);
        }
    }
    put_name(out, "at");
    put_time(out, at);
    out.push(b'}');
}

/// The value; of a float its bits too, for two that differ may look the same.
fn put_with_bits(out: &mut Vec<u8>, value: &Value) {
    out.push(b'{');
    put_name(out, "value");
    put_value(out, value);
    if let Value::Float(x) = value {
        put_name(out, "bits");
        put(out, &format!("{:016x}", x.to_bits()));
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::super::judge::ViewName;
    use super::*;
    use crate::worker::fixture::project;

    fn written(kind: Kind) -> String {
        let difference = Difference {
            view: ViewName { name: "form".into(), hash: "0123".into() },
            partition: 2,
            sequence: 118,
            key: b"g1".to_vec(),
            time: Some(1_500_000),
            kind,
        };
        let mut out = Vec::new();
        write(&difference, &project(1).streams["plays"], 2_000_000, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_published_form_stays_as_it_is() {
        let (served, recomputed) = (Value::Float(0.1), Value::Float(0.1_f64.next_up()));
        assert_eq!(
            written(Kind::Value { feature: "recent".into(), served, recomputed }),
            r#"{"kind":"mismatch","view":"form","view_hash":"0123","stream":"plays","partition":2,"offset":118,"key":"g1","#
                .to_owned()
                + r#""event_time":"1970-01-01T00:00:01.500000Z","feature":"recent","#
                + r#""served":{"value":0.1,"bits":"3fb999999999999a"},"#
                + r#""recomputed":{"value":0.10000000000000002,"bits":"3fb999999999999b"},"#
                + r#""at":"1970-01-01T00:00:02.000000Z"}"#
        );
    }

    #[test]
    fn a_row_that_one_side_lacks_has_no_values() {
        let record: serde_json::Value = serde_json::from_str(&written(Kind::NotServed)).expect("JSON");
        assert_eq!(record["kind"], "not_served");
        assert!(record.get("served").is_none() && record.get("feature").is_none());
        let null = written(Kind::Value { feature: "f".into(), served: Value::Null, recomputed: Value::Int(3) });
        assert!(null.contains(r#""served":{"value":null},"recomputed":{"value":3}"#), "{null}");
    }
}
