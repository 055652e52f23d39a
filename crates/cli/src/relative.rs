//! `--relative`: what shares are set against.

use crate::failure::Failure;
use crate::records;
use saliency::Record;
use saliency::schema::DistanceProfile;
use std::path::PathBuf;
use std::str::FromStr;

/// `distance`, of the records that are drawn, or `distance:FILE,FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relative {
    /// None for the records themselves.
    files: Vec<PathBuf>,
}

impl Relative {
    /// The profile of the files; `None` where it is that of the records themselves.
    pub(crate) fn of_files(&self) -> Result<Option<DistanceProfile>, Failure> {
        if self.files.is_empty() {
            return Ok(None);
        }
        let mut all: Vec<Record> = Vec::new();
        for path in &self.files {
            let read = saliency::read(&records::read_file(path)?);
            all.extend(read.map_err(|source| Failure::Record { path: path.clone(), source })?);
        }
        Ok(Some(DistanceProfile::of(&all)))
    }
}

impl FromStr for Relative {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, files) = match text.split_once(':') {
            Some((kind, files)) => (kind, files.split(',').map(PathBuf::from).collect()),
            None => (text, Vec::new()),
        };
        if kind != "distance" {
            return Err(format!("unknown kind {kind:?}; write distance, or distance:FILE,FILE"));
        }
        if files.iter().any(|file| file.as_os_str().is_empty()) {
            return Err("a file has no name; write distance:FILE,FILE".to_owned());
        }
        Ok(Self { files })
    }
}
