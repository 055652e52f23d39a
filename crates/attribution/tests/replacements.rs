//! `replacements` against texts that are run one by one.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{Disguised, EncoderDecoder, Saturating, Transformer};
use saliency_attribution::{
    Attributor, Error, LanguageModel, Parameters, Problem, ReplaceBy, Segmentation, Sequence, Settings,
    TokenId, method, target,
};
use saliency_schema::{Record, Replacement};
use tch::{Kind, Tensor};

/// 4 + 2 tokens.
fn sequence() -> Sequence {
    Sequence::from_ids(&[0, 4, 2, 5], &[3, 1]).unwrap()
}

/// With a prefix cache and without one.
fn decoders() -> [Box<dyn LanguageModel>; 3] {
    [Box::new(Saturating::new(6, 3)), Box::new(Disguised::new(6, 3)), Box::new(Transformer::new(6, 2))]
}

fn record(model: &dyn LanguageModel, parameters: Parameters) -> Result<Record, Error> {
    let parameters = parameters.segments("spans:1-3".parse::<Segmentation>().unwrap());
    let attributor = Attributor::new().method_with("replacements", parameters).target("logit");
    attributor.record(model, &sequence())
}

/// The logits of every position of a text.
fn logits(model: &dyn LanguageModel, ids: &[TokenId], n_input: usize) -> Vec<Vec<f64>> {
    let embeddings = model.embed(ids).unwrap().unsqueeze(0);
    let logits = model.logits(&embeddings, n_input, 0..ids.len()).unwrap().get(0).to_kind(Kind::Double);
    (0..ids.len() as i64).map(|i| Vec::try_from(logits.get(i)).unwrap()).collect()
}

/// The logit of each output after an input.
fn values(model: &dyn LanguageModel, input: &[TokenId]) -> Vec<f64> {
    let outputs = [3_u32, 1];
    let text = [input, &outputs[..1]].concat();
    let logits = logits(model, &text, input.len());
    (0..2).map(|output| logits[input.len() - 1 + output][outputs[output] as usize]).collect()
}

/// Holds a record to its replacements, run one by one, and its rows to their means.
fn check(model: &dyn LanguageModel, record: &Record, texts: &[(std::ops::Range<usize>, Vec<TokenId>)]) {
    let input = [0, 4, 2, 5];
    let clean = values(model, &input);
    for (output, clean) in clean.into_iter().enumerate() {
        let found: &[Replacement] = &record.replacements[output];
        assert_eq!(found.len(), texts.len());
        let mut sums = vec![(0.0, 0); 4];
        for (found, (tokens, ids)) in found.iter().zip(texts) {
            let replaced = [&input[..tokens.start], ids, &input[tokens.end..]].concat();
            let change = values(model, &replaced)[output] - clean;
            assert_eq!(found.tokens(), *tokens);
            assert!(
                (found.change.unwrap() - change).abs() < 1e-5 * (1.0 + change.abs()),
                "{found:?}, {change}"
            );
            for token in tokens.clone() {
                sums[token].0 -= change / tokens.len() as f64;
                sums[token].1 += 1;
            }
        }
        for (token, (sum, count)) in sums.into_iter().enumerate() {
            let value = record.attributions[output][token];
            let expected = (count > 0).then(|| sum / f64::from(count));
            assert_eq!(value.is_some(), expected.is_some(), "token {token}");
            let near = value.zip(expected).is_none_or(|(a, b)| (a - b).abs() < 1e-5 * (1.0 + b.abs()));
            assert!(near, "token {token}: {value:?}, {expected:?}");
        }
        // Earlier outputs have no number.
        assert!(record.attributions[output][4..].iter().all(Option::is_none));
    }
}

const SEGMENTS: [std::ops::Range<usize>; 3] = [0..1, 1..3, 3..4];

#[test]
fn likely_tokens_are_those_that_the_model_finds_probable_there() {
    for model in decoders() {
        let record = record(&*model, Parameters::new().replace_by(ReplaceBy::Likely(2))).unwrap();
        let at = logits(&*model, &[0, 4, 2, 5], 4);
        let mut texts = Vec::new();
        // The first token has no prediction.
        for segment in &SEGMENTS[1..] {
            let mut ids: Vec<u32> = (0..6).collect();
            let place = &at[segment.start - 1];
            ids.sort_by(|a, b| place[*b as usize].total_cmp(&place[*a as usize]));
            let own = &[0, 4, 2, 5][segment.clone()];
            ids.retain(|id| own != [*id]);
            texts.extend(ids[..2].iter().map(|id| (segment.clone(), vec![*id])));
            let total: f64 = place.iter().map(|z| z.exp()).sum();
            let first = record.replacements[0].iter().find(|one| one.at == segment.start).unwrap();
            let expected = place[ids[0] as usize].exp() / total;
            assert!((first.probability.unwrap() - expected).abs() < 1e-6, "{first:?}");
        }
        check(&*model, &record, &texts);
    }
}

