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

/// Scores but for the time that they took.
fn without_seconds(mut scores: Value) -> Value {
    scores["cost"].as_object_mut().unwrap().remove("seconds");
    for method in scores["methods"].as_array_mut().unwrap() {
        method.as_object_mut().unwrap().remove("seconds");
    }
    scores
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

    // Scores are drawn again by themselves, as the page's pictures are.
    let read = |file: &str| std::fs::read_to_string(here.join(file)).unwrap();
    done(here, &["draw", "agreement", "--scores", "page/scores.json", "-o", "again.svg"]);
    assert_eq!(read("again.svg"), read("page/agreement.svg"));
    let methods =
        ["draw", "methods", "a.json", "b.json", "--scores", "page/scores.json", "-o", "methods.svg"];
    done(here, &methods);
    assert_eq!(read("methods.svg"), read("page/methods.svg"));
    for (arguments, why) in [
        (&["draw", "minimap", "a.json", "--scores", "page/scores.json"][..], "minimap draws no scores"),
        (&["draw", "methods", "--scores", "page/scores.json"], "name their files beside --scores"),
        (&["draw", "agreement", "--scores", "a.json"], "a.json: "),
        (&["draw", "agreement", "a.json", "-o", "x.svg"], "which --scores reads"),
    ] {
        let (_, said) = failed(here, arguments);
        assert!(said.contains(why), "{said}");
    }
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
    // Before anything is computed.
    for mistaken in [["--k", "0"], ["--resamples", "1"]] {
        let (code, said) = failed(here, &[&["compare", "a.json", "c.json"], &mistaken[..]].concat());
        assert!(code == Some(2) && said.contains(mistaken[0]), "{said}");
    }
    let (code, said) = failed(here, &["compare", "--text", "And God said", "--methods", "position"]);
    assert!(code == Some(2) && said.contains("position alone has nothing to be compared with"), "{said}");
}

#[test]
fn both_schemas_are_printed() {
    let published = |file: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema").join(file)).unwrap()
    };
    assert_eq!(done(Path::new("."), &["schema", "scores"]), published("scores.schema.json"));
    assert_eq!(done(Path::new("."), &["schema", "record"]), published("record.schema.json"));
}

