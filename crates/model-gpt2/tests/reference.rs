//! Rows against an independent program's, which follows the papers and shares no code with this one
//! (`tests/reference`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, numbers, open, rows};
use saliency_attribution::methods::{DirectLogit, IntegratedGradients, KernelShap, Shapley};
use saliency_attribution::targets::{ContrastLogit, KlDivergence, Logit};
use saliency_attribution::{
    Ablation, Aggregate, Alternatives, Attributor, Method, Normalize, Parameters, Problem, Segmentation,
    Sequence, Target, method, target,
};
use saliency_schema::Record;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tch::Kind;

fn answers(model: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    serde_json::from_slice(&std::fs::read(folder.join(format!("{model}.json"))).unwrap()).unwrap()
}

fn sequence(model: &str) -> (Sequence, Vec<u32>) {
    let captum = common::json(model, "captum.json");
    let (ids, n_input) = common::peer_ids(&captum);
    let alternatives = numbers(&captum["alternative_ids"]).into_iter().map(|id| id as u32).collect();
    (Sequence::from_ids(&ids[..n_input], &ids[n_input..]).unwrap(), alternatives)
}

/// A method by name, with parameters.
fn with(name: &str, parameters: &Parameters) -> Box<dyn Method> {
    method(name, parameters).unwrap()
}

/// A method by name.
fn named(name: &str) -> Box<dyn Method> {
    with(name, &Parameters::new())
}

/// A name in the answers, and what gives its rows.
type Case = (String, Box<dyn Method>, Box<dyn Target>);

/// Every name in the answers that is one method's rows: the method, and its target.
fn cases(model: &str, layers: usize, alternatives: &[u32]) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let given = Parameters::new;
    let logit = || target("logit").unwrap();
    let mut plain = |name: &str, method| cases.push((name.into(), method, logit()));
    plain("attention/mean", named("attention"));
    plain("attention/layer-1-head-0", with("attention", &given().layer(1).head(0)));
    plain("attention-rollout", named("attention-rollout"));
    plain("attention-flow", named("attention-flow"));
    plain("attention-norms/mean", named("attention-norms"));
    plain("attention-norms/last", with("attention-norms", &given().layer(layers - 1)));
    plain("value-zeroing/mean", named("value-zeroing"));
    plain("value-zeroing/layer-0", with("value-zeroing", &given().layer(0)));
    plain("value-zeroing/rollout", with("value-zeroing", &given().rollout(true)));
    plain("alti", named("alti"));
    plain("alti-logit/logit", named("alti-logit"));
    for layer in [0, 1, layers] {
        let set = given().layer(layer).steps(16);
        plain(&format!("layer-integrated-gradients/{layer}"), with("layer-integrated-gradients", &set));
    }
    for rule in ["trapezoid", "riemann-left", "riemann-right", "riemann-middle"] {
        let set = given().rule(rule.parse().unwrap()).steps(10);
        plain(&format!("integrated-gradients/{rule}/10"), with("integrated-gradients", &set));
    }
    for baseline in ["mean", "eos"] {
        let exact = IntegratedGradients::new().steps(16).exact_weights(true);
        let exact = exact.baseline(baseline.parse().unwrap());
        plain(&format!("integrated-gradients/{baseline}/16"), Box::new(exact));
    }
    for name in ["logit", "probability"] {
        let mut targeted = |prefix: &str, method| {
            cases.push((format!("{prefix}/{name}"), method, target(name).unwrap()));
        };
        targeted("attn-lrp", named("attn-lrp"));
        targeted("cp-lrp", named("cp-lrp"));
        targeted(
            "sequential-integrated-gradients/8",
            with("sequential-integrated-gradients", &given().steps(8)),
        );
        for absence in ["eos", "mean", "deletion", "masking"] {
            let set = given().baseline(absence.parse::<Ablation>().unwrap());
            targeted(&format!("occlusion/{absence}"), with("occlusion", &set));
        }
        for layer in 0..=layers {
            let set = given().layer(layer);
            targeted(
                &format!("layer-gradient-x-activation/{layer}"),
                with("layer-gradient-x-activation", &set),
            );
        }
    }
    let contrast = ContrastLogit::against(Alternatives::Each(alternatives.to_vec()));
    cases.push(("alti-logit/contrast-logit".into(), named("alti-logit"), Box::new(contrast)));
    let kl = KlDivergence::from_run_without(std::iter::once(0..4).collect());
    cases.push(("kl-divergence/gradient-x-input".into(), named("gradient-x-input"), Box::new(kl)));
    let answers = answers(model);
    let left_out = answers["parameters"]["left_out"].as_array().unwrap().clone();
    cases.retain(|(name, ..)| !left_out.iter().any(|left| left == name));
    cases
}

