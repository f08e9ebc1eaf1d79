//! One session of ONNX Runtime, with room for its inputs.

use std::fmt::Debug;

use ort::environment::Environment;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue};
use ort::value::{PrimitiveTensorElementType, TensorRef};

use super::OnnxRunError;
use crate::artifact::{Binding, BoundInput, Link, OnnxModel};
use crate::onnx::{Columns, Element};

#[derive(Debug)]
pub(super) struct OneSession {
    session: Session,
    link: Link,
    binding: Binding,
    /// Which inputs have no dimension for columns.
    flat: Vec<bool>,
    output: Element,
    /// The features of all rows, with stand-ins where they are missing. Kept between calls.
    rows: Vec<f64>,
    /// The values of each input. Kept between calls.
    values: Vec<Values>,
}

/// The values of one input, rows one after another.
#[derive(Debug)]
enum Values {
    Float(Vec<f32>),
    Double(Vec<f64>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Bool(Vec<bool>),
}

impl OneSession {
    pub(super) fn new(environment: &Environment, model: &OnnxModel, link: Link) -> Result<OneSession, OnnxRunError> {
        let output = model.output().ok_or_else(|| refused("it has another output"))?;
        let session = builder(environment)?.commit_from_memory(&model.file().only(output)).map_err(refused)?;
        let flat = model.file().inputs().iter().map(|input| input.columns == Columns::Flat).collect();
        let values = model.file().inputs().iter().map(|input| Values::new(input.element)).collect();
        let (binding, output) = (model.binding().clone(), output.element);
        Ok(OneSession { session, link, binding, flat, output, rows: Vec::new(), values })
    }

    /// `out` has one place for each row of `inputs`.
    pub(super) fn run(&mut self, inputs: &[f64], out: &mut [f64]) -> Result<(), OnnxRunError> {
        let rows = out.len();
        self.stand_in(inputs);
        let width = self.binding.missing.len();
        let inputs = self.binding.inputs.iter().zip(&mut self.values).zip(&self.flat);
        let mut given: Vec<SessionInputValue<'_>> = Vec::with_capacity(self.flat.len());
        for ((input, values), &flat) in inputs {
            values.fill(&self.rows, width, input);
            let values: &Values = values;
            given.push(values.tensor(rows, input.features.len(), flat).map_err(failed)?);
        }
        let column = self.binding.column;
        {
            let outputs = self.session.run::<0>(&given[..]).map_err(failed)?;
            let output = &outputs[0];
            if self.output == Element::Double {
                let (shape, values) = output.try_extract_tensor::<f64>().map_err(failed)?;
                pick(shape, values, column, out, |x| x)?;
            } else {
                let (shape, values) = output.try_extract_tensor::<f32>().map_err(failed)?;
                pick(shape, values, column, out, f64::from)?;
            }
        }
        self.judge(width, out);
        Ok(())
    }

    /// Copies the rows; what is missing takes its stand-in, or NaN.
    fn stand_in(&mut self, inputs: &[f64]) {
        let missing = self.binding.missing.iter().cycle();
        self.rows.clear();
        let known = |(&x, stand_in): (&f64, &Option<f64>)| if x.is_finite() { x } else { stand_in.unwrap_or(f64::NAN) };
        self.rows.extend(inputs.iter().zip(missing).map(known));
    }

