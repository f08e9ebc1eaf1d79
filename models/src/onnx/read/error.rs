/// Why a file is not run. Each says what is wrong with it; none is a fault of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    #[error("the file has {bytes} bytes, more than the {limit} that a model may have")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the file is empty")]
    Empty,
    #[error("the file is no ONNX model, or damaged: at byte {at}, {what}")]
    Wire { at: usize, what: &'static str },
    #[error("the file is no ONNX model, or damaged: {reason}")]
    Undecodable { reason: String },
    #[error("the file has more than {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
    #[error("the file says nothing of its format's version: it is no ONNX model")]
    NoVersion,
    #[error(
        "the file's format is IR version {found}, this clutch reads {oldest} to {newest}: export the model for one of these"
    )]
    IrVersion { found: i64, oldest: i64, newest: i64 },
    #[error(
        "the model uses operators of `{domain}`, which ONNX Runtime does not have: export it with standard operators"
    )]
    Domain { domain: String },
    #[error(
        "the model uses operator set {found} of `{domain}`, this clutch knows {oldest} to {newest}: export it with `target_opset={newest}`"
    )]
    Opset { domain: &'static str, found: i64, oldest: i64, newest: i64 },
    #[error("the model names no operator set")]
    NoOpset,
    #[error("the file holds no graph")]
    NoGraph,
    #[error("the model brings functions of its own: export it with them inlined")]
    Functions,
    #[error("{place} is sparse: export it with dense tensors")]
    Sparse { place: String },
    #[error("the values of {place} are in another file: save the model as one file")]
    External { place: String },
    #[error("{place} claims the shape {dims:?}, which no model of rows can need")]
    Huge { place: String, dims: Vec<i64> },
    #[error("{place} claims {claimed} values and holds {held}")]
    Length { place: String, claimed: u64, held: u64 },
    #[error("{place} holds elements of type {element}, which models of tables do not use")]
    Element { place: String, element: i32 },
    #[error("{place} holds a text of more than {limit} bytes, too long for the name of a class or category")]
    Text { place: String, limit: usize },
    #[error("operator {operator} {reason}")]
    Operator { operator: String, reason: &'static str },
    #[error("the trees of operator {operator} are broken: {reason}")]
    Trees { operator: String, reason: &'static str },
    #[error("the input `{input}` takes text: turn it into numbers before the model, in the view")]
    TextInput { input: String },
    #[error("the input `{input}` {reason}")]
    Input { input: String, reason: &'static str },
    #[error("the batch size of the input `{input}` is fixed at {rows}: export it with `None` as its first dimension")]
    FixedBatch { input: String, rows: i64 },
    #[error("the model has no input")]
    NoInput,
    #[error("the model has no output")]
    NoOutput,
    #[error("two values of the model are called `{name}`")]
    Twice { name: String },
}
