//! The responders of one process: one for each partition of each request stream that is its own at the moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use features::project::RequestStream;
use smol_str::SmolStr;

use super::answer::Asking;
use super::responder::Responder;
use super::runner::Runner;
use crate::log::{Consumer, EventLog, Groups, LogError, Member, Membership, TopicPartition};
use crate::metrics::Metrics;
use crate::stop::Stop;
use crate::worker::{PartitionStatus, Phase, StartError, StatusCell};

/// The name under which responders keep their offsets in the log.
const GROUP: SmolStr = SmolStr::new_static("responder");

/// What responders are made from.
#[derive(Debug, Clone)]
pub struct RequestParts {
    pub log: Arc<dyn EventLog>,
    /// Who says which partitions this process works; without it works all of them.
    pub groups: Option<Arc<dyn Groups>>,
    pub asking: Arc<dyn Asking>,
    pub metrics: Arc<Metrics>,
}

/// Everything that answers messages in this process.
#[derive(Debug)]
pub struct Responders {
    crew: Arc<Crew>,
    /// Emptied when the group is left.
    membership: Mutex<Option<Box<dyn Membership>>>,
}

#[derive(Debug)]
struct Crew {
    streams: Vec<RequestStream>,
    parts: RequestParts,
    running: Mutex<Vec<Running>>,
    /// Whether it is known which partitions are this process's.
    settled: AtomicBool,
}

#[derive(Debug)]
struct Running {
    place: TopicPartition,
    status: Arc<StatusCell>,
    stop: Arc<Stop>,
    thread: JoinHandle<()>,
}

impl Responders {
    /// Creates the topics that are missing and starts a responder for each partition: at once, or as a group gives it to
    /// this process.
    pub fn start(streams: Vec<RequestStream>, parts: &RequestParts) -> Result<Responders, StartError> {
        for stream in &streams {
            for topic in [&stream.topic, &stream.answers] {
                let created = parts.log.create_topic(topic, stream.partitions);
                created.map_err(|source| StartError::Topics { stream: stream.name.clone(), source })?;
            }
        }
        let alone = parts.groups.is_none() || streams.is_empty();
        let crew = Arc::new(Crew {
            streams,
            parts: parts.clone(),
            running: Mutex::default(),
            settled: AtomicBool::new(alone),
        });
        let responders = Responders { crew: Arc::clone(&crew), membership: Mutex::default() };
        match &parts.groups {
            // What is running already is stopped when `responders` is dropped.
            None => crew.start_all().map_err(StartError::Thread)?,
            Some(groups) if !crew.streams.is_empty() => {
                let joined = crew.join(&**groups).map_err(StartError::Group)?;
                *responders.membership.lock().unwrap_or_else(PoisonError::into_inner) = Some(joined);
            }
            Some(_) => {}
        }
        Ok(responders)
    }

    pub fn streams(&self) -> &[RequestStream] {
        &self.crew.streams
    }

    /// Who answers in a partition of a topic; `None` where nobody in this process does.
    pub fn status(&self, topic: &str, partition: u32) -> Option<PartitionStatus> {
        let running = self.crew.lock();
        let found = running.iter().find(|one| one.place.topic == topic && one.place.partition == partition)?;
        Some(found.status.get())
    }

    pub fn is_ready(&self) -> bool {
        self.crew.settled.load(Ordering::SeqCst)
            && self.crew.lock().iter().all(|running| running.status.get().phase == Phase::Running)
    }

    /// Stops every responder after its current batch, and then gives up their partitions.
    pub fn stop(&self) {
        self.crew.stop(|_| true);
        drop(self.membership.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Responders {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Who answers in a partition of a request stream.
pub(crate) fn consumer(topic: &str, partition: u32) -> Consumer {
    Consumer { group: GROUP, place: TopicPartition { topic: topic.into(), partition } }
}

impl Crew {
    fn start_all(&self) -> std::io::Result<()> {
        for stream in &self.streams {
            for partition in 0..stream.partitions {
                self.start(stream, partition)?;
            }
        }
        Ok(())
    }

    fn join(self: &Arc<Crew>, groups: &dyn Groups) -> Result<Box<dyn Membership>, LogError> {
        let topics: Vec<SmolStr> = self.streams.iter().map(|stream| SmolStr::from(&stream.topic)).collect();
        groups.join(&GROUP, &topics, Arc::new(GroupMember(Arc::clone(self))))
    }

    fn start(&self, stream: &RequestStream, partition: u32) -> std::io::Result<()> {
        let RequestParts { log, asking, metrics, .. } = &self.parts;
        let consumer = consumer(&stream.topic, partition);
        let place = consumer.place.clone();
        let answers = SmolStr::from(&stream.answers);
        let (status, stop) = (Arc::<StatusCell>::default(), Arc::<Stop>::default());
        let runner = Runner {
            responder: Responder::new(Arc::clone(log), Arc::clone(asking), consumer, answers),
            stop: Arc::clone(&stop),
            status: Arc::clone(&status),
            metrics: metrics.requests.stream(&stream.name),
            name: place.to_string(),
        };
        let name = format!("responder-{}-{partition}", stream.name);
        let thread = std::thread::Builder::new().name(name).spawn(move || runner.run())?;
        self.lock().push(Running { place, status, stop, thread });
        Ok(())
    }

    /// Stops those that `chosen` is true for, each after its current batch, and waits until they have stopped.
    fn stop(&self, chosen: impl Fn(&Running) -> bool) {
        let stopping: Vec<Running> = self.lock().extract_if(.., |running| chosen(running)).collect();
        for Running { stop, .. } in &stopping {
            stop.request();
        }
        for Running { thread, .. } in stopping {
            if thread.join().is_err() {
                tracing::error!("a responder's thread panicked");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        // Changed by single pushes and removals: a panic elsewhere leaves nothing half done.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the group decides, carried out.
struct GroupMember(Arc<Crew>);

impl Member for GroupMember {
    fn given(&self, places: &[TopicPartition]) {
        let GroupMember(crew) = self;
        for TopicPartition { topic, partition } in places {
            let Some(stream) = crew.streams.iter().find(|stream| stream.topic == *topic) else { continue };
            if *partition >= stream.partitions {
                let declared = stream.partitions;
                tracing::error!(topic = %topic, partition, declared, "a partition was added: its questions are not answered");
                continue;
            }
            if let Err(error) = crew.start(stream, *partition) {
                tracing::error!(topic = %topic, partition, %error, "a responder's thread could not be started");
            }
        }
        crew.settled.store(true, Ordering::SeqCst);
    }

    fn taken(&self, places: &[TopicPartition]) {
        self.0.stop(|running| places.contains(&running.place));
    }
}
