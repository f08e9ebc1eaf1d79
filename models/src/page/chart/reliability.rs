use crate::evaluation::ReliabilityBin;
use features::project::Task;

use super::frame::Frame;
use super::scale::around;

/// What was predicted against what happened, with intervals; the dashed diagonal is a perfectly calibrated model.
pub fn reliability(task: Task, ours: &[ReliabilityBin], theirs: Option<(&str, &[ReliabilityBin])>) -> String {
    let range = match task {
        Task::Classification => (0.0, 1.0),
        Task::Regression => around(ours.iter().flat_map(|bin| [bin.predicted, bin.observed])),
    };
    let names = match task {
        Task::Classification => ["predicted probability", "share of TRUE"],
        Task::Regression => ["predicted value", "mean label"],
    };
    let mut frame = Frame::new("Reliability curve", 380.0, range, range, names);
    frame.path("guide", [(range.0, range.0), (range.1, range.1)]);
    if let Some((_, bins)) = theirs {
        frame.path("theirs-line", bins.iter().map(|bin| (bin.predicted, bin.observed)));
    }
    frame.path("ours-line", ours.iter().map(|bin| (bin.predicted, bin.observed)));
    for bin in ours {
        if let Some(interval) = bin.interval {
            frame.whisker("ours-whisker", bin.predicted, interval.low, interval.high);
        }
        let interval = bin.interval.map(|i| format!(" [{:.3}, {:.3}]", i.low, i.high)).unwrap_or_default();
        let told = format!("predicted {:.3}, observed {:.3}{interval}, {} rows", bin.predicted, bin.observed, bin.rows);
        frame.dot("ours-dot", (bin.predicted, bin.observed), &told);
    }
    frame.finish()
}
