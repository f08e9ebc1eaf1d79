//! `views/*.sql`

use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::document::{Document, Text};
use super::sources::SourceFile;
use crate::diagnostic::Problem;
use crate::plan::View;
use crate::schema::Stream;
use crate::sql::{self, Catalog};

/// A view, as far as it could be understood.
#[derive(Debug)]
pub(super) struct ViewEntry {
    pub(super) view: Option<Arc<View>>,
    /// The stream that it reads, where it is known.
    pub(super) stream: Option<Arc<Stream>>,
}

/// The views by name, in the order of their files.
pub(super) fn read(
    files: &[SourceFile],
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> IndexMap<SmolStr, ViewEntry> {
    let mut views: IndexMap<SmolStr, ViewEntry> = IndexMap::new();
    for file in files {
        let doc = Document::new(&file.path, &file.text);
        let reading = sql::view(&file.text, catalog);
        if let Some((name, span)) = reading.name {
            if !super::document::is_name(&name) {
                let help = "letters, digits, _ and -, beginning with a letter, at most 64".to_owned();
                doc.problem(span.clone(), format!("`{name}` cannot be a name"), help);
            }
            let entry = ViewEntry { view: reading.view.as_ref().ok().cloned().map(Arc::new), stream: reading.stream };
            if views.insert(name.clone(), entry).is_some() {
                doc.problem(span, format!("two views are called `{name}`"), "give one another name".to_owned());
            }
        }
        if let Err(faults) = reading.view {
            doc.faults(&Text { value: &file.text, span: 0..file.text.len() }, faults);
        }
        problems.extend(doc.into_problems());
    }
    views
}