/// A text of the bundled model: what is measured stands in the document, and adds up.
#[test]
fn a_text_is_judged_by_what_the_model_answers() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let text = ["compare", "--text", "And God said, Let there be", "--generate", "7", "--threads", "1", "-q"];
    let run = |more: &[&str]| done(here, &[&text[..], more].concat());
    let methods = ["--methods", "gradient-x-input,leave-one-out"];
    let scores = run(&[&methods[..], &["--quick", "--json"]].concat());
    // The same input, the same bytes; but for seconds.
    let parsed = without_seconds(serde_json::from_str(&scores).unwrap());
    let again = run(&[&methods[..], &["--quick", "--json"]].concat());
    assert_eq!(parsed, without_seconds(serde_json::from_str(&again).unwrap()));
    let names: Vec<_> =
        parsed["methods"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["gradient-x-input", "leave-one-out", "position", "random orders"]);
    let controls: Vec<_> =
        parsed["methods"].as_array().unwrap().iter().map(|m| m["control"] == true).collect();
    assert_eq!(controls, [false, false, true, true]);
    // Three outputs, two operators; three records and five random orders.
    let measurements = parsed["measurements"].as_array().unwrap();
    assert_eq!(measurements.len(), 3 * 2 * (3 + 5));
    for measurement in measurements {
        let curve = |order: usize| measurement["curves"][order]["values"].as_array().unwrap();
        // Both begin with the whole text.
        assert_eq!(curve(0)[0], curve(1)[0]);
        let clean = curve(0)[0].as_f64().unwrap();
        let places = measurement["curves"][0]["removed"].as_array().unwrap();
        let at = places.iter().position(|x| (x.as_f64().unwrap() - 0.2).abs() < 0.08).unwrap();
        let drop = measurement["metrics"]["comprehensiveness"].as_f64().unwrap();
        assert!((clean - curve(0)[at].as_f64().unwrap() - drop).abs() < 1e-9, "{measurement}");
        assert!((measurement["metrics"]["log-odds"].as_f64().unwrap() + drop).abs() < 1e-12);
    }
    // A mean over three outputs, and its difference to the mean of random orders, by hand.
    let of = |method: usize| -> Vec<f64> {
        let own = measurements.iter().filter(|m| m["method"] == method && m["operator"] == "deletion");
        own.map(|m| m["metrics"]["aopc-comprehensiveness"].as_f64().unwrap()).collect()
    };
    let mean = |x: Vec<f64>| x.iter().sum::<f64>() / x.len() as f64;
    let score = parsed["faithfulness"].as_array().unwrap().iter().find(|s| {
        s["method"] == 1 && s["operator"] == "deletion" && s["measure"] == "aopc-comprehensiveness"
    });
    let score = score.unwrap();
    assert!((score["value"].as_f64().unwrap() - mean(of(1))).abs() < 1e-12);
    let paired = score["paired"].as_array().unwrap().iter().find(|p| p["against"] == 3).unwrap();
    assert!((paired["difference"].as_f64().unwrap() - (mean(of(1)) - mean(of(3)))).abs() < 1e-12);
    assert!(parsed["verdict"].as_str().unwrap().contains("3 pairs are too few"), "{}", parsed["verdict"]);
    assert!(parsed["cost"]["tokens_forward"].as_u64() < parsed["cost"]["tokens_naive"].as_u64());
    assert!(parsed.get("sanity").is_none());

    // Outputs that are asked for; random weights and another target; a method that the model can't serve is left out.
    let all = run(&["--methods", "gradient,attn-lrp", "--outputs", "0,6", "--json", "--seed", "3"]);
    let all: Value = serde_json::from_str(&all).unwrap();
    let outputs: std::collections::BTreeSet<_> =
        all["measurements"].as_array().unwrap().iter().map(|m| m["output"].as_u64().unwrap()).collect();
    assert_eq!(outputs.into_iter().collect::<Vec<_>>(), [0, 6]);
    let conditions: std::collections::BTreeSet<_> =
        all["sanity"].as_array().unwrap().iter().map(|s| s["condition"].as_str().unwrap()).collect();
    let expected =
        ["cascading", "independent", "input-order-by-place", "input-order-by-token", "noise", "target"];
    assert_eq!(conditions.into_iter().collect::<Vec<_>>(), expected);
    assert!(all["caveats"].to_string().contains("Yona"), "{}", all["caveats"]);

    let (code, message) = failed(here, &["compare", "--text", "And God", "--generate", "2"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("--methods"), "{message}");
    let (code, message) = failed(here, &[&text[..], &["--methods", "gradient", "--outputs", "7"]].concat());
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("outputs is 7"), "{message}");
    let (code, message) = failed(here, &["compare"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("nothing to compare"), "{message}");
}

