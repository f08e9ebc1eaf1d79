//! What the reader of a report should know beside its figures.

use features::batch::{History, Note};
use models::evaluation::Evaluation;

use crate::algorithm::Warning;

#[derive(Debug, Clone, PartialEq)]
pub enum Remark {
    /// Of the files read.
    History(Note),
    /// Rows of the files that are no events of the stream.
    Rejected { rows: u64, of: u64, first: String },
    /// Of the fit.
    Fit(Warning),
    /// The model declares no split.
    NoTestPart,
    /// Groups that have rows in both parts.
    Straddling { groups: usize },
    /// Few groups in the evaluated rows: intervals say little.
    FewGroups { groups: u64 },
    /// Rows older than the split, which the version may have learned from.
    SeenInTraining { seen: u64, rows: u64 },
    /// The project's label is no longer the one that the version was trained on.
    OtherLabel { trained: String, now: String },
    /// Values of a family's column that have rows enough, and no model all the same.
    MembersNotFitted { members: u64, first: String },
    /// No value of a family's column has rows enough.
    NoMembers { values: u64, min_rows: u64 },
    /// Integer overflows that became NULL.
    Overflows { count: u64 },
}

/// Below so many groups a percentile bootstrap is too narrow to be trusted.
const FEW_GROUPS: u64 = 20;

impl Remark {
    pub(crate) fn of_history(history: &History) -> Vec<Remark> {
        let mut remarks: Vec<Remark> = history.notes.iter().cloned().map(Remark::History).collect();
        if let Some(first) = history.rejects.first() {
            let field = first.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
            let rows = history.rejects.len() as u64;
            let first = format!("row {} of {} ({field}{})", first.row, first.file.display(), first.reason);
            remarks.push(Remark::Rejected { rows, of: rows + history.len() as u64, first });
        }
        remarks
    }

    pub(crate) fn of_groups(evaluation: &Evaluation) -> Option<Remark> {
        let groups = evaluation.groups;
        (evaluation.rows > 0 && groups < FEW_GROUPS).then_some(Remark::FewGroups { groups })
    }

    /// In words.
    pub fn describe(&self, dataset_names: &[impl AsRef<str>]) -> String {
        match self {
            Remark::History(note) => note.to_string(),
            Remark::Fit(warning) => warning.describe(dataset_names),
            Remark::Rejected { rows, of, first } => {
                format!("{rows} of {of} rows of history cannot be used; the first is {first}")
            }
            Remark::NoTestPart => {
                "the model declares no split, so it was trained on everything and nothing is left to \
                                   judge it by: declare split = { time = \"…\", test_from = … }"
                    .to_owned()
            }
            Remark::Straddling { groups } => format!(
                "{groups} groups have rows in the training part and in the test part: what was learned from their \
                 first rows flatters the test"
            ),
            Remark::FewGroups { groups: 0 | 1 } => {
                "all rows share one fate (one group): there can be no intervals".to_owned()
            }
            Remark::FewGroups { groups } => {
                format!("only {groups} groups of rows that share fate: intervals are rough")
            }
            Remark::SeenInTraining { seen, rows } => {
                format!("{seen} of {rows} rows are older than the model's split: it may have learned from them")
            }
            Remark::OtherLabel { trained, now } => {
                format!("the version was trained on the label `{trained}`, and is judged by the project's `{now}`")
            }
            Remark::MembersNotFitted { members, first } => format!(
                "{members} members of the family cannot be fitted and take the general model; the first is {first}"
            ),
            Remark::NoMembers { values, min_rows } => format!(
                "none of {values} values has {min_rows} training rows, so all take the general model: lower min_rows, or \
                 give more history"
            ),
            Remark::Overflows { count } => format!("{count} integers of the view did not fit 64 bits and became NULL"),
        }
    }
}
