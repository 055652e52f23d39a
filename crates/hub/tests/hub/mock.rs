//! A hub on the loopback interface, which answers correctly unless a test changes its answers.

use saliency_hub::{Error, FetchEvent, Hub, HubId, Snapshot};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const CONFIG: &[u8] = br#"{"model_type": "gpt2"}"#;

/// A request as the hub received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// The number of identical requests before.
    pub(crate) before: usize,
}

impl Request {
    pub(crate) fn is_get(&self, end: &str) -> bool {
        self.method == "GET" && self.path.ends_with(&format!("/{end}"))
    }

    pub(crate) fn from(&self) -> usize {
        let range = self.headers.get("range").and_then(|text| text.strip_prefix("bytes=")?.strip_suffix('-'));
        range.map_or(0, |from| from.parse().unwrap())
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Closes the connection after so many bytes of the body.
    pub(crate) cut: Option<usize>,
    /// Pauses between the two halves of the body.
    pub(crate) pause: Duration,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), cut: None, pause: Duration::ZERO }
    }

    /// No answer: the connection is closed.
    pub(crate) fn hang_up() -> Self {
        Self::new(0, "")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    pub(crate) fn pausing(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

/// A repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) revision: String,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Repository {
    /// A small checkpoint, with other files that must not be fetched.
    pub(crate) fn gpt2() -> Self {
        let files: [(&str, Vec<u8>); 10] = [
            (".gitattributes", b"*.bin filter=lfs".to_vec()),
            ("config.json", CONFIG.to_vec()),
            ("flax_model.msgpack", b"no".to_vec()),
            ("generation_config.json", b"{}".to_vec()),
            ("merges.txt", b"#version: 0.2\n".to_vec()),
            ("model.safetensors", weights()),
            ("onnx/model.onnx", b"no".to_vec()),
            ("pytorch_model.bin", b"no".to_vec()),
            ("tokenizer.json", b"{\"version\": \"1.0\"}".to_vec()),
            ("vocab.json", Vec::new()),
        ];
        let files = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
        Self { name: "gpt2".to_owned(), revision: "main".to_owned(), files }
    }

    pub(crate) fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.files.insert(name.to_owned(), bytes.to_vec());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.files.remove(name);
        self
    }

    /// The answer of a correct hub.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let revision = self.revision.replace('/', "%2F");
        let of = |prefix: &str| request.path.strip_prefix(prefix).map(str::to_owned);
        if let Some(asked) = of(&format!("/api/models/{}", self.name)) {
            let known =
                asked.is_empty() || asked == format!("/revision/{revision}") || asked.ends_with(COMMIT);
            if known {
                let siblings: Vec<String> =
                    self.files.keys().map(|name| format!(r#"{{"rfilename": "{name}"}}"#)).collect();
                let body =
                    format!(r#"{{"id": 1, "sha": "{COMMIT}", "siblings": [{}]}}"#, siblings.join(", "));
                return Reply::new(200, body);
            }
        }
        let file = of(&format!("/{}/resolve/{COMMIT}/", self.name));
        match file.and_then(|file| Some((file.clone(), self.files.get(&file)?))) {
            Some((file, bytes)) => file_of(&file, bytes, request),
            None => Reply::new(404, "no"),
        }
    }
}

fn file_of(name: &str, bytes: &[u8], request: &Request) -> Reply {
    let from = request.from();
    let reply = if from == 0 {
        Reply::new(200, bytes)
    } else if from < bytes.len() {
        let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
        Reply::new(206, &bytes[from..]).with("Content-Range", &range)
    } else {
        return Reply::new(416, "").with("Content-Range", &format!("bytes */{}", bytes.len()));
    };
    let reply = reply.with("X-Repo-Commit", COMMIT).with("ETag", &format!("\"{}\"", etag(name, bytes)));
    if is_large(name) {
        reply.with("X-Linked-Etag", &format!("\"{}\"", etag(name, bytes))).with("ETag", "\"of-the-store/..\"")
    } else {
        reply
    }
}

fn is_large(name: &str) -> bool {
    name.ends_with(".safetensors")
}

/// 64 digits of a large file, 40 of others.
pub(crate) fn etag(name: &str, bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    if is_large(name) { hash } else { hash[..40].to_owned() }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// 300,000 bytes without repetition.
pub(crate) fn weights() -> Vec<u8> {
    (0..300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

struct State {
    answer: Box<Answer>,
    asked: Mutex<Vec<Request>>,
    stop: AtomicBool,
}

/// The hub.
pub(crate) struct Mock {
    pub(crate) address: String,
    state: Arc<State>,
}

impl Mock {
    /// A hub that answers correctly.
    pub(crate) fn of(repository: &Repository) -> Self {
        Self::tampered(repository, |_, reply| reply)
    }

    /// A hub whose correct answers are changed.
    pub(crate) fn tampered(
        repository: &Repository,
        change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let repository = repository.clone();
        Self::new(move |request| change(request, repository.answer(request)))
    }

    pub(crate) fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = State { answer: Box::new(answer), asked: Mutex::default(), stop: AtomicBool::new(false) };
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(stream) = stream {
                    // Otherwise the second write of an answer waits for an acknowledgement.
                    stream.set_nodelay(true).unwrap();
                    let shared = Arc::clone(&shared);
                    std::thread::spawn(move || while serve(&stream, &shared).is_some() {});
                }
            }
        });
        Self { address, state }
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.state.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        self.asked().iter().filter(|request| request.method == method && request.path.ends_with(end)).count()
    }

    /// A client of this hub with short waits.
    pub(crate) fn hub(&self, cache: &Path) -> Hub {
        hub(&self.address, cache)
    }

    pub(crate) fn get(&self, cache: &Path) -> Result<Snapshot, Error> {
        get(&self.hub(cache), "gpt2")
    }

    /// The message of a download that fails.
    pub(crate) fn refusal(&self) -> String {
        let cache = tempfile::tempdir().unwrap();
        self.get(cache.path()).unwrap_err().to_string()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
    }
}

pub(crate) fn hub(address: &str, cache: &Path) -> Hub {
    Hub::new(cache)
        .endpoint(address)
        .unwrap()
        .max_wait(Duration::from_secs(2))
        .timeout(Duration::from_secs(5))
}

pub(crate) fn get(hub: &Hub, id: &str) -> Result<Snapshot, Error> {
    let id: HubId = id.parse()?;
    hub.get(&id, &mut |_: FetchEvent<'_>| {})
}

/// Answers one request. `None` ends the connection.
fn serve(stream: &TcpStream, state: &State) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&n| n > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&n| n > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut request = Request { method, path, headers, before: 0 };
    {
        let mut asked = state.asked.lock().unwrap();
        request.before =
            asked.iter().filter(|r| r.method == request.method && r.path == request.path).count();
        asked.push(request.clone());
    }
    let reply = (state.answer)(&request);
    if reply.status == 0 {
        return None;
    }
    let mut head = format!("HTTP/1.1 {} mock\r\n", reply.status);
    if !reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        write!(head, "Content-Length: {}\r\n", reply.body.len()).unwrap();
    }
    for (name, value) in &reply.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let mut out = stream;
    head.push_str("\r\n");
    out.write_all(head.as_bytes()).ok()?;
    if request.method != "HEAD" {
        let body = &reply.body[..reply.cut.unwrap_or(reply.body.len()).min(reply.body.len())];
        let half = if reply.pause.is_zero() { 0 } else { body.len() / 2 };
        out.write_all(&body[..half]).ok()?;
        std::thread::sleep(reply.pause);
        out.write_all(&body[half..]).ok()?;
        if reply.cut.is_some() {
            let _ = stream.shutdown(std::net::Shutdown::Write);
            // So that the client sees an end and not a reset.
            let _ = (&mut reader).take(1).read(&mut [0]);
            return None;
        }
    }
    Some(())
}
