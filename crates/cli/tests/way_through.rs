//! The whole way: a paragraph in, records and pictures out, as a person or a script would ask for them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
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
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn parity(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../model-gpt2/tests/parity").join(model)
}

fn run_30() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../viz-svg/tests/data/run-30.json");
    path.to_str().unwrap().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A record of three tokens with these notes.
fn noted(folder: &Path, name: &str, notes: &[&str]) {
    let record = serde_json::json!({
        "format": "saliency-record", "version": 1, "notes": notes,
        "tokens": [{"id": 1, "text": "a", "kind": "input"}, {"id": 2, "text": " b", "kind": "output"}],
        "attributions": [[0.1]],
    });
    std::fs::write(folder.join(name), record.to_string()).unwrap();
}

#[test]
fn notes_are_said_where_records_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    noted(folder.path(), "one.json", &["did not converge", "few\u{1b}[31m samples"]);
    noted(folder.path(), "two.json", &["stopped"]);
    let said = |arguments: &[&str]| String::from_utf8(saliency(folder.path(), arguments).stderr).unwrap();
    let drawn = ["draw", "highlight", "one.json", "-o", "x.svg"];
    assert_eq!(said(&drawn), "note: did not converge\nnote: few⟨ESC⟩[31m samples\n");
    assert_eq!(said(&[&drawn[..], &["-q"]].concat()), "");
    let both = said(&["draw", "tall-multiple", "one.json", "two.json", "-o", "x.svg"]);
    assert!(both.contains("note: one.json: did not converge\n"), "{both}");
    assert!(both.ends_with("note: two.json: stopped\n"), "{both}");
    assert_eq!(
        said(&["draw", "highlight", "one.json", "two.json", "--record", "1", "-o", "x.svg"]),
        "note: two.json: stopped\n"
    );
    assert_eq!(said(&["report", "two.json", "-o", "page"]), "note: stopped\n");
    let page = std::fs::read_to_string(folder.path().join("page/index.html")).unwrap();
    assert!(page.contains("<li>stopped</li>"));
    // Several in one file are told by their numbers.
    let lines = [
        std::fs::read_to_string(folder.path().join("one.json")).unwrap(),
        std::fs::read_to_string(folder.path().join("two.json")).unwrap(),
    ];
    std::fs::write(folder.path().join("both.jsonl"), lines.join("\n")).unwrap();
    let both = said(&["draw", "tall-multiple", "both.jsonl", "-o", "x.svg"]);
    assert!(both.ends_with("note: both.jsonl, record 1: stopped\n"), "{both}");
}

#[test]
fn every_cell_goes_into_a_table() {
    let folder = tempfile::tempdir().unwrap();
    noted(folder.path(), "one.json", &[]);
    for (name, separator) in [("x.csv", ','), ("x.tsv", '\t')] {
        done(folder.path(), &["draw", "tokens", "one.json", "--lock", "0", "-o", name]);
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(separator).collect()).collect();
        let column = |name: &str| lines[1][lines[0].iter().position(|found| *found == name).unwrap()];
        assert_eq!(lines.len(), 2);
        assert_eq!(
            [column("output_token"), column("token"), column("value"), column("difference")],
            [" b", "a", "0.1", "0.0"]
        );
    }
    for flag in [&["--hover", "0"][..], &["--top", "3"], &["--token", "0"]] {
        let output =
            saliency(folder.path(), &[&["draw", "tokens", "one.json", "-o", "x.csv"], flag].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("{} is for pictures", flag[0])));
    }
}

