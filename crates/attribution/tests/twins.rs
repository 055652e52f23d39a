//! Brute force: what methods compute by shortcuts, computed again by whole forward passes and closed forms.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::{
    GradientShap, IntegratedGradients, KernelShap, LeaveOneOut, Lime, Occlusion, Reagent,
    SequentialIntegratedGradients, Shapley, SmoothGrad, VarGrad,
};
use saliency_attribution::testing::{Disguised, EncoderDecoder, Linear, Power, Saturating};
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Baseline, LanguageModel, Limits, Method, ModelError, Normalize,
    Quadrature, Scope, Segmentation, Sequence,
};
use saliency_schema::{Kind, Record, Token};
use std::ops::Range;
use tch::Tensor;

/// Rounding of a few thousand float64 operations on values around 1.
const ROUNDING: f64 = 1e-10;

fn record(model: &dyn LanguageModel, sequence: &Sequence, method: impl Method + 'static) -> Record {
    let attributor = Attributor::new().with_method(method).target("logit");
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(model, sequence).unwrap()
}

fn near(found: Option<f64>, expected: f64, what: &str) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= ROUNDING * expected.abs().max(1.0), "{what}: {found} {expected}");
}

/// The logit of an output after these tokens; `None` stands for a vector of zeros.
fn logit(model: &dyn LanguageModel, tokens: &[Option<u32>], n_input: usize, output: u32) -> f64 {
    let _no_gradient = tch::no_grad_guard();
    let one = |token: &Option<u32>| match token {
        Some(id) => model.embed(&[*id]).unwrap(),
        None => model.embed(&[0]).unwrap().zeros_like(),
    };
    let embeddings = Tensor::cat(&tokens.iter().map(one).collect::<Vec<_>>(), 0).unsqueeze(0);
    let last = tokens.len() - 1;
    let logits = model.logits(&embeddings, n_input, last..last + 1).unwrap();
    logits.double_value(&[0, 0, i64::from(output)])
}

/// Every order of `0..n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let longer = |shorter: Vec<usize>| {
        (0..n).map(move |index| {
            let mut order = shorter.clone();
            order.insert(index, n - 1);
            order
        })
    };
    orders(n - 1).into_iter().flat_map(longer).collect()
}

/// Each player's gain when it is added, averaged over all orders; `f` takes which players are present.
fn shapley(n: usize, f: &dyn Fn(&[bool]) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; n];
    let orders = orders(n);
    for order in &orders {
        let mut present = vec![false; n];
        let mut before = f(&present);
        for player in order {
            present[*player] = true;
            let after = f(&present);
            sums[*player] += after - before;
            before = after;
        }
    }
    sums.iter().map(|sum| sum / orders.len() as f64).collect()
}

fn models() -> [Box<dyn LanguageModel>; 4] {
    [
        Box::new(Saturating::new(6, 2)),
        Box::new(Disguised::new(6, 2)),
        Box::new(Power::new(6, 3, 3)),
        Box::new(EncoderDecoder::new(6, 3)),
    ]
}

#[test]
fn shapley_values_are_the_mean_over_every_order() {
    let (inputs, outputs) = ([1_u32, 4, 0, 2], [3_u32, 5]);
    let sequence = Sequence::from_ids(&inputs, &outputs).unwrap();
    for model in models() {
        let exact = record(&*model, &sequence, Shapley::new());
        let regression = record(&*model, &sequence, KernelShap::new());
        let everybody = record(&*model, &sequence, Shapley::new().players(Scope::All));
        for (row, output) in outputs.iter().enumerate() {
            let context = &sequence.ids()[..4 + row];
            let play = |playing: usize| {
                let f = |present: &[bool]| {
                    let tokens = context.iter().enumerate();
                    let tokens: Vec<_> =
                        tokens.map(|(i, id)| (i >= playing || present[i]).then_some(*id)).collect();
                    logit(&*model, &tokens, 4, *output)
                };
                shapley(playing, &f)
            };

            for (i, expected) in play(4).into_iter().enumerate() {
                near(exact.attributions[row][i], expected, model.name());
                near(regression.attributions[row][i], expected, model.name());
            }
            assert!(exact.attributions[row][4..].iter().all(Option::is_none));

            for (i, expected) in play(4 + row).into_iter().enumerate() {
                near(everybody.attributions[row][i], expected, model.name());
            }
        }
    }
}