#[test]
fn texts_of_the_users_may_be_longer_or_shorter() {
    let texts = vec![vec![1], vec![5, 5, 3]];
    let every: Vec<_> =
        SEGMENTS.iter().flat_map(|segment| texts.iter().map(|ids| (segment.clone(), ids.clone()))).collect();
    for model in decoders() {
        let record = record(&*model, Parameters::new().replace_by(ReplaceBy::Texts(texts.clone()))).unwrap();
        check(&*model, &record, &every);
    }
}

#[test]
fn a_deleted_segment_is_gone() {
    let every: Vec<_> = SEGMENTS.iter().map(|segment| (segment.clone(), Vec::new())).collect();
    for model in decoders() {
        let record = record(&*model, Parameters::new().replace_by(ReplaceBy::Deletion)).unwrap();
        check(&*model, &record, &every);
    }
}

#[test]
fn the_passes_that_were_made_are_those_that_were_predicted() {
    let (sequence, target) = (sequence(), target("logit").unwrap());
    for model in decoders() {
        for by in [ReplaceBy::Likely(2), ReplaceBy::Texts(vec![vec![1], vec![2]])] {
            let parameters = Parameters::new().replace_by(by).segments(Segmentation::Tokens).continuations(1);
            let method = method("replacements", &parameters).unwrap();
            let problem = Problem::new(&*model, &sequence, &*target).unwrap();
            method.attribute(&problem, &mut |_| Ok(())).unwrap();
            let predicted = method.cost(problem.size(model.shares_prefix()));
            let made = problem.cost();
            assert!((made.forwards - predicted.forwards).abs() < 1e-9, "{}: {made:?}", model.name());
        }
    }
}

/// The text's own words as they are lost when zeros stand in their place, run one by one: the sum over both outputs.
fn losses(model: &dyn LanguageModel, segments: &[std::ops::Range<usize>]) -> Vec<f64> {
    let sum = |hidden: &std::ops::Range<usize>| {
        let rows = model.embed(&[0, 4, 2, 5, 3]).unwrap();
        let mask: Vec<f64> = (0..5).map(|i| if hidden.contains(&i) { 0.0 } else { 1.0 }).collect();
        let embeddings =
            (rows.to_kind(Kind::Double) * Tensor::from_slice(&mask).unsqueeze(1)).to_kind(rows.kind());
        let logits = model.logits(&embeddings.unsqueeze(0), 4, 3..5).unwrap();
        logits.double_value(&[0, 0, 3]) + logits.double_value(&[0, 1, 1])
    };
    segments.iter().map(|segment| (sum(&(0..0)) - sum(segment)).abs()).collect()
}

#[test]
fn the_strongest_alone_are_replaced() {
    for model in decoders() {
        for (by, first) in
            [(ReplaceBy::Likely(2), 1), (ReplaceBy::Texts(vec![vec![1]]), 0), (ReplaceBy::Deletion, 0)]
        {
            let parameters = || Parameters::new().replace_by(by.clone());
            let all = record(&*model, parameters()).unwrap();
            let losses = losses(&*model, &SEGMENTS);
            let mut order: Vec<usize> = (first..3).collect();
            order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]));
            for count in 1..4 {
                let some = record(&*model, parameters().strongest(count)).unwrap();
                let chosen = &order[..order.len().min(count as usize)];
                let is_chosen = |at: usize| chosen.iter().any(|i| SEGMENTS[*i].contains(&at));
                for output in 0..2 {
                    let mut expected = all.replacements[output].clone();
                    expected.retain(|one| is_chosen(one.at));
                    assert_eq!(some.replacements[output], expected, "{}, {by}, {count}", model.name());
                    for token in 0..4 {
                        let expected = all.attributions[output][token].filter(|_| is_chosen(token));
                        assert_eq!(some.attributions[output][token], expected);
                    }
                }
            }
            let described = record(&*model, parameters().strongest(2)).unwrap().method.unwrap();
            assert_eq!(described.parameters["strongest"], 2);
        }
    }
    let refused = method("replacements", &Parameters::new().strongest(0)).unwrap_err().to_string();
    assert_eq!(refused, "strongest is 0, and must be from 1 to 10000");
}

