//! Attributions of models with random weights, and of other tokens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use saliency_attribution::testing::Linear;
use saliency_attribution::{Aggregate, Attributor, LanguageModel, Parameters, Sanity, Sequence};
use saliency_schema::scores::{Better, Score};
use saliency_schema::{Record, spearman};

#[test]
fn attributions_are_compared_with_those_of_random_blocks_and_of_another_token() {
    let model = common::open("gpt2-a", tch::Kind::Double).model;
    let sequence = Sequence::from_ids(&[5, 17, 3, 29, 11, 2], &[8, 40]).unwrap();
    let attributors =
        ["gradient-x-input", "random"].map(|name| Attributor::new().method(name).target("logit"));
    let records: Vec<_> = attributors.iter().map(|a| a.record(&model, &sequence).unwrap()).collect();
    let mut share = 0.0;
    let scores = Sanity::new()
        .points(2)
        .seed(3)
        .scores(&model, &sequence, (&attributors, &records), &mut |progress| {
            assert!(progress.share >= share);
            share = progress.share;
            true
        })
        .unwrap();
    let blocks = model.randomize().unwrap().blocks();
    let by_weights = |score: &&Score| {
        ["cascading", "independent", "target"].contains(&score.condition.as_deref().unwrap())
    };
    // Two steps from the last block down, two blocks alone, and the target; l2 has no sign, random numbers have.
    assert_eq!(scores.iter().filter(by_weights).count(), 5 * (1 + 2));
    // The order by token and by place; noise, which has one number; a seed for the method that samples.
    assert_eq!(scores.len(), 5 * (1 + 2) + 2 * (1 + 2) + 2 + 2);
    for score in scores.iter().filter(by_weights) {
        let by_output = &score.by_output;
        assert_eq!((by_output.len(), score.measure.as_str()), (2, "spearman"));
        let mean = by_output.iter().map(|x| x.unwrap()).sum::<f64>() / 2.0;
        assert!((score.value.unwrap() - mean).abs() < 1e-15);
        if score.method == 1 {
            // Random numbers do not look at the model.
            assert!((mean - 1.0).abs() < 1e-15);
        }
    }
    let first = |condition: &str| {
        let is = |score: &&saliency_schema::scores::Score| {
            score.method == 0 && score.condition.as_deref() == Some(condition)
        };
        scores.iter().find(is).unwrap().clone()
    };
    // The numbers are those of the randomised model itself.
    let half = (blocks as f64 / 2.0).round() as usize;
    let cascading = first("cascading");
    assert_eq!(cascading.blocks, Some(half));
    let random = model.randomize().unwrap().randomized(blocks - half..blocks, 3).unwrap();
    assert!(random.name().contains("random blocks"), "{}", random.name());
    let changed = attributors[0].record(&*random, &sequence).unwrap();
    let expected = spearman(&records[0].attributions[0], &changed.attributions[0]);
    assert_eq!(cascading.by_output[0], expected);
    assert!(cascading.value.unwrap() < 1.0 && first("target").value.unwrap() < 1.0);
    assert_eq!(first("independent").blocks, Some(half));
}

fn scores(
    sanity: &Sanity,
    model: &dyn LanguageModel,
    sequence: &Sequence,
    attributor: &Attributor,
) -> Vec<Score> {
    let record = attributor.record(model, sequence).unwrap();
    let one = (std::slice::from_ref(attributor), &[record][..]);
    sanity.scores(model, sequence, one, &mut |_| true).unwrap()
}

fn value(scores: &[Score], condition: &str) -> f64 {
    let found = scores.iter().find(|score| score.condition.as_deref() == Some(condition));
    found.unwrap().value.unwrap()
}

