//! What is told to whoever watches a download.

use std::time::Duration;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fetched<'a> {
    /// Bytes of a file are here. A download that is resumed starts above 0, and one that has to be made again starts
    /// again. The last call for a file has `done` equal to `total`.
    Bytes {
        /// The file's name.
        file: &'a str,
        /// Bytes that are here.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Another process is downloading the file, which is waited for.
    Elsewhere {
        /// The file's name.
        file: &'a str,
        /// Bytes that the other process has, as far as can be seen.
        done: u64,
    },
    /// The hub is busy, and is asked again after a while.
    Waiting {
        /// What it said: 429 for too many requests, 5xx for an error of its own; 0 if it hung up.
        status: u16,
        /// How long the wait is.
        wait: Duration,
    },
}
