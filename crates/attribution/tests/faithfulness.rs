//! Faithfulness against sums by hand, runs one by one, and what random orders give on the average.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{INPUTS, OUTPUTS, models, sequence, transformer};
use saliency_attribution::testing::{Linear, Transformer};
use saliency_attribution::{
    Ablation, Attributor, Baseline, Error, Faithfulness, LanguageModel, Measured, Sequence, target,
};
use saliency_schema::Record;
use saliency_schema::scores::Measurement;
use tch::{Kind, Tensor};

fn occluded(model: &dyn LanguageModel, sequence: &Sequence) -> Record {
    Attributor::new().method("occlusion").target("logit").record(model, sequence).unwrap()
}

fn measured(
    faithfulness: &Faithfulness,
    model: &dyn LanguageModel,
    sequence: &Sequence,
    records: &[&Record],
    outputs: &[usize],
) -> Measured {
    let target = target("logit").unwrap();
    faithfulness.measure(model, sequence, &*target, records, outputs, &mut |_| true).unwrap()
}

fn zero() -> Faithfulness {
    Faithfulness::new().operators(vec![Baseline::Zero.into()]).soft(0)
}

fn close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} instead of {expected}");
}

/// Of a text whose tokens may all go, as many tokens as whole passes take.
#[test]
fn what_it_takes_is_foreseen() {
    let model = Linear::new(12, 3);
    let sequence = Sequence::from_ids(&[0, 7, 3, 11, 2, 5, 9, 1, 4, 8], &[6, 2]).unwrap();
    let record = occluded(&model, &sequence);
    let ways = vec![Baseline::Zero.into(), Ablation::Deletion];
    for faithfulness in [Faithfulness::quick(), Faithfulness::new().operators(ways)] {
        let measured = measured(&faithfulness, &model, &sequence, &[&record, &record], &[0, 1]);
        assert_eq!(faithfulness.tokens_at_most(&sequence, 2, &[0, 1]), measured.cost.tokens_naive);
        assert!(measured.cost.tokens_forward <= measured.cost.tokens_naive);
    }
    // By hand: of ten tokens 1, 2, 5, 7, 8 and 9 go, of eleven 1, 2, 6, 7, 9 and 10; in both directions, by two records
    // and five random orders, in two ways.
    assert_eq!(Faithfulness::quick().tokens_at_most(&sequence, 2, &[0, 1]), (10 + 11) * 6 * 2 * 7 * 2);
    // And soft masks: both of three samples for each, and nothing once.
    let more = (10 + 11) * (2 * 3 * 7 + 1);
    assert_eq!(
        Faithfulness::quick().soft(3).tokens_at_most(&sequence, 2, &[0, 1]),
        (10 + 11) * 6 * 2 * 7 * 2 + more
    );
}

