//! Honest hosts agree over anything; dishonest ones are found out.

#[cfg(feature = "batch")]
mod elsewhere;
#[cfg(feature = "batch")]
mod faults;
#[cfg(feature = "batch")]
mod generated;
