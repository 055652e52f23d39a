//! `cargo xtask page`: the page's script, its types checked and minified, with what checks it in a browser installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::disk::At;
use crate::step;
use crate::workspace::Workspace;

const TOOLS: &str = "crates/viz-svg/tests/browser/package.json";
const SCRIPT: &str = "crates/viz-svg/src/page/script/main.js";
/// What is minified, into which file, and how. There are two forms of the script: with MORE it has what only some pages
/// need. Fields that no data has are given short names.
const MINIFIED: [(&str, &str, &[&str]); 4] = [
    (SCRIPT, "crates/viz-svg/src/page/page.min.js", &["--define:MORE=false", OWN_FIELDS]),
    (SCRIPT, "crates/viz-svg/src/page/page-more.min.js", &["--define:MORE=true", OWN_FIELDS]),
    ("crates/viz-svg/src/page/page.css", "crates/viz-svg/src/page/page.min.css", &[]),
    ("crates/viz-svg/src/page/page-more.css", "crates/viz-svg/src/page/page-more.min.css", &[]),
];
const OWN_FIELDS: &str = "--mangle-props=^(record|token|lock|pinned|comparing)$";
/// Browsers that tests look for on the PATH, besides what CHROME names.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Checks the script's types, and that the minified forms of script and style are up to date; with `write`, writes
/// those.
pub(crate) fn run(workspace: &Workspace, write: bool) -> Result<()> {
    let tools = install(workspace)?;
    let mut types = tool(&tools, "tsc");
    types.args(["--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2023"]);
    types.args(["--module", "esnext", "--moduleResolution", "bundler"]);
    types.args(["--lib", "es2023,dom,dom.iterable", "--types", ""]).arg(workspace.root().join(SCRIPT));
    step::run(&mut types)?;
    for form in MINIFIED {
        minify(workspace, &tools, form, write)?;
    }
    Ok(())
}

fn minify(
    workspace: &Workspace,
    tools: &Path,
    (source, minified, how): (&str, &str, &[&str]),
    write: bool,
) -> Result<()> {
    let mut minify = tool(tools, "esbuild");
    minify.arg(workspace.root().join(source)).args([
        "--bundle",
        "--minify",
        "--target=es2022",
        "--charset=utf8",
        "--format=iife",
        "--log-level=warning",
    ]);
    let output = minify.args(how).stderr(Stdio::inherit()).output().context("esbuild does not run")?;
    if !output.status.success() {
        bail!("esbuild cannot minify {source}");
    }
    let kept = workspace.root().join(minified);
    if fs::read(&kept).is_ok_and(|kept| kept == output.stdout) {
        return Ok(());
    }
    if !write {
        bail!("{minified} is not what {source} becomes: run `cargo xtask page --write`");
    }
    fs::write(&kept, output.stdout).at("write", &kept)
}

/// Where the tools are, once [`run`] has installed them.
pub(crate) fn tools(workspace: &Workspace) -> PathBuf {
    workspace.target().join("page-tools")
}

/// Whether what runs the tools is there.
pub(crate) fn has_node() -> bool {
    on_path("node") && on_path("npm")
}

/// Whether CHROME or PATH names a Chromium. Where neither does, and the machine lets us, Debian's is installed.
pub(crate) fn has_browser() -> bool {
    let named = || env::var_os("CHROME").is_some() || BROWSERS.into_iter().any(on_path);
    if named() {
        return true;
    }
    if may_install() {
        eprintln!("installing Debian's chromium");
        let apt = |args: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
            step::run(&mut command)
        };
        let installed = apt(&["update", "-qq"]).and_then(|()| {
            apt(&["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"])
        });
        if let Err(error) = installed {
            eprintln!("it cannot be installed: {error:#}");
        }
    }
    named()
}

/// Only root of a machine that is there for tests, as CI says it is.
fn may_install() -> bool {
    let is_root = || Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let is_for_tests = env::var_os("CI").is_some() || Path::new("/.dockerenv").exists();
    is_for_tests && on_path("apt-get") && is_root()
}

fn on_path(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(name).is_file())
}

/// Installs the pinned tools, once.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let (tools, pins) = (tools(workspace), workspace.root().join(TOOLS));
    let pins = fs::read(&pins).at("read", &pins)?;
    let stamp = tools.join("installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == pins) {
        return Ok(tools);
    }
    if !has_node() {
        bail!("node and npm are not on the PATH: install Node.js 20 or later");
    }
    fs::create_dir_all(&tools).at("make", &tools)?;
    let package = tools.join("package.json");
    fs::write(&package, &pins).at("write", &package)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    step::run(npm.current_dir(&tools).stdin(Stdio::null()))?;
    fs::write(&stamp, pins).at("write", &stamp)?;
    Ok(tools)
}

fn tool(tools: &Path, name: &str) -> Command {
    Command::new(tools.join("node_modules/.bin").join(name))
}
