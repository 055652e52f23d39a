//! What can go wrong between a name and a folder, each with the place and what to do.

use crate::HubId;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a model could not be had. Each names the place and the repair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- what was asked
    /// A name that the hub can't have.
    #[error(
        "{given:?} is no name of a model on the hub: {why}; a good one is gpt2, owner/name or owner/name@revision"
    )]
    Id {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The hub's address is none.
    #[error(
        "{given:?} is no address of a hub: {why}; set HF_ENDPOINT to one such as https://huggingface.co, or unset it"
    )]
    Endpoint {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The token can't be one. It is not shown.
    #[error("the token in {place} holds spaces or other characters that no token has; copy it again")]
    Token {
        /// Where the token is from.
        place: String,
    },
    /// There is no home folder to have a cache in.
    #[error("there is no home folder, so there is no place for the cache; set HF_HOME to a folder")]
    NoHome,
    // --- what the hub says
    /// The hub has no such model, or does not show it.
    #[error("there is no model {id} on {host}; check the name, or log in if it is private: set HF_TOKEN")]
    NoModel {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
    },
    /// The model is there, but not the revision.
    #[error(
        "{} on {host} has no revision {:?}; see {host}/{}/tree/main for its branches, tags and commits",
        id.name(), id.revision(), id.name()
    )]
    NoRevision {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
    },
    /// The hub wants to know who asks, or does not take the token.
    #[error("{}", unauthorised(id, host, *had_token))]
    Unauthorised {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
        /// Whether a token was sent.
        had_token: bool,
    },
    /// The model is there, and its terms have to be accepted.
    #[error(
        "{host} does not let this account have {id}; accept the model's terms at {host}/{} with the account whose token \
         HF_TOKEN holds, then try again", id.name()
    )]
    Gated {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
    },
    /// The hub refuses, and the token that might have changed that could not be read.
    #[error("{refused}; no token was sent: {why}")]
    NoToken {
        /// What the hub says.
        refused: Box<Self>,
        /// What is wrong with the token's file.
        why: Box<Self>,
    },
    /// The hub said 429 for longer than the patience lasts.
    #[error("{}", too_many_requests(host, *waited, *asked))]
    TooManyRequests {
        /// The hub.
        host: String,
        /// How long was waited.
        waited: Duration,
        /// How much longer the hub asks to wait.
        asked: Option<Duration>,
    },
    /// The hub answered with an error of its own for longer than the patience lasts.
    #[error(
        "{host} answered with its own error {status}, {tries} times in {:.1} s; try later, or see status.huggingface.co",
        waited.as_secs_f64()
    )]
    Failing {
        /// The hub.
        host: String,
        /// The status, 500 or above.
        status: u16,
        /// How often it was asked.
        tries: u32,
        /// How long was waited.
        waited: Duration,
    },
    /// A status that was not expected.
    #[error("{address} answered {status}; is HF_ENDPOINT right, and is there a proxy between?")]
    Status {
        /// The address, without its query.
        address: String,
        /// The status.
        status: u16,
    },
    /// No answer at all.
    #[error(
        "{host} can't be reached: {why}; is HF_ENDPOINT right? HF_HUB_OFFLINE=1 uses what is in the cache"
    )]
    Unreachable {
        /// The server.
        host: String,
        /// What the system says.
        why: String,
    },
    /// An answer that a hub does not give.
    #[error("{address} did not answer as a hub does: {what}; is HF_ENDPOINT right?")]
    Malformed {
        /// The address, without its query.
        address: String,
        /// What is wrong with the answer.
        what: String,
    },
    // --- what the repository holds
    /// The weights are there as a pickle only.
    #[error("{}", pickle(id))]
    Pickle {
        /// The model.
        id: HubId,
    },
    /// The repository is not a checkpoint that can be read.
    #[error("{id} has no {what}; it has {}", list(has))]
    Lacks {
        /// The model.
        id: HubId,
        /// What is not there.
        what: &'static str,
        /// The files that are there.
        has: Vec<String>,
    },
    /// The list of the weights' parts is not to be trusted.
    #[error("{id}: {file} is no index of safetensors: {what}; nothing that it names was fetched")]
    Index {
        /// The model.
        id: HubId,
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        what: String,
    },
    // --- the transfer
    /// The connection ended before the file did, again and again.
    #[error("{file}: the connection ended after {got} of {expected} bytes ({why}); try again")]
    Cut {
        /// The file.
        file: String,
        /// Bytes that came.
        got: u64,
        /// Bytes in all.
        expected: u64,
        /// How it ended.
        why: String,
    },
    /// The file has another length than the hub says, twice.
    #[error(
        "{file}: {got} bytes came, and the hub says {expected}, twice; it was not kept; is there a proxy between?"
    )]
    Length {
        /// The file.
        file: String,
        /// Bytes that came.
        got: u64,
        /// Bytes that the hub says.
        expected: u64,
    },
    /// The file has another SHA-256 than the hub says, twice.
    #[error(
        "{file}: its SHA-256 is {got}, and the hub says {expected}, twice; it was not kept; is there a proxy between?"
    )]
    Hash {
        /// The file.
        file: String,
        /// What came.
        got: String,
        /// What the hub says.
        expected: String,
    },
    // --- this machine
    /// The disk is full.
    #[error(
        "the disk is full: {} more are needed in {}; make room, or set HF_HOME to a folder on another disk",
        bytes(*needed), folder.display()
    )]
    DiskFull {
        /// The cache.
        folder: PathBuf,
        /// Bytes that the file still needs.
        needed: u64,
    },
    /// The system does not let us read or write there.
    #[error("{}: permission denied; set HF_HOME to a folder of your own, or have the rights changed", path.display())]
    Denied {
        /// The file or folder.
        path: PathBuf,
    },
    /// Another process holds a file and does not get on.
    #[error(
        "{file}: another process is downloading it and has got no further for {} s; if there is none, remove {}",
        waited.as_secs(), lock.display()
    )]
    Locked {
        /// The file.
        file: String,
        /// The lock.
        lock: PathBuf,
        /// How long nothing happened.
        waited: Duration,
    },
    /// The system can't read or write there.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The hub must not be asked, and the cache does not have the model.
    #[error(
        "{variable} is set and {id} is not in the cache {}, or not whole; unset it, or put a copy of {folder_name} there \
         from a machine that has it", folder.display()
    )]
    Offline {
        /// The model.
        id: HubId,
        /// The cache.
        folder: PathBuf,
        /// The model's folder in a cache.
        folder_name: String,
        /// The variable that says so.
        variable: &'static str,
    },
}