fn record(gpt2: &saliency_model_gpt2::Gpt2, sequence: &Sequence, attributor: Attributor) -> Record {
    let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
    attributor.record(gpt2, sequence).unwrap()
}

/// How far a row is from the expected one, in units of its largest value.
fn gap(found: &[Option<f64>], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
    let pairs = found.iter().zip(expected);
    pairs.map(|(f, e)| (f.unwrap() - e).abs() / largest).fold(0.0, f64::max)
}

#[test]
fn rows_are_those_of_the_papers_definitions() {
    // The worst gap of each name, for `--nocapture`.
    let mut worst: BTreeMap<(String, &str), f64> = BTreeMap::new();
    for model in MODELS {
        let (sequence, alternatives) = sequence(model);
        let answers = answers(model);
        for (kind, tolerance) in [(Kind::Double, 1e-9), (Kind::Float, 1e-5)] {
            let gpt2 = open(model, kind).model;
            let layers = gpt2.config().n_layer;
            for (name, method, target) in cases(model, layers, &alternatives) {
                let expected = rows(&answers["rows"][&name]);
                assert_eq!(expected.len(), sequence.n_output(), "{model}, {name}");
                // What a number is a difference of: its rounding is theirs.
                let (difference, perturbs) =
                    (method.card().family == saliency_attribution::Family::Perturbation, name.clone());
                let near_nothing = perturbs == format!("layer-gradient-x-activation/{layers}/logit")
                    || perturbs == format!("layer-gradient-x-activation/{layers}/probability");
                let attributor = Attributor::new().with_method(method).with_target(target);
                let found = record(&gpt2, &sequence, attributor);
                for (output, expected) in expected.iter().enumerate() {
                    let value = found.outputs[output].value.unwrap().abs();
                    let largest = expected.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
                    let scale = if difference || near_nothing { (value / largest).max(1.0) } else { 1.0 };
                    // Single precision: 1 − cos of nearly parallel vectors keeps fewer digits, and so does a jump's
                    // slope.
                    let scale = match (kind, name.split('/').next().unwrap()) {
                        (Kind::Float, "value-zeroing" | "layer-integrated-gradients") => 20.0 * scale,
                        _ => scale,
                    };
                    let gap = gap(&found.attributions[output], expected);
                    let dtype = if kind == Kind::Double { "f64" } else { "f32" };
                    let entry = worst.entry((name.clone(), dtype)).or_default();
                    *entry = entry.max(gap);
                    assert!(gap <= tolerance * scale, "{model}, {kind:?}, {name}, row {output}: {gap:e}");
                    if let Some(deltas) = answers["values"].get(format!("{name}/delta"))
                        && kind == Kind::Double
                    {
                        let delta = found.outputs[output].delta.unwrap();
                        let expected = numbers(deltas)[output];
                        assert!((delta - expected).abs() < 1e-7, "{name}: {delta} {expected}");
                    }
                }
            }
        }
    }
    for ((name, dtype), gap) in worst {
        println!("{dtype} {name}: {gap:.1e}");
    }
}

