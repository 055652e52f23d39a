//! The JSON Schema: what we write fits it, what is wrong does not, and the published copy is the generated one.
#![cfg(feature = "json-schema")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use saliency_schema::{Error, json_schema, read, write};
use serde_json::{Value, json};

/// The example of the format's description.
fn example() -> Value {
    json!({
        "format": "saliency-record", "version": 1,
        "model": {"name": "gpt2", "sha256": "00"},
        "method": {"name": "integrated-gradients", "steps": 50, "baseline": "zero"},
        "target": {"name": "probability"}, "aggregate": "l2", "normalize": "sum",
        "tokens": [{"id": 464, "text": "The", "kind": "input", "start": 0, "end": 3},
                   {"id": 3234, "text": " race", "kind": "output", "start": 3, "end": 8}],
        "attributions": [["NaN"]],
        "outputs": [{"token": 1, "probability": 0.03, "logit": 7.2, "value": 0.03, "baseline_value": 0.001,
                     "sum": 0.029, "delta": 1e-9, "steps": 50}]
    })
}

#[test]
fn records_fit_it_and_damaged_ones_do_not() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    assert!(validator.is_valid(&example()));
    let records = read(include_bytes!("data/run-30.json")).unwrap();
    let mut bytes = Vec::new();
    write(&records, &mut bytes).unwrap();
    assert!(validator.is_valid(&serde_json::from_slice(&bytes).unwrap()));
    for (pointer, wrong) in [
        ("/format", json!("other")),
        ("/version", json!(2)),
        ("/tokens/0/kind", json!("prompt")),
        ("/tokens/0/id", json!(-1)),
        ("/attributions/0/0", json!("nan")),
        ("/attributions/0", json!(3)),
        ("/outputs/0/token", json!("x")),
        ("/method/name", json!(null)),
    ] {
        let mut damaged = example();
        *damaged.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&damaged), "{pointer}");
    }
    for field in ["format", "version", "tokens", "attributions"] {
        let mut damaged = example();
        damaged.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&damaged), "{field}");
    }
}

/// A record with every field, spelled as `write` spells it.
fn everything() -> Value {
    let mut record = example();
    record["signed"] = json!(true);
    // A decoder's start token between the two.
    record["source"] = json!(1);
    let tokens = record["tokens"].as_array_mut().unwrap();
    tokens.insert(1, json!({"id": 0, "text": "<pad>", "kind": "input", "start": 3, "end": 3}));
    record["attributions"] = json!([["NaN", 0.5]]);
    record["outputs"][0]["token"] = json!(2);
    record["notes"] = json!(["a note"]);
    record["prompt"] = json!({"bos": false, "template": "Q: {text}", "text": [3, 5], "parts": [{"name": "user", "start": 3, "end": 5}]});
    record["excerpt"] = json!({"inputs": [2, 3], "of": 9, "positions": [2, 8, 9], "outside": [0.25]});
    record["hops"] = json!(2);
    record["regrouped"] = json!({"reduce": "sum", "by": "words", "members": [1, 1, 2]});
    record["outputs"][0]["within"] = json!(0.5);
    record["standard_errors"] = json!([["Infinity", null]]);
    record["interactions"] =
        json!([[{"i": 0, "j": 0, "value": 0.5}, {"i": 0, "j": 1, "value": "NaN", "standard_error": 0.1}]]);
    record["replacements"] = json!([[
        {"at": 0, "count": 1, "text": " a", "probability": 0.5, "change": -0.5, "continuation": " b"},
        {"at": 0, "count": 2, "text": "", "change": null}
    ]]);
    record["method"]["rule"] = json!({"name": ["gauss"]});
    record["tokens"][0]["bytes"] = json!([240, 159]);
    record["tokens"][2]["value"] = json!("0.1");
    record["outputs"][0]["explained"] = json!({
        "token": {"id": 3, "text": " mat"}, "alternatives": [{"id": 4, "text": "\u{fffd}", "bytes": [230], "probability": 0.25}],
        "without": {"tokens": [0, 1], "text": "The"}
    });
    record["outputs"][0]["ledger"] = json!({
        "heads": [[0.5, "NaN"], [null, -1]], "feed_forward": [0.1, null], "attention_bias": [0, 0.2],
        "token": 0.3, "position": "-Infinity", "bias": -0.5
    });
    record["outputs"][0]["by_layer"] = json!([0.5, null, "-Infinity"]);
    record["outputs"][0]["vectors"] = json!({
        "positive": [0.5, null], "negative": ["NaN", -1], "norm": [1, "Infinity"],
        "components": [[0.5, null], [-0.5, 0]], "explained": [0.75, null]
    });
    record
}

#[test]
fn non_finite_and_missing_numbers_fit_it_as_they_are_written() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let mut record = read(everything().to_string().as_bytes()).unwrap().remove(0);
    for value in
        [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(-0.0), Some(5e-324)]
    {
        record.attributions[0][0] = value;
        record.standard_errors[0][0] = value;
        record.outputs[0].logit = value;
        if let Some(ledger) = &mut record.outputs[0].ledger {
            (ledger.heads[1][0], ledger.feed_forward[0], ledger.bias) = (value, value, value);
        }
        record.outputs[0].by_layer[1] = value;
        if let Some(vectors) = &mut record.outputs[0].vectors {
            (vectors.norm[0], vectors.components[1][0], vectors.explained[0]) = (value, value, value);
        }
        record.interactions[0][0].value = value;
        record.replacements[0][0].change = value;
        let mut bytes = Vec::new();
        write(&[record.clone()], &mut bytes).unwrap();
        let written: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(validator.is_valid(&written), "{written}");
    }
    for runs in [&include_bytes!("data/runs-3x30.json")[..], include_bytes!("data/runs-3x100.json")] {
        let mut bytes = Vec::new();
        write(&read(runs).unwrap(), &mut bytes).unwrap();
        let written: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(written.len(), 3);
        assert!(written.iter().all(|record| validator.is_valid(record)));
    }
}

/// Whether the reader takes it for a record: what does not fit together, only `read` can see.
fn is_shaped(json: &Value) -> bool {
    match read(json.to_string().as_bytes()) {
        Ok(_) => true,
        Err(error) => !matches!(
            error,
            Error::Shape { .. }
                | Error::NoFormat { .. }
                | Error::Format { .. }
                | Error::Version { .. }
                | Error::NoTokens
                | Error::Empty
                | Error::EmptyArray
        ),
    }
}

#[test]
fn the_schema_and_the_reader_agree_on_every_shape() {
    let refused = common::agree_on_every_shape(&json_schema(), &everything(), is_shaped);
    assert!(refused > 500, "{refused}");
}

#[test]
fn the_readmes_tables_hold_every_property() {
    let readme = include_str!("../README.md");
    let (checked, objects) = common::check_tables(&json_schema(), readme, "`saliency schema` prints it.");
    // All but those that a row says: the model, the method, the target, a part, a named token, and what a run was
    // without.
    let expected = [
        "",
        "excerpt",
        "explained",
        "interactions",
        "ledger",
        "outputs",
        "prompt",
        "regrouped",
        "replacements",
        "tokens",
        "vectors",
    ];
    assert_eq!((&checked[..], objects), (&expected.map(str::to_owned)[..], expected.len() - 1 + 6));
}

#[test]
fn its_descriptions_are_for_readers_without_rust() {
    common::check_plain(&json_schema());
}

#[test]
fn the_published_copy_is_the_generated_one() {
    common::check_published("record.schema.json", &json_schema());
}
