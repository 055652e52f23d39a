//! What the model's parts add, what is kept of vectors, and which words are replaced: as a person or a script would ask
//! for them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn saliency(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saliency")).args(arguments).current_dir(folder).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = saliency(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// What each head adds to a logit, and one head's own row: attributed, drawn, and refused where a record has none.
#[test]
fn parts_of_the_model_add_up_and_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let ask =
        ["attribute", "-q", "--text", "And the Lord said unto Moses", "--generate", "1", "--target", "logit"];
    let made = done(here, &[&ask[..], &["--method", "alti-logit", "--layer", "2", "--head", "1"]].concat());
    let record: Value = serde_json::from_str(&made).unwrap();
    let output = &record["outputs"][0];
    let sum = |numbers: &Value| numbers.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).sum::<f64>();
    let ledger = &output["ledger"];
    let heads: f64 = ledger["heads"].as_array().unwrap().iter().map(sum).sum();
    let others = ["token", "position", "bias"].map(|part| ledger[part].as_f64().unwrap()).iter().sum::<f64>();
    let total = heads + others + sum(&ledger["feed_forward"]) + sum(&ledger["attention_bias"]);
    assert!((total - output["logit"].as_f64().unwrap()).abs() < 1e-4, "{total} {}", output["logit"]);
    let head = ledger["heads"][2][1].as_f64().unwrap();
    assert!((sum(&record["attributions"][0]) - head).abs() < 1e-5, "{head}");

    std::fs::write(here.join("ledger.json"), made).unwrap();
    done(here, &["draw", "ledger", "ledger.json", "-o", "x.svg"]);
    let drawn = std::fs::read_to_string(here.join("x.svg")).unwrap();
    assert!(drawn.contains("what head 1 of layer 2, framed above, brought from each token"), "{drawn}");
    done(here, &["report", "ledger.json", "-o", "page"]);
    assert!(here.join("page/ledger.svg").exists());
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../viz-svg/tests/data/run-30.json");
    let refused = saliency(here, &["draw", "ledger", run.to_str().unwrap(), "-o", "x.svg"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("saliency attribute --method direct-logit"), "{said}");
}

/// What a record keeps of vectors adds up to the rows' sums, is drawn, and is asked for where it is missing.
#[test]
fn vectors_are_kept_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let ask =
        ["attribute", "-q", "--text", "And the Lord said unto Moses", "--generate", "2", "-o", "record.json"];
    done(here, &[&ask[..], &["--vectors", "v.safetensors"]].concat());
    let record: Value = serde_json::from_slice(&std::fs::read(here.join("record.json")).unwrap()).unwrap();
    let sum = |numbers: &Value| numbers.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).sum::<f64>();
    for output in record["outputs"].as_array().unwrap() {
        let vectors = &output["vectors"];
        let (positive, negative) = (sum(&vectors["positive"]), sum(&vectors["negative"]));
        let found = positive + negative;
        assert!(
            (found - output["sum"].as_f64().unwrap()).abs() < 1e-5 * positive,
            "{found} {}",
            output["sum"]
        );
        let share = sum(&vectors["explained"]);
        assert!(0.0 < share && share <= 1.0 && vectors["components"].as_array().unwrap().len() == 2);
    }
    done(here, &["draw", "vectors", "record.json", "-o", "x.svg"]);
    let drawn = std::fs::read_to_string(here.join("x.svg")).unwrap();
    assert!(drawn.contains("first component: ") && drawn.contains("negative"), "{drawn}");
    done(here, &["report", "record.json", "-o", "page"]);
    assert!(here.join("page/vectors.svg").exists());

    done(here, &ask);
    let refused = saliency(here, &["draw", "vectors", "record.json", "-o", "x.svg"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("saliency attribute --vectors FILE"), "{said}");
}

/// Only the words that occlusion ranks first are replaced, and the estimate knows.
#[test]
fn the_strongest_words_alone_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let ask = ["perturb", "-q", "--text", "And the Lord said unto Moses, Go", "--generate", "2"];
    let words = |more: &[&str]| {
        let table = done(here, &[&ask[..], more].concat());
        let lines = table.lines().filter_map(|line| Some(line.split_once(" →")?.0.to_owned()));
        lines.collect::<std::collections::BTreeSet<_>>()
    };
    let (all, two) = (words(&[]), words(&["--strongest", "2"]));
    assert!(two.len() == 2 && all.len() > 4 && two.is_subset(&all), "{two:?} {all:?}");
    let refused = saliency(here, &[&ask[..], &["--strongest", "0"]].concat());
    assert_eq!(refused.status.code(), Some(2));
}
