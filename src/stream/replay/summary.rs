//! What a replay has done.

use features::online::Counters;
use serde_json::json;
use serving::admin::Totals;

use super::feed::Feeder;
use crate::context::Context;
use crate::output;
use crate::table::count;

#[derive(Debug)]
pub(super) struct Summary {
    stream: String,
    keys: usize,
    sent: usize,
    total: usize,
    outcomes: u64,
    /// What the stream's events became from the start of the replay to its end.
    became: Counters,
    seconds: f64,
    reconnects: u64,
    in_process: bool,
    interrupted: bool,
}

impl Summary {
    #[expect(clippy::too_many_arguments, reason = "called once, by the one place that knows all of them")]
    pub(super) fn new(
        stream: &str,
        feeder: &Feeder<'_>,
        before: Totals,
        after: Totals,
        seconds: f64,
        reconnects: u64,
        in_process: bool,
        interrupted: bool,
    ) -> Summary {
        Summary {
            stream: stream.to_owned(),
            keys: feeder.keys(),
            sent: feeder.sent,
            total: feeder.total(),
            outcomes: feeder.outcomes,
            became: after.counters.since(&before.counters),
            seconds,
            reconnects,
            in_process,
            interrupted,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.interrupted
    }

    pub(super) fn report(&self, context: &Context) {
        let Summary { stream, keys, sent, outcomes, became, seconds, .. } = self;
        let rate = *sent as f64 / seconds.max(1e-9);
        let Counters { accepted, late, duplicate, future, invalid, predictions, unserved } = became;
        output::say(
            context,
            format!(
                "{} events of {} keys sent to `{stream}` in {seconds:.1} s",
                count(*sent as u64),
                count(*keys as u64)
            ),
        );
        output::say(context, format!("{} predictions, {} outcomes", count(*predictions), count(*outcomes)));
        let refused: Vec<String> = [("invalid", invalid), ("late", late), ("duplicate", duplicate), ("future", future)]
            .into_iter()
            .filter(|(_, events)| **events > 0)
            .map(|(reason, events)| format!("{} {reason}", count(*events)))
            .collect();
        if !refused.is_empty() {
            output::say(context, format!("to the dead letters: {}", refused.join(", ")));
        }
        if *unserved > 0 {
            output::note(format!(
                "{} rows had no prediction: no version serves their endpoint (see clutch stream status)",
                count(*unserved)
            ));
        }
        let object = json!({
            "stream": stream,
            "keys": keys,
            "events": self.total,
            "sent": sent,
            "accepted": accepted,
            "predictions": predictions,
            "unserved": unserved,
            "outcomes": outcomes,
            "dead_letters": { "invalid": invalid, "late": late, "duplicate": duplicate, "future": future },
            "seconds": seconds,
            "events_per_second": rate,
            "reconnects": self.reconnects,
            "in_process": self.in_process,
            "interrupted": self.interrupted,
        });
        output::json(context, &object);
    }
}
