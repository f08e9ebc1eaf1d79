//! From history to what a model is fitted on: the view's rows, each with its label, group and references.

use std::collections::HashMap;

use features::batch::{History, ViewTable};
use features::column::{Column, Data, Table};
use features::project::{Model, Stack, TestPart};
use features::schema::Compiled;
use features::value::Value;
use models::artifact::{Family, member_name};
use smol_str::SmolStr;

use crate::inputs::Inputs;
use crate::slices::SliceColumn;
use crate::split::{self, Parts, SplitError};

/// Rows in the view's order. Only rows with a label that the model's `where` keeps.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Names of the inputs, in the model's order.
    pub names: Vec<SmolStr>,
    pub inputs: Inputs,
    /// 0 or 1 for classification.
    pub labels: Vec<f64>,
    /// The declared weight of each row, NaN for NULL; `None` where the model declares none.
    pub weights: Option<Vec<f64>>,
    /// The same of each base of a stacked model.
    pub base_weights: Vec<Option<Vec<f64>>>,
    /// Of a family: the value of its column as members are named; `None` for NULL.
    pub members: Option<Vec<Option<SmolStr>>>,
    /// Rows of equal number share fate; counted from 0 in order of appearance.
    pub groups: Vec<u32>,
    /// Values of the split's time field, none NULL; empty where the model declares no split.
    pub times: Vec<Value>,
    pub references: Vec<Reference>,
    /// One for each slice that the model declares.
    pub slices: Vec<SliceColumn>,
    pub left_out: LeftOut,
    /// The row of history that each row comes from.
    source: Vec<usize>,
}

/// Somebody else's predictions: for classification the probability that the label is TRUE. NaN where unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub name: SmolStr,
    pub predictions: Vec<f64>,
}

/// Rows of the view that are not in the dataset, by the first reason that applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// `where` is FALSE or NULL.
    pub filtered: u64,
    /// The label is NULL.
    pub no_label: u64,
    /// The split's time field is NULL.
    pub no_time: u64,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DatasetError {
    #[error(
        "no row is left to learn from: the view `{view}` has {rows} rows, of which {} are dropped by `where`, {} have \
         no label and {} no `{time}`",
        left_out.filtered, left_out.no_label, left_out.no_time
    )]
    NoRows { view: String, rows: usize, left_out: LeftOut, time: String },
    #[error("the model has no features")]
    NoFeatures,
    #[error("the view has no column {index}: it was computed from another version of the view")]
    OtherView { index: usize },
}

impl Dataset {
    /// Picks rows of `view` and what belongs to them from `history`, which the view was computed over.
    pub fn new(model: &Model, history: &History, view: &ViewTable) -> Result<Dataset, DatasetError> {
        let label = evaluate(&model.label, &history.table);
        let weights = |model: &Model| model.weight.as_ref().map(|weight| evaluate(weight, &history.table));
        let filter = model.filter.as_ref().map(|filter| evaluate(filter, &history.table));
        let time = model.split.as_ref().map(|split| &history.table.columns[split.time]);

        let mut left_out = LeftOut::default();
        // Rows of the view, and the rows of history that they come from.
        let (mut rows, mut source) = (Vec::new(), Vec::new());
        for (row, &from) in view.source.iter().enumerate() {
            if filter.as_ref().is_some_and(|filter| filter.value(from) != Value::Bool(true)) {
                left_out.filtered += 1;
            } else if !label.is_valid(from) {
                left_out.no_label += 1;
            } else if time.is_some_and(|time| !time.is_valid(from)) {
                left_out.no_time += 1;
            } else {
                rows.push(row);
                source.push(from);
            }
        }
        let field = |index: usize| &model.view.stream.schema.fields[index].name;
        if rows.is_empty() {
            let time = model.split.as_ref().map_or("split time".to_owned(), |s| field(s.time).to_string());
            return Err(DatasetError::NoRows {
                view: model.view.name.to_string(),
                rows: view.source.len(),
                left_out,
                time,
            });
        }
        let labels = numbers_at(&label, &source);
        let mut columns = Vec::with_capacity(model.inputs.len());
        for &index in &model.inputs {
            let column = view.table.columns.get(index).ok_or(DatasetError::OtherView { index })?;
            columns.push(numbers_at(column, &rows));
        }
        let members = match &model.per {
            None => None,
            Some(per) => {
                let column = view.table.columns.get(per.column).ok_or(DatasetError::OtherView { index: per.column })?;
                let name = |&row: &usize| member_name(&column.value(row)).map(SmolStr::from);
                Some(rows.iter().map(name).collect())
            }
        };
        let references = model.references.iter().map(|&index| Reference {
            name: field(index).clone(),
            predictions: numbers_at(&history.table.columns[index], &source),
        });
        let slices = model
            .slices
            .iter()
            .map(|(name, expression)| SliceColumn::new(name.clone(), &evaluate(expression, &history.table), &source));
        Ok(Dataset {
            names: model.inputs.iter().map(|&index| model.view.columns[index].name.clone()).collect(),
            inputs: Inputs::new(columns).ok_or(DatasetError::NoFeatures)?,
            labels,
            members,
            weights: weights(model).map(|weights| numbers_at(&weights, &source)),
            base_weights: model
                .stack
                .iter()
                .flat_map(|stack| &stack.bases)
                .map(|base| weights(base).map(|weights| numbers_at(&weights, &source)))
                .collect(),
            groups: groups_of(model, history, &source),
            times: time.map_or_else(Vec::new, |time| source.iter().map(|&row| time.value(row)).collect()),
            references: references.collect(),
            slices: slices.collect(),
            left_out,
            source,
        })
    }