/// Ten tokens of a linear model, of which each is worth its attribution: all metrics are sums by hand.
#[test]
fn metrics_of_a_linear_model_are_sums_of_attributions() {
    let model = Linear::new(12, 3);
    let sequence = Sequence::from_ids(&[0, 7, 3, 11, 2, 5, 9, 1, 4, 8], &[6]).unwrap();
    let record = occluded(&model, &sequence);
    let found = measured(&zero().steps(6).random_orders(0), &model, &sequence, &[&record], &[0]);
    let [found] = &found.measurements[..] else { panic!("{found:?}") };

    let mut worth: Vec<f64> = record.attributions[0].iter().map(|x| x.unwrap()).collect();
    let clean: f64 = worth.iter().sum();
    worth.sort_by(|a, b| b.total_cmp(a));
    let top = |k: usize| worth[..k].iter().sum::<f64>();
    let rest = |k: usize| worth[k..].iter().sum::<f64>();
    let metric = |name: &str| found.metrics[name];
    // 1, 5, 10, 20 and 50 % of ten tokens are 1, 1, 1, 2 and 5.
    let drops = 3.0 * top(1) + top(2) + top(5);
    let rests = 3.0 * rest(1) + rest(2) + rest(5);
    close(metric("comprehensiveness"), top(2));
    close(metric("aopc-comprehensiveness"), drops / 6.0);
    close(metric("aopc-comprehensiveness-released"), drops / 5.0);
    close(metric("sufficiency"), rest(2));
    close(metric("aopc-sufficiency"), (rests + top(9)) / 6.0);
    close(metric("aopc-sufficiency-released"), rests / 5.0);
    // Of 0, 1, 2, 5 and 9 tokens, by trapezoids over the share that is removed, up to 0.9.
    let height = |removed: usize| clean - top(removed);
    let area = f64::midpoint(height(0), height(1))
        + f64::midpoint(height(1), height(2))
        + 3.0 * f64::midpoint(height(2), height(5))
        + 4.0 * f64::midpoint(height(5), height(9));
    close(metric("deletion-area"), area / 9.0);
    // The least relevant ones first: 0, 1, 5, 8 and 9 are removed, and what is left are the top ones.
    let left = |removed: usize| top(10 - removed);
    let area = f64::midpoint(left(0), left(1))
        + 4.0 * f64::midpoint(left(1), left(5))
        + 3.0 * f64::midpoint(left(5), left(8))
        + f64::midpoint(left(8), left(9));
    close(metric("insertion-area"), area / 9.0);
    close(metric("area-between"), metric("insertion-area").unwrap() - metric("deletion-area").unwrap());
    // Attributions that add up predict every subset.
    close(metric("lds"), 1.0);
    close(metric("tau-leave-one-out"), 1.0);
    assert!(metric("infidelity").unwrap() < 1e-20);
    assert!(!found.metrics.contains_key("log-odds"));
    assert_eq!(found.curves[0].removed, [0.0, 0.1, 0.2, 0.5, 0.9]);
    assert_eq!(found.curves[1].removed, [0.0, 0.1, 0.5, 0.8, 0.9]);
}

/// What a random order loses with its first k of n tokens is k / n of all that they are worth, on the average, and its
/// variance is that of a sample without replacement.
#[test]
fn random_orders_lose_what_chance_says() {
    let model = Linear::new(12, 3);
    let sequence = Sequence::from_ids(&[0, 7, 3, 11, 2, 5, 9, 1, 4, 8], &[6]).unwrap();
    let record = occluded(&model, &sequence);
    let draws = 4000;
    let faithfulness = zero().random_orders(draws).subsets(0).leave_one_out(false);
    let found = measured(&faithfulness, &model, &sequence, &[&record], &[0]);
    let worth: Vec<f64> = record.attributions[0].iter().map(|x| x.unwrap()).collect();
    let (n, sum) = (10.0, worth.iter().sum::<f64>());
    let variance = worth.iter().map(|x| (x - sum / n).powi(2)).sum::<f64>() / n;
    for (name, k) in [("comprehensiveness", 2.0), ("sufficiency", 8.0)] {
        let random = &found.measurements[1..];
        assert!(random.iter().enumerate().all(|(i, m)| m.draw == Some(i as u32) && m.method == 1));
        let mean = random.iter().map(|m| m.metrics[name].unwrap()).sum::<f64>() / f64::from(draws);
        let error = (variance * k * (n - k) / (n - 1.0) / f64::from(draws)).sqrt();
        assert!((mean - k / n * sum).abs() < 4.0 * error, "{name}: {mean}, {} ± {error}", k / n * sum);
    }
    // Another seed, another draw: other orders. The same: the same.
    let again = measured(&faithfulness, &model, &sequence, &[&record], &[0]);
    assert_eq!(found, again);
    let other = measured(&faithfulness.seed(1), &model, &sequence, &[&record], &[0]);
    assert_ne!(found.measurements[1], other.measurements[1]);
}

