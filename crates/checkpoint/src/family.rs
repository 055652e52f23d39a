//! One of several families: a folder is opened by what its `config.json` says it is, a GGUF file by its metadata.

use crate::architecture::Architecture;
use crate::checkpoint::{Checkpoint, name_of};
use crate::error::Error;
use crate::folder::{Folder, model_type};
use crate::gguf::{FromGguf, GgufFile, is_gguf};
use crate::known::Known;
use crate::load::Load;
use saliency_attribution::LanguageModel;
use serde_json::Value;
use std::path::Path;

/// An [`Architecture`] as a value: one line of a table of families.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    name: &'static str,
    model_types: &'static [&'static str],
    known: &'static [Known],
    recognizes: fn(&Value) -> bool,
    open: fn(&Folder, &str, &Load) -> Result<Checkpoint, Error>,
    gguf: Option<GgufFamily>,
}

/// How a family's GGUF files are opened.
#[derive(Debug, Clone, Copy)]
struct GgufFamily {
    architectures: &'static [&'static str],
    open: fn(GgufFile, &str, &Load) -> Result<Checkpoint, Error>,
}

impl Family {
    /// The family whose networks are `M`, in folders.
    pub const fn of<M: Architecture + Send>() -> Self {
        Self {
            name: M::NAME,
            model_types: M::MODEL_TYPES,
            known: M::KNOWN,
            recognizes: M::recognizes,
            open: |folder, name, load| Ok(Checkpoint::<M>::of_folder(folder, name, load)?.boxed()),
            gguf: None,
        }
    }

    /// The family whose networks are `M`, in folders and GGUF files.
    pub const fn with_gguf<M: FromGguf + Send>() -> Self {
        let gguf = GgufFamily {
            architectures: M::ARCHITECTURES,
            open: |file, name, load| Ok(Checkpoint::<M>::read_gguf(file, name, load)?.boxed()),
        };
        Self { gguf: Some(gguf), ..Self::of::<M>() }
    }

    /// What a person calls it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The values of `model_type` in `config.json` that stand for it.
    pub fn model_types(&self) -> &'static [&'static str] {
        self.model_types
    }

    /// The values of `general.architecture` in GGUF files that stand for it; none where it is not read from GGUF.
    pub fn gguf_architectures(&self) -> &'static [&'static str] {
        self.gguf.map_or(&[], |gguf| gguf.architectures)
    }

    /// Published checkpoints of a form that it reads.
    pub fn known(&self) -> &'static [Known] {
        self.known
    }
}

impl Checkpoint<Box<dyn LanguageModel + Send>> {
    /// Opens a folder by the first family that recognizes its `config.json`, or a GGUF file by its
    /// `general.architecture`. `name` is what the model is called: as the folder or the file is where it is `None`.
    ///
    /// # Errors
    /// [`Error::ModelType`] or [`Error::Architecture`], with a list of what is read, where no family is; else as
    /// [`Checkpoint::open`] and [`Checkpoint::open_gguf`].
    pub fn open_any(
        families: &[Family],
        path: impl AsRef<Path>,
        name: Option<&str>,
        load: &Load,
    ) -> Result<Self, Error> {
        let path = path.as_ref();
        if is_gguf(path) {
            return Self::open_any_gguf(families, GgufFile::open(path)?, name, load);
        }
        let folder = Folder::open(path)?;
        let config = folder.config_value()?;
        let Some(family) = families.iter().find(|family| (family.recognizes)(&config)) else {
            let known = families.iter().flat_map(|family| family.model_types).copied().collect();
            let (path, found) = (folder.config_path(), model_type(&config));
            return Err(Error::ModelType { path, found, known });
        };
        let name = name.map_or_else(|| name_of(folder.path()), str::to_owned);
        (family.open)(&folder, &name, load)
    }

    fn open_any_gguf(
        families: &[Family],
        file: GgufFile,
        name: Option<&str>,
        load: &Load,
    ) -> Result<Self, Error> {
        let found = file.architecture()?;
        let mut read = families.iter().filter_map(|family| family.gguf);
        let Some(family) = read.find(|family| family.architectures.contains(&found)) else {
            let known = families.iter().flat_map(Family::gguf_architectures).copied().collect();
            return Err(Error::Architecture { path: file.path.clone(), found: found.to_owned(), known });
        };
        let name = name.map_or_else(|| file.name(), str::to_owned);
        (family.open)(file, &name, load)
    }
}