    /// NaN for what is no prediction, and for rows with a missing value in a column that cannot say so.
    fn judge(&self, width: usize, out: &mut [f64]) {
        let whole = |input: &&BoundInput| matches!(input.element, Element::Int32 | Element::Int64 | Element::Bool);
        for input in self.binding.inputs.iter().filter(whole) {
            for (row, place) in self.rows.chunks_exact(width).zip(&mut *out) {
                if input.features.iter().any(|feature| row[*feature].is_nan()) {
                    *place = f64::NAN;
                }
            }
        }
        for place in out {
            let fits = match self.link {
                Link::Logit => (-1e-6..=1.0 + 1e-6).contains(place),
                Link::Identity => place.is_finite(),
            };
            *place = match self.link {
                _ if !fits => f64::NAN,
                // Sums of probabilities in single precision may stray by a rounding.
                Link::Logit => place.clamp(0.0, 1.0),
                Link::Identity => *place,
            };
        }
    }
}

impl Values {
    fn new(element: Element) -> Values {
        match element {
            Element::Float => Values::Float(Vec::new()),
            Element::Double => Values::Double(Vec::new()),
            Element::Int32 => Values::Int32(Vec::new()),
            Element::Int64 => Values::Int64(Vec::new()),
            Element::Bool => Values::Bool(Vec::new()),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the model takes the nearest single or the whole number")]
    fn fill(&mut self, rows: &[f64], width: usize, input: &BoundInput) {
        let picked = rows.chunks_exact(width).flat_map(|row| input.features.iter().map(|feature| row[*feature]));
        match self {
            Values::Float(values) => refill(values, picked.map(|x| x as f32)),
            Values::Double(values) => refill(values, picked),
            Values::Int32(values) => refill(values, picked.map(|x| x as i32)),
            Values::Int64(values) => refill(values, picked.map(|x| x as i64)),
            Values::Bool(values) => refill(values, picked.map(|x| x != 0.0)),
        }
    }

    fn tensor(&self, rows: usize, columns: usize, flat: bool) -> ort::Result<SessionInputValue<'_>> {
        let columns = (!flat).then_some(columns);
        match self {
            Values::Float(values) => tensor(values, rows, columns),
            Values::Double(values) => tensor(values, rows, columns),
            Values::Int32(values) => tensor(values, rows, columns),
            Values::Int64(values) => tensor(values, rows, columns),
            Values::Bool(values) => tensor(values, rows, columns),
        }
    }
}

/// A view of values as a table, or as a list where there is no dimension for columns.
fn tensor<T: PrimitiveTensorElementType + Clone + Debug + 'static>(
    values: &[T],
    rows: usize,
    columns: Option<usize>,
) -> ort::Result<SessionInputValue<'_>> {
    Ok(match columns {
        Some(columns) => TensorRef::from_array_view(([rows, columns], values))?.into(),
        None => TensorRef::from_array_view(([rows], values))?.into(),
    })
}

fn refill<T>(values: &mut Vec<T>, with: impl Iterator<Item = T>) {
    values.clear();
    values.extend(with);
}

/// One thread that does not spin: the server's own threads are as many as there are cores already.
fn builder(environment: &Environment) -> Result<SessionBuilder, OnnxRunError> {
    Session::builder(environment)
        .map_err(refused)?
        .with_intra_threads(1)
        .map_err(refused)?
        .with_inter_threads(1)
        .map_err(refused)?
        .with_parallel_execution(false)
        .map_err(refused)?
        .with_intra_op_spinning(false)
        .map_err(refused)?
        .with_inter_op_spinning(false)
        .map_err(refused)?
        .with_optimization_level(GraphOptimizationLevel::Level3)
        .map_err(refused)
}

/// Column `column` of a table of `out.len()` rows, or a list of as many numbers.
fn pick<T: Copy>(
    shape: &[i64],
    values: &[T],
    column: usize,
    out: &mut [f64],
    double: impl Fn(T) -> f64,
) -> Result<(), OnnxRunError> {
    let rows = out.len();
    let misshapen = || OnnxRunError::Shape { shape: shape.to_vec(), rows, column };
    let columns = match *shape {
        [found] if usize::try_from(found) == Ok(rows) => 1,
        [found, columns] if usize::try_from(found) == Ok(rows) => usize::try_from(columns).map_err(|_| misshapen())?,
        _ => return Err(misshapen()),
    };
    if columns <= column || values.len() != rows * columns {
        return Err(misshapen());
    }
    for (row, place) in values.chunks_exact(columns).zip(out) {
        *place = double(row[column]);
    }
    Ok(())
}

fn refused(error: impl std::fmt::Display) -> OnnxRunError {
    OnnxRunError::Session { reason: error.to_string() }
}

fn failed(error: impl std::fmt::Display) -> OnnxRunError {
    OnnxRunError::Run { reason: error.to_string() }
}
