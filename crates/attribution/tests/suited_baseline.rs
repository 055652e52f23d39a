//! Where a path begins when nobody says: at the baseline that suits the model, by name and by numbers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::sequence;
use saliency_attribution::targets::Logit;
use saliency_attribution::testing::{Linear, Transformer};
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Baseline, Inside, LanguageModel, Method, Normalize, Parameters, Problem,
    Sequence, method, methods,
};
use saliency_schema::Record;
use std::sync::Arc;
use tch::{Kind, Tensor};

/// Everything that takes a path.
const PATHS: [&str; 5] = [
    "integrated-gradients",
    "sequential-integrated-gradients",
    "integrated-hessians",
    "layer-integrated-gradients",
    "gradient-shap",
];

/// The toy whose paths begin at the mean embedding.
fn model() -> Box<dyn LanguageModel> {
    Box::new(Transformer::new(6, 1))
}

/// As few points or samples as will do, and no baseline.
fn few(name: &str) -> Parameters {
    if name == "gradient-shap" { Parameters::new().samples(4) } else { Parameters::new().steps(2) }
}

fn record(model: &dyn LanguageModel, name: &str, parameters: &Parameters) -> Record {
    let attributor = Attributor::new().method_with(name, parameters.clone()).target("logit");
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(model, &sequence()).unwrap()
}

fn recorded(record: &Record) -> &str {
    record.method.as_ref().unwrap().baseline.as_deref().unwrap()
}

/// The mean embedding of a vocabulary of six, at every token of the text but the last.
fn mean(model: &dyn LanguageModel) -> Tensor {
    let mean = model.embed(&[0, 1, 2, 3, 4, 5]).unwrap().mean_dim(&[0_i64][..], true, Kind::Double);
    mean.unsqueeze(0).expand([1, 6, mean.size()[1]], false).contiguous()
}

/// The logit of every output's token, by one whole pass.
fn logits(model: &dyn LanguageModel, embeddings: &Tensor) -> [f64; 3] {
    let logits = model.logits(embeddings, 4, 3..6).unwrap();
    std::array::from_fn(|output| logits.double_value(&[0, output as i64, common::OUTPUTS[output].into()]))
}

/// f(baseline) of a path is f at the mean embedding, by a pass of our own; and the record says `mean`.
#[test]
fn a_path_begins_at_the_baseline_that_suits_the_model() {
    let model = model();
    let start = mean(&*model);
    let expected = logits(&*model, &start);
    for name in ["integrated-gradients", "layer-integrated-gradients", "gradient-shap"] {
        let found = record(&*model, name, &few(name));
        assert_eq!(recorded(&found), "mean", "{name}");
        for (output, expected) in found.outputs.iter().zip(expected) {
            assert!((output.baseline_value.unwrap() - expected).abs() < 1e-12, "{name}");
        }
    }
    // Deeper, it is the stream that the mean leads to.
    let toy = Transformer::new(6, 2);
    let residual = toy.residual(1, &start).unwrap();
    let deep = toy.logits_from(1, &residual, 3..6).unwrap();
    let found = record(&toy, "layer-integrated-gradients", &Parameters::new().steps(2).layer(1));
    for (row, output) in found.outputs.iter().enumerate() {
        let expected = deep.double_value(&[0, row as i64, common::OUTPUTS[row].into()]);
        assert!((output.baseline_value.unwrap() - expected).abs() < 1e-12);
    }
}

/// A token's own path: its number is what the logit loses when the mean is in its place.
#[test]
fn a_tokens_own_path_begins_there_too() {
    let model = model();
    let found = record(&*model, "sequential-integrated-gradients", &Parameters::new().steps(24));
    assert_eq!(recorded(&found), "mean");
    let ids: Vec<u32> = common::INPUTS.iter().chain(&common::OUTPUTS[..2]).copied().collect();
    let input = model.embed(&ids).unwrap().unsqueeze(0);
    let clean = logits(&*model, &input);
    for token in 0..6 {
        let without = input.copy();
        without.select(1, token).copy_(&mean(&*model).select(1, token));
        let lost = logits(&*model, &without);
        for (output, row) in found.attributions.iter().enumerate() {
            if let Some(number) = row.get(token as usize) {
                // What 24 points miss.
                let missed = number.unwrap() - (clean[output] - lost[output]);
                assert!(missed.abs() < 1e-6, "{token}, {output}: {missed:e}");
            }
        }
    }
}

