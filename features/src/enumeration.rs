//! The values that a text may have.

use std::collections::HashSet;

use smol_str::SmolStr;

use crate::nearest::nearest;

/// The declared values of a field; which of them stands for all others, if one does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enumeration {
    values: Vec<SmolStr>,
    known: HashSet<SmolStr>,
    other: Option<SmolStr>,
}

/// Not one of the declared values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is none of {}{}", several(.values), .nearest.as_ref().map(|n| format!(": did you mean `{n}`?")).unwrap_or_default())]
pub struct NotDeclared {
    text: String,
    values: Vec<SmolStr>,
    nearest: Option<SmolStr>,
}

impl Enumeration {
    /// `other` is one of the values.
    pub fn new(values: Vec<SmolStr>, other: Option<SmolStr>) -> Enumeration {
        Enumeration { known: values.iter().cloned().collect(), values, other }
    }

    /// In the order of their declaration.
    pub fn values(&self) -> &[SmolStr] {
        &self.values
    }

    pub fn other(&self) -> Option<&SmolStr> {
        self.other.as_ref()
    }

    pub fn has(&self, text: &str) -> bool {
        self.known.contains(text)
    }

    /// The value that a text stands for.
    pub fn read(&self, text: &str) -> Result<SmolStr, NotDeclared> {
        match (self.known.get(text), &self.other) {
            (Some(value), _) | (None, Some(value)) => Ok(value.clone()),
            (None, None) => Err(self.not_declared(text)),
        }
    }

    /// What is wrong with a text that is none of the values.
    pub fn not_declared(&self, text: &str) -> NotDeclared {
        let nearest = nearest(text, self.values.iter().map(SmolStr::as_str)).map(SmolStr::new);
        let text = text.chars().take(40).collect();
        NotDeclared { text, values: self.values.clone(), nearest }
    }
}

/// The first of many.
fn several(values: &[SmolStr]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<&str> = values.iter().take(SHOWN).map(SmolStr::as_str).collect();
    let more = format!("{} more", values.len().saturating_sub(SHOWN));
    if values.len() > SHOWN {
        shown.push(&more);
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plays(other: Option<&str>) -> Enumeration {
        Enumeration::new(["pass", "run", "punt"].map(SmolStr::new).into(), other.map(SmolStr::new))
    }

    #[test]
    fn declared_values_are_read_as_they_are() {
        assert_eq!(plays(None).read("run"), Ok("run".into()));
        assert_eq!(plays(Some("punt")).read("run"), Ok("run".into()));
    }

    #[test]
    fn another_is_refused_with_the_nearest() {
        let error = plays(None).read("Pass").unwrap_err();
        assert_eq!(error.to_string(), "\"Pass\" is none of pass, run, punt: did you mean `pass`?");
        assert_eq!(plays(None).read("x").unwrap_err().to_string(), "\"x\" is none of pass, run, punt");
    }

    #[test]
    fn one_value_may_stand_for_all_others() {
        assert_eq!(plays(Some("punt")).read("kneel"), Ok("punt".into()));
    }
}
