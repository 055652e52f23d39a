//! Rows, deltas, logits, tokens and continuations against captum's own answers (`parity/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, apart, assert_row, folder, ids, json, numbers, open, rows};
use saliency_attribution::methods::IntegratedGradients;
use saliency_attribution::{
    Aggregate, Alternatives, Attributor, Baseline, Generation, Method, Normalize, Parameters, Sequence,
    Target, method,
};
use saliency_model_llama::Llama;
use saliency_schema::Record;
use serde_json::Value;
use std::collections::BTreeMap;
use tch::Kind;

/// f32: rounding through some hundreds of operations, 6e-8 each; f64: captum's own noise, in the digits that are kept.
const TOLERANCES: [(Kind, f64); 2] = [(Kind::Float, 1e-5), (Kind::Double, 1e-9)];
/// transformers as it is shipped computes norms, angles and softmax in float32, in a float64 model too.
const AS_SHIPPED: f64 = 1e-5;
const METHODS: [&str; 5] =
    ["gradient", "gradient-x-input", FROM_ZERO, "integrated-gradients/50/mean", "occlusion"];
const FROM_ZERO: &str = "integrated-gradients/50";

/// What captum answers on a model, and the tokens that it was asked of.
fn captum(model: &str) -> (Value, Sequence) {
    let answers = json(&folder(model).join("captum.json"));
    let (ids, n_input) = (ids(&answers["token_ids"]), answers["n_input"].as_u64().unwrap() as usize);
    let sequence = Sequence::from_ids(&ids[..n_input], &ids[n_input..]).unwrap();
    (answers, sequence)
}

/// The targets that the peer answers, against the alternatives that it was given.
fn targets(answers: &Value) -> Vec<Box<dyn Target>> {
    let each = Alternatives::Each(ids(&answers["alternative_ids"]));
    let answered =
        saliency_attribution::targets().into_iter().filter(|t| !answers["targets"][t.name()].is_null());
    answered.map(|target| target.against(each.clone()).unwrap_or(target)).collect()
}

fn named(name: &str) -> Box<dyn Method> {
    let Some(steps) = name.strip_prefix("integrated-gradients/") else {
        return method(name, &Parameters::new()).unwrap();
    };
    let (steps, baseline) = match steps.split_once('/') {
        Some((steps, baseline)) => (steps, baseline.parse().unwrap()),
        None => (steps, Baseline::Zero),
    };
    Box::new(IntegratedGradients::new().steps(steps.parse().unwrap()).baseline(baseline))
}

fn record(
    model: &Llama,
    sequence: &Sequence,
    method: &str,
    target: Box<dyn Target>,
    aggregate: Aggregate,
) -> Record {
    let attributor = Attributor::new().with_method(named(method)).with_target(target);
    attributor.aggregate(aggregate).normalize(Normalize::None).record(model, sequence).unwrap()
}

fn row(record: &Record, output: usize) -> Vec<f64> {
    record.attributions[output].iter().map(|x| x.unwrap()).collect()
}

#[test]
fn tokens_and_greedy_continuations_are_the_peers() {
    for model in MODELS {
        let (answers, sequence) = captum(model);
        let text = std::fs::read_to_string(folder(model).join("text.txt")).unwrap();
        for (kind, _) in TOLERANCES {
            let llama = open(&folder(model), kind);
            let generation = Generation::greedy(sequence.n_output());
            let found = llama.generate(text.strip_suffix('\n').unwrap(), &generation).unwrap();
            assert_eq!(found.ids(), sequence.ids(), "{model}, {kind:?}");
            assert_eq!(found.n_input() as u64, answers["n_input"], "{model}");
        }
    }
}

#[test]
fn logits_of_the_outputs_are_the_peers() {
    for model in MODELS {
        let (answers, sequence) = captum(model);
        for (kind, tolerance) in TOLERANCES {
            let record = Attributor::new().record(&open(&folder(model), kind).model, &sequence).unwrap();
            let found: Vec<f64> = record.outputs.iter().map(|o| o.logit.unwrap()).collect();
            assert_row(&found, &numbers(&answers["logits_of_outputs"]), tolerance, model);
        }
    }
}

/// The largest difference, by what was compared, in units of each row's largest value.
#[derive(Default)]
struct Worst(BTreeMap<String, f64>);

