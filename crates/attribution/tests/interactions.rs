//! Pairs beyond their sum: closed forms, brute force over all coalitions and all orders, and what the indices promise.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{INPUTS, OUTPUTS, ROUNDING, attributor, models, parts, record, sequence};
use saliency_attribution::methods::{Occlusion, OcclusionPairs, Shapley, ShapleyInteraction};
use saliency_attribution::testing::{EncoderDecoder, Linear, Power, Saturating};
use saliency_attribution::{
    Ablation, Attributor, Baseline, Error, InteractionIndex, LanguageModel, Limits, Method, ModelError,
    Normalize, Parameters, Segmentation, Sequence, method,
};
use saliency_schema::{Interaction, Kind, Record, Token};
use std::ops::Range;
use tch::Tensor;

fn find(record: &Record, row: usize, i: usize, j: usize) -> Interaction {
    *record.interactions[row].iter().find(|pair| (pair.i, pair.j) == (i, j)).unwrap()
}

fn value(record: &Record, row: usize, i: usize, j: usize) -> f64 {
    find(record, row, i.min(j), i.max(j)).value.unwrap()
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= ROUNDING * expected.abs().max(1.0), "{what}: {found} {expected}");
}

fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

fn indices() -> [ShapleyInteraction; 2] {
    InteractionIndex::ALL.map(|index| ShapleyInteraction::new().index(index))
}

// --- closed forms

#[test]
fn a_squares_pairs_are_twice_the_product() {
    let (model, output) = (Power::new(6, 3, 2), 2_u32);
    let sequence = Sequence::from_ids(&[2, 1, 4, 0, 5, 3], &[output]).unwrap();
    let (x, factor) = (parts(&[2, 1, 4, 0, 5, 3]), f64::from(output).cos());
    let occluded = record(&model, &sequence, OcclusionPairs::new());
    let all = indices().map(|method| record(&model, &sequence, method));
    for (i, j) in pairs(6) {
        for found in all.iter().chain([&occluded]) {
            near(value(found, 0, i, j), factor * 2.0 * x[i] * x[j], "a pair");
        }
    }
    let s: f64 = x.iter().sum();
    for (i, &x_i) in x.iter().enumerate() {
        // Of `s²`: what is lost without `i`; half of each product; the square alone.
        near(value(&occluded, 0, i, i), factor * (s * s - (s - x_i).powi(2)), "occlusion");
        near(value(&all[0], 0, i, i), factor * x_i * s, "the Shapley value");
        near(value(&all[1], 0, i, i), factor * x_i * x_i, "alone");
    }
    assert!(x.iter().filter(|x| x.abs() > 0.1).count() >= 3, "{x:?}");
}

#[test]
fn a_cubics_pairs_differ_as_the_indices_do() {
    let (model, output) = (Power::new(6, 3, 3), 1_u32);
    let sequence = Sequence::from_ids(&[2, 1, 4, 0, 5, 3], &[output]).unwrap();
    let (x, factor) = (parts(&[2, 1, 4, 0, 5, 3]), f64::from(output).cos());
    let s: f64 = x.iter().sum();
    let occluded = record(&model, &sequence, OcclusionPairs::new());
    let [sii, taylor] = indices().map(|method| record(&model, &sequence, method));
    for (i, j) in pairs(6) {
        let (product, sum) = (factor * 3.0 * x[i] * x[j], x[i] + x[j]);
        near(value(&occluded, 0, i, j), product * (2.0 * s - sum), "occlusion");
        near(value(&sii, 0, i, j), product * s, "sii");
        near(value(&taylor, 0, i, j), product * (sum + 2.0 / 3.0 * (s - sum)), "shapley-taylor");
    }
    let apart = pairs(6).map(|(i, j)| (value(&sii, 0, i, j) - value(&taylor, 0, i, j)).abs());
    assert!(apart.fold(0.0, f64::max) > 1e-2, "they do differ");
}

