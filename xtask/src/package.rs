//! `cargo xtask package`: every package as a registry would get it, and programs that are built from those files.
//!
//! Not a part of every test run: what is packed is the same code, compiled again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::disk::{self, At};
use crate::libtorch::Libtorch;
use crate::selection;
use crate::step::{self, Step};
use crate::suite;
use crate::workspace::Workspace;

/// Registries stop at 10 MB.
const LARGEST: u64 = 9_000_000;
/// All packages have the workspace's version, xtask too.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Packs, looks at sizes, unpacks, and runs the crates of `tests/downstream` with what was unpacked.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let names: Vec<_> = selection::packages(workspace)?.into_iter().map(|package| package.name).collect();
    let unpacked = workspace.target().join("packages");
    disk::remove(&unpacked)?;
    fs::create_dir_all(&unpacked).at("make", &unpacked)?;

    // Each is compiled as it was packed, without the files that were left out.
    let mut pack = workspace.cargo("package");
    pack.args(["--workspace", "--exclude", "xtask", "--allow-dirty", "--offline", "--target-dir"]);
    pack.arg(workspace.target());
    libtorch.tell(&mut pack);
    let (packed, folder) = (workspace.target().join("package"), unpacked.clone());
    let unpack = move || names.iter().try_for_each(|name| unpack(name, &packed, &folder));
    let mut steps = vec![
        Step::new("fetch", workspace.cargo("fetch")),
        Step::new("pack", pack),
        Step::check("unpack", "target/package", unpack),
    ];
    for dir in suite::downstream_crates(workspace)? {
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let copy = unpacked.join(&name);
        depend_on_packages(&dir, &copy)?;
        let mut command = suite::run_downstream(workspace, &libtorch, copy);
        command.arg("--offline");
        steps.push(Step::new(format!("downstream {name}"), command));
    }
    step::run_all("cargo xtask package", ("libtorch set-up", Duration::ZERO), steps)
}

/// Unpacks a package beside the others; fails where it is too large for a registry.
fn unpack(name: &str, packed: &Path, folder: &Path) -> Result<()> {
    let file = packed.join(format!("{name}-{VERSION}.crate"));
    let bytes = fs::metadata(&file).at("look at", &file)?.len();
    eprintln!("{bytes:>9} bytes  {name}");
    if bytes > LARGEST {
        bail!("{} has {bytes} bytes, and may have {LARGEST}", file.display());
    }
    let mut tar = Command::new("tar");
    step::run(tar.arg("-xzf").arg(&file).arg("-C").arg(folder))
}

/// Copies a crate of `tests/downstream`, so that it depends on the packages that lie beside the copy.
fn depend_on_packages(from: &Path, to: &Path) -> Result<()> {
    for path in files(from)? {
        let copy = to.join(path.strip_prefix(from).context("a file lies outside its folder")?);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder).at("make", folder)?;
        }
        fs::copy(&path, &copy).at("copy", &path)?;
    }
    let (manifest, lock) = (to.join("Cargo.toml"), to.join("Cargo.lock"));
    let lock = fs::read_to_string(&lock).at("read", &lock)?;
    let text = fs::read_to_string(&manifest).at("read", &manifest)?;
    fs::write(&manifest, from_registry(&text, &lock)).at("write", &manifest)
}

/// A manifest whose dependencies by path are dependencies by version, which are patched to folders beside it.
fn from_registry(manifest: &str, lock: &str) -> String {
    let by_version = |line: &str| match line.split_once(" = ") {
        Some((name, what)) if what.contains("path = ") => format!("{name} = \"={VERSION}\"\n"),
        _ => format!("{line}\n"),
    };
    let mut text: String = manifest.lines().map(by_version).collect();
    text += "\n[patch.crates-io]\n";
    let locked = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    for name in locked.filter(|name| *name == "saliency" || name.starts_with("saliency-")) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} = {{ path = \"../{name}-{VERSION}\" }}");
    }
    text
}

/// All files below a folder, but for what a build left.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).at("list", folder)? {
        let path = entry.at("list", folder)?.path();
        if !path.is_dir() {
            found.push(path);
        } else if !path.ends_with("target") {
            found.extend(files(&path)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{VERSION, from_registry};

    #[test]
    fn paths_become_versions_that_are_patched() {
        let manifest = "[dependencies]\nsaliency = { path = \"../../..\" }\ntorch-sys = \"0.26\"\n";
        let lock = "name = \"saliency\"\nname = \"saliency-hub\"\nname = \"torch-sys\"\n";
        assert_eq!(
            from_registry(manifest, lock),
            format!(
                "[dependencies]\nsaliency = \"={VERSION}\"\ntorch-sys = \"0.26\"\n\n[patch.crates-io]\n\
                 saliency = {{ path = \"../saliency-{VERSION}\" }}\n\
                 saliency-hub = {{ path = \"../saliency-hub-{VERSION}\" }}\n"
            )
        );
    }
}
