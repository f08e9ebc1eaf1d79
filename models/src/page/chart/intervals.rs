use crate::evaluation::Interval;

use super::super::markup::escape;
use super::bars::{shortened, width_of_names};
use super::frame::{WIDTH, labelled, open};
use super::scale::{Scale, around, small};

const ROW: f64 = 26.0;
const RIGHT: f64 = 18.0;
const AXIS: f64 = 46.0;

/// A value with its interval, on a line of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalRow {
    pub name: String,
    pub value: f64,
    pub interval: Option<Interval>,
    /// Appears under the pointer.
    pub told: String,
}

/// Values with their intervals one below the other, with a dashed line at `guide`.
pub fn intervals(title: &str, axis: &str, guide: f64, rows: &[IntervalRow]) -> String {
    let bottom = small(rows.len()) * ROW + 8.0;
    let ends = |row: &IntervalRow| row.interval.map_or([row.value; 2], |i| [i.low, i.high]);
    let range = around(rows.iter().flat_map(ends).chain([guide]));
    let names = width_of_names(rows.iter().map(|row| row.name.as_str()));
    let scale = Scale::new(range, (names, WIDTH - RIGHT));
    let mut drawing = open(title, bottom + AXIS);
    for (tick, text) in labelled(&scale.ticks(4)) {
        let x = scale.place(tick);
        drawing.push_str(&format!(
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"4\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>\n\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>\n",
            bottom + 17.0
        ));
    }
    let x = scale.place(guide);
    drawing.push_str(&format!("<line class=\"guide\" x1=\"{x:.1}\" y1=\"4\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>\n"));
    for (i, row) in rows.iter().enumerate() {
        let y = small(i) * ROW + 19.0;
        let [low, high] = ends(row).map(|end| scale.place(end));
        let (shown, told, x) = (escape(&shortened(&row.name)), escape(&row.told), scale.place(row.value));
        drawing.push_str(&format!(
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{shown}</text>\n\
             <line class=\"ours-whisker\" x1=\"{low:.1}\" y1=\"{y:.1}\" x2=\"{high:.1}\" y2=\"{y:.1}\"/>\n\
             <circle class=\"ours-dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"><title>{told}</title></circle>\n",
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
