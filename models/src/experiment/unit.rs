//! The unit that is being read: its sums so far, in each cell where it was seen. Its buffers serve one unit after another.

use super::calibration::UnitBins;
use super::moments::{Moments, UnitSums};

#[derive(Debug, Default)]
pub(super) struct Unit {
    name: String,
    parts: Vec<Part>,
    used: usize,
    /// The primary metric in each slice and cell.
    pub(super) slices: Vec<(usize, usize, UnitSums)>,
    buffer: Vec<(usize, UnitSums)>,
}

/// What a unit did in one cell.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) cell: usize,
    pub(super) arm: usize,
    pub(super) period: usize,
    pub(super) metrics: Vec<UnitSums>,
    pub(super) coverage: UnitSums,
    pub(super) delay: UnitSums,
    pub(super) delays: Vec<u16>,
    pub(super) bins: UnitBins,
    pub(super) latencies: Vec<u16>,
}

impl Unit {
    pub(super) fn is_other(&self, name: &str) -> bool {
        self.used == 0 || self.name != name
    }

    pub(super) fn begin(&mut self, name: &str) {
        self.name.clear();
        self.name.push_str(name);
        self.used = 0;
        self.slices.clear();
    }

    pub(super) fn end(&mut self) {
        self.used = 0;
        self.slices.clear();
    }

    pub(super) fn part(&mut self, cell: usize, arm: usize, period: usize, metrics: usize) -> &mut Part {
        let place = self.parts[..self.used].iter().position(|part| part.cell == cell).unwrap_or_else(|| {
            if self.used == self.parts.len() {
                self.parts.push(Part::default());
            }
            let part = &mut self.parts[self.used];
            (part.cell, part.arm, part.period) = (cell, arm, period);
            part.metrics.clear();
            part.metrics.resize(metrics, UnitSums::default());
            (part.coverage, part.delay) = (UnitSums::default(), UnitSums::default());
            part.bins = UnitBins::default();
            part.delays.clear();
            part.latencies.clear();
            self.used += 1;
            self.used - 1
        });
        &mut self.parts[place]
    }

    pub(super) fn parts_mut(&mut self) -> &mut [Part] {
        &mut self.parts[..self.used]
    }

    /// The arm that it met in its earliest period.
    pub(super) fn first(&self) -> Option<(usize, usize)> {
        let parts = self.parts[..self.used].iter();
        parts.min_by_key(|part| part.period).map(|part| (part.arm, part.period))
    }

    /// Two arms answered it in one period.
    pub(super) fn crossed(&self) -> bool {
        let parts = &self.parts[..self.used];
        parts.iter().enumerate().any(|(i, a)| parts[i + 1..].iter().any(|b| a.period == b.period && a.arm != b.arm))
    }

    /// Two arms answered it, in different periods.
    pub(super) fn moved(&self) -> bool {
        let parts = &self.parts[..self.used];
        parts.iter().any(|part| part.arm != parts[0].arm)
    }

    pub(super) fn add_to(&mut self, moments: &mut Moments, of: impl Fn(&Part) -> Option<UnitSums>) {
        self.buffer.clear();
        self.buffer.extend(self.parts[..self.used].iter().filter_map(|part| Some((part.cell, of(part)?))));
        moments.add(&self.buffer);
    }
}
