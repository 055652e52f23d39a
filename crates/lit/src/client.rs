//! LIT's own client: which one it is, where it lies, and which of its files a page needs.

use crate::error::Error;
use crate::folder;
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
    get: "`saliency lit --fetch` fetches it, as does `cargo xtask lit`; or unpack the Python package lit-nlp 1.3.1 and \
          give its folder lit_nlp/client/build/default to `Client::open`",
};

/// Its files as they lie in the wheel of `lit-nlp`: a name that ends in `/` is a folder's; and where each lies in a
/// client's folder.
pub const WHEEL_FILES: [(&str, &str); 4] = [
    ("lit_nlp/client/build/default/main.js", SCRIPT),
    ("lit_nlp/client/build/default/main.js.LICENSE.txt", NOTICES),
    ("lit_nlp/client/build/default/static/", "static/"),
    ("lit_nlp-1.3.1.dist-info/LICENSE", "LICENSE"),
];

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
        let found = base16ct::lower::encode_string(&Sha256::digest(&script));
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

    /// The user's cache of the client, into which it is fetched: `saliency/lit` in `XDG_CACHE_HOME`, or in `.cache` of
    /// the home folder. `None` without either.
    pub fn cache() -> Option<PathBuf> {
        cache(&|name| std::env::var_os(name), std::env::home_dir())
    }

    /// Writes the client, from the [`WHEEL_FILES`] of its wheel under their names there, into a folder: all of it, or
    /// nothing. An icon font that is in the folder stays.
    ///
    /// # Errors
    /// It is another client than [`CLIENT`]; the folder can't be written to; as [`open`](Self::open).
    pub fn unpack(files: &[(String, Vec<u8>)], folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let placed = |(name, bytes): &'_ (String, Vec<u8>)| {
            let place = WHEEL_FILES.iter().find_map(|(from, to)| {
                let rest = name.strip_prefix(from)?;
                (rest.is_empty() || from.ends_with('/')).then(|| PathBuf::from(format!("{to}{rest}")))
            });
            place.map(|place| (place, bytes.clone()))
        };
        let mut placed: Vec<_> = files.iter().filter_map(placed).collect();
        // By `main.js` the client is known: it comes last.
        placed.sort_by_key(|(place, _)| place == Path::new(SCRIPT));
        let script = placed.last().filter(|(place, _)| place == Path::new(SCRIPT));
        let (path, script) = script.ok_or_else(|| Error::NoClient { folders: vec![folder.to_owned()] })?;
        let found = base16ct::lower::encode_string(&Sha256::digest(script));
        if found != CLIENT.sha256 {
            return Err(Error::OtherClient { path: path.clone(), found });
        }
        let files: Vec<_> = placed.iter().map(|(place, bytes)| (&**place, &**bytes)).collect();
        folder::write(folder, &files)?;
        Self::open(folder)
    }

    /// Whether the icon font is there. Without it, icons are shown as their names, such as `expand_more`.
    pub fn has_icons(&self) -> bool {
        self.icons.is_some()
    }
}

/// Where the client is looked for, in this order.
fn folders(variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Vec<PathBuf> {
    set(variable, "SALIENCY_LIT").into_iter().chain(cache(variable, home)).collect()
}

fn cache(variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let home = home.filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(".cache"));
    set(variable, "XDG_CACHE_HOME").or(home).map(|cache| cache.join("saliency").join("lit"))
}

fn set(variable: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<PathBuf> {
    variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{CLIENT, Client, WHEEL_FILES, folders};
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
        assert!(refused.to_string().contains("/nowhere; `saliency lit --fetch`"), "{refused}");
        fs::write(folder.path().join("main.js"), "abc").unwrap();
        let refused = Client::open(folder.path()).unwrap_err().to_string();
        // FIPS 180-2, B.1.
        assert!(refused.contains("is ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert!(refused.contains(CLIENT.version) && refused.contains(CLIENT.sha256), "{refused}");
    }

    #[test]
    fn what_is_no_client_is_not_unpacked() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("lit");
        let [script, _, _, licence] = WHEEL_FILES.map(|(name, _)| (name.to_owned(), b"abc".to_vec()));
        let without = Client::unpack(std::slice::from_ref(&licence), &folder).unwrap_err();
        assert!(matches!(without, Error::NoClient { .. }), "{without}");
        let other = Client::unpack(&[script, licence], &folder).unwrap_err();
        assert!(matches!(&other, Error::OtherClient { path, .. } if path == Path::new("main.js")), "{other}");
        assert!(!folder.exists());
    }
}
