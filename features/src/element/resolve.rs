//! From a name and argument types to an entry of the table.

use super::entry::Element;
use crate::value::Type;

/// A function found for the given argument types.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overload {
    pub element: Element,
    /// What the arguments must be converted to; differs from the given types only by Int → Float.
    pub parameters: &'static [Type],
    pub result: Type,
}

/// No overload of a function takes these arguments.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ResolveError {
    #[error("no function `{name}`")]
    Unknown { name: String, nearest: Option<&'static str> },
    #[error("`{name}` does not take ({})", given.iter().map(|t| t.name()).collect::<Vec<_>>().join(", "))]
    Mismatch { name: String, given: Vec<Type>, accepted: Vec<String> },
}

impl Element {
    /// Finds the overload of `name` for arguments of the types `given`: the one that takes them as they are, else the
    /// one that converts the fewest from Int to Float.
    ///
    /// Names: operators as written (`+ - * / % = <> < <= > >=`), unary minus `neg`, `not`, functions by their SQL name
    /// in lower case, casts as `cast:TYPE`, extracts as `extract:UNIT`.
    pub fn resolve(name: &str, given: &[Type]) -> Result<Overload, ResolveError> {
        let named = || Element::all().filter(|e| e.sql_name() == name);
        let best = named().filter_map(|e| Some((conversions(e.parameters(), given)?, e))).min_by_key(|(cost, _)| *cost);
        if let Some((_, element)) = best {
            return Ok(Overload { element, parameters: element.parameters(), result: element.result() });
        }
        let accepted: Vec<String> = named().map(Element::signature).collect();
        Err(if accepted.is_empty() {
            ResolveError::Unknown { name: name.to_owned(), nearest: nearest(name) }
        } else {
            ResolveError::Mismatch { name: name.to_owned(), given: given.to_vec(), accepted }
        })
    }
}

/// How many arguments must go from Int to Float; `None` if that does not make them fit.
fn conversions(parameters: &[Type], given: &[Type]) -> Option<usize> {
    if parameters.len() != given.len() {
        return None;
    }
    let costs = parameters.iter().zip(given).map(|(wanted, given)| match (wanted, given) {
        (wanted, given) if wanted == given => Some(0),
        (Type::Float, Type::Int) => Some(1),
        _ => None,
    });
    costs.sum()
}

impl Element {
    /// As a person would write the call: `int + int`, `round(float, int)`, `CAST(text AS int)`.
    pub fn signature(self) -> String {
        let types: Vec<&str> = self.parameters().iter().map(|t| t.name()).collect();
        let name = self.sql_name();
        match (name.split_once(':'), types.as_slice()) {
            (Some(("cast", to)), [from]) => format!("CAST({from} AS {to})"),
            (Some(("extract", unit)), [from]) => format!("extract({unit} FROM {from})"),
            (None, [a]) if name == "neg" => format!("-{a}"),
            (None, [a]) if name == "not" => format!("NOT {a}"),
            (None, [a, b]) if !name.starts_with(char::is_alphabetic) => format!("{a} {name} {b}"),
            _ => format!("{name}({})", types.join(", ")),
        }
    }
}

/// The name that was probably meant: at most a third of the letters differ.
fn nearest(name: &str) -> Option<&'static str> {
    let tolerated = (name.chars().count() / 3).max(1);
    Element::all()
        .map(|e| (strsim::damerau_levenshtein(name, e.sql_name()), e.sql_name()))
        .filter(|(distance, candidate)| *distance <= tolerated && candidate.len() > 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
