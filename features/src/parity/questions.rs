//! What is asked beside each event: whether for the event again, and for the key at which time.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::oracle::{LoggedEvent, Questions};
use crate::plan::{Frame, View};
use crate::value::Micros;

/// How far back an event is chosen, at whose edge a frame is looked at.
const RECENT: usize = 12;

/// Chooses times where frames begin and end, seeded. Requests by key cost the oracle as much as rows: where a view has
/// no frames of time, few are asked.
#[derive(Debug)]
pub(super) struct Times {
    seed: u64,
    widths: Vec<Micros>,
    retention: Option<Micros>,
}

impl Times {
    pub(super) fn new(view: &View, seed: u64) -> Times {
        let width = |frame| if let Frame::Range(width) = frame { Some(width) } else { None };
        let widths = view.windows.iter().filter_map(|window| width(window.frame)).collect();
        Times { seed, widths, retention: view.stream.retention }
    }

    /// What the oracle is asked about each event of a key's log, where it looks at it at all.
    pub(super) fn questions(&self, key: usize, log: &[LoggedEvent], wanted: &[bool]) -> Vec<Questions> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ (key as u64) << 1);
        let of = |(index, &rows): (usize, &bool)| {
            let asked = rows && random.random_bool(self.share());
            Questions { rows, as_of: asked.then(|| self.choose(&log[..=index], &mut random)) }
        };
        wanted.iter().enumerate().map(of).collect()
    }

    /// How often the oracle computes results for an event that it looks at: its row, the request for it again, and for
    /// the share of requests by key the latest row, and its frames of time later.
    pub(super) fn answers(&self) -> f64 {
        2.0 + 2.0 * self.share()
    }

    fn share(&self) -> f64 {
        if self.widths.is_empty() { 0.05 } else { 0.5 }
    }

    /// A time after the last of these events: at the edge of a frame, at the end of retention, soon, or too early.
    fn choose(&self, log: &[LoggedEvent], random: &mut ChaCha8Rng) -> Micros {
        let time = |event: &LoggedEvent| event.place.time;
        let newest = log.iter().map(time).max().unwrap_or(0);
        let near = random.random_range(-1..=1);
        match random.random_range(0..10) {
            0 => newest.saturating_add(near),
            1 => newest.saturating_add(self.retention.unwrap_or(1_000)).saturating_add(near),
            2 => newest.saturating_add(random.random_range(0..100_000_000)),
            _ => {
                let recent = &log[log.len().saturating_sub(RECENT)..];
                let edge = recent.choose(random).map_or(newest, time);
                let width = self.widths.choose(random).copied().unwrap_or(1_000_000);
                edge.saturating_add(width).saturating_add(near).max(newest)
            }
        }
    }
}