    /// The rows by each value of an expression over the stream's fields; of the history that the dataset was picked from.
    pub(crate) fn told_apart(&self, expression: &Compiled, history: &History) -> SliceColumn {
        let column = evaluate(expression, &history.table);
        let values: Vec<Value> = self.source.iter().map(|&row| column.value(row)).collect();
        SliceColumn::distinct(expression.text.as_str().into(), &values)
    }

    /// The same rows with some of the features; `None` where that is none of them.
    pub(crate) fn with_features(&self, kept: &[usize]) -> Option<Dataset> {
        let columns = self.inputs.columns();
        let inputs = Inputs::new(kept.iter().map(|&at| columns[at].clone()).collect())?;
        let names = kept.iter().map(|&at| self.names[at].clone()).collect();
        Some(Dataset { names, inputs, ..self.clone() })
    }

    /// The same rows as a base of the stacked `model` sees them, for fits alone; `None` where it sees nothing of them.
    pub(crate) fn of_base(&self, model: &Model, stack: &Stack, number: usize) -> Option<Dataset> {
        let base = stack.bases.get(number)?;
        let columns = self.inputs.columns();
        let places = model.places_of(base);
        Some(Dataset {
            names: places.iter().map(|&place| self.names[place].clone()).collect(),
            inputs: Inputs::new(places.iter().map(|&place| columns[place].clone()).collect())?,
            labels: self.labels.clone(),
            weights: self.base_weights.get(number).cloned().flatten(),
            base_weights: Vec::new(),
            members: None,
            groups: self.groups.clone(),
            times: Vec::new(),
            references: Vec::new(),
            slices: Vec::new(),
            left_out: self.left_out,
            source: Vec::new(),
        })
    }

    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// The row of history that a row comes from.
    pub(crate) fn event_of(&self, row: usize) -> usize {
        self.source[row]
    }

    /// The given rows as the predictor of a version takes them: of a family with their members' codes.
    pub fn predictor_rows(&self, rows: &[usize], family: Option<&Family>) -> Vec<f64> {
        let (Some(family), Some(members)) = (family, &self.members) else { return self.inputs.row_major(rows) };
        let mut out = Vec::with_capacity(rows.len() * (self.inputs.width() + 1));
        for &row in rows {
            out.extend(self.inputs.columns().iter().map(|column| column[row]));
            out.push(members[row].as_deref().map_or(f64::NAN, |value| family.code(value)));
        }
        out
    }

    /// Training and test part as the model declares; everything trains where it declares no split.
    pub fn split(&self, model: &Model) -> Result<Parts, SplitError> {
        match (&model.split, self.test_from(model)) {
            (Some(split), Some(from)) => {
                split::divide(&model.view.stream.schema.fields[split.time].name, &self.times, &from)
            }
            _ => Ok(split::all_train(self.rows())),
        }
    }

