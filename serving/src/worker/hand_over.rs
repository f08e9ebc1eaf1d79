//! What was served of the keys that a skew check follows, on its way to the check.

use std::ops::Range;
use std::sync::Arc;

use features::host::ViewRow;
use features::schema::Stream;

use super::decode::Decoded;
use super::lane::Lane;
use super::machine::LaneRows;
use crate::skew::{Served, ServedRow, Tray};

/// Leaves the rows of a committed batch on the tray, those of keys that are followed and of lanes that are live.
/// `events` are all that could be decoded among `offsets` as the project declares `stream`; each has a row or none in each
/// of `rows`, which are those of the lanes. Lanes that decode by former rules of the stream are not checked.
pub(super) fn hand_over(
    tray: &Tray,
    stream: &Stream,
    partition: u32,
    offsets: Range<u64>,
    lanes: &[Lane],
    events: &[Decoded<'_>],
    rows: &[LaneRows],
) {
    let checked = lanes.iter().zip(rows).filter(|(lane, rows)| lane.live && rows.events == 0);
    let (lanes, rows): (Vec<_>, Vec<_>) = checked.map(|(lane, rows)| (lane, &rows.rows)).unzip();
    let row = |(place, event): (usize, &Decoded<'_>)| {
        let has_row = |rows: &&Vec<Option<ViewRow>>| rows.get(place).is_some_and(Option::is_some);
        (rows.iter().any(has_row) && tray.share.holds(&event.key)).then(|| ServedRow {
            sequence: stream.sequence(event.record.offset, event.element.map_or(0, |element| element.index)),
            appended_at: event.record.append_time,
            key: event.key.clone(),
            views: rows.iter().map(|rows| rows.get(place).cloned().flatten()).collect(),
        })
    };
    let followed = events.iter().enumerate().filter_map(row).collect();
    let views = lanes.iter().map(|lane| Arc::clone(&lane.version.view)).collect();
    let span = stream.sequence(offsets.start, 0)..stream.sequence(offsets.end, 0);
    tray.put(Served { partition, span, views, rows: followed });
}
