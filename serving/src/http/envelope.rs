//! The bodies of `POST /predict` and `POST /predict/batch`, borrowed from the request's bytes: the event inside stays
//! raw, so that it is decoded once.

use std::borrow::Cow;

use features::value::Micros;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::HttpError;
use crate::predict::{Given, Options, Target};

/// The most rows that one batch may have.
pub(super) const BATCH_ROWS: usize = 1_000;

/// A parsed body: who is asked, with what.
#[derive(Debug)]
pub(super) struct Asked<'a, G> {
    endpoint: Option<Cow<'a, str>>,
    model: Option<Cow<'a, str>>,
    pub(super) given: G,
    pub(super) options: Options,
    /// What the client calls its request; the answer repeats it.
    pub(super) request_id: Option<Cow<'a, str>>,
}

impl<G> Asked<'_, G> {
    pub(super) fn target(&self) -> Target<'_> {
        match (&self.endpoint, &self.model) {
            (Some(endpoint), _) => Target::Endpoint(endpoint),
            (None, model) => Target::Model(model.as_deref().unwrap_or_default()),
        }
    }
}

/// `POST /predict`
pub(super) fn one(text: &str) -> Result<Asked<'_, Given<'_>>, HttpError> {
    let body: OneBody<'_> = parse(text)?;
    check_target(&body.endpoint, &body.model)?;
    let as_of = as_of(body.as_of.as_deref())?;
    let given = match (body.event, body.key, body.features) {
        (Some(event), None, None) => Given::Event(event.get()),
        (None, Some(key), None) => Given::Key(key.get(), as_of),
        (None, None, Some(features)) => Given::Features(features.get()),
        (None, None, None) => return Err(invalid("give one of `event`, `key` and `features`")),
        _ => return Err(invalid("give only one of `event`, `key` and `features`")),
    };
    if as_of.is_some() && body.key.is_none() {
        return Err(invalid("`as_of` goes with `key` only"));
    }
    let options = Options { return_features: body.return_features, explain: body.explain };
    Ok(Asked { endpoint: body.endpoint, model: body.model, given, options, request_id: body.request_id })
}

/// `POST /predict/batch`
pub(super) fn batch(text: &str) -> Result<Asked<'_, Vec<Given<'_>>>, HttpError> {
    let body: BatchBody<'_> = parse(text)?;
    check_target(&body.endpoint, &body.model)?;
    let as_of = as_of(body.as_of.as_deref())?;
    if as_of.is_some() && body.keys.is_none() {
        return Err(invalid("`as_of` goes with `keys` only"));
    }
    let (rows, make): (_, fn(&RawValue, Option<Micros>) -> Given<'_>) = match (body.events, body.keys, body.features) {
        (Some(events), None, None) => (events, |row, _| Given::Event(row.get())),
        (None, Some(keys), None) => (keys, |row, as_of| Given::Key(row.get(), as_of)),
        (None, None, Some(features)) => (features, |row, _| Given::Features(row.get())),
        (None, None, None) => return Err(invalid("give one of `events`, `keys` and `features`")),
        _ => return Err(invalid("give only one of `events`, `keys` and `features`")),
    };
    if rows.is_empty() || BATCH_ROWS < rows.len() {
        return Err(HttpError::BatchSize { rows: rows.len(), limit: BATCH_ROWS });
    }
    let given = rows.into_iter().map(|row| make(row, as_of)).collect();
    let options = Options { return_features: body.return_features, explain: body.explain };
    Ok(Asked { endpoint: body.endpoint, model: body.model, given, options, request_id: body.request_id })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneBody<'a> {
    endpoint: Option<Cow<'a, str>>,
    model: Option<Cow<'a, str>>,
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    #[serde(borrow)]
    features: Option<&'a RawValue>,
    as_of: Option<Cow<'a, str>>,
    #[serde(default)]
    return_features: bool,
    #[serde(default)]
    explain: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchBody<'a> {
    endpoint: Option<Cow<'a, str>>,
    model: Option<Cow<'a, str>>,
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    keys: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    features: Option<Vec<&'a RawValue>>,
    as_of: Option<Cow<'a, str>>,
    #[serde(default)]
    return_features: bool,
    #[serde(default)]
    explain: bool,
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, HttpError> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        if error.is_data() { HttpError::InvalidRequest { message } } else { HttpError::MalformedJson { message } }
    })
}

fn check_target(endpoint: &Option<Cow<'_, str>>, model: &Option<Cow<'_, str>>) -> Result<(), HttpError> {
    match (endpoint, model) {
        (Some(_), None) | (None, Some(_)) => Ok(()),
        (None, None) => Err(invalid("name an `endpoint`, or a `model` as NAME, NAME@alias or NAME/3")),
        (Some(_), Some(_)) => Err(invalid("name an `endpoint` or a `model`, not both")),
    }
}

fn as_of(text: Option<&str>) -> Result<Option<Micros>, HttpError> {
    let Some(text) = text else { return Ok(None) };
    match chrono::DateTime::parse_from_rfc3339(text) {
        Ok(at) => Ok(Some(at.timestamp_micros())),
        Err(_) => Err(invalid(&format!("`as_of` must be a time like \"2025-02-09T23:30:00Z\", not {text:?}"))),
    }
}

fn invalid(message: &str) -> HttpError {
    HttpError::InvalidRequest { message: message.to_owned() }
}
