//! A stream's part of `clutch.toml` on its own, so that a view can be read again as it was when the stream was declared
//! otherwise.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;
use toml::{Table, Value};

use super::{Project, SourceFile, Sources};
use crate::diagnostic::Problems;
use crate::plan::View;
use crate::schema::Stream;

const STREAMS: &str = "streams";

/// `[streams.NAME]` of each stream of a manifest, without comments and with everything that is written there; of a stream
/// that explodes another's list with that other one.
pub(super) fn of_streams(manifest: &str, streams: &IndexMap<SmolStr, Arc<Stream>>) -> IndexMap<SmolStr, String> {
    let Ok(root) = manifest.parse::<Table>() else { return IndexMap::new() };
    let Some(Value::Table(written)) = root.get(STREAMS) else { return IndexMap::new() };
    let alone = |(name, stream): (&SmolStr, &Arc<Stream>)| {
        let parent = stream.explode.iter().map(|explode| &explode.parent.name);
        let needed = parent.chain([name]).map(|name| Some((name.to_string(), written.get(name.as_str())?.clone())));
        let needed: Table = needed.collect::<Option<_>>()?;
        let text = toml::to_string(&Table::from_iter([(STREAMS.to_owned(), Value::Table(needed))])).ok()?;
        Some((name.clone(), text))
    };
    streams.iter().filter_map(alone).collect()
}

/// What the text of a view means over the stream that `declaration` declares: see [`Project::declarations`].
pub fn view_as_declared(declaration: &str, text: &str) -> Result<Option<Arc<View>>, Problems> {
    let file = |path: &str, text: String| SourceFile { path: PathBuf::from(path), text };
    let sources = Sources {
        manifest: file("clutch.toml", format!("[project]\nname = \"recorded\"\n\n{declaration}")),
        views: vec![file("view.sql", text.to_owned())],
    };
    let project = Project::check(Path::new("/"), &sources, &|_| None)?;
    Ok(project.views.into_values().next())
}
