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
        let file = path.join("config.json");
        let repair = "every checkpoint in Hugging Face's layout has one";
        let config = if_there(&file)?.ok_or(Error::Missing { path: file, repair })?;
        Ok(Self { path: path.to_owned(), config })
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
