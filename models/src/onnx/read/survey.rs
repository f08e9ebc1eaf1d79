//! A first walk over a file's bytes, before anything is made of them: it ends where its parts say it ends, and has no
//! more parts than a model needs. Two bytes of a hostile file can claim a message; a message in memory takes hundreds.

use super::OnnxError;

/// Nodes, tensors, attributes and all other parts together.
const MAX_PARTS: usize = 200_000;
/// Texts and lists, within all parts.
const MAX_FIELDS: usize = 8_000_000;

/// What a message is, as far as the fields within it matter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    /// Holds no messages that are looked into.
    Plain,
}

impl Kind {
    /// The message in a field, if the field holds messages that are read.
    fn field(self, number: u64) -> Option<Kind> {
        Some(match (self, number) {
            (Kind::Model, 7) => Kind::Graph,
            (Kind::Graph, 1) => Kind::Node,
            (Kind::Graph, 5) | (Kind::Attribute, 5 | 10) => Kind::Tensor,
            (Kind::Graph, 11..=13) => Kind::Value,
            (Kind::Node, 5) => Kind::Attribute,
            (Kind::Value, 2) => Kind::Type,
            (Kind::Type, 1) => Kind::TensorType,
            (Kind::TensorType, 2) => Kind::Shape,
            (Kind::Model, 8 | 14) | (Kind::Tensor, 13) | (Kind::Type, 4 | 5) | (Kind::Shape, 1) => Kind::Plain,
            _ => return None,
        })
    }
}

pub(super) fn survey(file: &[u8]) -> Result<(), OnnxError> {
    let mut walk = Walk { file, at: 0, parts: 0, fields: 0 };
    walk.message(Kind::Model, file.len())
}

struct Walk<'a> {
    file: &'a [u8],
    at: usize,
    parts: usize,
    fields: usize,
}

impl Walk<'_> {
    /// Nests as deep as the kinds do: nine levels.
    fn message(&mut self, kind: Kind, end: usize) -> Result<(), OnnxError> {
        self.parts += 1;
        if MAX_PARTS < self.parts {
            return Err(OnnxError::TooMany { what: "nodes, tensors and other parts", limit: MAX_PARTS });
        }
        while self.at < end {
            let key = self.varint(end)?;
            let (number, wire) = (key >> 3, key & 7);
            if number == 0 {
                return Err(self.broken("a field has the number 0"));
            }
            match wire {
                0 => drop(self.varint(end)?),
                1 => self.skip(8, end)?,
                5 => self.skip(4, end)?,
                2 => {
                    let length = self.varint(end)?;
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    let start = self.at;
                    self.skip(length, end)?;
                    self.fields += 1;
                    if MAX_FIELDS < self.fields {
                        return Err(OnnxError::TooMany { what: "texts and lists", limit: MAX_FIELDS });
                    }
                    if let Some(inner) = kind.field(number) {
                        let after = self.at;
                        self.at = start;
                        self.message(inner, after)?;
                    }
                }
                _ => return Err(self.broken("there is a field of a kind that ONNX does not have")),
            }
        }
        Ok(())
    }

    fn varint(&mut self, end: usize) -> Result<u64, OnnxError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let Some(&byte) = self.file.get(self.at).filter(|_| self.at < end) else {
                return Err(self.broken("it ends within a number"));
            };
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.broken("a number is too long"))
    }

    fn skip(&mut self, length: usize, end: usize) -> Result<(), OnnxError> {
        if end - self.at < length {
            return Err(self.broken("a part reaches beyond the end of what holds it"));
        }
        self.at += length;
        Ok(())
    }

    fn broken(&self, what: &'static str) -> OnnxError {
        OnnxError::Wire { at: self.at, what }
    }
}
