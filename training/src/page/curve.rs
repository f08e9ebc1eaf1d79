use models::page::chart::{Frame, around, small};

use super::findings::CurvePoint;

/// The test part's loss against how many groups were learned from.
pub(super) fn learning(loss: &str, points: &[CurvePoint]) -> String {
    let groups = |point: &CurvePoint| small(usize::try_from(point.groups).unwrap_or(usize::MAX));
    let most = points.iter().map(groups).fold(1.0, f64::max);
    let ends = |point: &CurvePoint| point.loss.interval.map_or([point.loss.mean; 2], |i| [i.low, i.high]);
    let name = format!("{loss} of the test part");
    let mut frame = Frame::new(
        "Learning curve",
        320.0,
        (0.0, most * 1.04),
        around(points.iter().flat_map(ends)),
        ["groups trained on", &name],
    );
    frame.path("ours-line", points.iter().map(|point| (groups(point), point.loss.mean)));
    for point in points {
        let [low, high] = ends(point);
        frame.whisker("ours-whisker", groups(point), low, high);
        let told =
            format!("{} groups, {} rows: {:.4} [{low:.4}, {high:.4}]", point.groups, point.rows, point.loss.mean);
        frame.dot("ours-dot", (groups(point), point.loss.mean), &told);
    }
    frame.finish()
}
