//! Generation on a real network: runs that share a text, texts that stop, the least number of tokens, and draws that
//! follow the model's own distribution whatever the number of threads.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, open, text};
use saliency_attribution::{Generation, LanguageModel, Sampling};
use saliency_schema::Kind as TokenKind;
use std::collections::BTreeMap;
use tch::Kind;

fn random(seed: u64, top_k: Option<usize>, top_p: Option<f64>, min_p: Option<f64>) -> Generation {
    Generation::new(8, Sampling::Random { temperature: 0.8, top_k, top_p, min_p, seed })
}

#[test]
fn runs_that_share_the_text_are_those_of_their_own() {
    for model in MODELS {
        let gpt2 = open(model, Kind::Float);
        let generations = [
            random(1, None, None, None),
            Generation::greedy(5),
            random(2, Some(5), None, None).repetition_penalty(1.5),
            random(1, None, None, None),
        ];
        let mut heard = vec![Vec::new(); generations.len()];
        let together = gpt2
            .generate_runs(text(model), &generations, &mut |run, id| {
                heard[run].push(id);
                true
            })
            .unwrap();
        for ((generation, run), heard) in generations.iter().zip(&together).zip(&heard) {
            let alone = gpt2.generate(text(model), generation).unwrap();
            assert_eq!(alone.ids(), run.ids(), "{generation:?}");
            assert_eq!(heard, &run.ids()[run.n_input()..]);
        }
        assert_ne!(together[0].ids(), together[2].ids());
    }
}

#[test]
fn what_each_stops_is_that_run_only() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let generations = [Generation::greedy(6), Generation::greedy(6)];
    let runs = gpt2.generate_runs(text("gpt2-a"), &generations, &mut |run, _| run != 0).unwrap();
    assert_eq!((runs[0].n_output(), runs[1].n_output()), (1, 6));
    assert_eq!(runs[0].ids()[runs[0].n_input()], runs[1].ids()[runs[1].n_input()]);
}

