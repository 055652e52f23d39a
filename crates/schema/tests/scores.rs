//! Scores in and out, and hostile ones: each error names the place, and the repair where there is one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::scores::{
    Better, Cost, Curve, Error, Measurement, Paired, Resampling, Score, ScoredMethod, ScoredText, Scores,
    read, write,
};
use saliency_schema::{Method, Model, Target};
use serde_json::{Value, json};

fn two() -> Scores {
    let methods = vec![ScoredMethod::new("a"), ScoredMethod::new("b"), ScoredMethod::control("random")];
    Scores::new(vec![ScoredText::new("one", 2), ScoredText::new("two", 1)], methods).unwrap()
}

/// Everything that setters set.
fn everything() -> Scores {
    let paired = Paired::new(2, "texts", 6, 0.125)
        .with_interval([0.0, 0.25])
        .with_win_rate(0.5)
        .with_effect_size(2.0)
        .with_p(0.03125, 0.03125)
        .with_adjusted_p(0.0625);
    let mut scores = two();
    scores.methods[0] = ScoredMethod::new("a")
        .with_method(Method::new("a").with_steps(3).with_parameter("rule", json!([1])))
        .with_target(Target::new("logit"))
        .with_aggregate("l2")
        .with_normalize("sum")
        .with_passes(9)
        .with_seconds(0.5);
    scores.texts[0] = ScoredText::new("one", 2).with_sha256("00");
    scores
        .with_model(Model::new("gpt2"))
        .with_resampling(Resampling::over_blocks(2, 1000, 0.95, u64::MAX))
        .with_setting("quick", true)
        .with_agreement(vec![
            Score::new("top-k-overlap", 0, f64::NEG_INFINITY)
                .with_other(1)
                .with_k(5)
                .with_signed(true)
                .with_interval([-0.0, 0.1 + 0.2])
                .with_chance(5e-324)
                .with_count(2, 1)
                .with_pairs(30, 4)
                .with_by_output(vec![Some(0.1), None, Some(f64::INFINITY)]),
        ])
        .with_faithfulness(vec![
            Score::new("sufficiency", 1, None)
                .with_operator("deletion")
                .with_better(Better::Lower)
                .with_paired(vec![paired]),
        ])
        .with_sanity(vec![Score::new("spearman", 0, 1.0).with_condition("cascading").with_blocks(3)])
        .with_ground_truth(vec![Score::new("pointing-game", 0, 1.0).with_text(1), {
            Score::new("pointing-game", 0, 1.0).with_output(0, 1)
        }])
        .with_measurements(vec![
            Measurement::new(2, 1)
                .with_draw(4)
                .with_operator("deletion")
                .with_output(0)
                .with_metric("aopc", 0.25)
                .with_metric("infidelity", None)
                .with_curve(Curve::most_relevant_first(vec![0.0, 0.5], vec![Some(1.0), None]))
                .with_curve(Curve::least_relevant_first(vec![], vec![])),
        ])
        .with_cost(Cost::new(1, 2).with_seconds(3.0))
        .with_caveats(vec!["c".into()])
        .with_verdict("v")
}

fn written(scores: &Scores) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(scores, &mut bytes).unwrap();
    bytes
}

#[test]
fn every_number_comes_back_to_the_last_bit() {
    let scores = everything();
    let bytes = written(&scores);
    let again = read(&bytes).unwrap();
    assert_eq!(again, scores);
    assert_eq!(written(&again), bytes);
    let interval = again.agreement[0].interval.unwrap();
    assert_eq!(interval.map(f64::to_bits), [(-0.0_f64).to_bits(), (0.1_f64 + 0.2).to_bits()]);
    assert_eq!((again.format(), again.version(), again.n_output()), ("saliency-scores", 1, 3));
    // With a byte order mark, and with fields that nobody knows yet.
    assert_eq!(read(&[b"\xEF\xBB\xBF", &bytes[..]].concat()).unwrap(), scores);
    let mut more: Value = serde_json::from_slice(&bytes).unwrap();
    more["later"] = json!([[[]]]);
    more["agreement"][0]["later"] = json!({"x": 1});
    assert_eq!(read(more.to_string().as_bytes()).unwrap(), scores);
}

