//! Every method with every target on GPT-2: a record with numbers of the right shape, or the error that is documented;
//! and the promises of those methods that look inside.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{folder, open};
use saliency_attribution::methods::DirectLogit;
use saliency_attribution::targets::{ContrastLogit, Logit};
use saliency_attribution::{
    Aggregate, Alternatives, Attributor, Axiom, Baseline, Error, ForTokens, Method, Needs, Normalize,
    OutputToken, Parameters, Problem, Sequence, Target, TargetFn, method, methods, targets,
};
use saliency_model_gpt2::Gpt2;
use saliency_schema::Record;
use tch::{Kind, Tensor};

const MODEL: &str = "gpt2-a";
const N_INPUT: usize = 4;
/// Targets that are weighted sums of logits.
const OF_LOGITS: [&str; 3] = ["logit", "contrast-logit", "contrast-log-probability"];
/// Methods that account for logits, and for nothing else.
const ACCOUNTS: [&str; 2] = ["direct-logit", "alti-logit"];

fn sequence() -> Sequence {
    assert!(folder(MODEL).is_dir());
    let (ids, _) = common::peer_ids(&common::json(MODEL, "captum.json"));
    Sequence::from_ids(&ids[..N_INPUT], &ids[N_INPUT..N_INPUT + 2]).unwrap()
}

/// A method by name, with as few draws and points as make a row.
fn quick(name: &str) -> Box<dyn Method> {
    let known = methods().into_iter().find(|m| m.name() == name).unwrap();
    let has = |parameter: &str| known.card().parameters.contains(&parameter);
    let parameters = Parameters::new().samples(24).steps(4);
    let parameters =
        parameters.keep(|parameter| has(parameter) && (parameter, name) != ("samples", "shapley"));
    method(name, &parameters).unwrap()
}

fn every_target() -> Vec<Box<dyn Target>> {
    let all = || targets().into_iter().map(|t| t.without(std::iter::once(0..2).collect()).unwrap_or(t));
    // Chosen tokens go through one of each kind: plain, compared with a runner-up, and compared with another run.
    let kinds = ["logit", "contrast-logit", "kl-divergence"];
    let chosen = all().filter(|t| kinds.contains(&t.name()));
    let chosen = chosen.map(|t| Box::new(ForTokens::new(t, vec![Some(2), None])) as _);
    all().chain(chosen).collect()
}

fn check(record: &Record, what: &str) {
    let inputs_only = ["shapley", "kernel-shap", "lime"].contains(&&*record.method.as_ref().unwrap().name);
    let first = record.n_input();
    for (row, values) in record.attributions.iter().enumerate() {
        assert_eq!(values.len(), first + row, "{what}");
        for (token, value) in values.iter().enumerate() {
            match value {
                Some(value) => assert!(value.is_finite(), "{what}, row {row}, token {token}: {value}"),
                None => {
                    assert!(inputs_only && token >= N_INPUT, "{what}, row {row}, token {token} is missing");
                }
            }
        }
        assert!(values.iter().any(|x| x.is_some_and(|x| x != 0.0)), "{what}, row {row}: all zero");
    }
}

#[test]
fn every_method_explains_every_target_or_says_why_not() {
    let gpt2 = open(MODEL, Kind::Float).model;
    for known in methods() {
        for target in every_target() {
            let (name, what) = (target.name(), format!("{}, {}", known.name(), target.name()));
            let attributor = Attributor::new().with_method(quick(known.name())).with_target(target);
            match attributor.record(&gpt2, &sequence()) {
                Ok(record) => {
                    assert!(!ACCOUNTS.contains(&known.name()) || OF_LOGITS.contains(&name), "{what}");
                    assert_eq!(record.attributions.len(), 2, "{what}");
                    check(&record, &what);
                }
                Err(Error::Target { method, target, why }) => {
                    assert!(ACCOUNTS.contains(&known.name()) && !OF_LOGITS.contains(&name), "{what}");
                    assert_eq!((method, target), (known.name(), name));
                    assert_eq!(
                        why,
                        "it accounts for logits; use logit, contrast-logit or contrast-log-probability"
                    );
                }
                Err(other) => panic!("{what}: {other}"),
            }
        }
        for span in [0..2, 1..2] {
            let what = format!("{}, {span:?}", known.name());
            let attributor = Attributor::new().with_method(quick(known.name())).target("logit");
            match attributor.span(span.clone()).record(&gpt2, &sequence()) {
                Ok(record) => {
                    assert!(known.card().additive, "{what}");
                    assert_eq!(
                        (record.attributions.len(), record.n_input()),
                        (1, N_INPUT + span.start),
                        "{what}"
                    );
                    check(&record, &what);
                }
                Err(Error::NotAdditive { method }) => {
                    assert!(!known.card().additive && method == known.name(), "{what}");
                }
                Err(other) => panic!("{what}: {other}"),
            }
        }
    }
}

fn rows(gpt2: &Gpt2, method: Box<dyn Method>, target: Box<dyn Target>) -> Record {
    let attributor = Attributor::new().with_method(method).with_target(target);
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(gpt2, &sequence()).unwrap()
}

/// `a ln p + b z_7`.
fn mixture(a: f64, b: f64) -> Box<dyn Target> {
    Box::new(TargetFn::new("mixture", move |logits: &Tensor, output: OutputToken| {
        let ln_p = logits.f_log_softmax(-1, None)?.f_select(1, i64::from(output.id))?;
        Ok(ln_p.f_mul_scalar(a)?.f_add(&logits.f_select(1, 7)?.f_mul_scalar(b)?)?)
    }))
}