/// On `s³`: the expanded power, each term in equal parts, and the closed forms of other methods.
#[test]
fn methods_differ_on_a_cubic_as_their_formulas_do() {
    let model = Power::new(6, 3, 3);
    let (inputs, output) = ([2_u32, 1, 4, 0, 5, 3], 2_u32);
    let sequence = Sequence::from_ids(&inputs, &[output]).unwrap();
    let part = |(i, id): (usize, &u32)| {
        let term = |h: f64| (3.0 * f64::from(*id) + h + 1.0).sin() * (5.0 * h).cos();
        (i % 3) as f64 * (term(0.0) + term(1.0) + term(2.0))
    };
    let x: Vec<f64> = inputs.iter().enumerate().map(part).collect();
    let (s, factor) = (x.iter().sum::<f64>(), 2.0_f64.cos());
    let exact = || IntegratedGradients::new().exact_weights(true);
    let n = 10;
    let rule = |rule| record(&model, &sequence, exact().rule(rule).steps(n));
    let integrated = record(&model, &sequence, exact());
    let (occluded, values) =
        (record(&model, &sequence, Occlusion::new()), record(&model, &sequence, Shapley::new()));
    let sequential = record(&model, &sequence, SequentialIntegratedGradients::new());
    let trapezoid = rule(Quadrature::Trapezoid);
    let left = rule(Quadrature::RiemannLeft);
    let right = rule(Quadrature::RiemannRight);
    let middle = rule(Quadrature::RiemannMiddle);
    let m = f64::from(n);

    for i in 0..6 {
        let others: Vec<f64> = (0..6).filter(|j| *j != i).map(|j| x[j]).collect();
        let pairs: f64 =
            others.iter().enumerate().map(|(j, a)| others[..j].iter().map(|b| a * b).sum::<f64>()).sum();
        let twos: f64 = others.iter().map(|o| x[i] * x[i] * o + x[i] * o * o).sum();
        let shapley = x[i].powi(3) + 1.5 * twos + 2.0 * x[i] * pairs;
        near(values.attributions[0][i], factor * shapley, "shapley");

        let integral = factor * s * s * x[i];
        near(integrated.attributions[0][i], integral, "integrated gradients");

        let occlusion = factor * (s.powi(3) - (s - x[i]).powi(3));
        near(occluded.attributions[0][i], occlusion, "occlusion");
        near(sequential.attributions[0][i], occlusion, "sequential integrated gradients");

        // The rules' sums of 3 α² over n points, from Σ k² = n (n + 1) (2n + 1) / 6.
        let sum = |n: f64| n * (n + 1.0) * (2.0 * n + 1.0) / 6.0;
        near(left.attributions[0][i], 3.0 * integral * sum(m - 1.0) / m.powi(3), "left");
        near(right.attributions[0][i], 3.0 * integral * sum(m) / m.powi(3), "right");
        near(middle.attributions[0][i], integral * (1.0 - 1.0 / (4.0 * m * m)), "middle");
        near(trapezoid.attributions[0][i], integral * (1.0 + 0.5 / (m - 1.0).powi(2)), "trapezoid");
    }
    let pairs = values.attributions[0].iter().zip(&integrated.attributions[0]);
    assert!(pairs.map(|(a, b)| (a.unwrap() - b.unwrap()).abs()).fold(0.0, f64::max) > 1e-2, "they do differ");
}

/// A text with words of one, two and three tokens.
fn words() -> (Sequence, Vec<Range<usize>>) {
    let token = |id, text: &str, kind| Token::new(id, text, kind);
    let inputs = [(1, "The"), (4, " qui"), (0, "ck"), (2, " f"), (5, "o"), (3, "x")];
    let inputs = inputs.map(|(id, text)| token(id, text, Kind::Input));
    let outputs = [(3, " ju"), (5, "mps"), (1, " high")].map(|(id, text)| token(id, text, Kind::Output));
    let sequence = Sequence::new(inputs.to_vec(), outputs.to_vec()).unwrap();
    (sequence, vec![0..1, 1..3, 3..6, 6..8])
}

