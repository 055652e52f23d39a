//! Why records can't be shown in LIT.

use std::io;
use std::path::PathBuf;

/// Why a folder could not be made. Each message names the place and the repair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no record.
    #[error("there is no record to show")]
    NoRecord,
    /// A record explains nothing.
    #[error("record {record} has no outputs: LIT shows what outputs took from the tokens before them")]
    NoOutput {
        /// The record's number, from 0.
        record: usize,
    },
    /// No folder holds the client.
    #[error(
        "LIT's client is not here: no main.js in {}; {}",
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(" or "),
        crate::CLIENT.get
    )]
    NoClient {
        /// Where it was looked for.
        folders: Vec<PathBuf>,
    },
    /// The client is another one than the one that this crate was made for.
    #[error(
        "{path} is not that of LIT's client {}: its SHA-256 is {found}, and not {}; {}",
        crate::CLIENT.version, crate::CLIENT.sha256, crate::CLIENT.get
    )]
    OtherClient {
        /// Its `main.js`.
        path: PathBuf,
        /// The SHA-256 of that.
        found: String,
    },
    /// A file of the client can't be read.
    #[error("{path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Records are of several models or texts.
    #[cfg(feature = "serve")]
    #[error("the records are of several models or texts; a server begins with one text of one model")]
    SeveralTexts,
    /// There is no server at this port.
    #[cfg(feature = "serve")]
    #[error("port {port} of 127.0.0.1: {source}; choose another one, or 0 for one that is free")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// A file can't be written.
    #[error("{path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The records can't be written as JSON.
    #[error("the records can't be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// Whether another folder has to be named: it holds no client, or another one.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoClient { .. } | Self::OtherClient { .. })
    }
}