/// The target without some tokens, by a pass of its own.
fn by_hand(
    model: &dyn LanguageModel,
    ids: &[u32],
    output: u32,
    removed: &[usize],
    operator: &Ablation,
) -> f64 {
    let kept: Vec<u32> = (0..ids.len()).filter(|i| !removed.contains(i)).map(|i| ids[i]).collect();
    let embeddings = match operator {
        Ablation::Deletion => model.embed(&kept).unwrap(),
        operator => {
            let embeddings = model.embed(ids).unwrap();
            let vocabulary: Vec<u32> = (0..model.limits().vocabulary as u32).collect();
            let mean = model.embed(&vocabulary).unwrap().mean_dim(&[0_i64][..], false, Kind::Double);
            for &token in removed {
                let with = match operator {
                    Ablation::Embedding(Baseline::Mean) => mean.shallow_clone(),
                    _ => mean.zeros_like(),
                };
                embeddings.get(token as i64).copy_(&with);
            }
            embeddings
        }
    };
    let last = embeddings.size()[0] as usize - 1;
    let logits =
        model.logits(&embeddings.unsqueeze(0), embeddings.size()[0] as usize, last..last + 1).unwrap();
    logits.double_value(&[0, 0, i64::from(output)])
}

/// Which tokens a curve has removed, from an order by hand.
fn check_curves(measurement: &Measurement, order: &[usize], run: &dyn Fn(&[usize]) -> f64) {
    for curve in &measurement.curves {
        let mut order = order.to_vec();
        if curve.order == "least-relevant-first" {
            order.reverse();
        }
        for (share, value) in curve.removed.iter().zip(&curve.values) {
            let count = (share * order.len() as f64).round() as usize;
            close(*value, run(&order[..count]));
        }
    }
}

#[test]
fn curves_are_those_of_runs_one_by_one() {
    let operators = [Ablation::Deletion, Baseline::Zero.into(), Baseline::Mean.into()];
    let whole: Vec<u32> = INPUTS.into_iter().chain(OUTPUTS).collect();
    for model in [Box::new(Linear::new(6, 3)) as Box<dyn LanguageModel>, Box::new(Transformer::new(6, 2))] {
        let record = occluded(&*model, &sequence());
        let faithfulness = Faithfulness::new().operators(operators.to_vec()).random_orders(1).soft(0);
        let found = measured(&faithfulness, &*model, &sequence(), &[&record], &[0, 2]);
        assert_eq!(found.measurements.len(), 2 * 3 * 2);
        for (place, measurement) in found.measurements.iter().enumerate().filter(|(_, m)| m.draw.is_none()) {
            let output = measurement.output.unwrap();
            assert_eq!((output, measurement.method), ([0, 2][place / 6], 0));
            let operator = &operators[place / 2 % 3];
            assert_eq!(measurement.operator.as_deref(), Some(&*operator.to_string()));
            let ids = &whole[..INPUTS.len() + output];
            let row: Vec<f64> = record.attributions[output].iter().map(|x| x.unwrap()).collect();
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| row[*b].partial_cmp(&row[*a]).unwrap());
            check_curves(measurement, &order, &|removed| {
                by_hand(&*model, ids, OUTPUTS[output], removed, operator)
            });
        }
        // Sets that orders share run once, and what is before the first of them not at all where there is a cache.
        assert!(found.cost.tokens_forward < found.cost.tokens_naive, "{:?}", found.cost);
    }
}

/// Kendall's τ-b by counting pairs.
fn tau(a: &[f64], b: &[f64]) -> f64 {
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (i, j) in (0..a.len()).flat_map(|j| (0..j).map(move |i| (i, j))) {
        let sign = |x: &[f64]| x[i].partial_cmp(&x[j]).map_or(0.0, |order| f64::from(order as i8));
        (both, of_a, of_b) = (both + sign(a) * sign(b), of_a + sign(a).abs(), of_b + sign(b).abs());
    }
    both / f64::sqrt(of_a * of_b)
}

