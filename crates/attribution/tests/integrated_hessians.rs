//! Integrated Hessians: closed forms, brute force by finite differences of gradients, and what they promise.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{INPUTS, OUTPUTS, ROUNDING, attributor, models, parts, record, sequence, transformer};
use saliency_attribution::methods::{IntegratedGradients, IntegratedHessians};
use saliency_attribution::testing::{EncoderDecoder, Linear, Power, Saturating};
use saliency_attribution::{
    Attributor, Baseline, Error, LanguageModel, Limits, Method, ModelError, Parameters, Problem,
    Segmentation, Sequence, Size, method, target,
};
use saliency_schema::{Kind, Record, Token};
use std::ops::Range;
use tch::Tensor;

fn value(record: &Record, row: usize, i: usize, j: usize) -> f64 {
    let pair = (i.min(j), i.max(j));
    record.interactions[row].iter().find(|found| (found.i, found.j) == pair).unwrap().value.unwrap()
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {found} {expected}");
}

fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i..n).map(move |j| (i, j)))
}

// --- closed forms

/// Of `s^d` from zero, `∂²/∂x_i∂x_j = d (d − 1) s^(d − 2)` goes as `(αβ)^(d − 2)` and the first derivative as
/// `(αβ)^(d − 1)`; `∫∫ (αβ)^(d − 1) = 1/d²`. So `Γ_ij = (d − 1)/d · x_i x_j s^(d − 2)`, and on the diagonal
/// `x_i s^(d − 1) / d` besides.
#[test]
fn the_pairs_of_a_power_are_a_part_of_the_product() {
    let inputs = [2, 1, 4, 0, 5, 3];
    for degree in [2, 3, 4] {
        let (model, output) = (Power::new(6, 3, degree), 2_u32);
        let sequence = Sequence::from_ids(&inputs, &[output]).unwrap();
        let found = record(&model, &sequence, IntegratedHessians::new().steps(6));
        let (x, factor, d) = (parts(&inputs), f64::from(output).cos(), f64::from(degree));
        let s: f64 = x.iter().sum();
        for (i, j) in pairs(6) {
            let gamma = factor * (d - 1.0) / d * x[i] * x[j] * s.powi(degree - 2);
            let first = factor * x[i] * s.powi(degree - 1) / d;
            // A pair is both of its orders.
            let expected = if i == j { gamma + first } else { 2.0 * gamma };
            near(value(&found, 0, i, j), expected, ROUNDING, "a pair");
        }
        for (i, found) in found.attributions[0].iter().enumerate() {
            near(found.unwrap(), factor * x[i] * s.powi(degree - 1), ROUNDING, "the integrated gradient");
        }
        assert!(x.iter().filter(|x| x.abs() > 0.1).count() >= 3, "{x:?}");
    }
}

#[test]
fn a_linear_model_has_main_effects_alone() {
    let model = Linear::new(6, 3);
    let found = record(&model, &sequence(), IntegratedHessians::new().steps(2));
    let rows = record(&model, &sequence(), IntegratedGradients::new().steps(1).exact_weights(true));
    for row in 0..3 {
        for (i, j) in pairs(4) {
            let expected = if i == j { rows.attributions[row][i].unwrap() } else { 0.0 };
            near(value(&found, row, i, j), expected, ROUNDING, "linear");
        }
    }
}

// --- brute force

/// The five points and weights of Gauss and Legendre on [−1, 1], from a table (Abramowitz & Stegun 25.4.30).
const FIVE: [(f64, f64); 5] = [
    (0.0, 0.568_888_888_888_889),
    (0.538_469_310_105_683, 0.478_628_670_499_366),
    (-0.538_469_310_105_683, 0.478_628_670_499_366),
    (0.906_179_845_938_664, 0.236_926_885_056_189),
    (-0.906_179_845_938_664, 0.236_926_885_056_189),
];

/// The same on each of so many parts of [0, 1].
fn composite(parts: usize) -> Vec<(f64, f64)> {
    let width = 1.0 / parts as f64;
    let part = |k: usize| FIVE.map(|(x, w)| ((k as f64 + 0.5 + 0.5 * x) * width, 0.5 * w * width));
    (0..parts).flat_map(part).collect()
}

/// Gradients of an output's logit at many texts: `[texts, tokens, hidden]`.
fn gradients(model: &dyn LanguageModel, texts: &Tensor, output: u32) -> Tensor {
    let leaf = texts.detach().copy().set_requires_grad(true);
    let last = leaf.size()[1] as usize - 1;
    let logits = model.logits(&leaf, INPUTS.len(), last..last + 1).unwrap();
    let sum = logits.select(1, 0).select(1, i64::from(output)).sum(None);
    Tensor::run_backward(&[&sum], &[&leaf], false, false).remove(0)
}

