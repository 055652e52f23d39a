//! LIT's own client: which one it is, where it lies, and which of its files a page needs.

use crate::error::Error;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The one client that pages are made for and tested with: what they rely on is no interface of LIT's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinnedClient {
    /// The version of the Python package `lit-nlp`.
    pub version: &'static str,
    /// The SHA-256 of its `main.js`, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// How to get it, as an imperative.
    pub get: &'static str,
}

/// LIT 1.3.1.
pub const CLIENT: PinnedClient = PinnedClient {
    version: "1.3.1",
    sha256: "91d48ef99ba0da6d64ed29a1b53891cb274175ac3dc1235b962e18fa825e8a88",
    get: "`cargo xtask lit` fetches it; or unpack the Python package lit-nlp 1.3.1 and give its folder \
          lit_nlp/client/build/default to `Client::open`",
};

const SCRIPT: &str = "main.js";
/// The licences of what is in `main.js`.
const NOTICES: &str = "main.js.LICENSE.txt";
/// Pictures: the page's icon, and those of LIT's own help.
const PICTURES: &str = "static";
/// The icon font's two styles, as files below the client's folder.
const ICONS: [&str; 2] = ["fonts/material-icons.woff2", "fonts/material-icons-outlined.woff2"];
const ICONS_LICENCE: &str = "fonts/LICENSE";

/// LIT's client in a folder, checked: the files that go beside a page.
#[derive(Debug, Clone)]
pub struct Client {
    /// Path below the folder, and bytes, in the order of their names.
    pub(crate) files: Vec<(PathBuf, Vec<u8>)>,
    /// The icon font, plain and outlined.
    pub(crate) icons: Option<[Vec<u8>; 2]>,
}

impl Client {
    /// The client in this folder: `main.js`, `main.js.LICENSE.txt` and `static`, as they lie in the Python package's
    /// `lit_nlp/client/build/default`; and in `fonts`, if they are there, the icon fonts `material-icons.woff2` and
    /// `material-icons-outlined.woff2` with their `LICENSE`.
    ///
    /// # Errors
    /// There is no client; it is another one than [`CLIENT`]; a file can't be read.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let path = folder.join(SCRIPT);
        if !path.is_file() {
            return Err(Error::NoClient { folders: vec![folder.to_owned()] });
        }
        let script = read(&path)?;
        let found = hexadecimal(&Sha256::digest(&script));
        if found != CLIENT.sha256 {
            return Err(Error::OtherClient { path, found });
        }
        let mut files = vec![(SCRIPT.into(), script), (NOTICES.into(), read(&folder.join(NOTICES))?)];
        let pictures = folder.join(PICTURES);
        let failed = |source| Error::Read { path: pictures.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&pictures).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            // LIT's own page asks for fonts on the web, and ours takes its place.
            if name != "index.html" && entry.path().is_file() {
                names.push(name);
            }
        }
        names.sort();
        for name in names {
            files.push((Path::new(PICTURES).join(&name), read(&pictures.join(&name))?));
        }
        let [plain, outlined] = ICONS.map(|name| folder.join(name));
        let icons = if plain.is_file() && outlined.is_file() {
            files.push((ICONS_LICENCE.into(), read(&folder.join(ICONS_LICENCE))?));
            Some([read(&plain)?, read(&outlined)?])
        } else {
            None
        };
        Ok(Self { files, icons })
    }

    /// The client in the folder `SALIENCY_LIT`, or else in the user's cache: `saliency/lit` in `XDG_CACHE_HOME`, or in
    /// `.cache` of the home folder.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn find() -> Result<Self, Error> {
        Self::find_in(folders(&|name| std::env::var_os(name), std::env::home_dir()))
    }

    fn find_in(folders: Vec<PathBuf>) -> Result<Self, Error> {
        match folders.iter().find(|folder| folder.join(SCRIPT).is_file()) {
            Some(folder) => Self::open(folder),
            None => Err(Error::NoClient { folders }),
        }
    }

    /// Whether the icon font is there. Without it, icons are shown as their names, such as `expand_more`.
    pub fn has_icons(&self) -> bool {
        self.icons.is_some()
    }
}

/// Where the client is looked for, in this order.
fn folders(variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Vec<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = home.filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(".cache"));
    let cache = set("XDG_CACHE_HOME").or(home).map(|cache| cache.join("saliency").join("lit"));
    set("SALIENCY_LIT").into_iter().chain(cache).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{CLIENT, Client, folders};
    use crate::Error;
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    #[test]
    fn ones_own_folder_comes_before_the_cache() {
        let with = |variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            };
            folders(&variable, Some("/home/me".into()))
        };
        let home = Path::new("/home/me/.cache/saliency/lit");
        assert_eq!(with(&[]), [home]);
        assert_eq!(with(&[("SALIENCY_LIT", ""), ("XDG_CACHE_HOME", "")]), [home]);
        assert_eq!(
            with(&[("SALIENCY_LIT", "/l"), ("XDG_CACHE_HOME", "/c")]),
            [Path::new("/l"), Path::new("/c/saliency/lit")]
        );
    }

    #[test]
    fn another_client_and_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Client::find_in(vec![folder.path().to_owned(), "/nowhere".into()]).unwrap_err();
        assert!(matches!(&refused, Error::NoClient { folders } if folders.len() == 2), "{refused}");
        assert!(refused.to_string().contains("/nowhere; `cargo xtask lit`"), "{refused}");
        fs::write(folder.path().join("main.js"), "abc").unwrap();
        let refused = Client::open(folder.path()).unwrap_err().to_string();
        // FIPS 180-2, B.1.
        assert!(refused.contains("is ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert!(refused.contains(CLIENT.version) && refused.contains(CLIENT.sha256), "{refused}");
    }
}
