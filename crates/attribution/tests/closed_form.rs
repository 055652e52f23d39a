//! Every method on toy models, against closed forms and finite differences.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_attribution::methods::{IntegratedGradients, Random};
use saliency_attribution::targets::{ContrastLogProbability, ContrastLogit, Logit};
use saliency_attribution::testing::{Linear, Saturating};
use saliency_attribution::{
    Aggregate, Alternatives, Attributor, LanguageModel, Needs, Normalize, Parameters, Problem, Sequence,
    Target, method, methods, target, targets,
};
use saliency_schema::Record;
use tch::Tensor;

/// Rounding of a few hundred float64 operations on values around 1.
const ROUNDING: f64 = 1e-11;

fn attribute(model: &dyn LanguageModel, sequence: &Sequence, name: &str, target: &str) -> Record {
    let method = match name {
        "integrated-gradients" => Box::new(IntegratedGradients::new().steps(64).exact_weights(true)) as _,
        name => method(name, &Parameters::new()).unwrap(),
    };
    let attributor = Attributor::new().with_method(method).target(target);
    let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
    attributor.record(model, sequence).unwrap()
}

fn value(record: &Record, row: usize, token: usize) -> f64 {
    record.attributions[row][token].unwrap()
}

/// `e_i · W_v` of the saturating model, by hand.
fn product(token: u32, id: u32, hidden: i64) -> f64 {
    let term = |h: f64| ((3.0 * f64::from(token) + h).sin() + 1.0) * (2.0 * f64::from(id) + 5.0 * h).cos();
    (0..hidden).map(|h| term(h as f64)).sum()
}

#[test]
fn linear_models_are_explained_exactly_by_every_method_but_the_bare_gradient() {
    let model = Linear::new(5, 3);
    let (inputs, outputs) = ([0, 3, 1], [4, 2]);
    let sequence = Sequence::from_ids(&inputs, &outputs).unwrap();
    for name in ["gradient-x-input", "integrated-gradients"] {
        let record = attribute(&model, &sequence, name, "logit");
        for (row, &id) in outputs.iter().enumerate() {
            for (i, &token) in sequence.ids()[..3 + row].iter().enumerate() {
                // (i + 1) Σ_h sin(3t + h + 1) cos(2v + 5h)
                let term =
                    |h: f64| (3.0 * f64::from(token) + h + 1.0).sin() * (2.0 * f64::from(id) + 5.0 * h).cos();
                let expected = (i + 1) as f64 * (0..3).map(|h| term(f64::from(h))).sum::<f64>();
                assert!((value(&record, row, i) - expected).abs() < ROUNDING, "{name}, row {row}, token {i}");
            }
        }
    }
    let record = attribute(&model, &sequence, "gradient", "logit");
    let slope: f64 = (0..3).map(|h| (8.0 + 5.0 * f64::from(h)).cos()).sum();
    assert!((value(&record, 0, 2) - 3.0 * slope).abs() < ROUNDING);
}

#[test]
fn saturation_fools_the_gradient_and_not_integrated_gradients() {
    let (model, hidden) = (Saturating::new(4, 2), 2);
    let (inputs, output) = ([0_u32, 1, 2], 3_u32);
    let sequence = Sequence::from_ids(&inputs, &[output]).unwrap();
    let s: f64 = inputs.iter().map(|&t| product(t, output, hidden)).sum();
    let gradient = attribute(&model, &sequence, "gradient-x-input", "logit");
    let integrated = attribute(&model, &sequence, "integrated-gradients", "logit");
    for (i, &token) in inputs.iter().enumerate() {
        let p = product(token, output, hidden);
        assert!((value(&gradient, 0, i) - p * (1.0 - s.tanh().powi(2))).abs() < ROUNDING);
        assert!((value(&integrated, 0, i) - p * s.tanh() / s).abs() < ROUNDING);
    }
    let output = &integrated.outputs[0];
    assert!((output.sum.unwrap() - s.tanh()).abs() < ROUNDING);
    assert_eq!(output.baseline_value, Some(0.0));
    assert!(output.delta.unwrap().abs() < ROUNDING);
    assert_eq!(gradient.outputs[0].delta, None);
}

