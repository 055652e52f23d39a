//! A model that is one file, known by its SHA-256, and has a name of its own.

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::family::Family;
use crate::load::Load;
use saliency_attribution::LanguageModel;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A model that is one GGUF file, and no other: its name always means the file with this SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinned {
    /// What it is called, which is what `--model` takes.
    pub name: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// The file's SHA-256, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// The file's length.
    pub bytes: u64,
    /// Blocks, hidden dimensions and attention heads.
    pub shape: (u32, u32, u32),
    /// What it is.
    pub summary: &'static str,
    /// How to get it, as an imperative.
    pub get: &'static str,
}

impl Pinned {
    /// The file where it lies: in the folder `SALIENCY_MODELS`, or else in [`cache`](Self::cache). A file of another
    /// length is another file.
    pub fn find(&self) -> Option<PathBuf> {
        self.find_in(&folders(&|name| std::env::var_os(name), std::env::home_dir()))
    }

    /// The user's cache of such files: `saliency/models` in `XDG_CACHE_HOME`, or in `.cache` of the home folder. `None`
    /// without either.
    pub fn cache() -> Option<PathBuf> {
        cache(&|name| std::env::var_os(name), std::env::home_dir())
    }

    fn find_in(&self, folders: &[PathBuf]) -> Option<PathBuf> {
        let is_it =
            |path: &PathBuf| path.metadata().is_ok_and(|found| found.is_file() && found.len() == self.bytes);
        folders.iter().map(|folder| folder.join(self.file)).find(is_it)
    }
}

impl Checkpoint<Box<dyn LanguageModel + Send>> {
    /// Opens a pinned model from where it lies ([`Pinned::find`]), and checks its SHA-256.
    ///
    /// # Errors
    /// [`Error::NotFetched`] where it is not there, [`Error::NotPinned`] where the file is another one; else as
    /// [`open_any`](Self::open_any).
    pub fn open_pinned(families: &[Family], pinned: &Pinned, load: &Load) -> Result<Self, Error> {
        let folders = folders(&|name| std::env::var_os(name), std::env::home_dir());
        Self::open_pinned_in(families, pinned, &folders, load)
    }

    fn open_pinned_in(
        families: &[Family],
        pinned: &Pinned,
        folders: &[PathBuf],
        load: &Load,
    ) -> Result<Self, Error> {
        let Pinned { name, file, get, .. } = *pinned;
        let Some(path) = pinned.find_in(folders) else {
            return Err(Error::NotFetched { name, file, folders: folders.to_vec(), get });
        };
        let opened = Self::open_any(families, &path, Some(name), load)?;
        match opened.model.sha256() {
            Some(found) if found != pinned.sha256 => {
                let (found, expected) = (found.to_owned(), pinned.sha256);
                Err(Error::NotPinned { path, name, found, expected, get })
            }
            _ => Ok(opened),
        }
    }
}

type Variables<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// Where pinned models are looked for, in this order.
fn folders(variable: &Variables<'_>, home: Option<PathBuf>) -> Vec<PathBuf> {
    let own = set(variable, "SALIENCY_MODELS");
    own.into_iter().chain(cache(variable, home)).collect()
}

fn cache(variable: &Variables<'_>, home: Option<PathBuf>) -> Option<PathBuf> {
    let home = home.filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(".cache"));
    let cache = set(variable, "XDG_CACHE_HOME").or(home)?;
    Some(cache.join(Path::new("saliency").join("models")))
}

fn set(variable: &Variables<'_>, name: &str) -> Option<PathBuf> {
    variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Pinned, cache, folders};
    use crate::{Checkpoint, Error, Load};
    use std::ffi::OsString;
    use std::fs;
    use std::path::{Path, PathBuf};

    const TINY: Pinned = Pinned {
        name: "tiny",
        file: "tiny.gguf",
        sha256: "0",
        bytes: 4,
        shape: (1, 2, 1),
        summary: "none",
        get: "ask for it",
    };

    fn with(variables: &[(&str, &str)]) -> Vec<PathBuf> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        folders(&variable, Some("/home/me".into()))
    }

    #[test]
    fn ones_own_folder_comes_before_the_cache() {
        let home = Path::new("/home/me/.cache/saliency/models");
        assert_eq!(with(&[]), [home]);
        assert_eq!(with(&[("SALIENCY_MODELS", ""), ("XDG_CACHE_HOME", "")]), [home]);
        assert_eq!(with(&[("SALIENCY_MODELS", "/m")]), [Path::new("/m"), home]);
        assert_eq!(
            with(&[("SALIENCY_MODELS", "/m"), ("XDG_CACHE_HOME", "/c")]),
            [Path::new("/m"), Path::new("/c/saliency/models")]
        );
        assert_eq!(cache(&|_| None, None), None);
    }

    #[test]
    fn a_file_of_another_length_is_another_file() {
        let folder = std::env::temp_dir().join(format!("saliency-pinned-{}", std::process::id()));
        let (first, second) = (folder.join("first"), folder.join("second"));
        for (at, text) in [(&first, "12345"), (&second, "1234")] {
            fs::create_dir_all(at).unwrap();
            fs::write(at.join(TINY.file), text).unwrap();
        }
        assert_eq!(TINY.find_in(&[first.clone(), second.clone()]), Some(second.join(TINY.file)));
        assert_eq!(TINY.find_in(std::slice::from_ref(&first)), None);
        let refused = Checkpoint::open_pinned_in(&[], &TINY, &[first.clone(), "/n".into()], &Load::default());
        let refused = refused.err().unwrap();
        assert!(matches!(refused, Error::NotFetched { .. }), "{refused:?}");
        let (said, first) = (refused.to_string(), first.display());
        assert_eq!(
            said,
            format!("tiny is not here: {first} and /n hold no tiny.gguf of its length; ask for it")
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
