//! Models of others, run by ONNX Runtime. The only place with `ort`.

mod runtime;
mod session;
mod trial;

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::available_parallelism;

pub use runtime::environment;
pub use runtime::{Library, LibraryPlaces, RuntimeError};
use session::OneSession;
pub use trial::Trial;

use super::{Predictor, rows_of};
use crate::artifact::{Link, OnnxModel};
use crate::onnx::BLOCK;

/// Sessions of one model at most: as many threads predict by it without waiting for each other.
const MAX_SESSIONS: usize = 4;

/// Why a model of others cannot be run, or gave nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OnnxRunError {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error("ONNX Runtime does not take the model: {reason}")]
    Session { reason: String },
    #[error("ONNX Runtime cannot run the model: {reason}")]
    Run { reason: String },
    #[error("the model gives no number that could be a prediction for a row of zeros (no probability, perhaps)")]
    NoNumber,
    #[error("the model's prediction of a row depends on the rows beside it ({alone} alone, {together} among others)")]
    NotByRow { alone: f64, together: f64 },
    #[error("the model gives the shape {shape:?} for {rows} rows, and its column {column} is to be read")]
    Shape { shape: Vec<i64>, rows: usize, column: usize },
}

/// A model of others, loaded. A row for which it has no prediction (a missing value that it does not take, say, or what
/// is no probability) gets NaN.
#[derive(Debug)]
pub struct OnnxPredictor {
    link: Link,
    width: usize,
    sessions: Vec<Mutex<OneSession>>,
}

impl OnnxPredictor {
    /// Loads ONNX Runtime, if that has not been done, and the model.
    pub fn new(model: &OnnxModel, link: Link) -> Result<OnnxPredictor, OnnxRunError> {
        let environment = runtime::environment()?;
        let count = available_parallelism().map_or(1, std::num::NonZero::get).min(MAX_SESSIONS);
        let session = || OneSession::new(&environment, model, link).map(Mutex::new);
        let sessions = (0..count).map(|_| session()).collect::<Result<_, _>>()?;
        Ok(OnnxPredictor { link, width: model.width(), sessions })
    }

    /// As [`Predictor::predict`], and says why there is no prediction.
    pub fn run(&self, inputs: &[f64], out: &mut [f64]) -> Result<(), OnnxRunError> {
        let out = rows_of(self.width, inputs, out);
        if out.is_empty() {
            return Ok(());
        }
        // What a model makes of a block was bounded when its file was read.
        let mut blocks = inputs.chunks(self.width.max(1) * BLOCK).zip(out.chunks_mut(BLOCK));
        let mut session = self.session();
        blocks.try_for_each(|(inputs, out)| session.run(inputs, out))
    }

    /// One that nobody uses, else the first that is free again.
    fn session(&self) -> MutexGuard<'_, OneSession> {
        for session in &self.sessions {
            match session.try_lock() {
                Ok(session) => return session,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.sessions[0].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Predictor for OnnxPredictor {
    fn width(&self) -> usize {
        self.width
    }

    fn link(&self) -> Link {
        self.link
    }

    /// The log-odds of the probability in classification, held finite where it is 0 or 1.
    fn margins(&self, inputs: &[f64], out: &mut [f64]) {
        let out = rows_of(self.width, inputs, out);
        self.predict(inputs, out);
        if self.link == Link::Logit {
            for place in out {
                let p = place.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0);
                *place = (p / (1.0 - p)).ln();
            }
        }
    }

    fn predict(&self, inputs: &[f64], out: &mut [f64]) {
        let out = rows_of(self.width, inputs, out);
        if let Err(error) = self.run(inputs, out) {
            tracing::error!(%error, rows = out.len(), "no prediction");
            out.fill(f64::NAN);
        }
    }

    fn contributions(&self, _row: &[f64], _out: &mut [f64]) -> Option<f64> {
        None
    }
}
