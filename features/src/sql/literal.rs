//! Constants: numbers, texts, timestamps, lengths of time.

use smol_str::SmolStr;
use sqlparser::ast::{self, DataType};
use sqlparser::tokenizer::Span;

use super::fault::Report;
use super::typing::Typed;
use crate::duration;
use crate::plan::{Expr, Node};
use crate::timestamp::{parse_timestamp, why_no_timestamp};
use crate::value::Value;

pub(super) fn literal(value: &ast::Value, span: Span, report: &mut Report) -> Option<Typed> {
    let value = match value {
        ast::Value::Null => return Some(Typed::Null),
        ast::Value::Boolean(b) => Value::Bool(*b),
        ast::Value::SingleQuotedString(text) => Value::String(SmolStr::new(text)),
        ast::Value::Number(text, _) => return number(text, false, span, report),
        ast::Value::DoubleQuotedString(text) => {
            report.fault(span, format!("\"{text}\" in double quotes is a name"), format!("write '{text}'"));
            return None;
        }
        other => {
            report.fault(
                span,
                format!("`{other}` is no constant that a view knows"),
                "write 1, 1.5, 'text', true or NULL".to_owned(),
            );
            return None;
        }
    };
    constant(value)
}

/// A number as written, without its sign: whole ones are Int, all others Float.
pub(super) fn number(text: &str, negative: bool, span: Span, report: &mut Report) -> Option<Typed> {
    let signed = if negative { format!("-{text}") } else { text.to_owned() };
    if text.bytes().all(|b| b.is_ascii_digit()) {
        if let Ok(i) = signed.parse() {
            return constant(Value::Int(i));
        }
        let message = format!("{signed} does not fit into 64 bits");
        report.fault(span, message, format!("write it as a float: {signed}.0"));
        return None;
    }
    match signed.parse().map(Value::float) {
        Ok(Value::Float(x)) => constant(Value::Float(x)),
        _ => {
            report.fault(span, format!("`{signed}` is no number that a float can hold"), None);
            None
        }
    }
}

/// `INTERVAL '5 minutes'`, `INTERVAL '5' MINUTE`.
pub(super) fn interval(interval: &ast::Interval, report: &mut Report) -> Option<Typed> {
    use sqlparser::ast::Spanned;
    let span = interval.value.span();
    let text = match interval.value.as_ref() {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::SingleQuotedString(text) | ast::Value::Number(text, _) => text.clone(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let plain = interval.last_field.is_none()
        && interval.leading_precision.is_none()
        && interval.fractional_seconds_precision.is_none();
    if text.is_empty() || !plain {
        let help = "INTERVAL '5 minutes', or n * INTERVAL '1 minute' for a number of them".to_owned();
        report.fault(span, "an interval is a constant length of time", help);
        return None;
    }
    let written = match &interval.leading_field {
        Some(field) => format!("{text} {field}"),
        None => text,
    };
    match duration::parse(&written) {
        Ok(length) => constant(Value::Interval(length)),
        Err(error) => {
            let help = match &error {
                duration::DurationError::NotFixed(_) => "say it in days: INTERVAL '30 days', or '365 days'",
                _ => "units of fixed length: microsecond, millisecond, second, minute, hour, day, week",
            };
            report.fault(span, error.to_string(), help.to_owned());
            None
        }
    }
}

/// `TIMESTAMP '2024-09-05 20:20:00'`: what CAST makes of the text.
pub(super) fn typed_string(typed: &ast::TypedString, report: &mut Report) -> Option<Typed> {
    let span = typed.value.span;
    let text = match &typed.value.value {
        ast::Value::SingleQuotedString(text) if matches!(typed.data_type, DataType::Timestamp(..)) => text,
        _ => {
            let message = format!("constants of type {} do not exist", typed.data_type);
            let help = "write TIMESTAMP '2024-09-05 20:20:00'; without a time of day it is midnight".to_owned();
            report.fault(span, message, help);
            return None;
        }
    };
    match parse_timestamp(text) {
        Some(at) => constant(Value::Timestamp(at)),
        None => {
            let help = match why_no_timestamp(text) {
                why if why.contains("format") => {
                    "year-month-day, then hours:minutes:seconds if any: '2024-09-05 20:20:00'".to_owned()
                }
                why => why.to_owned(),
            };
            report.fault(span, format!("'{text}' is no timestamp"), help);
            None
        }
    }
}

/// A constant with the other sign; `None` for what has none, and where it would not fit.
pub(super) fn negated(typed: &Typed) -> Option<Typed> {
    let Typed::Known(Expr { node: Node::Literal(value), .. }) = typed else { return None };
    constant(match value {
        Value::Int(i) => Value::Int(i.checked_neg()?),
        Value::Float(x) => Value::Float(-x),
        Value::Interval(i) => Value::Interval(i.checked_neg()?),
        _ => return None,
    })
}

fn constant(value: Value) -> Option<Typed> {
    Some(value.ty().map_or(Typed::Null, |ty| Typed::Known(Expr::new(ty, Node::Literal(value)))))
}
