//! The server over real sockets, with a model of words, whose records are made by hand.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::texts::Text;
use super::{Explain, Live, QUEUE, Server};
use crate::tests::client;
use crate::tests::common::{answer, continued};
use crate::{Error, Page};
use saliency_schema::Record;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PROMPT: &str = "Mary went";

/// Fails on some prompts, and works on others as long as a test wants it to.
struct Words {
    asked: Arc<Mutex<Vec<Text>>>,
    /// Before an answer to "wait …".
    leave: Receiver<()>,
    stop: Arc<AtomicBool>,
}

impl Explain for Words {
    fn records(
        &mut self,
        prompt: &str,
        target: Option<&str>,
    ) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
        self.asked.lock().unwrap().push((prompt.to_owned(), target.map(str::to_owned)));
        match prompt {
            "" => return Err("the text is empty".into()),
            "long" => return Err("the text has 2000 tokens,\nand the model reads 1024".into()),
            "fewer" => return Ok(continued(prompt, target)[..1].to_vec()),
            _ => {}
        }
        if prompt.starts_with("wait") {
            while self.leave.recv_timeout(Duration::from_millis(10)).is_err() {
                if self.stop.load(Ordering::SeqCst) {
                    return Err("stopped".into());
                }
            }
        }
        Ok(continued(prompt, target))
    }
}

/// A server that runs until it is dropped.
struct Running {
    address: String,
    asked: Arc<Mutex<Vec<Text>>>,
    leave: Sender<()>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn new() -> Self {
        Self::with(None, &continued(PROMPT, None))
    }

    fn with(target: Option<&str>, records: &[Record]) -> Self {
        let live = Live::new(&client(), PROMPT, target, records).unwrap();
        let server = Server::bind(0).unwrap();
        let address = server.address();
        let (leave, leaves) = channel();
        let (asked, stop) = (Arc::<Mutex<Vec<_>>>::default(), Arc::new(AtomicBool::new(false)));
        let mut words = Words { asked: asked.clone(), leave: leaves, stop: stop.clone() };
        let stops = stop.clone();
        let run = move || server.run(live, &mut words, &|| stops.load(Ordering::SeqCst));
        let address = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { address, asked, leave, stop, thread: Some(thread::spawn(run)) }
    }

    fn port(&self) -> &str {
        self.address.split_once(':').unwrap().1
    }

    /// Sends bytes as they are, and gives status and reply.
    fn send(&self, bytes: &[u8]) -> (u16, String) {
        send(&self.address, bytes)
    }

    /// The status of a head; headers of the same name are sent as they are.
    fn head(&self, first: &str, headers: &[(&str, &str)]) -> u16 {
        self.send(head(first, headers).as_bytes()).0
    }

    /// A question of the client's.
    fn post(&self, path: &str, body: &Value) -> (u16, String) {
        post(&self.address, path, body)
    }

