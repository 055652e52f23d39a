//! `saliency lit --serve`, with the bundled model, as LIT's client asks it. What needs that client is ignored by
//! default: `cargo xtask test` runs it where the client is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const TEXT: &str = "Mary went to Bethel, and John went to Hebron. Mary";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saliency"));
    command.args(arguments).env("OMP_NUM_THREADS", "1").stdin(Stdio::null());
    command
}

/// What `saliency attribute` says of the same.
fn record(arguments: &[&str]) -> Value {
    let output = command(&[&["attribute", "--quiet"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A server, once it has printed its address.
struct Running {
    child: Option<Child>,
    printed: BufReader<ChildStdout>,
    address: String,
}

impl Running {
    fn new(arguments: &[&str]) -> Self {
        let mut command = command(&[&["lit", "--serve"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut printed, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
        printed.read_line(&mut line).unwrap();
        let address = line.strip_prefix("http://").and_then(|line| line.strip_suffix("/\n"));
        let address = address.unwrap_or_else(|| panic!("{line:?} is no address")).to_owned();
        Self { child: Some(child), printed, address }
    }

    /// Status and body of an answer to a question about one text.
    fn asked(&self, path: &str, data: &Value) -> (u16, String) {
        let body = json!({"inputs": [{"id": "", "data": data, "meta": {"added": true}}]}).to_string();
        let (address, length) = (&self.address, body.len());
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Type: \
             application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn told(&self, model: &str, types: &str, data: &Value) -> Value {
        let path = format!("/get_preds?model={model}&dataset_name=demo&requested_types={types}");
        let (status, body) = self.asked(&path, data);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()[0].take()
    }

    /// Stops it as Ctrl-C does.
    #[cfg(unix)]
    fn interrupted(mut self) -> (Output, String) {
        let child = self.child.take().unwrap();
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let output = child.wait_with_output().unwrap();
        let mut rest = String::new();
        self.printed.read_to_string(&mut rest).unwrap();
        (output, rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The sum of a record's rows, as long as the text.
fn sum(record: &Value) -> Vec<f64> {
    let mut sum = vec![0.0; record["tokens"].as_array().unwrap().len()];
    for row in record["attributions"].as_array().unwrap() {
        for (sum, value) in sum.iter_mut().zip(row.as_array().unwrap()) {
            *sum += value.as_f64().unwrap_or(0.0);
        }
    }
    sum
}

/// `attribute` goes on from the prompt that it has read, the server reads the whole text: the sums differ by float32's
/// rounding, 6e-8 of the row's largest for each of a few operations.
fn assert_same(found: &[f64], expected: &[f64], method: &str) {
    assert_eq!(found.len(), expected.len(), "{method}");
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= 1e-6 * largest, "{method}, {i}: {found} and {expected}");
    }
}

#[test]
#[ignore = "needs LIT's client, which `cargo xtask test` looks for"]
fn an_edited_prompt_has_the_record_that_attribute_makes() {
    let methods = ["gradient-x-input", "occlusion"];
    let server =
        Running::new(&["--text", TEXT, "--generate", "3", "--method", methods[0], "--method", methods[1]]);
    let edited = "Anna went to Jericho. Anna";
    for (prompt, target, more) in [
        (TEXT, "", &["--generate", "3"][..]),
        (edited, "", &["--generate", "3"]),
        (edited, " went home", &["--continuation", " went home"]),
    ] {
        let record_by = |method| record(&[&["--text", prompt, "--method", method], more].concat());
        let records = methods.map(record_by);
        let tokens = records[0]["tokens"].as_array().unwrap();
        let texts: Vec<_> = tokens.iter().map(|token| token["text"].as_str().unwrap()).collect();
        let outputs = tokens
            .iter()
            .filter(|token| token["kind"] == "output")
            .map(|token| token["text"].as_str().unwrap());
        let response = outputs.collect::<String>();
        let mut data = json!({"prompt": prompt, "target": target});
        assert_eq!(server.told("demo", "GeneratedText", &data), json!({"response": response}));
        // From here on the client asks with the response as the target.
        data["target"] = json!(response);
        assert_eq!(server.told("_demo_tokenizer", "Tokens", &data), json!({"tokens": texts}));
        data["target_mask"] = json!(vec![1; texts.len()]);
        let salience = server.told("_demo_salience", "TokenScores", &data);
        for (method, record) in methods.iter().zip(&records) {
            let found: Vec<_> =
                salience[method].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let expected = sum(record);
            assert_same(&found, &expected, method);
        }
    }
    // What the model can't read is said, and it goes on.
    let path = "/get_preds?model=demo&requested_types=GeneratedText";
    let (status, body) = server.asked(path, &json!({"prompt": "a ".repeat(5000)}));
    assert!(status == 500 && body.contains("the model reads at most 512"), "{status}: {body}");
    let (status, body) = server.asked(path, &json!({"prompt": ""}));
    assert!(status == 500 && body.contains("the text is empty"), "{status}: {body}");
    assert!(server.told("demo", "GeneratedText", &json!({"prompt": edited}))["response"].is_string());
    #[cfg(unix)]
    {
        let (output, rest) = server.interrupted();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), &*rest), (Some(130), ""), "{said}");
        assert!(said.ends_with("saliency: interrupted; the server has stopped\n"), "{said}");
    }
}

/// An edited question to the bundled T5: a row for each token of the answer, over source and answer.
#[test]
#[ignore = "needs LIT's client, which `cargo xtask test` looks for"]
fn an_edited_question_has_the_rows_that_attribute_makes() {
    let story = "context: Gideon was a shepherd in Hebron. Ruth gave a lamb to Obed.";
    let (asked, edited) = ("question: Who gave a lamb to Obed? ", "question: Who was a shepherd? ");
    let (asked, edited) = (format!("{asked}{story}"), format!("{edited}{story}"));
    let server = Running::new(&["--model", "demo-t5", "--text", &asked, "--generate", "6"]);
    for prompt in [&asked, &edited] {
        let record = record(&["--model", "demo-t5", "--text", prompt, "--generate", "6"]);
        let source = record["source"].as_u64().unwrap() as usize;
        let rows = record["attributions"].as_array().unwrap();
        let path = "/get_interpretations?model=demo-t5&dataset_name=demo-t5&interpreter=sequence_salience";
        let (status, body) = server.asked(path, &json!({"prompt": prompt, "target": ""}));
        assert_eq!(status, 200, "{body}");
        let told = &serde_json::from_str::<Value>(&body).unwrap()[0]["gradient-x-input"];
        assert_eq!(told["tokens_in"].as_array().unwrap().len(), source, "{body}");
        let found = told["salience"].as_array().unwrap();
        // The first row is the start token's, which nothing explains.
        assert_eq!(found.len(), 1 + rows.len());
        for (found, expected) in found[1..].iter().zip(rows) {
            let numbers = |row: &Value| -> Vec<_> {
                row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(0.0)).collect()
            };
            let (found, expected) = (numbers(found), numbers(expected));
            assert_same(&found[..expected.len()], &expected, "gradient-x-input");
        }
    }
}

#[test]
#[ignore = "needs LIT's client, which `cargo xtask test` looks for"]
fn a_port_that_is_taken_and_a_text_that_is_too_long_are_refused_before_anything_is_served() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let long = "a ".repeat(5000);
    for (arguments, words) in [
        (&["--text", "abc", "--port", &port][..], "choose another one, or 0"),
        (&["--text", &long], "at most 512"),
    ] {
        let output = command(&[&["lit", "--serve", "--quiet"], arguments].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty(), "{said}");
        assert!(said.contains(words) && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn what_can_t_be_served_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        let mut command = command(&[&["lit"], arguments].concat());
        command.current_dir(folder.path()).env("XDG_CACHE_HOME", folder.path()).env_remove("SALIENCY_LIT");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(code), 1), "{arguments:?}: {said}");
        assert!(
            output.stdout.is_empty() && words.iter().all(|words| said.contains(words)),
            "{arguments:?}: {said}"
        );
    };
    let text = ["--serve", "--text", "abc"];
    let serve = |more: &[&'static str]| [&text[..], more].concat();
    refused(&text, 1, &["LIT's client is not here", "saliency lit --fetch"]);
    refused(&["--serve"], 2, &["no text"]);
    refused(&serve(&["--method", "sorcery"]), 2, &["sorcery"]);
    for more in [&["--span", "all"][..], &["--against", "x"], &["--sample", "--runs", "2"]] {
        refused(&serve(more), 2, &["is not served", "saliency attribute"]);
    }
    refused(&serve(&["-o", "folder"]), 2, &["--serve", "--output"]);
    refused(&serve(&["record.json"]), 2, &["--serve"]);
    for more in [["--port", "0"], ["--method", "gim"], ["--text", "abc"]] {
        let flag = format!("{} needs --serve", more[0]);
        refused(&[&["record.json", "-o", "folder"][..], &more].concat(), 2, &[&flag]);
    }
    refused(&["record.json", "-o", "folder", "--index", "http://127.0.0.1:9"], 2, &["--index"]);
    assert!(!folder.path().join("folder").exists());
}