#[test]
fn a_text_stops_it_and_stays_in_the_output() {
    let gpt2 = open("gpt2-b", Kind::Float);
    let mut tried = 0;
    for seed in 0..20 {
        let generation = Generation::sample(8, seed);
        let free = gpt2.generate("a b", &generation).unwrap();
        let outputs = &free.tokens()[free.n_input()..];
        let said: Vec<u8> = outputs.iter().flat_map(|token| token.exact_bytes().to_vec()).collect();
        let text = String::from_utf8_lossy(&said).into_owned();
        // Every stretch of up to three whole characters stops the run where it is first complete.
        for (begins, _) in text.char_indices() {
            let stop: String = text[begins..].chars().take(3).take_while(|c| *c != '\u{fffd}').collect();
            let Some(first) = said.windows(stop.len().max(1)).position(|w| w == stop.as_bytes()) else {
                continue;
            };
            let stopped = gpt2.generate("a b", &generation.clone().stop(&stop)).unwrap();
            let mut end = 0;
            let expected = outputs.iter().take_while(|token| {
                let goes_on = end < first + stop.len();
                end += token.exact_bytes().len();
                goes_on
            });
            assert_eq!(stopped.n_output(), expected.count(), "{stop:?} in {text:?}");
            let late = gpt2.generate("a b", &generation.clone().stop(&stop).at_least(8)).unwrap();
            let without = gpt2.generate("a b", &generation.clone().at_least(8)).unwrap();
            assert_eq!(late.ids(), without.ids());
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn the_end_of_text_token_waits_for_the_least_number() {
    let gpt2 = open("gpt2-a", Kind::Float);
    let end = gpt2.model.end_of_text().unwrap();
    // Draws at a high temperature come upon the end sooner or later.
    let hot = |seed, at_least| {
        let sampling = Sampling::Random { temperature: 50.0, top_k: None, top_p: None, min_p: None, seed };
        Generation::new(40, sampling).at_least(at_least)
    };
    let text = "a";
    let ended = (0..400).find(|&seed| {
        let ids = gpt2.generate(text, &hot(seed, 0)).unwrap();
        ids.n_output() < 30 && ids.ids().last() == Some(&end)
    });
    let seed = ended.expect("of 400 runs at least one ends");
    let longer = gpt2.generate(text, &hot(seed, 30)).unwrap();
    assert!(longer.n_output() >= 30, "{}", longer.n_output());
    let made = &longer.ids()[longer.n_input()..];
    assert!(!made[..29].contains(&end));
}

/// The 99.9 % quantile of χ² (Wilson and Hilferty 1931; within 1 % from 5 degrees of freedom on).
fn quantile(degrees: f64) -> f64 {
    let z = 3.0902;
    degrees * (1.0 - 2.0 / (9.0 * degrees) + z * (2.0 / (9.0 * degrees)).sqrt()).powi(3)
}

#[test]
fn draws_follow_the_models_own_distribution_and_threads_do_not_matter() {
    const DRAWS: usize = 6000;
    let gpt2 = open("gpt2-a", Kind::Float);
    let ids: Vec<u32> =
        gpt2.tokenizer.encode(&text("gpt2-a"), TokenKind::Input, 0).unwrap().iter().map(|t| t.id).collect();
    let embeddings = gpt2.model.embed(&ids).unwrap().unsqueeze(0);
    let logits = gpt2.model.logits(&embeddings, ids.len(), ids.len() - 1..ids.len()).unwrap();
    let logits: Vec<f64> = Vec::try_from(logits.flatten(0, -1).to_kind(Kind::Double)).unwrap();
    for (top_k, top_p, min_p) in [
        (None, None, None),
        (Some(12), None, None),
        (None, Some(0.6), None),
        (None, None, Some(0.2)),
        (Some(30), Some(0.8), Some(0.1)),
    ] {
        // The definition, written down again: temperature, then the k largest, the smallest set with share p, those
        // within min-p.
        let largest = logits.iter().copied().fold(f64::MIN, f64::max);
        let mut shares: Vec<(usize, f64)> =
            logits.iter().map(|x| ((x - largest) / 0.8).exp()).enumerate().collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares.truncate(top_k.unwrap_or(usize::MAX));
        let total: f64 = shares.iter().map(|s| s.1).sum();
        let mut before = 0.0;
        shares.retain(|(_, share)| {
            let keep = before < top_p.unwrap_or(2.0) * total && *share >= min_p.unwrap_or(0.0);
            before += share;
            keep
        });
        let total: f64 = shares.iter().map(|s| s.1).sum();
        let draw = |threads| {
            tch::set_num_threads(threads);
            let one = |seed| {
                let mut generation = random(seed, top_k, top_p, min_p);
                generation.tokens = 1;
                generation
            };
            let generations: Vec<Generation> = (0..DRAWS as u64).map(one).collect();
            let runs = gpt2.model.generate_runs(&ids, &generations, &mut |_, _| true).unwrap();
            runs.into_iter().map(|run| run[0]).collect::<Vec<u32>>()
        };
        let drawn = draw(1);
        assert_eq!(drawn, draw(2), "threads");
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for id in drawn {
            *counts.entry(id).or_default() += 1;
        }
        // Tokens that are expected fewer than 5 times are put together.
        let (mut statistic, mut cells, mut rare) = (0.0, 0_usize, (0.0, 0.0));
        for (id, share) in &shares {
            let (expected, found) =
                (share / total * DRAWS as f64, counts.remove(&(*id as u32)).unwrap_or(0) as f64);
            if expected < 5.0 {
                rare = (rare.0 + expected, rare.1 + found);
                continue;
            }
            statistic += (found - expected).powi(2) / expected;
            cells += 1;
        }
        if rare.0 >= 5.0 {
            statistic += (rare.1 - rare.0).powi(2) / rare.0;
            cells += 1;
        }
        assert!(counts.is_empty(), "tokens outside the set were drawn: {counts:?}");
        assert!(cells > 5, "{cells} cells");
        assert!(
            statistic < quantile(cells as f64 - 1.0),
            "{top_k:?} {top_p:?} {min_p:?}: χ² {statistic} of {cells} cells"
        );
    }
}
