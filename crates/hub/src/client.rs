//! Requests to the hub for one model: redirects, statuses, and retries while the hub is busy.

use crate::address::{Endpoint, is_loopback, redirected, same_server};
use crate::cache::repo;
use crate::id::is_commit;
use crate::retry_after::retry_after;
use crate::token::{Token, TokenSource};
use crate::{Error, FetchEvent, HubId};
use hf_hub::api::RepoInfo;
use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, SystemTime};
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body};

/// Redirects in a row.
const REDIRECTS: usize = 10;
/// How often a request is repeated after the server closed the connection.
const RECONNECTS: u32 = 2;
/// The first pause where the hub does not say how long to wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The largest list of files that is read.
const LISTING_BYTES: u64 = 32 << 20;

/// Settings of a [`Client`].
#[derive(Debug, Clone)]
pub(crate) struct ClientConfig {
    pub(crate) endpoint: Endpoint,
    pub(crate) token: TokenSource,
    /// The longest time to wait in all for a hub that is busy.
    pub(crate) max_wait: Duration,
    /// The longest time to wait for a byte.
    pub(crate) timeout: Duration,
}

/// A session of requests for one model.
pub(crate) struct Client<'a> {
    pub(crate) id: &'a HubId,
    pub(crate) config: &'a ClientConfig,
    pub(crate) notify: &'a mut dyn FnMut(FetchEvent<'_>),
    agent: Agent,
    endpoint: Uri,
    token: Option<Token>,
    /// Why the token could not be read, if it could not.
    token_error: Option<Error>,
    waited: Duration,
}

/// Metadata of a file, from a HEAD request.
#[derive(Debug)]
pub(crate) struct FileInfo {
    pub(crate) etag: String,
    /// Its length, if the hub states it in advance.
    pub(crate) size: Option<u64>,
}

/// The files of a repository at a commit.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) commit: String,
    pub(crate) files: BTreeSet<String>,
}

/// A response that is not an error.
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) address: Uri,
    /// Headers of the redirects that the hub itself sent.
    redirects: Vec<HeaderMap>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Request {
    /// HEAD. Redirects within the hub are followed; a redirect to another server is the answer.
    Head,
    /// GET from a byte on. All redirects are followed.
    Get(u64),
}

