//! How a model is named: `NAME` (newest version), `NAME@alias`, `NAME/3`.

/// A parsed model reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelRef {
    pub name: String,
    pub selector: Selector,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    Newest,
    Alias(String),
    Version(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no model reference: write NAME, NAME@alias or NAME/3")]
pub struct InvalidModelRef(pub String);

impl std::str::FromStr for ModelRef {
    type Err = InvalidModelRef;

    fn from_str(text: &str) -> Result<ModelRef, InvalidModelRef> {
        todo!("{text}")
    }
}