/// `Γ` of the inputs by its definition: a double integral over α and β by fixed points, with second derivatives by
/// central differences of gradients.
fn by_differences(model: &dyn LanguageModel, baseline: &Tensor, row: usize, parts: usize) -> Vec<Vec<f64>> {
    let context = [&INPUTS[..], &OUTPUTS[..row]].concat();
    let input = model.embed(&context).unwrap();
    let n = INPUTS.len();
    let mask =
        Tensor::from_slice(&(0..context.len()).map(|i| if i < n { 1.0 } else { 0.0 }).collect::<Vec<_>>());
    let difference = (&input - baseline) * mask.unsqueeze(1);
    let points = composite(parts);
    let both: Vec<(f64, f64)> =
        points.iter().flat_map(|(a, v)| points.iter().map(move |(b, w)| (a * b, v * w))).collect();
    let positions = Tensor::from_slice(&both.iter().map(|point| point.0).collect::<Vec<_>>());
    let weights = Tensor::from_slice(&both.iter().map(|point| point.1).collect::<Vec<_>>());
    let at = &input - &difference + &difference * positions.view([-1, 1, 1]);
    // [points, inputs]: d_i · g_i at all points.
    let along = |texts: &Tensor| {
        (gradients(model, texts, OUTPUTS[row]) * &difference)
            .sum_dim_intlist(&[2_i64][..], false, None)
            .narrow(1, 0, n as i64)
    };
    let mean = |numbers: Tensor, weights: &Tensor| -> Vec<f64> {
        Vec::try_from((numbers * weights.unsqueeze(1)).sum_dim_intlist(&[0_i64][..], false, None)).unwrap()
    };
    let first = mean(along(&at), &weights);
    let step = 1e-5;
    let row = |j: usize| -> Vec<f64> {
        let own = Tensor::from_slice(
            &(0..context.len()).map(|i| if i == j { step } else { 0.0 }).collect::<Vec<_>>(),
        );
        let shift = &difference * own.unsqueeze(1);
        let second = (along(&(&at + &shift)) - along(&(&at - &shift))) / (2.0 * step);
        let mut row = mean(second, &(&weights * &positions));
        row[j] += first[j];
        row
    };
    (0..n).map(row).collect()
}

#[test]
fn pairs_are_what_finite_differences_say() {
    let models: [(Box<dyn LanguageModel>, usize); 3] =
        [(Box::new(Saturating::new(6, 2)), 8), (Box::new(EncoderDecoder::new(6, 3)), 3), (transformer(), 16)];
    for (model, parts) in models {
        let vocabulary: Vec<u32> = (0..6).collect();
        let all = model.embed(&vocabulary).unwrap();
        let baseline = match model.suited_baseline() {
            Baseline::Mean => all.mean_dim(&[0_i64][..], true, None),
            _ => all.narrow(0, 0, 1).zeros_like(),
        };
        let found = record(&*model, &sequence(), IntegratedHessians::new().steps(100));
        // With an earlier output in the context, which stays where it is.
        for row in 1..2 {
            let expected = by_differences(&*model, &baseline, row, parts);
            let mut largest = 0.0_f64;
            for (i, j) in pairs(4) {
                let both = if i == j { expected[i][i] } else { expected[i][j] + expected[j][i] };
                let what = format!("{}, row {row}, {i}, {j}", model.name());
                near(value(&found, row, i, j), both, 1e-6, &what);
                largest = largest.max(if i == j { 0.0 } else { both.abs() });
            }
            assert!(largest > 1e-2, "{}: there is something to find: {largest}", model.name());
        }
    }
}

// --- promises

/// Main effects and pairs add up to the change of the target, which whole passes say; and the record's delta is that of
/// their sum.
#[test]
fn interactions_add_up_to_the_change_of_the_target() {
    let power = Power::new(6, 3, 3);
    let saturating = Saturating::new(6, 2);
    let models: [&dyn LanguageModel; 2] = [&power, &saturating];
    for (model, steps) in models.into_iter().flat_map(|model| [(model, 60), (model, 2)]) {
        let found = record(model, &sequence(), IntegratedHessians::new().steps(steps));
        let (logit, sequence) = (target("logit").unwrap(), sequence());
        let problem = Problem::new(model, &sequence, &*logit).unwrap();
        let input = problem.embeddings();
        let absent = Tensor::cat(&[input.narrow(1, 0, 4).zeros_like(), input.narrow(1, 4, 2)], 1);
        for (row, output) in found.outputs.iter().enumerate() {
            let at = |x: &Tensor| {
                let forward = problem.forward(x, 0..3).unwrap();
                problem.value(&forward, row).unwrap().double_value(&[0])
            };
            let (sum, change) = (
                found.interactions[row].iter().map(|pair| pair.value.unwrap()).sum::<f64>(),
                at(&input) - at(&absent),
            );
            let delta = output.delta.unwrap();
            near(sum - change, delta, ROUNDING, "the delta");
            // 2 points are too few for a cubic.
            assert_eq!(delta.abs() < 1e-8, steps == 60, "{}, {steps}: {delta}", model.name());
        }
    }
}

