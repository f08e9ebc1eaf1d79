//! A partition of a request stream as a state machine: take it, read where it stands, then batch by batch answer and commit.
//!
//! There is no state to restore: a batch that was not committed is answered anew, and what was written for it before is never
//! visible.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;

use super::answer::{Asking, write};
use super::error::RespondError;
use crate::log::{
    Consumer, Entry, Epoch, EventLog, LogError, Read, ReadLimit, RecordBatch, RecordRef, TopicPartition, Transaction,
};

/// What one batch holds at most: so many answers become visible together.
const BATCH: ReadLimit = ReadLimit { records: 256, bytes: 4 << 20 };

/// Answers the questions of one partition.
#[derive(Debug)]
pub struct Responder {
    log: Arc<dyn EventLog>,
    asking: Arc<dyn Asking>,
    consumer: Consumer,
    answers: SmolStr,
    taken: Option<Taken>,
}

/// What is known while the partition is this responder's.
#[derive(Debug, Clone, Copy)]
struct Taken {
    epoch: Epoch,
    /// The first question without an answer.
    next: u64,
    /// No question lies between `next` and here.
    read_to: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The partition is taken; questions follow.
    Ready,
    Answered(Answered),
    /// There is nothing to do until more questions come.
    Idle,
}

/// How many were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    pub predictions: u64,
    pub problems: u64,
}

impl Responder {
    /// `answers`: the topic that has as many partitions as the one that is read.
    pub fn new(log: Arc<dyn EventLog>, asking: Arc<dyn Asking>, consumer: Consumer, answers: SmolStr) -> Responder {
        Responder { log, asking, consumer, answers, taken: None }
    }

    /// Does one thing. After an error the next step takes the partition again.
    pub fn step(&mut self) -> Result<Step, RespondError> {
        let step = match self.taken {
            None => self.take(),
            Some(taken) => self.answer_next(taken),
        };
        if step.is_err() {
            self.retake();
        }
        step
    }

    /// Forgets everything, as a crash would.
    pub fn retake(&mut self) {
        self.taken = None;
    }

    /// The first offset without an answer.
    pub fn next_offset(&self) -> u64 {
        self.taken.map_or(0, |taken| taken.next)
    }

    /// How far the log has been read.
    pub fn reached(&self) -> u64 {
        self.taken.map_or(0, |taken| taken.next.max(taken.read_to))
    }

    /// Waits for questions, at most for `timeout`.
    pub fn wait(&self, timeout: Duration) -> Result<bool, RespondError> {
        let TopicPartition { topic, partition } = &self.consumer.place;
        Ok(self.log.wait(topic, &[(*partition, self.reached())], timeout)?)
    }

    fn take(&mut self) -> Result<Step, RespondError> {
        let epoch = self.log.open(&self.consumer)?;
        let next = self.log.committed(&self.consumer)?;
        self.taken = Some(Taken { epoch, next, read_to: next });
        Ok(Step::Ready)
    }

    fn answer_next(&mut self, taken: Taken) -> Result<Step, RespondError> {
        let from = taken.next.max(taken.read_to);
        let Read { batches, next: read_to } = match self.log.read(&self.consumer.place, from, BATCH) {
            // Nobody can be asked again what the log no longer has.
            Err(LogError::Truncated { start, .. }) => {
                tracing::warn!(place = %self.consumer.place, from, start, "questions are gone without an answer");
                self.taken = Some(Taken { read_to: start, ..taken });
                return Ok(Step::Answered(Answered::default()));
            }
            read => read?,
        };
        let questions: Vec<RecordRef<'_>> = batches.iter().flat_map(|batch| batch.records_from(from)).collect();
        let Some(last) = questions.last() else {
            self.taken = Some(Taken { read_to, ..taken });
            return Ok(Step::Idle);
        };
        let next = last.offset + 1;
        let answered = self.answer(taken.epoch, &questions, next)?;
        self.taken = Some(Taken { next, read_to, ..taken });
        Ok(Step::Answered(answered))
    }

    /// Answers of all questions and the offset behind them, as one write.
    fn answer(&self, epoch: Epoch, questions: &[RecordRef<'_>], next: u64) -> Result<Answered, RespondError> {
        let TopicPartition { topic, partition } = &self.consumer.place;
        let bodies: Vec<&[u8]> = questions.iter().map(|question| question.value).collect();
        let mut answered = Answered::default();
        let mut batch = RecordBatch::new();
        let mut replies = Vec::with_capacity(questions.len());
        for (question, reply) in questions.iter().zip(self.asking.ask(&bodies)) {
            let reply = reply.map_err(|source| RespondError::Unanswered { offset: question.offset, source })?;
            *(if reply.status == 200 { &mut answered.predictions } else { &mut answered.problems }) += 1;
            batch.push_with(question.key, |out| write(topic, *partition, *question, &reply, out))?;
            batch.trace_last(question.trace);
            replies.push(reply);
        }
        let place = TopicPartition { topic: self.answers.clone(), partition: *partition };
        let outputs = vec![Entry { place, batch }];
        self.log.commit(Transaction { consumer: self.consumer.clone(), epoch, outputs, offset: next })?;
        self.asking.published(replies);
        Ok(answered)
    }
}