/// One output's target without a segment of its context, by a whole pass; `None` where the model can't run on the rest.
fn logit_without(
    model: &dyn LanguageModel,
    ids: &[u32],
    (n_input, row): (usize, usize),
    segment: &Range<usize>,
    deletes: bool,
) -> Option<f64> {
    let context = n_input + row;
    let kept = |i: usize| !segment.contains(&i);
    // A decoder can't run without its start token.
    if deletes && segment.contains(&(n_input - 1)) && model.kept_inputs() > 0 {
        return None;
    }
    let (tokens, deleted): (Vec<Option<u32>>, usize) = if deletes {
        let rest = (0..context).filter(|i| kept(*i)).map(|i| Some(ids[i])).collect();
        (rest, segment.clone().filter(|i| *i < n_input).count())
    } else {
        ((0..context).map(|i| kept(i).then_some(ids[i])).collect(), 0)
    };
    Some(logit(model, &tokens, n_input - deleted, ids[context]))
}

/// Each segment ablated alone, by whole forward passes: its number is spread over its tokens in the output's context.
#[test]
fn occlusion_is_what_whole_passes_say_for_tokens_and_words() {
    let (sequence, words) = words();
    let tokens: Vec<_> = (0..8).map(|i| i..i + 1).collect();
    let ids = sequence.ids();
    for model in models() {
        for (segmentation, segments) in [(Segmentation::Tokens, &tokens), (Segmentation::Words, &words)] {
            for deletes in [false, true] {
                let ablation = if deletes { Ablation::Deletion } else { Baseline::Zero.into() };
                let method = Occlusion::new().segments(segmentation.clone()).baseline(ablation);
                let found = record(&*model, &sequence, method);

                for row in 0..3 {
                    let context = 6 + row;
                    let whole: Vec<_> = ids[..context].iter().copied().map(Some).collect();
                    let value = logit(&*model, &whole, 6, ids[context]);
                    for segment in segments.iter().filter(|s| s.start < context) {
                        let segment = segment.start..segment.end.min(context);
                        let found = &found.attributions[row][segment.clone()];
                        let what = format!("{}, {row}, {segment:?}", model.name());
                        match logit_without(&*model, ids, (6, row), &segment, deletes) {
                            Some(without) => {
                                let expected = (value - without) / segment.len() as f64;
                                for found in found {
                                    near(*found, expected, &what);
                                }
                            }
                            None => assert!(found.iter().all(Option::is_none), "{what}"),
                        }
                    }
                }
            }
        }

        let tokens = record(&*model, &sequence, LeaveOneOut::new());
        let same = record(&*model, &sequence, Occlusion::new().baseline(Ablation::Deletion));
        for (a, b) in tokens.attributions.iter().flatten().zip(same.attributions.iter().flatten()) {
            assert_eq!(a.map(f64::to_bits), b.map(f64::to_bits), "{}", model.name());
        }
    }
}

/// Masked tokens are left out of later sums: `tanh s − tanh (s − x_i)`, and nothing for a token at its own position.
#[test]
fn masking_hides_a_token_from_later_ones_only() {
    let (inputs, outputs) = ([1_u32, 4, 0], [3_u32, 5]);
    let sequence = Sequence::from_ids(&inputs, &outputs).unwrap();
    let found = record(&Disguised::new(6, 2), &sequence, Occlusion::new().baseline(Ablation::Masking));
    for (row, output) in outputs.iter().enumerate() {
        let product = |id: &u32| -> f64 {
            let term = |h: f64| {
                ((3.0 * f64::from(*id) + h).sin() + 1.0) * (2.0 * f64::from(*output) + 5.0 * h).cos()
            };
            term(0.0) + term(1.0)
        };
        let x: Vec<f64> = sequence.ids()[..3 + row].iter().map(product).collect();
        let s: f64 = x.iter().sum();
        for (i, x) in x.iter().enumerate() {
            let without = if i == 2 + row { s } else { s - x };
            near(found.attributions[row][i], s.tanh() - without.tanh(), "masking");
        }
    }
}

