//! Every method with every target on toy models: a record with numbers of the right shape, or an error by its name.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{INPUTS, OUTPUTS, models, sequence, transformer};
use saliency_attribution::testing::{Disguised, EncoderDecoder, Linear, Saturating};
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Baseline, Error, ForTokens, Generation, LanguageModel, Method, Needs,
    Normalize, Parameters, Segmentation, Sequence, Target, method, methods, target, targets,
};
use saliency_schema::Record;
use tch::Tensor;

/// Every target, those that need a text to compare with against the one without its first token; and each asked of
/// chosen tokens.
fn every_target() -> Vec<Box<dyn Target>> {
    let all = || targets().into_iter().map(|t| t.without(std::iter::once(0..1).collect()).unwrap_or(t));
    let chosen = all().map(|t| Box::new(ForTokens::new(t, vec![Some(2), None])) as _);
    all().chain(chosen).collect()
}

/// Rows as long as what was read, missing where a method says nothing of earlier outputs, finite everywhere else.
fn check(record: &Record, n_input: usize, what: &str) {
    let method = record.method.as_ref().unwrap();
    let inputs_only = ["shapley", "kernel-shap", "lime"].contains(&&*method.name);
    for (row, values) in record.attributions.iter().enumerate() {
        assert_eq!(values.len(), n_input + row, "{what}");
        for (token, value) in values.iter().enumerate() {
            match value {
                // A decoder can't be asked what it says without its start token.
                Some(value) if needs_start(what) && token + 1 == n_input => assert!(value.is_nan(), "{what}"),
                Some(value) => assert!(value.is_finite(), "{what}, row {row}, token {token}: {value}"),
                None => {
                    assert!(inputs_only && token >= n_input, "{what}, row {row}, token {token} is missing");
                }
            }
        }
        assert_eq!(values.iter().any(Option::is_none), inputs_only && row > 0, "{what}");
    }
    for output in &record.outputs {
        let sum = output.sum.unwrap();
        assert!(output.value.unwrap().is_finite() && sum.is_finite() != needs_start(what), "{what}");
    }
}

/// What a method or a target asks of a model or of each other, where it can't be had.
fn refuses(method: &dyn Method, target: &str, model: &dyn LanguageModel, refusal: &Error) -> bool {
    let accounts = ["direct-logit", "alti-logit"].contains(&method.name());
    let of_logits = ["logit", "contrast-logit", "contrast-log-probability"].contains(&target);
    let by_rules = ["attn-lrp", "cp-lrp"].contains(&method.name());
    match (method.card().needs, model.inside().is_some(), refusal) {
        (Needs::Inside, false, Error::NoInside { method: named, model: of })
        | (Needs::Inside, true, Error::NoRules { method: named, model: of }) => {
            (by_rules || model.inside().is_none()) && *named == method.name() && of == model.name()
        }
        (_, true, Error::Target { method: named, target: of, .. }) => {
            accounts && !of_logits && *named == method.name() && *of == target
        }
        _ => false,
    }
}

fn needs_start(what: &str) -> bool {
    what.starts_with("toy encoder–decoder, leave-one-out")
}

#[test]
fn every_method_explains_every_target_of_every_toy() {
    let mut records = 0;
    for (number, model) in models().into_iter().enumerate() {
        let count = if number < 3 { usize::MAX } else { 1 };
        for method_of_list in methods() {
            for target in every_target().into_iter().take(count) {
                let what = format!("{}, {}, {}", model.name(), method_of_list.name(), target.name());
                let method = method(method_of_list.name(), &Parameters::new()).unwrap();
                let name = target.name();
                let attributor = Attributor::new().with_method(method).with_target(target);
                match attributor.record(&*model, &sequence()) {
                    Ok(record) => {
                        check(&record, 4, &what);
                        assert_eq!(method_of_list.card().needs, Needs::Embeddings, "{what}");
                    }
                    Err(refusal) => {
                        assert!(refuses(&*method_of_list, name, &*model, &refusal), "{what}: {refusal:?}");
                    }
                }
                records += 1;
            }
        }
    }
    assert_eq!(records, methods().len() * (3 * 2 * targets().len() + 3));
}

