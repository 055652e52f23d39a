//! Asking the hub on behalf of one model: redirects, statuses, and waiting while it is busy.

use crate::address::{Endpoint, is_loopback, redirected, same_server};
use crate::cache::repo;
use crate::id::is_commit;
use crate::retry_after::retry_after;
use crate::token::{Source, Token};
use crate::{Error, Fetched, HubId};
use hf_hub::api::RepoInfo;
use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, SystemTime};
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body};

/// Redirects in a row.
const REDIRECTS: usize = 10;
/// How often a connection that was hung up on is tried again.
const HANG_UPS: u32 = 2;
/// The first wait where the hub does not say how long; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// A list of files is no larger.
const INFO_BYTES: u64 = 32 << 20;

/// How the hub is asked.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) endpoint: Endpoint,
    pub(crate) token: Source,
    /// The longest to wait in all for a hub that is busy.
    pub(crate) patience: Duration,
    /// The longest to wait for a byte.
    pub(crate) timeout: Duration,
}

/// What one model is fetched with.
pub(crate) struct Errand<'a> {
    pub(crate) id: &'a HubId,
    pub(crate) manner: &'a Manner,
    pub(crate) tell: &'a mut dyn FnMut(Fetched<'_>),
    agent: Agent,
    home: Uri,
    token: Option<Token>,
    /// Why there is no token, where there might be one.
    no_token: Option<Error>,
    waited: Duration,
}

/// What the hub says of a file without sending it.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) etag: String,
    /// Its length, where the hub says it beforehand.
    pub(crate) size: Option<u64>,
}

/// What a repository holds.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) commit: String,
    pub(crate) files: BTreeSet<String>,
}

/// An answer that is no error.
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) address: Uri,
    /// Headers of the redirects on the way that were the hub's own.
    passed: Vec<HeaderMap>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ask {
    /// The headers, as the hub itself has them: where another server is to be asked next, that is the answer.
    About,
    /// The body, wherever it is, from a byte on.
    Body(u64),
}

