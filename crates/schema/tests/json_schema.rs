//! The JSON Schema: what we write fits it, what is wrong does not, and the published copy is the generated one.
#![cfg(feature = "json-schema")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

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

/// The pointer of every value in it.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| places(field, &format!("{at}/{name}"), found));
        }
        _ => {}
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
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let (whole, mut all) = (everything(), Vec::new());
    places(&whole, "", &mut all);
    let others = json!([
        null, true, 0, 3, -1, 256, 1.5, 4_294_967_296_u64, "", "x", "1", "NaN", "-Infinity", "input", [], {}, [[]],
        [null], [3], ["x"], [{}], {"name": "x"}, {"name": 3}, {"token": 1}, {"input": null}, [1, "a", "input"]
    ]);
    let mut refused = 0;
    for place in &all {
        for other in others.as_array().unwrap() {
            let mut changed = whole.clone();
            *changed.pointer_mut(place).unwrap() = other.clone();
            let shaped = is_shaped(&changed);
            assert_eq!(validator.is_valid(&changed), shaped, "{place}: {other}");
            refused += usize::from(!shaped);
        }
        let Some((parent, name)) = place.rsplit_once('/') else { continue };
        let mut without = whole.clone();
        if let Some(fields) = without.pointer_mut(parent).unwrap().as_object_mut() {
            fields.remove(name);
            assert_eq!(validator.is_valid(&without), is_shaped(&without), "without {place}");
        }
    }
    assert!(refused > 500, "{refused}");
}

/// A row of a table in the README.
struct Row {
    name: &'static str,
    /// `MUST` or `MAY`.
    must: &'static str,
    line: &'static str,
}

/// The README's tables: for each, the line before it, and its rows.
fn tables() -> Vec<(&'static str, Vec<Row>)> {
    let mut tables: Vec<(_, Vec<Row>)> = Vec::new();
    let (mut before, mut inside) = ("", false);
    for line in include_str!("../README.md").lines() {
        if line == "| field | | type | what it is |" {
            tables.push((before, Vec::new()));
            inside = true;
        } else if let Some(cells) = line.strip_prefix("| `").filter(|_| inside) {
            let (names, rest) = cells.split_once(" | ").unwrap();
            let (must, _) = rest.split_once(" | ").unwrap();
            for name in names.split(", ") {
                tables.last_mut().unwrap().1.push(Row { name: name.trim_matches('`'), must, line });
            }
        } else if !line.starts_with('|') {
            inside = false;
            before = if line.is_empty() { before } else { line };
        }
    }
    tables
}

/// The definition that a property refers to, if it is one of an object.
fn object_of<'a>(schema: &'a Value, property: &'a Value) -> Option<&'a Value> {
    let mut options = property["anyOf"].as_array().into_iter().flatten().chain([
        property,
        &property["items"],
        &property["items"]["items"],
    ]);
    let name = options.find_map(|option| option["$ref"].as_str())?.strip_prefix("#/$defs/")?;
    Some(&schema["$defs"][name]).filter(|found| found["type"] == "object")
}

#[test]
fn the_readmes_tables_hold_every_property() {
    let (schema, tables) = (json_schema(), tables());
    assert!(tables.len() > 5, "{}", tables.len());
    let mut checked = Vec::new();
    // The record itself, and what a name in it refers to.
    let mut open = vec![(None, &schema)];
    while let Some((field, object)) = open.pop() {
        let heading = |before: &str| match field {
            None => before.ends_with("`saliency schema` prints it."),
            Some(field) => before.starts_with("What ") && before.contains(&format!("`{field}` hold")),
        };
        let found: Vec<_> = tables.iter().filter(|(before, _)| heading(before)).collect();
        let [(_, rows)] = &found[..] else { panic!("{field:?}: {} tables in README.md", found.len()) };
        checked.push(field);
        let properties = object["properties"].as_object().unwrap();
        let required: Vec<_> = object["required"].as_array().into_iter().flatten().collect();
        for (name, property) in properties {
            let row = rows.iter().find(|row| row.name == name);
            let Some(Row { must, line, .. }) = row else {
                panic!("README.md has no row for {field:?}: {name}")
            };
            assert_eq!(*must == "MUST", required.contains(&&json!(name)), "{field:?}: {name}: {must}");
            let Some(inner) = object_of(&schema, property) else { continue };
            let has_table = tables.iter().any(|(before, _)| before.contains(&format!("`{name}` hold")));
            if has_table {
                open.push((Some(name.as_str()), inner));
                continue;
            }
            // A small one is said in its row.
            for inner in inner["properties"].as_object().unwrap().keys() {
                assert!(line.contains(&format!("`{inner}`")), "the row of {name} does not name {inner}");
            }
        }
        for Row { name, .. } in rows {
            assert!(properties.contains_key(*name), "README.md has a row for {field:?}: {name}");
        }
    }
    let mut objects = 0;
    for definition in schema["$defs"].as_object().unwrap().values() {
        objects += usize::from(definition["type"] == "object");
    }
    // All but those that a row says: the model, the method, the target, a part, a named token, and what a run was
    // without.
    checked.sort_unstable();
    let expected = [
        None,
        Some("excerpt"),
        Some("explained"),
        Some("interactions"),
        Some("ledger"),
        Some("outputs"),
        Some("prompt"),
        Some("regrouped"),
        Some("replacements"),
        Some("tokens"),
    ];
    assert_eq!((checked.as_slice(), objects), (&expected[..], expected.len() - 1 + 6));
}

#[test]
fn its_descriptions_are_for_readers_without_rust() {
    let text = json_schema().to_string();
    for rust in ["`]", "::", "None", "Some("] {
        assert!(!text.contains(rust), "{rust}");
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