#[test]
fn more_steps_make_the_delta_smaller() {
    let model = Saturating::new(4, 2);
    let sequence = Sequence::from_ids(&[0, 1, 2, 0, 1], &[3]).unwrap();
    let delta = |steps| {
        let method = IntegratedGradients::new().steps(steps).exact_weights(true);
        let attributor = Attributor::new().with_method(method).target("logit");
        attributor.record(&model, &sequence).unwrap().outputs[0].delta.unwrap().abs()
    };
    let deltas: Vec<_> = [2, 4, 8, 16, 32].map(delta).into();
    assert!(deltas.windows(2).all(|pair| pair[1] < pair[0] || pair[1] < ROUNDING), "{deltas:?}");
    assert!(deltas[0] > 1e-4 && deltas[4] < 1e-8, "{deltas:?}");
}

#[test]
fn every_target_gradient_is_the_finite_difference() {
    let (model, step) = (Saturating::new(6, 3), 1e-5);
    let sequence = Sequence::from_ids(&[0, 5, 2], &[3, 1]).unwrap();
    for target in targets() {
        let target = target.without(std::iter::once(0..1).collect()).unwrap_or(target);
        let problem = Problem::new(&model, &sequence, &*target).unwrap();
        let x = problem.embeddings();
        for output in 0..2 {
            let f = |x: &Tensor| {
                let forward = problem.forward(x, 0..2).unwrap();
                problem.value(&forward, output).unwrap().double_value(&[0])
            };
            let value = problem.value(problem.input(), output).unwrap().get(0);
            let gradient = problem.input().gradient(&value).unwrap();
            for token in 0..x.size()[1] {
                for h in 0..3 {
                    let moved = |by: f64| {
                        let x = x.copy();
                        let _ = x.get(0).get(token).get(h).g_add_scalar_(by);
                        f(&x)
                    };
                    let difference = (moved(step) - moved(-step)) / (2.0 * step);
                    let found = gradient.double_value(&[0, token, h]);
                    // The difference's own error is of order step² ≈ 1e-10 times third derivatives around 1.
                    assert!((found - difference).abs() < 1e-8, "{}: {found} {difference}", target.name());
                }
            }
        }
    }
}

