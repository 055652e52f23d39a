//! A checkpoint's folder in Hugging Face's layout, and its small files.

use crate::error::Error;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A folder that is there, with its `config.json`.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    config: Vec<u8>,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if !path.is_dir() {
            return Err(Error::NoFolder { path: path.to_owned() });
        }
        let adapter = path.join("adapter_config.json");
        if let Some(json) = if_there(&adapter)? {
            let base = base_of(&json);
            return Err(Error::Adapter { path: adapter, base, folder: path.to_owned() });
        }
        let file = path.join("config.json");
        if let Some(config) = if_there(&file)? {
            return Ok(Self { path: path.to_owned(), config });
        }
        if let Some(gguf) = gguf_in(path)? {
            return Err(Error::GgufInFolder { path: path.to_owned(), gguf });
        }
        Err(Error::Missing { path: file, repair: "every checkpoint in Hugging Face's layout has one" })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.path.join("config.json")
    }

    /// The bytes of `config.json`.
    pub(crate) fn config(&self) -> &[u8] {
        &self.config
    }

    /// `config.json` as JSON.
    pub(crate) fn config_value(&self) -> Result<Value, Error> {
        let failed = |source| Error::ConfigJson { path: self.config_path(), source };
        serde_json::from_slice(&self.config).map_err(failed)
    }
}

/// The model that an adapter's configuration says it belongs to.
fn base_of(json: &[u8]) -> String {
    let config: Option<Value> = serde_json::from_slice(json).ok();
    let base = config.as_ref().and_then(|config| config.get("base_model_name_or_path")?.as_str());
    base.unwrap_or("a model that it does not name").to_owned()
}

/// The first GGUF file of a folder, in alphabetical order.
fn gguf_in(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let failed = |source| Error::Io { path: folder.to_owned(), source };
    let mut first: Option<PathBuf> = None;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) {
            first = Some(first.map_or(path.clone(), |first| first.min(path)));
        }
    }
    Ok(first)
}

/// The `model_type` that a configuration names, as a person would write it.
pub(crate) fn model_type(config: &Value) -> String {
    match config.get("model_type") {
        None => "missing".to_owned(),
        Some(value) => value.to_string(),
    }
}

/// A file's bytes, or `None` where there is no such file.
pub(crate) fn if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
    }
}
