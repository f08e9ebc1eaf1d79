//! The interface as clients see it, through the router in process.

mod answers;
mod as_of;
mod bad_bodies;
mod connections;
mod exchange;
mod explanations;
mod feedback;
mod limits;
mod status;
mod support;
