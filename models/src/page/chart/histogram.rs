use crate::evaluation::Histogram;

use super::frame::Frame;
use super::scale::small;

fn share(count: u64, of: u64) -> f64 {
    small(usize::try_from(count).unwrap_or(usize::MAX)) / small(usize::try_from(of.max(1)).unwrap_or(usize::MAX))
        * 100.0
}

/// Shares of the rows, in per cent.
pub fn histogram(title: &str, name: &str, histogram: &Histogram) -> String {
    let all: u64 = histogram.counts.iter().sum();
    let most = histogram.counts.iter().map(|&count| share(count, all)).fold(0.0, f64::max);
    let range = (histogram.low, histogram.high);
    let mut frame = Frame::new(title, 320.0, range, (0.0, most * 1.05), [name, "% of rows"]);
    for (bin, &count) in histogram.counts.iter().enumerate() {
        let edges = histogram.edges(bin);
        let told = format!("{:.4} to {:.4}: {count} rows", edges.0, edges.1);
        frame.column("ours-bar", edges, share(count, all), &told);
    }
    frame.finish()
}

/// Two kinds of rows side by side in each bin, as shares of both together, in per cent.
pub fn two_histograms(title: &str, name: &str, left: &Histogram, right: &Histogram) -> String {
    let all: u64 = left.counts.iter().chain(&right.counts).sum();
    let most = left.counts.iter().chain(&right.counts).map(|&count| share(count, all)).fold(0.0, f64::max);
    let mut frame = Frame::new(title, 380.0, (left.low, left.high), (0.0, most * 1.05), [name, "% of rows"]);
    for (bin, (&of_left, &of_right)) in left.counts.iter().zip(&right.counts).enumerate() {
        let (from, to) = left.edges(bin);
        let middle = f64::midpoint(from, to);
        let told = |label: &str, count: u64| format!("{from:.3} to {to:.3}, label {label}: {count} rows");
        frame.column("theirs-bar", (from, middle), share(of_left, all), &told("FALSE", of_left));
        frame.column("ours-bar", (middle, to), share(of_right, all), &told("TRUE", of_right));
    }
    frame.finish()
}

/// A distribution the height of a line of text; heights are relative to the largest.
pub fn sparkline(title: &str, heights: &[f64]) -> String {
    let most = heights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let title = super::super::markup::escape(title);
    let mut drawing = format!(
        "<svg class=\"spark\" viewBox=\"0 0 100 22\" style=\"width:6.25rem\" role=\"img\" aria-label=\"{title}\">"
    );
    let width = 100.0 / small(heights.len().max(1));
    for (i, height) in heights.iter().enumerate() {
        let tall = (height / most * 21.0).max(0.4);
        drawing.push_str(&format!(
            "<rect class=\"ours-bar\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{tall:.1}\"/>",
            small(i) * width,
            22.0 - tall,
            width * 0.85
        ));
    }
    drawing + "</svg>"
}
