//! Puts libtorch into `target/libtorch`: wholly or not at all, and only once.
//!
//! Everything is unpacked beside it and renamed into place, so that nobody sees half of it. The stamp file
//! inside holds the pins; it is written last, and a directory whose stamp is right is left alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::disk::{self, At};
use crate::platform::{Platform, VERSION};
use crate::stub;
use crate::unpack::unpack;
use crate::wheel::Fetch;

/// One installation: of what, and below which `target`.
#[derive(Debug)]
pub(crate) struct Install<'a> {
    platform: &'a Platform,
    target: PathBuf,
}

impl<'a> Install<'a> {
    pub(crate) fn new(platform: &'a Platform, target: PathBuf) -> Self {
        Self { platform, target }
    }

    /// Where libtorch is, or will be.
    pub(crate) fn dir(&self) -> PathBuf {
        self.target.join("libtorch")
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_complete(&self) -> bool {
        let dir = self.dir();
        let stamped = fs::read_to_string(dir.join(STAMP)).is_ok_and(|text| text == self.stamp());
        stamped
            && self
                .platform
                .wheels
                .iter()
                .flat_map(|wheel| wheel.takes)
                .all(|take| dir.join(take.to).exists())
    }

    /// Installs what is missing. Of several runs at once, one works and the others wait for it.
    pub(crate) fn run(&self, source: &mut dyn Fetch, keep_wheels: bool) -> Result<()> {
        fs::create_dir_all(&self.target).at("make", &self.target)?;
        let waits = "another xtask is setting libtorch up; waiting for it";
        let _lock = disk::lock(&self.target.join("libtorch.lock"), waits)?;
        if self.is_complete() {
            return Ok(());
        }
        let dir = self.dir();
        let fresh = self.target.join("libtorch-new");
        let stale = self.target.join("libtorch-old");
        disk::remove(&fresh)?;
        disk::remove(&stale)?;

        let downloads = self.target.join("libtorch-download");
        clean_downloads(&downloads)?;
        fs::create_dir_all(&downloads).at("make", &downloads)?;
        for wheel in self.platform.wheels {
            let path = wheel.obtain(&downloads, source)?;
            eprintln!("unpacking {}", wheel.file);
            unpack(&path, wheel.takes, &fresh)?;
        }
        if self.platform.stub {
            stub::link(&fresh.join("lib"))?;
        }
        write(&fresh.join("build-version"), &format!("{VERSION}\n"))?;
        write(&fresh.join(STAMP), &self.stamp())?;

        if dir.symlink_metadata().is_ok() {
            fs::rename(&dir, &stale).at("move aside", &dir)?;
        }
        fs::rename(&fresh, &dir).at("move to its place", &fresh)?;
        disk::remove(&stale)?;
        if !keep_wheels {
            disk::remove(&downloads)?;
        }
        Ok(())
    }

    /// What the stamp file must hold: a line for the version and the layout, and one for each wheel.
    fn stamp(&self) -> String {
        let mut text = format!("libtorch {VERSION}, layout {LAYOUT}\n");
        for wheel in self.platform.wheels {
            text.push_str(wheel.sha256);
            text.push_str("  ");
            text.push_str(wheel.file);
            text.push('\n');
        }
        text
    }
}

const STAMP: &str = "xtask-stamp";

/// Goes up when the same wheels are unpacked differently, so that older directories are made anew.
const LAYOUT: u32 = 1;

/// Removes what an interrupted fetch left, and keeps the wheels.
fn clean_downloads(downloads: &Path) -> Result<()> {
    if !downloads.is_dir() {
        return disk::remove(downloads);
    }
    for entry in fs::read_dir(downloads).at("list", downloads)? {
        let path = entry.at("list", downloads)?.path();
        if path.is_dir() {
            disk::remove(&path)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).at("write", path).context("libtorch is not complete")
}

#[cfg(test)]
mod tests {
    use super::Install;
    use crate::disk;
    use crate::platform::Platform;
    use crate::unpack::Take;
    use crate::unpack::testing::zip_of;
    use crate::wheel::{Fetch, Wheel, hexadecimal};
    use anyhow::{Result, bail};
    use sha2::{Digest, Sha256};
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// An index that holds two wheels, and counts how often it is asked.
    #[derive(Default)]
    struct Index {
        n_fetched: AtomicUsize,
    }

    impl Fetch for &Index {
        fn fetch(&mut self, wheel: &Wheel, dir: &Path) -> Result<()> {
            self.n_fetched.fetch_add(1, Ordering::SeqCst);
            fs::write(dir.join(wheel.file), archive(wheel.file)?)?;
            Ok(())
        }
    }

    /// An index that cannot be reached.
    struct Unreachable;

    impl Fetch for Unreachable {
        fn fetch(&mut self, wheel: &Wheel, _: &Path) -> Result<()> {
            bail!("{} cannot be fetched", wheel.file)
        }
    }

    fn archive(file: &str) -> Result<Vec<u8>> {
        match file {
            "torch.whl" => zip_of(&[("torch/include/a.h", "a"), ("torch/lib/libc10.so", "c10")]),
            "cuda.whl" => zip_of(&[("lib/libcudart.so", "cudart")]),
            _ => zip_of(&[("nothing", "of use")]),
        }
    }

    /// Two wheels; the second has no `libcudart.so` when `broken`, so that its unpacking fails.
    fn platform(broken: bool) -> Result<Platform> {
        let pin = |file: &'static str, takes: &'static [Take]| -> Result<Wheel> {
            let sha256 = hexadecimal(&Sha256::digest(archive(file)?));
            Ok(Wheel {
                file,
                requirement: "x==1",
                platform: "any",
                sha256: sha256.leak(),
                megabytes: 1,
                instead: "do without",
                takes,
            })
        };
        let torch = pin(
            "torch.whl",
            &[
                Take { from: "torch/include/", to: "include/" },
                Take { from: "torch/lib/libc10.so", to: "lib/libc10.so" },
            ],
        )?;
        let cuda = pin(
            if broken { "broken.whl" } else { "cuda.whl" },
            &[Take { from: "lib/libcudart.so", to: "lib/libcudart.so" }],
        )?;
        Ok(Platform { wheels: vec![torch, cuda].leak(), stub: false, megabytes: 1 })
    }

    #[test]
    fn a_second_run_fetches_nothing() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let platform = platform(false)?;
        let install = Install::new(&platform, dir.path().join("target"));
        let index = Index::default();
        assert!(!install.is_complete());
        install.run(&mut &index, false)?;
        assert!(install.is_complete());
        assert_eq!(index.n_fetched.load(Ordering::SeqCst), 2);
        let libtorch = install.dir();
        assert_eq!(fs::read_to_string(libtorch.join("include/a.h"))?, "a");
        assert_eq!(fs::read_to_string(libtorch.join("lib/libcudart.so"))?, "cudart");
        assert_eq!(fs::read_to_string(libtorch.join("build-version"))?, "2.13.0\n");
        assert!(!dir.path().join("target/libtorch-download").exists());

        install.run(&mut Unreachable, false)?;
        Ok(())
    }

    #[test]
    fn a_directory_that_lost_a_library_is_made_anew() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let platform = platform(false)?;
        let install = Install::new(&platform, dir.path().to_owned());
        install.run(&mut &Index::default(), true)?;
        disk::remove(&install.dir().join("lib/libc10.so"))?;
        assert!(!install.is_complete());
        // The kept wheels are enough.
        install.run(&mut Unreachable, true)?;
        assert!(install.is_complete());
        Ok(())
    }

