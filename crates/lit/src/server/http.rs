//! Requests and replies, one for each connection (HTTP/1.1 with `Connection: close`), and who may ask.
//!
//! The request's head is read and checked before its body. Only a body of JSON with a stated length is read.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest head. LIT keeps texts that were added in the address.
const HEAD: usize = 64 << 10;
/// The most headers.
const HEADERS: usize = 64;
/// The longest body.
pub(crate) const BODY: usize = 1 << 20;
/// How long a request may take to arrive, and a reply to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long, and how much, is still read after a reply, so that it is not lost with what was not read.
const REST: (Duration, usize) = (Duration::from_millis(500), 4 << 20);

/// Which requests are the server's own.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    /// The values of `Host`.
    hosts: Arc<[String]>,
}

/// What a path takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Get,
    Post,
}

/// A request that has passed.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// What follows the path's `?`, as it was sent.
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The type of the content.
    kind: &'static str,
    body: Arc<[u8]>,
    /// The methods that are allowed, where another one was refused.
    allow: Option<&'static str>,
}

impl Reply {
    pub(crate) fn file(kind: &'static str, body: Arc<[u8]>) -> Self {
        Self { status: 200, kind, body, allow: None }
    }

    pub(crate) fn json(body: impl Into<Arc<[u8]>>) -> Self {
        Self::file("application/json", body.into())
    }

    /// A failure in one sentence.
    pub(crate) fn failed(status: u16, sentence: &str) -> Self {
        let body = sentence.as_bytes().into();
        Self { status, kind: "text/plain; charset=utf-8", body, allow: None }
    }

    /// The server has too much to do.
    pub(crate) fn busy(sentence: &str) -> Self {
        Self::failed(503, sentence)
    }
}

impl Gate {
    pub(crate) fn new(port: u16) -> Self {
        let names = ["127.0.0.1", "localhost"];
        let mut hosts: Vec<_> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            // The port that browsers leave out.
            hosts.extend(names.map(str::to_owned));
        }
        Self { hosts: hosts.into() }
    }

    /// Refuses what does not come from a page of this server, or from no page.
    fn check(&self, head: &httparse::Request<'_, '_>) -> Result<(), Reply> {
        let foreign = |what| Reply::failed(403, &format!("{what} is not this server's own address"));
        let host = match values(head, "host")[..] {
            [host] if self.hosts.iter().any(|own| host.eq_ignore_ascii_case(own.as_bytes())) => host,
            _ => return Err(foreign("Host")),
        };
        let own = [b"http://", host].concat();
        match values(head, "origin")[..] {
            [] => Ok(()),
            [origin] if origin.eq_ignore_ascii_case(&own) => Ok(()),
            _ => Err(foreign("Origin")),
        }
    }
}

/// The values of a header.
fn values<'h>(head: &httparse::Request<'_, 'h>, name: &str) -> Vec<&'h [u8]> {
    let of_name = head.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    of_name.map(|header| header.value.trim_ascii()).collect()
}

/// What is wanted of a request whose head is right.
struct Wanted {
    request: Request,
    /// The body's length.
    length: usize,
    /// Whether the client waits to be told to send it.
    waits: bool,
}

/// Reads a request; the refusal of one that is not answered, or `None` where there is nobody to refuse.
pub(crate) fn read(
    stream: &mut TcpStream,
    gate: &Gate,
    takes: &dyn Fn(&str) -> Option<Takes>,
) -> Result<Request, Option<Reply>> {
    let end = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let (mut wanted, begin) = loop {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        match head.parse(&bytes) {
            Ok(httparse::Status::Complete(length)) => break (check(&head, gate, takes)?, length),
            Ok(httparse::Status::Partial) if bytes.len() < HEAD => {}
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                return Err(Some(Reply::failed(431, "the head of the request is too long")));
            }
            Err(error) => return Err(Some(Reply::failed(400, &format!("this is no request: {error}")))),
        }
        receive(stream, &mut bytes, HEAD, end)?;
    };
    let mut body = bytes.split_off(begin);
    if wanted.waits && body.len() < wanted.length {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(|_| None)?;
    }
    while body.len() < wanted.length {
        receive(stream, &mut body, wanted.length, end)?;
    }
    body.truncate(wanted.length);
    wanted.request.body = body;
    Ok(wanted.request)
}

