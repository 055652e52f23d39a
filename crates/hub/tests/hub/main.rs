//! The crate against a hub and a package index on the loopback interface: answers, refusals, transfers, caches,
//! processes, tokens, disks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod cache;
mod disk;
mod index;
mod mock;
mod processes;
mod refusals;
mod token;
mod transfers;
