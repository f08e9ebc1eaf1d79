//! Tokens to syntax: `CREATE VIEW name AS SELECT … FROM stream [WHERE …] [WINDOW …]`, or a lone expression. Expressions
//! are read by the parser library; the clauses are read here, so that nothing beyond our grammar gets in unnoticed.

use sqlparser::ast::{self, Ident};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Span, Token};

use super::dialect::ViewDialect;
use super::fault::Report;
use super::lex::{Lexed, is_word, lex};
use super::refusal;
use super::stop::Stop;

/// A view as written.
#[derive(Debug)]
pub(super) struct ViewSyntax {
    pub(super) name: Ident,
    pub(super) items: Vec<Item>,
    pub(super) stream: Ident,
    /// What the stream is called inside the view, if not by its own name.
    pub(super) alias: Option<Ident>,
    pub(super) filter: Option<ast::Expr>,
    pub(super) windows: Vec<(Ident, ast::WindowSpec)>,
    pub(super) lexed: Lexed,
}

/// One entry of the SELECT list.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) expr: ast::Expr,
    pub(super) alias: Option<Ident>,
    pub(super) span: Span,
}

/// How deep the parser library may recurse: a nested expression takes a few levels for each parenthesis.
const RECURSION: usize = 400;

pub(super) fn parse_view(report: &mut Report) -> Option<ViewSyntax> {
    let mut lexed = lex(&ViewDialect, report)?;
    if lexed.tokens.is_empty() {
        let help = "write CREATE VIEW name AS SELECT … FROM stream".to_owned();
        report.fault_at(0..0, "the file holds no view", help);
        return None;
    }
    let tokens = std::mem::take(&mut lexed.tokens);
    let mut reader = Reader::new(tokens);
    match reader.view(report) {
        Ok(mut view) => {
            view.lexed = lexed;
            Some(view)
        }
        Err(stop) => {
            stop.report(&reader.parser, reader.end, report);
            None
        }
    }
}

