//! Why reading the clauses of a view stopped, and how that is told.

use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token};

use super::fault::Report;
use super::lex::lower_first;

/// Why reading ended.
pub(super) enum Stop {
    Syntax(ParserError),
    Expected {
        what: &'static str,
        help: Option<&'static str>,
    },
    /// The fault was reported already.
    Told,
}

impl From<ParserError> for Stop {
    fn from(error: ParserError) -> Stop {
        Stop::Syntax(error)
    }
}

impl Stop {
    /// Reports at the token where the parser stands; `end` is just behind the last token.
    pub(super) fn report(self, parser: &Parser<'_>, end: Location, report: &mut Report) {
        let next = parser.peek_token_ref();
        // The end of the text has no place of its own.
        let place = |span: Span| if span.start.line == 0 { Span::new(end, end) } else { span };
        match self {
            Stop::Told => {}
            Stop::Expected { what, help } => {
                let message = match &next.token {
                    Token::EOF => format!("the text ends where {what} should stand"),
                    token => format!("expected {what}, found `{token}`"),
                };
                report.fault(place(next.span), message, help.map(str::to_owned));
            }
            Stop::Syntax(ParserError::RecursionLimitExceeded) => {
                let help = "split it into columns".to_owned();
                report.fault(place(next.span), "the expression is nested too deeply", help);
            }
            Stop::Syntax(ParserError::ParserError(message) | ParserError::TokenizerError(message)) => {
                let (message, location) = place_of(&message);
                let span = location.map_or(next.span, |location| token_at(parser, location));
                report.fault(place(span), plain(message), None);
            }
        }
    }
}

/// The token that begins at `place`.
fn token_at(parser: &Parser<'_>, place: Location) -> Span {
    let mut index = 0;
    loop {
        match parser.token_at(index) {
            token if token.token == Token::EOF => return Span::new(place, place),
            token if token.span.start == place => return token.span,
            _ => index += 1,
        }
    }
}

/// "Expected: x, found: y" in our words.
fn plain(message: &str) -> String {
    let Some((expected, found)) = message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: "))
    else {
        return lower_first(message);
    };
    let expected =
        if expected.chars().any(char::is_alphanumeric) { expected.to_owned() } else { format!("`{expected}`") };
    match found {
        "EOF" => format!("the text ends where {expected} should stand"),
        found => format!("expected {expected}, found `{found}`"),
    }
}

/// The library tells places inside its messages only: takes them apart.
fn place_of(message: &str) -> (&str, Option<Location>) {
    let Some((text, place)) = message.rsplit_once(" at Line: ") else {
        return (message, None);
    };
    let location = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    (text, location)
}