/// Where the choice is of fewer than all, one pass for each that could be chosen; an upper bound with a prefix cache.
#[test]
fn the_choice_is_part_of_what_was_predicted() {
    let (sequence, target) = (sequence(), target("logit").unwrap());
    for model in decoders() {
        for (by, first) in [(ReplaceBy::Likely(2), 1.0), (ReplaceBy::Texts(vec![vec![1], vec![2]]), 0.0)] {
            for count in 1..5 {
                let parameters = Parameters::new().replace_by(by.clone()).segments(Segmentation::Tokens);
                let method = method("replacements", &parameters.strongest(count)).unwrap();
                // One text at a time, so that none is run from another's first difference on.
                let settings = Settings::new().memory(1);
                let problem = Problem::watched(&*model, &sequence, &*target, settings, None).unwrap();
                method.attribute(&problem, &mut |_| Ok(())).unwrap();
                let predicted = method.cost(problem.size(model.shares_prefix())).forwards;
                let made = problem.cost().forwards;
                let words = 4.0 - first;
                let chosen = f64::from(count).min(words);
                let choice = if chosen < words { words } else { 0.0 };
                if model.shares_prefix() {
                    assert!(made <= predicted + 1e-9, "{made} {predicted}");
                } else {
                    assert!((made - predicted).abs() < 1e-9, "{}: {made} {predicted}", model.name());
                    assert!((made - (first + 2.0 * chosen + choice)).abs() < 1e-9, "{made}");
                }
            }
        }
    }
}

/// Of one output for all, changes add up.
#[test]
fn a_span_adds_up_changes() {
    let model = Saturating::new(6, 3);
    let parameters = || Parameters::new().replace_by(ReplaceBy::Likely(3)).segments(Segmentation::Tokens);
    let attributor = || Attributor::new().method_with("replacements", parameters()).target("logit");
    let each = attributor().record(&model, &sequence()).unwrap();
    let all = attributor().span(0..2).record(&model, &sequence()).unwrap();
    for (i, one) in all.replacements[0].iter().enumerate() {
        let sum: f64 = each.replacements.iter().map(|of| of[i].change.unwrap()).sum();
        assert!((one.change.unwrap() - sum).abs() < 1e-9);
    }
}

#[test]
fn the_largest_changes_are_continued() {
    let model = Transformer::new(6, 2);
    let parameters = Parameters::new().replace_by(ReplaceBy::Likely(3)).continuations(2);
    let record = record(&model, parameters).unwrap();
    let size = |i: usize| record.replacements.iter().map(|of| of[i].change.unwrap()).sum::<f64>().abs();
    let mut ranked: Vec<usize> = (0..record.replacements[0].len()).collect();
    ranked.sort_by(|a, b| size(*b).total_cmp(&size(*a)));
    for (rank, &i) in ranked.iter().enumerate() {
        let one = &record.replacements[0][i];
        assert_eq!(one.continuation.is_some(), rank < 2, "{one:?}");
        let Some(said) = &one.continuation else { continue };
        // Greedy, by whole passes.
        let id: u32 = one.text.trim().parse().unwrap();
        let mut text = [&[0, 4, 2, 5][..one.at], &[id], &[0, 4, 2, 5][one.tokens().end..]].concat();
        let n_input = text.len();
        for _ in 0..2 {
            let last = logits(&model, &text, n_input).pop().unwrap();
            let best = (0..6).max_by(|a, b| last[*a].total_cmp(&last[*b])).unwrap();
            text.push(best as u32);
        }
        assert_eq!(*said, format!(" {} {}", text[n_input], text[n_input + 1]));
    }
}

#[test]
fn an_encoder_predicts_nothing_in_its_source() {
    let model = EncoderDecoder::new(6, 3);
    let likely = record(&model, Parameters::new().replace_by(ReplaceBy::Likely(2)));
    assert!(matches!(likely, Err(Error::Parameter { name: "replace-by", .. })), "{likely:?}");
    // There words are deleted unless other texts are given.
    let deleted = record(&model, Parameters::new()).unwrap();
    assert_eq!(deleted.method.as_ref().unwrap().parameters["replace_by"], "deletion");
    assert!(deleted.replacements[0].iter().all(|one| one.text.is_empty()));
    // The start token can't be replaced.
    assert!(deleted.replacements[0].iter().all(|one| one.at < 3));
    assert!(deleted.attributions[0][3].is_none());
}

#[test]
fn what_replaces_by_nothing_is_refused() {
    let ask = |by| record(&Saturating::new(6, 3), Parameters::new().replace_by(by)).unwrap_err();
    for by in [
        ReplaceBy::Likely(0),
        ReplaceBy::Likely(1001),
        ReplaceBy::Texts(Vec::new()),
        ReplaceBy::Texts(vec![Vec::new()]),
    ] {
        assert!(matches!(ask(by), Error::Parameter { name: "replace-by", .. }));
    }
    for text in ["likely:x", "ids:", "none", "ids:1++2"] {
        assert!(text.parse::<ReplaceBy>().is_err(), "{text}");
    }
    for by in ["likely:4", "deletion", "ids:1+2,3"] {
        assert_eq!(by.parse::<ReplaceBy>().unwrap().to_string(), by);
    }
}