/// An encoder–decoder: what it can't serve is left out, and said.
#[test]
fn what_a_model_cannot_serve_is_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["compare", "--model", "demo-t5", "--text", "Ruth went to Bethel.", "--generate", "3", "--methods"];
    let output =
        saliency(folder.path(), &[&arguments[..], &["gradient,alti", "--json", "--outputs", "0"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("alti is left out: "), "{said}");
    let scores: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(scores["methods"].as_array().unwrap().len(), 3);
    assert!(
        scores["caveats"].to_string().contains("is left out: the model can’t serve it"),
        "{}",
        scores["caveats"]
    );
}

/// Texts of a file: what is pooled are the numbers that each text has by itself; what is finished is not run again.
#[test]
fn texts_are_pooled_and_finished_ones_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let texts = ["And God said", "In the beginning", "Anna went to Jericho. Anna"];
    let lines = |texts: &[&str]| -> String {
        texts.iter().map(|text| json!({"text": text}).to_string() + "\n").collect()
    };
    std::fs::write(here.join("t.jsonl"), lines(&texts)).unwrap();
    let judging = ["--methods", "gradient,occlusion", "--quick", "--generate", "2", "--threads", "1", "-q"];
    let all = [&["compare", "--texts", "t.jsonl", "--json", "-o", "page"][..], &judging].concat();
    let parsed: Value = serde_json::from_str(&done(here, &all)).unwrap();
    let measurements = parsed["measurements"].as_array().unwrap();
    for (place, text) in texts.iter().enumerate() {
        let one = done(here, &[&["compare", "--text", text, "--json"][..], &judging].concat());
        let one: Value = serde_json::from_str(&one).unwrap();
        assert_eq!(one["texts"][0], parsed["texts"][place]);
        let own = measurements.iter().filter(|measurement| measurement["text"] == place);
        for (pooled, own) in own.zip(one["measurements"].as_array().unwrap()) {
            assert_eq!(pooled["metrics"], own["metrics"]);
        }
    }
    assert_eq!(parsed["resampling"]["over"], "texts");

    // The last text was not finished; the first two are not run again.
    let journal = here.join("page/texts.jsonl");
    let whole = std::fs::read_to_string(&journal).unwrap();
    let first_two: usize = whole.split_inclusive('\n').take(8).map(str::len).sum();
    std::fs::write(&journal, &whole[..whole.len() - 40]).unwrap();
    let loud: Vec<&str> = all.iter().copied().filter(|argument| *argument != "-q").collect();
    let again = saliency(here, &loud);
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(!said.contains("text 2 of 3") && said.contains("text 3 of 3"), "{said}");
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(without_seconds(again), without_seconds(parsed.clone()));
    assert_eq!(std::fs::read_to_string(&journal).unwrap()[..first_two], whole[..first_two]);

    // A dry run and a file that is not the program's leave everything as it is.
    std::fs::write(&journal, &whole[..whole.len() - 40]).unwrap();
    let dry = done(here, &[&all[..], &["--dry-run"]].concat());
    assert!(dry.contains("3 texts, 2 of them finished"), "{dry}");
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), whole[..whole.len() - 40]);
    for own in ["{\"text\": \"And God said\"}", "{\"text\": \"And God said\"}\n"] {
        std::fs::create_dir_all(here.join("mine")).unwrap();
        std::fs::write(here.join("mine/texts.jsonl"), own).unwrap();
        let mut mine = all.clone();
        (mine[2], mine[5]) = ("mine/texts.jsonl", "mine");
        let (code, said) = failed(here, &mine);
        assert!(code == Some(2) && said.contains("line 1: neither a record nor scores"), "{said}");
        assert_eq!(std::fs::read_to_string(here.join("mine/texts.jsonl")).unwrap(), own);
    }
    assert!(parsed["settings"].get("arguments_sha256").is_none());
    assert_eq!(failed(here, &[&all[..], &["--partial"]].concat()).0, Some(2));
    std::fs::write(&journal, &whole).unwrap();
    let dry = done(here, &[&all[..], &["--dry-run"]].concat());
    assert!(dry.contains("3 texts, 3 of them finished") && dry.contains("tokens forward"), "{dry}");
    let (code, said) = failed(here, &[&all[..], &["--seed", "7"]].concat());
    assert!(code == Some(2) && said.contains("judged with other arguments"), "{said}");
    // White space doesn't make another text of it.
    std::fs::write(here.join("t.jsonl"), lines(&["And God said", "And God  said "])).unwrap();
    let (code, said) = failed(here, &all);
    assert!(code == Some(2) && said.contains("line 2: the text is the same as that of line 1"), "{said}");
    for (line, why) in [
        ("{\"text\": 3}", "\"text\" is not a text"),
        ("{\"prompt\": \"a\"}", "the field \"prompt\" is not known"),
        ("[]", "no JSON object"),
        ("{\"text\"", "EOF"),
        ("{}", "\"text\" is missing"),
    ] {
        std::fs::write(here.join("t.jsonl"), format!("\n{line}\n")).unwrap();
        let (code, said) = failed(here, &all);
        assert!(code == Some(2) && said.contains("t.jsonl, line 2: ") && said.contains(why), "{said}");
    }
    std::fs::write(here.join("t.jsonl"), lines(&["And God said"]) + &lines(&[&"a ".repeat(600)])).unwrap();
    let mut other = all.clone();
    other[5] = "other";
    let (code, said) = failed(here, &other);
    assert!(
        code.is_some_and(|code| code > 0) && said.contains("line 2: ") && said.contains("at most 512"),
        "{said}"
    );
}

/// A line of a file of cases, its own words in place of the names.
fn case(text: &str, answer: &str, evidence: &str, exchanged: (&str, &str)) -> String {
    let (other, said) = exchanged;
    let line = serde_json::json!({
        "text": text, "answer": answer, "evidence": evidence, "exchanged": {"text": other, "answer": said},
    });
    format!("{line}\n")
}

