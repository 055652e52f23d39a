//! Attributions of the bundled T5 find the sentence that an answer comes from. Only stories count where another name in
//! that sentence makes that name the answer, so that the answer is known to come from there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{answer, demo, stories, text};
use saliency_attribution::{Aggregate, Attributor, Normalize, Parameters, Segmentation, Sequence};
use saliency_checkpoint::Checkpoint;
use saliency_model_t5::T5;
use saliency_schema::Record;
use serde_json::Value;
use std::ops::Range;

const CASES: usize = 300;
/// What is asked of a method: with the aggregate that makes one number a token of its vectors.
type Asked = (&'static str, Parameters, Aggregate);

/// The first stories that count, with the model's answer.
fn cases(demo: &Checkpoint<T5>) -> Vec<(Value, Sequence)> {
    let candidates = stories("exchanged").into_iter();
    let counted = candidates.filter_map(|case| {
        let (sequence, said) = answer(demo, text(&case, "source"));
        let counts =
            said == text(&case, "answer") && answer(demo, text(&case, "exchanged")).1 == text(&case, "other");
        counts.then_some((case, sequence))
    });
    let cases: Vec<_> = counted.take(CASES).collect();
    assert_eq!(cases.len(), CASES, "too few stories count");
    cases
}

/// Where a story's names stand in its source, in bytes.
fn names(case: &Value) -> Vec<Range<usize>> {
    let at = |value: &Value| value.as_u64().unwrap() as usize;
    case["names"].as_array().unwrap().iter().map(|name| at(&name[0])..at(&name[1])).collect()
}

/// The sum of a record's rows over the tokens of a stretch of the source.
fn score(record: &Record, bytes: &Range<usize>) -> f64 {
    let source = record.source().unwrap();
    let within = |token: &saliency_schema::Token| {
        let (start, end) = (token.start.unwrap(), token.end.unwrap());
        start < bytes.end && end > bytes.start
    };
    let tokens: Vec<usize> = (0..source).filter(|&token| within(&record.tokens[token])).collect();
    record.attributions.iter().flat_map(|row| tokens.iter().map(|&token| row[token].unwrap_or(0.0))).sum()
}

/// In how many stories the evidence has the highest score of all names.
fn first(
    demo: &Checkpoint<T5>,
    cases: &[(Value, Sequence)],
    (method, parameters, aggregate): &Asked,
) -> usize {
    let attributor = Attributor::new().method_with(method, parameters.clone()).target("log-probability");
    let attributor = attributor.aggregate(*aggregate).normalize(Normalize::None).check().unwrap();
    let finds = |(case, sequence): &&(Value, Sequence)| {
        let record = attributor.record(&demo.model, sequence).unwrap();
        let scores: Vec<f64> = names(case).iter().map(|name| score(&record, name)).collect();
        let evidence = scores[case["evidence"].as_u64().unwrap() as usize];
        scores.iter().filter(|&&score| score >= evidence).count() == 1
    };
    cases.iter().filter(finds).count()
}

fn occlusion() -> Asked {
    ("occlusion", Parameters::new().segments(Segmentation::Words), Aggregate::Sum)
}

fn print_chance(cases: &[(Value, Sequence)]) {
    let chance: f64 = cases.iter().map(|(case, _)| 1.0 / names(case).len() as f64).sum();
    println!("by chance {chance:.0} of {CASES}");
}

/// Counts for one method, and prints it.
fn report(demo: &Checkpoint<T5>, cases: &[(Value, Sequence)], asked: &Asked) -> usize {
    let first = first(demo, cases, asked);
    let (method, parameters, aggregate) = asked;
    let named = parameters.names().join(", ");
    println!("{method} ({}{}{named}): {first}", aggregate.name(), if named.is_empty() { "" } else { "; " });
    first
}

#[test]
fn occlusion_of_words_and_gradients_find_the_evidence() {
    let demo = demo();
    let cases = cases(&demo);
    let asked = [occlusion(), ("gradient-x-input", Parameters::new(), Aggregate::L2)];
    print_chance(&cases);
    for (asked, least) in asked.iter().zip([200, 235]) {
        let first = report(&demo, &cases, asked);
        assert!(first >= least, "{}: {first} of {CASES}", asked.0);
    }
}

/// The table of the card.
#[test]
#[ignore = "many minutes: every method on every story"]
fn every_method_is_reported() {
    let demo = demo();
    let cases = cases(&demo);
    let plain = Parameters::new;
    let asked: Vec<Asked> = vec![
        occlusion(),
        ("leave-one-out", plain().segments(Segmentation::Words), Aggregate::Sum),
        ("occlusion", plain(), Aggregate::Sum),
        ("gradient", plain(), Aggregate::L2),
        ("gradient-x-input", plain(), Aggregate::L2),
        ("gradient-x-input", plain(), Aggregate::Sum),
        ("integrated-gradients", plain().steps(16), Aggregate::L2),
        ("integrated-gradients", plain().steps(16), Aggregate::Sum),
        ("smoothgrad", plain().samples(16), Aggregate::L2),
        ("attn-lrp", plain(), Aggregate::Sum),
        ("cp-lrp", plain(), Aggregate::Sum),
        ("gim", plain(), Aggregate::Sum),
        ("attention", plain(), Aggregate::Sum),
        ("lime", plain().segments(Segmentation::Words).samples(200), Aggregate::Sum),
        ("kernel-shap", plain().segments(Segmentation::Words).samples(200), Aggregate::Sum),
        ("random", plain(), Aggregate::Sum),
    ];
    print_chance(&cases);
    for asked in &asked {
        report(&demo, &cases, asked);
    }
}
