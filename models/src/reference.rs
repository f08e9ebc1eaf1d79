//! How a model is named: `NAME` (newest version), `NAME@alias`, `NAME/3`.

/// A parsed model reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelRef {
    pub name: String,
    pub selector: Selector,
}

impl ModelRef {
    /// `NAME@alias`, unchecked: the registry answers for names that it cannot hold.
    pub fn alias(name: impl Into<String>, alias: impl Into<String>) -> ModelRef {
        ModelRef { name: name.into(), selector: Selector::Alias(alias.into()) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    Newest,
    Alias(String),
    Version(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidModelRef {
    #[error("`{text}` is no model reference: {reason}")]
    Name { text: String, reason: InvalidName },
    #[error("`{text}` is no model reference: `latest` is reserved, the newest version is plain `{model}`")]
    Latest { text: String, model: String },
    #[error("`{text}` is no model reference: after `/` comes a version number from 1 up, as in `{model}/3`")]
    Version { text: String, model: String },
}

/// Why a text cannot name a model or an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("a name is missing; write NAME, NAME@alias or NAME/3")]
    Empty,
    #[error("a name begins with a letter, not with `{0}`")]
    Start(char),
    #[error("a name is made of letters, digits, `_`, `-` and `.`, without `{0}`")]
    Character(char),
    #[error("a name has at most {MAX_NAME} characters")]
    TooLong,
}

/// Longest name of a model or alias: fits every file system and MLflow's alias column.
pub const MAX_NAME: usize = 128;

/// Names of models and aliases: an ASCII letter, then ASCII letters, digits, `_`, `-`, `.`; at most [`MAX_NAME`]. So a
/// name is safe as a file name, in a URL and in MLflow, and can never be taken for a version number or a hidden file.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    let first = name.chars().next().ok_or(InvalidName::Empty)?;
    if !first.is_ascii_alphabetic() {
        return Err(InvalidName::Start(first));
    }
    if let Some(bad) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))) {
        return Err(InvalidName::Character(bad));
    }
    if MAX_NAME < name.len() { Err(InvalidName::TooLong) } else { Ok(()) }
}

impl std::str::FromStr for ModelRef {
    type Err = InvalidModelRef;

    fn from_str(text: &str) -> Result<ModelRef, InvalidModelRef> {
        let named = |name: &str| match check_name(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(reason) => Err(InvalidModelRef::Name { text: text.to_owned(), reason }),
        };
        if let Some((model, version)) = text.split_once('/') {
            let name = named(model)?;
            return match version_number(version) {
                Some(number) => Ok(ModelRef { name, selector: Selector::Version(number) }),
                None => Err(InvalidModelRef::Version { text: text.to_owned(), model: name }),
            };
        }
        if let Some((model, alias)) = text.split_once('@') {
            let name = named(model)?;
            if alias.eq_ignore_ascii_case("latest") {
                return Err(InvalidModelRef::Latest { text: text.to_owned(), model: name });
            }
            return Ok(ModelRef { name, selector: Selector::Alias(named(alias)?) });
        }
        Ok(ModelRef { name: named(text)?, selector: Selector::Newest })
    }
}

/// A version number as it is written everywhere: decimal, from 1 up, without sign or leading zero.
pub(crate) fn version_number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

impl std::fmt::Display for ModelRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.selector {
            Selector::Newest => f.write_str(&self.name),
            Selector::Alias(alias) => write!(f, "{}@{alias}", self.name),
            Selector::Version(number) => write!(f, "{}/{number}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ModelRef, InvalidModelRef> {
        text.parse()
    }

    fn reference(name: &str, selector: Selector) -> ModelRef {
        ModelRef { name: name.to_owned(), selector }
    }

    #[test]
    fn the_three_forms_are_understood() {
        assert_eq!(parse("win_probability"), Ok(reference("win_probability", Selector::Newest)));
        assert_eq!(parse("win@champion"), Ok(reference("win", Selector::Alias("champion".to_owned()))));
        assert_eq!(parse("win.v-2/17"), Ok(reference("win.v-2", Selector::Version(17))));
    }

    #[test]
    fn versions_are_plain_numbers_from_one_up() {
        for text in ["win/", "win/0", "win/03", "win/+3", "win/-1", "win/3.0", "win/three", "win/4294967296", "win/3/4"]
        {
            assert!(matches!(parse(text), Err(InvalidModelRef::Version { .. })), "{text}");
        }
    }

    #[test]
    fn names_that_could_leave_the_registry_are_refused() {
        for text in ["", "..", "../x", ".hidden", "/etc/passwd", "a b", "a\\b", "3", "@champion", "win@", "é", "a\0b"]
        {
            assert!(matches!(parse(text), Err(InvalidModelRef::Name { .. })), "{text:?}");
        }
        assert!(matches!(parse(&"a".repeat(129)), Err(InvalidModelRef::Name { reason: InvalidName::TooLong, .. })));
    }

    #[test]
    fn latest_is_answered_with_the_right_form() {
        let error = parse("win@latest").unwrap_err().to_string();
        assert_eq!(
            error,
            "`win@latest` is no model reference: `latest` is reserved, the newest version is plain `win`"
        );
    }

    proptest! {
        #[test]
        fn a_printed_reference_reads_back(name in "[a-zA-Z][a-zA-Z0-9_.-]{0,20}", alias in "[a-z][a-z0-9_-]{0,9}x", number in 1_u32..) {
            for selector in [Selector::Newest, Selector::Alias(alias.clone()), Selector::Version(number)] {
                let reference = reference(&name, selector);
                prop_assert_eq!(parse(&reference.to_string()), Ok(reference));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = parse(&text);
        }
    }
}