/// A ridge of λ shrinks a coefficient by at most λ over the smallest eigenvalue.
#[test]
fn lime_finds_the_coefficients_of_a_linear_model_but_for_the_ridge() {
    let model = Linear::new(6, 3);
    let sequence = Sequence::from_ids(&[1, 4, 0, 2, 5], &[3, 1]).unwrap();
    let expected = record(&model, &sequence, Occlusion::new());
    let found = record(&model, &sequence, Lime::new());
    for row in 0..2 {
        let of = |record: &Record| -> Vec<f64> {
            record.attributions[row][..5].iter().map(|x| x.unwrap()).collect()
        };
        let (expected, found) = (of(&expected), of(&found));

        let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let gap: Vec<f64> = expected.iter().zip(&found).map(|(e, f)| e - f).collect();
        // λ is 10⁻³ of the mean eigenvalue of the weighted covariance of the indicators, and the smallest is about a
        // twentieth of the mean: less than 2 % is lost, and nothing is gained.
        assert!(length(&gap) < 0.02 * length(&expected), "{found:?} {expected:?}");
        assert!(length(&gap) > 1e-5 * length(&expected), "there is a ridge");
        assert!(length(&found) < length(&expected), "{found:?} {expected:?}");
        assert!(found.len() == 5 && expected.len() == 5);
    }

    // Other samples, other shrinkage; no sampling error on a linear model.
    for seed in 1..4 {
        let other = record(&model, &sequence, Lime::new().samples(300).seed(seed));
        let largest = expected.attributions[0].iter().fold(0.0_f64, |m, x| m.max(x.unwrap().abs()));
        for (found, expected) in other.attributions[0].iter().zip(&expected.attributions[0]) {
            assert!((found.unwrap() - expected.unwrap()).abs() < 0.02 * largest);
        }
    }
}

/// With one segment there is one column: the slope is f(x) − f(empty) times 1/(1 + 10⁻³), for any samples.
#[test]
fn lime_of_one_segment_is_its_ablation_but_for_a_thousandth() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[4], &[3]).unwrap();
    for samples in [2, 50, 514] {
        let found = record(&model, &sequence, Lime::new().samples(samples).seed(1));
        let expected = record(&model, &sequence, Occlusion::new());
        near(found.attributions[0][0], expected.attributions[0][0].unwrap() / 1.001, "lime");
    }
}

/// An additive game, and fewer pairs of coalitions than tell its players apart: of the numbers that fit, these are the
/// closest to equal shares. Every pair determines one number: the sum over one side of it.
#[test]
fn kernel_shap_with_too_few_samples_says_so_and_stays_near_equal_shares() {
    let model = Linear::new(6, 3);
    let sequence = Sequence::from_ids(&[1, 4, 0, 2, 5], &[3]).unwrap();
    let exact = record(&model, &sequence, Shapley::new());
    let exact: Vec<f64> = exact.attributions[0].iter().map(|x| x.unwrap()).collect();
    let (total, n) = (exact.iter().sum::<f64>(), exact.len() as f64);
    for seed in 0..20 {
        let found = record(&model, &sequence, KernelShap::new().samples(2).seed(seed));
        assert!(found.notes[0].contains("2 coalitions do not tell 5 segments apart"), "{:?}", found.notes);
        assert!(found.standard_errors.is_empty() && found.outputs[0].samples == Some(2));
        let found: Vec<f64> = found.attributions[0].iter().map(|x| x.unwrap()).collect();

        // Two values, one for each side of the pair; the sum over a side is that of the game.
        let first = found[0];
        let side: Vec<usize> = (0..5).filter(|i| (found[*i] - first).abs() < 1e-9).collect();
        let rest: Vec<f64> = (0..5).filter(|i| !side.contains(i)).map(|i| found[i]).collect();
        assert!(rest.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-9), "seed {seed}: {found:?}");

        let sum = |of: &[f64]| side.iter().map(|i| of[*i]).sum::<f64>();
        assert!((sum(&found) - sum(&exact)).abs() < 1e-9, "seed {seed}: {found:?} {exact:?}");
        assert!((found.iter().sum::<f64>() - total).abs() < 1e-9 && n > 0.0);
    }

    // With enough samples, an additive game is found exactly.
    let found = record(&model, &sequence, KernelShap::new().samples(20).seed(1));
    for (found, exact) in found.attributions[0].iter().zip(&exact) {
        near(*found, *exact, "kernel-shap");
    }
    assert_eq!(found.notes, [""; 0]);
    assert!(found.standard_errors[0].iter().all(|error| error.unwrap() < 1e-9));
}