    fn told(&self, path: &str, body: &Value) -> Value {
        let (status, reply) = self.post(path, body);
        assert_eq!(status, 200, "{path}: {reply}");
        serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn asked(&self) -> Vec<Text> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn send(address: &str, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply).into_owned();
    let status = reply.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status in {reply:?}")), reply)
}

fn head(first: &str, headers: &[(&str, &str)]) -> String {
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{first} HTTP/1.1\r\n{}\r\n", lines.concat())
}

fn post(address: &str, path: &str, body: &Value) -> (u16, String) {
    let body = body.to_string();
    let (origin, length) = (format!("http://{address}"), body.len().to_string());
    let headers = [
        ("Host", address),
        ("Origin", &origin),
        ("Content-Type", "application/json"),
        ("Content-Length", &length),
    ];
    send(address, (head(&format!("POST {path}"), &headers) + &body).as_bytes())
}

/// An edited text, as the client sends it.
fn edited(prompt: &str, target: &str) -> Value {
    json!({"id": "", "data": {"prompt": prompt, "target": target, "_id": ""}, "meta": {"added": true}})
}

fn preds(name: &str, types: &str) -> String {
    format!("/get_preds?model={name}&dataset_name=words&requested_types={types}&requested_fields=")
}

fn response(prompt: &str, target: &str) -> Value {
    json!({"inputs": [edited(prompt, target)], "config": null})
}

fn generated() -> String {
    preds("words", "GeneratedText,GeneratedTextCandidates")
}

#[test]
fn the_page_and_the_clients_files_are_there_and_nothing_else() {
    let server = Running::new();
    let host = [("Host", &*server.address)];
    for path in ["/", "/index.html", "/?models=words&selection=record-0"] {
        let (status, page) = server.send(head(&format!("GET {path}"), &host).as_bytes());
        assert_eq!(status, 200, "{path}");
        assert!(page.contains("Content-Type: text/html; charset=utf-8\r\n"), "{page}");
        assert!(page.contains("connect-src 'self'") && page.contains("script-src 'self' 'sha256-"), "{page}");
        assert!(page.contains("frame-ancestors 'none'") && page.contains("nosniff"), "{page}");
        assert!(!page.contains("http://") && !page.contains("Access-Control"), "{page}");
    }
    let (_, script) = server.send(head("GET /main.js", &host).as_bytes());
    assert!(script.contains("text/javascript") && script.ends_with("\r\n\r\nmain"), "{script}");
    let (_, picture) = server.send(head("GET /static/favicon.png", &host).as_bytes());
    assert!(picture.contains("image/png") && picture.ends_with("\r\n\r\npng"), "{picture}");
    for path in [
        "/static/../main.js",
        "/../../../etc/passwd",
        "/%2e%2e/main.js",
        "/static/..%2fmain.js",
        "//etc/passwd",
        "/static",
        "/static/",
        "/.",
        "http://127.0.0.1/main.js",
        "/save_datapoints?path=x",
        "/get_info/",
        "*",
    ] {
        assert_eq!(server.head(&format!("GET {path}"), &host), 404, "{path}");
        assert_eq!(server.head(&format!("POST {path}"), &host), 404, "{path}");
    }
}

#[test]
fn only_its_own_pages_may_ask() {
    let server = Running::new();
    let port = server.port();
    let local = |name: &str| format!("{name}:{port}");
    let own = local("localhost");
    for host in [&server.address, &own, &local("LOCALHOST")] {
        assert_eq!(server.head("GET /", &[("Host", host)]), 200, "{host}");
        let origin = format!("http://{host}");
        assert_eq!(server.head("GET /", &[("Host", host), ("Origin", &origin)]), 200, "{host}");
    }
    // The length is stated, and nothing is sent: who is refused is refused before the body is read.
    let asks = |host: &[(&str, &str)]| {
        let question = [("Content-Type", "application/json"), ("Content-Length", "1000")];
        (server.head("GET /", host), server.head("POST /get_info?", &[host, &question].concat()))
    };
    let others = [
        local("evil.example"),
        local("127.0.0.1.evil.example"),
        local("127.0.0.2"),
        local("[::1]"),
        local("0.0.0.0"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("{own}.evil.example"),
        format!("user@{own}"),
        String::new(),
    ];
    for host in &others {
        assert_eq!(asks(&[("Host", host)]), (403, 403), "{host}");
    }
    assert_eq!(asks(&[]), (403, 403));
    assert_eq!(asks(&[("Host", &own), ("Host", &own)]), (403, 403));
    assert_eq!(asks(&[("Host", &own), ("Host", "evil.example")]), (403, 403));
    let mut origins: Vec<_> = others.iter().map(|host| format!("http://{host}")).collect();
    // Another name of the same server is another origin.
    origins.extend([
        "null".to_owned(),
        format!("https://{own}"),
        own.clone(),
        format!("http://{}", server.address),
    ]);
    for origin in &origins {
        assert_eq!(asks(&[("Host", &own), ("Origin", origin)]), (403, 403), "{origin}");
    }
    let own_origin = format!("http://{own}");
    assert_eq!(
        asks(&[("Host", &own), ("Origin", &own_origin), ("Origin", "http://evil.example")]),
        (403, 403)
    );
    assert_eq!(server.asked(), []);
}

#[test]
fn only_json_of_a_stated_length_is_read() {
    let server = Running::new();
    let host = ("Host", &*server.address);
    let json = ("Content-Type", "application/json; charset=utf-8");
    let ask = |headers: &[(&str, &str)]| server.head("POST /get_info?", &[&[host], headers].concat());
    assert_eq!(ask(&[json, ("Content-Length", "0")]), 200);
    // What a page may send elsewhere without asking.
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""]
    {
        assert_eq!(ask(&[("Content-Type", kind), ("Content-Length", "0")]), 415, "{kind}");
    }
    assert_eq!(ask(&[("Content-Length", "0")]), 415);
    assert_eq!(ask(&[json]), 411);
    assert_eq!(ask(&[json, ("Transfer-Encoding", "chunked")]), 411);
    assert_eq!(ask(&[json, ("Transfer-Encoding", "chunked"), ("Content-Length", "0")]), 411);
    for length in ["-1", "+1", "1e3", "", "0x1", "0, 0"] {
        assert_eq!(ask(&[json, ("Content-Length", length)]), 411, "{length:?}");
    }
    assert_eq!(ask(&[json, ("Content-Length", "0"), ("Content-Length", "0")]), 411);
    for length in ["1048577", "1000000000000000", "1000000000000000000000000000000"] {
        assert_eq!(ask(&[json, ("Content-Length", length)]), 413, "{length}");
    }
    // A body of the largest size is read; what follows it is not.
    let body = format!("{{\"inputs\": [\"{}\"]}}", "a".repeat((1 << 20) - 16));
    let largest =
        head("POST /get_preds?model=words", &[host, json, ("Content-Length", "1048576")]) + &body + "more";
    let (status, reply) = server.send(largest.as_bytes());
    assert_eq!((status, reply.contains("no text of this id")), (500, true), "{reply}");
    // So is one that the client sends once it is told to.
    let waiting = [host, json, ("Content-Length", "2"), ("Expect", "100-continue")];
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(head("POST /get_preds?model=words", &waiting).as_bytes()).unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK") && reply.ends_with("\r\n\r\n[]"), "{reply}");
}

#[test]
fn other_methods_and_what_is_no_request_are_refused() {
    let server = Running::new();
    let host = [("Host", &*server.address)];
    for method in ["POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH"] {
        let (status, reply) = server.send(head(&format!("{method} /"), &host).as_bytes());
        assert_eq!((status, reply.contains("Allow: GET\r\n")), (405, true), "{reply}");
    }
    // A page of another origin asks so before it sends JSON.
    let (status, reply) = server.send(head("OPTIONS /get_info?", &host).as_bytes());
    assert_eq!((status, reply.contains("Allow: POST\r\n")), (405, true), "{reply}");
    assert!(!reply.contains("Access-Control"), "{reply}");
    assert_eq!(server.head("GET /get_info?", &host), 405);
    for (bytes, status) in [
        (b"hello\r\n\r\n".to_vec(), 400),
        (b"GET / HTTP/9\r\n\r\n".to_vec(), 400),
        (vec![0; 100], 400),
        (head("GET /", &[("Host", &"a".repeat(70_000))]).into_bytes(), 431),
        (head("GET /", &[("A", "b"); 100]).into_bytes(), 431),
    ] {
        assert_eq!(server.send(&bytes).0, status);
    }
    // Who says nothing is in nobody's way.
    let silent: Vec<_> = (0..20).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    assert_eq!(server.head("GET /", &host), 200);
    drop(silent);
}

#[test]
fn a_session_of_the_client_is_answered_with_the_records_numbers() {
    let server = Running::new();
    let info = server.told("/get_info?", &json!({"inputs": []}));
    let models = info["models"].as_object().unwrap();
    assert_eq!(models.len(), 3);
    let response_type = &models["words"]["spec"]["output"]["response"];
    assert_eq!(
        (&response_type["__name__"], &response_type["parent"]),
        (&json!("GeneratedText"), &json!("target"))
    );
    assert!(info["datasets"]["words"]["spec"]["target"].is_object());
    let modules = info["layouts"]["records"]["upper"]["Texts"].as_array().unwrap();
    assert_eq!(modules[1]["module"], json!("simple-datapoint-editor-module"));
    let data = server.told("/get_dataset?dataset_name=words", &json!({"inputs": []}));
    let id = data[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&data[0]["data"]["prompt"], &data[0]["data"]["target"]), (&json!(PROMPT), &json!("")));

