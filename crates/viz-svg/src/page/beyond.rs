//! What records hold beyond their rows, for the page's script: replacements, and pairs.

use crate::options::Options;
use crate::page::encode::packed;
use crate::text::visible;
use crate::values::kind::{Unit, target_unit};
use crate::values::pairs;
use crate::values::perturbed;
use saliency_schema::{Interaction, Record, Replacement};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a record, by the names that the script has for it.
pub(crate) fn beyond(record: &Record, options: &Options) -> Map<String, Value> {
    let mut fields = Map::new();
    if !record.replacements.is_empty() {
        fields.insert("replaced".to_owned(), replaced(record));
    }
    if !record.interactions.is_empty() {
        fields.insert("pairs".to_owned(), pairs(record, options));
    }
    fields
}

/// Each replacement once, and a row of changes for it: one of every output.
fn replaced(record: &Record) -> Value {
    let all = each(record);
    let one = |one: &&Replacement| {
        let continuation = continuation(record, one);
        json!([one.at, one.count, perturbed::name(one), one.probability, continuation])
    };
    let by_row: Vec<BTreeMap<_, _>> = record
        .replacements
        .iter()
        .map(|row| row.iter().map(|one| (key(one), one.change)).collect())
        .collect();
    let of = |one: &&Replacement| {
        by_row.iter().map(|row| row.get(&key(one)).copied().flatten()).collect::<Vec<_>>()
    };
    let list: Vec<Value> = all.iter().map(one).collect();
    json!({"list": list, "changes": table(&all.iter().map(of).collect::<Vec<_>>()), "unit": target_unit(record)})
}

/// The places of pairs, and a row of numbers for each output; their standard errors where there are any.
fn pairs(record: &Record, options: &Options) -> Value {
    let all = || record.interactions.iter().flatten();
    let at: BTreeSet<(usize, usize)> = all().map(|pair| (pair.i, pair.j)).collect();
    let rows = |number: fn(&Interaction) -> Option<f64>| {
        let row = |row: &Vec<Interaction>| {
            let known: BTreeMap<_, _> = row.iter().map(|pair| ((pair.i, pair.j), number(pair))).collect();
            at.iter().map(|place| known.get(place).copied().flatten()).collect()
        };
        table(&record.interactions.iter().map(row).collect::<Vec<_>>())
    };
    let (unit, after) = pairs::unit(record, options);
    let percent = matches!(unit, Unit::Share | Unit::SignedShare);
    let mut pairs = json!({"at": at, "values": rows(|pair| pair.value), "percent": percent, "after": after});
    if let (Value::Object(pairs), true) = (&mut pairs, all().any(|pair| pair.standard_error.is_some())) {
        pairs.insert("errors".to_owned(), rows(|pair| pair.standard_error));
    }
    pairs
}

/// Rows of one length.
fn table(rows: &[Vec<Option<f64>>]) -> Value {
    let (scales, values) = packed(rows);
    json!({"scales": scales, "values": values})
}

/// The continuation that a replacement leads to, as a reader sees it, from whichever row holds it.
fn continuation(record: &Record, one: &Replacement) -> Option<String> {
    let mut same = record.replacements.iter().flatten().filter(|other| key(other) == key(one));
    same.find_map(|one| one.continuation.as_deref()).map(visible)
}

/// Every replacement of a record once, in the order of the rows.
fn each(record: &Record) -> Vec<&Replacement> {
    let mut known = BTreeSet::new();
    record.replacements.iter().flatten().filter(|one| known.insert(key(one))).collect()
}

/// What is replaced by what: the same in each row.
fn key(one: &Replacement) -> (usize, usize, &str) {
    (one.at, one.count, &one.text)
}
