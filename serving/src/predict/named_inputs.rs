//! The `features` of a request: a JSON object of names and values becomes the model's inputs, in the model's order.

use features::nearest::nearest;
use features::plan::Column;
use features::value::Value;

use super::InputProblem;
use super::object::{Object, typed};

/// One value per column; every column must be given, NULL allowed.
pub(super) fn named_inputs(json: &str, columns: &[&Column]) -> Result<Vec<Value>, InputProblem> {
    let object = Object::parse(json).ok_or(InputProblem::NotAnObject)?;
    let mut values: Vec<Option<Value>> = vec![None; columns.len()];
    for (place, (name, json)) in object.0.into_iter().enumerate() {
        let input = find(&name, place, columns).ok_or_else(|| InputProblem::Unknown {
            name: name.to_string(),
            nearest: nearest(&name, columns.iter().map(|c| c.name.as_str())).map(str::to_owned),
        })?;
        let value = typed(columns[input].ty, json).map_err(|found| InputProblem::Mistyped {
            name: name.to_string(),
            expected: columns[input].ty,
            found,
        })?;
        if values[input].replace(value).is_some() {
            return Err(InputProblem::Twice { name: name.into_owned() });
        }
    }
    let missing: Vec<String> =
        columns.iter().zip(&values).filter(|(_, v)| v.is_none()).map(|(c, _)| c.name.to_string()).collect();
    if missing.is_empty() {
        Ok(values.into_iter().flatten().collect())
    } else {
        Err(InputProblem::Missing { names: missing })
    }
}

/// Clients mostly give the features in the model's order: look there first.
fn find(name: &str, place: usize, columns: &[&Column]) -> Option<usize> {
    match columns.get(place) {
        Some(column) if column.name == name => Some(place),
        _ => columns.iter().position(|column| column.name == name),
    }
}
