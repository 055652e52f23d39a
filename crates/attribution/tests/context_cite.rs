//! context-cite by whole forward passes, the probability's definition, and another algorithm for the Lasso.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use saliency_attribution::methods::ContextCite;
use saliency_attribution::testing::{EncoderDecoder, Saturating};
use saliency_attribution::{Ablation, Attributor, Error, LanguageModel, Segmentation, Sequence};
use saliency_schema::Record;
use std::ops::Range;
use tch::{Kind, Tensor};

const INPUTS: [u32; 6] = [1, 4, 0, 2, 5, 3];
const OUTPUTS: [u32; 3] = [3, 5, 1];

fn sequence() -> Sequence {
    Sequence::from_ids(&INPUTS, &OUTPUTS).unwrap()
}

/// Which of n segments are present in each text, as the method draws them.
fn masks(n: usize, samples: usize, seed: u64) -> Vec<Vec<bool>> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    (0..samples).map(|_| (0..n).map(|_| numbers.random_bool(0.5)).collect()).collect()
}

/// The probability of some outputs together, with the embeddings of absent segments replaced by zeros.
fn probability(
    model: &dyn LanguageModel,
    segments: &[Range<usize>],
    present: &[bool],
    span: Range<usize>,
) -> f64 {
    let _no_gradient = tch::no_grad_guard();
    let ids: Vec<u32> = INPUTS.iter().chain(&OUTPUTS).copied().collect();
    let embeddings = model.embed(&ids).unwrap();
    for (tokens, _) in segments.iter().zip(present).filter(|(_, present)| !**present) {
        let _ = embeddings.narrow(0, tokens.start as i64, tokens.len() as i64).zero_();
    }
    let of = |output: usize| {
        let read = INPUTS.len() + output;
        let text = embeddings.narrow(0, 0, read as i64).unsqueeze(0);
        let logits = model.logits(&text, INPUTS.len(), read - 1..read).unwrap().get(0).get(0);
        logits.softmax(0, Kind::Double).double_value(&[i64::from(OUTPUTS[output])])
    };
    span.map(of).product()
}

/// The Lasso by proximal gradient steps, all weights at once: from standardised columns to weights of the masks.
fn lasso(masks: &[Vec<bool>], side: &[f64], alpha: f64) -> Vec<f64> {
    let rows: Vec<f64> = masks.iter().flatten().map(|present| f64::from(u8::from(*present))).collect();
    let rows = Tensor::from_slice(&rows).reshape([masks.len() as i64, -1]);
    let scale = rows.std_dim(0, false, true);
    let standard = (&rows - rows.mean_dim(0, true, Kind::Double)) / &scale;
    let side = Tensor::from_slice(side);
    let side = &side - side.mean(Kind::Double);
    let m = masks.len() as f64;
    let covariance = standard.tr().matmul(&standard) / m;
    let along = standard.tr().matmul(&side.unsqueeze(1)) / m;
    let step = 1.0 / covariance.norm().double_value(&[]);
    let mut weights = along.zeros_like();
    for _ in 0..4000 {
        let free = &weights - (covariance.matmul(&weights) - &along) * step;
        weights = free.sign() * (free.abs() - alpha * step).relu();
    }
    Vec::try_from(weights.squeeze() / scale.squeeze()).unwrap()
}

fn row(record: &Record, row: usize) -> Vec<f64> {
    record.attributions[row].iter().take(INPUTS.len()).map(|x| x.unwrap()).collect()
}

/// From a weight for each segment to a row over tokens.
fn spread(segments: &[Range<usize>], weights: &[f64]) -> Vec<f64> {
    let each = segments.iter().zip(weights);
    each.flat_map(|(tokens, weight)| vec![weight / tokens.len() as f64; tokens.len()]).collect()
}

fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-8, "{found} {expected}");
    }
}

#[test]
fn it_is_the_lasso_of_log_odds_of_the_whole_span() {
    let model = Saturating::new(6, 2);
    let singly: Vec<_> = (0..6).map(|i| i..i + 1).collect();
    for (segments, samples, seed) in [(singly, 64, 0), (vec![0..2, 2..3, 3..6], 40, 5)] {
        let by = Segmentation::Spans(segments.iter().filter(|s| s.len() > 1).cloned().collect());
        let method = || {
            let method = ContextCite::new().samples(samples).seed(seed);
            if segments.len() < 6 { method.segments(by.clone()) } else { method }
        };
        let texts = masks(segments.len(), samples as usize, seed);
        let made = |target: &str, span: Option<Range<usize>>| {
            let attributor = Attributor::new().with_method(method()).target(target);
            let attributor = match span {
                Some(span) => attributor.span(span),
                None => attributor,
            };
            attributor.record(&model, &sequence()).unwrap()
        };
        let expected = |span: Range<usize>| {
            let tokens = span.len() as f64;
            let p = |text: &Vec<bool>| probability(&model, &segments, text, span.clone());
            let side: Vec<_> = texts.iter().map(p).map(|p| (p / (1.0 - p)).ln() / tokens).collect();
            let weights = lasso(&texts, &side, 0.01);
            weights.iter().map(|weight| weight * tokens).collect::<Vec<_>>()
        };
        let whole = made("log-probability", Some(0..3));
        let weights = expected(0..3);
        near(&row(&whole, 0), &spread(&segments, &weights));
        let kept = weights.iter().filter(|weight| weight.abs() > 1e-9).count();
        let said = format!("every output: selected {kept} of {} segments", segments.len());
        assert!(whole.notes.iter().any(|note| note.starts_with(&said)), "{said}: {:?}", whole.notes);
        near(&row(&made("log-probability", Some(1..3)), 0), &spread(&segments, &expected(1..3)));
        let each = made("log-probability", None);
        for output in 0..3 {
            near(&row(&each, output), &spread(&segments, &expected(output..output + 1)));
            near(&row(&made("probability", None), output), &row(&each, output));
        }
        let value: f64 = (0..3).map(|output| each.outputs[output].value.unwrap()).sum();
        assert!((whole.outputs[0].value.unwrap() - value).abs() < 1e-12);
    }
}

/// Other targets are fitted as they are, and a large penalty for a small target leaves nothing.
#[test]
fn another_target_is_its_own_response() {
    let model = Saturating::new(6, 2);
    let by = |target: &str| Attributor::new().with_method(ContextCite::new()).target(target);
    let logit = by("logit").record(&model, &sequence()).unwrap();
    assert!(row(&logit, 0) != row(&by("log-probability").record(&model, &sequence()).unwrap(), 0));
    let other = Sequence::from_ids(&INPUTS, &[2, 2]).unwrap();
    let refused = by("log-probability").against(other).record(&model, &sequence()).unwrap_err();
    assert!(matches!(refused, Error::NotAdditive { method: "context-cite" }), "{refused}");
}

/// With deletion no text is empty; one segment has no other, and a decoder's start token is needed.
#[test]
fn texts_that_can_t_be_read_are_not_drawn_or_refused() {
    let deletion = || Attributor::new().with_method(ContextCite::new().baseline(Ablation::Deletion));
    let record = deletion().record(&Saturating::new(6, 2), &sequence()).unwrap();
    assert!(row(&record, 0).iter().all(|x| x.is_finite()));
    let one = Sequence::from_ids(&INPUTS[..1], &OUTPUTS).unwrap();
    for (model, sequence) in
        [(&Saturating::new(6, 2) as &dyn LanguageModel, &one), (&EncoderDecoder::new(6, 3), &sequence())]
    {
        let refused = deletion().record(model, sequence).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "baseline", .. }), "{refused}");
    }
}
