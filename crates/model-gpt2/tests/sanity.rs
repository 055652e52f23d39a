//! Attributions of models with random weights, and of other tokens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use saliency_attribution::{Attributor, LanguageModel, Sanity, Sequence};
use saliency_schema::spearman;

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
    // Two steps from the last block down, two blocks alone, and the target; l2 has no sign, random numbers have.
    assert_eq!(scores.len(), 5 * (1 + 2));
    for score in &scores {
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
