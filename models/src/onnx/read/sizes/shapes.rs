//! Shapes that take more than a line to find.

use super::Tensor;
use super::call::{COMPUTED, Call, Reason, SHAPE, axis};
use super::values;

pub(super) fn product(dims: &[u64]) -> u64 {
    dims.iter().fold(1, |product: u64, dim| product.saturating_mul(*dim))
}

/// The shape that both stretch to.
pub(super) fn broadcast(a: &[u64], b: &[u64]) -> Vec<u64> {
    let rank = a.len().max(b.len());
    let dim = |dims: &[u64], place: usize| (dims.len() + place).checked_sub(rank).map_or(1, |place| dims[place]);
    (0..rank).map(|place| dim(a, place).max(dim(b, place))).collect()
}

/// A constant list of sizes.
pub(super) fn sizes(tensor: &Tensor) -> Result<Vec<u64>, Reason> {
    let values = tensor.values.as_ref().ok_or(COMPUTED)?;
    values.iter().map(|size| u64::try_from(*size).map_err(|_| SHAPE)).collect()
}

pub(super) fn rows(call: &Call<'_>) -> Result<u64, Reason> {
    Ok(call.dims(0)?.first().copied().unwrap_or(1))
}

pub(super) fn target(count: Option<i64>) -> Result<u64, Reason> {
    u64::try_from(count.unwrap_or(1)).map_err(|_| SHAPE)
}

pub(super) fn labels(call: &Call<'_>) -> u64 {
    ["classlabels_ints", "classlabels_int64s", "classlabels_strings"]
        .map(|name| call.length(name))
        .into_iter()
        .max()
        .unwrap_or(0)
}

/// A label and numbers for each row: of each class, or as many as `columns`.
pub(super) fn classified(call: &Call<'_>, columns: u64) -> Result<Vec<Tensor>, Reason> {
    let rows = rows(call)?;
    Ok(vec![Tensor::of(vec![rows]), Tensor::of(vec![rows, labels(call).max(columns).max(2)])])
}

pub(super) fn constant(call: &Call<'_>) -> Tensor {
    if let Some(tensor) = call.tensor("value") {
        return Tensor::constant(tensor);
    }
    if let Some(value) = call.int("value_int") {
        return Tensor { dims: Vec::new(), values: Some(vec![value]) };
    }
    let count = ["value_ints", "value_floats", "value_strings"].map(|name| call.length(name));
    let values = call.ints("value_ints").filter(|values| values.len() <= super::MAX_FOLLOWED).map(<[i64]>::to_vec);
    // Alone, a number or a text.
    let dims = count.into_iter().find(|count| *count > 0).map_or_else(Vec::new, |count| vec![count]);
    Tensor { dims, values }
}

/// Without the axes; a list without any means all.
pub(super) fn reduced(call: &Call<'_>, axes: Option<&[i64]>) -> Result<Vec<u64>, Reason> {
    let dims = call.dims(0)?;
    let axes = axes.unwrap_or_default();
    if axes.is_empty() && call.int("noop_with_empty_axes") == Some(1) {
        return Ok(dims.to_vec());
    }
    let axes = axes.iter().map(|place| axis(*place, dims.len())).collect::<Result<Vec<_>, _>>()?;
    let gone = |place: usize| axes.is_empty() || axes.contains(&place);
    let kept = call.int("keepdims") != Some(0);
    let dims = dims.iter().enumerate().filter(|(place, _)| kept || !gone(*place));
    Ok(dims.map(|(place, dim)| if gone(place) { 1 } else { *dim }).collect())
}

pub(super) fn matmul(a: &[u64], b: &[u64]) -> Result<Vec<u64>, Reason> {
    let (Some((_, above)), Some((columns, beside))) = (a.split_last(), b.split_last()) else { return Err(SHAPE) };
    // A list has no rows on the left, and no columns on the right.
    let (rows, stacked) = above.split_last().map_or((None, above), |(rows, stacked)| (Some(*rows), stacked));
    let others = beside.split_last().map_or(beside, |(_, others)| others);
    let columns = Some(*columns).filter(|_| 1 < b.len());
    Ok(broadcast(stacked, others).into_iter().chain(rows).chain(columns).collect())
}