#[test]
fn reductions_agree_with_their_definitions() {
    let vectors = [[3.0, -4.0], [0.0, 0.0], [1e300, 1e300], [-1e-300, 1e-300]];
    let tensor = Tensor::from_slice2(&vectors);
    let by_hand = |a: Aggregate, [x, y]: [f64; 2]| match a {
        Aggregate::Sum => x + y,
        Aggregate::Mean => f64::midpoint(x, y),
        Aggregate::L1 => x.abs() + y.abs(),
        Aggregate::L2 => x.hypot(y),
        Aggregate::MaxAbs => x.abs().max(y.abs()),
        other => panic!("{other:?} has no definition here"),
    };
    for aggregate in Aggregate::ALL {
        let found = aggregate.apply(&tensor).unwrap();
        for (found, vector) in found.into_iter().zip(vectors) {
            let expected = by_hand(aggregate, vector);
            assert!((found - expected).abs() <= 1e-15 * expected.abs(), "{aggregate:?}: {found} {expected}");
        }
    }
    let normalized = |n: Normalize, row: &[f64]| {
        let mut row = row.to_vec();
        n.apply(&mut row);
        row
    };
    assert_eq!(normalized(Normalize::None, &[1.0, -3.0]), [1.0, -3.0]);
    assert_eq!(normalized(Normalize::Sum, &[1.0, 3.0]), [0.25, 0.75]);
    assert_eq!(normalized(Normalize::SumAbs, &[1.0, -3.0]), [0.25, -0.75]);
    assert_eq!(normalized(Normalize::MaxAbs, &[1.0, -4.0]), [0.25, -1.0]);
    for normalize in Normalize::ALL {
        assert_eq!(normalized(normalize, &[0.0, 0.0]), [0.0, 0.0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn integrated_gradients_add_up_to_the_change_in_the_target(
        inputs in prop::collection::vec(0_u32..6, 1..8),
        outputs in prop::collection::vec(0_u32..6, 1..5),
        which in 0_usize..3,
    ) {
        let sequence = Sequence::from_ids(&inputs, &outputs).unwrap();
        let name = targets()[which].name();
        let record = attribute(&Saturating::new(6, 3), &sequence, "integrated-gradients", name);
        for output in &record.outputs {
            prop_assert!(output.delta.unwrap().abs() < 1e-6, "{name}: {:?}", output);
        }
    }

    #[test]
    fn attributions_are_linear_in_the_target(
        inputs in prop::collection::vec(0_u32..6, 1..8),
        output in 0_u32..6,
    ) {
        // ln p = z − logsumexp(z), and p = exp(ln p): so p's gradient is p times ln p's.
        let sequence = Sequence::from_ids(&inputs, &[output]).unwrap();
        let model = Saturating::new(6, 3);
        let p = attribute(&model, &sequence, "gradient-x-input", "probability");
        let ln_p = attribute(&model, &sequence, "gradient-x-input", "log-probability");
        let probability = p.outputs[0].probability.unwrap();
        prop_assert!((ln_p.outputs[0].value.unwrap() - probability.ln()).abs() < ROUNDING);
        for i in 0..inputs.len() {
            prop_assert!((value(&p, 0, i) - probability * value(&ln_p, 0, i)).abs() < ROUNDING);
        }
    }

    #[test]
    fn later_tokens_do_not_change_earlier_rows(
        inputs in prop::collection::vec(0_u32..6, 1..6),
        outputs in prop::collection::vec(0_u32..6, 2..6),
    ) {
        let all = Sequence::from_ids(&inputs, &outputs).unwrap();
        let first = Sequence::from_ids(&inputs, &outputs[..1]).unwrap();
        for method in methods().into_iter().filter(|m| m.card().needs == Needs::Embeddings) {
            let whole = attribute(&Saturating::new(6, 3), &all, method.name(), "logit");
            let alone = attribute(&Saturating::new(6, 3), &first, method.name(), "logit");
            for i in 0..inputs.len() {
                // A text of one token can't lose it: both are missing.
                let (whole, alone) = (whole.attributions[0][i], alone.attributions[0][i]);
                let same = whole.zip(alone).map_or(whole == alone, |(w, a)| (w - a).abs() < ROUNDING);
                prop_assert!(same, "{}: {whole:?} {alone:?}", method.name());
            }
        }
    }
}

#[test]
fn names_and_aliases_find_what_they_name() {
    for (alias, name) in [
        ("grad_x_input", "gradient-x-input"),
        ("input_x_gradient", "gradient-x-input"),
        ("saliency", "gradient"),
        ("ig", "integrated-gradients"),
        ("integrated_gradients", "integrated-gradients"),
    ] {
        assert_eq!(method(alias, &Parameters::new()).unwrap().name(), name);
    }
    for known in targets() {
        assert_eq!(target(known.name()).unwrap().name(), known.name());
    }
}

/// Captum's and inseq's `saliency` is |∂f/∂e|, whatever is done with it; on a linear model `Σ_h |W_vh|`.
#[test]
fn the_name_saliency_drops_the_sign_as_its_peers_do() {
    let (model, sequence) = (Linear::new(5, 3), Sequence::from_ids(&[0, 4], &[3]).unwrap());
    let weights: Vec<f64> = Vec::try_from(model.weights().get(3)).unwrap();
    let sum = |parameters: &Parameters| {
        let method = method("saliency", parameters).unwrap();
        let attributor = Attributor::new().with_method(method).target("logit");
        let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
        attributor.record(&model, &sequence).unwrap().attributions[0][0].unwrap()
    };
    let none = Parameters::new();
    assert!((sum(&none) - weights.iter().map(|w| w.abs()).sum::<f64>()).abs() < 1e-12);
    // Who says otherwise is heard.
    let signed = none.absolute(false);
    assert!((sum(&signed) - weights.iter().sum::<f64>()).abs() < 1e-12);
}

/// On a linear model, taking an embedding away takes away exactly what it adds.
#[test]
fn occlusion_of_a_linear_model_is_exact() {
    let model = Linear::new(5, 3);
    let sequence = Sequence::from_ids(&[0, 4, 2, 1], &[3, 1, 2]).unwrap();
    let of = |method: &str| {
        let attributor = Attributor::new().method(method).target("logit");
        attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(&model, &sequence).unwrap()
    };
    let (occluded, expected) = (of("occlusion"), of("gradient-x-input"));
    for (found, expected) in occluded.attributions.iter().zip(&expected.attributions) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.unwrap() - expected.unwrap()).abs() < 1e-12);
        }
    }
}