/// Every entry of the ledger, and that together they are the logit.
#[test]
fn the_ledger_adds_up_to_the_logit_and_every_entry_is_the_independent_ones() {
    for model in MODELS {
        let (sequence, alternatives) = sequence(model);
        let answers = answers(model);
        let gpt2 = open(model, Kind::Double).model;
        let target = Logit;
        let problem = Problem::new(&gpt2, &sequence, &target).unwrap();
        let ledgers = DirectLogit::new().ledgers(&problem).unwrap();
        for (output, ledger) in ledgers.iter().enumerate() {
            let logit = problem.value_at_input(output).unwrap();
            assert!((ledger.total().unwrap() - logit).abs() < 1e-12 * logit.abs().max(1.0), "{model}");
            let recorded = ledger.recorded().unwrap().total();
            assert!((recorded - logit).abs() < 1e-12 * logit.abs().max(1.0), "{model}");
        }
        // The vectors behind a row are the ledger by token; with what no token brings they are the logit.
        let attributor = Attributor::new().method("direct-logit").target("logit");
        let (record, vectors) = attributor.record_and_vectors(&gpt2, &sequence, &mut |_| true).unwrap();
        for output in &record.outputs {
            let (value, rest) = (output.value.unwrap(), output.baseline_value.unwrap());
            assert!((output.sum.unwrap() + rest - value).abs() < 1e-12 * value.abs().max(1.0), "{model}");
        }
        for expected in answers["ledger"]["logit"].as_array().unwrap() {
            let row = &vectors.rows()[expected["output"].as_u64().unwrap() as usize];
            let entries =
                expected["heads"].as_array().unwrap().iter().flat_map(|heads| heads.as_array().unwrap());
            for (column, tokens) in entries.enumerate() {
                for (token, expected) in tokens.as_array().unwrap().iter().enumerate() {
                    let found = row.double_value(&[token as i64, column as i64]);
                    assert!((found - expected.as_f64().unwrap()).abs() < 1e-12, "{model}");
                }
            }
            let own = row.double_value(&[row.size()[0] - 1, row.size()[1] - 1]);
            assert!((own - expected["token"].as_f64().unwrap()).abs() < 1e-12, "{model}");
        }
        for expected in answers["ledger"]["logit"].as_array().unwrap() {
            let ledger = &ledgers[expected["output"].as_u64().unwrap() as usize];
            let near = |found: f64, expected: &Value| {
                let expected = expected.as_f64().unwrap();
                assert!((found - expected).abs() < 1e-12, "{model}: {found} {expected}");
            };
            near(ledger.token, &expected["token"]);
            near(ledger.position, &expected["position"]);
            near(ledger.norm_bias, &expected["norm_bias"]);
            for (layer, heads) in expected["heads"].as_array().unwrap().iter().enumerate() {
                near(ledger.feed_forward[layer], &expected["mlp"][layer]);
                near(ledger.attention_bias[layer], &expected["attention_bias"][layer]);
                for (head, tokens) in heads.as_array().unwrap().iter().enumerate() {
                    let found = ledger.heads.get(layer as i64).get(head as i64);
                    for (token, expected) in tokens.as_array().unwrap().iter().enumerate() {
                        near(found.double_value(&[token as i64]), expected);
                    }
                }
            }
        }
        // The rest of alti-logit is what has no token.
        let rest = numbers(&answers["values"]["alti-logit/logit/rest"]);
        let attributor = Attributor::new().method("alti-logit").target("logit");
        for (output, rest) in attributor.record(&gpt2, &sequence).unwrap().outputs.iter().zip(rest) {
            assert!((output.value.unwrap() - output.sum.unwrap() - rest).abs() < 1e-12, "{model}");
            // Its ledger, but for the heads, is that rest.
            let ledger = output.ledger.as_ref().unwrap();
            let heads: f64 = ledger.heads.iter().flatten().flatten().sum();
            assert!((ledger.total() - heads - rest).abs() < 1e-12, "{model}");
        }
        let contrast = ContrastLogit::against(Alternatives::Each(alternatives));
        let problem = Problem::new(&gpt2, &sequence, &contrast).unwrap();
        for (output, ledger) in DirectLogit::new().ledgers(&problem).unwrap().iter().enumerate() {
            let contrast = problem.value_at_input(output).unwrap();
            assert!((ledger.total().unwrap() - contrast).abs() < 1e-12, "{model}");
        }
    }
}

