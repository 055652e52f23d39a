//! Errors.

use crate::{HubId, Service};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a model could not be fetched or found. Each message names the place and the repair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- arguments and settings
    /// The name is not valid.
    #[error(
        "{given:?} is not the name of a model on the hub: {why}; write gpt2, owner/name or owner/name@revision"
    )]
    Id {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The server's address is not valid.
    #[error("{given:?} is not the address of a {}: {why}; {}", service.name(), service.repair())]
    Endpoint {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
        /// Which kind of server.
        service: Service,
    },
    /// The token is not valid. It is not shown.
    #[error("the token in {place} holds spaces or other characters that no token has; copy it again")]
    Token {
        /// Where the token comes from.
        place: String,
    },
    /// There is no home folder to put the cache into.
    #[error("there is no home folder, so there is no place for the cache; set HF_HOME to a folder")]
    NoHome,
    // --- the hub's answers
    /// The hub has no such model, or hides it.
    #[error("there is no model {id} on {host}; check the name, or log in if it is private: set HF_TOKEN")]
    NoModel {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
    },
    /// The model exists, but not the revision.
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
    /// The hub requires a token, or does not accept the one that was sent.
    #[error("{}", unauthorised(id, host, *had_token))]
    Unauthorised {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
        /// Whether a token was sent.
        had_token: bool,
    },
    /// The model exists, and its terms have to be accepted.
    #[error(
        "{host} does not give this account access to {id}; accept the model's terms at {host}/{} with the account whose token \
         HF_TOKEN holds, then try again", id.name()
    )]
    Gated {
        /// The model.
        id: HubId,
        /// The hub.
        host: String,
    },
    /// The hub refuses, and no token was sent because its file could not be read.
    #[error("{refusal}; no token was sent: {why}")]
    TokenUnreadable {
        /// The hub's answer.
        refusal: Box<Self>,
        /// What is wrong with the token's file.
        why: Box<Self>,
    },
    /// The server answered 429 for longer than [`Hub::max_wait`](crate::Hub::max_wait).
    #[error("{}", too_many_requests(host, *waited, *asked, *service))]
    TooManyRequests {
        /// The hub.
        host: String,
        /// The time spent waiting.
        waited: Duration,
        /// The further wait that the hub asks for.
        asked: Option<Duration>,
        /// Which kind of server.
        service: Service,
    },
    /// The server answered with a server error for longer than [`Hub::max_wait`](crate::Hub::max_wait).
    #[error(
        "{host} answered with server error {status}, {tries} times in {:.1} s; try later{}",
        waited.as_secs_f64(), service.status_page()
    )]
    ServerError {
        /// The hub.
        host: String,
        /// The status, 500 or above.
        status: u16,
        /// The number of requests.
        tries: u32,
        /// The time spent waiting.
        waited: Duration,
        /// Which kind of server.
        service: Service,
    },
    /// An unexpected status.
    #[error("{address} answered {status}; {} right, and is there a proxy in between?", service.is_setting())]
    Status {
        /// The address, without its query.
        address: String,
        /// The status.
        status: u16,
        /// Which kind of server.
        service: Service,
    },
    /// No answer.
    #[error("{host} can't be reached: {why}; {} right?{}", service.is_setting(), service.offline())]
    Unreachable {
        /// The server.
        host: String,
        /// The system's message.
        why: String,
        /// Which kind of server.
        service: Service,
    },
    /// An answer that such a server does not give.
    #[error("{address} did not answer as a {} does: {what}; {} right?", service.name(), service.is_setting())]
    Malformed {
        /// The address, without its query.
        address: String,
        /// What is wrong with the answer.
        what: String,
        /// Which kind of server.
        service: Service,
    },
    // --- the repository
    /// The weights exist as a pickle only.
    #[error("{}", pickle(id))]
    Pickle {
        /// The model.
        id: HubId,
    },
    /// The repository lacks a file that a checkpoint needs.
    #[error("{id} has no {what}; it has {}", list(has))]
    MissingFile {
        /// The model.
        id: HubId,
        /// The missing file or files.
        what: &'static str,
        /// The files that exist.
        has: Vec<String>,
    },
    /// The index of the weights' shards is not valid.
    #[error("{id}: {file} is not a valid index of safetensors: {what}; nothing that it names was fetched")]
    Index {
        /// The model.
        id: HubId,
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        what: String,
    },
    // --- the package index
    /// No index is named.
    #[error(
        "the address of a package index is needed: give --index, set PIP_INDEX_URL or UV_DEFAULT_INDEX, or write index-url \
         into pip's configuration; or let pip do it: python3 -m pip download --no-deps {requirement}"
    )]
    NoIndex {
        /// What pip is asked for.
        requirement: String,
    },
    /// The index has no such project.
    #[error("{index} has no project {project}; does the address end as an index's does, in /simple?")]
    NoProject {
        /// The index.
        index: String,
        /// The project.
        project: &'static str,
    },
    /// The index does not have that file.
    #[error("{address} does not list {file}; it lists {}", list(has))]
    NoFile {
        /// The project's page.
        address: String,
        /// The file.
        file: &'static str,
        /// The files that it lists.
        has: Vec<String>,
    },
    /// A wheel that is no zip archive, or does not hold what it should.
    #[error("{}: {what}; remove it and try again", path.display())]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    // --- the transfer
    /// The connection ended before the file was complete, repeatedly.
    #[error("{file}: the connection ended after {got} of {expected} bytes ({why}); try again")]
    Interrupted {
        /// The file.
        file: String,
        /// Bytes that arrived.
        got: u64,
        /// Bytes in all.
        expected: u64,
        /// How it ended.
        why: String,
    },
    /// The file's length is not the expected one, twice in a row.
    #[error(
        "{file}: received {got} bytes, and {} {expected}, twice in a row; the file was not kept; is there a proxy in \
         between?", service.expects()
    )]
    Length {
        /// The file.
        file: String,
        /// Bytes that arrived.
        got: u64,
        /// Bytes that are expected.
        expected: u64,
        /// Which kind of server.
        service: Service,
    },
    /// The file's SHA-256 is not the expected one, twice in a row.
    #[error(
        "{file}: its SHA-256 is {got}, and {} {expected}, twice in a row; the file was not kept; is there a proxy in \
         between?", service.expects()
    )]
    Hash {
        /// The file.
        file: String,
        /// The hash of the bytes that arrived.
        got: String,
        /// The hash that is expected.
        expected: String,
        /// Which kind of server.
        service: Service,
    },
    // --- this machine
    /// The disk is full.
    #[error(
        "the disk is full: {} more are needed in {}; make room, or set {} to a folder on another disk",
        bytes(*needed), folder.display(), service.cache_setting()
    )]
    DiskFull {
        /// The cache.
        folder: PathBuf,
        /// Bytes still to be written.
        needed: u64,
        /// Which kind of server.
        service: Service,
    },
    /// The system denies reading or writing.
    #[error(
        "{}: permission denied; set {} to a folder of your own, or have the permissions changed",
        path.display(), service.cache_setting()
    )]
    PermissionDenied {
        /// The file or folder.
        path: PathBuf,
        /// Which kind of server.
        service: Service,
    },
    /// Another process holds the lock of a file and makes no progress.
    #[error(
        "{file}: another process is downloading it and has made no progress for {} s; if there is none, remove {}",
        waited.as_secs(), lock.display()
    )]
    Locked {
        /// The file.
        file: String,
        /// The lock.
        lock: PathBuf,
        /// The time without progress.
        waited: Duration,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The hub is offline by request, and the cache does not have the model.
    #[error(
        "{variable} is set and {id} is not in the cache {}, or not complete; unset it, or put a copy of {folder_name} \
         there from a machine that has it", folder.display()
    )]
    Offline {
        /// The model.
        id: HubId,
        /// The cache.
        folder: PathBuf,
        /// The model's folder in a cache.
        folder_name: String,
        /// The variable that is set.
        variable: &'static str,
    },
}

