/// Why a set of files, or of parts, is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("the file `{file}` is missing")]
    Missing { file: String },
    #[error("the file `{file}` was changed or cut short: its checksum is not the one in `checksums.json`")]
    Checksum { file: String },
    #[error("the file `{file}` has format version {found}, this clutch reads {supported}: use a newer clutch")]
    Newer { file: &'static str, found: u64, supported: u32 },
    #[error("the file `{file}` cannot be understood: {reason}")]
    Malformed { file: String, reason: serde_json::Error },
    #[error("the file `{file}` cannot be written as JSON: {reason}")]
    Unwritable { file: &'static str, reason: serde_json::Error },
    #[error("the file `trees.bin` cannot be understood: {0}")]
    Trees(#[from] super::InvalidTreesFile),
    #[error("the family cannot be used: {0}")]
    Family(#[from] super::InvalidFamily),
    #[error("the general model of a family is a model of others")]
    ForeignFamily,
    #[error("the stacked model cannot be used: {0}")]
    Stack(#[from] super::InvalidStack),
    #[error("the manifest names {named} models that it is stacked on, and there are {found}")]
    Bases { named: usize, found: usize },
    #[error("the manifest names {named} members of the family, and there are {found}")]
    Members { named: usize, found: usize },
    #[error("the file `model.onnx` cannot be run: {0}")]
    Onnx(#[from] crate::onnx::OnnxError),
    #[error(transparent)]
    Binding(#[from] super::BindingError),
    #[error("the file `input_example.json` is no data frame of one row")]
    ExampleShape,
    #[error("the input example does not name the signature's features in their order")]
    Example,
    #[error("the model takes {model} inputs, its signature names {signature}")]
    Width { model: usize, signature: usize },
    #[error("the signature names the feature `{name}` twice")]
    RepeatedFeature { name: String },
    #[error("`{name}` cannot name a model: {reason}")]
    Name { name: String, reason: crate::reference::InvalidName },
    #[error("a regression has no probabilities to calibrate")]
    CalibratedRegression,
    #[error("{what} is not a finite number")]
    NotFinite { what: String },
}