#[test]
fn the_demo_model_works_from_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/race-to-mars.txt")).unwrap();
    std::fs::write(folder.path().join("text.txt"), &text).unwrap();
    done(folder.path(), &["attribute", "--text-file", "text.txt", "-o", "record.json"]);
    let record = json(&std::fs::read_to_string(folder.path().join("record.json")).unwrap());
    assert_eq!(record["model"]["name"], "demo");
    assert_eq!(record["method"]["name"], "gradient-x-input");
    assert_eq!((&record["aggregate"], &record["normalize"]), (&Value::from("l2"), &Value::from("sum")));
    let rows = record["attributions"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.len() <= 30);
    for row in rows {
        let sum: f64 = row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
    // The tokens' spans put the text together again, without its final newline.
    let tokens = record["tokens"].as_array().unwrap();
    let text = &text[..text.len() - 1];
    let mut end = 0;
    for token in tokens.iter().filter(|t| t["kind"] == "input") {
        assert_eq!(token["start"].as_u64().unwrap(), end);
        end = token["end"].as_u64().unwrap();
    }
    assert_eq!(end as usize, text.len());
    for (chart, file, magic) in [
        ("tall-heatmap", "h.svg", "<svg"),
        ("highlight", "p.png", "\u{fffd}PNG"),
        ("highlight", "p.html", "<!DOCTYPE html>"),
    ] {
        done(
            folder.path(),
            &["draw", chart, "record.json", "--tokens", "--hover", "1", "--lock", "0", "-o", file],
        );
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        assert!(String::from_utf8_lossy(&bytes).starts_with(magic), "{file}");
    }
    done(folder.path(), &["report", "record.json", "-o", "page"]);
    let page = std::fs::read_to_string(folder.path().join("page/index.html")).unwrap();
    // The heat map by tokens, words and sentences, the scatter plot, and every output.
    assert!(page.matches("<svg").count() == 5 && page.matches("<script").count() == 2);
    // Nothing else was left behind.
    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["h.svg", "p.html", "p.png", "page", "record.json", "text.txt"]);
}

#[test]
fn the_command_line_gives_the_peers_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let model = parity("gpt2-a");
    let captum = json(&std::fs::read_to_string(model.join("captum.json")).unwrap());
    let text_file = model.join("text.txt");
    let (model, text_file) = (model.to_str().unwrap(), text_file.to_str().unwrap());
    for (dtype, tolerance) in [("f32", 1e-5), ("f64", 1e-9)] {
        let record = json(&done(
            folder.path(),
            &[
                "attribute",
                "--model",
                model,
                "--text-file",
                text_file,
                "--generate",
                "6",
                "--method",
                "ig",
                "--target",
                "logit",
                "--dtype",
                dtype,
            ],
        ));
        let ids: Vec<_> = record["tokens"].as_array().unwrap().iter().map(|t| t["id"].clone()).collect();
        assert_eq!(Value::from(ids), captum["token_ids"]);
        assert_eq!((&record["aggregate"], &record["normalize"]), (&Value::from("sum"), &Value::from("none")));
        assert_eq!(record["method"]["steps"], 50);
        let expected = captum["targets"]["logit"]["integrated-gradients/50"]["sum"].as_array().unwrap();
        for (row, expected) in record["attributions"].as_array().unwrap().iter().zip(expected) {
            let number = |v: &Value| v.as_f64().unwrap();
            let (row, expected): (Vec<f64>, Vec<f64>) = (
                row.as_array().unwrap().iter().map(number).collect(),
                expected.as_array().unwrap().iter().map(number).collect(),
            );
            let largest = expected.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            assert!(row.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= tolerance * largest), "{dtype}");
        }
    }
}

#[test]
fn continuations_runs_and_formats() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let forced =
        json(&done(here, &["attribute", "--text", "In the beginning", "--continuation", " God created"]));
    let outputs: String = forced["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|t| t["kind"] == "output")
        .map(|t| t["text"].as_str().unwrap())
        .collect();
    assert_eq!(outputs, " God created");
    let sample = |seed: &str, file: &str| {
        let sampling =
            ["--sample", "--temperature", "1.5", "--top-k", "50", "--top-p", "0.9", "--seed", seed];
        let mut arguments = vec!["attribute", "--text", "The", "--generate", "5", "--runs", "3", "-o", file];
        arguments.extend(sampling);
        done(here, &arguments);
        std::fs::read_to_string(here.join(file)).unwrap()
    };
    let runs = sample("1", "a.json");
    assert_eq!(json(&runs).as_array().unwrap().len(), 3);
    assert_eq!(runs, sample("1", "b.json"));
    assert_ne!(runs, sample("9", "c.json"));
    assert_eq!(sample("1", "d.jsonl").lines().count(), 3);
    done(here, &["draw", "highlight", "a.json", "--record", "2", "-o", "third.svg"]);

    let notebook =
        json(&done(here, &["attribute", "--text", "The", "--generate", "2", "--format", "notebook"]));
    assert_eq!(notebook["tokens"][0]["type"], "input");
    assert!(notebook["tokens"][0]["value"].is_string() && notebook.get("format").is_none());

    let mut child = Command::new(env!("CARGO_BIN_EXE_saliency"))
        .args(["attribute", "-", "--generate", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"The race\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let record = json(std::str::from_utf8(&output.stdout).unwrap());
    let text: String = record["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|t| t["kind"] == "input")
        .map(|t| t["text"].as_str().unwrap())
        .collect();
    assert_eq!(text, "The race");
}

#[test]
fn what_cancels_is_said_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let output = saliency(
        folder.path(),
        &[
            "attribute",
            "--text",
            "The race to Mars",
            "--generate",
            "2",
            "--method",
            "gradient",
            "--aggregate",
            "sum",
        ],
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("note: 2 of 2 rows are zero") && said.contains("use the aggregate l2"), "{said}");
    let record = json(std::str::from_utf8(&output.stdout).unwrap());
    assert!(record["attributions"][0].as_array().unwrap().iter().all(|x| x == 0.0));
}

#[test]
fn the_table_prints_in_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let printed = done(folder.path(), &["draw", "tokens", &run_30(), "--hover", "12"]);
    assert!(printed.contains("(output 12)") && printed.contains("× even"));
    done(folder.path(), &["draw", "tokens", &run_30(), "--hover", "12", "-o", "table.txt"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("table.txt")).unwrap(), printed);
}

#[test]
fn lists_help_and_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let help = done(here, &["--help"]);
    for line in
        ["saliency attribute --text", "saliency draw tall-heatmap record.json -o picture.svg", "report"]
    {
        assert!(help.contains(line), "{line} in {help}");
    }
    assert!(done(here, &["charts"]).lines().any(|l| l.starts_with("tall-heatmap  ")));
    assert!(done(here, &["methods"]).contains("integrated-gradients"));
    let charts = json(&done(here, &["charts", "--json"]));
    assert_eq!(charts.as_array().unwrap().len(), 22);
    let methods = json(&done(here, &["methods", "--json"]));
    assert_eq!(methods[0]["name"], "gradient-x-input");
    let published =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/record.schema.json"));
    assert_eq!(done(here, &["schema"]), published.unwrap());
}