    // The first text, whose rows are there.
    let asked = |path: &str, input: Value| server.told(path, &json!({"inputs": [input]}));
    assert_eq!(asked(&generated(), json!(id)), json!([{"response": " so went"}]));
    assert_eq!(asked(&preds("words", "MulticlassPreds,RegressionScore"), json!(id)), json!([{}]));
    let tokens = asked(&preds("_words_tokenizer", "Tokens"), edited(PROMPT, " so went"));
    assert_eq!(tokens, json!([{"tokens": ["Mary ", "went", " ", "so ", "went"]}]));
    assert_eq!(server.asked(), []);

    // An edited one, attributed once for whatever is asked of it.
    let prompt = "Mary did not go";
    let records = continued(prompt, None);
    assert_eq!(asked(&generated(), edited(prompt, "")), json!([{"response": " so go"}]));
    let texts: Vec<_> = records[0].tokens.iter().map(|token| &token.text).collect();
    assert_eq!(
        asked(&preds("_words_tokenizer", "Tokens"), edited(prompt, " so go")),
        json!([{"tokens": texts}])
    );
    let salience = |mask: &[u8], target: &str| {
        let mut input = edited(prompt, target);
        input["data"]["target_mask"] = json!(mask);
        asked(&preds("_words_salience", "TokenScores"), input)[0].clone()
    };
    let sum = |record: &Record, rows: std::ops::Range<usize>| {
        let at = |i: usize| record.attributions[rows.clone()].iter().filter_map(|row| *row.get(i)?).sum();
        (0..record.tokens.len()).map(at).collect::<Vec<f64>>()
    };
    for (mask, rows) in [
        ([0, 0, 0, 0, 1, 0, 0], 0..1),
        ([0, 0, 0, 0, 0, 1, 0], 1..2),
        ([0, 0, 0, 0, 1, 1, 1], 0..3),
        // A span of prompt and answer explains the answer's part; one of the prompt nothing.
        ([0, 0, 0, 1, 1, 1, 0], 0..2),
        ([1, 1, 0, 0, 0, 0, 0], 0..0),
    ] {
        let expected = json!({"occlusion": sum(&records[0], rows.clone()), "gim": sum(&records[1], rows)});
        assert_eq!(salience(&mask, " so go"), expected, "{mask:?}");
    }
    let whole =
        "/get_interpretations?model=words&dataset_name=words&interpreter=gim:%20all%20outputs&do_predict=1";
    let sums = sum(&records[1], 0..3);
    let largest = sums.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let shares: Vec<_> = sums.iter().map(|value| value / largest).collect();
    assert_eq!(asked(whole, edited(prompt, "")), json!([{"gim": {"tokens": texts, "salience": shares}}]));
    assert_eq!(server.asked(), [(prompt.to_owned(), None)]);

