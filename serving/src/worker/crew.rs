//! The workers of one process: one for each partition that is its own at the moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use features::online::Claim;
use smol_str::SmolStr;

use super::machine::Worker;
use super::plan::StreamPlan;
use super::runner::Runner;
use super::status::{PartitionStatus, Phase, StatusCell};
use super::threads::Parts;
use crate::log::{Groups, LogError, Member, Membership, TopicPartition};
use crate::stop::Stop;
use crate::views::Standing;

/// Starts and stops workers.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) plans: Vec<Arc<StreamPlan>>,
    parts: Parts,
    running: Mutex<Vec<Running>>,
    /// Groups that have not given anything out yet.
    awaited: AtomicUsize,
}

#[derive(Debug)]
struct Running {
    stream: SmolStr,
    partition: u32,
    status: Arc<StatusCell>,
    stop: Arc<Stop>,
    /// Taken when it is joined.
    thread: Option<JoinHandle<()>>,
}

impl Crew {
    pub(super) fn new(plans: Vec<Arc<StreamPlan>>, parts: &Parts) -> Crew {
        Crew { plans, parts: parts.clone(), running: Mutex::default(), awaited: AtomicUsize::new(0) }
    }

    /// A worker for each partition of each stream with an endpoint.
    pub(super) fn start_all(&self) -> std::io::Result<()> {
        for plan in self.plans.iter().filter(|plan| plan.has_endpoints()) {
            for partition in 0..plan.stream.partitions {
                self.start(plan, partition)?;
            }
        }
        Ok(())
    }

    /// Joins the group of each stream with an endpoint; streams that share a group are joined together.
    pub(super) fn join(self: &Arc<Crew>, groups: &dyn Groups) -> Result<Vec<Box<dyn Membership>>, LogError> {
        let mut by_group: BTreeMap<SmolStr, Vec<Arc<StreamPlan>>> = BTreeMap::new();
        for plan in self.plans.iter().filter(|plan| plan.has_endpoints()) {
            by_group.entry(plan.consumer(0).group).or_default().push(Arc::clone(plan));
        }
        self.awaited.store(by_group.len(), Ordering::SeqCst);
        let join = |(group, plans): (SmolStr, Vec<Arc<StreamPlan>>)| {
            for plan in &plans {
                (0..plan.stream.partitions).for_each(|partition| nobodys(plan, partition));
            }
            let topics: Vec<SmolStr> = plans.iter().map(|plan| plan.topic.clone()).collect();
            let member = GroupMember { crew: Arc::clone(self), plans, heard: Mutex::new(false) };
            groups.join(&group, &topics, Arc::new(member))
        };
        by_group.into_iter().map(join).collect()
    }

    fn start(&self, plan: &Arc<StreamPlan>, partition: u32) -> std::io::Result<()> {
        let Parts { ground, clock, metrics, settings, trays, .. } = &self.parts;
        let backend = ground.backend(plan.consumer(partition));
        let worker = Worker::new(backend, Arc::clone(plan), Arc::clone(clock), *settings, new_claim);
        let worker = worker.checked_by(trays.of(&plan.stream.name));
        let (status, stop) = (Arc::new(StatusCell::default()), Arc::new(Stop::default()));
        let runner = Runner {
            worker,
            stop: Arc::clone(&stop),
            status: Arc::clone(&status),
            metrics: metrics.workers.partition(&plan.stream.name, partition),
            clock: Arc::clone(clock),
            name: format!("{}/{partition}", plan.stream.name),
            measured: None,
        };
        let name = format!("worker-{}-{partition}", plan.stream.name);
        let thread = std::thread::Builder::new().name(name).spawn(move || runner.run())?;
        let stream = plan.stream.name.clone();
        self.lock().push(Running { stream, partition, status, stop, thread: Some(thread) });
        Ok(())
    }

    /// Stops the workers that `chosen` is true for, each after its current batch, and waits until they have stopped.
    fn stop(&self, chosen: impl Fn(&Running) -> bool) {
        let stopping: Vec<Running> = self.lock().extract_if(.., |running| chosen(running)).collect();
        join_all(stopping);
    }

    /// They are known still, as stopped.
    pub(super) fn stop_all(&self) {
        let stopping = {
            let mut running = self.lock();
            running.iter_mut().filter_map(|running| Some((Arc::clone(&running.stop), running.thread.take()?))).collect()
        };
        join_threads(stopping);
    }

