//! `cargo xtask format`: rustfmt over every Rust file there is. `cargo fmt` does not follow modules that a macro
//! declares, which here are the tables of methods, targets and charts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::disk::At;
use crate::step::{self, Step};
use crate::workspace::Workspace;

const REPAIR: &str = "rustup component add rustfmt";

/// Writes every file as rustfmt would have it.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    step::run(&mut rustfmt(workspace.root())?)
}

/// Whether every file is as [`run`] writes it.
pub(crate) fn check(workspace: &Workspace) -> Result<Step> {
    let mut rustfmt = rustfmt(workspace.root())?;
    rustfmt.arg("--check");
    Ok(Step::new("format (repair: cargo xtask format)", rustfmt).needs(version(), REPAIR))
}

/// The same where rustfmt need not be there.
pub(crate) fn check_if_there(workspace: &Workspace) -> Result<Step> {
    let there = version().output().is_ok_and(|output| output.status.success());
    Ok(check(workspace)?.wants(there, "not run: rustup component add rustfmt"))
}

fn version() -> Command {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.arg("--version");
    rustfmt
}

fn rustfmt(root: &Path) -> Result<Command> {
    let mut command = Command::new("rustfmt");
    command.current_dir(root).args(["--edition", "2024"]).args(rust_files(root)?);
    Ok(command)
}

/// The Rust files below a folder, in order, but for those that a build made.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).at("list", folder)? {
        let path = entry.at("list", folder)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