impl Worst {
    /// Every row of a record against the peer's. A difference of two values has the rounding of their size.
    fn compare(&mut self, what: &str, record: &Record, expected: &Value) -> f64 {
        let expected = rows(expected);
        assert_eq!(record.attributions.len(), expected.len(), "{what}");
        let is_difference = record.method.as_ref().unwrap().name == "occlusion";
        let gaps = expected.iter().zip(&record.outputs).enumerate().map(|(at, (expected, output))| {
            let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            let value = if is_difference { output.value.unwrap().abs() } else { 0.0 };
            apart(&row(record, at), expected) * largest / largest.max(value)
        });
        let worst = gaps.fold(0.0, f64::max);
        let entry = self.0.entry(what.to_owned()).or_insert(0.0);
        *entry = entry.max(worst);
        worst
    }

    fn print(&self) {
        for (what, worst) in &self.0 {
            println!("{worst:9.1e}  {what}");
        }
    }
}

#[test]
fn rows_are_captums_for_every_method_target_and_aggregate() {
    let (mut compared, mut worst) = (0, Worst::default());
    for model in MODELS {
        let (answers, sequence) = captum(model);
        for (kind, tolerance) in TOLERANCES {
            let llama = open(&folder(model), kind).model;
            for target in targets(&answers) {
                let name = target.name();
                for method in METHODS {
                    let aggregates = match (method, name) {
                        ("occlusion", _) => &[Aggregate::Sum][..],
                        (_, "logit") => &Aggregate::ALL,
                        _ => &[Aggregate::Sum, Aggregate::L2],
                    };
                    for aggregate in aggregates {
                        let target = targets(&answers).into_iter().find(|t| t.name() == name).unwrap();
                        let record = record(&llama, &sequence, method, target, *aggregate);
                        let expected = &answers["targets"][name][method][aggregate.name()];
                        let found = worst.compare(&format!("{model} {kind:?} {method}"), &record, expected);
                        // In single precision the jump at zero makes rounding larger: for the peer as for us.
                        let tolerance = if (method, kind) == (FROM_ZERO, Kind::Float) {
                            let peers = rows(&answers["float32"][name][method][aggregate.name()]);
                            let gaps = peers.iter().zip(rows(expected)).map(|(f, e)| apart(f, &e));
                            gaps.fold(tolerance, f64::max)
                        } else {
                            tolerance
                        };
                        let what = format!("{model}, {kind:?}, {name}, {method}, {}", aggregate.name());
                        assert!(found <= tolerance, "{what}: {found:e}, above {tolerance:e}");
                        compared += 1;
                    }
                }
            }
        }
    }
    worst.print();
    // 4 models × 2 dtypes × (4 methods × 5 aggregates and occlusion, and 4 more targets with 2 aggregates).
    assert_eq!(compared, 4 * 2 * (21 + 4 * 9));
}

#[test]
fn rows_are_those_of_the_peer_as_it_is_shipped_to_its_own_rounding() {
    let (mut compared, mut worst) = (0, Worst::default());
    for model in MODELS {
        let (answers, sequence) = captum(model);
        let llama = open(&folder(model), Kind::Double).model;
        for target in targets(&answers) {
            let name = target.name();
            for method in METHODS {
                for (aggregate, expected) in answers["as_shipped"][name][method].as_object().unwrap() {
                    let target = targets(&answers).into_iter().find(|t| t.name() == name).unwrap();
                    let record = record(&llama, &sequence, method, target, aggregate.parse().unwrap());
                    let found = worst.compare(&format!("{model} as shipped {method}"), &record, expected);
                    assert!(found < AS_SHIPPED, "{model}, {name}, {method}, {aggregate}: {found:e}");
                    compared += 1;
                }
            }
        }
    }
    worst.print();
    assert_eq!(compared, 4 * 5 * 9);
}

#[test]
fn convergence_deltas_are_captums() {
    for model in MODELS {
        let (answers, sequence) = captum(model);
        let llama = open(&folder(model), Kind::Double).model;
        for target in targets(&answers) {
            let name = target.name();
            for method in [FROM_ZERO, "integrated-gradients/50/mean"] {
                let target = targets(&answers).into_iter().find(|t| t.name() == name).unwrap();
                let record = record(&llama, &sequence, method, target, Aggregate::Sum);
                let expected = numbers(&answers["targets"][name][format!("{method}/delta")]);
                for (output, expected) in record.outputs.iter().zip(expected) {
                    let delta = output.delta.unwrap();
                    // A delta is what is left of the row and of the change of f.
                    let size: f64 = output.sum.unwrap().abs() + output.value.unwrap().abs();
                    let what = format!("{model}, {name}, {method}");
                    assert!((delta - expected).abs() < 1e-9 * size, "{what}: {delta} for {expected}");
                }
                let from = if method == FROM_ZERO { "zero" } else { "mean" };
                assert_eq!(record.method.as_ref().unwrap().baseline.as_deref(), Some(from));
            }
        }
    }
}