    /// The first time of the test part; `None` where the model declares no split.
    pub fn test_from(&self, model: &Model) -> Option<Value> {
        match &model.split.as_ref()?.test {
            TestPart::From(value) => Some(value.clone()),
            TestPart::Share(share) => split::start_of_newest(&self.times, *share),
        }
    }

    /// BLAKE3 over everything that a fit or an evaluation sees, in its order: equal data, equal digest.
    pub fn digest(&self, parts: &Parts) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut column = |name: &str, values: &[f64]| {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&(values.len() as u64).to_le_bytes());
            let mut bytes = Vec::with_capacity(values.len() * 8);
            for value in values {
                // One NaN for all: which of them says "missing" is no difference.
                let bits = if value.is_nan() { f64::NAN } else { *value }.to_bits();
                bytes.extend_from_slice(&bits.to_le_bytes());
            }
            hasher.update(&bytes);
        };
        for (name, values) in self.names.iter().zip(self.inputs.columns()) {
            column(name, values);
        }
        column("label", &self.labels);
        if let Some(weights) = &self.weights {
            column("weight", weights);
        }
        for weights in self.base_weights.iter().flatten() {
            column("base weight", weights);
        }
        for reference in &self.references {
            column(&reference.name, &reference.predictions);
        }
        for rows in [&parts.train, &parts.test] {
            hasher.update(&(rows.len() as u64).to_le_bytes());
            for &row in rows {
                hasher.update(&(row as u64).to_le_bytes());
            }
        }
        for value in self.members.iter().flatten() {
            let text = value.as_deref();
            hasher.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        }
        for group in &self.groups {
            hasher.update(&group.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// One value for each row of history; outcome fields may take part.
fn evaluate(expression: &Compiled, table: &Table) -> Column {
    let fields: Vec<Option<&Column>> = table.columns.iter().map(Some).collect();
    let (mut columns, _) = expression.program.eval_columns(table.rows, &fields, &[]);
    columns.pop().unwrap_or_else(|| Column::from_values(expression.expr.ty, &vec![Value::Null; table.rows]))
}

/// The chosen rows as model inputs: booleans as 0 and 1, NULL as NaN.
#[expect(clippy::cast_precision_loss, reason = "a model input is a double; beyond 2^53 it is rounded")]
fn numbers_at(column: &Column, rows: &[usize]) -> Vec<f64> {
    let or_missing = |row: usize, value: f64| if column.is_valid(row) { value } else { f64::NAN };
    match &column.data {
        Data::Bool(values) => rows.iter().map(|&r| or_missing(r, f64::from(u8::from(values[r])))).collect(),
        Data::Int(values) => rows.iter().map(|&r| or_missing(r, values[r] as f64)).collect(),
        Data::Float(values) => rows.iter().map(|&r| or_missing(r, values[r])).collect(),
        Data::String(_) => vec![f64::NAN; rows.len()],
    }
}

/// Groups by the model's group fields; each row its own where it names none. NULL groups with NULL.
fn groups_of(model: &Model, history: &History, source: &[usize]) -> Vec<u32> {
    if model.group.is_empty() {
        return (0..source.len()).map(|row| u32::try_from(row).unwrap_or(u32::MAX)).collect();
    }
    let columns: Vec<&Column> = model.group.iter().map(|&index| &history.table.columns[index]).collect();
    let mut numbers: HashMap<Vec<GroupKey>, u32> = HashMap::new();
    source
        .iter()
        .map(|&row| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let key = columns.iter().map(|column| GroupKey::of(column.value(row))).collect();
            *numbers.entry(key).or_insert(next)
        })
        .collect()
}

/// A value that can be compared for equality.
#[derive(Debug, PartialEq, Eq, Hash)]
enum GroupKey {
    Null,
    Number(u64),
    Text(SmolStr),
}

impl GroupKey {
    fn of(value: Value) -> GroupKey {
        match value {
            Value::Null => GroupKey::Null,
            Value::Bool(b) => GroupKey::Number(u64::from(b)),
            Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => GroupKey::Number(i.cast_unsigned()),
            Value::Float(x) => GroupKey::Number(x.to_bits()),
            Value::String(s) => GroupKey::Text(s),
        }
    }
}