/// One pass without a set of tokens serves all outputs. Of each token alone, every output's loss is that of a pass of
/// its own; of many random subsets, every output's infidelity is that of all subsets of its context.
#[test]
fn sets_of_tokens_serve_all_outputs() {
    let model = Transformer::new(6, 2);
    let whole: Vec<u32> = INPUTS.into_iter().chain(OUTPUTS).collect();
    let record = occluded(&model, &sequence());
    for operator in [Ablation::Deletion, Baseline::Zero.into()] {
        let faithfulness = Faithfulness::new().operators(vec![operator.clone()]).random_orders(0).soft(0);
        let found = measured(&faithfulness.subsets(4000), &model, &sequence(), &[&record], &[0, 2]);
        for measurement in &found.measurements {
            let output = measurement.output.unwrap();
            let ids = &whole[..INPUTS.len() + output];
            let row: Vec<f64> = record.attributions[output].iter().map(|x| x.unwrap()).collect();
            let run = |removed: &[usize]| by_hand(&model, ids, OUTPUTS[output], removed, &operator);
            let lost = |removed: &[usize]| run(&[]) - run(removed);
            let each: Vec<f64> = (0..row.len()).map(|token| lost(&[token])).collect();
            close(measurement.metrics["tau-leave-one-out"], tau(&row, &each));

            let subsets = (1..(1_usize << row.len()) - 1)
                .map(|set| (0..row.len()).filter(|token| set >> token & 1 == 1).collect::<Vec<_>>());
            let pairs: Vec<(f64, f64)> =
                subsets.map(|set| (set.iter().map(|token| row[*token]).sum(), lost(&set))).collect();
            let mean = |f: &dyn Fn(f64, f64) -> f64| {
                pairs.iter().map(|(a, b)| f(*a, *b)).sum::<f64>() / pairs.len() as f64
            };
            let factor = mean(&|a, b| a * b) / mean(&|a, _| a * a);
            let expected = mean(&|a, b| (factor * a - b).powi(2));
            let variance = mean(&|a, b| ((factor * a - b).powi(2) - expected).powi(2));
            let error = (variance / 4000.0).sqrt();
            let found = measurement.metrics["infidelity"].unwrap();
            assert!(
                expected > 0.0 && (found - expected).abs() < 4.0 * error,
                "{found}, {expected} ± {error}"
            );
        }
    }
    // Beside both outputs and alone, the last one sees the same sets.
    let [both, alone] = [&[0, 2][..], &[2]].map(|outputs| {
        measured(&zero().random_orders(0), &model, &sequence(), &[&record], outputs).measurements
    });
    assert_eq!(both[1].metrics["infidelity"], alone[0].metrics["infidelity"]);
}

/// The network is so sure of what comes next that it samples nothing else.
#[test]
fn what_the_model_samples_is_what_it_expects() {
    struct Sure(Linear);
    impl LanguageModel for Sure {
        fn name(&self) -> &'static str {
            "a model that is sure"
        }
        fn limits(&self) -> saliency_attribution::Limits {
            self.0.limits()
        }
        fn embed(&self, ids: &[u32]) -> Result<Tensor, saliency_attribution::ModelError> {
            self.0.embed(ids)
        }
        fn logits(
            &self,
            embeddings: &Tensor,
            n_input: usize,
            positions: std::ops::Range<usize>,
        ) -> Result<Tensor, saliency_attribution::ModelError> {
            Ok(self.0.logits(embeddings, n_input, positions)? * 1e6)
        }
    }
    let (model, ids) = (Sure(Linear::new(6, 3)), [1_u32, 4, 0, 2]);
    let sequence = Sequence::from_ids(&ids, &[3]).unwrap();
    let ablation = Ablation::Resampled { draws: 3, seed: 5 };
    let parameters = saliency_attribution::Parameters::new().baseline(ablation);
    let attributor = Attributor::new().method_with("occlusion", parameters).target("logit");
    let record = attributor.record(&model, &sequence).unwrap();
    assert_eq!(record.method.as_ref().unwrap().baseline.as_deref(), Some("resampled:3:5"));
    let embeddings = model.embed(&ids).unwrap().unsqueeze(0);
    let expected = model.logits(&embeddings, 4, 0..4).unwrap().get(0).argmax(1, false);
    let value = |embeddings: &Tensor| model.logits(embeddings, 4, 3..4).unwrap().double_value(&[0, 0, 3]);
    for token in 1..4_usize {
        let sampled = expected.int64_value(&[token as i64 - 1]) as u32;
        let other = embeddings.copy();
        other.get(0).get(token as i64).copy_(&model.embed(&[sampled]).unwrap().get(0));
        let found = record.attributions[0][token].unwrap();
        let lost = value(&embeddings) - value(&other);
        assert!((found - lost).abs() <= 1e-9 * lost.abs().max(1.0), "token {token}: {found}, {lost}");
    }
}