pub(super) fn parse_scalar(report: &mut Report) -> Option<(ast::Expr, Lexed)> {
    let mut lexed = lex(&ViewDialect, report)?;
    if lexed.tokens.is_empty() {
        report.fault_at(0..0, "the expression is empty", None);
        return None;
    }
    let tokens = std::mem::take(&mut lexed.tokens);
    let mut reader = Reader::new(tokens);
    let result = reader.parser.parse_expr().map_err(Stop::Syntax).and_then(|expr| {
        reader.end("the end of the expression")?;
        Ok(expr)
    });
    match result {
        Ok(expr) => Some((expr, lexed)),
        Err(stop) => {
            stop.report(&reader.parser, reader.end, report);
            None
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a>,
    /// Just behind the last token.
    end: Location,
}

impl Reader<'_> {
    fn new(tokens: Vec<sqlparser::tokenizer::TokenWithSpan>) -> Reader<'static> {
        let end = tokens.last().map_or(Location { line: 1, column: 1 }, |t| t.span.end);
        let parser = Parser::new(&ViewDialect).with_recursion_limit(RECURSION).with_tokens_with_locations(tokens);
        Reader { parser, end }
    }

    fn view(&mut self, report: &mut Report) -> Result<ViewSyntax, Stop> {
        const FORM: &str = "a view is written CREATE VIEW name AS SELECT … FROM stream [WHERE …] [WINDOW …]";
        self.keyword(Keyword::CREATE, "CREATE VIEW", Some(FORM))?;
        self.keyword(Keyword::VIEW, "VIEW", Some(FORM))?;
        let name = self.identifier("the view's name")?;
        self.keyword(Keyword::AS, "AS", Some(FORM))?;
        self.keyword(Keyword::SELECT, "SELECT", Some(FORM))?;
        self.refuse_after_select(report)?;
        let items = self.items(report)?;
        self.keyword(Keyword::FROM, "`,`, AS name or FROM", Some("name each column: expression AS name"))?;
        if self.parser.peek_token_ref().token == Token::LParen {
            refusal::SUBQUERY.report(self.parser.peek_token_ref().span, report);
            return Err(Stop::Told);
        }
        let stream = self.identifier("the stream's name")?;
        let alias = self.alias()?;
        self.refuse_clause(report)?;
        let filter = if self.parser.parse_keyword(Keyword::WHERE) { Some(self.parser.parse_expr()?) } else { None };
        self.refuse_clause(report)?;
        let windows = self.windows()?;
        self.refuse_clause(report)?;
        self.end("WHERE, WINDOW or the end of the view")?;
        let lexed = Lexed::default();
        Ok(ViewSyntax { name, items, stream, alias, filter, windows, lexed })
    }

    fn items(&mut self, report: &mut Report) -> Result<Vec<Item>, Stop> {
        let mut items = Vec::new();
        loop {
            let start = self.parser.peek_token_ref().clone();
            if start.token == Token::Mul {
                refusal::WILDCARD.report(start.span, report);
                return Err(Stop::Told);
            }
            if is_word(&start, "FROM") {
                return Err(Stop::Expected { what: "a column", help: Some("take out the comma before FROM") });
            }
            let expr = self.parser.parse_expr()?;
            let span = Span::new(start.span.start, self.parser.get_current_token().span.end);
            let alias =
                if self.parser.parse_keyword(Keyword::AS) { Some(self.identifier("the column's name")?) } else { None };
            items.push(Item { expr, alias, span });
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(items);
            }
        }
    }

    fn alias(&mut self) -> Result<Option<Ident>, Stop> {
        let explicit = self.parser.parse_keyword(Keyword::AS);
        let plain = matches!(&self.parser.peek_token_ref().token, Token::Word(w) if w.keyword == Keyword::NoKeyword)
            && !is_word(self.parser.peek_token_ref(), "ASOF");
        if explicit || plain { self.identifier("another name for the stream").map(Some) } else { Ok(None) }
    }

    fn windows(&mut self) -> Result<Vec<(Ident, ast::WindowSpec)>, Stop> {
        let mut windows = Vec::new();
        if !self.parser.parse_keyword(Keyword::WINDOW) {
            return Ok(windows);
        }
        loop {
            let name = self.identifier("the window's name")?;
            self.keyword(
                Keyword::AS,
                "AS",
                Some("a window is written: name AS (PARTITION BY … ORDER BY event_time …)"),
            )?;
            self.parser.expect_token(&Token::LParen)?;
            windows.push((name, self.parser.parse_window_spec()?));
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(windows);
            }
        }
    }

    /// Answers clauses of SQL that a view does not have.
    fn refuse_clause(&self, report: &mut Report) -> Result<(), Stop> {
        let token = self.parser.peek_token_ref();
        let Token::Word(word) = &token.token else {
            if token.token == Token::Comma {
                refusal::JOIN.report(token.span, report);
                return Err(Stop::Told);
            }
            return Ok(());
        };
        let refused = match word.value.to_ascii_uppercase().as_str() {
            "ASOF" => refusal::ASOF_JOIN,
            "JOIN" | "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "NATURAL" => refusal::JOIN,
            "GROUP" => self.grouping(),
            "HAVING" | "QUALIFY" => refusal::FILTER_ROWS,
            "ORDER" => refusal::ORDER_OF_ROWS,
            "LIMIT" | "OFFSET" | "FETCH" => refusal::LIMIT,
            "UNION" | "EXCEPT" | "INTERSECT" => refusal::SET_OPERATION,
            _ => return Ok(()),
        };
        refused.report(token.span, report);
        Err(Stop::Told)
    }

    fn grouping(&self) -> refusal::Refusal {
        let by_time = ["TUMBLE", "HOP"].iter().any(|name| is_word(&self.parser.peek_nth_token(2), name));
        if by_time { refusal::GROUP_BY_TIME } else { refusal::GROUP_BY }
    }

    fn refuse_after_select(&self, report: &mut Report) -> Result<(), Stop> {
        let token = self.parser.peek_token_ref();
        if is_word(token, "DISTINCT") {
            refusal::SELECT_DISTINCT.report(token.span, report);
            return Err(Stop::Told);
        }
        Ok(())
    }

    fn end(&mut self, what: &'static str) -> Result<(), Stop> {
        while self.parser.consume_token(&Token::SemiColon) {}
        match self.parser.peek_token_ref() {
            token if token.token == Token::EOF => Ok(()),
            token if is_word(token, "CREATE") => {
                Err(Stop::Expected { what: "the end of the file", help: Some("one view a file") })
            }
            _ => Err(Stop::Expected { what, help: None }),
        }
    }

    fn keyword(&mut self, keyword: Keyword, what: &'static str, help: Option<&'static str>) -> Result<(), Stop> {
        if self.parser.parse_keyword(keyword) { Ok(()) } else { Err(Stop::Expected { what, help }) }
    }

    fn identifier(&mut self, what: &'static str) -> Result<Ident, Stop> {
        let token = self.parser.peek_token_ref();
        let Token::Word(word) = &token.token else {
            return Err(Stop::Expected { what, help: None });
        };
        if ["AS", "SELECT", "FROM", "WHERE", "WINDOW"].iter().any(|reserved| is_word(token, reserved)) {
            return Err(Stop::Expected { what, help: None });
        }
        let ident = Ident { value: word.value.clone(), quote_style: word.quote_style, span: token.span };
        self.parser.next_token();
        Ok(ident)
    }
}
