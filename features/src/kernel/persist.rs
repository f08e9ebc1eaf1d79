//! The state as bytes. Equal states give equal bytes; only base and buffer are written.

use super::StateError;
use super::arrange::{Group, Kernel};
use super::decaying::Decaying;
use super::operator::Accumulator;
use super::rows::Rows;
use super::state::{Partition, PartitionKey, Partitions, ViewState, compare_keys};
use crate::event::Place;
use crate::wire::{self, Reader, TimeUnit};

/// Of the bytes; that they fit the view is for whoever stores them to know.
pub(super) const FORMAT: u32 = 3;

impl Kernel {
    /// Appends the state: equal states give equal bytes.
    pub fn encode(&self, state: &ViewState, out: &mut Vec<u8>) {
        wire::put_unsigned(out, u64::from(FORMAT));
        wire::put_count(out, state.groups.len());
        for (group, partitions) in self.groups.iter().zip(&state.groups) {
            wire::put_count(out, partitions.entries.len());
            for (key, partition) in &partitions.entries {
                group.encode(key, partition, out);
            }
        }
    }

    /// Reads the state of this view; all of `bytes` must be it.
    pub fn decode(&self, bytes: &[u8]) -> Result<ViewState, StateError> {
        let mut reader = Reader::new(bytes);
        reader.version(FORMAT)?;
        let groups = match reader.unsigned()? {
            0 => Vec::new(),
            count if count == self.groups.len() as u64 => {
                self.groups.iter().map(|group| group.decode_all(&mut reader)).collect::<Result<_, _>>()?
            }
            _ => return Err(StateError::Corrupt("it is of a view with other windows")),
        };
        reader.finish()?;
        Ok(ViewState { groups })
    }
}

impl Group {
    fn encode(&self, key: &PartitionKey, partition: &Partition, out: &mut Vec<u8>) {
        for (ty, value) in self.partition_types.iter().zip(key) {
            wire::put_value(out, *ty, value);
        }
        if self.bases > 0 {
            out.push(u8::from(!partition.base.is_empty()));
            let unbounded = self.operators.iter().filter(|operator| operator.base.is_some());
            for (operator, base) in unbounded.zip(&partition.base) {
                base.encode(operator.ty, out);
            }
        }
        for decaying in &partition.decaying {
            decaying.encode(out);
        }
        self.encode_rows(&partition.rows, out);
    }

    /// Places are counted from one row to the next.
    fn encode_rows(&self, rows: &Rows, out: &mut Vec<u8>) {
        let places = || (0..rows.len()).filter_map(|row| Some((row, rows.place(row)?)));
        let unit = TimeUnit::of(places().map(|(_, place)| place.time));
        wire::put_count(out, rows.len());
        unit.put(out);
        let (mut count, mut offset) = (0, 0);
        for (row, place) in places() {
            wire::put_signed(out, unit.count(place.time).wrapping_sub(count));
            wire::put_signed(out, place.offset.wrapping_sub(offset).cast_signed());
            (count, offset) = (unit.count(place.time), place.offset);
            for (index, column) in self.columns.iter().enumerate() {
                wire::put_value(out, column.ty, rows.value(row, index));
            }
        }
    }

    fn decode_all(&self, reader: &mut Reader<'_>) -> Result<Partitions, StateError> {
        let count = reader.count(1 + self.partition_types.len() + usize::from(self.bases > 0))?;
        let mut entries: Vec<(PartitionKey, Box<Partition>)> = Vec::with_capacity(count);
        for _ in 0..count {
            let key = self.partition_types.iter().map(|ty| reader.value(*ty)).collect::<Result<PartitionKey, _>>()?;
            if entries.last().is_some_and(|(last, _)| compare_keys(last, &key).is_ge()) {
                return Err(StateError::Corrupt("partitions are not in order"));
            }
            entries.push((key, Box::new(self.decode_partition(reader)?)));
        }
        Ok(Partitions { entries })
    }

    fn decode_partition(&self, reader: &mut Reader<'_>) -> Result<Partition, StateError> {
        let mut base = Vec::new();
        if self.bases > 0 {
            match reader.byte()? {
                0 => {}
                1 => {
                    for operator in self.operators.iter().filter(|operator| operator.base.is_some()) {
                        base.push(Accumulator::decode(operator, reader)?);
                    }
                }
                _ => return Err(StateError::Corrupt("a base has an unknown form")),
            }
        }
        let decaying = self.carried.iter().map(|_| Decaying::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Partition { base, decaying, ..Partition::new(self.decode_rows(reader)?) })
    }

    fn decode_rows(&self, reader: &mut Reader<'_>) -> Result<Rows, StateError> {
        let width = self.columns.len();
        let length = reader.count(2 + width)?;
        let unit = reader.time_unit()?;
        let mut rows = Rows::with_capacity(width, length);
        let mut values = Vec::with_capacity(width);
        let (mut count, mut offset) = (0_i64, 0_u64);
        for _ in 0..length {
            count = count.wrapping_add(reader.signed()?);
            offset = offset.wrapping_add(reader.signed()?.cast_unsigned());
            let place = Place { time: unit.time(count)?, offset };
            if rows.last().is_some_and(|last| last >= place) {
                return Err(StateError::Corrupt("rows are not in order"));
            }
            for column in &self.columns {
                values.push(reader.value(column.ty)?);
            }
            rows.push(place, values.drain(..));
        }
        Ok(rows)
    }
}