    // What the user types is forced, and is the response.
    let forced = continued(prompt, Some("home today"));
    assert_eq!(asked(&generated(), edited(prompt, "home today")), json!([{"response": "home today"}]));
    let expected = json!({"occlusion": sum(&forced[0], 0..2), "gim": sum(&forced[1], 0..2)});
    assert_eq!(salience(&[0, 0, 0, 0, 1, 1], "home today"), expected);
    assert_eq!(server.asked()[1..], [(prompt.to_owned(), Some("home today".to_owned()))]);
}

#[test]
fn source_and_target_of_an_encoder_decoder() {
    let record = || answer(" Bethel", 1.0);
    let server = Running::with(None, &[record()]);
    let path =
        "/get_interpretations?model=model&dataset_name=model&interpreter=sequence_salience&do_predict=1";
    for target in [json!(null), json!({"target_text": [""]}), json!({"target_text": ["Mary did"]})] {
        let told = server.told(path, &json!({"inputs": ["record-0"], "config": target}));
        let told = &told[0]["attribution"];
        assert_eq!(told["tokens_in"].as_array().unwrap().len(), 5);
        assert_eq!(told["tokens_out"].as_array().unwrap().len(), 4);
        let rows = told["salience"].as_array().unwrap();
        assert_eq!(rows[0], json!(vec![0.0; 9]));
        let expected = |row: usize| {
            (0..9).map(move |i| record().attributions[row].get(i).copied().flatten().unwrap_or(0.0))
        };
        for row in 0..3 {
            assert_eq!(rows[row + 1], json!(expected(row).collect::<Vec<_>>()));
        }
    }
    assert_eq!(server.asked(), []);
}

#[test]
fn a_continuation_that_is_given_is_the_first_texts_target() {
    let server = Running::with(Some("home"), &continued(PROMPT, Some("home")));
    let data = server.told("/get_dataset?dataset_name=words", &json!({}));
    assert_eq!(data[0]["data"]["target"], json!("home"));
    assert_eq!(server.told(&generated(), &json!({"inputs": ["record-0"]})), json!([{"response": "home"}]));
    assert_eq!(server.asked(), []);
}

