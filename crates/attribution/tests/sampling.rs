//! Sampling against its definition: which tokens may come, how often, and that a seed settles it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::{Sampler, Sampling};
use std::collections::BTreeMap;
use tch::Tensor;

const DRAWS: usize = 20_000;

/// Softmax of the logits ln 1, ln 2, ln 3, ln 4: probabilities .1, .2, .3, .4.
fn logits() -> Tensor {
    Tensor::from_slice(&[1.0_f64, 2.0, 3.0, 4.0]).log()
}

fn counts(sampling: &Sampling) -> BTreeMap<u32, usize> {
    let mut sampler = Sampler::new(sampling).unwrap();
    let mut counts = BTreeMap::new();
    for _ in 0..DRAWS {
        *counts.entry(sampler.choose(&logits()).unwrap()).or_default() += 1;
    }
    counts
}

fn random(temperature: f64, top_k: Option<usize>, top_p: Option<f64>) -> Sampling {
    Sampling::Random { temperature, top_k, top_p, seed: 3 }
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
    ] {
        let statistic = chi_squared(&sampling, &expected);
        assert!(statistic < quantiles[expected.len() - 2], "{sampling:?}: {statistic}");
    }
}

#[test]
fn a_seed_settles_every_draw_and_another_seed_changes_them() {
    let draws = |seed| {
        let sampling = Sampling::Random { temperature: 1.0, top_k: None, top_p: None, seed };
        let mut sampler = Sampler::new(&sampling).unwrap();
        (0..50).map(|_| sampler.choose(&logits()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
}

#[test]
fn greedy_takes_the_largest_and_of_equals_the_first() {
    let mut sampler = Sampler::new(&Sampling::Greedy).unwrap();
    assert_eq!(sampler.choose(&Tensor::from_slice(&[0.0_f32, 2.0, 2.0, 1.0])).unwrap(), 1);
}