#[test]
fn nothing_is_beyond_the_sum_of_a_linear_model() {
    for target in ["logit", "contrast-logit"] {
        for index in 0..3 {
            let method: Box<dyn Method> = match index {
                0 => Box::new(OcclusionPairs::new()),
                index => Box::new(indices()[index - 1].clone()),
            };
            let found = attributor(method).target(target).record(&Linear::new(6, 3), &sequence()).unwrap();
            for (row, (i, j)) in (0..3).flat_map(|row| pairs(4).map(move |pair| (row, pair))) {
                assert!(value(&found, row, i, j).abs() < 1e-12, "{target}, {index}");
            }
        }
    }
}

// --- brute force

/// The logit of an output, where only some of the inputs are present; others are vectors of zeros.
fn logit(model: &dyn LanguageModel, row: usize, present: &[bool]) -> f64 {
    let _no_gradient = tch::no_grad_guard();
    let context = [&INPUTS[..], &OUTPUTS[..row]].concat();
    let one = |(i, id): (usize, &u32)| {
        let token = model.embed(&[*id]).unwrap();
        if present.get(i).copied().unwrap_or(true) { token } else { token.zeros_like() }
    };
    let embeddings = Tensor::cat(&context.iter().enumerate().map(one).collect::<Vec<_>>(), 0).unsqueeze(0);
    let last = context.len() - 1;
    let logits = model.logits(&embeddings, INPUTS.len(), last..last + 1).unwrap();
    logits.double_value(&[0, 0, i64::from(OUTPUTS[row])])
}

/// `f(S ∪ ij) − f(S ∪ i) − f(S ∪ j) + f(S)`.
fn beyond(f: &dyn Fn(&[bool]) -> f64, others: &[bool], (i, j): (usize, usize)) -> f64 {
    let with = |i_is: bool, j_is: bool| {
        let mut present = others.to_vec();
        (present[i], present[j]) = (i_is, j_is);
        f(&present)
    };
    with(true, true) - with(true, false) - with(false, true) + with(false, false)
}

