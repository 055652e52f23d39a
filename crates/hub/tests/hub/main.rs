//! The crate against a hub on loopback: right answers, refusals, transfers that go wrong, caches, two processes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod cache;
mod disk;
mod mock;
mod processes;
mod refusals;
mod token;
mod transfers;
