//! A view's syntax to its plan.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;
use sqlparser::ast::{self, Ident};

use super::calls::Calls;
use super::canonical::{self, Plan};
use super::fault::{Fault, Report};
use super::parse::{Item, ViewSyntax, parse_view};
use super::refusal;
use super::scope::Scope;
use super::typing::{Typed, Typer};
use crate::nearest::did_you_mean;
use crate::plan::{Column, Expr, Node, View};
use crate::program::Program;
use crate::schema::Stream;
use crate::value::Type;

/// More columns than any model has inputs.
const MAX_COLUMNS: usize = 2_000;

/// The streams that a view may read.
#[derive(Debug, Default)]
pub struct Catalog {
    streams: IndexMap<SmolStr, Entry>,
    views: HashSet<SmolStr>,
}

#[derive(Debug)]
struct Entry {
    stream: Arc<Stream>,
    broken_fields: HashSet<SmolStr>,
}

impl Catalog {
    /// A stream, with those of its fields whose declaration is faulty.
    pub fn add(&mut self, stream: Arc<Stream>, broken_fields: HashSet<SmolStr>) {
        self.streams.insert(stream.name.clone(), Entry { stream, broken_fields });
    }

    /// A view of the project: known by name, so that reading from it can be answered.
    pub fn add_view(&mut self, name: SmolStr) {
        self.views.insert(name);
    }
}

impl From<Arc<Stream>> for Catalog {
    fn from(stream: Arc<Stream>) -> Catalog {
        let mut catalog = Catalog::default();
        catalog.add(stream, HashSet::new());
        catalog
    }
}

/// A view's name and where it stands, as far as the text tells; and the view, or what is wrong with it.
#[derive(Debug)]
pub struct Reading {
    pub name: Option<(SmolStr, std::ops::Range<usize>)>,
    /// The stream that it reads, if there is such a stream.
    pub stream: Option<Arc<Stream>>,
    /// `Err` of an empty list: it uses a stream or a field whose declaration is faulty, and is not at fault itself.
    pub view: Result<View, Vec<Fault>>,
}

/// The name that a text gives its view, if it can be read so far.
pub fn view_name(text: &str) -> Option<SmolStr> {
    parse_view(&mut Report::new(text)).map(|syntax| SmolStr::new(&syntax.name.value))
}

/// Reads `CREATE VIEW …` over one of the catalog's streams.
pub fn view(text: &str, catalog: &Catalog) -> Reading {
    let mut report = Report::new(text);
    let Some(syntax) = parse_view(&mut report) else {
        return Reading { name: None, stream: None, view: Err(report.into_faults()) };
    };
    let name = SmolStr::new(&syntax.name.value);
    let place = report.range(syntax.name.span).unwrap_or(0..0);
    let stream = catalog.streams.get(syntax.stream.value.as_str()).map(|entry| Arc::clone(&entry.stream));
    let view = plan(text, &syntax, catalog, report);
    Reading { name: Some((name, place)), stream, view }
}

fn plan(text: &str, syntax: &ViewSyntax, catalog: &Catalog, mut report: Report) -> Result<View, Vec<Fault>> {
    let Some(entry) = catalog.streams.get(syntax.stream.value.as_str()) else {
        if catalog.views.contains(syntax.stream.value.as_str()) {
            refusal::VIEW_OF_VIEW.report(syntax.stream.span, &mut report);
            return Err(report.into_faults());
        }
        let known = catalog.streams.keys().map(SmolStr::as_str);
        let help = did_you_mean(&syntax.stream.value, known.clone(), || match catalog.streams.len() {
            0 => "the project declares no streams: add [streams.NAME] to clutch.toml".to_owned(),
            _ => format!("the project's streams are {}", known.clone().collect::<Vec<_>>().join(", ")),
        });
        report.fault(syntax.stream.span, format!("no stream `{}`", syntax.stream.value), help);
        return Err(report.into_faults());
    };
    let stream = &entry.stream;
    let scope = Scope::view(stream)
        .with_alias(syntax.alias.as_ref().map(|alias| alias.value.as_str()))
        .with_broken(&entry.broken_fields);
    let mut typer = Typer::new(&scope, &mut report, &syntax.lexed, "WHERE");
    let filter = syntax.filter.as_ref().map(|filter| typer.of_type(filter, Type::Bool, "WHERE"));
    typer.calls = Some(Calls::new(stream));
    typer.name_windows(&syntax.windows);
    let columns: Vec<_> = syntax.items.iter().map(|item| column(&mut typer, item, stream)).collect();
    let collected = typer.calls.take();
    unique_names(&syntax.items, &mut report);
    let columns: Option<Vec<Column>> = columns.into_iter().collect();
    let (Some(columns), Some(calls), true) = (columns, collected, report.is_clean() && filter != Some(None)) else {
        return Err(report.into_faults());
    };
    let filter = filter.flatten();
    let (windows, calls) = (calls.windows, calls.calls);
    let name = SmolStr::new(&syntax.name.value);
    let hash = canonical::hash(&Plan {
        name: &name,
        stream,
        columns: &columns,
        filter: filter.as_ref(),
        windows: &windows,
        calls: &calls,
    });
    let after = Program::compile(&columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    let mut view = View {
        name,
        text: text.to_owned(),
        stream: Arc::clone(stream),
        columns,
        filter,
        windows,
        calls,
        hash,
        before: after.clone(),
        after,
    };
    view.before = Program::compile(&view.before_expressions());
    Ok(view)
}

fn column(typer: &mut Typer<'_, '_>, item: &Item, stream: &Stream) -> Option<Column> {
    typer.report.within(item.span);
    let expr = match typer.expr(&item.expr)? {
        Typed::Known(expr) => expr,
        Typed::Null => {
            return typer.fault(item.span, "the type of NULL cannot be told here", "write CAST(NULL AS float)");
        }
    };
    if expr.ty == Type::Interval {
        let help = "make it a number of seconds: extract(epoch FROM …)";
        return typer.fault(item.span, "a column cannot be an interval", help);
    }
    let Some(name) = name_of(item) else {
        return typer.fault(item.span, "the column has no name", "add AS name");
    };
    let identity = is_identity(&expr, stream);
    Some(Column { name: SmolStr::new(&name.value), ty: expr.ty, expr, identity })
}

/// The alias, or the field's own name.
fn name_of(item: &Item) -> Option<&Ident> {
    item.alias.as_ref().or(match &item.expr {
        ast::Expr::Identifier(ident) => Some(ident),
        ast::Expr::CompoundIdentifier(parts) => parts.last(),
        _ => None,
    })
}

fn is_identity(expr: &Expr, stream: &Stream) -> bool {
    matches!(expr.node, Node::Field(field) if stream.key.contains(&field) || stream.id.contains(&field))
}

fn unique_names(items: &[Item], report: &mut Report) {
    if MAX_COLUMNS < items.len() {
        report.fault(items[MAX_COLUMNS].span, format!("more than {MAX_COLUMNS} columns"), "split the view".to_owned());
    }
    let mut seen = HashSet::new();
    for ident in items.iter().filter_map(name_of) {
        if !seen.insert(ident.value.as_str()) {
            let message = format!("two columns are called `{}`", ident.value);
            report.fault(ident.span, message, "give one another name with AS".to_owned());
        }
    }
}
