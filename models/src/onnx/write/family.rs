//! A family as one graph: a second input tells each row's member, and what the models have of their own stands in tables,
//! of which each row takes its member's line.
//!
//! Trees stand in no table. The first tree of every member makes one tree, whose first splits ask for the member, and so
//! do all the others: a row walks as many trees as one member has.

mod finish;
mod margin;

use features::value::Type;

use super::graph::{self, Graph, signed};
use crate::artifact::{Calibration, Family, NativeModel};
use finish::finish;
use margin::margin;

/// The input that tells which member a row is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberInput {
    /// The column's name; where something else in the file is called so, with `_` behind it.
    pub name: String,
    /// Text, or else whole numbers (0 and 1 for booleans).
    pub text: bool,
    /// What stands for a missing value: it has no member, as everything that the family never saw.
    pub missing: String,
}

/// A model and what stands behind it.
struct Single<'a> {
    model: &'a NativeModel,
    calibration: Option<&'a Calibration>,
}

/// All models of a family, the general one last.
pub(super) struct Models<'a> {
    family: &'a Family,
    each: Vec<Single<'a>>,
}

impl<'a> Models<'a> {
    pub(super) fn new(
        family: &'a Family,
        general: &'a NativeModel,
        calibration: Option<&'a Calibration>,
    ) -> Models<'a> {
        let members = family.members().iter();
        let members = members.map(|member| Single { model: &member.model, calibration: member.calibration.as_ref() });
        Models { family, each: members.chain([Single { model: general, calibration }]).collect() }
    }

    /// The line of the general model.
    fn general(&self) -> i64 {
        signed(self.each.len() - 1)
    }
}

/// Adds the prediction, `output`; `features` is the table of what the models take, `member` the other input.
pub(super) fn prediction(graph: &mut Graph, models: &Models<'_>, features: &str, member: &MemberInput, output: &str) {
    choose(graph, models, member);
    let margin = margin(graph, models, features);
    let finished = finish(graph, models, margin);
    graph.node("Identity", &[finished], output);
}

/// What stands for a missing value of the column.
pub(super) fn missing(family: &Family, column: Type) -> String {
    let free = |name: &String| family.code(name).is_nan();
    if column == Type::String {
        return (0..).map(|length| "?".repeat(length)).find(free).unwrap_or_default();
    }
    (1..).map(|number: i64| (-number).to_string()).find(free).unwrap_or_default()
}

/// Each row's line in the tables.
const MEMBER: &str = "member";
/// The axis along which a row's numbers are summed.
const COLUMNS: &str = "columns";

/// Adds the line of each row's model. Unknown values, and the one for a missing value, mean the general model.
fn choose(graph: &mut Graph, models: &Models<'_>, input: &MemberInput) {
    let names = models.family.members().iter().map(|member| member.value.as_str()).zip(0..);
    let names = names.chain([(input.missing.as_str(), models.general())]);
    let (keys, places) = if input.text {
        let (names, places): (Vec<&str>, Vec<i64>) = names.unzip();
        (graph::strings("keys_strings", names.into_iter().map(|name| name.as_bytes().to_vec()).collect()), places)
    } else {
        // A name that no number has is no row's.
        let (numbers, places) = names.filter_map(|(name, place)| Some((number(name)?, place))).unzip();
        (graph::ints("keys_int64s", numbers), places)
    };
    let general = graph::int("default_int64", models.general());
    let attributes = vec![general, keys, graph::ints("values_int64s", places)];
    let column = graph.ml_node("LabelEncoder", &[input.name.as_str()], "member_column", attributes);
    let columns = graph.integers(COLUMNS, &[1]);
    graph.node("Squeeze", &[column, columns], MEMBER);
}

/// A member's name as the whole number that it is the name of.
fn number(name: &str) -> Option<i64> {
    match name {
        "true" => Some(1),
        "false" => Some(0),
        _ => name.parse().ok().filter(|number: &i64| number.to_string() == name),
    }
}

/// Adds a table with a line of `width` numbers for each model, and each row's line of it.
fn lines<'b>(graph: &mut Graph, table: &'static str, width: usize, values: &[f64], rows: &'b str) -> &'b str {
    let table = graph.doubles(table, &[values.len() / width, width], values);
    graph.node("Gather", &[table, MEMBER], rows)
}

/// The same of one number each.
fn numbers<'b>(
    graph: &mut Graph,
    models: &Models<'_>,
    table: &'static str,
    rows: &'b str,
    number: impl FnMut(&Single<'_>) -> f64,
) -> &'b str {
    let values: Vec<f64> = models.each.iter().map(number).collect();
    lines(graph, table, 1, &values, rows)
}
