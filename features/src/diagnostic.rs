//! Problems in a project: each with file, line, column, what is wrong and what would be right.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    pub file: PathBuf,
    /// From 1; 0 where the file as a whole is at fault.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The offending line and the marked part of it, for rendering.
    #[serde(skip)]
    pub source: Option<Excerpt>,
}

/// The text of the file and the bytes at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub text: Arc<str>,
    pub span: Range<usize>,
}

/// All problems of a project, never empty. Displayed like a good compiler's errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// A line longer than this is shown cut around the marked part.
const WIDEST_LINE: usize = 300;

impl Problem {
    /// A problem with a file as a whole.
    pub fn of_file(file: &Path, message: impl Into<String>, help: Option<String>) -> Problem {
        Problem { file: file.to_path_buf(), line: 0, column: 0, message: message.into(), help, source: None }
    }

    /// A problem with the bytes `span` of a file's text.
    pub fn at(
        file: &Path,
        text: &Arc<str>,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Problem {
        let span = within(text, span);
        let before = &text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Problem {
            file: file.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
            help,
            source: Some(Excerpt { text: Arc::clone(text), span }),
        }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let path = self.file.display().to_string();
        let group = Level::ERROR.primary_title(self.message.as_str());
        let group = match &self.source {
            None => Group::with_title(group).element(Origin::path(path.as_str())),
            Some(excerpt) => group.element(snippet(excerpt, self.line, &path)),
        };
        let help = self.help.as_ref().map(|help| Level::HELP.message(help.as_str()));
        renderer.render(&[group.elements(help)])
    }
}

impl Problems {
    /// Every problem with its line and a mark under the part at fault, for people.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled().decor_style(DecorStyle::Unicode) } else { Renderer::plain() };
        let mut text = String::new();
        for problem in &self.0 {
            text.push_str(&problem.render(&renderer));
            text.push_str("\n\n");
        }
        text.push_str(&match self.0.len() {
            1 => "1 problem".to_owned(),
            n => format!("{n} problems"),
        });
        text
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// The lines that the span covers, at most three, with the span marked.
fn snippet<'a>(excerpt: &Excerpt, line: usize, path: &'a str) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = &excerpt.text;
    let start = text[..excerpt.span.start].rfind('\n').map_or(0, |i| i + 1);
    let mut end = excerpt.span.start;
    for _ in 0..3 {
        end = text[end..].find('\n').map_or(text.len(), |i| end + i);
        if excerpt.span.end <= end || end == text.len() {
            break;
        }
        end += 1;
    }
    let mut window = start..end.max(excerpt.span.start);
    if WIDEST_LINE < window.len() {
        let from = excerpt.span.start.saturating_sub(WIDEST_LINE / 3).max(start);
        window = within(text, from..(from + WIDEST_LINE).min(end));
    }
    // A mark that ends in line breaks ends before them: there is nothing of them to show.
    let shown = text[window.clone()].trim_end_matches(['\n', '\r']);
    let within_shown = |at: usize| at.saturating_sub(window.start).min(shown.len());
    let marked = within_shown(excerpt.span.start)..within_shown(excerpt.span.end);
    Snippet::source(shown.to_owned()).line_start(line).path(path).annotation(AnnotationKind::Primary.span(marked))
}

/// The span moved to lie within the text and on character boundaries.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marked bytes of a text as `check` shows them.
    fn shown(text: &str, span: Range<usize>) -> String {
        let problem = Problem::at(Path::new("v.sql"), &Arc::from(text), span, "wrong", None);
        let plain = Problems(vec![problem]);
        plain.render(true);
        plain.render(false)
    }

    #[test]
    fn a_mark_that_ends_in_empty_lines_is_shown() {
        let text = shown("a 'b\n\n\n\n", 2..8);
        assert!(text.contains("1 | a 'b\n  |   ^^"), "{text}");
    }

    #[test]
    fn every_span_of_a_text_can_be_shown() {
        let text = "é\r\n\n\nab\n\n\n\nc 🏈\n";
        for start in 0..=text.len() + 2 {
            for end in 0..=text.len() + 2 {
                shown(text, start..end);
                shown(&text.replace('b', &"b".repeat(400)), start..end);
            }
        }
    }
}