#[test]
fn operators_that_a_model_cannot_serve_are_named() {
    let (served, others) = Faithfulness::new().for_model(&Linear::new(6, 3));
    assert_eq!(others, [Ablation::Masking]);
    let [_, _, encoder_decoder, ..] = models();
    let (_, others) = Faithfulness::new().for_model(&*encoder_decoder);
    assert!(others.contains(&Ablation::Resampled { draws: 1, seed: 0 }), "{others:?}");
    let (_, others) = Faithfulness::new().for_model(&*transformer());
    assert!(others.len() < 2, "{others:?}");
    let record = occluded(&Linear::new(6, 3), &sequence());
    measured(&served, &Linear::new(6, 3), &sequence(), &[&record], &[0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let model = Linear::new(6, 3);
    let record = occluded(&model, &sequence());
    let refused = |faithfulness: Faithfulness, sequence: &Sequence, outputs: &[usize]| {
        let target = target("logit").unwrap();
        let found = faithfulness.measure(&model, sequence, &*target, &[&record], outputs, &mut |_| true);
        found.unwrap_err().to_string()
    };
    let says = |message: String, start: &str| assert!(message.starts_with(start), "{message}");
    says(refused(zero().steps(4), &sequence(), &[0]), "steps is 4");
    says(refused(zero().operators(Vec::new()), &sequence(), &[0]), "operators is none");
    says(refused(zero(), &sequence(), &[3]), "outputs is 3");
    let other = Sequence::from_ids(&[1, 4, 0, 3], &OUTPUTS).unwrap();
    says(refused(zero(), &other, &[0]), "records is number 0");
    let masking = Faithfulness::new().operators(vec![Ablation::Masking]);
    says(refused(masking, &sequence(), &[0]), "faithfulness");
    let stopped =
        zero().measure(&model, &sequence(), &*target("logit").unwrap(), &[&record], &[0], &mut |_| false);
    assert!(matches!(stopped, Err(Error::Stopped)));
    // One token has nothing to be removed from; a constant row has no rank.
    let one = Sequence::from_ids(&[2], &[3]).unwrap();
    let found = measured(&zero().random_orders(1), &model, &one, &[&occluded(&model, &one)], &[0]);
    assert!(found.measurements[0].metrics.is_empty(), "{found:?}");
    let mut constant = record.clone();
    constant.attributions[0].fill(Some(1.0));
    let found = measured(&zero(), &model, &sequence(), &[&constant], &[0]);
    assert_eq!(found.measurements[0].metrics["tau-leave-one-out"], None);
    assert!(found.measurements[0].metrics["comprehensiveness"].is_some());
}

/// The Hellinger distance between what a model says next and what it says at other embeddings, `[1, tokens, hidden]`.
fn hellinger(model: &dyn LanguageModel, clean: &Tensor, other: &Tensor) -> f64 {
    let says = |embeddings: &Tensor| -> Vec<f64> {
        let tokens = embeddings.size()[1] as usize;
        let logits = model.logits(embeddings, tokens, tokens - 1..tokens).unwrap();
        Vec::try_from(logits.reshape([-1]).to_kind(Kind::Double).softmax(0, Kind::Double)).unwrap()
    };
    let squares: f64 = says(clean).iter().zip(says(other)).map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
    (squares / 2.0).sqrt()
}

fn soft(samples: usize) -> Faithfulness {
    Faithfulness::quick().operators(vec![Baseline::Zero.into()]).random_orders(0).soft(samples)
}

fn soft_metrics(measured: &Measured) -> Vec<(f64, f64)> {
    let soft = measured.measurements.iter().filter(|m| m.operator.as_deref() == Some("bernoulli"));
    soft.map(|m| (m.metrics["soft-nc"].unwrap(), m.metrics["soft-ns"].unwrap())).collect()
}

/// Half of the tokens have all of the attribution: they are kept for certain, and the others go.
#[test]
fn soft_masks_of_certain_tokens_are_single_passes() {
    for model in models() {
        let name = model.name().to_owned();
        let sequence = sequence();
        let (n, ids) = (sequence.n_input(), sequence.ids());
        let half = n / 2;
        let mut record = occluded(&*model, &sequence);
        // The order of the values does not matter, and neither do signs.
        record.attributions[0] = (0..n).map(|i| Some(if i >= half { -3.0 } else { 0.0 })).collect();
        if n % 2 == 1 || model.kept_inputs() > 0 {
            continue;
        }
        let found = soft_metrics(&measured(&soft(2), &*model, &sequence, &[&record], &[0]));
        let input = model.embed(&ids[..n]).unwrap().unsqueeze(0);
        let with = |keeps: &dyn Fn(usize) -> bool| {
            let mask: Vec<f64> = (0..n).map(|i| f64::from(u8::from(keeps(i)))).collect();
            let mask = Tensor::from_slice(&mask).to_kind(input.kind()).reshape([1, -1, 1]);
            hellinger(&*model, &input, &(&input * mask))
        };
        let nothing = with(&|_| false);
        let expected = (with(&|i| i < half) / nothing, (nothing - with(&|i| i >= half)).max(0.0) / nothing);
        assert!((found[0].0 - expected.0).abs() < 1e-6, "{name}: {found:?} and {expected:?}");
        assert!((found[0].1 - expected.1).abs() < 1e-6, "{name}: {found:?} and {expected:?}");
    }
}

/// Of equal attributions every number is kept with probability ½: the mean over all masks, counted one by one.
#[test]
fn soft_masks_of_equal_attributions_are_means_over_all_masks() {
    let model = Linear::new(5, 3);
    let sequence = Sequence::from_ids(&[1, 3], &[2]).unwrap();
    let mut record = occluded(&model, &sequence);
    record.attributions[0] = vec![Some(1.0); 2];
    let faithfulness = soft(4000).random_orders(2);
    let measured = measured(&faithfulness, &model, &sequence, &[&record], &[0]);
    let found = soft_metrics(&measured);
    // Two random orders beside, which keep one token's numbers twice as often as the other's.
    assert_eq!(found.len(), 3);
    let input = model.embed(&[1, 3]).unwrap().unsqueeze(0);
    let nothing = hellinger(&model, &input, &input.zeros_like());
    let mean = |keeps: [f64; 2]| {
        let mut mean = 0.0;
        for bits in 0..64_u32 {
            let kept: Vec<f64> = (0..6).map(|at| f64::from(bits >> at & 1)).collect();
            let chances = kept.iter().enumerate().map(|(at, kept)| {
                let keep = keeps[at / 3];
                kept * keep + (1.0 - kept) * (1.0 - keep)
            });
            let mask = Tensor::from_slice(&kept).reshape([1, 2, 3]);
            mean += chances.product::<f64>() * hellinger(&model, &input, &(&input * mask));
        }
        mean
    };
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 0.02, "{found} and {expected}");
    };
    close(found[0].0, mean([0.5, 0.5]) / nothing);
    close(found[0].1, (nothing - mean([0.5, 0.5])).max(0.0) / nothing);
    for (nc, ns) in &found[1..] {
        let first = [2.0 / 3.0, 1.0 / 3.0];
        let one = (mean([first[1], first[0]]) / nothing, (nothing - mean(first)).max(0.0) / nothing);
        let other = (mean(first) / nothing, (nothing - mean([first[1], first[0]])).max(0.0) / nothing);
        let is = |(a, b): (f64, f64)| (nc - a).abs() < 0.02 && (ns - b).abs() < 0.02;
        assert!(is(one) || is(other), "{nc}, {ns}: {one:?} or {other:?}");
    }
    assert!(mean([0.5, 0.5]) > 0.02 * nothing && nothing > 0.01);
}
