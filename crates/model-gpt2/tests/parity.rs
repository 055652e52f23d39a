//! Rows, deltas, logits, tokens and continuations against captum's and ecco's own answers (`tests/parity`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, assert_row, json, numbers, open, peer_ids, rows, text};
use saliency_attribution::methods::IntegratedGradients;
use saliency_attribution::{
    Aggregate, Alternatives, Attributor, Baseline, Generation, LanguageModel, Method, Normalize, Parameters,
    Sequence, Target, method, target,
};
use saliency_schema::Record;
use tch::Kind;

/// f32: rounding through some tens of operations, 6e-8 each; f64: captum's own noise.
const TOLERANCES: [(Kind, f64); 2] = [(Kind::Float, 1e-5), (Kind::Double, 1e-9)];

fn row(record: &Record, output: usize) -> Vec<f64> {
    record.attributions[output].iter().map(|x| x.unwrap()).collect()
}

/// What captum answers on a model, and the tokens that it was asked of.
fn captum(model: &str) -> (serde_json::Value, Sequence) {
    let answers = json(model, "captum.json");
    let (ids, n_input) = peer_ids(&answers);
    let sequence = Sequence::from_ids(&ids[..n_input], &ids[n_input..]).unwrap();
    (answers, sequence)
}

/// The targets that the peer answers, against the alternatives that it was given.
fn targets(answers: &serde_json::Value) -> Vec<Box<dyn Target>> {
    let ids = numbers(&answers["alternative_ids"]).into_iter().map(|id| id as u32).collect();
    let ids = Alternatives::Each(ids);
    let answered =
        saliency_attribution::targets().into_iter().filter(|t| !answers["targets"][t.name()].is_null());
    answered.map(|target| target.against(ids.clone()).unwrap_or(target)).collect()
}

fn named(name: &str) -> Box<dyn Method> {
    match name.strip_prefix("integrated-gradients/") {
        Some(steps) => Box::new(IntegratedGradients::new().steps(steps.parse().unwrap())),
        None => method(name, &Parameters::new()).unwrap(),
    }
}

#[test]
fn tokens_and_greedy_continuations_are_the_peers() {
    for model in MODELS {
        for file in ["captum.json", "ecco.json"] {
            let (ids, n_input) = peer_ids(&json(model, file));
            for (kind, _) in TOLERANCES {
                let gpt2 = open(model, kind);
                let generation = Generation::greedy(ids.len() - n_input);
                let sequence = gpt2.generate(text(model), &generation).unwrap();
                assert_eq!(sequence.ids(), ids, "{model}, {file}, {kind:?}");
                assert_eq!(sequence.n_input(), n_input);
            }
        }
    }
}

#[test]
fn logits_of_the_outputs_are_captums() {
    for model in MODELS {
        let (answers, sequence) = captum(model);
        for (kind, tolerance) in TOLERANCES {
            let record = Attributor::new().record(&open(model, kind).model, &sequence).unwrap();
            let found: Vec<f64> = record.outputs.iter().map(|o| o.logit.unwrap()).collect();
            assert_row(&found, &numbers(&answers["logits_of_outputs"]), tolerance, model);
        }
    }
}

#[test]
fn rows_are_captums_for_every_method_target_and_aggregate() {
    let mut compared = 0;
    let mut worst = std::collections::BTreeMap::new();
    for model in MODELS {
        let (answers, sequence) = captum(model);
        for (kind, tolerance) in TOLERANCES {
            let gpt2 = open(model, kind);
            for target in targets(&answers) {
                let by_method = &answers["targets"][target.name()];
                for name in
                    ["gradient", "gradient-x-input", "integrated-gradients/8", "integrated-gradients/50"]
                {
                    for aggregate in Aggregate::ALL {
                        let record = Attributor::new()
                            .with_method(named(name))
                            .with_target(
                                targets(&answers).into_iter().find(|t| t.name() == target.name()).unwrap(),
                            )
                            .aggregate(aggregate)
                            .normalize(Normalize::None)
                            .record(&gpt2.model, &sequence)
                            .unwrap();
                        let expected = rows(&by_method[name][aggregate.name()]);
                        let size = rows(&by_method[name]["l1"]);
                        let what =
                            format!("{model}, {kind:?}, {}, {name}, {}", target.name(), aggregate.name());
                        for (output, expected) in expected.iter().enumerate() {
                            let what = format!("{what}, row {output}");
                            if name == "gradient" && aggregate.is_signed() {
                                // Zero by construction; the peer's row is noise, and ours says so.
                                let l1: f64 = size[output].iter().sum();
                                assert!(expected.iter().all(|x| x.abs() < 1e-12 * l1), "{what}");
                                assert!(row(&record, output).iter().all(|&x| x == 0.0), "{what}");
                                assert!(
                                    record.notes[0].contains("cancels to rounding noise; use "),
                                    "{what}"
                                );
                            } else {
                                assert_row(&row(&record, output), expected, tolerance, &what);
                                let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
                                let found = row(&record, output);
                                let gap = found.iter().zip(expected).map(|(f, e)| (f - e).abs() / largest);
                                let entry = worst.entry(format!("{kind:?} {name}")).or_insert(0.0_f64);
                                *entry = gap.fold(*entry, f64::max);
                                assert!(record.notes.is_empty(), "{what}: {:?}", record.notes);
                            }
                            compared += 1;
                        }
                    }
                }
            }
        }
    }
    println!("worst, in units of the row's largest: {worst:?}");
    // 2 models × 2 dtypes × 5 targets × 4 methods × 5 aggregates × 6 rows.
    assert_eq!(compared, 2400);
}