/// Of a linear model, a token's attribution moves by `w · u`, whose square is `‖w‖² r² / 3` on the average.
#[test]
fn noise_moves_attributions_of_a_linear_model_as_a_sum_of_uniform_numbers() {
    let model = Linear::new(12, 3);
    let sequence = Sequence::from_ids(&[0, 7, 3, 11], &[6]).unwrap();
    let attributor = Attributor::new().target("logit").aggregate(Aggregate::Sum);
    // What a token's logit gains by one unit in one dimension, from the model's own logits.
    let embeddings = model.embed(&[0, 7, 3, 11]).unwrap().unsqueeze(0);
    let logit = |x: &tch::Tensor| model.logits(x, 4, 3..4).unwrap().double_value(&[0, 0, 6]);
    let (clean, hidden) = (logit(&embeddings), embeddings.size()[2]);
    let mut squares = 0.0;
    for token in 0..4 {
        for dimension in 0..hidden {
            let moved = embeddings.copy();
            let _ = moved.get(0).get(token).get(dimension).g_add_scalar_(1.0);
            squares += (logit(&moved) - clean).powi(2);
        }
    }
    let row = attributor.record(&model, &sequence).unwrap().attributions[0].clone();
    let size: f64 = row.iter().map(|x| x.unwrap().powi(2)).sum();
    let table: Vec<u32> = (0..model.limits().vocabulary as u32).collect();
    let table = model.embed(&table).unwrap().to_kind(tch::Kind::Double);
    let radius = 0.1 * table.std(false).double_value(&[]);
    let expected = squares * radius.powi(2) / 3.0 / size;
    let of = |seed: u64, draws: u32| {
        value(&scores(&Sanity::new().seed(seed).draws(draws), &model, &sequence, &attributor), "noise")
    };
    let found: Vec<f64> = (0..600).map(|seed| of(seed, 1).powi(2)).collect();
    let mean = found.iter().sum::<f64>() / 600.0;
    let error = (found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 600.0 / 600.0).sqrt();
    assert!((mean - expected).abs() < 4.0 * error, "{mean} and {expected} ± {error}");
    assert!(error < 0.05 * expected);
    // The largest of more draws is larger; a gradient that is the same everywhere does not move.
    assert!(of(0, 8) > of(0, 1));
    let gradient = Attributor::new().method("gradient").target("logit");
    assert!(value(&scores(&Sanity::new().draws(3), &model, &sequence, &gradient), "noise") < 1e-300);
}

#[test]
fn another_seed_is_taken_where_there_is_one() {
    let model = Linear::new(12, 3);
    let sequence = Sequence::from_ids(&[0, 7, 3, 11, 2], &[6]).unwrap();
    let random = |seed: u64| {
        let attributor = Attributor::new().method_with("random", Parameters::new().seed(seed));
        (attributor.clone(), attributor.record(&model, &sequence).unwrap())
    };
    let found = scores(&Sanity::new().seed(4).draws(0), &model, &sequence, &random(0).0);
    let seed: Vec<&Score> = found.iter().filter(|s| s.condition.as_deref() == Some("seed")).collect();
    let row = |record: &Record| record.attributions[0].clone();
    assert_eq!(seed[0].value, spearman(&row(&random(0).1), &row(&random(5).1)));
    assert_eq!(seed[0].better, Some(Better::Higher));
    // Where that is the method's own, the next.
    let found = scores(&Sanity::new().seed(4).draws(0), &model, &sequence, &random(5).0);
    let expected = spearman(&row(&random(5).1), &row(&random(6).1)).unwrap();
    assert!((value(&found, "seed") - expected).abs() < 1e-15);
    let plain = scores(&Sanity::new().draws(0), &model, &sequence, &Attributor::new());
    assert!(plain.iter().all(|score| score.condition.as_deref() != Some("seed")));
    assert!(plain.iter().all(|score| score.measure != "sensitivity-max"));
}

#[test]
fn rows_of_a_shuffled_text_are_compared_by_token_and_by_place() {
    let ids = [5, 17, 3, 29, 11];
    let model = common::open("gpt2-a", tch::Kind::Double).model;
    let sequence = Sequence::from_ids(&ids, &[8]).unwrap();
    let sanity = Sanity::new().points(1).draws(0).seed(1);
    let attributor = Attributor::new().target("logit");
    let found = scores(&sanity, &model, &sequence, &attributor);
    let found = (value(&found, "input-order-by-token"), value(&found, "input-order-by-place"));
    // One of all orders gives both, run as a text of its own.
    let row = |ids: &[u32]| {
        let record = attributor.record(&model, &Sequence::from_ids(ids, &[8]).unwrap()).unwrap();
        record.attributions[0].clone()
    };
    let (own, mut matches) = (row(&ids), 0);
    for order in orders(5) {
        let changed = row(&order.iter().map(|place| ids[*place]).collect::<Vec<_>>());
        let back: Vec<_> =
            (0..5).map(|token| changed[order.iter().position(|from| *from == token).unwrap()]).collect();
        let both = (spearman(&own, &back).unwrap(), spearman(&own, &changed).unwrap());
        matches += usize::from((both.0 - found.0).abs() < 1e-12 && (both.1 - found.1).abs() < 1e-12);
    }
    assert!((1..30).contains(&matches), "{matches} of 120 orders");
    // The control that looks at places alone.
    let position = scores(&sanity, &model, &sequence, &Attributor::new().method("position"));
    assert!((value(&position, "input-order-by-place") - 1.0).abs() < 1e-15);
    assert!(value(&position, "input-order-by-token") < 1.0);
}

fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let longer = |order: Vec<usize>| {
        (0..n).map(move |at| [&order[..at], &[n - 1], &order[at..]].concat()).collect::<Vec<_>>()
    };
    orders(n - 1).into_iter().flat_map(longer).collect()
}