/// Fewer texts than tell the segments apart: the ridge divides between those that no text tells apart, and a note says
/// so.
#[test]
fn lime_with_too_few_texts_says_so() {
    let sequence = Sequence::from_ids(&[1, 4, 0, 2, 5], &[3]).unwrap();
    let few = record(&Linear::new(6, 3), &sequence, Lime::new().samples(4).seed(0));
    assert!(few.notes[0].contains("4 texts do not tell 5 segments apart"), "{:?}", few.notes);
    let many = record(&Linear::new(6, 3), &sequence, Lime::new().samples(60).seed(0));
    assert_eq!(many.notes, [""; 0]);
}

/// Over 100 seeds, the mean squared distance from the true value agrees with the mean squared standard error: within a
/// third, as both are estimates. For `kernel-shap` the true value is the exact Shapley value; for `lime` the mean over
/// all seeds.
#[test]
fn standard_errors_of_regressions_are_as_large_as_the_spread_over_seeds() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 0, 2, 5, 3, 1], &[3]).unwrap();
    let row = |record: &Record| record.attributions[0].iter().map(|x| x.unwrap()).collect::<Vec<_>>();
    let exact = row(&record(&model, &sequence, Shapley::new()));
    let kernel: Vec<Record> =
        (0..100).map(|seed| record(&model, &sequence, KernelShap::new().samples(60).seed(seed))).collect();
    let lime: Vec<Record> =
        (0..100).map(|seed| record(&model, &sequence, Lime::new().samples(61).seed(seed))).collect();

    let mean = (0..7).map(|i| lime.iter().map(|r| row(r)[i]).sum::<f64>() / 100.0).collect::<Vec<_>>();
    for (name, records, truth) in [("kernel-shap", &kernel, &exact), ("lime", &lime, &mean)] {
        let (mut spread, mut claimed) = (0.0, 0.0);
        for record in records {
            for (i, x) in row(record).into_iter().enumerate() {
                spread += (x - truth[i]).powi(2);
                claimed += record.standard_errors[0][i].unwrap().powi(2);
            }
        }
        let ratio = (claimed / spread).sqrt();
        assert!((0.75..1.33).contains(&ratio), "{name}: {ratio}");
    }
}

/// Noise of a thousandth in single precision: the variance is that in float64, up to 2 %.
#[test]
fn a_small_variance_keeps_its_digits_in_single_precision() {
    let sequence = Sequence::from_ids(&[1, 4, 0, 2, 5], &[3]).unwrap();
    let model = Power::new(6, 3, 2);
    let double = record(&model, &sequence, VarGrad::new().samples(25).noise(1e-3).seed(1));
    let single = record(&InFloat32(model), &sequence, VarGrad::new().samples(25).noise(1e-3).seed(1));
    for (single, double) in single.attributions[0].iter().zip(&double.attributions[0]) {
        let (single, double) = (single.unwrap(), double.unwrap());
        assert!((single - double).abs() <= 0.02 * double.abs(), "{single} {double}");
    }
}

/// A model in single precision.
struct InFloat32<M>(M);

impl<M: LanguageModel> LanguageModel for InFloat32<M> {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn limits(&self) -> Limits {
        self.0.limits()
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        Ok(self.0.embed(ids)?.f_to_kind(tch::Kind::Float)?)
    }
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: std::ops::Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let wide = embeddings.f_to_kind(tch::Kind::Double)?;
        Ok(self.0.logits(&wide, n_input, positions)?.f_to_kind(tch::Kind::Float)?)
    }
}

/// The standard deviation of all numbers in the vocabulary's embeddings.
fn spread(model: &dyn LanguageModel) -> f64 {
    let ids: Vec<u32> = (0..model.limits().vocabulary as u32).collect();
    model.embed(&ids).unwrap().std(false).double_value(&[])
}