/// A method with few draws and points.
fn quick(name: &str) -> Box<dyn Method> {
    let known = method(name, &Parameters::new()).unwrap();
    let has = |parameter: &str| known.card().parameters.contains(&parameter);
    let parameters = Parameters::new().samples(24).steps(2);
    let parameters =
        parameters.keep(|parameter| has(parameter) && (parameter, name) != ("samples", "shapley"));
    method(name, &parameters).unwrap()
}

/// Methods that look inside are held to the trait: they run on a transformer that is no GPT-2.
#[test]
fn every_method_explains_every_target_of_a_transformer() {
    let (model, mut inside) = (transformer(), 0);
    for known in methods() {
        for target in every_target().into_iter().take(targets().len() + 1) {
            let (name, what) = (target.name(), format!("{}, {}", known.name(), target.name()));
            let attributor = Attributor::new().with_method(quick(known.name())).with_target(target);
            match attributor.record(&*model, &sequence()) {
                Ok(record) => {
                    check(&record, 4, &what);
                    inside += usize::from(known.card().needs == Needs::Inside);
                }
                Err(refusal) => assert!(refuses(&*known, name, &*model, &refusal), "{what}: {refusal:?}"),
            }
        }
    }
    // Of those that look inside two account for three targets alone, and two go back by rules that it has not. The target that
    // is more than the list is a chosen token's probability.
    let looking = methods().iter().filter(|m| m.card().needs == Needs::Inside).count();
    assert_eq!(inside, (looking - 4) * (targets().len() + 1) + 2 * 3);
}

#[test]
fn every_method_that_adds_explains_a_span() {
    for model in models().into_iter().chain([transformer()]) {
        for known in methods() {
            let (name, card) = (known.name(), known.card());
            for span in [0..2, 1..3, 2..3] {
                let what = format!("{}, {name}, {span:?}", model.name());
                let of = || {
                    let attributor = if model.inside().is_some() {
                        Attributor::new().with_method(quick(name))
                    } else {
                        Attributor::new().method(name)
                    };
                    let attributor = attributor.target("log-probability");
                    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None)
                };
                match (card.needs, card.additive, of().span(span.clone()).record(&*model, &sequence())) {
                    (_, false, Err(Error::NotAdditive { method })) => assert_eq!(method, name),
                    (.., true, Err(refusal)) if refuses(&*known, "log-probability", &*model, &refusal) => {}
                    (.., true, Ok(found)) => {
                        // The sum of its outputs' rows, over the tokens before it; and what is in it.
                        let rows = of().record(&*model, &sequence()).unwrap();
                        let columns = |from: usize, to: usize| -> f64 {
                            let rows = rows.attributions[span.clone()].iter();
                            rows.flat_map(|row| row[from.min(row.len())..to.min(row.len())].iter().flatten())
                                .sum()
                        };
                        let first = 4 + span.start;
                        assert_eq!(found.attributions.len(), 1, "{what}");
                        assert_eq!(found.attributions[0].len(), first, "{what}");
                        assert_eq!(found.tokens.len(), first + 1, "{what}");
                        for (token, value) in found.attributions[0].iter().enumerate() {
                            if needs_start(&what) && token == 3 {
                                continue;
                            }
                            let gap = value.unwrap_or(0.0) - columns(token, token + 1);
                            assert!(gap.abs() < 1e-10, "{what}, {token}: {gap:e}");
                        }
                        let gap = found.outputs[0].within.unwrap_or(0.0) - columns(first, 7);
                        assert!(gap.abs() < 1e-10, "{what}: {gap:e}");
                        let values: f64 = rows.outputs[span.clone()].iter().map(|o| o.value.unwrap()).sum();
                        assert!((found.outputs[0].value.unwrap() - values).abs() < 1e-10, "{what}");
                        if let Some(delta) = found.outputs[0].delta {
                            let deltas: f64 =
                                rows.outputs[span.clone()].iter().map(|o| o.delta.unwrap()).sum();
                            assert!((delta - deltas).abs() < 1e-10, "{what}");
                        }
                    }
                    (.., other) => panic!("{what}: {other:?}"),
                }
            }
        }
    }
    for span in [0..0, 2..4, 3..3] {
        let attributor = Attributor::new().span(span.clone());
        let refused = attributor.record(&Linear::new(6, 3), &sequence()).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "span", .. }), "{span:?}: {refused}");
    }
}

