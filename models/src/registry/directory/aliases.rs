//! Where aliases stand, and how they got there.
//!
//! `aliases.json` is the truth, and replaced by one rename. It carries the latest move with it, and the history's line
//! for a move is written after the move; so if a writer dies between the two, readers take the missing line from
//! `aliases.json`, and the next writer writes it.

use std::collections::BTreeMap;
use std::path::Path;

use features::value::Micros;

use super::super::{AliasChange, AliasMove, RegistryError};
use super::disk::{self, Disk, failed};
use super::layout::Layout;

const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct AliasFile {
    format_version: u32,
    pub(super) aliases: BTreeMap<String, u32>,
    latest: Option<Numbered>,
}

/// A line of the history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Numbered {
    /// Counts the model's moves from 1.
    number: u64,
    #[serde(flatten)]
    alias_move: AliasMove,
}

impl AliasFile {
    pub(super) fn read(path: &Path) -> Result<AliasFile, RegistryError> {
        #[derive(serde::Deserialize)]
        struct Head {
            format_version: u32,
        }
        let Some(bytes) = disk::read(path)? else {
            return Ok(AliasFile { format_version: FORMAT_VERSION, aliases: BTreeMap::new(), latest: None });
        };
        let damaged = |reason| RegistryError::Damaged { path: path.to_path_buf(), reason };
        let Head { format_version: found } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if FORMAT_VERSION < found {
            return Err(RegistryError::Newer { path: path.to_path_buf(), found, supported: FORMAT_VERSION });
        }
        serde_json::from_slice(&bytes).map_err(damaged)
    }

    fn moves(&self) -> u64 {
        self.latest.as_ref().map_or(0, |m| m.number)
    }
}

pub(super) fn make_move(
    layout: &Layout,
    disk: &Disk,
    model: &str,
    change: &AliasChange<'_>,
    now: Micros,
) -> Result<AliasMove, RegistryError> {
    let path = layout.aliases(model);
    let _alone = disk.lock(&layout.aliases_lock(model))?;
    let mut file = AliasFile::read(&path)?;
    let happened = change.happen(model, file.aliases.get(change.alias).copied(), now)?;
    write_latest(layout, disk, model, &file)?;

    let latest = Numbered { number: file.moves() + 1, alias_move: happened.clone() };
    file.aliases.insert(happened.alias.clone(), happened.to);
    file.latest = Some(latest);
    let temporary = path.with_extension("json.new");
    disk.write(&temporary, &encode(&file, &path)?)?;
    disk.rename(&temporary, &path).map_err(failed("replace", &path))?;
    disk.sync_dir(&layout.model(model))?;

    // The move has happened and is on record in `aliases.json`, so this failure is not the caller's.
    if let Err(error) = write_latest(layout, disk, model, &file) {
        tracing::warn!(model, %error, "the history is one line behind; the next move will write it");
    }
    Ok(happened)
}

/// Oldest first. The aliases are read before the history, so that no move can be missing between the two.
pub(super) fn history(layout: &Layout, model: &str) -> Result<Vec<AliasMove>, RegistryError> {
    let file = AliasFile::read(&layout.aliases(model))?;
    let mut lines = Lines::read(&layout.history(model))?.lines;
    if let Some(latest) = &file.latest
        && lines.last().is_none_or(|line| line.number < latest.number)
    {
        lines.push(latest.clone());
    }
    Ok(lines.into_iter().map(|line| line.alias_move).collect())
}

/// Adds the line of the latest move, if it is not there.
fn write_latest(layout: &Layout, disk: &Disk, model: &str, file: &AliasFile) -> Result<(), RegistryError> {
    let Some(latest) = &file.latest else { return Ok(()) };
    let path = layout.history(model);
    let Lines { lines, length } = Lines::read(&path)?;
    if lines.last().is_some_and(|line| latest.number <= line.number) {
        return Ok(());
    }
    disk.append_at(&path, length, &encode(latest, &path)?)?;
    if lines.is_empty() { disk.sync_dir(&layout.model(model)) } else { Ok(()) }
}

struct Lines {
    lines: Vec<Numbered>,
    /// Where the last whole line ends.
    length: u64,
}

impl Lines {
    /// A line without its line break was being written when its writer died, or is being written now: it does not count.
    fn read(path: &Path) -> Result<Lines, RegistryError> {
        let bytes = disk::read(path)?.unwrap_or_default();
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let lines = bytes[..whole].split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let lines: Result<Vec<Numbered>, _> = lines.map(serde_json::from_slice).collect();
        let lines = lines.map_err(|reason| RegistryError::Damaged { path: path.to_path_buf(), reason })?;
        Ok(Lines { lines, length: whole as u64 })
    }
}

fn encode<T: serde::Serialize>(content: &T, path: &Path) -> Result<Vec<u8>, RegistryError> {
    let mut bytes =
        serde_json::to_vec(content).map_err(|reason| RegistryError::Damaged { path: path.to_path_buf(), reason })?;
    bytes.push(b'\n');
    Ok(bytes)
}
