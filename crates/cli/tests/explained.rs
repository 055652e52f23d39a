//! What is explained is named from the command line to the picture; two continuations are compared; methods of
//! different units stand beside each other.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn saliency(arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saliency"))
        .args(arguments)
        .env("OMP_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}

fn done(arguments: &[&str], stdin: &[u8]) -> Vec<u8> {
    let output = saliency(arguments, stdin);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A record of "The cat sat on the", and the table that is drawn of it.
fn record_and_table(more: &[&str]) -> (Value, String) {
    let arguments = [&["attribute", "--text", "The cat sat on the", "-q"], more].concat();
    let record = done(&arguments, b"");
    let table = done(&["draw", "tokens", "-"], &record);
    (serde_json::from_slice(&record).unwrap(), String::from_utf8(table).unwrap())
}

#[test]
fn the_token_that_is_explained_is_named_and_not_the_produced_one() {
    let (record, table) = record_and_table(&["--generate", "2", "--explain", " mat"]);
    let produced =
        record["tokens"].as_array().unwrap().iter().find(|token| token["kind"] == "output").unwrap();
    let produced = produced["text"].as_str().unwrap().trim().to_owned();
    assert_ne!(produced, "mat");
    assert_eq!(record["outputs"][0]["explained"]["token"]["text"], " mat");
    assert!(
        table.starts_with(&format!("What “mat” (in place of “{produced}”, output 0) looked at\n")),
        "{table}"
    );
    let (record, table) = record_and_table(&[
        "--generate",
        "1",
        "--target",
        "contrast-logit",
        "--explain",
        " mat",
        "--alternative",
        " right",
    ]);
    let explained = &record["outputs"][0]["explained"];
    assert_eq!(
        (&explained["token"]["text"], &explained["alternatives"][0]["text"]),
        (&json!(" mat"), &json!(" right"))
    );
    assert!(table.starts_with("Why “mat” rather than “right” "), "{table}");
    let (record, table) =
        record_and_table(&["--generate", "1", "--target", "kl-divergence", "--without", "0-1"]);
    assert_eq!(record["outputs"][0]["explained"]["without"], json!({"tokens": [0, 1], "text": "The"}));
    assert!(table.contains("away from the run without “The” (token 0)"), "{table}");
}

#[test]
fn two_continuations_of_different_length_are_compared() {
    let both =
        ["--continuation", " mat", "--against", " old wooden floor", "--method", "integrated-gradients"];
    let (record, table) = record_and_table(&both);
    assert!(table.starts_with("Why “mat” rather than “old wooden floor” (output 0)\n"), "{table}");
    assert_eq!(record["target"]["name"], "contrast-log-probability");
    // The difference of the two spans' log-probabilities, each asked for by itself.
    let of = |continuation: &str| {
        let span = ["--continuation", continuation, "--target", "log-probability", "--span", "all"];
        record_and_table(&span).0["outputs"][0]["value"].as_f64().unwrap()
    };
    let expected = of(" mat") - of(" old wooden floor");
    let found = record["outputs"][0]["value"].as_f64().unwrap();
    assert!((found - expected).abs() < 1e-4 * expected.abs(), "{found} {expected}");
    // The inputs alone: " cat" is two tokens.
    assert_eq!(record["attributions"][0].as_array().unwrap().len(), 6);
}

#[test]
fn contrasts_that_are_asked_wrongly_name_the_right_way() {
    let refused = |more: &[&str], word: &str| {
        let arguments = [&["attribute", "--text", "The cat sat on the", "--generate", "1"], more].concat();
        let output = saliency(&arguments, b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
        assert!(said.contains(word), "{more:?}: {said}");
        assert!(output.stdout.is_empty());
    };
    refused(&["--target", "contrast-logit", "--alternative", " old wooden floor"], "--against");
    refused(&["--explain", " old wooden floor"], "--against");
    refused(&["--against", " mat", "--target", "logit"], "log-probability");
    refused(&["--against", " mat", "--span", "all"], "--span");
    refused(&["--against", ""], "continuation");
    refused(&["--against", " mat", "--method", "attention"], "attention");
}

#[test]
fn methods_of_different_units_have_legends_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rep");
    let methods = "gradient-x-input,attention-norms,integrated-gradients";
    let text = "Abigail went to the well and drew water";
    let arguments = [
        "report",
        "--text",
        text,
        "--generate",
        "2",
        "--methods",
        methods,
        "-q",
        "-o",
        out.to_str().unwrap(),
    ];
    done(&arguments, b"");
    for chart in ["tall-multiple", "long-output"] {
        let svg = std::fs::read_to_string(out.join(format!("{chart}.svg"))).unwrap();
        for said in [
            // What has no sign is shown as shares of its row.
            "The colours of panels 0, 1 (% of the row)",
            "The colours of panel 2 (change of the probability, with a sign)",
            ">panels 0, 1<",
            ">panel 2<",
        ] {
            assert!(svg.contains(said), "{chart}: {said}");
        }
    }
}
