//! Requests to one server: redirects, statuses, and retries while it is busy.

use crate::address::{is_loopback, redirected, same_server};
use crate::retry_after::retry_after;
use crate::{Error, FetchEvent, Service};
use std::io;
use std::time::{Duration, SystemTime};
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body};

/// Redirects in a row.
const REDIRECTS: usize = 10;
/// How often a request is repeated after the server closed the connection.
const RECONNECTS: u32 = 2;
/// The first pause where the server does not say how long to wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The longest time to wait in all for a server that is busy.
    pub(crate) max_wait: Duration,
    /// The longest time to wait for a byte.
    pub(crate) timeout: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { max_wait: Duration::from_mins(1), timeout: Duration::from_secs(30) }
    }
}

impl Patience {
    /// The longest time that another process may hold a lock without progress.
    pub(crate) fn longest(self) -> Duration {
        self.max_wait + self.timeout
    }
}

/// A session of requests to one server.
pub(crate) struct Transport<'a> {
    service: Service,
    pub(crate) patience: Patience,
    pub(crate) notify: &'a mut dyn FnMut(FetchEvent<'_>),
    agent: Agent,
    /// The server itself, to which alone `authorization` is sent.
    home: Uri,
    authorization: Option<String>,
    waited: Duration,
}

/// A response.
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) address: Uri,
    /// Headers of the redirects that the server itself sent.
    redirects: Vec<HeaderMap>,
    service: Service,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Request {
    /// HEAD. Redirects within the server are followed; a redirect to another server is the answer.
    Head,
    /// GET from a byte on. All redirects are followed.
    Get(u64),
    /// GET of a page, in one of these formats.
    Page(&'static str),
}

impl Answer {
    /// A header that the server itself sent: the last response's, or else the latest redirect's that has it.
    pub(crate) fn own_header(&self, name: &str) -> Option<&str> {
        let maps = std::iter::once(self.response.headers()).chain(self.redirects.iter().rev());
        maps.filter_map(|map| map.get(name)).find_map(|value| value.to_str().ok())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn malformed(&self, what: impl Into<String>) -> Error {
        let (address, what, service) = (shown(&self.address), what.into(), self.service);
        Error::Malformed { address, what, service }
    }

    /// Whether it is what was asked for.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self.response.status().as_u16(), 200..400 | 416)
    }

    /// The error of a status that says nothing more.
    pub(crate) fn bad_status(&self) -> Error {
        let (address, status) = (shown(&self.address), self.response.status().as_u16());
        Error::Status { address, status, service: self.service }
    }
}

impl<'a> Transport<'a> {
    /// Requests to the server of `home`, to which alone the header `Authorization` is sent.
    pub(crate) fn new(
        service: Service,
        (home, authorization): (Uri, Option<String>),
        patience: Patience,
        notify: &'a mut dyn FnMut(FetchEvent<'_>),
    ) -> Self {
        let timeout = Some(patience.timeout);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // `follow` does redirects itself, so that authorization goes to the server itself only.
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
        Self { service, patience, notify, agent, home, authorization, waited: Duration::ZERO }
    }

    /// Sends a request, and repeats it while the server is busy and `max_wait` is not used up. Any other status is an
    /// answer.
    pub(crate) fn request(&mut self, address: &Uri, request: Request) -> Result<Answer, Error> {
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
                429 | 500 | 502 | 503 | 504 => {}
                _ => return Ok(answer),
            }
            let asked = retry_after(answer.response.headers(), SystemTime::now());
            let wait = asked.unwrap_or(FIRST_WAIT * 2u32.saturating_pow(tries - 1));
            if !self.may_wait(wait) {
                let host = origin(&answer.address);
                let waited = self.waited.saturating_sub(start);
                let service = self.service;
                return Err(match status {
                    429 => Error::TooManyRequests { host, waited, asked, service },
                    _ => Error::ServerError { host, status, tries, waited, service },
                });
            }
            drop(answer);
            self.wait(status, wait);
        }
    }

    fn may_wait(&self, wait: Duration) -> bool {
        self.waited.saturating_add(wait) <= self.patience.max_wait
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
            let is_home = same_server(&self.home, &at);
            let response = match self.send(&at, request, is_home) {
                Ok(response) => response,
                Err(error) => return Err(RequestError::new(at, Cause::Transport(error))),
            };
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(self.answer(response, at, redirects));
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
            if request == Request::Head && !same_server(&self.home, &next) {
                return Ok(self.answer(response, at, redirects));
            }
            if is_home {
                redirects.push(response.headers().clone());
            }
            at = next;
        }
        Err(RequestError::new(at, Cause::Redirect("too many redirects")))
    }

    fn send(
        &self,
        address: &Uri,
        request: Request,
        with_authorization: bool,
    ) -> Result<Response<Body>, ureq::Error> {
        let mut builder = match request {
            Request::Head => self.agent.head(address),
            Request::Get(_) | Request::Page(_) => self.agent.get(address),
        };
        if let Request::Page(formats) = request {
            builder = builder.header("Accept", formats);
        }
        if let Request::Get(from @ 1..) = request {
            builder = builder.header("Range", format!("bytes={from}-"));
        }
        if let Some(authorization) = self.authorization.as_ref().filter(|_| with_authorization) {
            builder = builder.header("Authorization", authorization);
        }
        if is_loopback(address) {
            builder = builder.config().proxy(None).build();
        }
        builder.call()
    }

    fn answer(&self, response: Response<Body>, address: Uri, redirects: Vec<HeaderMap>) -> Answer {
        Answer { response, address, redirects, service: self.service }
    }

    /// The error for a request that got no usable response.
    fn connection_error(&self, error: RequestError) -> Error {
        let malformed = |what| Error::Malformed { address: shown(&error.at), what, service: self.service };
        let why = match error.cause {
            Cause::Redirect(what) => return malformed(what.to_owned()),
            Cause::Transport(ureq::Error::Timeout(_)) => {
                format!("no answer within {:.1} s", self.patience.timeout.as_secs_f64())
            }
            Cause::Transport(
                error @ (ureq::Error::Protocol(_)
                | ureq::Error::Http(_)
                | ureq::Error::LargeResponseHeader(..)),
            ) => return malformed(error.to_string()),
            Cause::Transport(ureq::Error::Io(error)) => error.to_string(),
            Cause::Transport(error) => error.to_string(),
        };
        Error::Unreachable { host: origin(&error.at), why, service: self.service }
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

/// An address without its query, which may hold a signature.
pub(crate) fn shown(address: &Uri) -> String {
    format!("{}{}", origin(address), address.path())
}

pub(crate) fn origin(address: &Uri) -> String {
    format!(
        "{}://{}",
        address.scheme_str().unwrap_or_default(),
        address.authority().map_or("", |a| a.as_str())
    )
}