impl Error {
    /// Whether an argument or a setting is at fault: a name, an address or a token that is not valid. `false` for what
    /// depends on the hub, the network, the cache or the disk.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Id { .. } | Self::Endpoint { .. } | Self::Token { .. })
    }

    /// The same, said of another kind of server.
    pub(crate) fn of(mut self, kind: Service) -> Self {
        match &mut self {
            Self::Endpoint { service, .. }
            | Self::TooManyRequests { service, .. }
            | Self::ServerError { service, .. }
            | Self::Status { service, .. }
            | Self::Unreachable { service, .. }
            | Self::Malformed { service, .. }
            | Self::Length { service, .. }
            | Self::Hash { service, .. }
            | Self::DiskFull { service, .. }
            | Self::PermissionDenied { service, .. } => *service = kind,
            _ => {}
        }
        self
    }

    /// The error of writing to `path`; `needed` bytes were to be written, in the cache `folder`.
    pub(crate) fn writing(source: io::Error, path: &Path, folder: &Path, needed: u64) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { folder: folder.to_owned(), needed, service: Service::Hub }
            }
            _ => Self::reading(source, path),
        }
    }

    /// The error of reading `path`.
    pub(crate) fn reading(source: io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::PermissionDenied { path, service: Service::Hub }
            }
            _ => Self::Io { path, source },
        }
    }
}