/// A segment's number is its integrated gradient: earlier outputs aside, which stay in place here.
#[test]
fn rows_are_integrated_gradients() {
    for model in models().into_iter().take(5).chain([transformer()]) {
        let found = record(&*model, &sequence(), IntegratedHessians::new().steps(100));
        let rows = record(&*model, &sequence(), IntegratedGradients::new().steps(100).exact_weights(true));
        for i in 0..4 {
            let (own, expected) = (found.attributions[0][i].unwrap(), rows.attributions[0][i].unwrap());
            near(own, expected, 1e-7, model.name());
            let halves: f64 = (0..4).filter(|j| *j != i).map(|j| 0.5 * value(&found, 0, i, j)).sum();
            near(own, value(&found, 0, i, i) + halves, ROUNDING, model.name());
        }
        assert!(found.attributions[2][4..].iter().all(Option::is_none));
    }
}

#[test]
fn who_changes_nothing_has_no_pairs_and_equals_have_the_same() {
    let words = Sequence::from_ids(&[2, 1, 4, 5, 1], &[3]).unwrap();
    let found = record(&Power::new(6, 3, 3), &words, IntegratedHessians::new().steps(4));
    for other in 0..5 {
        for dummy in [0, 3] {
            near(value(&found, 0, dummy, other), 0.0, ROUNDING, "dummy");
        }
    }
    for other in [0, 2, 3] {
        near(value(&found, 0, 1, other), value(&found, 0, 4, other), ROUNDING, "equals");
    }
    assert!(value(&found, 0, 1, 2).abs() > 1e-3);
}

// --- which pairs

/// A text with words of one, two and three tokens.
fn words() -> Sequence {
    let inputs = [(1, "The"), (4, " qui"), (0, "ck"), (2, " f"), (5, "o"), (3, "x")];
    let inputs = inputs.map(|(id, text)| Token::new(id, text, Kind::Input));
    let outputs = [(3, " ju"), (5, "mps")].map(|(id, text)| Token::new(id, text, Kind::Output));
    Sequence::new(inputs.to_vec(), outputs.to_vec()).unwrap()
}

