//! The ids of a key's recent events, for telling repeats.

use std::collections::{HashMap, VecDeque};

use smallvec::SmallVec;

use super::Place;
use crate::schema::Stream;
use crate::value::{Micros, Value};
use crate::wire::{self, Reader, StateError, TimeUnit};

/// Up to this many are searched one by one; it is faster, and takes no memory for an index.
const SEARCHED: usize = 48;

/// The exact values of an event's id fields. Those of its key are left out: they are the same for the whole key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Id(SmallVec<[u8; 16]>);

/// Ordered by place.
#[derive(Debug, Clone, Default)]
pub(super) struct RememberedIds {
    ids: VecDeque<(Place, Id)>,
    /// Where each id stands, once there are many.
    index: Option<HashMap<Id, Place>>,
}

impl Id {
    /// `None` if the stream has no ids, or if a value is NULL.
    pub(super) fn of(stream: &Stream, values: &[Value]) -> Option<Id> {
        if stream.id.is_empty() || values.iter().any(Value::is_null) {
            return None;
        }
        let mut bytes = SmallVec::new();
        for (field, value) in stream.id.iter().zip(values) {
            if !stream.key.contains(field)
                && let Some(ty) = value.ty()
            {
                wire::put_value(&mut bytes, ty, value);
            }
        }
        Some(Id(bytes))
    }
}

impl RememberedIds {
    pub(super) fn find(&self, id: &Id) -> Option<Place> {
        match &self.index {
            Some(index) => index.get(id).copied(),
            None => self.ids.iter().rev().find(|(_, known)| known == id).map(|(place, _)| *place),
        }
    }

    /// See [`crate::host::KeyState::number_offsets`].
    pub(super) fn number_offsets(&mut self) {
        for (number, (place, _)) in (0..).zip(&mut self.ids) {
            place.offset = number;
        }
        if let Some(index) = &mut self.index {
            *index = self.ids.iter().map(|(place, id)| (id.clone(), *place)).collect();
        }
    }

    /// An id that is known already keeps its latest place only.
    pub(super) fn remember(&mut self, place: Place, id: Id) {
        if let Some(before) = self.find(&id) {
            let at = self.ids.partition_point(|(known, _)| *known < before);
            self.ids.remove(at);
        }
        if let Some(index) = &mut self.index {
            index.insert(id.clone(), place);
        }
        let in_order = self.ids.back().is_none_or(|(last, _)| *last < place);
        let at = if in_order { self.ids.len() } else { self.ids.partition_point(|(known, _)| *known < place) };
        self.ids.insert(at, (place, id));
        if self.index.is_none() && self.ids.len() > SEARCHED {
            self.index = Some(self.ids.iter().map(|(place, id)| (id.clone(), *place)).collect());
        }
    }

    pub(super) fn forget_before(&mut self, time: Micros) {
        while let Some((place, _)) = self.ids.front()
            && place.time < time
        {
            if let (Some((_, id)), Some(index)) = (self.ids.pop_front(), &mut self.index) {
                index.remove(&id);
            }
        }
        if self.ids.len() <= SEARCHED / 2 {
            self.index = None;
        }
    }

    /// Times are counted back from `newest`, so that they take few bytes.
    pub(super) fn encode(&self, newest: Micros, out: &mut Vec<u8>) {
        wire::put_count(out, self.ids.len());
        let unit = TimeUnit::of(self.ids.iter().map(|(place, _)| place.time).chain([newest]));
        unit.put(out);
        let (mut count, mut offset) = (unit.count(newest), 0_u64);
        for (place, id) in self.ids.iter().rev() {
            wire::put_unsigned(out, count.wrapping_sub(unit.count(place.time)).cast_unsigned());
            wire::put_signed(out, place.offset.wrapping_sub(offset).cast_signed());
            wire::put_bytes(out, &id.0);
            (count, offset) = (unit.count(place.time), place.offset);
        }
    }

    pub(super) fn decode(newest: Micros, reader: &mut Reader<'_>) -> Result<RememberedIds, StateError> {
        let length = reader.count(3)?;
        let unit = reader.time_unit()?;
        let mut ids = VecDeque::with_capacity(length);
        let (mut count, mut offset) = (unit.count(newest), 0_u64);
        for _ in 0..length {
            count = count.wrapping_sub(reader.unsigned()?.cast_signed());
            offset = offset.wrapping_add(reader.signed()?.cast_unsigned());
            let place = Place { time: unit.time(count)?, offset };
            if ids.front().is_some_and(|(later, _)| *later <= place) || place.time > newest {
                return Err(StateError::Corrupt("ids are not in order"));
            }
            ids.push_front((place, Id(SmallVec::from_slice(reader.bytes()?))));
        }
        let index = (length > SEARCHED).then(|| ids.iter().map(|(place, id)| (id.clone(), *place)).collect());
        Ok(RememberedIds { ids, index })
    }
}

/// The index is only a way to search.
impl PartialEq for RememberedIds {
    fn eq(&self, other: &RememberedIds) -> bool {
        self.ids == other.ids
    }
}
