//! Records say what was explained, and a continuation can be held against another one.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::targets::{ContrastLogit, KlDivergence, LogProbability};
use saliency_attribution::testing::{Linear, Saturating};
use saliency_attribution::{
    Aggregate, Alternatives, Attributor, Error, ForTokens, LanguageModel, Normalize, Sequence, Target,
};
use saliency_schema::{Explained, Record};
use tch::Kind;

fn explained(record: &Record) -> Vec<Option<Explained>> {
    record.outputs.iter().map(|output| output.explained.clone()).collect()
}

fn record(target: Box<dyn Target>, sequence: &Sequence) -> Record {
    Attributor::new().with_target(target).record(&Linear::new(5, 3), sequence).unwrap()
}

/// The tokens that the model itself finds most probable at an output's place, best first.
fn best(model: &dyn LanguageModel, sequence: &Sequence, output: usize) -> Vec<i64> {
    let at = sequence.n_input() + output;
    let embeddings = model.embed(&sequence.ids()[..at]).unwrap().unsqueeze(0);
    let logits = model.logits(&embeddings, sequence.n_input(), at - 1..at).unwrap();
    Vec::try_from(logits.get(0).get(0).argsort(-1, true)).unwrap()
}

#[test]
fn a_contrast_says_against_what() {
    let sequence = Sequence::from_ids(&[0, 1, 2], &[3, 1]).unwrap();
    let found = explained(&record(Box::new(ContrastLogit::default()), &sequence));
    for (output, found) in found.into_iter().enumerate() {
        let own = i64::from(sequence.ids()[3 + output]);
        let expected = best(&Linear::new(5, 3), &sequence, output).into_iter().find(|id| *id != own).unwrap();
        let found = found.unwrap();
        assert_eq!(found.token, None);
        let named: Vec<_> = found.alternatives.iter().map(|t| (i64::from(t.id), t.text.clone())).collect();
        assert_eq!(named, [(expected, format!(" {expected}"))]);
    }
    let given = ContrastLogit::against(Alternatives::Same(vec![4, 0]));
    let found = explained(&record(Box::new(given), &sequence));
    let ids =
        |e: &Option<Explained>| e.as_ref().unwrap().alternatives.iter().map(|t| t.id).collect::<Vec<_>>();
    assert!(found.iter().all(|e| ids(e) == [4, 0]));
}

#[test]
fn a_chosen_token_is_named_and_the_produced_one_needs_no_name() {
    let sequence = Sequence::from_ids(&[0, 1, 2], &[3, 1]).unwrap();
    let chosen = ForTokens::new(Box::new(LogProbability), vec![Some(4), Some(1)]);
    let found = explained(&record(Box::new(chosen), &sequence));
    assert_eq!(found[0].as_ref().unwrap().token.as_ref().unwrap().id, 4);
    assert_eq!(found[1], None);
    assert!(explained(&record(Box::new(LogProbability), &sequence)).iter().all(Option::is_none));
}

#[test]
fn what_a_run_was_made_without_is_named() {
    let sequence = Sequence::from_ids(&[0, 1, 2], &[3]).unwrap();
    let found = explained(&record(Box::new(KlDivergence::from_run_without(vec![0..1, 2..3])), &sequence));
    let without = found[0].as_ref().unwrap().without.clone().unwrap();
    assert_eq!((without.tokens, without.text.as_str()), (vec![0, 1, 2, 3], " 0 …  2"));
}

#[test]
fn a_span_says_what_its_outputs_share() {
    let sequence = Sequence::from_ids(&[0, 1, 2], &[3, 1]).unwrap();
    let span = |alternatives| {
        let target = Box::new(ContrastLogit::against(alternatives));
        let attributor = Attributor::new().with_target(target).span(0..2);
        explained(&attributor.record(&Linear::new(5, 3), &sequence).unwrap()).remove(0)
    };
    assert_eq!(span(Alternatives::Same(vec![4])).unwrap().alternatives[0].id, 4);
    assert_eq!(span(Alternatives::Each(vec![4, 0])), None);
}

/// `Σ ln p` of a sequence's outputs, by passes of its own.
fn log_probability(model: &dyn LanguageModel, sequence: &Sequence) -> f64 {
    let ids = sequence.ids();
    let embeddings = model.embed(&ids[..ids.len() - 1]).unwrap().unsqueeze(0);
    let n_input = sequence.n_input();
    let logits = model.logits(&embeddings, n_input, n_input - 1..ids.len() - 1).unwrap().get(0);
    let logarithms = logits.log_softmax(-1, Kind::Double);
    (n_input..ids.len()).map(|at| logarithms.double_value(&[(at - n_input) as i64, i64::from(ids[at])])).sum()
}

