//! What an event costs in the stream host against the length of its frame: ten rows beside a million, by rows and by
//! time, for the aggregates whose cost must not grow. One key, one core, events in order.
//!
//! Run: `cargo bench --bench frame_length`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use features::event::Event;
use features::host::{KeyState, Position, StreamHost};
use features::schema::{EventTime, Field, Schema, Stream};
use features::sql::{Catalog, Scope, scalar_of, view};
use features::value::{Type, Value};

/// Fills the longest frame before anything is measured.
const FILL: u64 = 1_000_000;
const EVENTS: u64 = 200_000;
const REPETITIONS: usize = 5;

fn main() {
    println!("microseconds an event, medians of {REPETITIONS} times {EVENTS} events; {FILL} events before them");
    println!(
        "{:<12} {:>10} {:>14} {:>8} {:>10} {:>14} {:>8}",
        "", "10 rows", "1,000,000", "times", "10 µs", "1 s", "times"
    );
    for function in ["count", "sum", "avg", "min", "max"] {
        let cost = |frame: &str| cost(function, frame);
        let rows = (cost("ROWS 10 PRECEDING"), cost("ROWS 1000000 PRECEDING"));
        // An event every microsecond: as many rows.
        let time = (cost("RANGE INTERVAL '10 microseconds' PRECEDING"), cost("RANGE INTERVAL '1 second' PRECEDING"));
        println!(
            "{function:<12} {:>10.3} {:>14.3} {:>8.2} {:>10.3} {:>14.3} {:>8.2}",
            rows.0,
            rows.1,
            rows.1 / rows.0,
            time.0,
            time.1,
            time.1 / time.0
        );
    }
}

/// Microseconds an event.
fn cost(function: &str, frame: &str) -> f64 {
    let stream = ticks();
    let text = format!(
        "CREATE VIEW v AS SELECT {function}(x) OVER (PARTITION BY game ORDER BY event_time {frame}) AS y FROM ticks"
    );
    let view = Arc::new(view(&text, &Catalog::from(Arc::clone(&stream))).view.expect("a view"));
    let mut host = StreamHost::new(stream, vec![view]);
    let mut state = KeyState::default();
    let mut next = 0;
    let mut run = |events: u64| {
        let events: Vec<Event> = (next..next + events).map(event).collect();
        let started = Instant::now();
        for event in &events {
            let position = Position { partition: 0, offset: next, append_time: None };
            black_box(host.process(&mut state, event, position));
            next += 1;
        }
        started.elapsed().as_secs_f64() * 1e6 / events.len() as f64
    };
    run(FILL);
    let mut figures: Vec<f64> = (0..REPETITIONS).map(|_| run(EVENTS)).collect();
    figures.sort_by(f64::total_cmp);
    figures[REPETITIONS / 2]
}

fn event(number: u64) -> Event {
    // Neither rising nor falling, so that min and max keep candidates.
    let x = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / 256.0;
    let time = number.cast_signed();
    Event { fields: Box::new([Value::String("g".into()), Value::Timestamp(time), Value::Float(x)]), time }
}

fn ticks() -> Arc<Stream> {
    let field = |name: &str, ty| Field::new(name, ty);
    let fields = vec![field("game", Type::String), field("at", Type::Timestamp), field("x", Type::Float)];
    let schema = Schema::new(fields);
    let at = scalar_of("at", &Scope::fields(&schema), Some((Type::Timestamp, "event_time"))).expect("event time");
    Arc::new(Stream {
        name: "ticks".into(),
        topic: "ticks".to_owned(),
        outcomes_topic: "ticks-outcomes".to_owned(),
        partitions: 1,
        schema: Arc::new(schema),
        key: vec![0],
        id: Vec::new(),
        event_time: EventTime::Time { text: at.text, program: at.program },
        lateness: 0,
        dedupe: 0,
        max_ahead: 0,
        retention: None,
        explode: None,
    })
}