/// Reads some more bytes, up to `most` in all.
fn receive(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    most: usize,
    end: Instant,
) -> Result<(), Option<Reply>> {
    let late = || Some(Reply::failed(408, "the request took too long to arrive"));
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(late());
    }
    stream.set_read_timeout(Some(left)).map_err(|_| None)?;
    let mut chunk = [0; 16 << 10];
    let room = chunk.len().min(most - bytes.len());
    match stream.read(&mut chunk[..room]) {
        Ok(0) => Err(None),
        Ok(n) => {
            bytes.extend(&chunk[..n]);
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(late()),
        Err(_) => Err(None),
    }
}

/// What can be said of a request by its head alone.
fn check(
    head: &httparse::Request<'_, '_>,
    gate: &Gate,
    takes: &dyn Fn(&str) -> Option<Takes>,
) -> Result<Wanted, Reply> {
    gate.check(head)?;
    let target = head.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // Only what is in a list is there: nothing of a path is looked up on the disk.
    let Some(taken) = takes(path) else { return Err(Reply::failed(404, "there is nothing of this name")) };
    let allow = match taken {
        Takes::Get => "GET",
        Takes::Post => "POST",
    };
    if head.method != Some(allow) {
        return Err(Reply { allow: Some(allow), ..Reply::failed(405, "this method is not answered here") });
    }
    let request = Request { path: path.to_owned(), query: query.to_owned(), body: Vec::new() };
    if taken == Takes::Get {
        return Ok(Wanted { request, length: 0, waits: false });
    }
    // No page can send this type to another origin without asking, and it would be refused.
    let is_json = |value: &[u8]| {
        let kind = value.split(|byte| *byte == b';').next().unwrap_or_default();
        kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
    };
    if !matches!(values(head, "content-type")[..], [kind] if is_json(kind)) {
        return Err(Reply::failed(415, "only application/json is read"));
    }
    let length = match values(head, "content-length")[..] {
        [length] if values(head, "transfer-encoding").is_empty() => number(length),
        _ => None,
    };
    let Some(length) = length else {
        return Err(Reply::failed(411, "the length of the body has to be stated, in Content-Length"));
    };
    if length > BODY {
        return Err(Reply::failed(413, &format!("the body is longer than {BODY} bytes")));
    }
    let waits = values(head, "expect").iter().any(|value| value.eq_ignore_ascii_case(b"100-continue"));
    Ok(Wanted { request, length, waits })
}

/// A number of digits alone; one that is too large to be one is the largest.
fn number(text: &[u8]) -> Option<usize> {
    let digits = str::from_utf8(text).ok().filter(|text| !text.is_empty())?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().unwrap_or(usize::MAX))
}

/// Writes a reply; if that fails, nobody is there any more.
pub(crate) fn write(stream: &mut TcpStream, reply: &Reply) {
    let reason = match reply.status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let allow = reply.allow.map(|methods| format!("Allow: {methods}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{allow}Connection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\nContent-Security-Policy: frame-ancestors 'none'\r\n\r\n",
        reply.status,
        reply.kind,
        reply.body.len()
    );
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&reply.body));
}

/// Reads what a client still sends, for a while: otherwise the system drops the reply with it.
pub(crate) fn drain(stream: &mut TcpStream) {
    let (end, mut left) = (Instant::now() + REST.0, REST.1);
    let mut chunk = [0; 16 << 10];
    while left > 0 {
        let time = end.saturating_duration_since(Instant::now());
        if time.is_zero() || stream.set_read_timeout(Some(time)).is_err() {
            return;
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(n) => left = left.saturating_sub(n),
        }
    }
}
