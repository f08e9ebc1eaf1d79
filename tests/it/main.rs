//! Whole-system tests: the real binary, the real store, the real sockets. One integration binary, one module a topic.
#![cfg(test)]

mod architecture;
#[cfg(all(feature = "train", feature = "serve", feature = "kafka"))]
mod chaos;
#[cfg(all(feature = "train", feature = "serve"))]
mod documented;
#[cfg(all(feature = "train", feature = "serve"))]
mod explained;
#[cfg(feature = "train")]
mod exploded;
mod history;
#[cfg(all(feature = "train", feature = "serve", feature = "kafka"))]
mod kafka;
#[cfg(all(feature = "train", feature = "serve"))]
mod kill;
mod live;
#[cfg(all(feature = "train", feature = "serve"))]
mod lol;
mod models;
#[cfg(all(feature = "train", feature = "serve"))]
mod onnx_in;
#[cfg(feature = "train")]
mod onnx_out;
#[cfg(feature = "train")]
mod parity;
#[cfg(all(feature = "train", feature = "serve"))]
mod prediction_log;
#[cfg(feature = "train")]
mod project;
#[cfg(all(feature = "train", feature = "serve"))]
mod recovery;
#[cfg(all(feature = "train", feature = "serve"))]
mod redis;
#[cfg(all(feature = "train", feature = "serve"))]
mod replay;
#[cfg(feature = "train")]
mod report;
#[cfg(feature = "serve")]
mod serve;
#[cfg(all(feature = "train", feature = "serve"))]
mod skew;
#[cfg(all(feature = "train", feature = "serve"))]
mod stacked;
#[cfg(all(feature = "train", feature = "serve"))]
mod stream;
mod support;
mod train;
#[cfg(all(feature = "train", feature = "serve"))]
mod versions;