fn factorial(n: usize) -> f64 {
    (1..=n).map(|k| k as f64).product()
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

/// Grabisch & Roubens's sum over all subsets of the others.
fn by_subsets(f: &dyn Fn(&[bool]) -> f64, n: usize, pair: (usize, usize)) -> f64 {
    let mut sum = 0.0;
    for mask in 0..1_usize << n {
        let others: Vec<bool> = (0..n).map(|k| mask >> k & 1 == 1).collect();
        if others[pair.0] || others[pair.1] {
            continue;
        }
        let size = others.iter().filter(|present| **present).count();
        let weight = factorial(size) * factorial(n - size - 2) / factorial(n - 1);
        sum += weight * beyond(f, &others, pair);
    }
    sum
}

/// Sundararajan, Dhamdhere & Agarwal's mean over all orders, with those before the earlier of the two present.
fn by_orders(f: &dyn Fn(&[bool]) -> f64, n: usize, pair: (usize, usize)) -> f64 {
    let orders = orders(n);
    let mut sum = 0.0;
    for order in &orders {
        let mut present = vec![false; n];
        for player in order.iter().take_while(|player| **player != pair.0 && **player != pair.1) {
            present[*player] = true;
        }
        sum += beyond(f, &present, pair);
    }
    sum / orders.len() as f64
}

#[test]
fn pairs_are_what_whole_passes_say() {
    for model in models() {
        let occluded = record(&*model, &sequence(), OcclusionPairs::new());
        let [sii, taylor] = indices().map(|method| record(&*model, &sequence(), method));
        for row in 0..3 {
            let f = |present: &[bool]| logit(&*model, row, present);
            for pair in pairs(4) {
                let (i, j) = pair;
                near(value(&occluded, row, i, j), beyond(&f, &[true; 4], pair), model.name());
                near(value(&sii, row, i, j), by_subsets(&f, 4, pair), model.name());
                near(value(&taylor, row, i, j), by_orders(&f, 4, pair), model.name());
            }
            for i in 0..4 {
                let alone: Vec<bool> = (0..4).map(|k| k == i).collect();
                near(value(&taylor, row, i, i), f(&alone) - f(&[false; 4]), model.name());
                let without: Vec<bool> = (0..4).map(|k| k != i).collect();
                near(value(&occluded, row, i, i), f(&[true; 4]) - f(&without), model.name());
            }
            assert_eq!(occluded.interactions[row].len(), 4 + 6);
        }
    }
}

/// The rows are those of `occlusion` and `shapley`, and so are the main effects but Shapley–Taylor's.
#[test]
fn rows_are_those_of_the_methods_without_pairs() {
    for model in models() {
        let occluded = record(&*model, &sequence(), OcclusionPairs::new());
        let alone = record(&*model, &sequence(), Occlusion::new());
        let shapley = record(&*model, &sequence(), Shapley::new());
        for row in 0..3 {
            for i in 0..4 {
                let expected = alone.attributions[row][i].unwrap();
                near(occluded.attributions[row][i].unwrap(), expected, model.name());
                near(value(&occluded, row, i, i), expected, model.name());
            }
            assert!(occluded.attributions[row][4..].iter().all(Option::is_none));
        }
        let [sii, taylor] = indices().map(|method| record(&*model, &sequence(), method));
        assert_eq!((&sii.attributions, &taylor.attributions), (&shapley.attributions, &shapley.attributions));
        for (row, i) in (0..3).flat_map(|row| (0..4).map(move |i| (row, i))) {
            let expected = shapley.attributions[row][i].unwrap();
            near(value(&sii, row, i, i), expected, model.name());
            // A pair goes to its two tokens in equal parts.
            let halves: f64 = (0..4).filter(|j| *j != i).map(|j| 0.5 * value(&taylor, row, i, j)).sum();
            near(value(&taylor, row, i, i) + halves, expected, model.name());
        }
    }
}

// --- what the indices promise

#[test]
fn shapley_taylor_adds_up_to_the_change_of_the_target() {
    let taylor = || ShapleyInteraction::new().index(InteractionIndex::ShapleyTaylor);
    for model in models() {
        for method in [taylor(), taylor().samples(1), taylor().samples(3).seed(5), taylor().exact(2)] {
            let found = record(&*model, &sequence(), method);
            for (row, output) in found.outputs.iter().enumerate() {
                let sum: f64 = found.interactions[row].iter().map(|pair| pair.value.unwrap()).sum();
                near(sum, output.value.unwrap() - output.baseline_value.unwrap(), model.name());
            }
        }
    }
}

#[test]
fn who_changes_nothing_has_no_pairs_and_equals_have_the_same() {
    let power = Power::new(6, 3, 3);
    let words = Sequence::from_ids(&[2, 1, 4, 5, 1], &[3]).unwrap();
    let methods = || -> [Box<dyn Method>; 3] {
        let [sii, taylor] = indices();
        [Box::new(OcclusionPairs::new()), Box::new(sii), Box::new(taylor)]
    };
    for method in methods() {
        let name = method.name();
        let found = record(&power, &words, method);
        // Tokens 0 and 3 have a weight of zero; tokens 1 and 4 are the same token with the same weight.
        for other in 0..5 {
            for dummy in [0, 3] {
                near(value(&found, 0, dummy, other), 0.0, name);
            }
        }
        for other in [0, 2, 3] {
            near(value(&found, 0, 1, other), value(&found, 0, 4, other), name);
        }
        assert!(value(&found, 0, 1, 2).abs() > 1e-3, "{name}");
    }
    // A model that knows no order: equal tokens anywhere.
    let same = Sequence::from_ids(&[2, 1, 4, 1], &[3]).unwrap();
    for method in methods() {
        let found = record(&Saturating::new(6, 2), &same, method);
        for other in [0, 2] {
            near(value(&found, 0, 1, other), value(&found, 0, 3, other), "equal tokens");
        }
    }
}

#[test]
fn samples_are_near_the_exact_numbers_as_their_errors_say() {
    let (model, inputs) = (Power::new(6, 3, 3), [2, 1, 4, 0, 5, 3, 1, 2, 0, 3, 4, 5]);
    let sequence = Sequence::from_ids(&inputs, &[1]).unwrap();
    for exact in indices().map(|method| method.exact(12)) {
        let truth = record(&model, &sequence, exact.clone());
        assert!(truth.interactions.iter().flatten().all(|pair| pair.standard_error.is_none()));
        let sampled = |samples, seed| record(&model, &sequence, exact.clone().samples(samples).seed(seed));
        let (few, many) = (sampled(50, 1), sampled(800, 1));
        let (mut gaps, mut errors) = (Vec::new(), Vec::new());
        for row in 0..1 {
            for pair in &truth.interactions[row] {
                let (few, many) = (find(&few, row, pair.i, pair.j), find(&many, row, pair.i, pair.j));
                let error = many.standard_error.unwrap();
                if error > 1e-12 {
                    gaps.push((many.value.unwrap() - pair.value.unwrap()) / error);
                    errors.push(few.standard_error.unwrap() / error);
                } else {
                    near(many.value.unwrap(), pair.value.unwrap(), "without error");
                }
            }
            assert_eq!(many.outputs[row].samples, Some(800));
        }
        // Standard normal, of the 28 pairs of the 8 tokens with a weight: none beyond 5, and squares that average about
        // 1.
        let mean = gaps.iter().map(|gap| gap * gap).sum::<f64>() / gaps.len() as f64;
        assert!(gaps.len() > 20 && gaps.iter().all(|gap| gap.abs() < 5.0), "{gaps:?}");
        assert!((0.3..2.5).contains(&mean), "{mean}");
        // Sixteen times the samples, a quarter of the error.
        let ratio = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!((3.0..5.0).contains(&ratio), "{ratio}");
        assert_eq!(few, sampled(50, 1));
        assert_ne!(few.interactions, sampled(50, 2).interactions);
        // Twice the number of orders is no other estimate of the Shapley values.
        let values = record(&model, &sequence, Shapley::new().samples(50).seed(1));
        for (found, expected) in few.attributions.iter().flatten().zip(values.attributions.iter().flatten()) {
            assert_eq!(found.is_some(), expected.is_some());
            near(found.unwrap_or(0.0), expected.unwrap_or(0.0), "the row");
        }
    }
}

// --- which pairs

#[test]
fn the_strongest_are_each_outputs_own() {
    let (model, inputs) = (Power::new(6, 3, 3), [2, 1, 4, 0, 5, 3, 1]);
    let sequence = Sequence::from_ids(&inputs, &[1, 4, 5]).unwrap();
    let all = record(&model, &sequence, OcclusionPairs::new());
    let some = record(&model, &sequence, OcclusionPairs::new().strongest(3));
    assert_eq!(some.attributions, all.attributions);
    for row in 0..3 {
        let mut order: Vec<usize> = (0..7).collect();
        order.sort_by(|a, b| value(&all, row, *b, *b).abs().total_cmp(&value(&all, row, *a, *a).abs()));
        let strongest = &order[..3];
        assert_eq!(some.interactions[row].len(), 3 + 3);
        for pair in &some.interactions[row] {
            assert!(strongest.contains(&pair.i) && strongest.contains(&pair.j), "{pair:?} {strongest:?}");
            near(pair.value.unwrap(), value(&all, row, pair.i, pair.j), "the same number");
        }
    }
    let described = some.method.unwrap();
    assert_eq!(described.parameters["strongest"], 3);
    // As many as there are is all.
    let seven = record(&model, &sequence, OcclusionPairs::new().strongest(7));
    assert_eq!(seven.interactions, all.interactions);
}

/// A text with words of one, two and three tokens.
fn words() -> Sequence {
    let inputs = [(1, "The"), (4, " qui"), (0, "ck"), (2, " f"), (5, "o"), (3, "x")];
    let inputs = inputs.map(|(id, text)| Token::new(id, text, Kind::Input));
    let outputs = [(3, " ju"), (5, "mps")].map(|(id, text)| Token::new(id, text, Kind::Output));
    Sequence::new(inputs.to_vec(), outputs.to_vec()).unwrap()
}

#[test]
fn segments_are_the_records_tokens() {
    let model = Saturating::new(6, 2);
    let segmented = |method: Box<dyn Method>| record(&model, &words(), method);
    let found = segmented(Box::new(OcclusionPairs::new().segments(Segmentation::Words)));
    let texts: Vec<&str> = found.tokens.iter().map(|token| &*token.text).collect();
    assert_eq!(texts, ["The", " quick", " fox", " ju", "mps"]);
    let regrouped = found.regrouped.clone().unwrap();
    assert_eq!((regrouped.by.as_deref(), &*regrouped.members), (Some("words"), &[1, 2, 3, 1, 1][..]));
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    // The same game over spans of tokens, by whole records without pairs.
    let alone = |spans: Vec<Range<usize>>| {
        let found = record(&model, &words(), Occlusion::new().segments(Segmentation::Spans(spans.clone())));
        let tokens = spans[0].clone();
        (0..2).map(|row| found.attributions[row][tokens.clone()].iter().flatten().sum()).collect::<Vec<f64>>()
    };
    let loss = |spans: Range<usize>| alone(vec![spans]);
    let spans = [0..1, 1..3, 3..6];
    for row in 0..2 {
        for (i, span) in spans.iter().enumerate() {
            near(value(&found, row, i, i), loss(span.clone())[row], "a word");
            near(found.attributions[row][i].unwrap(), loss(span.clone())[row], "a word's number");
        }
        for (i, j) in [(0, 1), (1, 2)] {
            let both = loss(spans[i].start..spans[j].end)[row];
            let expected = value(&found, row, i, i) + value(&found, row, j, j) - both;
            near(value(&found, row, i, j), expected, "two words");
        }
    }
    // Standard errors stay: a segment's was spread over its tokens.
    let sampled = ShapleyInteraction::new().segments(Segmentation::Words).samples(5);
    let sampled = segmented(Box::new(sampled));
    for row in 0..2 {
        for i in 0..3 {
            let pair = find(&sampled, row, i, i);
            near(sampled.standard_errors[row][i].unwrap(), pair.standard_error.unwrap(), "an error");
            near(sampled.attributions[row][i].unwrap(), pair.value.unwrap(), "a number");
        }
        assert!(sampled.standard_errors[row][3..].iter().all(Option::is_none));
    }
    assert!(sampled.notes.is_empty(), "{:?}", sampled.notes);
}

#[test]
fn a_spans_pairs_are_the_sum_and_a_contrasts_the_difference() {
    let model = Saturating::new(6, 2);
    let methods =
        || -> [Box<dyn Method>; 2] { [Box::new(OcclusionPairs::new()), Box::new(ShapleyInteraction::new())] };
    for (single, whole) in methods().into_iter().zip(methods()) {
        let rows = record(&model, &sequence(), single);
        let span = attributor(whole).span(1..3).record(&model, &sequence()).unwrap();
        for (i, j) in pairs(4).chain((0..4).map(|i| (i, i))) {
            near(value(&span, 0, i, j), value(&rows, 1, i, j) + value(&rows, 2, i, j), "a span");
        }
    }
    let other = Sequence::from_ids(&INPUTS, &[2, 2]).unwrap();
    let contrast = |against: bool, sequence: &Sequence| {
        let attributor = attributor(OcclusionPairs::new()).target("log-probability");
        let attributor =
            if against { attributor.against(other.clone()) } else { attributor.span(0..sequence.n_output()) };
        attributor.record(&model, sequence).unwrap()
    };
    let (found, own, others) =
        (contrast(true, &sequence()), contrast(false, &sequence()), contrast(false, &other));
    for (i, j) in pairs(4) {
        near(value(&found, 0, i, j), value(&own, 0, i, j) - value(&others, 0, i, j), "a contrast");
    }
    // Of a row that was divided, in its unit.
    let divided = attributor(OcclusionPairs::new()).normalize(Normalize::MaxAbs);
    let divided = divided.record(&model, &sequence()).unwrap();
    for i in 0..4 {
        near(value(&divided, 0, i, i), divided.attributions[0][i].unwrap(), "in the row's unit");
    }
}

#[test]
fn pairs_with_a_decoders_start_token_have_no_number_by_deletion() {
    let model = EncoderDecoder::new(6, 3);
    let found = record(&model, &sequence(), OcclusionPairs::new().baseline(Ablation::Deletion));
    for row in 0..3 {
        for pair in &found.interactions[row] {
            assert_eq!(pair.value.is_none(), pair.j == 3, "{pair:?}");
        }
        assert_eq!(found.attributions[row][3], None);
    }
    assert_eq!(found.source(), Some(3));
    let words = OcclusionPairs::new().segments(Segmentation::Spans(vec![0..2, 2..4]));
    let found = record(&model, &sequence(), words.baseline(Baseline::Zero));
    assert_eq!((found.source(), found.n_input()), (Some(2), 3));
}

// --- refusals and cost

/// A linear model that reads more.
#[derive(Debug)]
struct Long(Linear);

impl LanguageModel for Long {
    fn name(&self) -> &'static str {
        "long"
    }
    fn limits(&self) -> Limits {
        Limits::new(4096, self.0.limits().vocabulary)
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        self.0.embed(ids)
    }
    fn logits(&self, x: &Tensor, n_input: usize, at: Range<usize>) -> Result<Tensor, ModelError> {
        self.0.logits(x, n_input, at)
    }
}

