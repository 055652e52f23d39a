//! Small checkpoints in every form that people have, against what the transformers library answers on them
//! (`variants/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_row, numbers, rows};
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::{Error, Load, Tokenizer};
use saliency_model_gpt2::{Checkpoint, Config};
use saliency_schema::{Kind as TokenKind, Token};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tch::Kind;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variants")
}

/// Every folder with what is expected of it.
fn folders() -> Vec<(String, PathBuf, Value)> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let with = |folder: PathBuf| {
        let expected = std::fs::read(folder.join("expected.json")).ok()?;
        let name = folder.file_name()?.to_string_lossy().into_owned();
        Some((name, folder, serde_json::from_slice(&expected).unwrap()))
    };
    folders.into_iter().filter_map(with).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect()
}

fn open(folder: &Path, kind: Kind) -> Checkpoint {
    Checkpoint::open(folder, &Load::new().kind(kind)).unwrap()
}

fn logits(checkpoint: &Checkpoint, ids: &[u32], position: usize) -> Vec<f64> {
    let embeddings = checkpoint.model.embed(ids).unwrap().unsqueeze(0);
    let logits = checkpoint.model.logits(&embeddings, ids.len(), position..position + 1).unwrap();
    Vec::try_from(logits.flatten(0, -1).to_kind(Kind::Double)).unwrap()
}

#[test]
fn logits_and_continuations_are_the_peers() {
    let mut seen = 0;
    for (name, folder, expected) in folders() {
        if expected.get("logits").is_none() || name.starts_with("bin-") {
            continue;
        }
        seen += 1;
        let read = ids(&expected["ids"]);
        let positions = ids(&expected["positions"]);
        // Twelve digits are kept.
        for (kind, tolerance) in [(Kind::Double, 1e-10), (Kind::Float, 5e-5)] {
            let checkpoint = open(&folder, kind);
            for (position, row) in positions.iter().zip(rows(&expected["logits"])) {
                let found = logits(&checkpoint, &read, *position as usize);
                assert_row(&found, &row, tolerance, &format!("{name}, {kind:?}, position {position}"));
            }
            let limit = checkpoint.model.limits().context - read.len();
            let generation = Generation::greedy(8.min(limit));
            let greedy = checkpoint.model.generate(&read, &generation, &mut |_| true).unwrap();
            assert_eq!(greedy, ids(&expected["greedy"]), "{name}, {kind:?}");
            let warned = name == "head-differs";
            assert_eq!(!checkpoint.warnings.is_empty(), warned, "{name}: {:?}", checkpoint.warnings);
        }
    }
    assert_eq!(seen, 34);
}

#[test]
fn attention_scores_in_single_precision_where_the_configuration_says_so() {
    let (_, folder, expected) = folders().into_iter().find(|(name, ..)| name == "upcast").unwrap();
    let read = ids(&expected["ids"]);
    for (kind, key, tolerance) in [(Kind::Half, "float16", 4e-3), (Kind::BFloat16, "bfloat16", 3e-2)] {
        let found = logits(&open(&folder, kind), &read, read.len() - 1);
        assert_row(&found, &numbers(&expected[key]["on"]), tolerance, key);
    }
}

#[test]
fn pickles_are_refused_with_the_conversion_command() {
    for name in ["bin-zip", "bin-old"] {
        let error = Checkpoint::open(root().join(name), &Load::default()).unwrap_err();
        assert!(matches!(error, Error::Pickle { .. }));
        let message = error.to_string();
        assert!(message.contains("pytorch_model.bin") && message.contains("save_pretrained"), "{message}");
    }
}

/// A text's tokens, begun as the tokenizer's files say.
fn tokens(tokenizer: &Tokenizer, text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    if tokenizer.adds_bos() {
        tokens = tokenizer.tokens(&[tokenizer.bos().unwrap()], TokenKind::Input, 0);
    }
    tokens.extend(tokenizer.encode(text, TokenKind::Input, 0).unwrap());
    tokens
}

#[test]
fn tokens_and_their_bytes_are_the_peers() {
    let mut seen = 0;
    for (name, folder, expected) in folders() {
        let Some(text) = expected.get("text").and_then(Value::as_str) else { continue };
        seen += 1;
        let tokenizer = Tokenizer::open(&folder).unwrap();
        let found = tokens(&tokenizer, text);
        assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), ids(&expected["ids"]), "{name}");
        if let Some(plain) = expected.get("ids_without_special") {
            let found = tokenizer.encode(text, TokenKind::Input, 0).unwrap();
            assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), ids(plain), "{name}");
        }
        let begun = usize::from(tokenizer.adds_bos());
        match expected["spans"].as_array() {
            Some(spans) => {
                for (token, span) in found.iter().zip(spans).skip(begun) {
                    let span = ids(span);
                    let place = (token.start.unwrap() as u32, token.end.unwrap() as u32);
                    assert_eq!(place, (span[0], span[1]), "{name}: {token:?}");
                    assert_eq!(
                        token.exact_bytes(),
                        &text.as_bytes()[token.start.unwrap()..token.end.unwrap()]
                    );
                }
            }
            // A prefix space, or letters that are dropped: the peer's own offsets, but for parts of one character.
            None => {
                for (token, offset) in found.iter().zip(rows(&expected["offsets"])) {
                    let (Some(start), Some(end)) = (token.start, token.end) else { continue };
                    let (first, last) = (offset[0] as usize, offset[1] as usize);
                    assert!(first <= start && end <= last, "{name}: {token:?} and {offset:?}");
                }
            }
        }
    }
    assert_eq!(seen, 14);
}

#[test]
fn configurations_are_read_or_refused_as_the_peer_does() {
    let cases: Vec<Value> =
        serde_json::from_slice(&std::fs::read(root().join("configs.json")).unwrap()).unwrap();
    // What a plain reader may read, and this one does: it does not look at the library's own dtypes, nor tell an
    // integer from a number.
    let harmless = ["torch has no attribute torch.float16", "an integer for a float"];
    for case in cases {
        let why = case["why"].as_str().unwrap();
        let config = Config::from_json(case["config"].to_string().as_bytes(), Path::new("config.json"));
        let reads = case["reads"] == true && case.get("refuse").is_none_or(|refuse| refuse != true);
        let may = harmless.iter().any(|harmless| why.contains(harmless));
        // One that says what it is of no use to say: a text generation setting in the wrong place, a model of another
        // class.
        assert_eq!(config.is_ok(), reads || may, "{why}: {config:?}");
        let (Ok(config), Some(becomes)) = (config, case["becomes"].as_object()) else { continue };
        for (field, value) in becomes {
            let found = match field.as_str() {
                "n_embd" => config.n_embd.into(),
                "n_layer" => config.n_layer.into(),
                "n_head" => config.n_head.into(),
                "n_positions" => config.n_positions.into(),
                "n_inner" => config.n_inner.map_or(Value::Null, Into::into),
                "activation_function" => serde_json::to_value(config.activation_function).unwrap(),
                "eos_token_id" => match (value, config.ends_of_text()) {
                    (Value::Array(_), ends) => ends.into(),
                    (_, []) if value == -1 => value.clone(),
                    (_, ends) => ends.first().map_or(Value::Null, |id| (*id).into()),
                },
                _ => continue,
            };
            assert_eq!(&found, value, "{why}: {field}");
        }
    }
}
