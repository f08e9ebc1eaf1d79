//! A history's fingerprint: equal events in equal order, equal digest.

use rayon::prelude::*;

use super::history::History;
use crate::column::{Column, Data};

impl History {
    /// BLAKE3 over every field of every event in file order, in hexadecimal digits.
    pub fn digest(&self) -> String {
        let columns: Vec<blake3::Hash> = self.table.columns.par_iter().map(digest).collect();
        let mut whole = blake3::Hasher::new();
        for (field, column) in self.stream.schema.fields.iter().zip(columns) {
            whole.update(&(field.name.len() as u64).to_le_bytes());
            whole.update(field.name.as_bytes());
            whole.update(column.as_bytes());
        }
        whole.finalize().to_hex().to_string()
    }
}

/// Of the type, and of each value or its absence.
fn digest(column: &Column) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(column.ty.name().as_bytes());
    // Values are gathered first: the hash is quickest over long pieces.
    let mut piece = Vec::with_capacity(1 << 16);
    for row in 0..column.len() {
        let valid = column.is_valid(row);
        piece.push(u8::from(valid));
        match &column.data {
            _ if !valid => {}
            Data::Bool(values) => piece.push(u8::from(values[row])),
            Data::Int(values) => piece.extend_from_slice(&values[row].to_le_bytes()),
            Data::Float(values) => piece.extend_from_slice(&values[row].to_bits().to_le_bytes()),
            Data::String(values) => {
                piece.extend_from_slice(&(values[row].len() as u64).to_le_bytes());
                piece.extend_from_slice(values[row].as_bytes());
            }
        }
        if piece.len() >= 1 << 16 {
            hasher.update(&piece);
            piece.clear();
        }
    }
    hasher.update(&piece);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use crate::batch::fixture;
    use crate::batch::history::History;
    use crate::column::Column;
    use crate::value::Value;

    fn history(points: [Value; 2]) -> History {
        let stream = fixture::stream();
        let of = |index: usize| match index {
            0 => [Value::String("a".into()), Value::String("a".into())],
            1 => [Value::Int(1), Value::Int(2)],
            2 => points.clone(),
            _ => [Value::Null, Value::Null],
        };
        let fields = stream.schema.fields.iter().enumerate();
        let columns = fields.map(|(index, field)| Column::from_values(field.ty, &of(index))).collect();
        History::from_columns(&stream, columns, "test".as_ref())
    }

    #[test]
    fn the_digest_depends_on_values_on_nulls_and_on_order() {
        let digests = [
            history([Value::Int(0), Value::Int(1)]).digest(),
            history([Value::Int(1), Value::Int(0)]).digest(),
            history([Value::Null, Value::Int(1)]).digest(),
            history([Value::Null, Value::Null]).digest(),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{index}");
        }
        assert_eq!(digests[0], history([Value::Int(0), Value::Int(1)]).digest());
    }
}
