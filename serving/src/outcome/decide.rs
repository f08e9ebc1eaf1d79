//! Whether an outcome is news, given what is known. Looks at no clock and no table.

use super::told::{Told, What};
use features::value::Micros;

/// The last revision of what was told of a subject.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) revision: i64,
    pub(super) what: What,
    pub(super) told_at: Option<Micros>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    First,
    Repeated,
    /// With this revision.
    Correction(i64),
    Contradiction,
}

/// The same again is a repetition, whenever it came true. Something else is a correction if it says so, or if it came true
/// later by the clocks of those who tell; otherwise one of the two is wrong, and nobody knows which.
pub(super) fn decide(known: Option<&Known>, told: &Told) -> News {
    let Some(known) = known else { return News::First };
    if same(&known.what, &told.what) {
        return News::Repeated;
    }
    let newer = matches!((known.told_at, told.told_at), (Some(before), Some(now)) if before < now);
    if told.correct || newer { News::Correction(known.revision + 1) } else { News::Contradiction }
}

fn same(known: &What, told: &What) -> bool {
    match (known, told) {
        (What::Value(known), What::Value(told)) => known.to_bits() == told.to_bits(),
        (What::Fields(known), What::Fields(told)) => known == told,
        (What::Value(_), What::Fields(_)) | (What::Fields(_), What::Value(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::outcome::Subject;

    fn told(value: f64, told_at: Option<Micros>, correct: bool) -> Told {
        let subject = Subject::Prediction(Uuid::nil());
        Told { subject, what: What::Value(value), told_at, correct, source: String::new() }
    }

    #[track_caller]
    fn check(known_at: Option<Micros>, told: &Told, expected: News) {
        let known = Known { revision: 4, what: What::Value(1.0), told_at: known_at };
        assert_eq!(decide(Some(&known), told), expected);
    }

    #[test]
    fn the_first_is_news() {
        assert_eq!(decide(None, &told(1.0, None, false)), News::First);
    }

    #[test]
    fn the_same_again_is_a_repetition_whatever_its_time() {
        check(None, &told(1.0, None, false), News::Repeated);
        check(Some(7), &told(1.0, Some(3), true), News::Repeated);
    }

    #[test]
    fn something_else_contradicts_unless_it_says_that_it_corrects() {
        check(None, &told(0.0, None, false), News::Contradiction);
        check(None, &told(0.0, None, true), News::Correction(5));
        check(Some(7), &told(0.0, Some(8), false), News::Correction(5));
    }

    #[test]
    fn an_older_time_or_none_corrects_nothing() {
        check(Some(7), &told(0.0, Some(7), false), News::Contradiction);
        check(Some(7), &told(0.0, Some(3), false), News::Contradiction);
        check(Some(7), &told(0.0, None, false), News::Contradiction);
        check(None, &told(0.0, Some(3), false), News::Contradiction);
        check(Some(7), &told(0.0, Some(3), true), News::Correction(5));
    }
}