impl Answer {
    /// A header of the hub's own, of the last answer that has it.
    fn own(&self, name: &str) -> Option<&str> {
        let maps = std::iter::once(self.response.headers()).chain(self.passed.iter().rev());
        maps.filter_map(|map| map.get(name)).find_map(|value| value.to_str().ok())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn malformed(&self, what: impl Into<String>) -> Error {
        Error::Malformed { address: shown(&self.address), what: what.into() }
    }
}

impl<'a> Errand<'a> {
    pub(crate) fn new(
        id: &'a HubId,
        manner: &'a Manner,
        tell: &'a mut dyn FnMut(Fetched<'_>),
    ) -> Result<Self, Error> {
        let home = parse(manner.endpoint.as_str())?;
        let timeout = Some(manner.timeout);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed here, so that the token goes to nobody else.
            .max_redirects(0)
            .timeout_resolve(timeout)
            .timeout_connect(timeout)
            .timeout_send_request(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            // Lengths are of the file itself.
            .accept_encoding("identity")
            .user_agent(concat!("saliency-hub/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let (token, no_token) = manner.token.token()?;
        Ok(Self { id, manner, tell, agent, home, token, no_token, waited: Duration::ZERO })
    }

    /// Says with a refusal that no token was sent because its file could not be read.
    pub(crate) fn with_reason(&mut self, error: Error) -> Error {
        let for_a_token =
            matches!(error, Error::NoModel { .. } | Error::Unauthorised { .. } | Error::Gated { .. });
        match self.no_token.take().filter(|_| for_a_token) {
            Some(why) => Error::NoToken { refused: Box::new(error), why: Box::new(why) },
            None => error,
        }
    }

    fn host(&self) -> String {
        self.manner.endpoint.to_string()
    }

    /// The commit that the revision is, and the files in it.
    pub(crate) fn listing(&mut self) -> Result<Listing, Error> {
        let address = parse(&format!("{}/api/{}", self.manner.endpoint, repo(self.id).api_url()))?;
        let answer = match self.ask(&address, Ask::Body(0)) {
            // A hub says which of the two is missing; where it does not, the model itself is asked for.
            Err(Error::NoModel { id, host }) if id.revision() != "main" => {
                let model = parse(&format!("{}/api/models/{}", self.manner.endpoint, id.name()))?;
                return Err(match self.ask(&model, Ask::Body(0)) {
                    Ok(_) => Error::NoRevision { id, host },
                    Err(Error::NoModel { .. }) => Error::NoModel { id, host },
                    Err(other) => other,
                });
            }
            answer => answer?,
        };
        let malformed = |what: String| Error::Malformed { address: shown(&address), what };
        let mut body = answer.response.into_body();
        let text = body.with_config().limit(INFO_BYTES).read_to_vec();
        let text = text.map_err(|error| malformed(format!("the list of files broke off: {error}")))?;
        let info: RepoInfo = serde_json::from_slice(&text)
            .map_err(|error| malformed(format!("no list of files in valid JSON: {error}")))?;
        if !is_commit(&info.sha) {
            return Err(malformed(format!("{:?} is no commit", info.sha)));
        }
        let files = info.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        Ok(Listing { commit: info.sha, files })
    }

    /// The address of a file of a commit.
    pub(crate) fn address(&self, commit: &str, file: &str) -> Result<Uri, Error> {
        parse(&format!("{}/{}/resolve/{commit}/{file}", self.manner.endpoint, repo(self.id).url()))
    }

    /// What the hub says of a file.
    pub(crate) fn about(&mut self, commit: &str, file: &str) -> Result<About, Error> {
        let address = self.address(commit, file)?;
        let answer = match self.ask(&address, Ask::About) {
            Err(Error::NoModel { .. } | Error::NoRevision { .. }) => {
                let what = format!("it lists {file} and has no such file");
                return Err(Error::Malformed { address: shown(&address), what });
            }
            answer => answer?,
        };
        match answer.own("x-repo-commit") {
            Some(found) if found == commit => {}
            Some(found) => {
                return Err(answer.malformed(format!("asked for commit {commit}, it answered for {found:?}")));
            }
            None => return Err(answer.malformed("the header X-Repo-Commit is missing")),
        }
        let etag = answer.own("x-linked-etag").or_else(|| answer.own("etag"));
        let etag = etag.ok_or_else(|| answer.malformed("the header ETag is missing"))?;
        let etag =
            plain_etag(etag).ok_or_else(|| answer.malformed(format!("{etag:?} is no ETag of a file")))?;
        // The length of a redirect is its own.
        let length = answer.header("content-length").filter(|_| answer.response.status().is_success());
        let size = match answer.own("x-linked-size").or(length) {
            Some(text) => Some(
                text.trim()
                    .parse()
                    .map_err(|_| answer.malformed(format!("{text:?} is no length of a file")))?,
            ),
            None => None,
        };
        Ok(About { etag: etag.to_owned(), size })
    }

    /// A file's body from a byte on: an answer 200, 206 or 416.
    pub(crate) fn body(&mut self, commit: &str, file: &str, from: u64) -> Result<Answer, Error> {
        let address = self.address(commit, file)?;
        self.ask(&address, Ask::Body(from))
    }

    /// Asks, and asks again while the hub is busy and the patience lasts.
    fn ask(&mut self, address: &Uri, ask: Ask) -> Result<Answer, Error> {
        let mut tries = 0;
        let mut hang_ups = 0;
        let start = self.waited;
        loop {
            tries += 1;
            let answer = match self.follow(address, ask) {
                Ok(answer) => answer,
                Err(none) if none.hung_up() && hang_ups < HANG_UPS && self.may_wait(FIRST_WAIT) => {
                    hang_ups += 1;
                    self.wait(0, FIRST_WAIT);
                    continue;
                }
                Err(none) => return Err(self.failed(*none)),
            };
            let status = answer.response.status().as_u16();
            match status {
                200..400 => return Ok(answer),
                416 if matches!(ask, Ask::Body(1..)) => return Ok(answer),
                429 | 500 | 502 | 503 | 504 => {}
                _ => return Err(self.refused(&answer)),
            }
            let asked = retry_after(answer.response.headers(), SystemTime::now());
            let wait = asked.unwrap_or(FIRST_WAIT * 2u32.saturating_pow(tries - 1));
            if !self.may_wait(wait) {
                let host = origin(&answer.address);
                let waited = self.waited.saturating_sub(start);
                return Err(match status {
                    429 => Error::TooManyRequests { host, waited, asked },
                    _ => Error::Failing { host, status, tries, waited },
                });
            }
            drop(answer);
            self.wait(status, wait);
        }
    }

    fn may_wait(&self, wait: Duration) -> bool {
        self.waited.saturating_add(wait) <= self.manner.patience
    }

    fn wait(&mut self, status: u16, wait: Duration) {
        (self.tell)(Fetched::Waiting { status, wait });
        std::thread::sleep(wait);
        self.waited += wait;
    }

    /// One request and its redirects.
    fn follow(&mut self, address: &Uri, ask: Ask) -> Result<Answer, Box<NoAnswer>> {
        let mut at = address.clone();
        let mut passed = Vec::new();
        for _ in 0..=REDIRECTS {
            let own = same_server(&self.home, &at);
            let response = match self.send(&at, ask, own) {
                Ok(response) => response,
                Err(error) => return Err(NoAnswer::new(at, Why::Transport(error))),
            };
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { response, address: at, passed });
            }
            let Some(location) = response.headers().get("location") else {
                return Err(NoAnswer::new(at, Why::Redirect("a redirect without the header Location")));
            };
            let Some(next) = location.to_str().ok().and_then(|location| redirected(&at, location)) else {
                return Err(NoAnswer::new(
                    at,
                    Why::Redirect("a redirect to what is no address, or not a safe one"),
                ));
            };
            if ask == Ask::About && !same_server(&self.home, &next) {
                return Ok(Answer { response, address: at, passed });
            }
            if own {
                passed.push(response.headers().clone());
            }
            at = next;
        }
        Err(NoAnswer::new(at, Why::Redirect("too many redirects")))
    }

    fn send(&self, address: &Uri, ask: Ask, own: bool) -> Result<Response<Body>, ureq::Error> {
        let mut request = match ask {
            Ask::About => self.agent.head(address),
            Ask::Body(_) => self.agent.get(address),
        };
        if let Ask::Body(from @ 1..) = ask {
            request = request.header("Range", format!("bytes={from}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|_| own) {
            request = request.header("Authorization", token.header());
        }
        if is_loopback(address) {
            request = request.config().proxy(None).build();
        }
        request.call()
    }

    /// What a status of 400 and above means.
    fn refused(&self, answer: &Answer) -> Error {
        let (id, host) = (self.id.clone(), self.host());
        let status = answer.response.status().as_u16();
        if !same_server(&self.home, &answer.address) {
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

    /// What it means that there was no answer.
    fn failed(&self, none: NoAnswer) -> Error {
        let malformed = |what| Error::Malformed { address: shown(&none.at), what };
        let why = match none.why {
            Why::Redirect(what) => return malformed(what.to_owned()),
            Why::Transport(ureq::Error::Timeout(_)) => {
                format!("no answer within {:.1} s", self.manner.timeout.as_secs_f64())
            }
            Why::Transport(
                error @ (ureq::Error::Protocol(_)
                | ureq::Error::Http(_)
                | ureq::Error::LargeResponseHeader(..)),
            ) => return malformed(error.to_string()),
            Why::Transport(ureq::Error::Io(error)) => error.to_string(),
            Why::Transport(error) => error.to_string(),
        };
        Error::Unreachable { host: origin(&none.at), why }
    }
}

/// Why there is no answer, and of whom.
#[derive(Debug)]
struct NoAnswer {
    at: Uri,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Transport(ureq::Error),
    Redirect(&'static str),
}

impl NoAnswer {
    fn new(at: Uri, why: Why) -> Box<Self> {
        Box::new(Self { at, why })
    }

    /// Whether the other side hung up, which a server does with a connection that was left open too long.
    fn hung_up(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match &self.why {
            Why::Transport(ureq::Error::Io(error)) => {
                matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
            }
            _ => false,
        }
    }
}

/// The `ETag` without quotes and the mark of a weak one, if it can be a file's name.
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