/// Promises of methods that look inside; others are tried on toy models (`crates/attribution/tests/axioms.rs`).
#[test]
fn promises_of_those_that_look_inside_are_kept() {
    let gpt2 = open(MODEL, Kind::Double).model;
    for known in methods().into_iter().filter(|m| m.card().needs == Needs::Inside) {
        let name = known.name();
        let fresh = || quick(name);
        for axiom in known.card().axioms {
            match axiom {
                Axiom::Completeness => {
                    // A path between two texts is far from the norms' jump at zero.
                    for layer in [0, 1, gpt2.config().n_layer] {
                        let parameters = Parameters::new().layer(layer).tolerance(1e-6);
                        let parameters = parameters.baseline(Baseline::Token(3));
                        let found = rows(&gpt2, method(name, &parameters).unwrap(), Box::new(Logit));
                        for (row, output) in found.attributions.iter().zip(&found.outputs) {
                            let sum: f64 = row.iter().map(|x| x.unwrap()).sum();
                            let change = output.value.unwrap() - output.baseline_value.unwrap();
                            let gap =
                                (sum - change).abs() / change.abs().max(1e-4 * output.value.unwrap().abs());
                            assert!(gap < 1.001e-6, "{name}, {layer:?}: {gap:e}");
                        }
                    }
                }
                Axiom::Linearity => {
                    let (a, b) = (1.5, -0.75);
                    let accounts = ACCOUNTS.contains(&name);
                    // Those that account for logits have sums of logits: z_t less the mean of z_2 and z_7.
                    let (both, first, second): (Box<dyn Target>, Box<dyn Target>, Box<dyn Target>) =
                        if accounts {
                            let contrast =
                                |ids: &[u32]| ContrastLogit::against(Alternatives::Same(ids.to_vec()));
                            (Box::new(contrast(&[2, 7])), Box::new(contrast(&[2])), Box::new(contrast(&[7])))
                        } else {
                            (mixture(a, b), mixture(1.0, 0.0), mixture(0.0, 1.0))
                        };
                    let (a, b) = if accounts { (0.5, 0.5) } else { (a, b) };
                    let of = |target| rows(&gpt2, fresh(), target).attributions;
                    let (both, first, second) = (of(both), of(first), of(second));
                    for ((both, first), second) in both.iter().zip(&first).zip(&second) {
                        let largest =
                            first.iter().chain(second).fold(0.0_f64, |m, x| m.max(x.unwrap().abs()));
                        for ((both, f), g) in both.iter().zip(first).zip(second) {
                            let gap = both.unwrap() - (a * f.unwrap() + b * g.unwrap());
                            assert!(gap.abs() < 1e-9 * largest, "{name}: {gap:e} of {largest:e}");
                        }
                    }
                }
                _ => {
                    panic!("{name} promises {}, and nothing here tries that", axiom.name());
                }
            }
        }
    }
}

/// Positions that move: the path begins at the baseline's embeddings alone, and ends at tokens with positions. What a
/// row adds up to is then f(x) less f there, by a pass of its own; and the baseline's positions are no part of it.
#[test]
fn moving_positions_begin_at_no_position() {
    let gpt2 = open(MODEL, Kind::Double).model;
    let (sequence, logit) = (sequence(), Logit);
    let problem = Problem::new(&gpt2, &sequence, &logit).unwrap();
    let inside = problem.inside("this test").unwrap();
    let input = problem.embeddings();
    let one = problem.embed(&[7]).unwrap();
    for (name, start) in [("zero", input.zeros_like()), ("token:7", one.expand_as(&input).contiguous())] {
        let rows = |positions: &str| {
            let parameters = Parameters::new()
                .tolerance(1e-6)
                .baseline(name.parse::<Baseline>().unwrap())
                .positions(positions.parse().unwrap());
            let method = method("integrated-gradients", &parameters).unwrap();
            let attributor = Attributor::new().with_method(method).with_target(Logit);
            attributor.record(&gpt2, &sequence).unwrap()
        };
        let (moved, stayed) = (rows("move"), rows("stay"));
        assert_eq!(moved.notes, [""; 0], "{name}");
        for row in 0..2 {
            let position = N_INPUT - 1 + row;
            let logits = inside.logits_from(0, &start, position..position + 1).unwrap();
            let id = i64::from(sequence.ids()[N_INPUT + row]);
            let (expected, found) = (logits.double_value(&[0, 0, id]), &moved.outputs[row]);
            assert!((found.baseline_value.unwrap() - expected).abs() < 1e-12, "{name}, {row}");
            let change = found.value.unwrap() - expected;
            assert!((found.sum.unwrap() - change).abs() <= 1e-6 * change.abs(), "{name}, {row}");
            let apart = (stayed.outputs[row].baseline_value.unwrap() - expected).abs();
            assert!(apart > 1e-4, "{name}, {row}: positions change nothing here: {apart:e}");
        }
    }
}

/// The normalisation cancels in a difference of log-probabilities: accounts of both contrasts are the same.
#[test]
fn accounts_of_logits_serve_contrasts_of_log_probabilities() {
    let gpt2 = open(MODEL, Kind::Double).model;
    for name in ACCOUNTS {
        let rows = |target: &str| {
            let attributor = Attributor::new().method(name).target(target);
            attributor.record(&gpt2, &sequence()).unwrap().attributions
        };
        assert_eq!(rows("contrast-logit"), rows("contrast-log-probability"), "{name}");
    }
    // Against nothing there is no contrast to account for.
    let target = ContrastLogit::against(Alternatives::Each(vec![]));
    let sequence = sequence();
    let problem = Problem::new(&gpt2, &sequence, &target).unwrap();
    let refused = DirectLogit.ledgers(&problem).unwrap_err().to_string();
    assert_eq!(refused, "alternatives is 0 for output 0, and must be at least one for each output");
}
