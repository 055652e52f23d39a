//! A file of weights: on disk, or bytes in the program.

use crate::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of weights.
#[derive(Debug, Clone)]
pub(crate) enum WeightsFile {
    /// A file on disk, which stays open. It must not be overwritten while a model made of it lives: its pages are the
    /// model's memory.
    Disk(PathBuf, Arc<File>),
    /// Bytes in the program.
    Bytes(&'static [u8], PathBuf),
}

impl WeightsFile {
    /// Opens a file.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        match File::open(&path) {
            Ok(file) => Ok(Self::Disk(path, Arc::new(file))),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Disk(path, _) | Self::Bytes(_, path) => path,
        }
    }
}