#[test]
fn a_nan_comes_back_too() {
    let scores = two().with_sanity(vec![Score::new("spearman", 0, f64::NAN)]);
    assert!(read(&written(&scores)).unwrap().sanity[0].value.unwrap().is_nan());
}

#[test]
fn an_interval_excludes_zero_if_both_ends_lie_on_one_side() {
    let excludes = |interval| Paired::new(1, "texts", 6, 0.0).with_interval(interval).excludes_zero();
    assert!(excludes(Some([0.1, 0.2])) && excludes(Some([-0.2, -0.1])));
    assert!(!excludes(Some([-0.1, 0.1])) && !excludes(Some([0.0, 0.1])) && !excludes(None));
}

fn message(json: &str) -> String {
    read(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_no_document_is_refused() {
    for (json, expected) in [
        ("", "no scores: the input is empty"),
        (" \n", "no scores: the input is empty"),
        ("\u{feff}", "no scores: the input is empty"),
        ("{", "scores: not valid JSON: EOF while parsing an object at line 1 column 1"),
        ("[]", "scores: the document: invalid type: sequence, expected an object at line 1 column 0"),
        (
            r#"{"tokens": []}"#,
            "format is \"\", not \"saliency-scores\"; `saliency compare RECORD… -o DIR` writes scores",
        ),
        (
            r#"{"format": "saliency-record", "version": 1}"#,
            "format is \"saliency-record\", not \"saliency-scores\"; `saliency compare RECORD… -o DIR` writes scores",
        ),
        (
            r#"{"format": "saliency-scores", "version": 2}"#,
            "version 2 is not one this reader knows (1 to 1); a newer release may read it",
        ),
        (
            r#"{"format": "saliency-scores", "version": 1}"#,
            "scores: the document: missing field `texts` at line 1 column 43",
        ),
        (
            r#"{"format": "saliency-scores", "version": 1, "texts": NaN}"#,
            "scores: not valid JSON: expected value at line 1 column 54; NaN has to be in quotes: \"NaN\"",
        ),
    ] {
        assert_eq!(message(json), expected);
    }
    let twice = String::from_utf8(written(&two())).unwrap();
    assert!(message(&format!("{twice}{twice}")).starts_with("scores: not valid JSON: trailing characters"));
    let twice = twice.replacen("\"version\"", "\"version\":1,\"version\"", 1);
    assert!(message(&twice).contains("duplicate field `version`"), "{}", message(&twice));
    let metrics = String::from_utf8(written(&everything())).unwrap();
    let metrics = metrics.replacen("\"aopc\":", "\"aopc\":1,\"aopc\":", 1);
    assert!(
        message(&metrics).contains("measurements[0].metrics") && message(&metrics).contains("stands twice")
    );
}

#[test]
fn more_entries_than_are_read_are_refused_before_they_are() {
    let commas = ",".repeat(50_000_001);
    assert_eq!(message(&commas), "scores: 50000001 entries, and at most 50000000 are allowed");
}

/// What a change of the whole document makes wrong.
fn refusal(pointer: &str, value: Value) -> String {
    let mut json: Value = serde_json::from_slice(&written(&everything())).unwrap();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[field.parse::<usize>().unwrap()] = value,
        object => object[field] = value,
    }
    message(&json.to_string())
}

#[test]
fn parts_that_do_not_fit_are_named() {
    for (pointer, value, expected) in [
        ("/texts", json!([]), "texts: the list is empty; scores are of at least one text"),
        ("/methods", json!([]), "methods: the list is empty; scores are of at least one method"),
        (
            "/methods/1/name",
            json!("a"),
            "methods[1].name: \"a\" stands before; each method has a name of its own",
        ),
        ("/methods/0/seconds", json!(-1.0), "methods[0].seconds: -1, and a number of at least 0 is expected"),
        (
            "/resampling/confidence",
            json!(1.0),
            "resampling.confidence: 1, and a share between 0 and 1 is expected, such as 0.95",
        ),
        (
            "/resampling/block",
            json!(0),
            "resampling.block: blocks hold at least one output; state how many in `block`",
        ),
        ("/resampling/over", json!("texts"), "resampling.block: only where `over` is `blocks`"),
        ("/agreement/0/method", json!(3), "agreement[0].method: 3, and there are 3 methods"),
        ("/agreement/0/other", json!(7), "agreement[0].other: 7, and there are 3 methods"),
        ("/agreement/0/other", json!(0), "agreement[0].other: a method is not held against itself"),
        (
            "/agreement/0/interval",
            json!([1, 0]),
            "agreement[0].interval: [1, 0], and two finite numbers are expected, the lower one first",
        ),
        (
            "/agreement/0/by_output",
            json!([1]),
            "agreement[0].by_output: 1 entries for 3 outputs of the texts together",
        ),
        (
            "/faithfulness/0/paired/0/against",
            json!(1),
            "faithfulness[0].paired[0].against: a method is not held against itself",
        ),
        (
            "/faithfulness/0/paired/0/p",
            json!(1.5),
            "faithfulness[0].paired[0].p: 1.5, and a number from 0 to 1 is expected",
        ),
        ("/ground_truth/0/text", json!(2), "ground_truth[0].text: 2, and there are 2 texts"),
        ("/ground_truth/1/output", json!(2), "ground_truth[1].output: 2, and text 0 has 2 outputs"),
        (
            "/ground_truth/1/text",
            json!(null),
            "ground_truth[1].output: an output is one of a text; state which in `text`",
        ),
        ("/measurements/0/method", json!(1), "measurements[0].draw: only controls are drawn several times"),
        ("/measurements/0/output", json!(1), "measurements[0].output: 1, and text 1 has 1 outputs"),
        (
            "/measurements/0/curves/0/values",
            json!([]),
            "measurements[0].curves[0].values: 0 entries for 2 shares",
        ),
        (
            "/measurements/0/curves/0/removed",
            json!([0.5, 0.25]),
            "measurements[0].curves[0].removed: shares go from 0 to 1, in order",
        ),
        (
            "/measurements/0/curves/0/removed",
            json!([0.5, 1.25]),
            "measurements[0].curves[0].removed: shares go from 0 to 1, in order",
        ),
    ] {
        assert_eq!(refusal(pointer, value), expected, "{pointer}");
    }
    assert!(
        refusal("/measurements/0/metrics/aopc", json!("x"))
            .starts_with("scores: measurements[0].metrics.aopc: ")
    );
}

#[test]
fn what_json_cannot_say_is_not_written() {
    let refused = |scores: &Scores| {
        let mut out = Vec::new();
        let message = write(scores, &mut out).unwrap_err().to_string();
        assert!(out.is_empty(), "refused after it was written");
        message
    };
    let scores = two().with_agreement(vec![Score::new("m", 0, 1.0).with_chance(f64::NAN)]);
    assert_eq!(refused(&scores), "agreement[0].chance: NaN, and a finite number is expected");
    let scores = two().with_agreement(vec![Score::new("m", 0, 1.0).with_interval([0.0, f64::INFINITY])]);
    assert!(refused(&scores).starts_with("agreement[0].interval: [0, inf]"));
    let deep = (0..130).fold(json!(1), |deep, _| json!([deep]));
    assert!(refused(&two().with_setting("deep", deep)).starts_with("settings: nested too deep"));
    let mut scores = two();
    scores.methods[0].method = Some(Method::new("a").with_parameter("steps", 3));
    assert!(refused(&scores).starts_with("methods[0]: method: the parameters would not be read"));
    assert!(matches!(Scores::new(Vec::new(), Vec::new()), Err(Error::Inconsistent { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_scores_never_panic(
        damages in prop::collection::vec((0.0..1.0, any::<u8>(), 0_usize..20), 1..4),
    ) {
        let mut bytes = written(&everything());
        for (place, byte, length) in damages {
            let at = (place * bytes.len() as f64) as usize;
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, [byte]);
        }
        match read(&bytes) {
            Ok(scores) => prop_assert_eq!(written(&read(&written(&scores)).unwrap()), written(&scores)),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
