//! Sends, listens, and measures.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use features::project::{Endpoint, Project};
use hdrhistogram::Histogram;
use serde_json::value::RawValue;
use serving::instance::Holder;

use super::arrivals::Arrivals;
use super::cpu::{self, Watched};
use super::ledger::{Ledger, Origin};
use super::load::Load;
use super::report::{Outcome, Process};
use super::wire::{self, Inlet};
use crate::progress;
use crate::stream::outlet::{Outlet, Sent};

/// The most events in one append.
const AT_ONCE: usize = 500;
/// At full speed so many predictions may be due at a time: more would only wait in the log.
const MOST_DUE: u64 = 20_000;
/// How long a full ledger is waited for before it is looked at again.
const NAP: Duration = Duration::from_micros(200);
/// How long the listener waits before it looks whether it is to end.
const LISTEN: Duration = Duration::from_millis(50);

/// What is measured.
pub(super) struct Plan<'a> {
    pub(super) project: &'a Project,
    pub(super) endpoint: &'a Endpoint,
    pub(super) events: u64,
    pub(super) until: Option<Duration>,
    pub(super) warm_up: Duration,
    pub(super) wait: bool,
    pub(super) patience: Duration,
    pub(super) processes: Vec<Watched>,
}

/// Between the one that sends and the one that listens.
struct Shared {
    started: Instant,
    ledger: Mutex<Ledger>,
    all_sent: AtomicBool,
}

/// What the listener has heard.
struct Heard {
    /// Microseconds.
    latencies: Histogram<u64>,
    last: Duration,
}

/// What the sender has done.
struct Done {
    events: u64,
    kept: u64,
    took: Duration,
    latest: Duration,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Each change is whole before it can fail.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn run(plan: &Plan<'_>, load: Load, arrivals: Arrivals) -> anyhow::Result<Outcome> {
    let stream = &plan.project.models[&plan.endpoint.model].view.stream;
    let (outlet, inlet) = wire::open(plan.project, stream, plan.endpoint)?;
    let mut watched = plan.processes.clone();
    if let Some(server) = Holder::read(&plan.project.instance_dir()) {
        watched.push(Watched { name: "server".to_owned(), pid: server.pid });
    }
    watched.push(Watched { name: "bench".to_owned(), pid: std::process::id() });
    let before: Vec<Option<f64>> = watched.iter().map(|process| cpu::seconds(process.pid)).collect();
    let shared = Shared { started: Instant::now(), ledger: Mutex::default(), all_sent: AtomicBool::new(false) };
    let (done, heard) = std::thread::scope(|scope| {
        let listener = plan.wait.then(|| scope.spawn(|| listen(plan, &shared, inlet)));
        let done = send(plan, &shared, load, arrivals, outlet);
        shared.all_sent.store(true, Ordering::SeqCst);
        let heard = listener.map(|listener| {
            listener.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the listener panicked: see the log")))
        });
        (done, heard.transpose())
    });
    let (done, heard) = (done?, heard?);
    let used = |(process, before): (&Watched, &Option<f64>)| {
        let seconds = cpu::seconds(process.pid)? - (*before)?;
        Some(Process { name: process.name.clone(), pid: process.pid, seconds })
    };
    let ledger = shared.ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Outcome {
        endpoint: plan.endpoint.name.to_string(),
        waited: plan.wait,
        events: done.events,
        kept: done.kept,
        sending: done.took,
        latest_send: done.latest,
        until_last: heard.as_ref().map(|heard| heard.last),
        latencies: heard.map(|heard| heard.latencies),
        seen: ledger.seen,
        missing: if plan.wait { ledger.outstanding() } else { 0 },
        doubled: ledger.doubled,
        unexpected: ledger.unexpected,
        most_outstanding: ledger.most_outstanding,
        processes: watched.iter().zip(&before).filter_map(used).collect(),
    })
}

/// Sends each event when it is due.
fn send(
    plan: &Plan<'_>,
    shared: &Shared,
    mut load: Load,
    mut arrivals: Arrivals,
    mut outlet: Outlet,
) -> anyhow::Result<Done> {
    let total = if plan.events == u64::MAX { 0 } else { plan.events };
    let bar = progress::bar(total, "sending", "events");
    let mut done = Done { events: 0, kept: 0, took: Duration::ZERO, latest: Duration::ZERO };
    let mut due = arrivals.next();
    let mut batch = Vec::with_capacity(AT_ONCE);
    while done.events < plan.events && plan.until.is_none_or(|until| shared.started.elapsed() < until) {
        if due.is_none() && plan.wait && shared.ledger().outstanding() >= MOST_DUE {
            std::thread::sleep(NAP);
            continue;
        }
        let now = shared.started.elapsed();
        while batch.len() < AT_ONCE && done.events < plan.events && due.is_none_or(|due| due <= now) {
            let intended = due.unwrap_or(now);
            done.latest = done.latest.max(now.saturating_sub(intended));
            let mut value = Vec::new();
            let next = load.next(&mut value);
            if next.kept {
                done.kept += 1;
                shared.ledger().expect(next.name, micros(intended));
            }
            batch.push(Sent { partition: next.partition, key: next.key.to_vec(), value });
            done.events += 1;
            due = arrivals.next();
        }
        if batch.is_empty() {
            let wait = due.unwrap_or_default().saturating_sub(shared.started.elapsed());
            std::thread::sleep(wait.min(LISTEN));
            continue;
        }
        outlet.send(&batch)?;
        batch.clear();
        bar.set_position(done.events);
    }
    outlet.finish()?;
    done.took = shared.started.elapsed();
    bar.finish_and_clear();
    Ok(done)
}

/// Reads predictions back until none is due any more, or none has come for as long as patience lasts.
fn listen(plan: &Plan<'_>, shared: &Shared, mut inlet: Inlet) -> anyhow::Result<Heard> {
    let field = {
        let stream = &plan.project.models[&plan.endpoint.model].view.stream;
        super::template::varied_name(stream)
    };
    let mut heard = Heard { latencies: Histogram::new(3)?, last: Duration::ZERO };
    let mut quiet_since = Instant::now();
    loop {
        let mut unread = None;
        inlet.take(LISTEN, |value| {
            let now = shared.started.elapsed();
            let Some((key, origin)) = read(value, &field) else {
                unread = Some(String::from_utf8_lossy(value).into_owned());
                return;
            };
            if let Some(intended) = shared.ledger().seen(&key, origin) {
                quiet_since = Instant::now();
                heard.last = now;
                if intended >= micros(plan.warm_up) {
                    heard.latencies.saturating_record(micros(now).saturating_sub(intended).max(1));
                }
            }
        })?;
        if let Some(unread) = unread {
            anyhow::bail!("a prediction has an unknown form: {unread}");
        }
        if shared.all_sent.load(Ordering::SeqCst)
            && (shared.ledger().outstanding() == 0 || quiet_since.elapsed() > plan.patience)
        {
            return Ok(heard);
        }
    }
}

#[derive(serde::Deserialize)]
struct Told<'a> {
    partition: u32,
    offset: u64,
    #[serde(borrow)]
    key: HashMap<&'a str, &'a RawValue>,
}

/// The value of the varied key field as text, and which event was predicted.
fn read(value: &[u8], field: &str) -> Option<(String, Origin)> {
    let Told { partition, offset, key } = serde_json::from_slice(value).ok()?;
    let text = key.get(field)?.get();
    Some((text.trim_matches('"').to_owned(), Origin { partition, offset }))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