#[test]
fn words_have_the_sums_of_their_tokens() {
    let model = Saturating::new(6, 2);
    let tokens = record(&model, &words(), IntegratedHessians::new());
    let found = record(&model, &words(), IntegratedHessians::new().segments(Segmentation::Words));
    let texts: Vec<&str> = found.tokens.iter().map(|token| &*token.text).collect();
    assert_eq!(texts, ["The", " quick", " fox", " ju", "mps"]);
    let spans = [0..1, 1..3, 3..6];
    let within = |row: usize, span: Range<usize>| -> f64 {
        span.clone()
            .flat_map(|i| (i..span.end).map(move |j| (i, j)))
            .map(|(i, j)| value(&tokens, row, i, j))
            .sum()
    };
    for row in 0..2 {
        for (i, j) in pairs(3) {
            let across = || spans[i].clone().flat_map(|a| spans[j].clone().map(move |b| (a, b)));
            let expected = if i == j {
                within(row, spans[i].clone())
            } else {
                across().map(|(a, b)| value(&tokens, row, a, b)).sum()
            };
            near(value(&found, row, i, j), expected, ROUNDING, "a word");
        }
    }
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn the_strongest_are_each_outputs_own() {
    let inputs = [2, 1, 4, 0, 5, 3, 1];
    let (model, sequence) = (Power::new(6, 3, 3), Sequence::from_ids(&inputs, &[1, 4, 5]).unwrap());
    let all = record(&model, &sequence, IntegratedHessians::new().steps(5));
    let some = record(&model, &sequence, IntegratedHessians::new().steps(5).strongest(3));
    for row in 0..3 {
        let number = |i: usize| all.attributions[row][i].unwrap();
        let mut order: Vec<usize> = (0..7).collect();
        order.sort_by(|a, b| number(*b).abs().total_cmp(&number(*a).abs()));
        assert_eq!(some.interactions[row].len(), 3 + 3);
        for pair in &some.interactions[row] {
            assert!(order[..3].contains(&pair.i) && order[..3].contains(&pair.j), "{pair:?} {order:?}");
            near(pair.value.unwrap(), value(&all, row, pair.i, pair.j), ROUNDING, "the same number");
        }
        for i in 0..7 {
            near(some.attributions[row][i].unwrap(), number(i), ROUNDING, "the same row");
        }
    }
    assert_eq!(some.method.unwrap().parameters["strongest"], 3);
}

#[test]
fn a_spans_pairs_are_the_sum() {
    let model = Saturating::new(6, 2);
    let rows = record(&model, &sequence(), IntegratedHessians::new());
    let span = attributor(IntegratedHessians::new()).span(1..3).record(&model, &sequence()).unwrap();
    for (i, j) in pairs(4) {
        near(value(&span, 0, i, j), value(&rows, 1, i, j) + value(&rows, 2, i, j), ROUNDING, "a span");
    }
}

// --- cost and refusals

#[test]
fn the_predicted_passes_are_made() {
    let (sequence, logit) = (sequence(), target("logit").unwrap());
    for model in models().into_iter().chain([transformer()]) {
        for method in [
            IntegratedHessians::new().steps(3),
            IntegratedHessians::new().steps(2).strongest(2),
            IntegratedHessians::new().steps(2).baseline(Baseline::Sampled { draws: 3, seed: 0 }),
        ] {
            let problem = Problem::new(&*model, &sequence, &*logit).unwrap();
            method.attribute(&problem, &mut |_| Ok(())).unwrap();
            assert_eq!(problem.cost(), method.cost(Size::new(4, 3)), "{}: {method:?}", model.name());
        }
    }
    // 3 points for 3 outputs: there, back, and again for each of 4 tokens.
    let cost = IntegratedHessians::new().steps(3).cost(Size::new(4, 3));
    assert!((cost.forwards - 4.0).abs() < 1e-12 && (cost.backwards - 45.0).abs() < 1e-12, "{cost:?}");
}

/// A model that is one matrix, or one fused attention.
#[derive(Debug)]
struct Long {
    linear: Linear,
    fused: bool,
}

impl LanguageModel for Long {
    fn name(&self) -> &'static str {
        "long"
    }
    fn limits(&self) -> Limits {
        Limits::new(4096, self.linear.limits().vocabulary)
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        self.linear.embed(ids)
    }
    fn logits(&self, x: &Tensor, n_input: usize, at: Range<usize>) -> Result<Tensor, ModelError> {
        if !self.fused {
            return self.linear.logits(x, n_input, at);
        }
        let heads = x.f_unsqueeze(1)?;
        let mixed = Tensor::f_scaled_dot_product_attention(
            &heads,
            &heads,
            &heads,
            None::<Tensor>,
            0.0,
            true,
            None,
            false,
        )?;
        self.linear.logits(&mixed.f_squeeze_dim(1)?, n_input, at)
    }
}

#[test]
fn too_many_segments_are_refused_with_their_passes() {
    let model = Long { linear: Linear::new(6, 2), fused: false };
    let text = |n: usize| Sequence::from_ids(&vec![1; n], &[2]).unwrap();
    let error = Attributor::new().method("integrated-hessians").record(&model, &text(2000)).unwrap_err();
    assert!(error.is_usage());
    // The baseline, and for each of 50 points there, back, and again for each token.
    assert_eq!(
        error.to_string(),
        "integrated-hessians of 2000 segments takes 100101 passes, and is done for at most 128: put tokens together \
         (segments words, sentences, lines or spans:…), or ask for pairs of the strongest alone (strongest 20)"
    );
    let strongest = Parameters::new().strongest(3).steps(2);
    let found = Attributor::new().method_with("integrated-hessians", strongest);
    assert_eq!(found.record(&model, &text(200)).unwrap().interactions[0].len(), 3 + 3);
    for (parameters, expected) in [
        (Parameters::new().strongest(1), "strongest is 1, and must be from 2 to 128"),
        (Parameters::new().steps(0), "steps is 0, and must be from 1 to 10000"),
    ] {
        assert_eq!(method("integrated-hessians", &parameters).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_model_without_second_derivatives_is_refused_by_name() {
    let model = Long { linear: Linear::new(6, 2), fused: true };
    let sequence = Sequence::from_ids(&[1, 4, 0], &[2]).unwrap();
    assert!(Attributor::new().method("gradient").record(&model, &sequence).is_ok());
    let error = Attributor::new().method("integrated-hessians").record(&model, &sequence).unwrap_err();
    assert!(matches!(&error, Error::NoSecondDerivative { model, .. } if model == "long"), "{error}");
    let said = error.to_string();
    assert!(
        said.starts_with("integrated-hessians takes second derivatives, and the model \"long\" has none"),
        "{said}"
    );
    assert!(said.contains("occlusion-pairs") && !said.contains("frame #"), "{said}");
}
