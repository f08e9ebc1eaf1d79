//! Refusals of feedback that are known before anything is looked up.

use axum::http::StatusCode;
use serde_json::json;

use super::{Entry, plain};
use crate::outcome::FeedbackError;

pub(super) fn entry(error: &FeedbackError) -> Entry {
    use StatusCode as S;
    match error {
        FeedbackError::Invalid { .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "invalid_request", "The request is not understood")
        }
        FeedbackError::UnknownEndpoint { nearest, .. } => {
            plain(S::NOT_FOUND, "unknown_endpoint", "No such endpoint").with(json!({ "nearest": nearest }))
        }
        FeedbackError::UnknownField { name, nearest, .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "unknown_outcome", "Unknown outcome field")
                .with(json!({ "field": name, "nearest": nearest }))
        }
        FeedbackError::Mistyped { field, expected, .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "mistyped_outcome", "An outcome has the wrong type")
                .with(json!({ "field": field, "expected": expected }))
        }
        FeedbackError::Future { by_s } => {
            plain(S::UNPROCESSABLE_ENTITY, "future_outcome", "The outcome lies in the future")
                .with(json!({ "by_s": by_s }))
        }
        FeedbackError::Off => plain(S::NOT_FOUND, "no_prediction_log", "Nothing is logged here"),
    }
}
