//! The time-ordered split: what is trained on lies before what is tested on, never at random.

use std::cmp::Ordering;

use features::value::Value;

/// Rows by part, in the dataset's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    pub train: Vec<usize>,
    /// Empty where the model declares no split.
    pub test: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `time` < `test_from`
    Train,
    /// `time` ≥ `test_from`
    Test,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SplitError {
    #[error(
        "nothing to train on: no row has `{field}` before {test_from}, the earliest is {found}; set split.test_from \
         later, or give older history"
    )]
    NothingToTrain { field: String, test_from: String, found: String },
    #[error(
        "nothing to test on: no row has `{field}` from {test_from} on, the latest is {found}; set split.test_from \
         earlier, or give newer history"
    )]
    NothingToTest { field: String, test_from: String, found: String },
    #[error("`{field}` cannot be compared with split.test_from = {test_from}: give a value of the field's type")]
    Incomparable { field: String, test_from: String },
}

/// Without a split everything is trained on, and nothing is left to test.
pub fn all_train(rows: usize) -> Parts {
    Parts { train: (0..rows).collect(), test: Vec::new() }
}

/// Divides rows by their times, none of which is NULL. Neither part may be empty.
pub fn divide(field: &str, times: &[Value], test_from: &Value) -> Result<Parts, SplitError> {
    let mut parts = Parts::default();
    for (row, time) in times.iter().enumerate() {
        match part_of(time, test_from) {
            Some(Part::Train) => parts.train.push(row),
            Some(Part::Test) => parts.test.push(row),
            None => {
                return Err(SplitError::Incomparable { field: field.to_owned(), test_from: show(test_from) });
            }
        }
    }
    let extreme = |wanted: Ordering| {
        let better = |a: &Value, b: &Value| if compare(a, b) == Some(wanted) { a.clone() } else { b.clone() };
        times.iter().cloned().reduce(|best, time| better(&time, &best)).map_or("no row at all".to_owned(), |t| show(&t))
    };
    let (field, test_from) = (field.to_owned(), show(test_from));
    if parts.train.is_empty() {
        return Err(SplitError::NothingToTrain { field, test_from, found: extreme(Ordering::Less) });
    }
    if parts.test.is_empty() {
        return Err(SplitError::NothingToTest { field, test_from, found: extreme(Ordering::Greater) });
    }
    Ok(parts)
}

/// The time from which on the newest rows make up `share` of all, or more where rows of one time belong together. `None`
/// where there are no times.
pub fn start_of_newest(times: &[Value], share: f64) -> Option<Value> {
    let mut ordered: Vec<&Value> = times.iter().collect();
    ordered.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of rows times a share below 1"
    )]
    let tested = (ordered.len() as f64 * share).ceil() as usize;
    ordered.get(ordered.len().saturating_sub(tested.max(1))).map(|&time| time.clone())
}

/// `None` if the two cannot be compared.
pub fn part_of(time: &Value, test_from: &Value) -> Option<Part> {
    Some(if compare(time, test_from)? == Ordering::Less { Part::Train } else { Part::Test })
}

/// Groups that have rows in both parts: what was learned from their first rows helps with their last.
pub fn straddling_groups(parts: &Parts, groups: &[u32]) -> usize {
    let mut of_train: Vec<u32> = parts.train.iter().map(|&row| groups[row]).collect();
    let mut of_test: Vec<u32> = parts.test.iter().map(|&row| groups[row]).collect();
    of_train.sort_unstable();
    of_train.dedup();
    of_test.sort_unstable();
    of_test.dedup();
    of_test.iter().filter(|group| of_train.binary_search(group).is_ok()).count()
}

#[expect(clippy::cast_precision_loss, reason = "seasons, days and seconds are far below 2^53")]
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) | (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Float(b)) => (*a as f64).partial_cmp(b),
        (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// A value as a person writes it.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) | Value::Interval(i) => i.to_string(),
        Value::Float(x) => x.to_string(),
        Value::String(s) => format!("`{s}`"),
        Value::Timestamp(t) => models::timestamp::rfc3339(*t),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ints(times: &[i64]) -> Vec<Value> {
        times.iter().map(|&t| Value::Int(t)).collect()
    }

    #[test]
    fn the_boundary_itself_is_tested() {
        let parts = divide("season", &ints(&[2022, 2023, 2021, 2024]), &Value::Int(2023)).unwrap();
        assert_eq!(parts, Parts { train: vec![0, 2], test: vec![1, 3] });
    }

    #[test]
    fn the_newest_share_is_tested_whatever_the_order_of_rows() {
        let times = ints(&[5, 1, 4, 2, 3, 10, 9, 8, 7, 6]);
        assert_eq!(start_of_newest(&times, 0.2), Some(Value::Int(9)));
        assert_eq!(start_of_newest(&times, 0.01), Some(Value::Int(10)), "never nothing");
        assert_eq!(start_of_newest(&[], 0.2), None);
    }

    #[test]
    fn rows_of_one_time_are_not_parted() {
        let times = ints(&[1, 1, 2, 2, 2, 2, 2, 3]);
        assert_eq!(start_of_newest(&times, 0.25), Some(Value::Int(2)));
    }

    #[test]
    fn text_and_fractions_are_compared_by_value() {
        let days = ["2024-09-05", "2023-12-31"].map(|d| Value::String(d.into()));
        let parts = divide("day", &days, &Value::String("2024-01-01".into())).unwrap();
        assert_eq!(parts.test, [0]);
        let parts = divide("week", &ints(&[1, 2]), &Value::Float(1.5)).unwrap();
        assert_eq!(parts.test, [1]);
    }

    #[test]
    fn an_empty_training_part_names_what_there_is() {
        let error = divide("season", &ints(&[2024, 2023]), &Value::Int(2023)).unwrap_err();
        assert_eq!(
            error,
            SplitError::NothingToTrain { field: "season".into(), test_from: "2023".into(), found: "2023".into() }
        );
    }

    #[test]
    fn an_empty_test_part_names_what_there_is() {
        let error = divide("season", &ints(&[2019, 2022, 2020]), &Value::Int(2023)).unwrap_err();
        assert_eq!(
            error,
            SplitError::NothingToTest { field: "season".into(), test_from: "2023".into(), found: "2022".into() }
        );
    }

    #[test]
    fn values_of_different_types_are_not_ordered() {
        let error = divide("season", &ints(&[2019]), &Value::String("2023".into())).unwrap_err();
        assert!(matches!(error, SplitError::Incomparable { .. }));
    }

    #[test]
    fn groups_on_both_sides_are_counted() {
        let parts = Parts { train: vec![0, 1, 2], test: vec![3, 4] };
        assert_eq!(straddling_groups(&parts, &[7, 7, 8, 8, 9]), 1);
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_part_and_training_lies_before_testing(
            times in prop::collection::vec(0_i64..20, 1..60),
            from in 1_i64..20,
        ) {
            if let Ok(parts) = divide("t", &ints(&times), &Value::Int(from)) {
                let mut rows: Vec<usize> = parts.train.iter().chain(&parts.test).copied().collect();
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..times.len()).collect::<Vec<_>>());
                let newest = parts.train.iter().map(|&r| times[r]).max();
                let oldest = parts.test.iter().map(|&r| times[r]).min();
                prop_assert!(newest < oldest);
            }
        }
    }
}
