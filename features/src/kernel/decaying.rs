//! `ewma`: a mean in which values lose half their weight every half-life.
//!
//! Folded in the order of acceptance, unlike everything that has a frame: the state is three numbers, whatever came before.
//! The weighted mean Σwᵢxᵢ / Σwᵢ (as `adjust=True` in pandas) is kept as mean and sum of weights, so that no sum can
//! overflow.

use super::arrange::{Carried, Group};
use super::state::Partition;
use crate::plan::HalfLife;
use crate::value::{Micros, Value};
use crate::wire::{self, Reader, StateError};

/// Nothing before the first value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Decaying(Option<Weighted>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Weighted {
    mean: f64,
    /// The sum of weights, at least 1: the newest value weighs 1.
    weight: f64,
    newest: Micros,
}

impl Decaying {
    fn enter(&mut self, half_life: HalfLife, time: Micros, x: f64) {
        let Some(Weighted { mean, weight, newest }) = &mut self.0 else {
            self.0 = Some(Weighted { mean: x, weight: 1.0, newest: time });
            return;
        };
        let (kept, own) = match half_life {
            HalfLife::Rows(n) => (libm::exp2(-1.0 / f64::from(n)), 1.0),
            HalfLife::Time(length) => {
                let half_lives = (i128::from(time) - i128::from(*newest)) as f64 / length as f64;
                // A value out of order is added with the weight that it would have by now.
                if half_lives < 0.0 { (1.0, libm::exp2(half_lives)) } else { (libm::exp2(-half_lives), 1.0) }
            }
        };
        *weight = *weight * kept + own;
        let share = own / *weight;
        let moved = *mean + (x - *mean) * share;
        *mean = if moved.is_finite() { moved } else { *mean * (1.0 - share) + x * share };
        *newest = time.max(*newest);
    }

    fn read(&self) -> Value {
        self.0.map_or(Value::Null, |weighted| Value::float(weighted.mean))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.0.is_some()));
        if let Some(Weighted { mean, weight, newest }) = self.0 {
            out.extend_from_slice(&mean.to_bits().to_le_bytes());
            out.extend_from_slice(&weight.to_bits().to_le_bytes());
            wire::put_signed(out, newest);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Decaying, StateError> {
        match reader.byte()? {
            0 => Ok(Decaying(None)),
            1 => {
                let mean = f64::from_bits(u64::from_le_bytes(reader.array()?));
                let weight = f64::from_bits(u64::from_le_bytes(reader.array()?));
                if !mean.is_finite() || !weight.is_finite() || weight < 1.0 {
                    return Err(StateError::Corrupt("a decaying mean is out of range"));
                }
                Ok(Decaying(Some(Weighted { mean, weight, newest: reader.signed()? })))
            }
            _ => Err(StateError::Corrupt("a decaying mean has an unknown form")),
        }
    }
}

impl Group {
    /// An accepted event enters the decaying means, whatever its place.
    pub(super) fn carry(&self, partition: &mut Partition, time: Micros, before: &[Value], results: &mut [Value]) {
        for (carried, decaying) in self.carried.iter().zip(&mut partition.decaying) {
            carried.answer(decaying, time, before, results);
        }
    }

    /// What [`Group::carry`] would give; an event that was folded already is not left out.
    pub(super) fn foresee(&self, partition: Option<&Partition>, time: Micros, before: &[Value], results: &mut [Value]) {
        for (index, carried) in self.carried.iter().enumerate() {
            let known = partition.and_then(|partition| partition.decaying.get(index));
            carried.answer(&mut known.copied().unwrap_or_default(), time, before, results);
        }
    }
}

impl Carried {
    fn answer(&self, decaying: &mut Decaying, time: Micros, before: &[Value], results: &mut [Value]) {
        let value = |output: Option<usize>| output.and_then(|output| before.get(output));
        let answer = self.step(decaying, time, value(self.argument), value(self.filter));
        if let Some(result) = results.get_mut(self.call) {
            *result = answer;
        }
    }

    /// One event: what the call gives for it. `filter` is looked at only where the call has one.
    pub(super) fn step(
        &self,
        decaying: &mut Decaying,
        time: Micros,
        argument: Option<&Value>,
        filter: Option<&Value>,
    ) -> Value {
        let seen = decaying.read();
        let enters = self.filter.is_none() || filter == Some(&Value::Bool(true));
        match argument {
            Some(Value::Float(x)) if enters => decaying.enter(self.half_life, time, *x),
            Some(Value::Int(i)) if enters => decaying.enter(self.half_life, time, *i as f64),
            _ => {}
        }
        if self.exclude_current { seen } else { decaying.read() }
    }
}
