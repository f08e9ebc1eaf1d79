//! What was served of one partition, event by event.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use features::plan::View;

use crate::skew::tray::{Served, ServedRow};

/// Stretches of a log and the rows within.
pub(super) struct Stretches<'a> {
    served: &'a [Served],
    /// By the place of their event: [`features::schema::Stream::sequence`].
    pub(super) rows: HashMap<u64, &'a ServedRow>,
}

impl<'a> Stretches<'a> {
    /// `served` is in the order of the log.
    pub(super) fn new(served: &'a [Served]) -> Stretches<'a> {
        let rows = served.iter().flat_map(|served| &served.rows).map(|row| (row.sequence, row)).collect();
        Stretches { served, rows }
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = &Range<u64>> {
        self.served.iter().map(|served| &served.span)
    }

    /// The views that ran when the event was folded.
    pub(super) fn views(&self, sequence: u64) -> &'a [Arc<View>] {
        let place = self.served.partition_point(|served| served.span.end <= sequence);
        self.served.get(place).map(|served| served.views.as_slice()).unwrap_or_default()
    }
}
