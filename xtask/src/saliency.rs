//! Our own program, run as a user runs it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::libtorch::Libtorch;
use crate::smollm2;
use crate::step;
use crate::workspace::Workspace;

/// The program, run at the workspace's root.
#[derive(Debug)]
pub(crate) struct Saliency<'a> {
    binary: PathBuf,
    root: &'a Path,
    libtorch: Libtorch,
    /// The folder with SmolLM2.
    models: Option<PathBuf>,
}

impl<'a> Saliency<'a> {
    pub(crate) fn new(workspace: &'a Workspace, libtorch: Libtorch, binary: PathBuf) -> Self {
        Self { binary, root: workspace.root(), libtorch, models: None }
    }

    /// Lets `--model smollm2` find it in this folder.
    pub(crate) fn with_models(self, folder: PathBuf) -> Self {
        Self { models: Some(folder), ..self }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.root).args(args);
        command.envs(self.models.iter().map(|folder| (smollm2::VARIABLE, folder)));
        self.libtorch.tell(&mut command);
        command
    }

    /// Runs it, with what it prints on standard error.
    pub(crate) fn run(&self, args: &[&str]) -> Result<()> {
        let mut command = self.command(args);
        step::run(command.stdin(Stdio::null()).stdout(Stdio::from(io::stderr())))
    }

    /// What it prints on standard output.
    pub(crate) fn output(&self, args: &[&str]) -> Result<String> {
        let output = self.command(args).stderr(Stdio::inherit()).output().context("saliency does not run")?;
        if !output.status.success() {
            bail!("`saliency {}` failed ({})", args.join(" "), output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
