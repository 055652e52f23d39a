//! What a run may not depend on: how many passes go together, and how many threads there are; and what it says it
//! costs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{Disguised, EncoderDecoder, Saturating};
use saliency_attribution::{
    Aggregate, Attributor, Cost, LanguageModel, Method, Needs, Normalize, Parameters, Problem, Segmentation,
    Sequence, Settings, method, methods, target,
};
use saliency_schema::Record;

fn sequence() -> Sequence {
    Sequence::from_ids(&[1, 4, 0, 2, 5], &[3, 5, 1]).unwrap()
}

fn models() -> [Box<dyn LanguageModel>; 3] {
    [Box::new(Saturating::new(6, 2)), Box::new(Disguised::new(6, 2)), Box::new(EncoderDecoder::new(6, 3))]
}

fn names() -> Vec<&'static str> {
    methods()
        .iter()
        .filter(|m| m.card().needs == Needs::Embeddings)
        .map(saliency_attribution::Method::name)
        .collect()
}

fn record(model: &dyn LanguageModel, name: &str, memory: Option<usize>) -> Record {
    let attributor = Attributor::new().method(name).target("log-probability");
    let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
    let attributor = match memory {
        Some(bytes) => attributor.memory(bytes),
        None => attributor,
    };
    attributor.record(model, &sequence()).unwrap()
}

/// How far the rows, and what is known of them, are apart.
fn gap(a: &Record, b: &Record) -> f64 {
    let numbers = |record: &Record| -> Vec<f64> {
        let rows = record.attributions.iter().chain(&record.standard_errors).flatten();
        let outputs = record.outputs.iter().flat_map(|o| [o.value, o.baseline_value, o.sum, o.delta]);
        rows.copied().chain(outputs).map(|x| x.unwrap_or(-7.0)).collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn rows_do_not_depend_on_how_many_passes_go_together() {
    for model in models() {
        for name in names() {
            let whole = record(&*model, name, None);
            // One pass and one output at a time; and a few.
            for memory in [1, 6000] {
                let gap = gap(&whole, &record(&*model, name, Some(memory)));
                // A regression's solution has the rounding of its system, not of one number.
                let tolerance = if name == "lime" || name == "kernel-shap" { 1e-11 } else { 1e-12 };
                assert!(gap < tolerance, "{}, {name}, {memory} bytes: {gap:e}", model.name());
            }
        }
    }
}

#[test]
fn rows_do_not_depend_on_the_number_of_threads() {
    let before = tch::get_num_threads();
    for model in models() {
        for name in names() {
            let by = |threads| {
                tch::set_num_threads(threads);
                record(&*model, name, None)
            };
            let gap = gap(&by(1), &by(2));
            assert!(gap < 1e-12, "{}, {name}: {gap:e}", model.name());
        }
    }
    tch::set_num_threads(before);
}

/// What a run made, by the problem's own count.
fn made(model: &dyn LanguageModel, method: &dyn Method, settings: Settings) -> (Cost, Cost, Cost) {
    let (sequence, target) = (sequence(), target("logit").unwrap());
    let problem = Problem::watched(model, &sequence, &*target, settings, None).unwrap();
    method.attribute(&problem, &mut |_| Ok(())).unwrap();
    (problem.cost(), method.cost(problem.size(false)), method.cost(problem.size(true)))
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.01 * a.max(b)
}

#[test]
fn a_run_makes_the_passes_that_it_says() {
    for model in models() {
        let shares = model.prefix_cache(&model.embed(&[0]).unwrap().unsqueeze(0), 1).unwrap().is_some();
        for method in methods().iter().filter(|m| m.card().needs == Needs::Embeddings) {
            // How many replacements there are depends on the vocabulary, and segments on the text: other tests count
            // them.
            if ["replacements", "coarse-to-fine"].contains(&method.name()) {
                continue;
            }
            let what = format!("{}, {}", model.name(), method.name());
            let (made, whole, shared) = made(&*model, &**method, Settings::default());
            assert!(same(made.backwards, whole.backwards), "{what}: {made:?} for {whole:?}");
            assert!(same(whole.backwards, shared.backwards), "{what}");
            if shares {
                // Those that run together begin at the earliest of their differences.
                assert!(made.forwards <= 1.01 * whole.forwards, "{what}: {made:?} for {whole:?}");
                assert!(shared.forwards <= whole.forwards, "{what}");
            } else {
                assert!(same(made.forwards, whole.forwards), "{what}: {made:?} for {whole:?}");
            }
        }
    }
}

#[test]
fn a_cache_saves_what_it_says() {
    let (model, settings) = (Disguised::new(6, 2), Settings::new().memory(1));
    for name in ["occlusion", "leave-one-out"] {
        let (made, whole, shared) = made(&model, &*method(name, &Parameters::new()).unwrap(), settings);
        assert!((made.forwards - shared.forwards).abs() < 1e-9, "{name}: {made:?} for {shared:?}");
        // 7 tokens of a text: 7/7 + 6/7 + … + 1/7; a deleted token that an output ends with leaves it to the one
        // before, 3 times.
        let expected = if name == "occlusion" { 4.0 } else { 4.0 + 3.0 / 7.0 };
        assert!((shared.forwards - expected).abs() < 1e-9 && same(whole.forwards, 7.0), "{name}: {shared:?}");
    }
    // Exact Shapley values: 2ⁿ − 1 coalitions, half of which lack the first token, a quarter the second and not the
    // first, …
    let (made, whole, _) = made(&model, &*method("shapley", &Parameters::new()).unwrap(), settings);
    let expected: f64 = (0..5).map(|first| 2.0_f64.powi(4 - first) * (1.0 - f64::from(first) / 7.0)).sum();
    assert!((made.forwards - expected).abs() < 1e-9 && same(whole.forwards, 31.0), "{made:?} {whole:?}");
}

/// Words are fewer than tokens: what is said of tokens is a bound.
#[test]
fn segments_cost_no_more_than_tokens() {
    let model = Saturating::new(6, 2);
    for name in ["occlusion", "leave-one-out", "shapley"] {
        let parameters = Parameters::new().segments(Segmentation::Spans(vec![0..2, 2..5]));
        let (made, whole, _) = made(&model, &*method(name, &parameters).unwrap(), Settings::default());
        assert!(made.forwards < whole.forwards, "{name}: {made:?} {whole:?}");
    }
}