#[test]
fn texts_that_are_added_have_ids_of_their_own() {
    let server = Running::new();
    let inputs = json!({"inputs": [edited("a", ""), edited("a", ""), edited("b", "c")]});
    let mut ids = Vec::new();
    for _ in 0..2 {
        for added in server.told("/annotate_new_data?dataset_name=words", &inputs).as_array().unwrap() {
            assert_eq!((&added["data"]["_id"], &added["meta"]["added"]), (&added["id"], &json!(true)));
            assert!(added["data"]["prompt"] == "a" || added["data"]["target"] == "c");
            ids.push(added["id"].as_str().unwrap().to_owned());
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    // Nothing is attributed before somebody looks at it.
    assert_eq!(server.asked(), []);
}

#[test]
fn what_goes_wrong_is_said_and_the_server_goes_on() {
    let server = Running::new();
    let refused = |path: &str, body: &Value, words: &str| {
        let (status, reply) = server.post(path, body);
        let (_, body) = reply.split_once("\r\n\r\n").unwrap();
        let (line, details) = body.split_once("\n\nDetails: ").unwrap();
        assert_eq!((status, line.lines().count()), (500, 1), "{reply}");
        assert!(line.contains(words) && details.starts_with(['g', 'a']), "{body}");
    };
    refused(&generated(), &response("", ""), "the text is empty");
    refused(&generated(), &response("long", ""), "2000 tokens, and the model reads 1024");
    refused(&generated(), &response("fewer", ""), "there are 1 records, and 2 methods");
    refused(&generated(), &json!({"inputs": ["another"]}), "no text of this id");
    refused(&generated(), &json!({"inputs": [{"id": ""}]}), "there is no data");
    refused(&generated(), &json!({"inputs": [{"data": {"prompt": 1}}]}), "prompt is no text");
    refused(&generated(), &json!(1), "not valid");
    refused(
        &preds("_words_salience", ""),
        &json!({"inputs": [{"data": {"prompt": PROMPT, "target_mask": [1]}}]}),
        "target_mask has 1 entries, and the text 5 tokens",
    );
    refused(&preds("other", "GeneratedText"), &response(PROMPT, ""), "no model of this name");
    refused(&preds("_words_", "Tokens"), &response(PROMPT, ""), "no model of this name");
    refused("/get_dataset?dataset_name=__proto__", &json!({}), "no data of this name");
    refused("/get_interpretations?interpreter=other", &response(PROMPT, ""), "no interpreter of this name");
    refused("/annotate_new_data?dataset_name=words", &json!({"inputs": [{}]}), "there is no prompt");
    assert_eq!(server.told(&generated(), &response("go on", "")), json!([{"response": " so on"}]));
}

#[test]
fn a_full_queue_is_said_and_what_is_known_is_answered_meanwhile() {
    let server = Running::new();
    let ask = |n: usize| {
        let address = server.address.clone();
        thread::spawn(move || post(&address, &generated(), &response(&format!("wait {n}"), "")))
    };
    let first = ask(0);
    let until = |condition: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(20);
        while !condition() {
            assert!(Instant::now() < end);
            thread::sleep(Duration::from_millis(5));
        }
    };
    until(&|| server.asked().len() == 1);
    let others: Vec<_> = (1..=QUEUE + 3).map(ask).collect();
    // As many as have no place are told so at once.
    until(&|| others.iter().filter(|other| other.is_finished()).count() == 3);
    assert_eq!(
        server.told(&generated(), &json!({"inputs": ["record-0"]})),
        json!([{"response": " so went"}])
    );
    for _ in 0..=QUEUE {
        server.leave.send(()).unwrap();
    }
    assert_eq!(first.join().unwrap().0, 200);
    let mut statuses: Vec<_> = others.into_iter().map(|other| other.join().unwrap()).collect();
    statuses.sort();
    assert_eq!(statuses.iter().filter(|(status, _)| *status == 200).count(), QUEUE);
    for (status, reply) in &statuses[QUEUE..] {
        assert!(*status == 503 && reply.contains("too much to do; try again"), "{reply}");
    }
    assert_eq!(server.asked().len(), QUEUE + 1);
}

#[test]
fn the_server_stops_when_it_is_told_to() {
    let mut server = Running::new();
    let address = server.address.clone();
    let ask = |n: usize| {
        let address = address.clone();
        thread::spawn(move || post(&address, &generated(), &response(&format!("wait {n}"), "")))
    };
    let (first, second) = (ask(0), ask(1));
    while server.asked().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    server.stop.store(true, Ordering::SeqCst);
    server.thread.take().unwrap().join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let mut replies = [first, second].map(|asked| asked.join().unwrap());
    replies.sort();
    assert_eq!(replies.each_ref().map(|(status, _)| *status), [500, 503]);
    assert!(replies[1].1.contains("the server has been stopped"), "{}", replies[1].1);
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn what_can_t_be_served_is_refused() {
    let taken = Server::bind(0).unwrap();
    let port = taken.address.port();
    let refused = Server::bind(port).unwrap_err();
    assert!(matches!(refused, Error::Port { port: found, .. } if found == port), "{refused}");
    assert!(refused.to_string().contains("or 0 for one that is free"), "{refused}");
    assert!(taken.address().starts_with("http://127.0.0.1:"));
    let two = [continued("a", None), continued("b", None)].concat();
    assert!(Page::new(&two).is_ok());
    assert!(matches!(Live::new(&client(), "a", None, &two), Err(Error::SeveralTexts)));
    assert!(matches!(Live::new(&client(), "a", None, &[]), Err(Error::NoRecord)));
}