#[test]
fn noise_averages_out_of_a_linear_gradient_and_varies_as_it_must() {
    let sequence = Sequence::from_ids(&[1, 4, 0, 2, 5], &[3, 1]).unwrap();
    let linear = Linear::new(6, 3);
    let plain = record(&linear, &sequence, saliency_attribution::methods::Gradient::new());
    let smooth = record(&linear, &sequence, SmoothGrad::new().samples(7).noise(0.5).seed(3));
    let varied = record(&linear, &sequence, VarGrad::new().samples(7).noise(0.5).seed(3));
    for row in 0..2 {
        for i in 0..5 + row {
            near(smooth.attributions[row][i], plain.attributions[row][i].unwrap(), "smoothgrad");
            near(varied.attributions[row][i], 0.0, "vargrad");
        }
    }

    // s²: the gradient is linear in the noise.
    let (model, samples, noise) = (Power::new(6, 3, 2), 2000, 0.3);
    let sigma = noise * spread(&model);
    let plain = record(&model, &sequence, saliency_attribution::methods::Gradient::new());
    let smooth = record(&model, &sequence, SmoothGrad::new().samples(samples).noise(noise).seed(1));
    let varied = record(&model, &sequence, VarGrad::new().samples(samples).noise(noise).seed(1));
    let cosines: Vec<f64> = (0..3).map(|h| (5.0 * f64::from(h)).cos()).collect();
    let square: f64 = cosines.iter().map(|c| c * c).sum();

    for (row, output) in [3.0_f64, 1.0].into_iter().enumerate() {
        let weights: Vec<f64> = (0..5 + row).map(Power::weight).collect();
        let moved = sigma * sigma * weights.iter().map(|w| w * w).sum::<f64>() * square;
        for (i, weight) in weights.iter().enumerate() {
            let slope = 2.0 * output.cos() * weight;
            // The sum over hidden dimensions has the standard error of one number, the factor before the common noise.
            let error = (slope * cosines.iter().sum::<f64>()).abs() * (moved / f64::from(samples)).sqrt();
            let (found, mean) = (smooth.attributions[row][i].unwrap(), plain.attributions[row][i].unwrap());
            assert!((found - mean).abs() <= 5.0 * error + ROUNDING, "smoothgrad: {found} {mean} {error}");
            assert!(error == 0.0 || (found - mean).abs() > 1e-6 * error, "there is noise");

            let variance = slope * slope * square * moved;
            let found = varied.attributions[row][i].unwrap();
            // The variance of n normal samples has a relative error of √(2/n).
            let error = variance * (2.0 / f64::from(samples)).sqrt();
            assert!(
                (found - variance).abs() <= 5.0 * error + ROUNDING,
                "vargrad: {found} {variance} {error}"
            );
        }
    }
}

/// `f(x) − f(x without a token)`, split into dimensions, up to the error of the rule on a curved path.
#[test]
fn sequential_paths_add_up_to_occlusion() {
    let sequence = Sequence::from_ids(&[1, 4, 0, 2], &[3, 5, 1]).unwrap();
    for model in models() {
        let occluded = record(&*model, &sequence, Occlusion::new());
        let exact = SequentialIntegratedGradients::new().steps(40);
        let sequential = record(&*model, &sequence, exact);
        let token = Baseline::Token(2);
        let (other, other_occluded) = (
            record(
                &*model,
                &sequence,
                SequentialIntegratedGradients::new().steps(40).baseline(token.clone()),
            ),
            record(&*model, &sequence, Occlusion::new().baseline(token)),
        );
        for row in 0..3 {
            for i in 0..4 + row {
                let (found, expected) = (sequential.attributions[row][i], occluded.attributions[row][i]);
                assert!((found.unwrap() - expected.unwrap()).abs() < 1e-8, "{}", model.name());
                let (found, expected) = (other.attributions[row][i], other_occluded.attributions[row][i]);
                assert!((found.unwrap() - expected.unwrap()).abs() < 1e-8, "{}", model.name());
            }
        }
    }
}

/// Random points of a path with the same gradient everywhere are exact.
#[test]
fn random_points_of_a_linear_path_are_exact_and_of_a_curved_one_within_their_errors() {
    let sequence = Sequence::from_ids(&[1, 4, 0, 2], &[3, 5]).unwrap();
    let linear = Linear::new(6, 3);
    let expected = record(&linear, &sequence, Occlusion::new());
    let found = record(&linear, &sequence, GradientShap::new());
    for row in 0..2 {
        for i in 0..4 + row {
            near(found.attributions[row][i], expected.attributions[row][i].unwrap(), "gradient-shap");
            assert!(found.standard_errors[row][i].unwrap() < 1e-7);
        }
    }

    let curved = Saturating::new(6, 2);
    let expected = record(&curved, &sequence, IntegratedGradients::new().steps(200));
    let found = record(&curved, &sequence, GradientShap::new().samples(4000).seed(5));
    for row in 0..2 {
        for i in 0..4 + row {
            let error = found.standard_errors[row][i].unwrap();
            let gap = (found.attributions[row][i].unwrap() - expected.attributions[row][i].unwrap()).abs();
            assert!(gap < 5.0 * error && error < 0.1, "{gap} {error}");
        }
    }
}

