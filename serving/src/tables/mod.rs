//! Tables: where predictions and outcomes are kept for analysis.
//!
//! One seam, [`Tables`], with SQLite (a file of `.clutch`, or memory) and PostgreSQL. Both take the same statements; what
//! differs is in the migrations, and in how many rows go in and out at once.

mod cell;
#[cfg(any(test, feature = "test-support"))]
pub mod contract;
mod day;
mod migrations;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(all(feature = "postgres", any(test, feature = "test-support")))]
pub mod sandbox;
mod seam;
mod sqlite;

pub use cell::Cell;
pub use day::Day;
pub use place::TablesPlace;
#[cfg(feature = "postgres")]
pub use postgres::PostgresTables;
pub use seam::{Column, Exposure, ExposureRange, Kind, Statements, Tables, TablesError, Target, transact};
pub use sqlite::SqliteTables;
