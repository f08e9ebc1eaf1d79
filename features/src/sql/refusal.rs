//! What the SQL of a view refuses: for good, with the reason, or only in this version. Each names the nearest form that
//! is allowed.

use sqlparser::tokenizer::Span;

use super::fault::Report;

/// A construct that is understood and refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    what: &'static str,
    why: Why,
    nearest: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Why {
    /// A later version will have it.
    Later,
    /// It never will be, because.
    Never(&'static str),
}

impl Refusal {
    const fn later(what: &'static str, nearest: &'static str) -> Refusal {
        Refusal { what, why: Why::Later, nearest }
    }

    const fn never(what: &'static str, reason: &'static str, nearest: &'static str) -> Refusal {
        Refusal { what, why: Why::Never(reason), nearest }
    }

    pub(super) fn report(self, span: Span, report: &mut Report) {
        let message = match self.why {
            Why::Later => format!("{} is not in this version", self.what),
            Why::Never(reason) => format!("{} is refused: {reason}", self.what),
        };
        report.fault(span, message, format!("instead: {}", self.nearest));
    }
}

pub(super) const FOLLOWING: Refusal = Refusal::never(
    "FOLLOWING",
    "a live row cannot see the events after it",
    "end the frame at the current row: ROWS n PRECEDING",
);
pub(super) const RANGE_FRAME: Refusal = Refusal::never(
    "a RANGE frame of the current row alone",
    "two events are never peers: the log orders events of one timestamp",
    "ROWS CURRENT ROW, or RANGE INTERVAL '5 minutes' PRECEDING",
);
pub(super) const GROUPS_FRAME: Refusal = Refusal::never(
    "a GROUPS frame",
    "two events are never peers: the log orders events of one timestamp",
    "ROWS n PRECEDING",
);
pub(super) const EXCLUDE_PEERS: Refusal = Refusal::never(
    "this exclusion",
    "two events are never peers: the log orders events of one timestamp",
    "EXCLUDE CURRENT ROW",
);
pub(super) const ENDS_BEFORE_LAST: Refusal = Refusal::later(
    "a frame that ends more than one row before the current one",
    "end it at the current row, or one before it with EXCLUDE CURRENT ROW",
);
pub(super) const ORDER: Refusal = Refusal::never(
    "an ORDER BY other than event_time",
    "events are folded in the order of their event time, then of their place in the log",
    "ORDER BY event_time",
);
pub(super) const DISTINCT: Refusal = Refusal::never(
    "DISTINCT inside this call",
    "what was seen of a value would have to be kept for ever",
    "count(DISTINCT x, 100), which counts up to 100 different values",
);
pub(super) const WITHOUT_CAP: Refusal = Refusal::never(
    "counting different values without a cap",
    "a key's state must not grow without bound",
    "count(DISTINCT x, 100), which counts up to 100 of them",
);
pub(super) const NULL_TREATMENT: Refusal =
    Refusal::later("IGNORE NULLS", "leave the NULLs out with FILTER (WHERE x IS NOT NULL)");
pub(super) const LAG_DEFAULT: Refusal = Refusal::later("lag with a default", "coalesce(lag(x, n) OVER w, default)");
pub(super) const ASOF_JOIN: Refusal = Refusal::later(
    "ASOF JOIN",
    "carry the value on the stream's own events, or look back with lag or last_value over a window",
);
pub(super) const JOIN: Refusal = Refusal::never(
    "a join",
    "a view folds one stream, and what another holds depends on when it is asked",
    "SELECT … FROM one stream",
);
pub(super) const VIEW_OF_VIEW: Refusal = Refusal::never(
    "a view of a view",
    "a view folds the events of one stream",
    "SELECT … FROM the stream, with the other view's expressions written out",
);
pub(super) const GROUP_BY: Refusal = Refusal::never(
    "GROUP BY",
    "a view has one row for every event that it keeps",
    "aggregate over a window: sum(x) OVER (PARTITION BY key ORDER BY event_time)",
);
pub(super) const GROUP_BY_TIME: Refusal = Refusal::later(
    "GROUP BY over windows of time",
    "aggregate over rows: sum(x) OVER (PARTITION BY key ORDER BY event_time ROWS n PRECEDING)",
);
pub(super) const FILTER_ROWS: Refusal = Refusal::never(
    "this clause",
    "a view drops events before its windows see them, and keeps every row afterwards",
    "WHERE for events; a column for a condition on windows",
);
pub(super) const ORDER_OF_ROWS: Refusal =
    Refusal::never("ORDER BY of a view's rows", "rows come in the order of the log", "leave it out");
pub(super) const LIMIT: Refusal =
    Refusal::never("a limit", "a view has one row for every event that it keeps", "WHERE, to keep fewer events");
pub(super) const SET_OPERATION: Refusal =
    Refusal::never("a set operation", "a view folds one stream in one pass", "two views");
pub(super) const SELECT_DISTINCT: Refusal = Refusal::never(
    "SELECT DISTINCT",
    "a view has one row for every event that it keeps",
    "leave DISTINCT out: repeated events are dropped by their id",
);
pub(super) const WILDCARD: Refusal =
    Refusal::never("SELECT *", "a new field of the stream would silently become a feature", "name the columns");
pub(super) const SUBQUERY: Refusal = Refusal::never(
    "a subquery",
    "a view folds one stream in one pass",
    "write the expression out, or put it into a column of its own",
);
pub(super) const LIKE: Refusal =
    Refusal::never("pattern matching", "the row expressions have no patterns", "compare with = or IN (…)");
pub(super) const DISTINCT_FROM: Refusal = Refusal::never(
    "IS DISTINCT FROM",
    "the row expressions have no such comparison",
    "coalesce both sides, then compare with = or <>",
);
pub(super) const IS_TRUE: Refusal = Refusal::never(
    "IS TRUE or IS FALSE",
    "the row expressions have no such test",
    "coalesce(x, false), or NOT coalesce(x, true)",
);
pub(super) const TRY_CAST: Refusal =
    Refusal::never("TRY_CAST", "CAST already gives NULL for text that does not fit", "CAST(x AS type)");

/// Functions that are known, and refused.
pub(super) fn function(name: &str) -> Option<Refusal> {
    const CLOCK: &str = "the same event must give the same row whenever it is computed";
    Some(match name {
        "now"
        | "current_timestamp"
        | "current_date"
        | "current_time"
        | "localtimestamp"
        | "localtime"
        | "clock_timestamp"
        | "statement_timestamp"
        | "transaction_timestamp"
        | "getdate"
        | "sysdate" => {
            Refusal::never("the wall clock", CLOCK, "event_time, the event's own time, or one of its fields")
        }
        "random" | "rand" | "gen_random_uuid" | "uuid" | "newid" => {
            Refusal::never("a random value", CLOCK, "a field of the event")
        }
        "lead" => Refusal::never("lead", "a live row cannot see the events after it", "lag(x, n) OVER w"),
        "rank" | "dense_rank" | "percent_rank" | "cume_dist" | "ntile" => Refusal::never(
            "ranking",
            "a live row does not know the rows that it would be ranked among",
            "count(*) OVER w, or compare with max(x) OVER w",
        ),
        "row_number" => Refusal::never(
            "row_number",
            "it is a count of the rows so far",
            "count(*) OVER (PARTITION BY key ORDER BY event_time)",
        ),
        "array_agg" | "string_agg" | "group_concat" | "json_agg" | "listagg" => Refusal::never(
            "collecting values",
            "a key's state must not grow without bound",
            "count, sum, avg, min, max, lag, first_value or last_value",
        ),
        "median" | "percentile_cont" | "percentile_disc" | "mode" => {
            Refusal::never("an exact quantile", "its cost grows with the frame", "avg, min or max over the window")
        }
        "approx_count_distinct" => WITHOUT_CAP,
        "variance" | "var_pop" => {
            Refusal::never("this spelling of the variance", "there is one, of a sample", "var_samp(x) OVER w")
        }
        "stddev" | "stddev_pop" => {
            let nearest = "stddev_samp(x) OVER w";
            Refusal::never("this spelling of the standard deviation", "there is one, of a sample", nearest)
        }
        "tumble" | "hop" | "tumble_start" | "tumble_end" | "hop_start" | "hop_end" => GROUP_BY_TIME,
        _ => return None,
    })
}
