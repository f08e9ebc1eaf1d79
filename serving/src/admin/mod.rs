//! The admin socket: how other commands reach the process that owns `.clutch`. HTTP over a unix socket that only the
//! owner of the folder may open.
//!
//! - `GET /status`: every stream, partition, endpoint and sink ([`Status`]);
//! - `GET /producers/{id}`: the number of a producer's last append;
//! - `POST /topics/{topic}/records?producer=…&sequence=…`: appends keyed records, each to its key's partition;
//! - `GET /topics/{topic}/records?partition=…&from=…&limit=…`: reads some;
//! - `GET /topics/{topic}/tail`: JSON lines of what is appended from now on, for as long as the client listens.

mod client;
mod desk;
mod listen;
mod refusal;
mod routes;
mod tail;
#[cfg(test)]
mod tests;
mod wire;

pub use client::{Client, ClientError, Tail};
pub use desk::{Desk, DeskError};
pub use listen::{BindError, bind, serve};
pub use wire::{
    AppendAnswer, EndpointReport, PartitionReport, Position, ReadAnswer, RequestsReport, SinkReport, Status,
    StoredRecord, StreamReport, TailLine, Totals, ViewReport,
};
