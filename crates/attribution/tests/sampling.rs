//! Sampling against its definition: which tokens may come, how often, and that a seed settles it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::Linear;
use saliency_attribution::{Generation, Sampler, Sampling, generate_with};
use std::collections::BTreeMap;
use tch::Tensor;

const DRAWS: usize = 20_000;

/// Softmax of the logits ln 1, ln 2, ln 3, ln 4: probabilities .1, .2, .3, .4.
fn logits() -> [f64; 4] {
    [1.0, 2.0, 3.0, 4.0].map(f64::ln)
}

fn counts(sampling: &Sampling) -> BTreeMap<u32, usize> {
    let mut sampler = Sampler::new(sampling).unwrap();
    let mut counts = BTreeMap::new();
    for _ in 0..DRAWS {
        *counts.entry(sampler.choose(&logits())).or_default() += 1;
    }
    counts
}

fn random(temperature: f64, top_k: Option<usize>, top_p: Option<f64>) -> Sampling {
    Sampling::Random { temperature, top_k, top_p, min_p: None, seed: 3 }
}

fn min_p(min_p: f64, temperature: f64) -> Sampling {
    Sampling::Random { temperature, top_k: None, top_p: None, min_p: Some(min_p), seed: 4 }
}

/// Pearson's χ² against expected shares; tokens without a share must not come.
fn chi_squared(sampling: &Sampling, expected: &[(u32, f64)]) -> f64 {
    let counts = counts(sampling);
    let known: Vec<u32> = expected.iter().map(|(id, _)| *id).collect();
    assert!(counts.keys().all(|id| known.contains(id)), "{counts:?}");
    let term = |&(id, share): &(u32, f64)| {
        let expected = share * DRAWS as f64;
        (counts.get(&id).copied().unwrap_or(0) as f64 - expected).powi(2) / expected
    };
    expected.iter().map(term).sum()
}

#[test]
fn draws_follow_the_definition() {
    // The 99.9 % quantiles of χ² with 1, 2, 3 degrees of freedom.
    let quantiles = [10.83, 13.82, 16.27];
    let third = 1.0 / 3.0;
    for (sampling, expected) in [
        (random(1.0, None, None), vec![(0, 0.1), (1, 0.2), (2, 0.3), (3, 0.4)]),
        // At temperature ½ probabilities go as their squares: 1, 4, 9, 16 of 30.
        (random(0.5, None, None), vec![(0, 1.0 / 30.0), (1, 4.0 / 30.0), (2, 9.0 / 30.0), (3, 16.0 / 30.0)]),
        (random(1.0, Some(2), None), vec![(2, 3.0 / 7.0), (3, 4.0 / 7.0)]),
        // .4 + .3 is the smallest set with at least .7; .71 needs .2 more.
        (random(1.0, None, Some(0.69)), vec![(2, 3.0 / 7.0), (3, 4.0 / 7.0)]),
        (random(1.0, None, Some(0.71)), vec![(1, 2.0 / 9.0), (2, third), (3, 4.0 / 9.0)]),
        // top-k first: of {3, 2, 1} with 4/9, 3/9, 2/9, half of the mass is reached with two.
        (random(1.0, Some(3), Some(0.5)), vec![(2, 3.0 / 7.0), (3, 4.0 / 7.0)]),
        // Half of .4 is .2, and what is just as probable stays.
        (min_p(0.5, 1.0), vec![(1, 2.0 / 9.0), (2, third), (3, 4.0 / 9.0)]),
        (min_p(0.51, 1.0), vec![(2, 3.0 / 7.0), (3, 4.0 / 7.0)]),
        // After the temperature: of 1, 4, 9, 16 half of the largest is 8.
        (min_p(0.5, 0.5), vec![(2, 9.0 / 25.0), (3, 16.0 / 25.0)]),
    ] {
        let statistic = chi_squared(&sampling, &expected);
        assert!(statistic < quantiles[expected.len() - 2], "{sampling:?}: {statistic}");
    }
}

#[test]
fn a_seed_settles_every_draw_and_another_seed_changes_them() {
    let draws = |seed| {
        let sampling = Sampling::random(seed);
        let mut sampler = Sampler::new(&sampling).unwrap();
        (0..50).map(|_| sampler.choose(&logits())).collect::<Vec<_>>()
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
}

#[test]
fn greedy_takes_the_largest_and_of_equals_the_first() {
    let mut sampler = Sampler::new(&Sampling::Greedy).unwrap();
    assert_eq!(sampler.choose(&[0.0, 2.0, 2.0, 1.0]), 1);
    assert_eq!(sampler.choose(&[f64::NAN, -1.0, f64::NEG_INFINITY]), 1);
}

/// Offers the logits ln 1 … ln 4 whatever was read.
fn continued(generation: &Generation, input: &[u32]) -> Result<Vec<u32>, saliency_attribution::Error> {
    let model = Linear::new(4, 2);
    generate_with(&model, input, generation, &mut |_| true, |_| Ok(Tensor::from_slice(&logits())))
}

#[test]
fn the_penalty_divides_and_multiplies_what_was_seen() {
    // ln 4 / 2 = ln 2 < ln 3; then ln 3 / 2 < ln 2, which is now shared by 1 and the penalised 3: the first of equals.
    let generation = Generation::greedy(3).repetition_penalty(2.0);
    assert_eq!(continued(&generation, &[0]).unwrap(), [3, 2, 1]);
    // Below 1 it attracts: ln 2 / 0.4 > ln 4.
    assert_eq!(continued(&Generation::greedy(2).repetition_penalty(0.4), &[1]).unwrap(), [1, 1]);
    // Negative logits are multiplied.
    let below = |ids: &[u32]| {
        let shifted = Tensor::from_slice(&[-1.0_f64, -2.0, -3.0, -4.0]);
        let _ = ids;
        Ok(shifted)
    };
    let model = Linear::new(4, 2);
    let generation = Generation::greedy(3).repetition_penalty(3.0);
    let found = generate_with(&model, &[3], &generation, &mut |_| true, below).unwrap();
    // -1; then -3 and -2; then -3, -6, -3: the first of equals.
    assert_eq!(found, [0, 1, 0]);
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let message = |generation: Generation| continued(&generation, &[0]).unwrap_err().to_string();
    assert!(message(Generation::greedy(2).at_least(3)).starts_with("at-least is 3"));
    assert!(message(Generation::greedy(2).repetition_penalty(0.0)).starts_with("repetition-penalty is 0"));
    assert!(message(Generation::greedy(2).repetition_penalty(f64::NAN)).starts_with("repetition-penalty"));
    assert!(message(Generation::greedy(2).stop("")).starts_with("stop"));
    assert!(message(Generation::greedy(2).stop(".")).contains("tokenizer"));
    assert!(message(Generation::new(2, min_p(1.5, 1.0))).starts_with("min-p is 1.5"));
}
