use super::super::markup::escape;
use super::bars::{shortened, width_of_names};
use super::frame::{WIDTH, labelled, open};
use super::scale::{Scale, around, small};

const ROW: f64 = 24.0;
const RIGHT: f64 = 18.0;
const AXIS: f64 = 46.0;

/// Two values of one thing, ours and somebody else's.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub name: String,
    pub ours: f64,
    pub theirs: f64,
    /// Appears under the pointer.
    pub told: String,
}

/// Pairs one below the other, each joined by a line.
pub fn pairs(title: &str, axis: &str, rows: &[Pair]) -> String {
    let bottom = small(rows.len()) * ROW + 8.0;
    let names = width_of_names(rows.iter().map(|row| row.name.as_str()));
    let scale = Scale::new(around(rows.iter().flat_map(|row| [row.ours, row.theirs])), (names, WIDTH - RIGHT));
    let mut drawing = open(title, bottom + AXIS);
    for (tick, text) in labelled(&scale.ticks(4)) {
        let x = scale.place(tick);
        drawing.push_str(&format!(
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"4\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>\n\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>\n",
            bottom + 17.0
        ));
    }
    for (i, row) in rows.iter().enumerate() {
        let y = small(i) * ROW + 17.0;
        let (shown, told) = (escape(&shortened(&row.name)), escape(&row.told));
        let (ours, theirs) = (scale.place(row.ours), scale.place(row.theirs));
        drawing.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{shown}</text>\n\
             <line class=\"axis\" x1=\"{theirs:.1}\" y1=\"{y:.1}\" x2=\"{ours:.1}\" y2=\"{y:.1}\"/>\n\
             <circle class=\"theirs-dot\" cx=\"{theirs:.1}\" cy=\"{y:.1}\" r=\"4\"/>\n\
             <circle class=\"ours-dot\" cx=\"{ours:.1}\" cy=\"{y:.1}\" r=\"4.5\"><title>{told}</title></circle>\n",
            names - 10.0,
            y + 4.5
        ));
    }
    let (middle, y, axis) = (f64::midpoint(names, WIDTH - RIGHT), bottom + 38.0, escape(axis));
    drawing
        + &format!(
            "<text class=\"axis-name\" x=\"{middle:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{axis}</text>\n</svg>\n"
        )
}
