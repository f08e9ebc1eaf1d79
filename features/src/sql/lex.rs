//! Text to tokens: limits on hostile input, and the words that the parser does not know.

use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::fault::Report;
use super::refusal;

/// Longer texts are refused unread.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// How deep a syntax tree may become before any of it is typed.
const MAX_DEPTH: usize = 256;

/// The tokens of a statement without comments, and what was taken out of them.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<TokenWithSpan>,
    /// The parentheses (opening, closing) that held EXCLUDE CURRENT ROW, which the parser cannot read.
    excluding: Vec<(Location, Location)>,
    /// Every word, for the places of clauses that the syntax tree does not tell.
    words: Vec<TokenWithSpan>,
}

impl Lexed {
    /// Did the parentheses around `inside` hold EXCLUDE CURRENT ROW?
    pub(super) fn excludes_current_row(&self, inside: Location) -> bool {
        self.excluding.iter().any(|(open, close)| *open < inside && inside < *close)
    }

    /// The first `word` behind the start of `span`; `span` itself where there is none.
    pub(super) fn word_after(&self, span: Span, word: &str) -> Span {
        self.behind(span).find(|token| is_word(token, word)).map_or(span, |token| token.span)
    }

    /// The word that follows the first `word` behind the start of `span`.
    pub(super) fn after_word(&self, span: Span, word: &str) -> Span {
        self.behind(span).skip_while(|token| !is_word(token, word)).nth(1).map_or(span, |token| token.span)
    }

    fn behind(&self, span: Span) -> impl Iterator<Item = &TokenWithSpan> {
        self.words.iter().filter(move |token| span.start <= token.span.start)
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
    check_depth(&tokens, report)?;
    take_exclusions(tokens, report)
}

/// Bounds how deep the syntax tree can become: by the operators of an item and of everything that it stands in.
fn check_depth(tokens: &[TokenWithSpan], report: &mut Report) -> Option<()> {
    let mut levels = vec![Level { case: false, operators: 0 }];
    for token in tokens {
        match (&token.token, levels.last_mut()) {
            (Token::LParen | Token::LBracket | Token::LBrace, _) => levels.push(Level { case: false, operators: 1 }),
            (Token::RParen | Token::RBracket | Token::RBrace, _) => {
                while 1 < levels.len() && levels.pop().is_some_and(|level| level.case) {}
            }
            (Token::Comma, Some(level)) if !level.case => level.operators = 0,
            (Token::Word(word), Some(level)) => match word.value.to_ascii_uppercase().as_str() {
                "CASE" => levels.push(Level { case: true, operators: 1 }),
                "END" if level.case => {
                    levels.pop();
                }
                "WHEN" | "THEN" | "ELSE" if level.case => level.operators = 1,
                _ => level.operators += usize::from(word.keyword != Keyword::NoKeyword),
            },
            (Token::Number(..) | Token::SingleQuotedString(_), _) => {}
            (_, Some(level)) => level.operators += 1,
            (_, None) => {}
        }
        if MAX_DEPTH < levels.iter().map(|level| level.operators).sum() {
            let message = format!("more than {MAX_DEPTH} operators, one within or behind the other");
            report.fault(token.span, message, "split the expression, or write IN (…) for a list".to_owned());
            return None;
        }
    }
    Some(())
}

/// A pair of parentheses or a CASE, and the operators so far in its current item.
struct Level {
    case: bool,
    operators: usize,
}

/// Takes EXCLUDE clauses out of the tokens and notes the parentheses that they stood in.
fn take_exclusions(tokens: Vec<TokenWithSpan>, report: &mut Report) -> Option<Lexed> {
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut open: Vec<(Location, bool)> = Vec::new();
    let mut excluding = Vec::new();
    let words = tokens.iter().filter(|token| matches!(token.token, Token::Word(_))).cloned().collect();
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
            _ if is_word(token, "EXCLUDE") && !frame_ends_at(&kept) && names_rows(tail) => {
                let help = "write the frame before it: ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW";
                report.fault(token.span, "EXCLUDE stands without a frame", help.to_owned());
                return None;
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
    Some(Lexed { tokens: kept, excluding, words })
}

struct Exclusion {
    tokens: usize,
    current_row: bool,
}

fn exclusion(exclude: &TokenWithSpan, tail: &[TokenWithSpan], report: &mut Report) -> Option<Exclusion> {
    if starts_with(tail, &["CURRENT", "ROW"]) {
        return Some(Exclusion { tokens: 2, current_row: true });
    }
    if starts_with(tail, &["NO", "OTHERS"]) {
        return Some(Exclusion { tokens: 2, current_row: false });
    }
    let span = tail.first().map_or(exclude.span, |t| Span::new(exclude.span.start, t.span.end));
    if starts_with(tail, &["TIES"]) || starts_with(tail, &["GROUP"]) {
        refusal::EXCLUDE_PEERS.report(span, report);
    } else {
        report.fault(span, "an exclusion that nobody knows", "write EXCLUDE CURRENT ROW".to_owned());
    }
    None
}

fn starts_with(tokens: &[TokenWithSpan], words: &[&str]) -> bool {
    words.len() <= tokens.len() && words.iter().zip(tokens).all(|(word, token)| is_word(token, word))
}

/// What may be excluded from a frame, and is hardly anything else.
fn names_rows(tail: &[TokenWithSpan]) -> bool {
    [&["CURRENT", "ROW"][..], &["NO", "OTHERS"], &["TIES"]].iter().any(|words| starts_with(tail, words))
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
