//! The JSON Schema of scores: the reader takes the same shapes, and the published copy is the generated one.
#![cfg(feature = "json-schema")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use saliency_schema::scores::{Error, json_schema, read, write};
use serde_json::{Value, json};

/// Scores with every field, spelled as `write` spells them.
fn everything() -> Value {
    let paired = json!({
        "against": 2, "over": "outputs", "pairs": 2, "difference": -0.25, "interval": [-0.5, 0.0], "win_rate": 0.75,
        "effect_size": 1.5, "p": 0.03125, "adjusted_p": 0.0625, "smallest_p": 0.03125
    });
    json!({
        "format": "saliency-scores", "version": 1,
        "model": {"name": "gpt2", "sha256": "00"},
        "texts": [{"name": "a story", "sha256": "00", "outputs": 2}],
        "methods": [
            {"name": "a", "method": {"name": "a", "steps": 8, "baseline": "zero", "rule": [1]},
             "target": {"name": "logit", "of": 3}, "aggregate": "l2", "normalize": "sum", "passes": 9, "seconds": 0.5},
            {"name": "b"},
            {"name": "random", "control": true}
        ],
        "resampling": {"over": "blocks", "block": 2, "resamples": 1000, "confidence": 0.95, "seed": 1},
        "settings": {"quick": true, "steps": {"a": 8}},
        "agreement": [{
            "measure": "top-k-overlap", "method": 0, "other": 1, "k": 5, "signed": true, "value": 0.5,
            "interval": [0.25, 0.75], "chance": 0.1, "count": 1, "undefined": 1, "pairs": 20, "left_out": 3,
            "by_output": [0.5, null]
        }],
        "faithfulness": [{
            "measure": "comprehensiveness", "method": 0, "operator": "deletion", "better": "higher",
            "value": "NaN", "paired": [paired]
        }],
        "sanity": [{"measure": "spearman", "method": 0, "condition": "cascading", "blocks": 2, "value": null}],
        "ground_truth": [
            {"measure": "pointing-game", "method": 0, "condition": "t5-stories", "text": 0, "output": 1, "value": 1.0}
        ],
        "measurements": [{
            "method": 2, "draw": 0, "operator": "deletion", "text": 0, "output": 1,
            "metrics": {"comprehensiveness": 0.5, "infidelity": null},
            "curves": [{"order": "most-relevant-first", "removed": [0.0, 1.0], "values": [0.5, null]}]
        }],
        "cost": {"tokens_forward": 10, "tokens_naive": 100, "seconds": 0.25},
        "caveats": ["a caveat"],
        "verdict": "No winner."
    })
}

/// Whether the reader takes it for scores: what does not fit together, only `read` can see.
fn is_shaped(json: &Value) -> bool {
    match read(json.to_string().as_bytes()) {
        Ok(_) => true,
        Err(Error::Inconsistent { why, .. }) => !why.starts_with("the list is empty"),
        Err(error) => matches!(error, Error::Cap { .. }),
    }
}

#[test]
fn what_is_written_is_what_was_read() {
    let whole = everything();
    let scores = read(whole.to_string().as_bytes()).unwrap();
    let mut written = Vec::new();
    write(&scores, &mut written).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), whole);
    assert!(jsonschema::validator_for(&json_schema()).unwrap().is_valid(&whole));
}

#[test]
fn the_schema_and_the_reader_agree_on_every_shape() {
    let refused = common::agree_on_every_shape(&json_schema(), &everything(), is_shaped);
    assert!(refused > 1000, "{refused}");
}

#[test]
fn the_descriptions_tables_hold_every_property() {
    let description = include_str!("../SCORES.md");
    let (checked, objects) =
        common::check_tables(&json_schema(), description, "`saliency schema scores` prints it.");
    let expected = ["", "agreement", "curves", "measurements", "methods", "paired", "resampling", "texts"];
    // All but those that a row says: the model, the method, the target, and the cost.
    assert_eq!((&checked[..], objects), (&expected.map(str::to_owned)[..], expected.len() - 1 + 4));
}

#[test]
fn its_descriptions_are_for_readers_without_rust() {
    common::check_plain(&json_schema());
}

#[test]
fn the_published_copy_is_the_generated_one() {
    common::check_published("scores.schema.json", &json_schema());
}
