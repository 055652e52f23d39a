//! Small checkpoints in every form that people have, against what the transformers library answers on them
//! (`variants/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_row, at, configured, ids, json, logits, open, rows};
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::Tokenizer;
use saliency_model_llama::{Checkpoint, Config};
use saliency_schema::Kind as TokenKind;
use serde_json::Value;
use std::path::{Path, PathBuf};
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

/// Logits and greedy tokens, which the peer finds without a cache.
fn check(checkpoint: &Checkpoint, expected: &Value, tolerance: f64, what: &str) {
    let read = ids(&expected["ids"]);
    for (position, row) in ids(&expected["positions"]).iter().zip(rows(&expected["logits"])) {
        let found = logits(&checkpoint.model, &read, *position as usize);
        assert_row(&found, &row, tolerance, &format!("{what}, position {position}"));
    }
    let greedy = ids(&expected["greedy"]);
    let generation = Generation::greedy(greedy.len());
    let found = checkpoint.model.generate(&read, &generation, &mut |_| true).unwrap();
    assert_eq!(found, greedy, "{what}");
}

#[test]
fn logits_and_continuations_are_the_peers() {
    let mut seen = 0;
    for (name, folder, expected) in folders() {
        if expected.get("logits").is_none() {
            continue;
        }
        seen += 1;
        for (kind, tolerance) in TOLERANCES {
            let checkpoint = open(&folder, kind);
            check(&checkpoint, &expected, tolerance, &format!("{name}, {kind:?}"));
            assert_eq!(!checkpoint.warnings.is_empty(), name == "head-differs", "{:?}", checkpoint.warnings);
        }
    }
    assert_eq!(seen, 21);
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
                config.remove(field.as_str().unwrap()).unwrap();
            }
            config.extend(case["set"].as_object().unwrap().clone());
        });
        for (kind, tolerance) in TOLERANCES {
            let checkpoint = open(copy.path(), kind);
            check(&checkpoint, case, tolerance, &format!("{name}, {kind:?}"));
            let dynamic = name.starts_with("dynamic");
            assert_eq!(!checkpoint.warnings.is_empty(), dynamic, "{name}: {:?}", checkpoint.warnings);
        }
    }
    assert_eq!(cases.len(), 57);
}

/// Generation stops where the peer's does: it would go on for longer.
#[test]
fn texts_end_where_the_peers_do() {
    for name in ["eos-list", "eos-generation-config"] {
        let folder = at("variants").join(name);
        let expected = json(&folder.join("expected.json"));
        let model = open(&folder, Kind::Double).model;
        let found = model.generate(&ids(&expected["ids"]), &Generation::greedy(20), &mut |_| true).unwrap();
        assert_eq!(found, ids(&expected["greedy"]), "{name}");
    }
}

#[test]
fn tokens_and_their_places_are_the_peers() {
    let mut seen = 0;
    for (name, folder, expected) in folders() {
        let Some(text) = expected.get("text").and_then(Value::as_str) else { continue };
        seen += 1;
        let tokenizer = Tokenizer::open(&folder).unwrap();
        let found = tokenizer.encode(text, TokenKind::Input, 0).unwrap();
        let begun = usize::from(tokenizer.adds_bos());
        assert_eq!(expected.get("ids_without_special").is_some(), begun > 0, "{name}");
        let all = ids(&expected["ids"]);
        assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), all[begun..], "{name}");
        // The peer gives parts of one character all of its bytes, spaces to some that stand for none, and to a
        // character that a normaliser composes the first of its parts.
        for (token, offset) in found.iter().zip(&rows(&expected["offsets"])[begun..]) {
            let (start, end) = (token.start.unwrap(), token.end.unwrap());
            let (first, last) = (offset[0] as usize, offset[1] as usize);
            let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
            let composed = end > last && text[last..end].chars().all(is_mark);
            assert!(first <= start && (end <= last || composed), "{name}: {token:?}, {offset:?}");
        }
        let checkpoint = open(&folder, Kind::Double);
        let greedy = ids(&expected["greedy"]);
        let sequence = checkpoint.generate(text, &Generation::greedy(greedy.len())).unwrap();
        assert_eq!(sequence.ids(), [all, greedy].concat(), "{name}");
    }
    assert_eq!(seen, 5);
}

#[test]
fn configurations_are_read_or_refused_as_the_peer_does() {
    let cases = json(&at("variants/configs.json"));
    for case in cases.as_array().unwrap() {
        let why = case["why"].as_str().unwrap();
        let read = Config::from_json(case["config"].to_string().as_bytes(), Path::new("config.json"));
        let expected = match case.get("reader").and_then(Value::as_str) {
            Some("refuse") => Some(false),
            Some(_) => None,
            None => case["reads"].as_bool(),
        };
        if let Some(expected) = expected {
            assert_eq!(read.is_ok(), expected, "{why}: {read:?}");
        }
        let config = match read {
            Ok(config) => config,
            Err(error) => {
                let sentence = error.to_string();
                assert!(sentence.starts_with("config.json") && !sentence.contains('\n'), "{why}: {sentence}");
                continue;
            }
        };
        for (field, value) in case.get("becomes").and_then(Value::as_object).into_iter().flatten() {
            let found: Value = match field.as_str() {
                "num_key_value_heads" => config.num_key_value_heads.into(),
                "head_dim" => config.head_dim.into(),
                "rms_norm_eps" => config.rms_norm_eps.into(),
                "tie_word_embeddings" => config.tie_word_embeddings.into(),
                "max_position_embeddings" => config.max_position_embeddings.into(),
                "intermediate_size" => config.intermediate_size.into(),
                "rope_theta" => {
                    assert!((config.rope.base - value.as_f64().unwrap()).abs() < 1e-9, "{why}");
                    continue;
                }
                "eos_token_id" => match (value, config.ends_of_text()) {
                    (Value::Array(_), ends) => ends.into(),
                    (_, ends) => ends.first().map_or(Value::Null, |id| (*id).into()),
                },
                // The logits of `cases.json` show which frequencies they are.
                "rope_type" => continue,
                other => panic!("{why}: {other}"),
            };
            assert_eq!(&found, value, "{why}: {field}");
        }
    }
}
