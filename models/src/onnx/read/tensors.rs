//! Constants: what they claim to hold is what they hold, in this file.

use super::OnnxError;
use crate::onnx::proto::{IN_THIS_FILE, TensorProto, element};

/// Elements of one tensor: 2 GB of doubles, and more than any model of rows has.
pub(super) const MAX_ELEMENTS: u64 = 1 << 28;

/// `place` names the tensor in errors.
pub(super) fn check(tensor: &TensorProto, place: &dyn Fn() -> String) -> Result<(), OnnxError> {
    if tensor.data_location != IN_THIS_FILE || !tensor.external_data.is_empty() {
        return Err(OnnxError::External { place: place() });
    }
    let claimed = elements(&tensor.dims)
        .filter(|count| *count <= MAX_ELEMENTS)
        .ok_or_else(|| OnnxError::Huge { place: place(), dims: tensor.dims.clone() })?;
    let unknown = || OnnxError::Element { place: place(), element: tensor.data_type };
    let held = match &tensor.raw_data {
        Some(raw) => {
            let size = width(tensor.data_type).ok_or_else(unknown)?;
            if raw.len() % size == 0 { raw.len() / size } else { usize::MAX }
        }
        None => typed_length(tensor).ok_or_else(unknown)?,
    };
    let held = held as u64;
    if claimed == held { Ok(()) } else { Err(OnnxError::Length { place: place(), claimed, held }) }
}

/// How many elements a shape has, if that is a number.
pub(super) fn elements(dims: &[i64]) -> Option<u64> {
    dims.iter().try_fold(1_u64, |product, &dim| product.checked_mul(u64::try_from(dim).ok()?))
}

/// The values of a list of integers, however they are stored.
pub(super) fn integers(tensor: &TensorProto) -> Option<Vec<i64>> {
    if tensor.data_type != element::INT64 {
        return None;
    }
    Some(match &tensor.raw_data {
        Some(raw) => raw.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect(),
        None => tensor.int64_data.clone(),
    })
}

/// Bytes of one element in raw data; text has none.
fn width(element: i32) -> Option<usize> {
    Some(match element {
        2 | 3 | element::BOOL => 1,
        4 | 5 | 10 | 16 => 2,
        element::FLOAT | element::INT32 | 12 => 4,
        element::INT64 | element::DOUBLE | 13 => 8,
        _ => return None,
    })
}

fn typed_length(tensor: &TensorProto) -> Option<usize> {
    Some(match tensor.data_type {
        element::FLOAT => tensor.float_data.len(),
        2 | 3 | 4 | 5 | 10 | 16 | element::INT32 | element::BOOL => tensor.int32_data.len(),
        element::STRING => tensor.string_data.len(),
        element::INT64 => tensor.int64_data.len(),
        element::DOUBLE => tensor.double_data.len(),
        12 | 13 => tensor.uint64_data.len(),
        _ => return None,
    })
}
