//! One of several families: a folder is opened by what its `config.json` says it is.

use crate::architecture::Architecture;
use crate::checkpoint::{Checkpoint, name_of};
use crate::error::Error;
use crate::folder::{Folder, model_type};
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
}

impl Family {
    /// The family whose networks are `M`.
    pub const fn of<M: Architecture + Send>() -> Self {
        Self {
            name: M::NAME,
            model_types: M::MODEL_TYPES,
            known: M::KNOWN,
            recognizes: M::recognizes,
            open: |folder, name, load| Ok(Checkpoint::<M>::read(folder, name, load)?.boxed()),
        }
    }

    /// What a person calls it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The values of `model_type` in `config.json` that stand for it.
    pub fn model_types(&self) -> &'static [&'static str] {
        self.model_types
    }

    /// Published checkpoints of a form that it reads.
    pub fn known(&self) -> &'static [Known] {
        self.known
    }
}

impl Checkpoint<Box<dyn LanguageModel + Send>> {
    /// Opens a folder by the first family that recognizes its `config.json`; `name` is what the model is called, the
    /// folder's name where it is `None`.
    ///
    /// # Errors
    /// [`Error::ModelType`], with a list of what is read, where none does; else as [`Checkpoint::open`].
    pub fn open_any(
        families: &[Family],
        folder: impl AsRef<Path>,
        name: Option<&str>,
        load: &Load,
    ) -> Result<Self, Error> {
        let folder = Folder::open(folder.as_ref())?;
        let config = folder.config_value()?;
        let Some(family) = families.iter().find(|family| (family.recognizes)(&config)) else {
            let known = families.iter().flat_map(|family| family.model_types).copied().collect();
            let (path, found) = (folder.config_path(), model_type(&config));
            return Err(Error::ModelType { path, found, known });
        };
        let name = name.map_or_else(|| name_of(folder.path()), str::to_owned);
        (family.open)(&folder, &name, load)
    }
}