#[test]
fn occlusion_is_captums() {
    let mut compared = 0;
    for model in MODELS {
        let (answers, sequence) = captum(model);
        for (kind, tolerance) in TOLERANCES {
            let gpt2 = open(model, kind);
            for target in targets(&answers) {
                let expected = rows(&answers["targets"][target.name()]["occlusion"]["sum"]);
                let what = format!("{model}, {kind:?}, {}", target.name());
                let attributor = Attributor::new().with_method(named("occlusion")).with_target(target);
                let record = attributor.record(&gpt2.model, &sequence).unwrap();
                // A difference of two values: in single precision it has the rounding of their size.
                let values = record.outputs.iter().map(|o| o.value.unwrap().abs()).fold(0.0, f64::max);
                for (output, expected) in expected.iter().enumerate() {
                    let row = row(&record, output);
                    assert_eq!(row.len(), expected.len());
                    let size = expected.iter().fold(values, |size: f64, x| size.max(x.abs()));
                    for (found, expected) in row.iter().zip(expected) {
                        assert!((found - expected).abs() <= tolerance * size, "{what}: {found} {expected}");
                    }
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 2 * 2 * 5 * 6);
}

#[test]
fn convergence_deltas_are_captums() {
    for model in MODELS {
        let (answers, sequence) = captum(model);
        let gpt2 = open(model, Kind::Double);
        for target in ["probability", "logit", "log-probability"].map(|name| target(name).unwrap()) {
            for name in ["integrated-gradients/8", "integrated-gradients/50"] {
                let attributor = Attributor::new().with_method(named(name)).target(target.name());
                let record = attributor.record(&gpt2.model, &sequence).unwrap();
                let expected = numbers(&answers["targets"][target.name()][format!("{name}/delta")]);
                for (output, expected) in record.outputs.iter().zip(expected) {
                    let delta = output.delta.unwrap();
                    assert!((delta - expected).abs() < 1e-12, "{model}, {name}: {delta} for {expected}");
                    let by_hand =
                        output.sum.unwrap() - (output.value.unwrap() - output.baseline_value.unwrap());
                    assert_eq!(delta.to_bits(), by_hand.to_bits());
                }
            }
        }
    }
}

#[test]
fn exact_weights_close_the_delta_that_rounded_ones_leave() {
    // Gauss–Legendre with 50 points is exact to rounding on these models: what is left with the default is
    // the single precision of captum's weights.
    let gpt2 = open("gpt2-a", Kind::Double);
    let sequence = gpt2.generate(text("gpt2-a"), &Generation::greedy(6)).unwrap();
    let deltas = |exact| {
        let method = IntegratedGradients::new().exact_weights(exact);
        let attributor = Attributor::new().with_method(method).target("logit");
        let record = attributor.record(&gpt2.model, &sequence).unwrap();
        record.outputs.iter().map(|o| o.delta.unwrap().abs()).fold(0.0, f64::max)
    };
    assert!(deltas(true) < 1e-13, "{}", deltas(true));
    assert!(deltas(false) > 1e-11, "{}", deltas(false));
    assert!(deltas(false) < 1e-7, "{}", deltas(false));
}

#[test]
fn default_rows_are_eccos() {
    for model in MODELS {
        let answers = json(model, "ecco.json");
        let (ids, n_input) = peer_ids(&answers);
        let sequence = Sequence::from_ids(&ids[..n_input], &ids[n_input..]).unwrap();
        let gpt2 = open(model, Kind::Float);
        for ecco_name in ["grad_x_input", "saliency", "ig"] {
            let attributor = Attributor::new().method(ecco_name);
            let attributor = attributor.aggregate(Aggregate::L2).normalize(Normalize::Sum);
            let record = attributor.record(&gpt2.model, &sequence).unwrap();
            let expected = rows(&answers["methods"][ecco_name]);
            for (output, expected) in expected.iter().enumerate() {
                assert_row(&row(&record, output), expected, 1e-5, &format!("{model}, {ecco_name}"));
            }
        }
    }
}

#[test]
fn a_forced_continuation_is_attributed_like_the_same_one_generated() {
    for model in MODELS {
        let gpt2 = open(model, Kind::Double);
        let generated = gpt2.generate(text(model), &Generation::greedy(5)).unwrap();
        let ids = generated.ids();
        let forced = Sequence::from_ids(&ids[..generated.n_input()], &ids[generated.n_input()..]).unwrap();
        let attributor = Attributor::new();
        let (a, b) = (attributor.record(&gpt2.model, &generated), attributor.record(&gpt2.model, &forced));
        assert_eq!(a.unwrap().attributions, b.unwrap().attributions);
    }
}

#[test]
fn cached_generation_is_uncached_generation() {
    /// The same model without its own `generate`: the trait's provided form reads the whole prefix again.
    struct Uncached<'a>(&'a saliency_model_gpt2::Gpt2);
    impl LanguageModel for Uncached<'_> {
        fn name(&self) -> &str {
            self.0.name()
        }
        fn limits(&self) -> saliency_attribution::Limits {
            self.0.limits()
        }
        fn embed(&self, ids: &[u32]) -> Result<tch::Tensor, saliency_attribution::ModelError> {
            self.0.embed(ids)
        }
        fn logits(
            &self,
            embeddings: &tch::Tensor,
            n_input: usize,
            positions: std::ops::Range<usize>,
        ) -> Result<tch::Tensor, saliency_attribution::ModelError> {
            self.0.logits(embeddings, n_input, positions)
        }
        fn end_of_text(&self) -> Option<u32> {
            self.0.end_of_text()
        }
    }
    for model in MODELS {
        let gpt2 = open(model, Kind::Double);
        let (ids, n_input) = peer_ids(&json(model, "captum.json"));
        for generation in [Generation::greedy(40), Generation::sample(40, 7)] {
            let cached = gpt2.model.generate(&ids[..n_input], &generation, &mut |_| true).unwrap();
            let uncached =
                Uncached(&gpt2.model).generate(&ids[..n_input], &generation, &mut |_| true).unwrap();
            assert_eq!(cached, uncached, "{model}, {generation:?}");
            assert!(cached.len() > 1);
        }
    }
}

/// By hand: whole forward passes with the end-of-text token's embedding in one place, and in all.
#[test]
fn the_eos_baseline_is_the_end_of_texts_embedding() {
    let gpt2 = open("gpt2-a", Kind::Double);
    let sequence = gpt2.generate(text("gpt2-a"), &Generation::greedy(2)).unwrap();
    let eos = gpt2.model.end_of_text().unwrap();
    let (ids, n_input) = (sequence.ids(), sequence.n_input());
    let logit = |ids: &[u32], output: usize| {
        let embeddings = gpt2.model.embed(ids).unwrap().unsqueeze(0);
        let at = n_input + output - 1;
        let logits = gpt2.model.logits(&embeddings, n_input, at..at + 1).unwrap();
        logits.double_value(&[0, 0, i64::from(sequence.ids()[n_input + output])])
    };
    let parameters = Parameters::new().baseline(Baseline::Eos);
    let record = |name| {
        let attributor = Attributor::new().with_method(method(name, &parameters).unwrap());
        attributor.target("logit").record(&gpt2.model, &sequence).unwrap()
    };
    let (occluded, integrated) = (record("occlusion"), record("integrated-gradients"));
    assert_eq!(integrated.method.as_ref().unwrap().baseline.as_deref(), Some("eos"));
    for output in 0..2 {
        let read = n_input + output;
        let value = logit(&ids[..read], output);
        for token in 0..read {
            let mut without = ids[..read].to_vec();
            without[token] = eos;
            let expected = value - logit(&without, output);
            assert!((occluded.attributions[output][token].unwrap() - expected).abs() < 1e-12);
        }
        let at_start = logit(&vec![eos; read], output);
        assert!((integrated.outputs[output].baseline_value.unwrap() - at_start).abs() < 1e-12);
        assert!(integrated.outputs[output].delta.unwrap().abs() < 1e-6);
    }
}