#[test]
fn too_many_segments_are_refused_with_their_passes() {
    let model = Long(Linear::new(6, 2));
    let text = |n: usize| Sequence::from_ids(&vec![1; n], &[2]).unwrap();
    let refusal = |name: &str, n: usize| {
        let error = Attributor::new().method(name).record(&model, &text(n)).unwrap_err();
        assert!(error.is_usage() && matches!(error, Error::TooManySegments { .. }));
        error.to_string()
    };
    // 2,000 + 2,000 · 1,999 / 2, and 10 · 2,000 · 2,001.
    assert_eq!(
        refusal("occlusion-pairs", 2000),
        "occlusion-pairs of 2000 segments takes 2001000 passes, and is done for at most 128: put tokens together \
         (segments words, sentences, lines or spans:…), or ask for pairs of the strongest alone (strongest 20)"
    );
    assert!(refusal("shapley-interaction", 2000).contains("takes 40020000 passes"));
    assert!(refusal("occlusion-pairs", 129).contains("129 segments"));
    assert!(refusal("shapley-interaction", 51).contains("at most 50"));
    let strongest = Parameters::new().strongest(3);
    let found =
        Attributor::new().method_with("occlusion-pairs", strongest).record(&model, &text(200)).unwrap();
    assert_eq!(found.interactions[0].len(), 3 + 3);
    for (name, parameters, expected) in [
        ("occlusion-pairs", Parameters::new().strongest(1), "strongest is 1, and must be from 2 to 128"),
        ("occlusion-pairs", Parameters::new().strongest(129), "strongest is 129, and must be from 2 to 128"),
        ("shapley-interaction", Parameters::new().exact(13), "exact is 13, and must be from 0 to 12"),
        ("shapley-interaction", Parameters::new().samples(0), "samples is 0, and must be from 1 to 1000000"),
    ] {
        assert_eq!(method(name, &parameters).unwrap_err().to_string(), expected);
    }
    let unknown = "sti".parse::<InteractionIndex>().unwrap_err().to_string();
    assert_eq!(unknown, "unknown interaction index \"sti\"; there are: sii, shapley-taylor");
}

#[test]
fn one_token_has_a_main_effect_alone() {
    let one = Sequence::from_ids(&[4], &[3, 5]).unwrap();
    for name in ["occlusion-pairs", "shapley-interaction"] {
        for model in models() {
            let found = Attributor::new().method(name).record(&*model, &one).unwrap();
            for row in 0..2 {
                let [pair] = &found.interactions[row][..] else { panic!("{name}: {row}") };
                assert!(pair.is_main_effect() && pair.i == 0, "{name}");
            }
        }
    }
}
