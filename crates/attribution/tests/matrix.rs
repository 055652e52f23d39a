//! Every method with every target on toy models: a record with numbers of the right shape, or the right error.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{INPUTS, OUTPUTS, models, sequence, transformer};
use saliency_attribution::testing::{Disguised, EncoderDecoder, Linear, Saturating};
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Baseline, Error, ForTokens, Generation, LanguageModel, Method, Needs,
    Normalize, Parameters, Segmentation, Sequence, Target, method, methods, target, targets,
};
use saliency_schema::Record;
use std::ops::Range;
use tch::Tensor;

/// Every target, those that need a text to compare with against the one without its first token; and each for chosen
/// tokens.
fn every_target() -> Vec<Box<dyn Target>> {
    let all = || targets().into_iter().map(|t| t.without(std::iter::once(0..1).collect()).unwrap_or(t));
    let chosen = all().map(|t| Box::new(ForTokens::new(t, vec![Some(2), None])) as _);
    all().chain(chosen).collect()
}

/// Rows as long as their context, missing where a method has no number for earlier outputs, finite everywhere else.
fn check(record: &Record, n_input: usize, what: &str) {
    let method = record.method.as_ref().unwrap();
    let replaces = method.name == "replacements";
    let inputs_only = [
        "shapley",
        "kernel-shap",
        "lime",
        "context-cite",
        "coarse-to-fine",
        "occlusion-pairs",
        "shapley-interaction",
        "integrated-hessians",
    ];
    let inputs_only = inputs_only.contains(&&*method.name) || replaces;
    // Nothing predicts the first token, nor an encoder's source, whose words are deleted.
    let deletes = method.parameters.get("replace_by").is_some_and(|by| by == "deletion");
    let unknown = |token: usize| replaces && if deletes { token + 1 == n_input } else { token == 0 };
    for (row, values) in record.attributions.iter().enumerate() {
        assert_eq!(values.len(), n_input + row, "{what}");
        for (token, value) in values.iter().enumerate() {
            // A decoder can't run without its start token.
            let known = inputs_only && token >= n_input || needs_start(what) && token + 1 == n_input;
            let known = known || unknown(token);
            assert!(value.map_or(known, f64::is_finite), "{what}, row {row}, token {token}: {value:?}");
        }
        let missing = inputs_only && row > 0 || needs_start(what) || replaces;
        assert_eq!(values.iter().any(Option::is_none), missing, "{what}");
    }

    for output in &record.outputs {
        let sum = output.sum.unwrap();
        assert!(output.value.unwrap().is_finite() && sum.is_finite(), "{what}");
    }
}

/// Whether a refusal is the right one: the model lacks what the method needs, or the method does not explain the
/// target.
fn refuses(method: &dyn Method, target: &str, model: &dyn LanguageModel, refusal: &Error) -> bool {
    let accounts = ["direct-logit", "alti-logit"].contains(&method.name());
    let of_logits = ["logit", "contrast-logit", "contrast-log-probability"].contains(&target);
    let by_rules = ["attn-lrp", "cp-lrp", "gim"].contains(&method.name());
    match (method.card().needs, model.inside().is_some(), refusal) {
        (Needs::Inside, false, Error::NoInside { method: named, model: of }) => {
            !by_rules && *named == method.name() && of == model.name()
        }
        (Needs::Inside, _, Error::NoRules { method: named, model: of }) => {
            by_rules && *named == method.name() && of == model.name()
        }
        (_, true, Error::Target { method: named, target: of, .. }) => {
            accounts && !of_logits && *named == method.name() && *of == target
        }
        _ => false,
    }
}

fn needs_start(what: &str) -> bool {
    what.starts_with("toy encoder–decoder, leave-one-out")
        || what.starts_with("toy encoder–decoder, coarse-to-fine")
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

/// A method with few samples and points.
fn quick(name: &str) -> Box<dyn Method> {
    let known = method(name, &Parameters::new()).unwrap();
    let has = |parameter: &str| known.card().parameters.contains(&parameter);
    let parameters = Parameters::new().samples(24).steps(2);
    let parameters =
        parameters.only(|parameter| has(parameter) && (parameter, name) != ("samples", "shapley"));
    method(name, &parameters).unwrap()
}

/// Methods that look inside run on a transformer that differs from GPT-2.
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
    // Of those that look inside, two explain three targets only, and three need backward rules, which it does not have.
    // The target besides the list is a chosen token's probability.
    let looking = methods().iter().filter(|m| m.card().needs == Needs::Inside).count();
    assert_eq!(inside, (looking - 5) * (targets().len() + 1) + 2 * 3);
}