/// Ways of taking away that a model or a method does not have are refused by name.
#[test]
fn absences_that_can_not_be_are_refused() {
    let with = |name, absence: Ablation| method(name, &Parameters::new().baseline(absence)).unwrap();
    for name in ["occlusion", "leave-one-out", "shapley", "kernel-shap", "lime"] {
        let attributor = || Attributor::new().with_method(with(name, Ablation::Masking));
        let refused = attributor().record(&Saturating::new(6, 2), &sequence()).unwrap_err();
        assert!(matches!(refused, Error::NoMasking { method, .. } if method == name), "{refused}");
        check(&attributor().record(&Disguised::new(6, 2), &sequence()).unwrap(), 4, name);
    }
    for name in ["shapley", "kernel-shap"] {
        let attributor = Attributor::new().with_method(with(name, Ablation::Deletion));
        let refused = attributor.record(&Linear::new(6, 3), &sequence()).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "baseline", .. }), "{refused}");
    }
    // Of one token, only its absence would say anything.
    let one = Sequence::from_ids(&INPUTS[..1], &OUTPUTS).unwrap();
    let attributor = Attributor::new().with_method(with("lime", Ablation::Deletion));
    let refused = attributor.record(&Linear::new(6, 3), &one).unwrap_err();
    assert!(matches!(refused, Error::Parameter { name: "baseline", .. }), "{refused}");
    // A decoder needs its start token: nothing is known of a text without it, and no game is played for it.
    let model = EncoderDecoder::new(6, 3);
    let two = Sequence::from_ids(&[2, 4], &[3, 5]).unwrap();
    let found = Attributor::new().method("leave-one-out").record(&model, &two).unwrap();
    for row in &found.attributions {
        let known: Vec<bool> = row.iter().map(|x| x.unwrap().is_finite()).collect();
        assert_eq!(known, [[true, false].as_slice(), &[true][..known.len() - 2]].concat());
    }
    let players = Parameters::new()
        .baseline(Ablation::Deletion)
        .segments(Segmentation::Spans(std::iter::once(0..2).collect()));
    let attributor = Attributor::new().with_method(method("shapley", &players).unwrap());
    assert!(matches!(attributor.record(&model, &two), Err(Error::Parameter { name: "baseline", .. })));
    let without = |ranges| target("kl-divergence").unwrap().without(ranges).unwrap();
    let attributor = Attributor::new().with_target(without(std::iter::once(1..2).collect()));
    let refused = attributor.record(&model, &two).unwrap_err().to_string();
    assert!(refused.starts_with("without is 1-2 of 2 input tokens"), "{refused}");
    // A distribution of no text.
    let nothing = Baseline::Sampled { draws: 0, seed: 0 };
    for name in ["ig", "sig", "gradient-shap", "occlusion", "shapley"] {
        let attributor = Attributor::new().with_method(with(name, nothing.clone().into()));
        let refused = attributor.record(&Linear::new(6, 3), &two).unwrap_err().to_string();
        assert!(refused.starts_with("baseline is sampled:0"), "{name}: {refused}");
    }
    for model in models().into_iter().filter(|m| m.end_of_text().is_none()) {
        let attributor = Attributor::new().with_method(with("ig", "eos".parse().unwrap()));
        let refused = attributor.record(&*model, &sequence()).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "baseline", .. }), "{refused}");
    }
}

