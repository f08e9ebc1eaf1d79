//! Which rows are fitted on and which are judged, fold by fold; whole groups only, and never both.

use std::collections::{BTreeMap, BTreeSet};

use crate::slices::SliceColumn;

/// Rows in the dataset's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// What is judged, for people: `2021`, or `2021 to 2022`.
    pub name: String,
    pub train: Vec<usize>,
    pub validate: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldsError {
    #[error("cross-validation by time needs the model's split: declare split = {{ time = \"…\", test_from = … }}")]
    NoTime,
    #[error("cross-validation needs at least one fold")]
    NoFolds,
    #[error(
        "{folds} folds need {} different times of `{field}` in the training part, where groups begin at {times}: {}",
        folds + 1, remedy(*times)
    )]
    TooFewTimes { folds: usize, field: String, times: usize },
    #[error(
        "every group that begins before {from} goes on until then, so fold `{from}` has nothing to learn from: ask for \
         fewer folds, or set `group` to what rows share"
    )]
    NothingOlder { from: String },
    #[error("`{by}` has one value in the training part: leaving it out leaves nothing to learn from")]
    OneValue { by: String },
    #[error("`{by}` has {values} values in the training part, and each costs a fit: {most} are the most")]
    TooManyValues { by: String, values: usize, most: usize },
    #[error("every group has rows where `{by}` is {value}, so leaving them out leaves nothing to learn from")]
    NothingElse { by: String, value: String },
}

/// More than this is a mistake: nobody wants a fit for each match.
const MOST_VALUES: usize = 100;

/// Rolling origin (Tashman 2000, "Out-of-sample tests of forecasting accuracy"): `count` blocks of time that follow each
/// other, about equally many rows each, every one judged by what was learned from all that is older than it.
///
/// A group belongs to the block in which it begins. One that began before a block and goes on into it is in neither part
/// of that block's fold. So every training row of a fold is older than every row that it judges, no group is in both, and
/// no row is judged twice.
pub fn rolling_origin(
    times: &SliceColumn,
    groups: &[u32],
    rows: &[usize],
    count: usize,
) -> Result<Vec<Fold>, FoldsError> {
    if count == 0 {
        return Err(FoldsError::NoFolds);
    }
    let spans = spans(&times.of_row, groups, rows);
    let mut rows_from: BTreeMap<u32, usize> = BTreeMap::new();
    for row in rows {
        *rows_from.entry(spans[&groups[*row]].0).or_default() += 1;
    }
    let starts: Vec<u32> = rows_from.keys().copied().collect();
    if starts.len() <= count {
        return Err(FoldsError::TooFewTimes { folds: count, field: times.name.to_string(), times: starts.len() });
    }
    let sizes: Vec<usize> = rows_from.into_values().collect();
    let origins: Vec<u32> = origins(&sizes, count).into_iter().map(|place| starts[place]).collect();
    let name = |rank: u32| times.values.get(rank as usize).cloned().unwrap_or_default();
    let mut folds = Vec::with_capacity(count);
    for (number, &from) in origins.iter().enumerate() {
        let until = origins.get(number + 1).copied().unwrap_or(u32::MAX);
        let (train, rest): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&row| spans[&groups[row]].1 < from);
        let begins_within = |row: &usize| (from..until).contains(&spans[&groups[*row]].0);
        let validate: Vec<usize> = rest.into_iter().filter(begins_within).collect();
        if train.is_empty() {
            return Err(FoldsError::NothingOlder { from: name(from) });
        }
        let last = validate.iter().map(|&row| times.of_row[row]).max().unwrap_or(from);
        let name = if last == from { name(from) } else { format!("{} to {}", name(from), name(last)) };
        folds.push(Fold { name, train, validate });
    }
    Ok(folds)
}

/// One fold for each value: its rows judged by what was learned from groups that have no row of it.
pub fn leave_one_out(by: &SliceColumn, groups: &[u32], rows: &[usize]) -> Result<Vec<Fold>, FoldsError> {
    let values: BTreeSet<u32> = rows.iter().map(|&row| by.of_row[row]).collect();
    let name = by.name.to_string();
    match values.len() {
        0 | 1 => return Err(FoldsError::OneValue { by: name }),
        values if values > MOST_VALUES => {
            return Err(FoldsError::TooManyValues { by: name, values, most: MOST_VALUES });
        }
        _ => {}
    }
    let fold = |value: u32| {
        let validate: Vec<usize> = rows.iter().copied().filter(|&row| by.of_row[row] == value).collect();
        let touched: BTreeSet<u32> = validate.iter().map(|&row| groups[row]).collect();
        let train: Vec<usize> = rows.iter().copied().filter(|&row| !touched.contains(&groups[row])).collect();
        let value = by.values.get(value as usize).cloned().unwrap_or_default();
        if train.is_empty() {
            return Err(FoldsError::NothingElse { by: name.clone(), value });
        }
        Ok(Fold { name: value, train, validate })
    };
    values.into_iter().map(fold).collect()
}

/// When each group begins and ends.
fn spans(times: &[u32], groups: &[u32], rows: &[usize]) -> BTreeMap<u32, (u32, u32)> {
    let mut spans: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for &row in rows {
        let time = times[row];
        let (first, last) = spans.entry(groups[row]).or_insert((time, time));
        (*first, *last) = (time.min(*first), time.max(*last));
    }
    spans
}

