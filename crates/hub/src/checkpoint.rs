//! The files of a repository that make up a checkpoint, and whether a folder has them all.

use crate::{Error, HubId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const VOCABULARY: [&str; 2] = ["vocab.json", "merges.txt"];
const OPTIONAL: [&str; 5] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "generation_config.json",
];
pub(crate) const WEIGHTS: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";
/// The files by which a checkpoint is judged complete.
pub(crate) const FILES: [&str; 6] = [CONFIG, TOKENIZER, VOCABULARY[0], VOCABULARY[1], WEIGHTS, INDEX];
const PICKLES: [&str; 2] = ["pytorch_model.bin", "pytorch_model.bin.index.json"];
/// The largest index that is read.
const INDEX_BYTES: u64 = 64 << 20;

/// The files to fetch, weights last: a snapshot that has its weights has everything else.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) files: Vec<&'static str>,
    /// `model.safetensors`, or the index, which names the shards.
    pub(crate) weights: &'static str,
}

/// The files of a checkpoint among those of a repository.
pub(crate) fn plan(id: &HubId, listed: &BTreeSet<String>) -> Result<Plan, Error> {
    let has = |name: &&&str| listed.contains(**name);
    let lacks = |what| Error::MissingFile { id: id.clone(), what, has: listed.iter().cloned().collect() };
    let weights = [WEIGHTS, INDEX].iter().find(has).copied();
    if weights.is_none() && PICKLES.iter().any(|name| has(&name)) {
        return Err(Error::Pickle { id: id.clone() });
    }
    let weights = weights.ok_or_else(|| lacks(WEIGHTS))?;
    if !listed.contains(CONFIG) {
        return Err(lacks(CONFIG));
    }
    let vocabulary: Vec<&str> = VOCABULARY.iter().filter(has).copied().collect();
    let mut files = vec![CONFIG];
    if listed.contains(TOKENIZER) {
        files.push(TOKENIZER);
    } else if vocabulary.len() < VOCABULARY.len() {
        return Err(lacks("tokenizer.json, nor vocab.json with merges.txt"));
    }
    files.extend(vocabulary);
    files.extend(OPTIONAL.iter().filter(has));
    Ok(Plan { files, weights })
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The shards that an index names, each a plain file name. The error says what is wrong with the index.
pub(crate) fn shards(index: &Path) -> Result<Vec<String>, String> {
    let length = fs::metadata(index).map_err(|error| error.to_string())?.len();
    if length > INDEX_BYTES {
        return Err(format!("it has {length} bytes"));
    }
    let bytes = fs::read(index).map_err(|error| error.to_string())?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    if shards.is_empty() {
        return Err("its weight_map is empty".to_owned());
    }
    match shards.iter().find(|shard| !is_shard_name(shard)) {
        Some(shard) => Err(format!("{shard:?} is not the plain name of a safetensors file")),
        None => Ok(shards.into_iter().collect()),
    }
}

fn is_shard_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let extension = Path::new(name).extension().is_some_and(|extension| extension == "safetensors");
    plain && extension && name.len() <= 255 && !name.starts_with('.') && !name.contains("..")
}

/// Whether a folder has a configuration, a tokenizer and all weights.
pub(crate) fn is_complete(folder: &Path) -> bool {
    // `is_file` is false for a broken link.
    let has = |name: &str| folder.join(name).is_file();
    if !has(CONFIG) || !(has(TOKENIZER) || VOCABULARY.iter().all(|name| has(name))) {
        return false;
    }
    has(WEIGHTS) || shards(&folder.join(INDEX)).is_ok_and(|shards| shards.iter().all(|shard| has(shard)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn plan_of(names: &[&str]) -> Result<Plan, String> {
        let listed = names.iter().map(|&name| name.to_owned()).collect();
        plan(&"a/b".parse().unwrap(), &listed).map_err(|error| error.to_string())
    }

    #[test]
    fn weights_come_last_and_other_formats_are_left_out() {
        let plan = plan_of(&[
            "README.md",
            "config.json",
            "flax_model.msgpack",
            "merges.txt",
            "model.safetensors",
            "model.safetensors.index.json",
            "onnx/model.onnx",
            "pytorch_model.bin",
            "tf_model.h5",
            "tokenizer.json",
            "tokenizer_config.json",
            "vocab.json",
        ])
        .unwrap();
        let files = ["config.json", "tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"];
        assert_eq!(plan, Plan { files: files.into(), weights: WEIGHTS });
    }

    #[test]
    fn a_missing_file_is_named_with_those_that_exist() {
        let error = plan_of(&["config.json", "model.gguf"]).unwrap_err();
        assert!(error.contains("a/b has no model.safetensors; it has config.json, model.gguf"), "{error}");
        let error = plan_of(&["model.safetensors", "tokenizer.json"]).unwrap_err();
        assert!(error.contains("has no config.json"), "{error}");
        let error = plan_of(&["config.json", "model.safetensors", "vocab.json"]).unwrap_err();
        assert!(error.contains("no tokenizer.json, nor vocab.json with merges.txt"), "{error}");
        assert!(plan_of(&[]).unwrap_err().contains("it has no file"));
        for pickle in PICKLES {
            let error = plan_of(&["config.json", "tokenizer.json", pickle]).unwrap_err();
            assert!(error.contains("can run code"), "{error}");
        }
        let many: Vec<String> = (10..40).map(|n| format!("f{n}")).collect();
        let error = plan_of(&many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_err();
        assert!(error.ends_with("f19 and 20 more"), "{error}");
    }

    #[test]
    fn shards_have_plain_names() {
        assert!(is_shard_name("model-00001-of-00002.safetensors"));
        for bad in [
            "../x.safetensors",
            "a/b.safetensors",
            "..safetensors",
            ".safetensors",
            "config.json",
            "",
            "a\\b.safetensors",
        ] {
            assert!(!is_shard_name(bad), "{bad:?}");
        }
    }
}