#[test]
fn two_continuations_of_different_length_are_compared_by_their_log_probabilities() {
    let model = Saturating::new(5, 3);
    let sequence = |outputs: &[u32]| Sequence::from_ids(&[0, 1, 2], outputs).unwrap();
    let (own, other) = (sequence(&[3]), sequence(&[4, 1, 2]));
    let attributor = |method: &str| {
        let attributor = Attributor::new().target("log-probability").method(method);
        attributor.aggregate(Aggregate::Sum).normalize(Normalize::None)
    };
    let difference = log_probability(&model, &own) - log_probability(&model, &other);
    let backwards = attributor("integrated-gradients").against(own.clone()).record(&model, &other).unwrap();
    let record = attributor("integrated-gradients").against(other.clone()).record(&model, &own).unwrap();
    let output = &record.outputs[0];
    assert!((output.value.unwrap() - difference).abs() < 1e-12, "{output:?}");
    // Completeness, of what either continuation gave to itself too.
    let total: f64 = record.attributions[0].iter().flatten().sum::<f64>() + output.within.unwrap();
    let change = output.value.unwrap() - output.baseline_value.unwrap();
    assert!((total - change).abs() < 1e-6 * change.abs().max(1.0), "{total} {change}");
    assert!((output.sum.unwrap() - total).abs() < 1e-12);
    assert_eq!(record.attributions[0].len(), 3);
    let said = output.explained.as_ref().unwrap();
    assert_eq!((said.alternatives[0].id, said.alternatives[0].text.as_str()), (4, " 4 1 2"));
    assert_eq!(record.target.as_ref().unwrap().name, "contrast-log-probability");
    assert_eq!(record.target.as_ref().unwrap().parameters["against_ids"], serde_json::json!([4, 1, 2]));
    // The other way round everything has the other sign.
    assert_eq!(backwards.tokens[3].text, " 4 1 2");
    for (there, back) in record.attributions[0].iter().zip(&backwards.attributions[0]) {
        assert!((there.unwrap() + back.unwrap()).abs() < 1e-12);
    }
    // A perturbation: what is lost of the difference without each input.
    let occlusion = attributor("occlusion").against(other.clone()).record(&model, &own).unwrap();
    for input in 0..3 {
        let without = |sequence: &Sequence| {
            let ids = sequence.ids();
            let embeddings = model.embed(&ids[..ids.len() - 1]).unwrap();
            let _ = embeddings.get(input).fill_(0.0);
            let logits = model.logits(&embeddings.unsqueeze(0), 3, 2..ids.len() - 1).unwrap().get(0);
            let logarithms = logits.log_softmax(-1, Kind::Double);
            (3..ids.len())
                .map(|at| logarithms.double_value(&[at as i64 - 3, i64::from(ids[at])]))
                .sum::<f64>()
        };
        let expected = difference - (without(&own) - without(&other));
        let found = occlusion.attributions[0][input as usize].unwrap();
        assert!((found - expected).abs() < 1e-9, "{input}: {found} {expected}");
    }
}

#[test]
fn what_cannot_be_held_against_each_other_is_refused() {
    let model = Linear::new(5, 3);
    let own = Sequence::from_ids(&[0, 1], &[2]).unwrap();
    let ask = |target: &str, method: &str, inputs: &[u32], outputs: &[u32]| {
        let other = Sequence::from_ids(inputs, outputs).unwrap();
        let attributor = Attributor::new().target(target).method(method).against(other);
        attributor.record(&model, &own).unwrap_err()
    };
    let target = ask("logit", "gradient-x-input", &[0, 1], &[3]);
    assert!(
        matches!(target, Error::Target { .. }) && target.to_string().contains("log-probability"),
        "{target}"
    );
    for (inputs, outputs, word) in [(&[0, 2], &[3], "same input"), (&[0, 1], &[2], "zero by construction")] {
        let error = ask("log-probability", "gradient-x-input", inputs, outputs).to_string();
        assert!(error.contains(word), "{error}");
    }
    let error = ask("log-probability", "value-zeroing", &[0, 1], &[3]);
    assert!(matches!(error, Error::NotAdditive { .. }), "{error}");
}

#[test]
fn the_share_of_two_continuations_runs_once_from_nothing_to_all() {
    let model = Linear::new(5, 3);
    let sequence = |outputs: &[u32]| Sequence::from_ids(&[0, 1, 2], outputs).unwrap();
    let attributor = Attributor::new().target("log-probability").method("occlusion");
    let mut shares = Vec::new();
    let attributor = attributor.against(sequence(&[4, 1]));
    attributor
        .record_with(&model, &sequence(&[3]), &mut |done| {
            shares.push(done.share);
            true
        })
        .unwrap();
    assert!(shares.windows(2).all(|w| w[0] <= w[1]), "{shares:?}");
    assert!(shares.contains(&0.5) && (shares.last().unwrap() - 1.0).abs() < 1e-12, "{shares:?}");
}