/// Of the bundled T5's stories: those count in which the model's own answer follows the evidence.
#[test]
fn evidence_that_is_known_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let published = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/evidence/stories.jsonl"),
    );
    let lines: Vec<String> = published.unwrap().lines().take(8).map(str::to_owned).collect();
    // One that can't count: the exchanged text has the same evidence, and its answer is never given.
    let mut broken: Value = serde_json::from_str(&lines[0]).unwrap();
    broken["exchanged"]["text"] = broken["text"].clone();
    let cases = format!("{broken}\n\n{}\n", lines.join("\n"));
    std::fs::write(here.join("cases.jsonl"), cases).unwrap();
    let asked =
        ["compare", "--model", "demo-t5", "--cases", "cases.jsonl", "--methods", "attn-lrp,alti", "-q"];
    let scores: Value =
        serde_json::from_str(&done(here, &[&asked[..], &["--most", "6", "--json", "-o", "out"]].concat()))
            .unwrap();
    assert_eq!(scores["texts"].as_array().unwrap().len(), 6);
    let names: Vec<_> = scores["methods"].as_array().unwrap().iter().map(|m| m["name"].clone()).collect();
    // What the model can't serve is left out.
    assert_eq!(names, ["attn-lrp", "position", "chance"]);
    assert!(scores["caveats"][0].as_str().unwrap().starts_with("6 of "), "{}", scores["caveats"]);
    assert_eq!(scores["settings"]["cases"], "cases");
    // Chance is one over the number of the names.
    let chances: Vec<f64> = scores["measurements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| m["method"] == 2)
        .map(|m| m["metrics"]["pointing-game"].as_f64().unwrap())
        .collect();
    let one_over = |line: &String| {
        let case: Value = serde_json::from_str(line).unwrap();
        1.0 / case["candidates"].as_array().unwrap().len() as f64
    };
    assert!(
        lines.iter().map(one_over).collect::<Vec<_>>().windows(6).any(|six| six == chances),
        "{chances:?}"
    );
    let found = scores["ground_truth"].as_array().unwrap();
    let of = |method: u64, measure: &str| {
        let score = found.iter().find(|s| s["method"] == method && s["measure"] == measure).unwrap();
        score["value"].as_f64().unwrap()
    };
    assert!(of(0, "pointing-game") > 0.8 && of(0, "pointing-game") > of(2, "pointing-game"));
    assert!(of(0, "evidence-mass") > of(2, "evidence-mass"));
    assert!(here.join("out/scores.csv").exists() && here.join("out/scores.json").exists());
    assert!(done(here, &[&asked[..], &["--dry-run"]].concat()).starts_with("9 cases, attribution at most"));
}

#[test]
fn cases_that_are_none_are_named_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let asked = ["compare", "--cases", "cases.jsonl", "--methods", "gradient", "-q"];
    let refused = |cases: &str| {
        std::fs::write(here.join("cases.jsonl"), cases).unwrap();
        let (code, said) = failed(here, &asked);
        assert_eq!(code, Some(2), "{said}");
        said
    };
    let good = case("Dan saw Ruth and", " Dan", "Dan", ("Obed saw Ruth and", " Obed"));
    assert!(refused("").contains("there is no case"));
    assert!(refused(&format!("{good}{{")).contains("cases.jsonl, line 2"));
    assert!(refused(&good.replace("evidence", "prove")).contains("unknown field `prove`"));
    let twice = case("Dan saw Dan and", " Dan", "Dan", ("Obed saw Dan and", " Obed"));
    assert!(refused(&twice).contains("occurs more than once; write bytes"));
    assert!(refused(&good.replace("\"Dan\"", "\"Paul\"")).contains("\"Paul\" does not occur"));
    assert!(refused(&good.replace("\"Dan\"", "[[0,99]]")).contains("[0, 99] are no characters"));
    assert!(refused(&good.replace(" Obed\"", " Dan\"")).contains("makes the same answer"));
    // The model does not know who comes next: nothing counts.
    let none = refused(&good);
    assert!(none.contains("in none of 1 cases"), "{none}");
    assert_eq!(failed(here, &[&asked[..], &["--quick"]].concat()).0, Some(2));
}