fn unauthorised(id: &HubId, host: &str, had_token: bool) -> String {
    if had_token {
        format!(
            "{host} does not accept the token for {id}; make a new one at {host}/settings/tokens and set HF_TOKEN"
        )
    } else {
        // The hub answers 401 for names that do not exist, too, so as not to reveal which are private.
        format!(
            "{host} does not show {id} without a token: it does not exist, or it is private or gated; check the name, or \
             make a token at {host}/settings/tokens and set HF_TOKEN"
        )
    }
}

fn too_many_requests(host: &str, waited: Duration, asked: Option<Duration>, service: Service) -> String {
    let more = match asked {
        Some(asked) => format!(", and it asks for {} s more", asked.as_secs()),
        None => String::new(),
    };
    format!(
        "{host} reports too many requests (429); gave up after waiting {:.1} s{more}; try later{}",
        waited.as_secs_f64(),
        service.more_requests()
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
    fn a_full_disk_is_described_with_a_repair() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let text = written(kind);
            assert!(text.contains("disk is full: 548.0 MB more are needed in cache"), "{text}");
            assert!(text.contains("HF_HOME"), "{text}");
        }
    }

    #[test]
    fn a_folder_without_permission_is_described_with_a_repair() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            let text = written(kind);
            assert!(text.contains("cache/blobs/x: permission denied") && text.contains("HF_HOME"), "{text}");
        }
        assert!(written(io::ErrorKind::IsADirectory).starts_with("cache/blobs/x: "));
    }

    #[test]
    fn only_invalid_arguments_are_usage_errors() {
        let id: HubId = "a/b".parse().unwrap();
        assert!("a b".parse::<HubId>().unwrap_err().is_usage());
        assert!(id.at("..").unwrap_err().is_usage());
        let hub = || crate::Hub::new("cache");
        assert!(hub().endpoint("huggingface.co").unwrap_err().is_usage());
        assert!(hub().token("a b").unwrap_err().is_usage());
        let offline = hub().offline(true).get(&id, &mut |_| {}).unwrap_err();
        assert!(matches!(offline, Error::Offline { .. }) && !offline.is_usage(), "{offline}");
        assert!(!Error::NoModel { id, host: "hub".to_owned() }.is_usage());
    }

    #[test]
    fn the_command_that_converts_names_the_revision() {
        let text = pickle(&"a/b@v2".parse().unwrap());
        assert!(text.contains(r#"AutoModelForCausalLM.from_pretrained("a/b", revision="v2")"#), "{text}");
        assert!(text.contains(r#".save_pretrained("FOLDER", safe_serialization=True)"#), "{text}");
    }
}
