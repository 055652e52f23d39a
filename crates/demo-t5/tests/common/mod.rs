//! The stories of the tests (`training/cases.py`), and what the model says of them.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::{Generation, LanguageModel, Sequence};
use saliency_checkpoint::{Checkpoint, Load};
use saliency_model_t5::T5;
use serde_json::Value;

/// More than any answer or summary has.
const MOST_TOKENS: usize = 48;

pub(crate) fn demo() -> Checkpoint<T5> {
    saliency_demo_t5::open(&Load::default()).unwrap()
}

/// Lines of the file that have this field.
pub(crate) fn stories(with: &str) -> Vec<Value> {
    let lines = include_str!("../stories.jsonl").lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|story: &Value| story.get(with).is_some())
        .collect()
}

pub(crate) fn text<'a>(story: &'a Value, field: &str) -> &'a str {
    story[field].as_str().unwrap()
}

/// A source with the model's greedy answer, and that answer in words.
pub(crate) fn answer(demo: &Checkpoint<T5>, source: &str) -> (Sequence, String) {
    let sequence = demo.generate(source, &Generation::greedy(MOST_TOKENS)).unwrap();
    let ends = demo.model.ends_of_text();
    let outputs = sequence.tokens()[sequence.n_input()..].iter().filter(|token| !ends.contains(&token.id));
    let said = outputs.map(|token| token.text.as_str()).collect::<String>().trim().to_owned();
    (sequence, said)
}