/// Not asked for and asked for by name, by itself and behind pointers, in a box: the same record.
#[test]
fn a_baseline_that_suits_gives_the_same_as_one_that_is_asked_for() {
    let model = model();
    for name in PATHS {
        let found = record(&*model, name, &few(name));
        assert_eq!(found, record(&*model, name, &few(name).baseline(Baseline::Mean)), "{name}");
        assert_eq!(found, record(&model, name, &few(name)), "{name}");
        let shared: Arc<dyn Method> = method(name, &few(name)).unwrap().into();
        let pointed = Attributor::new().with_method(shared).target("logit");
        let pointed = pointed.aggregate(Aggregate::Sum).normalize(Normalize::None);
        assert_eq!(found, pointed.record(&*model, &sequence()).unwrap(), "{name}");
        assert_eq!(pointed.describe(&*model).unwrap(), *found.method.as_ref().unwrap(), "{name}");
        // Without an attributor too.
        let (sequence, mut row) = (sequence(), 0);
        let problem = Problem::new(&*model, &sequence, &Logit).unwrap();
        let method = method(name, &few(name)).unwrap();
        let mut each = |explanation: saliency_attribution::Explanation| {
            let sums = explanation.attributions.sum_dim_intlist(&[1_i64][..], false, Kind::Double);
            let sums = Vec::<f64>::try_from(sums).unwrap();
            let same = sums.iter().zip(&found.attributions[row]).all(|(x, y)| (x - y.unwrap()).abs() < 1e-12);
            assert!(same, "{name}: {sums:?}");
            row += 1;
            Ok(())
        };
        method.attribute(&problem, &mut each).unwrap();
        assert_eq!(row, 3);
    }
}

/// Zero is another path with other numbers, and a note says so in every record of one; other baselines get none.
#[test]
fn zero_is_noted_where_another_baseline_suits() {
    let model = model();
    let note = "every output: the path begins at zero, where the target of this model may jump; the baseline that suits \
                the model is mean";
    for name in PATHS {
        let zero = record(&*model, name, &few(name).baseline(Baseline::Zero));
        assert_eq!(recorded(&zero), "zero");
        assert!(zero.notes.iter().any(|found| found == note), "{name}: {:?}", zero.notes);
        assert_ne!(zero.attributions, record(&*model, name, &few(name)).attributions, "{name}");
        for other in [few(name).baseline(Baseline::Mean), few(name).baseline(Baseline::Token(2))] {
            let found = record(&*model, name, &other);
            assert!(!found.notes.iter().any(|note| note.contains("begins at zero")), "{name}");
        }
    }
    // A model that zero suits says nothing.
    for name in PATHS.into_iter().filter(|name| !name.starts_with("layer")) {
        for parameters in [few(name), few(name).baseline(Baseline::Zero)] {
            let found = record(&Linear::new(6, 3), name, &parameters);
            assert_eq!((recorded(&found), &found.notes[..]), ("zero", &[][..]), "{name}");
        }
    }
}

/// The passes that are foreseen without a model are those that a run makes on it.
#[test]
fn a_baseline_that_suits_costs_what_zero_costs() {
    let (model, sequence) = (model(), sequence());
    for name in PATHS {
        let [open, zero] = [few(name), few(name).baseline(Baseline::Zero)].map(|parameters| {
            let problem = Problem::new(&*model, &sequence, &Logit).unwrap();
            let method = method(name, &parameters).unwrap();
            let foreseen = method.cost(problem.size(model.shares_prefix()));
            method.attribute(&problem, &mut |_| Ok(())).unwrap();
            assert_eq!(problem.cost(), foreseen, "{name}");
            let bound = method.bound_to(&*model).map(|bound| bound.cost(problem.size(model.shares_prefix())));
            assert_eq!(bound, (!parameters.names().contains(&"baseline")).then_some(foreseen), "{name}");
            foreseen
        });
        assert_eq!(open, zero, "{name}");
    }
}

/// What ablates keeps its own: a token is replaced, and no path is taken. `reagent` and others have none to leave open.
#[test]
fn ablations_do_not_depend_on_what_suits_the_model() {
    let model = model();
    let sequence = Sequence::from_ids(&common::INPUTS, &common::OUTPUTS[..1]).unwrap();
    let mut ablations = 0;
    for method in methods() {
        let (name, card) = (method.name(), method.card());
        assert_eq!(method.bound_to(&*model).is_some(), PATHS.contains(&name), "{name}");
        if PATHS.contains(&name) || !card.parameters.contains(&"baseline") {
            continue;
        }
        let own = method.describe().baseline.unwrap();
        assert!(own == "zero" || own == "deletion", "{name}: {own}");
        let asked = Parameters::new().baseline(own.parse::<Ablation>().unwrap());
        let of = |parameters| {
            let attributor = Attributor::new().method_with(name, parameters).target("logit");
            attributor.record(&*model, &sequence).unwrap()
        };
        assert_eq!(of(Parameters::new()), of(asked), "{name}");
        ablations += 1;
    }
    assert_eq!(ablations, 9);
}