/// Places, ascending and none of them 0, that cut `sizes` into `count` + 1 parts of about equal sum. There are more sizes
/// than `count`.
fn origins(sizes: &[usize], count: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let mut places: Vec<usize> = Vec::with_capacity(count);
    for number in 1..=count {
        let (mut before, mut place) = (0, 0);
        while place < sizes.len() && before * (count + 1) < number * total {
            before += sizes[place];
            place += 1;
        }
        let least = places.last().map_or(1, |last| last + 1);
        places.push(place.clamp(least, sizes.len() - 1 - (count - number)));
    }
    places
}

fn remedy(times: usize) -> String {
    match times {
        0..=2 => "give older history, or leave cross-validation out".to_owned(),
        times => format!("ask for at most {}", times - 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(of_row: Vec<u32>) -> SliceColumn {
        let most = of_row.iter().max().map_or(0, |most| most + 1);
        SliceColumn { name: "t".into(), values: (0..most).map(|value| value.to_string()).collect(), of_row }
    }

    #[test]
    fn each_season_is_judged_by_the_seasons_before_it() {
        let times = column(vec![0, 0, 1, 1, 2, 2, 3]);
        let folds = rolling_origin(&times, &[0, 1, 2, 3, 4, 5, 6], &[0, 1, 2, 3, 4, 5, 6], 3).unwrap();
        let found: Vec<(&str, usize, &[usize])> =
            folds.iter().map(|fold| (fold.name.as_str(), fold.train.len(), fold.validate.as_slice())).collect();
        assert_eq!(found, [("1", 2, &[2, 3][..]), ("2", 4, &[4, 5]), ("3", 6, &[6])]);
    }

    #[test]
    fn a_group_that_goes_on_into_a_block_is_no_part_of_its_fold() {
        let times = column(vec![0, 0, 1, 1]);
        let folds = rolling_origin(&times, &[0, 1, 1, 2], &[0, 1, 2, 3], 1).unwrap();
        assert_eq!(folds, [Fold { name: "1".into(), train: vec![0], validate: vec![3] }]);
    }

    #[test]
    fn what_cannot_be_cut_says_why() {
        let times = column(vec![0, 0, 1]);
        let error = rolling_origin(&times, &[0, 1, 2], &[0, 1, 2], 2).unwrap_err();
        assert_eq!(error, FoldsError::TooFewTimes { folds: 2, field: "t".into(), times: 2 });
        assert_eq!(rolling_origin(&times, &[0, 1, 2], &[0, 1, 2], 0), Err(FoldsError::NoFolds));
        let straddling = rolling_origin(&times, &[0, 0, 0], &[0, 1, 2], 1).unwrap_err();
        assert!(matches!(straddling, FoldsError::TooFewTimes { times: 1, .. }));
    }

    #[test]
    fn a_value_that_every_group_has_cannot_be_left_out() {
        let quarters = column(vec![0, 1, 0, 1]);
        let error = leave_one_out(&quarters, &[0, 0, 1, 1], &[0, 1, 2, 3]).unwrap_err();
        assert_eq!(error, FoldsError::NothingElse { by: "t".into(), value: "0".into() });
        let one = leave_one_out(&column(vec![0, 0]), &[0, 1], &[0, 1]);
        assert_eq!(one, Err(FoldsError::OneValue { by: "t".into() }));
    }

    /// Times and groups of rows, and the rows that may be used.
    fn rows() -> impl Strategy<Value = (Vec<u32>, Vec<u32>, Vec<usize>)> {
        let row = (0_u32..12, 0_u32..25, prop::bool::weighted(0.8));
        prop::collection::vec(row, 1..120).prop_map(|all| {
            let used = (0..all.len()).filter(|&row| all[row].2).collect();
            (all.iter().map(|row| row.0).collect(), all.iter().map(|row| row.1).collect(), used)
        })
    }

    proptest! {
        #[test]
        fn training_is_older_and_shares_no_group((times, groups, used) in rows(), count in 1_usize..6) {
            let Ok(folds) = rolling_origin(&column(times.clone()), &groups, &used, count) else { return Ok(()) };
            prop_assert_eq!(folds.len(), count);
            let mut judged = BTreeSet::new();
            for fold in &folds {
                prop_assert!(!fold.train.is_empty() && !fold.validate.is_empty());
                let newest = fold.train.iter().map(|&row| times[row]).max();
                let oldest = fold.validate.iter().map(|&row| times[row]).min();
                prop_assert!(newest < oldest);
                let learned: BTreeSet<u32> = fold.train.iter().map(|&row| groups[row]).collect();
                prop_assert!(fold.validate.iter().all(|&row| !learned.contains(&groups[row])));
                prop_assert!(fold.train.iter().chain(&fold.validate).all(|row| used.binary_search(row).is_ok()));
                prop_assert!(fold.validate.iter().all(|row| judged.insert(*row)), "a row is judged twice");
            }
            for (fold, next) in folds.iter().zip(folds.iter().skip(1)) {
                prop_assert!(fold.train.iter().all(|row| next.train.contains(row)), "the origin rolls forward");
            }
        }

        #[test]
        fn each_row_is_left_out_once((values, groups, used) in rows()) {
            let Ok(folds) = leave_one_out(&column(values.clone()), &groups, &used) else { return Ok(()) };
            let mut judged: Vec<usize> = folds.iter().flat_map(|fold| fold.validate.clone()).collect();
            judged.sort_unstable();
            prop_assert_eq!(judged, used);
            for fold in &folds {
                let learned: BTreeSet<u32> = fold.train.iter().map(|&row| groups[row]).collect();
                prop_assert!(fold.validate.iter().all(|&row| !learned.contains(&groups[row])));
                prop_assert!(fold.train.iter().all(|&row| values[row] != values[fold.validate[0]]));
            }
        }
    }
}