/// The encoder–decoder's gradient and what it generates, by its formula.
#[test]
fn an_encoder_decoder_fits_the_trait_as_it_is() {
    let model = EncoderDecoder::new(6, 3);
    let embedding =
        |id: u32| -> Vec<f64> { (0..3).map(|h| (3.0 * f64::from(id) + f64::from(h) + 1.0).sin()).collect() };
    let weights =
        |id: u32| -> Vec<f64> { (0..3).map(|h| (2.0 * f64::from(id) + 5.0 * f64::from(h)).cos()).collect() };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let source: Vec<_> = INPUTS[..3].iter().map(|id| embedding(*id)).collect();
    // q, α and c at the position that predicts an output.
    let attend = |decoder: &[u32]| {
        let mut q = vec![0.0; 3];
        for id in decoder {
            q.iter_mut().zip(embedding(*id)).for_each(|(q, e)| *q += e);
        }
        let shares: Vec<f64> = source.iter().map(|e| dot(&q, e).exp()).collect();
        let total: f64 = shares.iter().sum();
        let shares: Vec<f64> = shares.iter().map(|share| share / total).collect();
        let c: Vec<f64> = (0..3).map(|h| source.iter().zip(&shares).map(|(e, a)| a * e[h]).sum()).collect();
        (q, shares, c)
    };
    let attributor = Attributor::new().method("gradient").target("logit");
    let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
    let found = attributor.record(&model, &sequence()).unwrap();
    for (row, output) in OUTPUTS.iter().enumerate() {
        let (q, shares, c) = attend(&[&INPUTS[3..], &OUTPUTS[..row]].concat());
        let w = weights(*output);
        let pulls: Vec<f64> = source.iter().map(|e| dot(&w, e) - dot(&w, &c)).collect();
        let encoder = |j: usize| (0..3).map(|h| shares[j] * (w[h] + q[h] * pulls[j])).sum::<f64>();
        let decoder: f64 = (0..3)
            .map(|h| {
                w[h] + (0..3).map(|j| shares[j] * dot(&w, &source[j]) * (source[j][h] - c[h])).sum::<f64>()
            })
            .sum();
        for (token, found) in found.attributions[row].iter().enumerate() {
            let expected = if token < 3 { encoder(token) } else { decoder };
            assert!((found.unwrap() - expected).abs() < 1e-12, "row {row}, token {token}");
        }
        let read: Vec<f64> = q.iter().zip(&c).map(|(q, c)| q + c).collect();
        assert!((found.outputs[row].value.unwrap() - dot(&w, &read)).abs() < 1e-12);
    }
    // Greedy generation takes the largest of those logits.
    let mut expected = Vec::new();
    for _ in 0..3 {
        let (q, _, c) = attend(&[&INPUTS[3..], &expected].concat());
        let read: Vec<f64> = q.iter().zip(&c).map(|(q, c)| q + c).collect();
        let logits: Vec<f64> = (0..6).map(|id| dot(&weights(id), &read)).collect();
        let best = (0..6_u32).reduce(|a, b| if logits[b as usize] > logits[a as usize] { b } else { a });
        expected.push(best.unwrap());
    }
    let found = model.generate(&INPUTS, &Generation::greedy(3), &mut |_| true).unwrap();
    assert_eq!(found, expected);
    // The encoder predicts nothing, and a source of no token adds nothing.
    let embeddings = model.embed(&INPUTS).unwrap().unsqueeze(0);
    let logits = model.logits(&embeddings, 4, 0..4).unwrap();
    assert_eq!(logits.size(), [1, 4, 6]);
    assert!(logits.narrow(1, 0, 3).abs().max().double_value(&[]) < f64::MIN_POSITIVE);
    let alone = model.logits(&embeddings.narrow(1, 3, 1), 1, 0..1).unwrap();
    let expected: Vec<f64> = (0..6).map(|id| dot(&weights(id), &embedding(INPUTS[3]))).collect();
    assert!((alone.flatten(0, -1) - Tensor::from_slice(&expected)).abs().max().double_value(&[]) < 1e-12);
}
