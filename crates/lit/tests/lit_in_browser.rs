//! Folder and server in a browser, with LIT's own client: `browser/lit.test.mjs` and `browser/live.test.mjs`. Ignored
//! by default, since it needs a Chromium, Node.js, what `cargo xtask page` installs, and the client, which `cargo xtask
//! lit` fetches: `cargo xtask test` runs it where they are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{answer, hostile};
use saliency_lit::{Client, Page};
use saliency_schema::{Kind, Method, Model, Record, Token};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
#[ignore = "needs a Chromium, Node.js and LIT's client, which `cargo xtask test` looks for"]
fn records_are_shown_in_lit() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lit");
    let client = Client::find().unwrap();
    assert!(client.has_icons(), "no icon font beside the client");
    let read = |file: &str| saliency_schema::read(&std::fs::read(here.join(file)).unwrap()).unwrap();
    let write = |name: &str, records: &[Record]| {
        let folder = pages.join(name);
        Page::new(records).unwrap().write(&client, &folder).unwrap();
        let mut json = Vec::new();
        saliency_schema::write(records, &mut json).unwrap();
        std::fs::write(folder.join("records.json"), json).unwrap();
    };
    let run = read("../viz-svg/tests/data/run-30.json");
    write("run-30", &run);
    write("runs", &read("../schema/tests/data/runs-3x30.json"));
    write("methods", &read("../viz-svg/tests/data/methods.jsonl"));
    write("hostile", &[hostile(), hostile().with_model(Model::new("<img src=x onerror=alert(1)>"))]);
    write("answer", &answers());
    write("small", &[small()]);

    node("lit.test.mjs", ("PAGES", pages.as_os_str()));
}

/// A model of words is behind the page, and what is edited there is attributed anew.
#[cfg(feature = "serve")]
#[test]
#[ignore = "needs a Chromium, Node.js and LIT's client, which `cargo xtask test` looks for"]
fn texts_are_edited_in_lit() {
    use saliency_lit::{Explain, Live, Server};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Words;
    impl Explain for Words {
        fn records(
            &mut self,
            prompt: &str,
            target: Option<&str>,
        ) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
            if prompt == "too long" {
                return Err("the text has 2000 tokens, and the model reads 1024".into());
            }
            Ok(common::continued(prompt, target))
        }
    }
    let prompt = "Mary went home";
    let live = Live::new(&Client::find().unwrap(), prompt, None, &common::continued(prompt, None)).unwrap();
    let server = Server::bind(0).unwrap();
    let address = server.address();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = std::thread::spawn(move || {
        server.run(live, &mut Words, &|| stopped.load(Ordering::SeqCst));
    });
    let tested = std::panic::catch_unwind(|| node("live.test.mjs", ("ADDRESS", address.as_ref())));
    stop.store(true, Ordering::SeqCst);
    thread.join().unwrap();
    tested.unwrap();
}

/// Runs tests of the browser's, which have to pass.
fn node(tests: &str, (name, value): (&str, &OsStr)) {
    let modules =
        std::env::var("MODULES").expect("MODULES: the folder that `cargo xtask page` installs into");
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(tests))
        .env("CHROME", browser().expect("no browser: set CHROME, or put chromium on the PATH"))
        .env("MODULES", modules)
        .env(name, value)
        .status()
        .unwrap();
    assert!(status.success());
}

/// Two questions with the same answer, each by two methods, of which one has a sign.
fn answers() -> Vec<Record> {
    let made = |question: &str, method: &str, sign: f64| {
        let signed = sign < 0.0;
        answer(question, sign)
            .with_method(Method::new(method))
            .with_signed(signed)
            .with_model(Model::new("t5"))
    };
    let questions = [" Bethel", " Hebron"];
    questions.iter().flat_map(|place| [made(place, "occlusion", 1.0), made(place, "gim", -1.0)]).collect()
}

/// Values far below LIT's own end of the scale, 0.001.
fn small() -> Record {
    let token = |text, kind| Token::new(0, text, kind);
    let tokens = vec![token("a", Kind::Input), token(" b", Kind::Input), token(" c", Kind::Output)];
    Record::new(tokens, vec![vec![Some(2e-7), Some(1e-9)]]).unwrap()
}

/// What CHROME names, or the first Chromium on the PATH.
fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file())
}
