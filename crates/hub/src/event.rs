//! Progress of a download, as reported to the caller.

use std::time::Duration;

/// A step of a download, passed to the callback of [`Hub::get`](crate::Hub::get)
/// and [`PackageIndex::get`](crate::PackageIndex::get).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "Fetched")]
#[doc(alias = "progress")]
pub enum FetchEvent<'a> {
    /// Bytes of a file have arrived. A resumed download starts above 0, and a download that has to be repeated starts
    /// again at 0. The last event of a file has `done` equal to `total`.
    Bytes {
        /// The file's name.
        file: &'a str,
        /// Bytes that have arrived.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Another process is downloading the file; this one waits for it.
    OtherProcess {
        /// The file's name.
        file: &'a str,
        /// Bytes that the other process has downloaded, as far as can be seen.
        done: u64,
    },
    /// The server is busy; the request is repeated after a pause.
    Waiting {
        /// The status: 429 for too many requests, 5xx for a server error; 0 if the connection was closed.
        status: u16,
        /// The length of the pause.
        wait: Duration,
    },
}
