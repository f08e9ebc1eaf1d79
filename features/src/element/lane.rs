//! Chunks of columns: what element functions read and write when they run over many rows.

use smol_str::SmolStr;

/// Rows computed at once: a register of doubles is 8 kB, so that the live ones stay in the nearest caches.
pub(crate) const CHUNK: usize = 1024;

/// A column type's representation in memory.
pub(crate) trait Stored: Clone + Default + Send + Sync + 'static {
    /// A chunk of placeholders, for inputs that are absent.
    const BLANK: &'static [Self; CHUNK];

    /// The slice's values if it holds this representation, else NULLs.
    fn view<'a>(slice: &Slice<'a>, rows: usize) -> View<'a, Self> {
        match Self::pick(slice) {
            Some(view) => view,
            None => View { data: &Self::BLANK[..rows], valid: Some(&<bool as Stored>::BLANK[..rows]) },
        }
    }

    fn pick<'a>(slice: &Slice<'a>) -> Option<View<'a, Self>>;

    /// Writes the register's lane; a register of another representation is given a new one.
    fn write(register: &mut Register, write: impl FnOnce(&mut Lane<Self>) -> u64) -> u64;
}

/// Values of a chunk; where `valid` is false the value is unspecified.
#[derive(Debug)]
pub(crate) struct View<'a, T> {
    pub(crate) data: &'a [T],
    /// `None`: no NULLs.
    pub(crate) valid: Option<&'a [bool]>,
}

/// A [`View`] of any type.
#[derive(Debug)]
pub(crate) enum Slice<'a> {
    Bool(View<'a, bool>),
    /// Int, Timestamp and Interval.
    Int(View<'a, i64>),
    Float(View<'a, f64>),
    String(View<'a, SmolStr>),
    /// Nothing but NULLs.
    Absent,
}

/// Room for one chunk of results.
#[derive(Debug)]
pub(crate) struct Lane<T> {
    pub(crate) data: Box<[T]>,
    /// Unspecified unless `nulls`.
    pub(crate) valid: Box<[bool]>,
    pub(crate) nulls: bool,
}

/// A [`Lane`] of any type.
#[derive(Debug)]
pub(crate) enum Register {
    Bool(Lane<bool>),
    Int(Lane<i64>),
    Float(Lane<f64>),
    String(Lane<SmolStr>),
}

impl<T: Stored> Lane<T> {
    fn new() -> Lane<T> {
        Lane { data: vec![T::default(); CHUNK].into(), valid: vec![true; CHUNK].into(), nulls: false }
    }

    fn view(&self, rows: usize) -> View<'_, T> {
        View { data: &self.data[..rows], valid: self.nulls.then(|| &self.valid[..rows]) }
    }
}

impl Register {
    pub(crate) fn slice(&self, rows: usize) -> Slice<'_> {
        match self {
            Register::Bool(lane) => Slice::Bool(lane.view(rows)),
            Register::Int(lane) => Slice::Int(lane.view(rows)),
            Register::Float(lane) => Slice::Float(lane.view(rows)),
            Register::String(lane) => Slice::String(lane.view(rows)),
        }
    }
}

impl Default for Register {
    /// Holds nothing: what stands in for a register while its lane is being written.
    fn default() -> Register {
        Register::Bool(Lane { data: Box::default(), valid: Box::default(), nulls: false })
    }
}

macro_rules! stored {
    ($rust:ty, $variant:ident, $blank:expr) => {
        impl Stored for $rust {
            const BLANK: &'static [Self; CHUNK] = {
                static BLANK: [$rust; CHUNK] = [const { $blank }; CHUNK];
                &BLANK
            };

            fn pick<'a>(slice: &Slice<'a>) -> Option<View<'a, Self>> {
                if let Slice::$variant(view) = slice { Some(View { ..*view }) } else { None }
            }

            fn write(register: &mut Register, write: impl FnOnce(&mut Lane<Self>) -> u64) -> u64 {
                let mut lane = match std::mem::take(register) {
                    Register::$variant(lane) if lane.data.len() == CHUNK => lane,
                    _ => Lane::new(),
                };
                let overflows = write(&mut lane);
                *register = Register::$variant(lane);
                overflows
            }
        }
    };
}

stored!(bool, Bool, false);
stored!(i64, Int, 0);
stored!(f64, Float, 0.0);
stored!(SmolStr, String, SmolStr::new_static(""));