/// The names that an independent program finds for the first output, relative to distance
/// (`crates/schema/tests/distance.rs`): Boeing 10.2, `SpaceX` 6.9, Origin 5.3.
#[test]
fn shares_are_set_against_what_is_usual_at_their_distance() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let ranked = |relative: &str, more: &[&str]| {
        let run = run_30();
        let mut arguments = vec!["draw", "tokens", &run, "--hover", "0", "--relative", relative];
        arguments.extend(more);
        let printed = done(here, &arguments);
        let rows = printed
            .lines()
            .filter(|line| line.contains('×') && line.trim_start().starts_with(char::is_numeric));
        rows.take(3)
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect::<Vec<Vec<String>>>()
    };
    let has =
        |row: &[String], words: [&str; 2]| words.iter().all(|word| row.iter().any(|field| field == word));
    let own = ranked("distance", &[]);
    for (row, words) in own.iter().zip([["10×", "Boeing"], ["6.9×", "SpaceX"], ["5.3×", "Origin"]]) {
        assert!(has(row, words), "{own:?}");
    }
    // The same from a file, which may hold other records; of groups the profile is that of the tokens: NumPy has 7.53
    // for " " and " Boeing" together.
    assert_eq!(ranked(&format!("distance:{}", run_30()), &[]), own);
    assert!(has(&ranked("distance", &["--group", "words"])[0], ["7.5×", "Boeing"]));
    // Of two files that are the same, the medians are the same.
    assert_eq!(ranked(&format!("distance:{0},{0}", run_30()), &[]), own);
}

/// Pairs of an output's strongest words: attributed, drawn, in the report, and refused where a record has none.
#[test]
fn pairs_of_words_are_attributed_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let text = "And the Lord said unto Moses, Go in unto Pharaoh";
    let ask = ["attribute", "-q", "--text", text, "--generate", "1", "--target", "log-probability"];
    let words = ["--method", "occlusion-pairs", "--segments", "words", "--strongest", "4"];
    let made = done(here, &[&ask[..], &words].concat());
    let record = json(&made);
    assert_eq!(record["regrouped"]["by"], "words");
    let (row, pairs) = (&record["attributions"][0], record["interactions"][0].as_array().unwrap());
    assert_eq!((row.as_array().unwrap().len(), pairs.len()), (10, 4 + 6));
    let near = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5;
    for pair in pairs.iter().filter(|pair| pair["i"] == pair["j"]) {
        assert!(near(&pair["value"], &row[pair["i"].as_u64().unwrap() as usize]), "{pair}");
    }
    std::fs::write(here.join("pairs.json"), made).unwrap();
    done(here, &["draw", "interactions", "pairs.json", "-o", "x.svg"]);
    let drawn = std::fs::read_to_string(here.join("x.svg")).unwrap();
    assert!(drawn.contains("nats beyond their sum") && drawn.contains("Pharaoh"));
    done(here, &["report", "pairs.json", "-o", "page"]);
    assert!(here.join("page/interactions.svg").exists());

    let refused = saliency(here, &["draw", "interactions", &run_30(), "-o", "x.svg"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("saliency attribute --method occlusion-pairs"), "{said}");
    done(here, &["report", &run_30(), "-o", "plain"]);
    assert!(!here.join("plain/interactions.svg").exists());
}

