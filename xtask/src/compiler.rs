//! The C and C++ compilers that the build needs: whether they are there.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// Fails where torch-sys could not be compiled. It is asked before a long download, not after it.
pub(crate) fn check() -> Result<()> {
    let (program, args) = named_by("CXX", "c++");
    let works = Command::new(&program)
        .args(args)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if works {
        return Ok(());
    }
    bail!(
        "the C++ compiler `{}` does not run: install one (Debian, Ubuntu: apt install g++; Fedora: dnf \
         install gcc-c++; macOS: xcode-select --install), or set CXX to yours",
        program.display()
    )
}

/// The C compiler, which also links.
pub(crate) fn c_compiler() -> Command {
    let (program, args) = named_by("CC", "cc");
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// Reads `CXX` and `CC` as the `cc` crate does: words may follow the program ("ccache g++").
fn named_by(variable: &str, default: &str) -> (OsString, Vec<String>) {
    let value = env::var(variable).unwrap_or_default();
    let mut words = value.split_whitespace().map(str::to_owned);
    let program = words.next().unwrap_or_else(|| default.to_owned());
    // "ccache g++" runs ccache, which runs g++.
    (program.into(), words.collect())
}
