//! `saliency compare`: tables, numbers and pages of records, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn saliency(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saliency"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = saliency(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn failed(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = saliency(folder, arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A record by a method, of two inputs and one output.
fn write(folder: &Path, file: &str, method: &str, texts: [&str; 3], row: [f64; 2]) {
    let token = |(id, text): (usize, &str)| json!({"id": id, "text": text, "kind": if id < 2 { "input" } else { "output" }});
    let tokens: Vec<Value> = texts.into_iter().enumerate().map(token).collect();
    let record = json!({
        "format": "saliency-record", "version": 1, "method": {"name": method}, "signed": true, "tokens": tokens,
        "attributions": [row],
    });
    std::fs::write(folder.join(file), record.to_string()).unwrap();
}

#[test]
fn tables_numbers_and_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "a.json", "a", ["The", " cat", " sat"], [1.0, 2.0]);
    write(here, "b.json", "b", ["The", " cat", " sat"], [-3.0, -4.0]);
    let text = done(here, &["compare", "a.json", "b.json"]);
    let row =
        |values: &str| text.lines().find(|line| line.starts_with("a ") && line.contains(values)).unwrap();
    assert_eq!(
        row("absolute").split_whitespace().take(5).collect::<Vec<_>>(),
        ["a", "b", "absolute", "1.00", "1.00"]
    );
    assert_eq!(
        row("signed").split_whitespace().take(5).collect::<Vec<_>>(),
        ["a", "b", "signed", "-1.00", "-1.00"]
    );
    let last = text.lines().last().unwrap();
    assert!(last.contains("does not say which of them is right"), "{last}");
    let scores = done(here, &["compare", "a.json", "b.json", "--json"]);
    let parsed: Value = serde_json::from_str(&scores).unwrap();
    assert_eq!(parsed["format"], "saliency-scores");
    assert_eq!(parsed["agreement"][0]["value"], -1.0);
    assert!(done(here, &["compare", "a.json", "b.json", "--csv"]).starts_with("list,measure,method,other,"));
    assert!(
        done(here, &["compare", "a.json", "b.json", "--markdown"]).contains("| a | b | signed | -1.00 |")
    );
    assert_eq!(done(here, &["compare", "a.json", "b.json", "-o", "page"]), text);
    for file in ["index.html", "scores.json", "scores.csv", "agreement.svg", "agreement.png", "methods.svg"] {
        assert!(here.join("page").join(file).is_file(), "{file}");
    }
    assert_eq!(std::fs::read_to_string(here.join("page/scores.json")).unwrap(), scores);
}

#[test]
fn what_does_not_belong_together_is_named_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "a.json", "a", ["The", " cat", " sat"], [1.0, 2.0]);
    write(here, "b.json", "b", ["The", " cat", " ran"], [1.0, 2.0]);
    write(here, "c.json", "c", ["The", " cat", " sat"], [1.0, 2.0]);
    let (code, said) = failed(here, &["compare", "a.json", "b.json", "-o", "page"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("output 0 (token 2) is \" ran\" there and \" sat\" in record 0"), "{said}");
    let (code, said) = failed(here, &["compare", "a.json"]);
    assert!(code == Some(2) && said.contains("one record to compare"), "{said}");
    let (code, said) = failed(here, &["compare", "a.json", "c.json", "--k", "3", "-o", "page"]);
    assert!(code == Some(2) && said.contains("k is 3, and output 0 of record 0 has 2 tokens"), "{said}");
    assert!(!here.join("page").exists());
    assert_eq!(failed(here, &["compare", "a.json", "c.json", "--json", "--csv"]).0, Some(2));
}

#[test]
fn both_schemas_are_printed() {
    let published = |file: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema").join(file)).unwrap()
    };
    assert_eq!(done(Path::new("."), &["schema", "scores"]), published("scores.schema.json"));
    assert_eq!(done(Path::new("."), &["schema", "record"]), published("record.schema.json"));
}
