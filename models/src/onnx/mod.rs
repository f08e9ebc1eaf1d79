//! ONNX files: ours, written from native models, and those of others, read and checked before anything runs them.
//!
//! Knows the format only; what runs a file is `predictor::onnx`.

pub(crate) mod proto;
mod read;
mod write;

pub(crate) use read::BLOCK;
pub use read::{Columns, Element, Input, MAX_BYTES, OnnxError, OnnxFile, Output};
pub use write::{Exported, INPUT, MemberInput, export, with_version};
