//! Integers that exporters make sizes of: constants and dimensions, picked and put together. Nothing is computed of them, so
//! that every size is a product of constants and of the number of rows, or of its inverse where the rest of a tensor is
//! asked for: no size is larger between one row and a block than it is at both ends.

use super::call::{Call, Reason, axis};
use super::{MAX_FOLLOWED, Tensor};
use crate::onnx::proto::element;

pub(super) fn unary(call: &Call<'_>) -> Option<Vec<i64>> {
    let values = call.optional(0)?.values.clone()?;
    let to = call.int("to").and_then(|to| i32::try_from(to).ok());
    match (call.op(), to) {
        ("Identity", _) | ("Cast", Some(element::INT64)) => Some(values),
        ("Cast", Some(element::INT32)) if values.iter().all(|value| i32::try_from(*value).is_ok()) => Some(values),
        _ => None,
    }
}

pub(super) fn concat(call: &Call<'_>) -> Option<Vec<i64>> {
    let mut all = Vec::new();
    for tensor in call.inputs() {
        if 1 < tensor.dims.len() {
            return None;
        }
        all.extend(tensor.values.as_ref()?);
    }
    (all.len() <= MAX_FOLLOWED).then_some(all)
}

pub(super) fn gather(call: &Call<'_>) -> Option<Vec<i64>> {
    let (tensor, places) = (call.optional(0)?, call.optional(1)?);
    let values = tensor.values.as_ref().filter(|_| tensor.dims.len() == 1)?;
    places.values.as_ref()?.iter().map(|place| Some(values[axis(*place, values.len()).ok()?])).collect()
}

/// The dimensions themselves.
pub(super) fn shape(call: &Call<'_>) -> Result<Tensor, Reason> {
    let dims = call.dims(0)?;
    let rank = i64::try_from(dims.len()).unwrap_or(i64::MAX);
    let bound = |name, default: i64| {
        let place = call.int(name).unwrap_or(default);
        let place = if place < 0 { place.saturating_add(rank) } else { place };
        usize::try_from(place.clamp(0, rank)).unwrap_or(0)
    };
    let (start, end) = (bound("start", 0), bound("end", rank));
    let dims = dims.get(start..end).unwrap_or_default();
    let values = dims.iter().map(|dim| i64::try_from(*dim).unwrap_or(i64::MAX)).collect();
    Ok(Tensor { dims: vec![dims.len() as u64], values: Some(values) })
}

/// Exact of a list whose values are known; else as large as before.
pub(super) fn slice(call: &Call<'_>) -> Result<Tensor, Reason> {
    let tensor = call.input(0)?;
    let sliced = sliced(call, tensor);
    let dims = sliced.as_ref().map_or_else(|| tensor.dims.clone(), |values| vec![values.len() as u64]);
    Ok(Tensor { dims, values: sliced })
}

fn sliced(call: &Call<'_>, tensor: &Tensor) -> Option<Vec<i64>> {
    let values = tensor.values.as_ref().filter(|_| tensor.dims.len() == 1)?;
    let one = |place, name| match call.integers(place, name).ok()? {
        Some([value]) => Some(*value),
        _ => None,
    };
    let stepped = call.optional(4).is_some() && one(4, "steps") != Some(1);
    if stepped {
        return None;
    }
    let length = i64::try_from(values.len()).ok()?;
    let bound = |place: i64| {
        let place = if place < 0 { place.saturating_add(length) } else { place };
        usize::try_from(place.clamp(0, length)).ok()
    };
    let (start, end) = (bound(one(1, "starts")?)?, bound(one(2, "ends")?)?);
    Some(values.get(start..end).unwrap_or_default().to_vec())
}
