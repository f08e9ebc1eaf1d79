//! What is kept of one prediction.

use features::value::{Micros, Type, Value};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use smol_str::SmolStr;
use uuid::Uuid;

use crate::predict::typed;
use crate::worker::put_value;

/// A prediction as it stands in the tables, in the spool and, within its record, on an endpoint's topic: whole in itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub id: Uuid,
    /// When it was answered, by the server's clock; of a streamed one, when the log took its event. Of a shadow, that of
    /// the answer that it shadows.
    pub time: Micros,
    /// Empty where a client named the model itself.
    pub endpoint: SmolStr,
    pub experiment: Option<SmolStr>,
    pub arm: SmolStr,
    pub period: u32,
    pub forced: bool,
    /// The prediction that went out, where this one did not.
    pub shadow_of: Option<Uuid>,
    pub unit: Option<SmolStr>,
    pub model: SmolStr,
    pub version: u32,
    pub digest: SmolStr,
    pub view_hash: SmolStr,
    /// The stream's key, as [`key_text`] writes it; empty where a request named none.
    pub key: SmolStr,
    /// The inputs in the order of the model's signature, as a JSON array.
    pub features: String,
    /// How many of them were NULL, and so imputed by the model.
    pub imputed: u32,
    /// How far the state lay behind, as in the answer.
    pub age_ms: Option<i64>,
    /// What the label needs of the event beside outcomes, as a JSON object.
    pub fields: Option<String>,
    /// `None` where it failed.
    pub output: Option<f64>,
    /// Why it failed: a stable code.
    pub error: Option<SmolStr>,
    pub latency_us: u32,
    /// Of each phase, as a JSON object of microseconds.
    pub phases: String,
    /// Of a streamed one where its event stands, as a JSON object.
    pub place: Option<String>,
}

impl Record {
    /// What outcomes belong to: the answer itself, or the one that is shadowed.
    pub fn pair(&self) -> Uuid {
        self.shadow_of.unwrap_or(self.id)
    }
}

/// The inputs as a JSON array: every bit of a number is in it.
pub fn features_text(values: &[Value]) -> String {
    let mut out = Vec::with_capacity(values.len() * 12 + 2);
    out.push(b'[');
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        put_value(&mut out, value);
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// Reads what [`features_text`] wrote; `None` if it is not that.
pub fn features_of(text: &str, types: &[Type]) -> Option<Vec<Value>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    if values.len() != types.len() {
        return None;
    }
    values.iter().zip(types).map(|(value, ty)| typed(*ty, value.get()).ok()).collect()
}

/// A key as text: the value itself where there is one, a JSON array of several. What equals as text equals as a key.
pub fn key_text<'a>(values: impl IntoIterator<Item = &'a Value>) -> SmolStr {
    let mut values = values.into_iter().peekable();
    let Some(first) = values.next() else { return SmolStr::default() };
    if values.peek().is_none()
        && let Value::String(text) = first
    {
        return text.clone();
    }
    let mut out = Vec::with_capacity(32);
    let several = values.peek().is_some();
    if several {
        out.push(b'[');
    }
    put_value(&mut out, first);
    for value in values {
        out.push(b',');
        put_value(&mut out, value);
    }
    if several {
        out.push(b']');
    }
    String::from_utf8(out).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_come_back_with_every_bit() {
        let values = [
            Value::Float(0.1 + 0.2),
            Value::Float(-0.0),
            Value::Float(5e-324),
            Value::Int(i64::MIN),
            Value::Bool(true),
            Value::Null,
            Value::String("a\"\u{e9}".into()),
            Value::Timestamp(1_739_143_800_000_001),
        ];
        let types =
            [Type::Float, Type::Float, Type::Float, Type::Int, Type::Bool, Type::Float, Type::String, Type::Timestamp];
        let text = features_text(&values);
        let back = features_of(&text, &types).expect("readable");
        assert!(values.iter().zip(&back).all(|(a, b)| a.same_bits(b)), "{text}: {back:?}");
        assert_eq!(features_of(&text, &types[1..]), None);
        assert_eq!(features_of("{", &types), None);
    }

    #[test]
    fn keys_are_told_apart_as_text() {
        let text = |values: &[Value]| key_text(values).to_string();
        assert_eq!(text(&[Value::String("2024_22_KC_PHI".into())]), "2024_22_KC_PHI");
        assert_eq!(text(&[Value::Int(7)]), "7");
        assert_eq!(text(&[Value::String("a".into()), Value::Int(7)]), r#"["a",7]"#);
        assert_eq!(text(&[]), "");
    }
}
