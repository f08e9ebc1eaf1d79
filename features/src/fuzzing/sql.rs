//! The SQL front end.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::sample;
use crate::diagnostic::{Problem, Problems};
use crate::plan::View;
use crate::program::Scratch;
use crate::sql::{self, Catalog, Fault, Scope};
use crate::value::Value;

/// A view, and a lone expression. Faults can be shown wherever they say they are; what is accepted is written back and
/// read as the same plan, and runs over a row of NULLs.
pub fn sql(bytes: &[u8]) {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::from(Arc::clone(sample::stream())));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match sql::view(text, &CATALOG).view {
        Ok(view) => {
            runs(&view);
            written_back(&view, &CATALOG);
        }
        Err(faults) => shown(text, faults),
    }
    if let Err(faults) = sql::scalar(text, &Scope::training(sample::stream())) {
        shown(text, faults);
    }
}

fn shown(text: &str, faults: Vec<Fault>) {
    assert!(!faults.is_empty(), "refused without a reason");
    let text: Arc<str> = Arc::from(text);
    let problem = |fault: Fault| Problem::at(Path::new("v.sql"), &text, fault.span, fault.message, fault.help);
    let problems = Problems(faults.into_iter().map(problem).collect());
    problems.render(false);
    problems.render(true);
}

fn runs(view: &View) {
    let nulls = vec![Value::Null; view.stream.schema.fields.len()];
    let results = vec![Value::Null; view.calls.len()];
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    view.before.eval(&mut scratch, &nulls, &[], &mut out);
    view.after.eval(&mut scratch, &nulls, &results, &mut out);
    for (column, value) in view.columns.iter().zip(&out) {
        assert!(value.ty().is_none_or(|ty| ty == column.ty), "{} is {value:?}", column.name);
    }
}

fn written_back(view: &View, catalog: &Catalog) {
    let written = sql::describe_view(view);
    match sql::view(&written, catalog).view {
        Ok(again) => {
            assert_eq!(sql::canonical(&again), sql::canonical(view), "written back as:\n{written}");
            assert_eq!(again.hash, view.hash);
        }
        // Every step is written out, so that what was just short enough may become too long.
        Err(faults) => assert!(faults.iter().any(is_of_size), "written back as:\n{written}\n{faults:?}"),
    }
}

fn is_of_size(fault: &Fault) -> bool {
    ["operators, one within", "nested too deeply", "nest more than", "bytes of SQL"]
        .iter()
        .any(|part| fault.message.contains(part))
}
