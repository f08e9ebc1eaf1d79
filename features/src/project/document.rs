//! `clutch.toml` as a tree of values with places, and the problems found in it.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Problem;
use crate::duration;
use crate::nearest::did_you_mean;
use crate::sql::Fault;
use crate::value::Micros;

/// A file of the project and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    text: Arc<str>,
    problems: RefCell<Vec<Problem>>,
}

impl Document {
    pub(super) fn new(path: &Path, text: &str) -> Document {
        Document { path: path.to_path_buf(), text: Arc::from(text), problems: RefCell::default() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn problem(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.problems.borrow_mut().push(Problem::at(&self.path, &self.text, span, message, help.into()));
    }

    /// Puts faults of SQL that stands in `text` at their places in this file.
    pub(super) fn faults(&self, text: &Text<'_>, faults: Vec<Fault>) {
        // Where escapes make the string differ from what is written, only the whole of it can be shown.
        let verbatim = self.text.get(text.span.clone()).and_then(|raw| raw.find(text.value));
        for fault in faults {
            let span = match verbatim {
                Some(start) => {
                    let base = text.span.start + start;
                    base + fault.span.start..base + fault.span.end
                }
                None => text.span.clone(),
            };
            self.problem(span, fault.message, fault.help);
        }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// A string with its place.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    pub(super) value: &'a str,
    pub(super) span: Range<usize>,
}

/// The lower end of a range.
#[derive(Debug, Clone, Copy)]
pub(super) enum Above {
    Closed(f64),
    Open(f64),
}

/// A table of the file: hands out its keys by type, and in the end reports those that nobody asked for.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) doc: &'a Document,
    /// As in the file: `streams.plays`; empty for the file as a whole.
    pub(super) name: String,
    /// Where the table's own name stands.
    pub(super) span: Range<usize>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn new(doc: &'a Document, name: impl Into<String>, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Section { doc, name: name.into(), span, table, asked: Vec::new() }
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked_for(key);
        self.value_of(key)
    }

    fn value_of(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Takes a key as known, whatever it holds.
    pub(super) fn asked_for(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Where a key's name stands.
    pub(super) fn key_place(&self, key: &str) -> Option<Range<usize>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, _)| name.span())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Every key with its value, whatever they are called.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Text<'a>, &'a Spanned<DeValue<'a>>)> {
        self.table.iter().map(|(name, value)| (Text { value: name.get_ref(), span: name.span() }, value))
    }

    /// Reports keys that nobody asked for.
    pub(super) fn finish(self) {
        for (name, _) in self.table {
            let key = name.get_ref();
            if !self.asked.contains(&key.as_ref()) {
                let help = did_you_mean(key, self.asked.iter().copied(), || {
                    format!("the keys here are {}", self.asked.join(", "))
                });
                let place = if self.name.is_empty() { "at the top".to_owned() } else { format!("in [{}]", self.name) };
                self.doc.problem(name.span(), format!("unknown key `{key}` {place}"), help);
            }
        }
    }

    pub(super) fn missing(&self, key: &str, example: &str) {
        let message = format!("[{}] lacks `{key}`", self.name);
        self.doc.problem(self.span.clone(), message, format!("add {example}"));
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, example: Option<&str>) {
        let message = format!("`{key}` must be {wanted}, this is {}", described(value.get_ref()));
        self.doc.problem(value.span(), message, example.map(|example| format!("write {key} = {example}")));
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<Text<'a>> {
        let value = self.get(key)?;
        let text = text_of(value);
        if text.is_none() {
            self.wrong_type(key, value, "a string", None);
        }
        text
    }

    pub(super) fn required_string(&mut self, key: &'static str, example: &str) -> Option<Text<'a>> {
        if !self.has(key) {
            self.asked.push(key);
            self.missing(key, example);
            return None;
        }
        self.string(key)
    }

    /// A string, or a list of strings.
    pub(super) fn strings(&mut self, key: &'static str) -> Option<Vec<Text<'a>>> {
        let value = self.get(key)?;
        let list = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(text_of).collect(),
            _ => text_of(value).map(|one| vec![one]),
        };
        if list.is_none() {
            self.wrong_type(key, value, "a string or a list of strings", Some("[\"…\", \"…\"]"));
        }
        list
    }

    pub(super) fn bool(&mut self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let answer = value.get_ref().as_bool();
        if answer.is_none() {
            self.wrong_type(key, value, "true or false", None);
        }
        answer
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Option<Micros> {
        let value = self.get(key)?;
        let Some(text) = text_of(value) else {
            self.wrong_type(key, value, "a length of time", Some("\"30s\""));
            return None;
        };
        let length = duration::parse(text.value);
        match length {
            Ok(length) if 0 <= length => Some(length),
            Ok(_) => {
                self.doc.problem(text.span, format!("`{key}` cannot be negative"), None);
                None
            }
            Err(error) => {
                let help = format!("write {key} = \"30s\": a number and ms, s, m, h or d");
                self.doc.problem(text.span, error.to_string(), help);
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn integer(&mut self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = self.get(key)?;
        let Some(number) = integer_of(value.get_ref()) else {
            self.wrong_type(key, value, "a whole number", None);
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let message = format!("`{key}` must be from {} to {}, this is {number}", range.start(), range.end());
        self.doc.problem(value.span(), message, None);
        None
    }

    pub(super) fn float(&mut self, key: &'static str) -> Option<f64> {
        let value = self.get(key)?;
        let number = float_of(value.get_ref());
        if number.is_none() {
            self.wrong_type(key, value, "a number", None);
        }
        number
    }

    /// A number from `low` on, and up to `high` where there is one.
    pub(super) fn float_within(&mut self, key: &'static str, low: Above, high: Option<f64>) -> Option<f64> {
        let number = self.float(key)?;
        let (above, low) = match low {
            Above::Closed(low) => (low <= number, format!("at least {low}")),
            Above::Open(low) => (low < number, format!("above {low}")),
        };
        if above && high.is_none_or(|high| number <= high) {
            return Some(number);
        }
        let high = high.map(|high| format!(" and at most {high}")).unwrap_or_default();
        let place = self.value_of(key).map_or_else(|| self.span.clone(), Spanned::span);
        self.doc.problem(place, format!("`{key}` must be {low}{high}, this is {number}"), None);
        None
    }

    /// A table below this one.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => {
                let name = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
                Some(Section::new(self.doc, name, self.key_place(key).unwrap_or(0..0), table))
            }
            _ => {
                self.wrong_type(key, value, "a table", None);
                None
            }
        }
    }

    /// Where the value of `key` stands; the table's name where there is none.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        let found = self.table.iter().find(|(name, _)| name.get_ref() == key);
        found.map_or_else(|| self.span.clone(), |(_, value)| value.span())
    }
}

/// The tables of a group (`[streams.*]`), each by its name.
pub(super) fn group<'a>(root: &mut Section<'a>, key: &'static str) -> Vec<(Text<'a>, Section<'a>)> {
    let Some(value) = root.get(key) else { return Vec::new() };
    let DeValue::Table(table) = value.get_ref() else {
        let message = format!("`{key}` must be tables: [{key}.NAME]");
        root.doc.problem(value.span(), message, None);
        return Vec::new();
    };
    let mut sections = Vec::new();
    for (name, value) in table {
        let text = Text { value: name.get_ref(), span: name.span() };
        if !is_name(text.value) {
            let help = "letters, digits, _ and -, beginning with a letter, at most 64".to_owned();
            root.doc.problem(text.span.clone(), format!("`{}` cannot be a name", text.value), help);
        }
        match value.get_ref() {
            DeValue::Table(table) => {
                let section = Section::new(root.doc, format!("{key}.{}", text.value), text.span.clone(), table);
                sections.push((text, section));
            }
            _ => root.doc.problem(value.span(), format!("`{key}.{}` must be a table", text.value), None),
        }
    }
    sections
}

/// Names go into topics, file names and URLs.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && name.len() <= 64
}

pub(super) fn text_of<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<Text<'a>> {
    value.get_ref().as_str().map(|text| Text { value: text, span: value.span() })
}

pub(super) fn integer_of(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A finite number.
pub(super) fn float_of(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Float(float) => float.as_str().to_owned(),
        _ => integer_of(value)?.to_string(),
    };
    text.parse::<f64>().ok().filter(|x| x.is_finite())
}

pub(super) fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(items) if items.is_empty() => "an empty list",
        DeValue::Array(_) => "a list of other things",
        DeValue::Table(_) => "a table",
    }
}
