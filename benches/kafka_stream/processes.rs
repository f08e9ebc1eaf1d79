//! The processes that take part, and what CPU time each has used (Linux; zero elsewhere).

use std::collections::HashMap;
use std::ops::Sub;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::broker::PATIENCE;

/// How often it is looked how far the work is.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The slowest peer gets so much time from one step to the next.
const PROGRESS: Duration = Duration::from_secs(300);

/// A process of ours: gone when this is.
pub(crate) struct Running {
    child: Child,
    name: String,
}

impl Running {
    pub(crate) fn start(name: &str, command: &mut Command) -> Running {
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Running { child, name: name.to_owned() }
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn terminate(&mut self) {
        // One that has ended already is none to ask.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let asked = Instant::now();
        while self.child.try_wait().expect("a status").is_none() {
            assert!(asked.elapsed() < PATIENCE, "{} does not end", self.name);
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes that `make services` started.
#[derive(Debug, Default)]
pub(crate) struct Services {
    broker: Option<u32>,
    redis: Option<u32>,
}

impl Services {
    pub(crate) fn find() -> Services {
        let services = Path::new(env!("CARGO_MANIFEST_DIR")).join(".clutch/services");
        let pid = |path: &str| std::fs::read_to_string(services.join(path)).ok()?.trim().parse().ok();
        Services { broker: pid("kafka/pid"), redis: pid("redis/single/pid") }
    }
}

/// CPU time by process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// Those that do the work, with their own children.
    pub(crate) workers: Duration,
    pub(crate) broker: Duration,
    pub(crate) redis: Duration,
}

impl Cpu {
    fn so_far(workers: &[Running], services: &Services) -> Cpu {
        let all = all_processes();
        let tree = |root: u32| of_tree(&all, root);
        Cpu {
            workers: workers.iter().map(|worker| tree(worker.child.id())).sum(),
            broker: services.broker.map_or(Duration::ZERO, tree),
            redis: services.redis.map_or(Duration::ZERO, tree),
        }
    }
}

impl Sub for Cpu {
    type Output = Cpu;

    fn sub(self, before: Cpu) -> Cpu {
        Cpu {
            workers: self.workers.saturating_sub(before.workers),
            broker: self.broker.saturating_sub(before.broker),
            redis: self.redis.saturating_sub(before.redis),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Process {
    parent: u32,
    /// It has ended, and nobody has asked how.
    ended: bool,
    cpu: Duration,
}

fn all_processes() -> HashMap<u32, Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, process(pid)?))).collect()
}

fn process(pid: u32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    // Its own and that of children that have ended, in user space and in the kernel.
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    // Linux counts in hundredths of a second.
    let cpu = Duration::from_millis(10 * ticks);
    Some(Process { parent: fields.get(1)?.parse().ok()?, ended: fields.first() == Some(&"Z"), cpu })
}

fn of_tree(all: &HashMap<u32, Process>, root: u32) -> Duration {
    let own = all.get(&root).map_or(Duration::ZERO, |process| process.cpu);
    let children = all.iter().filter(|(_, process)| process.parent == root);
    own + children.map(|(&child, _)| of_tree(all, child)).sum::<Duration>()
}

/// What was measured between the first sign of progress and the last: starts are not counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) events: u64,
    pub(crate) took: Duration,
    pub(crate) cpu: Cpu,
    /// From the start of the processes.
    pub(crate) from_start: Duration,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(crate) fn per_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64()
    }

    /// Microseconds.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(crate) fn an_event(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.events as f64
    }
}

/// Watches until `so_far` has come to `end`.
pub(crate) fn measure(
    workers: &[Running],
    services: &Services,
    end: u64,
    mut so_far: impl FnMut() -> u64,
    tell: impl Fn(u64),
) -> Measured {
    let started = Instant::now();
    let mut first = None;
    let (mut last, mut moved) = (0, started);
    loop {
        let now = so_far().max(last);
        tell(now);
        if now != last {
            (last, moved) = (now, Instant::now());
        }
        if first.is_none() && now > 0 {
            first = Some((now, Instant::now(), Cpu::so_far(workers, services)));
        }
        if let Some((before, since, cpu)) = first
            && now >= end
        {
            let took = since.elapsed();
            let cpu = Cpu::so_far(workers, services) - cpu;
            assert!(end > before, "everything was committed at once: {end} events are too few to measure");
            return Measured { events: end - before, took, cpu, from_start: started.elapsed() };
        }
        let ended = workers.iter().all(|worker| process(worker.child.id()).is_none_or(|process| process.ended));
        // What it did last may be told after it has ended.
        let patience = if ended { Duration::from_secs(5) } else { PROGRESS };
        assert!(moved.elapsed() < patience, "{} stands still at {now} of {end}", workers[0].name);
        std::thread::sleep(LOOK_EVERY);
    }
}
