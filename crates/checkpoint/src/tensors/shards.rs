//! Which files of a folder hold its weights: one, or the shards that an index names.

use crate::error::Error;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const INDEX: &str = "model.safetensors.index.json";

/// `model.safetensors.index.json`: which file holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The files of a folder's weights: `model.safetensors`, or the shards that its index names, in the order of their
/// names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let whole = folder.join("model.safetensors");
    if whole.exists() {
        return Ok(vec![whole]);
    }
    let index = folder.join(INDEX);
    if !index.exists() {
        let pickle = ["pytorch_model.bin", "pytorch_model.bin.index.json"].map(|name| folder.join(name));
        return Err(match pickle.into_iter().find(|path| path.exists()) {
            Some(path) => Error::Pickle { path, folder: folder.to_owned() },
            None => Error::Missing {
                path: whole,
                repair: "save the model with `save_pretrained(…, safe_serialization=True)`",
            },
        });
    }
    let json = std::fs::read(&index).map_err(|source| Error::Io { path: index.clone(), source })?;
    let read: Index =
        serde_json::from_slice(&json).map_err(|source| Error::ConfigJson { path: index.clone(), source })?;
    let mut names: Vec<String> = read.weight_map.into_values().collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Error::Shard { path: index, name: String::new(), why: "it names no file" });
    }
    for name in &names {
        let plain = Path::new(name).file_name().is_some_and(|file| file == name.as_str());
        if !plain || name.contains(['/', '\\']) {
            let why = "only files beside the index are read";
            return Err(Error::Shard { path: index, name: name.clone(), why });
        }
        if !folder.join(name).exists() {
            let why = "it is not there; copy or download it again";
            return Err(Error::Shard { path: index, name: name.clone(), why });
        }
    }
    Ok(names.iter().map(|name| folder.join(name)).collect())
}