/// The produced token's rest: contrasts against each other, against several, and against the runner-up.
#[test]
fn contrasts_are_differences_of_their_measures() {
    let model = Saturating::new(6, 3);
    let sequence = Sequence::from_ids(&[0, 5, 2], &[3, 1]).unwrap();
    let value = |target: &dyn Target| {
        let problem = Problem::new(&model, &sequence, target).unwrap();
        (0..2).map(|r| problem.value(problem.input(), r).unwrap().double_value(&[0])).collect::<Vec<_>>()
    };
    let probe = Problem::new(&model, &sequence, &Logit).unwrap();
    let logits = |output: usize| -> Vec<f64> {
        Vec::try_from(probe.input().logits_of(output).unwrap().get(0)).unwrap()
    };
    let produced = [3_usize, 1];
    let same = ContrastLogit::against(Alternatives::Same(vec![0, 4]));
    let runner_up = value(&ContrastLogit::default());
    let (found, logarithms) = (value(&same), value(&ContrastLogProbability::default()));
    for output in 0..2 {
        let z = logits(output);
        let t = z[produced[output]];
        assert!((found[output] - (t - f64::midpoint(z[0], z[4]))).abs() < 1e-12);
        let others = z.iter().enumerate().filter(|(id, _)| *id != produced[output]);
        let best = others.map(|(_, z)| *z).fold(f64::MIN, f64::max);
        assert!((runner_up[output] - (t - best)).abs() < 1e-12);
        // ln p_t − ln p_a = z_t − z_a.
        assert!((logarithms[output] - runner_up[output]).abs() < 1e-12);
    }
    // Runners-up stay what they were at the real input, wherever the target is looked at.
    let target = ContrastLogit::default();
    let problem = Problem::new(&model, &sequence, &target).unwrap();
    let moved = problem.forward(&(problem.embeddings() * -3.0), 0..2).unwrap();
    for output in 0..2 {
        let ids = problem.target().describe().parameters["alternative_ids_by_output"].clone();
        let id = ids[output].as_u64().unwrap() as i64;
        let z = moved.logits_of(output).unwrap();
        let expected = z.double_value(&[0, produced[output] as i64]) - z.double_value(&[0, id]);
        let found = problem.value(&moved, output).unwrap().double_value(&[0]);
        assert!((found - expected).abs() < 1e-12);
    }
    let outside = ContrastLogit::against(Alternatives::Same(vec![6]));
    let problem = Problem::new(&model, &sequence, &outside).unwrap();
    assert!(problem.value(problem.input(), 0).unwrap_err().to_string().contains("alternatives is 6"));
}

#[test]
fn the_control_knows_nothing_and_is_the_same_each_time() {
    let model = Linear::new(5, 3);
    let sequence = Sequence::from_ids(&[0, 4, 2, 1], &[3, 1, 2]).unwrap();
    let rows = |seed| {
        let attributor = Attributor::new().with_method(Random::new().seed(seed));
        attributor.record(&model, &sequence).unwrap().attributions
    };
    assert_eq!(rows(1), rows(1));
    assert_ne!(rows(1), rows(2));
    assert!(rows(1).iter().flatten().all(|x| x.unwrap().abs() <= 1.0));
}
