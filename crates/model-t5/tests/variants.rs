//! Small checkpoints in every form that people have, against what the transformers library answers on them
//! (`variants/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_row, at, configured, ids, json, logits, open, rows};
use saliency_attribution::{Generation, LanguageModel, generate_with};
use saliency_model_t5::Checkpoint;
use serde_json::Value;
use std::path::PathBuf;
use tch::Kind;

/// Twelve digits are kept. In single precision: rounding through some hundreds of operations.
const TOLERANCES: [(Kind, f64); 2] = [(Kind::Double, 1e-9), (Kind::Float, 5e-5)];

/// Every folder with what is expected of it.
fn folders() -> Vec<(String, PathBuf, Value)> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(at("variants")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let with = |folder: PathBuf| {
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let expected = folder.join("expected.json");
        expected.is_file().then(|| (name, folder, json(&expected)))
    };
    folders.into_iter().filter_map(with).collect()
}

/// Logits of a target that is forced, source and target apart.
fn check(checkpoint: &Checkpoint, expected: &Value, tolerance: f64, what: &str) {
    let (source, target) = (ids(&expected["ids"]), ids(&expected["target"]));
    for (position, row) in ids(&expected["positions"]).iter().zip(rows(&expected["logits"])) {
        let found = logits(&checkpoint.model, (&source, &target), *position as usize);
        assert_row(&found, &row, tolerance, &format!("{what}, position {position}"));
    }
}

#[test]
fn logits_and_continuations_are_the_peers() {
    let mut seen = 0;
    for (name, folder, expected) in folders() {
        seen += 1;
        for (kind, tolerance) in TOLERANCES {
            let checkpoint = open(&folder, kind);
            check(&checkpoint, &expected, tolerance, &format!("{name}, {kind:?}"));
            assert_eq!(checkpoint.warnings, [""; 0], "{name}");
            let mut input = ids(&expected["ids"]);
            input.push(checkpoint.model.start_token().unwrap());
            let greedy = ids(&expected["greedy"]);
            let generation = Generation::greedy(greedy.len());
            let found = checkpoint.model.generate(&input, &generation, &mut |_| true).unwrap();
            assert_eq!(found, greedy, "{name}");
            let whole = |ids: &[u32]| {
                let embeddings = checkpoint.model.embed(ids)?.unsqueeze(0);
                let last = ids.len() - 1;
                Ok(checkpoint.model.logits(&embeddings, input.len(), last..ids.len())?.flatten(0, -1))
            };
            let plain = generate_with(&checkpoint.model, &input, &generation, &mut |_| true, whole).unwrap();
            assert_eq!(plain, greedy, "{name}, without a cache");
        }
    }
    assert_eq!(seen, 9);
}

#[test]
fn every_field_counts_as_it_does_for_the_peer() {
    let cases = json(&at("variants/cases.json"));
    let cases = cases.as_array().unwrap();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let copy = configured(&at("variants").join(case["folder"].as_str().unwrap()), |config| {
            let config = config.as_object_mut().unwrap();
            for field in case["drop"].as_array().unwrap() {
                config.remove(field.as_str().unwrap());
            }
            config.extend(case["set"].as_object().unwrap().clone());
        });
        for (kind, tolerance) in TOLERANCES {
            check(&open(copy.path(), kind), case, tolerance, &format!("{name}, {kind:?}"));
        }
    }
    assert_eq!(cases.len(), 6);
}

#[test]
fn tokens_and_their_places_are_the_peers() {
    let mut seen = 0;
    for (name, folder, expected) in folders() {
        let Some(text) = expected.get("text").and_then(Value::as_str) else { continue };
        seen += 1;
        let checkpoint = open(&folder, Kind::Double);
        let (all, greedy) = (ids(&expected["ids"]), ids(&expected["greedy"]));
        let sequence = checkpoint.generate(text, &Generation::greedy(greedy.len())).unwrap();
        let start = checkpoint.model.start_token().unwrap();
        assert_eq!(sequence.ids(), [&all[..], &[start], &greedy].concat(), "{name}");
        let tokens = sequence.tokens();
        let begun = usize::from(checkpoint.tokenizer.adds_bos());
        let first = tokens[..begun].last().map_or(0, |bos| bos.end.unwrap());
        let mut reached = 0;
        for token in tokens {
            let (start, end) = (token.start.unwrap(), token.end.unwrap());
            assert!(reached <= start && start <= end, "{name}: {token:?}");
            reached = end;
        }
        // The text's own tokens: the slice that they stand at, which holds what the peer says they come from.
        let offsets = expected.get("offsets").map_or(Vec::new(), rows);
        for (i, token) in tokens[begun..all.len() - 1].iter().enumerate() {
            let (start, end) = (token.start.unwrap() - first, token.end.unwrap() - first);
            assert_eq!(token.exact_bytes(), &text.as_bytes()[start..end], "{name}: {token:?}");
            // The peer gives a space that was put before a word the word's first character.
            if token.text.trim().is_empty() {
                continue;
            }
            // It gives parts of one character all of it, and a token that a normaliser's letter was split into
            // the whole letter.
            if let Some(offset) = offsets.get(begun + i) {
                let to = offset[1] as usize;
                let between = &text.as_bytes()[end.min(to)..end.max(to)];
                assert!(between.iter().all(|byte| !byte.is_ascii()), "{name}: {token:?}, {offset:?}");
            }
        }
        let last = &tokens[all.len() - 1..=all.len()];
        assert_eq!([last[0].start, last[1].start], [Some(first + text.len()); 2], "{name}");
        assert_eq!([last[0].end, last[1].end], [Some(first + text.len()); 2], "{name}");
    }
    assert_eq!(seen, 4);
}

/// A target that is given is a text of its own, as the peer's labels are.
#[test]
fn a_forced_target_is_a_text_of_its_own() {
    let checkpoint = open(&at("variants/t5"), Kind::Double);
    let sequence = checkpoint.force("question: Who races to Mars?", "Boeing has stated that.").unwrap();
    let alone = checkpoint.force("Boeing has stated that.", "a").unwrap();
    let target = &sequence.ids()[sequence.n_input()..];
    assert_eq!(target, &alone.ids()[..alone.n_input() - 2]);
    let texts: String = sequence.tokens()[sequence.n_input()..].iter().map(|t| t.text.as_str()).collect();
    assert_eq!(texts, "Boeing has stated that.");
    assert_eq!(sequence.tokens()[sequence.n_input()].start, Some("question: Who races to Mars?".len()));
}