    /// Ends the work on a stream whose topic has got other partitions than are declared: keys are no longer where their
    /// states are. What this process had of it, or is given now, is told to be failing.
    fn halts(&self, plan: &StreamPlan, given: &[TopicPartition]) -> bool {
        let log = &self.parts.ground.log;
        let Err(error @ LogError::PartitionCount { .. }) = log.create_topic(&plan.topic, plan.stream.partitions) else {
            return false;
        };
        tracing::error!(stream = %plan.stream.name, %error, "the stream stops");
        let is_of = |running: &Running| running.stream == plan.stream.name;
        let stopping = {
            let mut running = self.lock();
            let own = running.iter_mut().filter(|running| is_of(running));
            own.filter_map(|running| Some((Arc::clone(&running.stop), running.thread.take()?))).collect()
        };
        join_threads(stopping);
        let mut running = self.lock();
        for place in given.iter().filter(|place| place.topic == plan.topic) {
            let (status, stop) = (Arc::default(), Arc::default());
            let (stream, partition) = (plan.stream.name.clone(), place.partition);
            running.push(Running { stream, partition, status, stop, thread: None });
        }
        for halted in running.iter().filter(|running| is_of(running)) {
            halted.status.update(|status| {
                status.phase = Phase::Failing;
                status.error = Some(error.to_string());
            });
        }
        true
    }

    pub(super) fn status(&self, stream: &str, partition: u32) -> Option<PartitionStatus> {
        let running = self.lock();
        let found = running.iter().find(|running| running.stream == stream && running.partition == partition)?;
        Some(found.status.get())
    }

    pub(super) fn is_ready(&self) -> bool {
        self.awaited.load(Ordering::SeqCst) == 0
            && self.lock().iter().all(|running| running.status.get().phase == Phase::Running)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        // Changed by single pushes and removals: a panic elsewhere leaves nothing half done.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a group decides, carried out.
struct GroupMember {
    crew: Arc<Crew>,
    /// The streams whose partitions the group shares out.
    plans: Vec<Arc<StreamPlan>>,
    /// Whether the group has given anything out, if only nothing.
    heard: Mutex<bool>,
}

impl Member for GroupMember {
    fn given(&self, places: &[TopicPartition]) {
        let halted: Vec<_> = self.plans.iter().filter(|plan| self.crew.halts(plan, places)).collect();
        for TopicPartition { topic, partition } in places {
            let Some(plan) = self.plans.iter().find(|plan| plan.topic == *topic) else { continue };
            if halted.iter().any(|halted| Arc::ptr_eq(halted, plan)) {
                continue;
            }
            if let Err(error) = self.crew.start(plan, *partition) {
                tracing::error!(topic = %topic, partition, %error, "a worker's thread could not be started");
            }
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *heard, true) {
            self.crew.awaited.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn taken(&self, places: &[TopicPartition]) {
        let of = |running: &Running| {
            let topic = self.plans.iter().find(|plan| plan.stream.name == running.stream).map(|plan| &plan.topic);
            places.iter().any(|place| Some(&place.topic) == topic && place.partition == running.partition)
        };
        self.crew.stop(of);
        for place in places {
            for plan in self.plans.iter().filter(|plan| plan.topic == place.topic) {
                nobodys(plan, place.partition);
            }
        }
    }
}

/// Whoever works a partition elsewhere sees to it that what serves there is level: here nobody has to wait for it.
fn nobodys(plan: &StreamPlan, partition: u32) {
    for version in plan.views.kept(&plan.stream.name) {
        version.report(partition, Standing { live: true, ..Standing::default() });
    }
}

fn join_all(stopping: Vec<Running>) {
    join_threads(stopping.into_iter().filter_map(|running| Some((running.stop, running.thread?))).collect());
}

/// All are asked to stop before the first is waited for.
fn join_threads(stopping: Vec<(Arc<Stop>, JoinHandle<()>)>) {
    for (stop, _) in &stopping {
        stop.request();
    }
    for (_, thread) in stopping {
        if thread.join().is_err() {
            tracing::error!("a worker's thread panicked");
        }
    }
}

/// A random claim.
pub(crate) fn new_claim() -> Claim {
    Claim(*uuid::Uuid::new_v4().as_bytes())
}

#[cfg(test)]
#[cfg(feature = "kafka")]
mod tests;
