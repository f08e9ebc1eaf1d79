//! Text to tokens: limits on hostile input, and the words that the parser does not know.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::fault::Report;
use super::refusal;

/// Longer texts are refused unread.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// How deep parentheses may nest.
const MAX_PARENTHESES: usize = 64;
/// Names, operators and parentheses in one item of a list (literals and commas inside it do not count): bounds the
/// depth of the syntax tree, however the item is written.
const MAX_ITEM_TOKENS: usize = 4_000;

/// The tokens of a statement without comments, and what was taken out of them.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<TokenWithSpan>,
    /// The parentheses (opening, closing) that held EXCLUDE CURRENT ROW, which the parser cannot read.
    excluding: Vec<(Location, Location)>,
}

impl Lexed {
    /// Did the parentheses around `inside` hold EXCLUDE CURRENT ROW?
    pub(super) fn excludes_current_row(&self, inside: Location) -> bool {
        self.excluding.iter().any(|(open, close)| *open < inside && inside < *close)
    }
}

/// Cuts the text into tokens; `None` where it cannot be read at all.
pub(super) fn lex(dialect: &dyn Dialect, report: &mut Report) -> Option<Lexed> {
    if MAX_BYTES < report.text.len() {
        let message = format!("{} bytes of SQL; at most {MAX_BYTES} are read", report.text.len());
        report.fault_at(0..0, message, "a view is a few dozen lines".to_owned());
        return None;
    }
    let tokens = match Tokenizer::new(dialect, &report.text).tokenize_with_location() {
        Ok(tokens) => tokens,
        Err(error) => {
            let at = report.offset(error.location).unwrap_or(0);
            report.fault_at(at..at + 1, lower_first(&error.message), None);
            return None;
        }
    };
    let tokens: Vec<_> = tokens.into_iter().filter(|t| !matches!(t.token, Token::Whitespace(_))).collect();
    check_size(&tokens, report)?;
    take_exclusions(tokens, report)
}

fn check_size(tokens: &[TokenWithSpan], report: &mut Report) -> Option<()> {
    let mut depth = 0_usize;
    let mut item = 0_usize;
    for token in tokens {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => item = 0,
            _ => {}
        }
        if !matches!(token.token, Token::Comma | Token::Number(..) | Token::SingleQuotedString(_)) {
            item += 1;
        }
        if MAX_PARENTHESES < depth {
            let message = format!("parentheses nest more than {MAX_PARENTHESES} deep");
            report.fault(token.span, message, "split the expression into columns".to_owned());
            return None;
        }
        if MAX_ITEM_TOKENS < item {
            let message = format!("more than {MAX_ITEM_TOKENS} names and operators in one expression");
            report.fault(token.span, message, "split the expression into columns".to_owned());
            return None;
        }
    }
    Some(())
}

/// Takes EXCLUDE clauses out of the tokens and notes the parentheses that they stood in.
fn take_exclusions(tokens: Vec<TokenWithSpan>, report: &mut Report) -> Option<Lexed> {
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut open: Vec<(Location, bool)> = Vec::new();
    let mut excluding = Vec::new();
    let mut rest = tokens.as_slice();
    while let [token, tail @ ..] = rest {
        rest = tail;
        match &token.token {
            Token::LParen => open.push((token.span.start, false)),
            Token::RParen => {
                if let Some((start, true)) = open.pop() {
                    excluding.push((start, token.span.end));
                }
            }
            _ if is_word(token, "EXCLUDE") && frame_ends_at(&kept) => {
                let taken = exclusion(token, tail, report)?;
                rest = &tail[taken.tokens..];
                match open.last_mut() {
                    Some((_, excludes)) => *excludes |= taken.current_row,
                    None => report.fault(token.span, "EXCLUDE stands outside a window", None),
                }
                continue;
            }
            _ => {}
        }
        kept.push(token.clone());
    }
    Some(Lexed { tokens: kept, excluding })
}

struct Exclusion {
    tokens: usize,
    current_row: bool,
}

fn exclusion(exclude: &TokenWithSpan, tail: &[TokenWithSpan], report: &mut Report) -> Option<Exclusion> {
    let starts_with = |words: &[&str]| tail.len() >= words.len() && words.iter().zip(tail).all(|(w, t)| is_word(t, w));
    if starts_with(&["CURRENT", "ROW"]) {
        return Some(Exclusion { tokens: 2, current_row: true });
    }
    if starts_with(&["NO", "OTHERS"]) {
        return Some(Exclusion { tokens: 2, current_row: false });
    }
    let span = tail.first().map_or(exclude.span, |t| Span::new(exclude.span.start, t.span.end));
    if starts_with(&["TIES"]) || starts_with(&["GROUP"]) {
        refusal::EXCLUDE_PEERS.report(span, report);
    } else {
        report.fault(span, "an exclusion that nobody knows", "write EXCLUDE CURRENT ROW".to_owned());
    }
    None
}

/// EXCLUDE is a frame's word only after one: elsewhere it may be a name.
fn frame_ends_at(tokens: &[TokenWithSpan]) -> bool {
    tokens.last().is_some_and(|t| ["PRECEDING", "FOLLOWING", "ROW"].iter().any(|word| is_word(t, word)))
}

pub(super) fn is_word(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
