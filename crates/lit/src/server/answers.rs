//! What LIT's client is told of a text, as `page/records.js` tells it without a server.

use crate::examples::Example;
use serde_json::{Map, Value, json};

/// The rows of the outputs in the mask, summed, for each method; 0 for tokens that a row does not have.
pub(crate) fn spans(example: &Example, mask: &[bool]) -> Result<Value, String> {
    if mask.len() != example.tokens.len() {
        let (found, tokens) = (mask.len(), example.tokens.len());
        return Err(format!("target_mask has {found} entries, and the text {tokens} tokens"));
    }
    let each = |(label, rows): &(String, Vec<Vec<f64>>)| (label.clone(), json!(span(example, mask, rows)));
    Ok(Value::Object(example.methods.0.iter().map(each).collect()))
}

fn span(example: &Example, mask: &[bool], rows: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; example.tokens.len()];
    for (row, _) in rows.iter().zip(&mask[example.inputs..]).filter(|(_, is_in)| **is_in) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    // JSON has no infinity.
    sum.into_iter().map(|value: f64| value.clamp(-f64::MAX, f64::MAX)).collect()
}

/// Source and target, with a row of the same length for each token of the target; those that nothing explains are 0.
pub(crate) fn source_and_target(example: &Example) -> Value {
    let begin = example.source.unwrap_or(example.inputs);
    let (source, target) = example.tokens.split_at(begin);
    let padded = |row: &[f64]| [row, &vec![0.0; example.tokens.len() - row.len()]].concat();
    let each = |(label, rows): &(String, Vec<Vec<f64>>)| {
        let given = (begin..example.inputs).map(|_| padded(&[]));
        let salience: Vec<_> = given.chain(rows.iter().map(|row| padded(row))).collect();
        (label.clone(), json!({"tokens_in": source, "tokens_out": target, "salience": salience}))
    };
    Value::Object(example.methods.0.iter().map(each).collect())
}

/// A method's outputs together, as shares of the largest value: LIT's scale ends at 1.
pub(crate) fn all_outputs(example: &Example, label: &str) -> Value {
    let mut answer = Map::new();
    if let Some((label, rows)) = example.methods.0.iter().find(|(known, _)| known == label) {
        let sum = span(example, &vec![true; example.tokens.len()], rows);
        let largest = sum.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let shares: Vec<_> = sum.iter().map(|value| value / largest).collect();
        answer.insert(label.clone(), json!({"tokens": example.tokens, "salience": shares}));
    }
    Value::Object(answer)
}