pub(super) fn concat(call: &Call<'_>) -> Result<Tensor, Reason> {
    let first = call.dims(0)?;
    let place = call.axis(0, first.len())?;
    let mut dims = first.to_vec();
    for tensor in call.inputs().skip(1) {
        if tensor.dims.len() != dims.len() {
            return Err(SHAPE);
        }
        for (at, (dim, other)) in dims.iter_mut().zip(&tensor.dims).enumerate() {
            *dim = if at == place { dim.saturating_add(*other) } else { (*dim).max(*other) };
        }
    }
    Ok(Tensor { dims, values: values::concat(call) })
}

/// −1 is as much as is left, 0 the dimension as it is.
pub(super) fn reshape(call: &Call<'_>) -> Result<Tensor, Reason> {
    let tensor = call.input(0)?;
    let shape = call.integers(1, "shape")?.ok_or(COMPUTED)?;
    let dim = |(place, size): (usize, &i64)| match *size {
        -1 => Ok(None),
        0 => tensor.dims.get(place).copied().map(Some).ok_or(SHAPE),
        size => u64::try_from(size).map(Some).map_err(|_| SHAPE),
    };
    let dims = shape.iter().enumerate().map(dim).collect::<Result<Vec<Option<u64>>, Reason>>()?;
    let given = dims.iter().flatten().fold(1, |product: u64, dim| product.saturating_mul(*dim)).max(1);
    let rest = tensor.elements().div_ceil(given);
    let dims = dims.into_iter().map(|dim| dim.unwrap_or(rest)).collect();
    Ok(Tensor { dims, values: tensor.values.clone() })
}

pub(super) fn squeeze(call: &Call<'_>) -> Result<Tensor, Reason> {
    let tensor = call.input(0)?;
    let axes = call.integers(1, "axes")?.ok_or("does not say which dimensions go")?;
    let axes = axes.iter().map(|place| axis(*place, tensor.dims.len())).collect::<Result<Vec<_>, _>>()?;
    let dims = tensor.dims.iter().enumerate().filter(|(place, _)| !axes.contains(place)).map(|(_, dim)| *dim);
    Ok(Tensor { dims: dims.collect(), values: tensor.values.clone() })
}

pub(super) fn unsqueeze(call: &Call<'_>) -> Result<Tensor, Reason> {
    let tensor = call.input(0)?;
    let axes = call.integers(1, "axes")?.ok_or(COMPUTED)?;
    let rank = tensor.dims.len().saturating_add(axes.len());
    let axes = axes.iter().map(|place| axis(*place, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut old = tensor.dims.iter();
    let dims = (0..rank).map(|place| if axes.contains(&place) { Some(1) } else { old.next().copied() });
    let dims = dims.collect::<Option<Vec<u64>>>().ok_or(SHAPE)?;
    Ok(Tensor { dims, values: tensor.values.clone() })
}

pub(super) fn split(call: &Call<'_>) -> Result<Vec<Tensor>, Reason> {
    let dims = call.dims(0)?;
    let place = call.axis(0, dims.len())?;
    let count = call.outputs().max(1);
    let given = call.integers(1, "split")?;
    let part = |number: usize| -> Result<Tensor, Reason> {
        let size = match given {
            Some(sizes) => sizes.get(number).and_then(|size| u64::try_from(*size).ok()).ok_or(SHAPE)?,
            None => dims[place].div_ceil(count as u64),
        };
        let mut dims = dims.to_vec();
        dims[place] = size;
        Ok(Tensor::of(dims))
    };
    (0..count).map(part).collect()
}

pub(super) fn top(call: &Call<'_>) -> Result<Vec<Tensor>, Reason> {
    let mut dims = call.dims(0)?.to_vec();
    let place = call.axis(-1, dims.len())?;
    let count = match call.optional(1) {
        Some(tensor) => sizes(tensor)?.first().copied().ok_or(SHAPE)?,
        None => target(call.int("k"))?,
    };
    dims[place] = count;
    Ok(vec![Tensor::of(dims); 2])
}

pub(super) fn permuted(dims: &[u64], places: &[i64]) -> Result<Vec<u64>, Reason> {
    places.iter().map(|place| axis(*place, dims.len()).map(|place| dims[place])).collect()
}
