//! The JSON Schema: what we write fits it, what is wrong does not, and the published copy is the generated one.
#![cfg(feature = "json-schema")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{json_schema, read, write};
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

#[test]
fn the_published_copy_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/record.schema.json");
    let generated = format!("{:#}\n", json_schema());
    if std::env::var_os("SALIENCY_BLESS").is_some() {
        std::fs::write(path, &generated).unwrap();
        panic!("rewrote {path}; look at the difference and run again without SALIENCY_BLESS");
    }
    let published = std::fs::read_to_string(path).unwrap();
    assert!(published == generated, "record.schema.json is out of date; run again with SALIENCY_BLESS=1");
}
