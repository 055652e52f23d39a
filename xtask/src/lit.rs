//! `cargo xtask lit`: LIT's own client from the package index, and the icon font that it shows from npm, into
//! `target/lit-client`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::disk::{self, At};
use crate::page;
use crate::pip::Pip;
use crate::step;
use crate::unpack::{Take, unpack};
use crate::wheel::{Fetch, Wheel, sha256};
use crate::workspace::Workspace;

/// Where the program looks for the client.
pub(crate) const VARIABLE: &str = "SALIENCY_LIT";

static WHEEL: Wheel = Wheel {
    file: "lit_nlp-1.3.1-py3-none-any.whl",
    requirement: "lit-nlp==1.3.1",
    platform: "any",
    sha256: "a904081b1588c79a480acbc09fa64a30973821082e6d05c4c04c03409fffee29",
    megabytes: 12,
    instead: "set SALIENCY_LIT to a folder with the client of lit-nlp 1.3.1",
    takes: &[
        Take { from: "lit_nlp/client/build/default/main.js", to: "main.js" },
        Take { from: "lit_nlp/client/build/default/main.js.LICENSE.txt", to: "main.js.LICENSE.txt" },
        Take { from: "lit_nlp/client/build/default/static/", to: "static/" },
        Take { from: "lit_nlp-1.3.1.dist-info/LICENSE", to: "LICENSE" },
    ],
};
/// `main.js`, by which the client is known.
const SHA256: &str = "91d48ef99ba0da6d64ed29a1b53891cb274175ac3dc1235b962e18fa825e8a88";
/// The package of the icon font, under the Apache License 2.0.
const ICONS: &str = "material-icons@1.13.14";
/// Its files that are wanted, and their SHA-256.
const FONTS: [(&str, &str); 2] = [
    ("material-icons.woff2", "8265f64786397d6b832d1ca0aafdf149ad84e72759fffa9f7272e91a0fb015d1"),
    ("material-icons-outlined.woff2", "35dca8a7145a17c8d1306f25a3ca091578e15396f0b22d61eb8e73262ac75577"),
];

/// Fetches it, and says how to use it.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let folder = provide(workspace)?;
    println!("{}", folder.display());
    eprintln!(
        "{VARIABLE}={} lets `saliency lit` find it:\n  {VARIABLE}={0} cargo saliency lit record.json -o folder",
        folder.display()
    );
    Ok(())
}

/// The folder with the client: the user's own, or one into which it is fetched.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(own) = env::var_os(VARIABLE).map(PathBuf::from).filter(|folder| is_right(folder)) {
        // Commands run elsewhere than this one.
        return own.canonicalize().at("find", &own);
    }
    let target = workspace.target();
    let (folder, work) = (target.join("lit-client"), target.join("lit-download"));
    if is_right(&folder) {
        return Ok(folder);
    }
    fs::create_dir_all(&target).at("make", &target)?;
    let _lock =
        disk::lock(&target.join("lit.lock"), "another xtask is fetching LIT's client; waiting for it")?;
    if !is_right(&folder) {
        fetch(&folder, &work, &mut Pip, &mut icons)?;
    }
    Ok(folder)
}

fn is_right(folder: &Path) -> bool {
    let has = |file: &Path, hash: &str| file.is_file() && sha256(file).is_ok_and(|found| found == hash);
    let fonts = folder.join("fonts");
    has(&folder.join("main.js"), SHA256) && FONTS.iter().all(|(font, hash)| has(&fonts.join(font), hash))
}

/// Put together and checked beside its place, and moved there.
fn fetch(
    folder: &Path,
    work: &Path,
    client: &mut dyn Fetch,
    icons: &mut dyn FnMut(&Path) -> Result<PathBuf>,
) -> Result<()> {
    let ready = work.join("client");
    disk::remove(&ready)?;
    let fonts = ready.join("fonts");
    fs::create_dir_all(&fonts).at("make", &fonts)?;
    let wheel = WHEEL.obtain(work, client)?;
    unpack(&wheel, WHEEL.takes, &ready)?;
    let package = icons(work)?;
    let copies = FONTS.map(|(font, _)| (package.join("iconfont").join(font), fonts.join(font)));
    for (from, to) in copies.into_iter().chain([(package.join("LICENSE"), fonts.join("LICENSE"))]) {
        fs::copy(&from, &to).at("copy", &from)?;
    }
    if !is_right(&ready) {
        bail!("{} or {ICONS} holds files whose SHA-256 are not the pinned ones", WHEEL.file);
    }
    disk::remove(folder)?;
    fs::rename(&ready, folder).at("move to its place", folder)?;
    disk::remove(work)
}

/// The icon font's package, installed with npm in this folder.
fn icons(work: &Path) -> Result<PathBuf> {
    if !page::has_node() {
        bail!(
            "node and npm are not on the PATH, and {ICONS} is installed with npm: install Node.js 20 or later"
        );
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    npm.arg("--prefix").arg(work).arg(ICONS).stdin(Stdio::null());
    step::run(&mut npm)?;
    Ok(work.join("node_modules").join("material-icons"))
}

#[cfg(test)]
mod tests {
    use super::{FONTS, SHA256, WHEEL, fetch};
    use crate::wheel::{Fetch, Wheel};
    use anyhow::Result;
    use std::fs;
    use std::path::Path;

    /// Nothing of its own.
    struct Nowhere;

    impl Fetch for Nowhere {
        fn fetch(&mut self, wheel: &Wheel, _: &Path) -> Result<()> {
            anyhow::bail!("{} can't be had", wheel.requirement)
        }
    }

    /// The program's own pins are in a crate that this one does without.
    #[test]
    fn the_pins_are_those_of_the_program() -> Result<()> {
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/lit/src/client.rs");
        let client = fs::read_to_string(client)?;
        let version = WHEEL.requirement.split_once("==").map_or("", |(_, version)| version);
        for pin in [SHA256, version].into_iter().map(|pin| format!("\"{pin}\"")) {
            assert!(client.contains(&pin), "{pin}");
        }
        let wheel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/lit_client.rs");
        let wheel = fs::read_to_string(wheel)?;
        for pin in [WHEEL.file, WHEEL.sha256].map(|pin| format!("\"{pin}\"")) {
            assert!(wheel.contains(&pin), "{pin}");
        }
        for (font, _) in FONTS {
            assert!(client.contains(&format!("\"fonts/{font}\"")), "{font}");
        }
        Ok(())
    }

    #[test]
    fn without_the_wheel_there_is_no_client() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let (client, work) = (dir.path().join("client"), dir.path().join("work"));
        let mut no_icons = |_: &Path| anyhow::bail!("icons are not asked for before the wheel is there");
        let refused = fetch(&client, &work, &mut Nowhere, &mut no_icons).map_err(|error| error.to_string());
        assert_eq!(refused, Err("lit-nlp==1.3.1 can't be had".to_owned()));
        assert!(!client.exists());
        Ok(())
    }
}