    #[test]
    fn an_unpacking_that_fails_leaves_no_libtorch() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let broken = platform(true)?;
        let install = Install::new(&broken, dir.path().to_owned());
        assert!(install.run(&mut &Index::default(), false).is_err());
        assert!(!install.dir().exists());

        // The next run starts from what lies there.
        let sound = platform(false)?;
        let install = Install::new(&sound, dir.path().to_owned());
        let index = Index::default();
        install.run(&mut &index, false)?;
        assert!(install.is_complete());
        assert_eq!(index.n_fetched.load(Ordering::SeqCst), 1);
        assert!(!dir.path().join("libtorch-new").exists());
        Ok(())
    }

    #[test]
    fn what_a_killed_run_left_is_no_hindrance() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let platform = platform(false)?;
        let install = Install::new(&platform, dir.path().to_owned());
        for leftover in ["libtorch-new/lib", "libtorch-old/lib", "libtorch-download/pip-1/tmp"] {
            fs::create_dir_all(dir.path().join(leftover))?;
        }
        fs::write(dir.path().join("libtorch-new/lib/stray.so"), "")?;
        fs::write(dir.path().join("libtorch-download/torch.whl"), "half of it")?;
        install.run(&mut &Index::default(), false)?;
        assert!(install.is_complete());
        assert!(!install.dir().join("lib/stray.so").exists());
        assert!(!dir.path().join("libtorch-old").exists());
        Ok(())
    }

    #[test]
    fn a_directory_without_a_stamp_is_replaced_only_by_a_complete_one() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let by_hand = dir.path().join("libtorch");
        fs::create_dir(&by_hand)?;
        fs::write(by_hand.join("build-version"), "2.13.0\n")?;
        let sound = platform(false)?;
        let install = Install::new(&sound, dir.path().to_owned());

        assert!(install.run(&mut Unreachable, false).is_err());
        assert!(by_hand.join("build-version").exists());

        install.run(&mut &Index::default(), false)?;
        assert!(install.is_complete());
        Ok(())
    }

    #[test]
    fn two_runs_at_once_fetch_once() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let platform = platform(false)?;
        let install = Install::new(&platform, dir.path().to_owned());
        let index = Index::default();
        let run = || install.run(&mut &index, false);
        let (first, second) = std::thread::scope(|scope| {
            let first = scope.spawn(run);
            let second = scope.spawn(run);
            (first.join(), second.join())
        });
        first.expect("no panic")?;
        second.expect("no panic")?;
        assert_eq!(index.n_fetched.load(Ordering::SeqCst), 2);
        assert!(install.is_complete());
        Ok(())
    }
}
