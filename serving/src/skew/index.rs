//! Where the events of followed keys stand in the log. Events themselves are not kept: they are read back when a key is
//! recomputed.

use std::collections::HashMap;
use std::ops::Range;

use features::schema::Stream;
use features::value::Micros;

use super::share::Share;

/// What the index may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Events of all keys together. Beyond it, half of the keys are given up.
    pub(super) events: usize,
    /// Events of one key: it would be recomputed from the first of them in every pass.
    pub(super) key_events: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { events: 1_000_000, key_events: 50_000 }
    }
}

/// The followed keys of one stream.
#[derive(Debug)]
pub(super) struct Index {
    limits: Limits,
    partitions: Vec<Partition>,
    events: usize,
}

/// The followed keys of one partition.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// The next offset to look at.
    pub(super) next: u64,
    /// The log does not reach back to its first event: what a key was before nobody knows.
    beheaded: bool,
    pub(super) keys: HashMap<Vec<u8>, Followed>,
}

/// The events of one key that can be decoded, in the order of the log.
#[derive(Debug)]
pub(super) struct Followed {
    hash: u64,
    /// Their places: [`Stream::sequence`].
    sequences: Vec<u64>,
    /// At least the newest event time that was accepted.
    newest: Option<Micros>,
    /// From here on everything that counts for the key is in the log.
    whole_from: Option<u64>,
    /// The last event with which the key surely started anew.
    anew: Option<u64>,
    long: bool,
    /// Its events before this one are not known any more, and why.
    forgotten: Option<(u64, Unchecked)>,
}

/// An event of a followed key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted<'a> {
    pub(super) partition: usize,
    pub(super) sequence: u64,
    pub(super) key: &'a [u8],
    pub(super) time: Micros,
    pub(super) append_time: Micros,
}

/// Why rows of a key cannot be recomputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unchecked {
    /// Its first events are no longer in the log.
    History,
    /// It has too many events.
    Long,
    /// It is not followed any more.
    Share,
}

impl Index {
    pub(super) fn new(partitions: u32, limits: Limits) -> Index {
        Index { limits, partitions: (0..partitions).map(|_| Partition::default()).collect(), events: 0 }
    }

    pub(super) fn partition(&self, partition: usize) -> &Partition {
        &self.partitions[partition]
    }

    pub(super) fn keys(&self) -> usize {
        self.partitions.iter().map(|partition| partition.keys.len()).sum()
    }

    /// Everything before the offset `next` has been looked at.
    pub(super) fn reached(&mut self, partition: usize, next: u64) {
        self.partitions[partition].next = next;
    }

    /// The log begins only at the offset `start` now: no key is known to be whole.
    pub(super) fn begins_at(&mut self, stream: &Stream, partition: usize, start: u64) {
        let partition = &mut self.partitions[partition];
        (partition.next, partition.beheaded) = (partition.next.max(start), true);
        let first = stream.sequence(start, 0);
        for followed in partition.keys.values_mut() {
            followed.whole_from = followed.whole_from.filter(|&from| from >= first);
        }
    }

    /// Takes note of an event, if its key is among those that `share` holds.
    pub(super) fn note(&mut self, share: &Share, stream: &Stream, event: Noted<'_>) {
        let hash = share.hash(event.key);
        if !share.holds_hash(hash) {
            return;
        }
        let Partition { keys, beheaded, .. } = &mut self.partitions[event.partition];
        if !keys.contains_key(event.key) {
            let whole_from = (!*beheaded).then_some(0);
            keys.insert(event.key.to_vec(), Followed::new(hash, whole_from));
        }
        let Some(followed) = keys.get_mut(event.key) else { return };
        let before = followed.sequences.len();
        followed.note(stream, event, self.limits.key_events);
        self.events = (self.events + followed.sequences.len()).saturating_sub(before);
        while self.events > self.limits.events {
            self.give_up_half(share);
        }
    }

    fn give_up_half(&mut self, share: &Share) {
        share.halve();
        for partition in &mut self.partitions {
            partition.keys.retain(|_, followed| share.holds_hash(followed.hash));
        }
        self.count();
    }

    /// Every event of a partition before `checked` is done with: keys that started anew before it lose what they had been.
    pub(super) fn shorten(&mut self, partition: usize, checked: u64) {
        for followed in self.partitions[partition].keys.values_mut() {
            if let Some(anew) = followed.anew.filter(|&anew| anew < checked) {
                followed.sequences.drain(..followed.sequences.partition_point(|&event| event < anew));
                (followed.whole_from, followed.anew) = (Some(anew), None);
            }
        }
        self.count();
    }

    fn count(&mut self) {
        let keys = self.partitions.iter().flat_map(|partition| partition.keys.values());
        self.events = keys.map(|followed| followed.sequences.len()).sum();
    }
}

impl Followed {
    fn new(hash: u64, whole_from: Option<u64>) -> Followed {
        Followed { hash, sequences: Vec::new(), newest: None, whole_from, anew: None, long: false, forgotten: None }
    }

    fn note(&mut self, stream: &Stream, event: Noted<'_>, most: usize) {
        // One from the future moves nothing, but the recomputation must decide that by itself.
        if event.time <= event.append_time.saturating_add(stream.max_ahead) {
            let idle = |newest: Micros| stream.retention.is_some_and(|kept| event.time > newest.saturating_add(kept));
            if self.newest.is_some_and(idle) {
                self.starts_anew(event.sequence);
            }
            self.newest = self.newest.max(Some(event.time));
        }
        if self.sequences.len() >= most {
            self.long = true;
            self.sequences = Vec::new();
        }
        if !self.long {
            self.sequences.push(event.sequence);
        }
    }

    fn starts_anew(&mut self, sequence: u64) {
        if self.long || self.whole_from.is_none() {
            let why = if self.long { Unchecked::Long } else { Unchecked::History };
            self.forgotten = Some((sequence, why));
            self.long = false;
            self.sequences.clear();
            self.whole_from = Some(sequence);
        } else {
            self.anew = Some(sequence);
        }
    }

    /// The key's events up to `last`, from which its row for the event `sequence` is recomputed.
    pub(super) fn history(&self, sequence: u64, last: u64) -> Result<&[u64], Unchecked> {
        match self.whole_from {
            _ if self.long => Err(Unchecked::Long),
            Some(from) if from <= sequence => {
                Ok(&self.sequences[..self.sequences.partition_point(|&event| event <= last)])
            }
            _ => Err(Unchecked::History),
        }
    }

    /// Why the event `sequence` is not known to be one of the key's, if it may be one.
    pub(super) fn forgotten(&self, sequence: u64) -> Option<Unchecked> {
        match self.forgotten {
            Some((before, why)) if sequence < before => Some(why),
            _ => self.long.then_some(Unchecked::Long),
        }
    }

    /// The key's events within `range`.
    pub(super) fn within(&self, range: &Range<u64>) -> &[u64] {
        let place = |sequence: u64| self.sequences.partition_point(|&event| event < sequence);
        &self.sequences[place(range.start)..place(range.end).max(place(range.start))]
    }
}

#[cfg(test)]
mod tests;