/// A distribution of baselines: the rows add up to f(x) minus the mean of f over its texts; a distribution of one text
/// is that text.
#[test]
fn a_distribution_is_the_mean_over_its_texts() {
    let sequence = Sequence::from_ids(&[1, 4, 0, 2], &[3, 5]).unwrap();
    let model = Saturating::new(6, 2);
    let exact = || IntegratedGradients::new().steps(60).exact_weights(true);
    let several = record(&model, &sequence, exact().baseline(Baseline::Sampled { draws: 3, seed: 9 }));

    // Of all possible texts, exactly one has the rows of the distribution of one.
    let single = record(&model, &sequence, exact().baseline(Baseline::Sampled { draws: 1, seed: 9 }));
    let mut matches = 0;
    for number in 0..6_u32.pow(4) {
        let ids: Vec<u32> = (0..4).map(|i| number / 6_u32.pow(i) % 6).collect();
        let value = logit(&model, &ids.iter().copied().map(Some).collect::<Vec<_>>(), 4, 3);
        if (value - single.outputs[0].baseline_value.unwrap()).abs() > 1e-12 {
            continue;
        }
        // The value does not depend on the order of the tokens; rows do.
        let text = [ids.clone(), vec![0]].concat();
        let alone = record(&model, &sequence, exact().baseline(Baseline::Text(text)));
        let pairs = alone.attributions[0].iter().zip(&single.attributions[0]);
        matches += usize::from(pairs.into_iter().all(|(a, b)| (a.unwrap() - b.unwrap()).abs() < 1e-9));
    }

    assert_eq!(matches, 1, "one text gives the rows of the distribution of one");
    for output in several.outputs.iter().chain(&single.outputs) {
        assert!(output.delta.unwrap().abs() < 1e-9);
    }
    assert_ne!(several.attributions, single.attributions);
}

/// Positions 0 and 3 have no effect in this model; 1 and 2 have all of it.
#[test]
fn replacements_of_what_does_not_matter_change_nothing_but_by_chance() {
    let model = Power::new(6, 3, 1);
    let sequence = Sequence::from_ids(&[2, 1, 4, 5], &[3]).unwrap();
    let found = record(&model, &sequence, Reagent::new().samples(4000).seed(2));
    let (row, errors) = (&found.attributions[0], &found.standard_errors[0]);
    for i in [0, 3] {
        let (number, error) = (row[i].unwrap(), errors[i].unwrap());
        assert!(number.abs() < 5.0 * error, "{i}: {number} {error}");
    }
    assert!([1, 2].iter().any(|i| row[*i].unwrap().abs() > 20.0 * errors[*i].unwrap()), "{row:?} {errors:?}");

    // On a sum, a token's number is the mean change by its replacements, whatever the others are. At position 2 that is
    // the weight 2 times the token's part minus the replacements', which come from the model's predictions at position
    // 1.
    let part = |id: f64| -> f64 {
        (0..3).map(|h| (3.0 * id + f64::from(h) + 1.0).sin() * (5.0 * f64::from(h)).cos()).sum()
    };
    let logits: Vec<f64> = (0..6).map(|v| f64::from(v).cos() * part(1.0)).collect();
    let shares = (0..6_usize).filter(|v| *v != 4).map(|v| (v, logits[v].exp()));
    let total: f64 = shares.clone().map(|(_, share)| share).sum();
    let mean: f64 = shares.map(|(v, share)| share / total * part(v as f64)).sum();
    let expected = 3.0_f64.cos() * 2.0 * (part(4.0) - mean);
    let (number, error) = (row[2].unwrap(), errors[2].unwrap());
    assert!((number - expected).abs() < 5.0 * error, "{number} {expected} {error}");
}
