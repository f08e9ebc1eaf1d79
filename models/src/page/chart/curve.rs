use crate::evaluation::RocPoint;

use super::frame::Frame;

/// Hits against false alarms over all thresholds; the dashed diagonal is guessing.
pub fn roc(points: &[RocPoint]) -> String {
    let names = ["false positive rate", "true positive rate"];
    let mut frame = Frame::new("Receiver operating characteristic", 380.0, (0.0, 1.0), (0.0, 1.0), names);
    frame.path("guide", [(0.0, 0.0), (1.0, 1.0)]);
    frame.path("ours-line", points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)));
    frame.finish()
}
