//! A plot's frame: ticks, grid lines and the names of its axes.

use super::super::markup::escape;
use super::scale::{Scale, label};

/// Width and height of the drawing, in its own units (pixels at full size).
pub(super) const WIDTH: f64 = 520.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;

/// A drawing with two axes, under construction.
#[derive(Debug)]
pub struct Frame {
    pub(super) x: Scale,
    pub(super) y: Scale,
    body: String,
    height: f64,
}

impl Frame {
    /// With grid lines and ticks; `title` is read aloud by screen readers.
    pub fn new(title: &str, height: f64, x: (f64, f64), y: (f64, f64), names: [&str; 2]) -> Frame {
        let frame_x = Scale::new(x, (LEFT, WIDTH - RIGHT));
        let frame_y = Scale::new(y, (height - BOTTOM, TOP));
        let mut frame = Frame { x: frame_x, y: frame_y, body: open(title, height), height };
        let (bottom, right) = (height - BOTTOM, WIDTH - RIGHT);
        for (tick, text) in labelled(&frame.y.ticks(5)) {
            let y = frame.y.place(tick);
            frame.line("grid", (LEFT, y), (right, y));
            frame.write("tick", (LEFT - 7.0, y + 4.5), "end", &text);
        }
        for (tick, text) in labelled(&frame.x.ticks(6)) {
            let x = frame.x.place(tick);
            frame.line("axis", (x, bottom), (x, bottom + 4.0));
            frame.write("tick", (x, bottom + 19.0), "middle", &text);
        }
        frame.line("axis", (LEFT, bottom), (right, bottom));
        frame.write("axis-name", (f64::midpoint(LEFT, right), height - 8.0), "middle", names[0]);
        let middle = f64::midpoint(TOP, bottom);
        let name = escape(names[1]);
        frame.body.push_str(&format!(
            "<text class=\"axis-name\" text-anchor=\"middle\" transform=\"translate(14 {middle:.1}) rotate(-90)\">{name}</text>\n"
        ));
        frame
    }

    /// Between places, not values.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.body.push_str(&format!(
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>\n",
            from.0, from.1, to.0, to.1
        ));
    }

    /// Through values.
    pub fn path(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let places = points.into_iter().map(|(x, y)| format!("{:.1},{:.1}", self.x.place(x), self.y.place(y)));
        let points = places.collect::<Vec<_>>().join(" ");
        self.body.push_str(&format!("<polyline class=\"{class}\" points=\"{points}\"/>\n"));
    }

    /// At a value; `told` appears under the pointer.
    pub fn dot(&mut self, class: &str, (x, y): (f64, f64), told: &str) {
        let (x, y, told) = (self.x.place(x), self.y.place(y), escape(told));
        self.body.push_str(&format!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{told}</title></circle>\n"
        ));
    }

    /// A vertical interval at a value.
    pub fn whisker(&mut self, class: &str, x: f64, low: f64, high: f64) {
        let (x, low, high) = (self.x.place(x), self.y.place(low), self.y.place(high));
        self.line(class, (x, low), (x, high));
    }

    /// From the axis up to a value.
    pub fn column(&mut self, class: &str, (from, to): (f64, f64), height: f64, told: &str) {
        let (left, right) = (self.x.place(from), self.x.place(to));
        let (top, bottom) = (self.y.place(height), self.height - BOTTOM);
        let told = escape(told);
        self.body.push_str(&format!(
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{told}</title></rect>\n",
            (right - left).max(0.5),
            (bottom - top).max(0.0)
        ));
    }

    fn write(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, text: &str) {
        let text = escape(text);
        self.body.push_str(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n"
        ));
    }

    pub fn finish(self) -> String {
        self.body + "</svg>\n"
    }
}

/// The first tag of a drawing.
pub(super) fn open(title: &str, height: f64) -> String {
    let title = escape(title);
    format!("<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{title}\">\n")
}

pub(super) fn labelled(ticks: &[f64]) -> Vec<(f64, String)> {
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(1.0);
    ticks.iter().map(|&tick| (tick, label(tick, step))).collect()
}