impl Answer {
    /// A header that the hub itself sent: the last response's, or else the latest redirect's that has it.
    fn hub_header(&self, name: &str) -> Option<&str> {
        let maps = std::iter::once(self.response.headers()).chain(self.redirects.iter().rev());
        maps.filter_map(|map| map.get(name)).find_map(|value| value.to_str().ok())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn malformed(&self, what: impl Into<String>) -> Error {
        Error::Malformed { address: shown(&self.address), what: what.into() }
    }
}

impl<'a> Client<'a> {
    pub(crate) fn new(
        id: &'a HubId,
        config: &'a ClientConfig,
        notify: &'a mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Self, Error> {
        let endpoint = parse(config.endpoint.as_str())?;
        let timeout = Some(config.timeout);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // `follow` does redirects itself, so that the token is sent to the hub only.
            .max_redirects(0)
            .timeout_resolve(timeout)
            .timeout_connect(timeout)
            .timeout_send_request(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            // Without compression, lengths are those of the file.
            .accept_encoding("identity")
            .user_agent(concat!("saliency-hub/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let (token, token_error) = config.token.read()?;
        Ok(Self { id, config, notify, agent, endpoint, token, token_error, waited: Duration::ZERO })
    }

    /// Adds to a refusal that no token was sent because its file could not be read.
    pub(crate) fn with_token_error(&mut self, error: Error) -> Error {
        let token_might_help =
            matches!(error, Error::NoModel { .. } | Error::Unauthorised { .. } | Error::Gated { .. });
        match self.token_error.take().filter(|_| token_might_help) {
            Some(why) => Error::TokenUnreadable { refusal: Box::new(error), why: Box::new(why) },
            None => error,
        }
    }

    fn host(&self) -> String {
        self.config.endpoint.to_string()
    }

    /// The commit that the revision points to, and its files.
    pub(crate) fn listing(&mut self) -> Result<Listing, Error> {
        let address = parse(&format!("{}/api/{}", self.config.endpoint, repo(self.id).api_url()))?;
        let answer = match self.request(&address, Request::Get(0)) {
            // If the hub does not say whether model or revision is missing, ask for the model itself.
            Err(Error::NoModel { id, host }) if id.revision() != "main" => {
                let model = parse(&format!("{}/api/models/{}", self.config.endpoint, id.name()))?;
                return Err(match self.request(&model, Request::Get(0)) {
                    Ok(_) => Error::NoRevision { id, host },
                    Err(Error::NoModel { .. }) => Error::NoModel { id, host },
                    Err(other) => other,
                });
            }
            answer => answer?,
        };
        let malformed = |what: String| Error::Malformed { address: shown(&address), what };
        let mut body = answer.response.into_body();
        let text = body.with_config().limit(LISTING_BYTES).read_to_vec();
        let text = text.map_err(|error| malformed(format!("the list of files is incomplete: {error}")))?;
        let info: RepoInfo = serde_json::from_slice(&text)
            .map_err(|error| malformed(format!("the list of files is not valid JSON: {error}")))?;
        if !is_commit(&info.sha) {
            return Err(malformed(format!("{:?} is not a commit", info.sha)));
        }
        let files = info.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        Ok(Listing { commit: info.sha, files })
    }

    /// The address of a file at a commit.
    pub(crate) fn address(&self, commit: &str, file: &str) -> Result<Uri, Error> {
        parse(&format!("{}/{}/resolve/{commit}/{file}", self.config.endpoint, repo(self.id).url()))
    }

    /// Metadata of a file at a commit.
    pub(crate) fn file_info(&mut self, commit: &str, file: &str) -> Result<FileInfo, Error> {
        let address = self.address(commit, file)?;
        let answer = match self.request(&address, Request::Head) {
            Err(Error::NoModel { .. } | Error::NoRevision { .. }) => {
                let what = format!("it lists {file}, but has no such file");
                return Err(Error::Malformed { address: shown(&address), what });
            }
            answer => answer?,
        };
        match answer.hub_header("x-repo-commit") {
            Some(found) if found == commit => {}
            Some(found) => {
                return Err(answer.malformed(format!("asked for commit {commit}, it answered for {found:?}")));
            }
            None => return Err(answer.malformed("the header X-Repo-Commit is missing")),
        }
        let etag = answer.hub_header("x-linked-etag").or_else(|| answer.hub_header("etag"));
        let etag = etag.ok_or_else(|| answer.malformed("the header ETag is missing"))?;
        let etag = plain_etag(etag)
            .ok_or_else(|| answer.malformed(format!("{etag:?} is not the ETag of a file")))?;
        // A redirect's Content-Length is that of the redirect, not of the file.
        let length = answer.header("content-length").filter(|_| answer.response.status().is_success());
        let size = match answer.hub_header("x-linked-size").or(length) {
            Some(text) => Some(
                text.trim()
                    .parse()
                    .map_err(|_| answer.malformed(format!("{text:?} is not the length of a file")))?,
            ),
            None => None,
        };
        Ok(FileInfo { etag: etag.to_owned(), size })
    }

    /// A file's body from a byte on: a response of status 200, 206 or 416.
    pub(crate) fn body(&mut self, commit: &str, file: &str, from: u64) -> Result<Answer, Error> {
        let address = self.address(commit, file)?;
        self.request(&address, Request::Get(from))
    }

    /// Sends a request, and repeats it while the hub is busy and `max_wait` is not used up.
    fn request(&mut self, address: &Uri, request: Request) -> Result<Answer, Error> {
        let mut tries = 0;
        let mut reconnects = 0;
        let start = self.waited;
        loop {
            tries += 1;
            let answer = match self.follow(address, request) {
                Ok(answer) => answer,
                Err(error) if error.was_closed() && reconnects < RECONNECTS && self.may_wait(FIRST_WAIT) => {
                    reconnects += 1;
                    self.wait(0, FIRST_WAIT);
                    continue;
                }
                Err(error) => return Err(self.connection_error(*error)),
            };
            let status = answer.response.status().as_u16();
            match status {
                200..400 => return Ok(answer),
                416 if matches!(request, Request::Get(1..)) => return Ok(answer),
                429 | 500 | 502 | 503 | 504 => {}
                _ => return Err(self.status_error(&answer)),
            }
            let asked = retry_after(answer.response.headers(), SystemTime::now());
            let wait = asked.unwrap_or(FIRST_WAIT * 2u32.saturating_pow(tries - 1));
            if !self.may_wait(wait) {
                let host = origin(&answer.address);
                let waited = self.waited.saturating_sub(start);
                return Err(match status {
                    429 => Error::TooManyRequests { host, waited, asked },
                    _ => Error::ServerError { host, status, tries, waited },
                });
            }
            drop(answer);
            self.wait(status, wait);
        }
    }

    fn may_wait(&self, wait: Duration) -> bool {
        self.waited.saturating_add(wait) <= self.config.max_wait
    }

    fn wait(&mut self, status: u16, wait: Duration) {
        (self.notify)(FetchEvent::Waiting { status, wait });
        std::thread::sleep(wait);
        self.waited += wait;
    }

    /// One request and its redirects.
    fn follow(&mut self, address: &Uri, request: Request) -> Result<Answer, Box<RequestError>> {
        let mut at = address.clone();
        let mut redirects = Vec::new();
        for _ in 0..=REDIRECTS {
            let is_hub = same_server(&self.endpoint, &at);
            let response = match self.send(&at, request, is_hub) {
                Ok(response) => response,
                Err(error) => return Err(RequestError::new(at, Cause::Transport(error))),
            };
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { response, address: at, redirects });
            }
            let Some(location) = response.headers().get("location") else {
                return Err(RequestError::new(at, Cause::Redirect("a redirect without the header Location")));
            };
            let Some(next) = location.to_str().ok().and_then(|location| redirected(&at, location)) else {
                return Err(RequestError::new(
                    at,
                    Cause::Redirect("a redirect to an address that is invalid or not a safe one"),
                ));
            };
            if request == Request::Head && !same_server(&self.endpoint, &next) {
                return Ok(Answer { response, address: at, redirects });
            }
            if is_hub {
                redirects.push(response.headers().clone());
            }
            at = next;
        }
        Err(RequestError::new(at, Cause::Redirect("too many redirects")))
    }

    fn send(&self, address: &Uri, request: Request, with_token: bool) -> Result<Response<Body>, ureq::Error> {
        let mut builder = match request {
            Request::Head => self.agent.head(address),
            Request::Get(_) => self.agent.get(address),
        };
        if let Request::Get(from @ 1..) = request {
            builder = builder.header("Range", format!("bytes={from}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|_| with_token) {
            builder = builder.header("Authorization", token.header());
        }
        if is_loopback(address) {
            builder = builder.config().proxy(None).build();
        }
        builder.call()
    }

    /// The error that a status of 400 or above stands for.
    fn status_error(&self, answer: &Answer) -> Error {
        let (id, host) = (self.id.clone(), self.host());
        let status = answer.response.status().as_u16();
        if !same_server(&self.endpoint, &answer.address) {
            return Error::Status { address: shown(&answer.address), status };
        }
        match (status, answer.header("x-error-code")) {
            (401 | 403, Some("GatedRepo")) | (403, _) => Error::Gated { id, host },
            (404, Some("RevisionNotFound")) => Error::NoRevision { id, host },
            (401, _) => Error::Unauthorised { id, host, had_token: self.token.is_some() },
            (404, _) => Error::NoModel { id, host },
            _ => Error::Status { address: shown(&answer.address), status },
        }
    }

    /// The error for a request that got no usable response.
    fn connection_error(&self, error: RequestError) -> Error {
        let malformed = |what| Error::Malformed { address: shown(&error.at), what };
        let why = match error.cause {
            Cause::Redirect(what) => return malformed(what.to_owned()),
            Cause::Transport(ureq::Error::Timeout(_)) => {
                format!("no answer within {:.1} s", self.config.timeout.as_secs_f64())
            }
            Cause::Transport(
                error @ (ureq::Error::Protocol(_)
                | ureq::Error::Http(_)
                | ureq::Error::LargeResponseHeader(..)),
            ) => return malformed(error.to_string()),
            Cause::Transport(ureq::Error::Io(error)) => error.to_string(),
            Cause::Transport(error) => error.to_string(),
        };
        Error::Unreachable { host: origin(&error.at), why }
    }
}

/// A request without a usable response, and the address that failed.
#[derive(Debug)]
struct RequestError {
    at: Uri,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Transport(ureq::Error),
    Redirect(&'static str),
}

impl RequestError {
    fn new(at: Uri, cause: Cause) -> Box<Self> {
        Box::new(Self { at, cause })
    }

    /// Whether the server closed the connection, as servers do with one that was idle for too long.
    fn was_closed(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match &self.cause {
            Cause::Transport(ureq::Error::Io(error)) => {
                matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
            }
            _ => false,
        }
    }
}

/// The `ETag` without quotes and without the prefix `W/`, if it can be a file's name.
fn plain_etag(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    (plain && (1..=128).contains(&text.len())).then_some(text)
}

fn parse(address: &str) -> Result<Uri, Error> {
    address.parse().map_err(|_| Error::Endpoint { given: address.to_owned(), why: "not an address" })
}

/// An address without its query, which may hold a signature.
fn shown(address: &Uri) -> String {
    format!("{}{}", origin(address), address.path())
}

fn origin(address: &Uri) -> String {
    format!(
        "{}://{}",
        address.scheme_str().unwrap_or_default(),
        address.authority().map_or("", |a| a.as_str())
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_etag_is_the_name_of_a_file() {
        let hash = "a".repeat(64);
        assert_eq!(plain_etag(&format!("\"{hash}\"")), Some(hash.as_str()));
        assert_eq!(plain_etag("W/\"x-1_2\""), Some("x-1_2"));
        for bad in ["", "\"\"", "../x", "a/b", "a\\b", ".", "x.incomplete", "a b", &"a".repeat(129)] {
            assert_eq!(plain_etag(bad), None, "{bad:?}");
        }
    }
}