/// Exact Shapley values, by all coalitions and by the regression over all of them; and the sampled ones within their
/// errors.
#[test]
fn shapley_values_are_the_enumerated_ones() {
    for model in MODELS {
        let (sequence, _) = sequence(model);
        let answers = answers(model);
        let gpt2 = open(model, Kind::Double).model;
        let segments: Vec<_> = rows(&answers["parameters"]["shapley/exact"]["segments"])
            .into_iter()
            .map(|s| s[0] as usize..s[1] as usize)
            .collect();
        for name in ["logit", "probability"] {
            let expected = rows(&answers["rows"][format!("shapley/exact/{name}")]);
            let spans = || Segmentation::Spans(segments.clone());
            let sampled = Shapley::new().segments(spans()).samples(200).seed(1);
            let methods: [(Box<dyn Method>, bool); 3] = [
                (Box::new(Shapley::new().segments(spans())), true),
                (Box::new(KernelShap::new().segments(spans())), true),
                (Box::new(sampled), false),
            ];
            for (method, exact) in methods {
                let what = format!("{model}, {}, {name}", method.name());
                let attributor = Attributor::new().with_method(method).target(name);
                let found = record(&gpt2, &sequence, attributor);
                for (output, expected) in expected.iter().enumerate() {
                    let row = &found.attributions[output];
                    for (segment, expected) in segments.iter().zip(expected) {
                        let sum: f64 = row[segment.clone()].iter().map(|x| x.unwrap()).sum();
                        if exact {
                            assert!((sum - expected).abs() < 1e-12, "{what}: {sum} {expected}");
                        } else {
                            let errors = &found.standard_errors[output];
                            let error: f64 = errors[segment.clone()].iter().map(|x| x.unwrap()).sum();
                            assert!(
                                (sum - expected).abs() < 5.0 * error + 1e-12,
                                "{what}: {sum} {expected} {error}"
                            );
                        }
                    }
                    // Earlier outputs do not play: their numbers are missing, and nothing else is.
                    assert!(row[..sequence.n_input()].iter().all(Option::is_some));
                    assert!(row[sequence.n_input()..].iter().all(Option::is_none));
                    assert!(found.outputs[output].delta.unwrap().abs() < 1e-12, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_span_is_the_sum_of_its_outputs() {
    for model in MODELS {
        let (sequence, _) = sequence(model);
        let expected = rows(&answers(model)["rows"]["span/gradient-x-input"]).remove(0);
        let gpt2 = open(model, Kind::Double).model;
        let attributor = Attributor::new().target("log-probability");
        let found = record(&gpt2, &sequence, attributor.span(0..sequence.n_output()));
        assert_eq!(found.attributions.len(), 1);
        assert!(gap(&found.attributions[0], &expected) < 1e-9, "{model}");
        let text: String = sequence.tokens()[sequence.n_input()..].iter().map(|t| &*t.text).collect();
        assert_eq!(found.tokens.last().unwrap().text, text);
        // What outputs gave to each other is beside the row: together they are all that was given.
        let each = record(&gpt2, &sequence, Attributor::new().target("log-probability"));
        let sum: f64 = each.outputs.iter().map(|o| o.sum.unwrap()).sum();
        let span = &found.outputs[0];
        assert!((span.sum.unwrap() - sum).abs() < 1e-10);
        let row: f64 = found.attributions[0].iter().map(|x| x.unwrap()).sum();
        assert!((row + span.within.unwrap() - sum).abs() < 1e-10);
    }
}
