//! What the tests of both formats' schemas share.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

/// The pointer of every value in it.
pub(crate) fn places(value: &Value, at: &str, found: &mut Vec<String>) {
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

/// Whether a schema and a reader take the same shapes: with every value replaced by every kind of other one, and with
/// every field left out.
///
/// Returns how many were refused.
pub(crate) fn agree_on_every_shape(schema: &Value, whole: &Value, is_shaped: fn(&Value) -> bool) -> usize {
    let validator = jsonschema::validator_for(schema).unwrap();
    let mut all = Vec::new();
    places(whole, "", &mut all);
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
    refused
}

/// A row of a description's table.
struct Row<'a> {
    name: &'a str,
    /// `MUST` or `MAY`.
    must: &'a str,
    line: &'a str,
}

/// A description's tables: for each, the paragraph before it, and its rows.
fn tables(description: &str) -> Vec<(String, Vec<Row<'_>>)> {
    let mut tables: Vec<(String, Vec<Row>)> = Vec::new();
    let (mut paragraph, mut ended, mut inside) = (String::new(), false, false);
    for line in description.lines() {
        if line == "| field | | type | what it is |" {
            tables.push((paragraph.clone(), Vec::new()));
            inside = true;
        } else if let Some(cells) = line.strip_prefix("| `").filter(|_| inside) {
            let (names, rest) = cells.split_once(" | ").unwrap();
            let (must, _) = rest.split_once(" | ").unwrap();
            for name in names.split(", ") {
                tables.last_mut().unwrap().1.push(Row { name: name.trim_matches('`'), must, line });
            }
        } else if !line.starts_with('|') {
            inside = false;
            if ended && !line.is_empty() {
                paragraph.clear();
            }
            ended = line.is_empty();
            paragraph += line;
            paragraph.push('\n');
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

/// Checks that a description has a table for the whole and for every object in it, with a row for every property.
///
/// `whole` is what the paragraph before the first table ends with. Returns the fields whose objects have a table of
/// their own, and how many objects the schema defines.
pub(crate) fn check_tables(schema: &Value, description: &str, whole: &str) -> (Vec<String>, usize) {
    let tables = tables(description);
    assert!(tables.len() > 5, "{}", tables.len());
    let mut checked = Vec::new();
    // The whole itself, and what a name in it refers to.
    let mut open = vec![(String::new(), schema)];
    while let Some((field, object)) = open.pop() {
        let holds = |before: &str, field: &str| {
            before.starts_with("What ") && before.contains(&format!("`{field}` hold"))
        };
        let heading = |before: &str| match &field[..] {
            "" => before.trim_end().ends_with(whole),
            field => holds(before, field),
        };
        let found: Vec<_> = tables.iter().filter(|(before, _)| heading(before)).collect();
        let [(_, rows)] = &found[..] else { panic!("{field:?}: {} tables of it", found.len()) };
        let properties = object["properties"].as_object().unwrap();
        let required: Vec<_> = object["required"].as_array().into_iter().flatten().collect();
        for (name, property) in properties {
            let row = rows.iter().find(|row| row.name == name);
            let Some(Row { must, line, .. }) = row else { panic!("no row for {field:?}: {name}") };
            assert_eq!(*must == "MUST", required.contains(&&json!(name)), "{field:?}: {name}: {must}");
            let Some(inner) = object_of(schema, property) else { continue };
            let has_table = |name: &str| tables.iter().any(|(before, _)| holds(before, name));
            if has_table(name) {
                open.push((name.clone(), inner));
                continue;
            }
            // Of several fields with the same object, one has the table.
            let mut same = properties.iter().filter(|(_, other)| object_of(schema, other) == Some(inner));
            if same.any(|(other, _)| has_table(other)) {
                continue;
            }
            // A small one is said in its row.
            for inner in inner["properties"].as_object().unwrap().keys() {
                assert!(line.contains(&format!("`{inner}`")), "the row of {name} does not name {inner}");
            }
        }
        for Row { name, .. } in rows {
            assert!(properties.contains_key(*name), "a row for {field:?}, which has no {name}");
        }
        checked.push(field);
    }
    checked.sort_unstable();
    let definitions = schema["$defs"].as_object().unwrap().values();
    (checked, definitions.filter(|definition| definition["type"] == "object").count())
}

/// Checks that a published copy is what is generated; writes it where `SALIENCY_BLESS` is set.
pub(crate) fn check_published(file: &str, schema: &Value) {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let generated = format!("{schema:#}\n");
    if std::env::var_os("SALIENCY_BLESS").is_some() {
        std::fs::write(&path, &generated).unwrap();
        panic!("rewrote {path}; look at the difference and run again without SALIENCY_BLESS");
    }
    let published = std::fs::read_to_string(&path).unwrap();
    assert!(published == generated, "{file} is out of date; run again with SALIENCY_BLESS=1");
}

/// Checks that a schema's descriptions are for readers without Rust.
pub(crate) fn check_plain(schema: &Value) {
    let text = schema.to_string();
    for rust in ["`]", "::", "None", "Some("] {
        assert!(!text.contains(rust), "{rust}");
    }
}