/// A span's row against its outputs' own rows: their sum over the tokens before it, and over its own tokens.
fn check_span(found: &Record, rows: &Record, span: &Range<usize>, what: &str) {
    let columns = |from: usize, to: usize| -> f64 {
        let rows = rows.attributions[span.clone()].iter();
        rows.flat_map(|row| row[from.min(row.len())..to.min(row.len())].iter().flatten()).sum()
    };
    let first = INPUTS.len() + span.start;
    assert_eq!(found.attributions.len(), 1, "{what}");
    assert_eq!(found.attributions[0].len(), first, "{what}");
    assert_eq!(found.tokens.len(), first + 1, "{what}");

    for (token, value) in found.attributions[0].iter().enumerate() {
        if needs_start(what) && token + 1 == INPUTS.len() {
            continue;
        }
        let gap = value.unwrap_or(0.0) - columns(token, token + 1);
        assert!(gap.abs() < 1e-10, "{what}, {token}: {gap:e}");
    }

    let output = &found.outputs[0];
    let gap = output.within.unwrap_or(0.0) - columns(first, INPUTS.len() + OUTPUTS.len());
    assert!(gap.abs() < 1e-10, "{what}: {gap:e}");
    let members = &rows.outputs[span.clone()];
    let values: f64 = members.iter().map(|output| output.value.unwrap()).sum();
    assert!((output.value.unwrap() - values).abs() < 1e-10, "{what}");
    if let Some(delta) = output.delta {
        let deltas: f64 = members.iter().map(|output| output.delta.unwrap()).sum();
        assert!((delta - deltas).abs() < 1e-10, "{what}");
    }
}

