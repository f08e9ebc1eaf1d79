//! What an event costs in the stream host against the length of its frame: ten rows beside a million, by rows and by
//! time, for the aggregates whose cost must not grow. One key, one core. Once with all events in order, once with one in
//! ten out of order; then what does grow: a request, and the state as bytes.
//!
//! Run: `cargo bench --bench frame_length`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use features::event::Event;
use features::host::{KeyState, Position, RequestHost, StreamHost};
use features::plan::View;
use features::schema::{EventTime, Field, Schema, Stream};
use features::sql::{Catalog, Scope, scalar_of, view};
use features::value::{Micros, Type, Value};

/// Fills the longest frame before anything is measured.
const FILL: u64 = 1_000_000;
const EVENTS: u64 = 200_000;
const REPETITIONS: usize = 5;
/// How far behind the newest an event out of order is: as many rows.
const BEHIND: Micros = 50;
/// An event every microsecond: as many rows by time.
const FRAMES: [&str; 4] = [
    "ROWS 10 PRECEDING",
    "ROWS 1000000 PRECEDING",
    "RANGE INTERVAL '10 microseconds' PRECEDING",
    "RANGE INTERVAL '1 second' PRECEDING",
];
const FUNCTIONS: [&str; 5] = ["count", "sum", "avg", "min", "max"];

/// What values do in time: of rising ones the newest is the greatest, and no other is a candidate for `max`.
#[derive(Clone, Copy)]
enum Values {
    Scattered,
    Rising,
}

fn main() {
    println!("microseconds an event, medians of {REPETITIONS} times {EVENTS} events; {FILL} events before them");
    table("in order", FUNCTIONS, |function, frame| cost(function, frame, Values::Scattered, false));
    let title = format!("1 in 10 out of order by {BEHIND} rows");
    table(&title, FUNCTIONS, |function, frame| cost(function, frame, Values::Scattered, true));
    table(&format!("{title}, rising values"), ["min", "max"], |function, frame| {
        cost(function, frame, Values::Rising, true)
    });
    println!("\nwhat grows with the rows that a state holds, microseconds each");
    table("a request, state at hand", ["sum", "max"], |function, frame| {
        let (view, _, state) = filled(function, frame);
        let mut requests = RequestHost::new(view, 0);
        let next = event(FILL, Values::Scattered, false);
        median(|| drop(black_box(requests.row(Some(&state), &next).expect("a row"))))
    });
    table("the state to bytes", ["sum"], |function, frame| {
        let (_, host, state) = filled(function, frame);
        median(|| drop(black_box(state.encode(&host))))
    });
    table("bytes to the state", ["sum"], |function, frame| {
        let (_, host, state) = filled(function, frame);
        let bytes = state.encode(&host);
        median(|| drop(black_box(KeyState::decode(&bytes, &host).expect("a state"))))
    });
}

fn table<const N: usize>(title: &str, functions: [&str; N], cost: impl Fn(&str, &str) -> f64) {
    println!(
        "\n{title:<44} {:>10} {:>14} {:>8} {:>10} {:>14} {:>8}",
        "10 rows", "1,000,000", "times", "10 µs", "1 s", "times"
    );
    for function in functions {
        let [few, many, short, long] = FRAMES.map(|frame| cost(function, frame));
        println!(
            "{function:<44} {few:>10.3} {many:>14.3} {:>8.2} {short:>10.3} {long:>14.3} {:>8.2}",
            many / few,
            long / short
        );
    }
}

/// Microseconds an event.
fn cost(function: &str, frame: &str, values: Values, out_of_order: bool) -> f64 {
    let (_, mut host) = host(function, frame);
    let mut state = KeyState::default();
    let mut next = 0;
    let mut run = |events: u64, out_of_order: bool| {
        let events: Vec<Event> = (next..next + events).map(|number| event(number, values, out_of_order)).collect();
        let started = Instant::now();
        for event in &events {
            let position = Position { partition: 0, offset: next, append_time: None };
            black_box(host.process(&mut state, event, position));
            next += 1;
        }
        started.elapsed().as_secs_f64() * 1e6 / events.len() as f64
    };
    run(FILL, false);
    let mut figures: Vec<f64> = (0..REPETITIONS).map(|_| run(EVENTS, out_of_order)).collect();
    figures.sort_by(f64::total_cmp);
    figures[REPETITIONS / 2]
}

fn host(function: &str, frame: &str) -> (Arc<View>, StreamHost) {
    let stream = ticks();
    let text = format!(
        "CREATE VIEW v AS SELECT {function}(x) OVER (PARTITION BY game ORDER BY event_time {frame}) AS y FROM ticks"
    );
    let view = Arc::new(view(&text, &Catalog::from(Arc::clone(&stream))).view.expect("a view"));
    let host = StreamHost::new(stream, vec![Arc::clone(&view)]);
    (view, host)
}

/// A key whose frame is full.
fn filled(function: &str, frame: &str) -> (Arc<View>, StreamHost, KeyState) {
    let (view, mut host) = host(function, frame);
    let mut state = KeyState::default();
    for offset in 0..FILL {
        host.process(
            &mut state,
            &event(offset, Values::Scattered, false),
            Position { partition: 0, offset, append_time: None },
        );
    }
    (view, host, state)
}

/// Microseconds.
fn median(mut run: impl FnMut()) -> f64 {
    let mut figures: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    figures[REPETITIONS / 2]
}

fn event(number: u64, values: Values, out_of_order: bool) -> Event {
    let x = match values {
        // Neither rising nor falling, so that min and max keep candidates.
        Values::Scattered => (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / 256.0,
        Values::Rising => number as f64,
    };
    let behind = if out_of_order && number.is_multiple_of(10) { BEHIND } else { 0 };
    let time = number.cast_signed() - behind;
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
        lateness: 2 * BEHIND,
        dedupe: 0,
        max_ahead: 0,
        retention: None,
        explode: None,
    })
}