#[test]
fn tokens_look_and_intensity_change_what_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = run_30();
    let mut drawn = std::collections::BTreeSet::new();
    for flags in
        [&[][..], &["--tokens"], &["--look", "notebook"], &["--intensity", "4"], &["--relative", "distance"]]
    {
        let mut arguments = vec!["draw", "tall-heatmap", &run, "-o", "x.svg"];
        arguments.extend(flags);
        done(here, &arguments);
        assert!(drawn.insert(std::fs::read(here.join("x.svg")).unwrap()), "{flags:?}");
    }
    done(here, &["report", &run, "--relative", "distance", "--intensity", "2", "-o", "page"]);
    assert!(here.join("page/index.html").exists());
}

#[test]
fn the_notebooks_run_is_drawn_in_every_state() {
    let folder = tempfile::tempdir().unwrap();
    for chart in [
        "highlight",
        "minimap",
        "tall-heatmap",
        "tall-multiple",
        "long-output",
        "scatter",
        "input-focused",
        "profile",
        "tokens",
    ] {
        let mut drawn = std::collections::BTreeSet::new();
        for state in [&[][..], &["--hover", "12"], &["--lock", "4"], &["--hover", "12", "--lock", "0:4"]] {
            for theme in ["light", "dark", "print"] {
                let run = run_30();
                let mut arguments = vec!["draw", chart, &run, "--theme", theme, "-o", "x.svg"];
                arguments.extend(state);
                done(folder.path(), &arguments);
                assert!(
                    drawn.insert(std::fs::read(folder.path().join("x.svg")).unwrap()),
                    "{chart} {state:?} {theme}"
                );
            }
        }
    }
}

/// What an independent program keeps of run-30 (`crates/viz-svg/tests/rule.rs`): 259 of 5,955 attributions, and with
/// punctuation and half of each row 236.
#[test]
fn a_rule_is_given_by_flags() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_30();
    let drawn = |flags: &[&str]| {
        let arguments = [&["draw", "tall-heatmap", &*run, "--tokens", "-o", "x.svg"], flags].concat();
        done(folder.path(), &arguments);
        std::fs::read_to_string(folder.path().join("x.svg")).unwrap()
    };
    assert!(drawn(&["--drop", "below:3x"]).contains("259 of 5,955 attributions"));
    let three = drawn(&["--drop", "punctuation,below:3", "--keep-share", "0.5"]);
    assert!(three.contains("236 of 5,955 attributions"));
    let repeated = drawn(&["--keep-share", "0.5", "--drop", "below:3", "--drop", "punctuation"]);
    assert_eq!(repeated, three);
}

#[test]
fn a_token_is_held_against_the_one_that_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let text = ["attribute", "-q", "--text", "And the Lord said unto", "--generate", "1", "--target"];
    let row = |target: &[&str]| {
        let record = json(&done(folder.path(), &[&text[..], target, &["--method", "occlusion"]].concat()));
        (record["target"].clone(), record["outputs"][0].clone(), record["attributions"][0].clone())
    };
    let (target, output, _) = row(&["contrast-logit", "--alternative", " them"]);
    let them = target["alternative_ids"][0].as_u64().unwrap();
    assert_eq!(target["name"], "contrast-logit");
    // Forced, the alternative has the logit that was taken away.
    let forced = [
        "attribute",
        "-q",
        "--text",
        "And the Lord said unto",
        "--continuation",
        " them",
        "--target",
        "logit",
    ];
    let other = json(&done(folder.path(), &forced));
    assert_eq!(other["tokens"].as_array().unwrap().last().unwrap()["id"], them);
    let number = |value: &Value| value.as_f64().unwrap();
    let gap = number(&output["logit"]) - number(&other["outputs"][0]["logit"]);
    assert!((number(&output["value"]) - gap).abs() < 1e-4, "{output} {gap}");
    // Without one it is the runner-up, which the record names.
    let (target, ..) = row(&["contrast-probability"]);
    assert!(target["alternative_ids_by_output"][0].is_u64());
}
