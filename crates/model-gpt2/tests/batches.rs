//! What a run on GPT-2 may not depend on: how many passes go together, and how many threads there are; and what it
//! costs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, open};
use saliency_attribution::{
    Aggregate, Attributor, Family, Needs, Normalize, Parameters, Problem, Sequence, Settings, Size, method,
    methods, target,
};
use saliency_model_gpt2::Gpt2;
use saliency_schema::Record;
use tch::Kind;

fn sequence(model: &str) -> Sequence {
    let (ids, _) = common::peer_ids(&common::json(model, "captum.json"));
    Sequence::from_ids(&ids[..5], &ids[5..8]).unwrap()
}

/// A target of every method.
fn record(gpt2: &Gpt2, sequence: &Sequence, name: &str, memory: usize) -> Record {
    // As few draws and points as fill more than one batch.
    let known = methods().into_iter().find(|m| m.name() == name).unwrap();
    let has = |parameter: &str| known.card().parameters.contains(&parameter);
    let parameters = Parameters::new().samples(40).steps(4);
    let parameters =
        parameters.only(|parameter| has(parameter) && (parameter, name) != ("samples", "shapley"));
    let method = method(name, &parameters).unwrap();
    let attributor = Attributor::new().with_method(method).target("logit").memory(memory);
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(gpt2, sequence).unwrap()
}

/// How far rows are apart, in units of the target's value or the largest number.
fn gap(a: &Record, b: &Record) -> f64 {
    let numbers = |r: &Record| r.attributions.iter().flatten().map(|x| x.unwrap_or(-7.0)).collect::<Vec<_>>();
    let scale = a.outputs.iter().fold(1.0_f64, |m, o| m.max(o.value.unwrap().abs()));
    let (a, b) = (numbers(a), numbers(b));
    assert_eq!(a.len(), b.len());
    a.iter().zip(&b).map(|(a, b)| (a - b).abs() / scale.max(a.abs())).fold(0.0, f64::max)
}

#[test]
fn rows_do_not_depend_on_batches_or_threads() {
    let before = tch::get_num_threads();
    for model in MODELS {
        let (gpt2, sequence) = (open(model, Kind::Double).model, sequence(model));
        for name in methods().iter().map(|m| m.name()) {
            tch::set_num_threads(1);
            let whole = record(&gpt2, &sequence, name, 768 << 20);
            for memory in [1, 200_000] {
                let gap = gap(&whole, &record(&gpt2, &sequence, name, memory));
                assert!(gap < 1e-10, "{model}, {name}, {memory} bytes: {gap:e}");
            }
            tch::set_num_threads(2);
            let gap = gap(&whole, &record(&gpt2, &sequence, name, 768 << 20));
            assert!(gap < 1e-12, "{model}, {name}, 2 threads: {gap:e}");
        }
    }
    tch::set_num_threads(before);
}

#[test]
fn a_run_makes_the_passes_that_it_says() {
    let logit = target("logit").unwrap();
    for model in MODELS {
        let (gpt2, sequence) = (open(model, Kind::Float).model, sequence(model));
        let plain = |name| (name, Parameters::new());
        let rollout = ("value-zeroing", Parameters::new().rollout(true));
        for (name, parameters) in methods().iter().map(|m| plain(m.name())).chain([rollout]) {
            let method = method(name, &parameters).unwrap();
            let run = |memory| {
                let settings = Settings::new().memory(memory);
                let problem = Problem::watched(&gpt2, &sequence, &*logit, settings, None).unwrap();
                method.attribute(&problem, &mut |_| Ok(())).unwrap();
                problem.cost()
            };
            let size = Size::new(5, 3).with_shares_prefix(true);
            let (said, made) = (method.cost(size), run(768 << 20));
            let whole = method.cost(size.with_shares_prefix(false));
            let what = format!("{model}, {name}: {made:?} for {said:?}");
            assert!((made.backwards - said.backwards).abs() <= 0.01 * said.backwards, "{what}");
            if method.card().family == Family::Perturbation {
                // Inputs that run together begin at the earliest of their differences; alone each has its own.
                assert!(made.forwards <= 1.01 * whole.forwards, "{what}, at most {whole:?}");
                if ["occlusion", "leave-one-out"].contains(&name) {
                    let alone = run(1);
                    assert!((alone.forwards - said.forwards).abs() < 1e-9, "{what}, alone {alone:?}");
                }
            } else {
                assert!((made.forwards - said.forwards).abs() <= 0.01 * said.forwards, "{what}");
            }
            assert!(method.card().needs == Needs::Embeddings || said.forwards >= 1.0, "{what}");
        }
    }
}