#[test]
fn every_method_that_adds_explains_a_span() {
    for model in models().into_iter().chain([transformer()]) {
        for known in methods() {
            let (name, card) = (known.name(), known.card());
            let attributor = || {
                let attributor = if model.inside().is_some() {
                    Attributor::new().with_method(quick(name))
                } else {
                    Attributor::new().method(name)
                };
                let attributor = attributor.target("log-probability");
                attributor.aggregate(Aggregate::Sum).normalize(Normalize::None)
            };

            for span in [0..2, 1..3, 2..3] {
                let what = format!("{}, {name}, {span:?}", model.name());
                let found = attributor().span(span.clone()).record(&*model, &sequence());
                match (card.additive, found) {
                    (false, Err(Error::NotAdditive { method })) => assert_eq!(method, name),
                    // A test of its own knows what it says.
                    (false, Ok(found)) if card.explains_spans => assert_eq!(found.attributions.len(), 1),
                    (true, Err(refusal)) if refuses(&*known, "log-probability", &*model, &refusal) => {}
                    (true, Ok(found)) => {
                        let rows = attributor().record(&*model, &sequence()).unwrap();
                        check_span(&found, &rows, &span, &what);
                    }
                    (_, other) => panic!("{what}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn spans_that_are_no_range_of_outputs_are_refused() {
    for span in [0..0, 2..4, 3..3] {
        let attributor = Attributor::new().span(span.clone());
        let refused = attributor.record(&Linear::new(6, 3), &sequence()).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "span", .. }), "{span:?}: {refused}");
    }
}

/// A method by name with an ablation or a baseline.
fn with_ablation(name: &str, ablation: Ablation) -> Attributor {
    let parameters = Parameters::new().baseline(ablation);
    Attributor::new().with_method(method(name, &parameters).unwrap())
}

/// The error of a record that must not be made.
fn refusal(attributor: &Attributor, model: &dyn LanguageModel, sequence: &Sequence) -> Error {
    attributor.record(model, sequence).unwrap_err()
}

fn is_of_the_baseline(refused: &Error) -> bool {
    matches!(refused, Error::Parameter { name: "baseline", .. })
}

#[test]
fn masking_is_refused_by_models_without_a_prefix_cache() {
    for name in [
        "occlusion",
        "occlusion-pairs",
        "leave-one-out",
        "shapley",
        "shapley-interaction",
        "kernel-shap",
        "lime",
        "context-cite",
        "coarse-to-fine",
    ] {
        let attributor = with_ablation(name, Ablation::Masking);
        let refused = refusal(&attributor, &Saturating::new(6, 2), &sequence());
        assert!(matches!(refused, Error::NoMasking { method, .. } if method == name), "{refused}");
        check(&attributor.record(&Disguised::new(6, 2), &sequence()).unwrap(), 4, name);
    }
}

#[test]
fn deletion_is_refused_where_it_may_leave_no_text() {
    let model = Linear::new(6, 3);
    for name in ["shapley", "shapley-interaction", "kernel-shap"] {
        let refused = refusal(&with_ablation(name, Ablation::Deletion), &model, &sequence());
        assert!(is_of_the_baseline(&refused), "{refused}");
    }

    // With one token, only the text without it would be informative.
    let one = Sequence::from_ids(&INPUTS[..1], &OUTPUTS).unwrap();
    let refused = refusal(&with_ablation("lime", Ablation::Deletion), &model, &one);
    assert!(is_of_the_baseline(&refused), "{refused}");
}

/// A decoder needs its start token: numbers of texts without it are not known, and no game is played over it.
#[test]
fn the_start_token_of_a_decoder_is_not_deleted() {
    let model = EncoderDecoder::new(6, 3);
    let two = Sequence::from_ids(&[2, 4], &[3, 5]).unwrap();

    let found = Attributor::new().method("leave-one-out").record(&model, &two).unwrap();
    for row in &found.attributions {
        let known: Vec<bool> = row.iter().map(Option::is_some).collect();
        assert_eq!(known, [[true, false].as_slice(), &[true][..known.len() - 2]].concat());
    }

    let parameters = Parameters::new()
        .baseline(Ablation::Deletion)
        .segments(Segmentation::Spans(std::iter::once(0..2).collect()));
    let attributor = Attributor::new().with_method(method("shapley", &parameters).unwrap());
    let refused = refusal(&attributor, &model, &two);
    assert!(is_of_the_baseline(&refused), "{refused}");

    let without = target("kl-divergence").unwrap().without(std::iter::once(1..2).collect()).unwrap();
    let refused = refusal(&Attributor::new().with_target(without), &model, &two).to_string();
    assert!(refused.starts_with("without is 1-2 of 2 input tokens"), "{refused}");
}

#[test]
fn a_distribution_of_no_text_is_refused() {
    let two = Sequence::from_ids(&[2, 4], &[3, 5]).unwrap();
    let nothing = Baseline::Sampled { draws: 0, seed: 0 };
    for name in ["ig", "sig", "gradient-shap", "occlusion", "shapley"] {
        let attributor = with_ablation(name, nothing.clone().into());
        let refused = refusal(&attributor, &Linear::new(6, 3), &two).to_string();
        assert!(refused.starts_with("baseline is sampled:0"), "{name}: {refused}");
    }
}

#[test]
fn the_baseline_eos_is_refused_by_models_without_an_end_of_text_token() {
    for model in models().into_iter().filter(|m| m.end_of_text().is_none()) {
        let refused = refusal(&with_ablation("ig", "eos".parse().unwrap()), &*model, &sequence());
        assert!(is_of_the_baseline(&refused), "{refused}");
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
        let state: Vec<f64> = q.iter().zip(&c).map(|(q, c)| q + c).collect();
        assert!((found.outputs[row].value.unwrap() - dot(&w, &state)).abs() < 1e-12);
    }

    // Greedy generation takes the largest of those logits.
    let mut expected = Vec::new();
    for _ in 0..3 {
        let (q, _, c) = attend(&[&INPUTS[3..], &expected].concat());
        let state: Vec<f64> = q.iter().zip(&c).map(|(q, c)| q + c).collect();
        let logits: Vec<f64> = (0..6).map(|id| dot(&weights(id), &state)).collect();
        let best = (0..6_u32).reduce(|a, b| if logits[b as usize] > logits[a as usize] { b } else { a });
        expected.push(best.unwrap());
    }
    let found = model.generate(&INPUTS, &Generation::greedy(3), &mut |_| true).unwrap();
    assert_eq!(found, expected);

    // The encoder predicts nothing, and an empty source adds nothing.
    let embeddings = model.embed(&INPUTS).unwrap().unsqueeze(0);
    let logits = model.logits(&embeddings, 4, 0..4).unwrap();
    assert_eq!(logits.size(), [1, 4, 6]);
    assert!(logits.narrow(1, 0, 3).abs().max().double_value(&[]) < f64::MIN_POSITIVE);
    let alone = model.logits(&embeddings.narrow(1, 3, 1), 1, 0..1).unwrap();
    let expected: Vec<f64> = (0..6).map(|id| dot(&weights(id), &embedding(INPUTS[3]))).collect();
    assert!((alone.flatten(0, -1) - Tensor::from_slice(&expected)).abs().max().double_value(&[]) < 1e-12);
}