impl Error {
    /// What the system said of a path. `needed` is what had to be written, in the cache `folder`.
    pub(crate) fn writing(source: io::Error, path: &Path, folder: &Path, needed: u64) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { folder: folder.to_owned(), needed }
            }
            _ => Self::reading(source, path),
        }
    }

    /// What the system said of a path that was only read.
    pub(crate) fn reading(source: io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied { path },
            _ => Self::Io { path, source },
        }
    }
}

fn unauthorised(id: &HubId, host: &str, had_token: bool) -> String {
    if had_token {
        format!(
            "{host} does not take the token for {id}; make a new one at {host}/settings/tokens and set HF_TOKEN"
        )
    } else {
        // The hub says 401 for names that do not exist, too, so that nobody learns which are private.
        format!(
            "{host} does not show {id} without a token: there is no such model, or it is private or gated; check the \
             name, or make a token at {host}/settings/tokens and set HF_TOKEN"
        )
    }
}

fn too_many_requests(host: &str, waited: Duration, asked: Option<Duration>) -> String {
    let more = match asked {
        Some(asked) => format!(", and it asks for {} s more", asked.as_secs()),
        None => String::new(),
    };
    format!(
        "{host} says that there were too many requests (429); gave up after {:.1} s of waiting{more}; try later, or set \
         HF_TOKEN, which allows more",
        waited.as_secs_f64()
    )
}

fn pickle(id: &HubId) -> String {
    let revision =
        if id.revision() == "main" { String::new() } else { format!(r#", revision="{}""#, id.revision()) };
    let from = format!(r#"from_pretrained("{}"{revision})"#, id.name());
    format!(
        "{id} has its weights as a pickle only (pytorch_model.bin), and opening a pickle can run code, so it was not \
         fetched; if you trust it, convert it with transformers and give the folder instead: python -c 'from \
         transformers import AutoModelForCausalLM, AutoTokenizer; AutoModelForCausalLM.{from}\
         .save_pretrained(\"FOLDER\", safe_serialization=True); AutoTokenizer.{from}.save_pretrained(\"FOLDER\")'"
    )
}

/// At most ten names.
fn list(names: &[String]) -> String {
    const MOST: usize = 10;
    let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "no file".to_owned(),
        n if n > MOST => format!("{shown} and {} more", n - MOST),
        _ => shown,
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn written(kind: io::ErrorKind) -> String {
        Error::writing(kind.into(), Path::new("cache/blobs/x"), Path::new("cache"), 548_000_000).to_string()
    }

    #[test]
    fn a_full_disk_is_told_in_words() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let text = written(kind);
            assert!(text.contains("disk is full: 548.0 MB more are needed in cache"), "{text}");
            assert!(text.contains("HF_HOME"), "{text}");
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_told_in_words() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            let text = written(kind);
            assert!(text.contains("cache/blobs/x: permission denied") && text.contains("HF_HOME"), "{text}");
        }
        assert!(written(io::ErrorKind::IsADirectory).starts_with("cache/blobs/x: "));
    }

    #[test]
    fn the_command_that_converts_names_the_revision() {
        let text = pickle(&"a/b@v2".parse().unwrap());
        assert!(text.contains(r#"AutoModelForCausalLM.from_pretrained("a/b", revision="v2")"#), "{text}");
        assert!(text.contains(r#".save_pretrained("FOLDER", safe_serialization=True)"#), "{text}");
    }
}
