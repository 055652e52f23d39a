//! A Python environment below `target/peers`, made once, and our scripts in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{SCRIPTS, THREADS};
use crate::disk::{self, At};
use crate::step;
use crate::workspace::Workspace;

/// Written last into what is made once: what it was made from.
pub(super) const STAMP: &str = "xtask-stamp";

/// A package, and what it needs.
#[derive(Debug)]
pub(super) struct Environment {
    package: &'static str,
    version: &'static str,
    /// In versions that work together.
    needs: &'static [&'static str],
    /// Whether the package's own pins no longer resolve, so that it is installed without regard to them.
    without_pins: bool,
}

pub(super) static ECCO: Environment = Environment {
    package: "ecco",
    version: "0.1.2",
    needs: &[
        "torch==2.13.0",
        "transformers==4.45.2",
        "captum==0.9.0",
        "numpy<2",
        "matplotlib<3.9",
        "scikit-learn",
        "seaborn",
        "ipython",
        "PyYAML",
        "tqdm",
    ],
    without_pins: true,
};

/// With captum beside it, and what reads GGUF files.
pub(super) static INSEQ: Environment = Environment {
    package: "inseq",
    version: "0.7.1",
    needs: &["torch==2.13.0", "transformers==5.24.0", "captum==0.9.0", "gguf==0.19.0", "accelerate==1.15.0"],
    without_pins: false,
};

impl Environment {
    /// Installs what is missing, and gives the environment's Python.
    pub(super) fn install(&self, dir: &Path) -> Result<PathBuf> {
        let environment = dir.join(self.package);
        let python = environment.join("bin/python");
        let stamp = environment.join(STAMP);
        let itself = format!("{}=={}", self.package, self.version);
        let recipe = format!("{}\n{itself}\n", self.needs.join("\n"));
        if fs::read_to_string(&stamp).is_ok_and(|made| made == recipe) {
            return Ok(python);
        }
        eprintln!("installing {itself} into {} (5 GB, most of it torch)", environment.display());
        disk::remove(&environment)?;
        let quietly = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::from(io::stderr()));
            step::run(command).with_context(|| format!("{itself} cannot be installed"))
        };
        quietly(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        // So that a small /tmp is no hindrance.
        let scratch = environment.join("tmp");
        fs::create_dir(&scratch).at("make", &scratch)?;
        let pip = || {
            let mut pip = Command::new(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
            pip.env("TMPDIR", &scratch);
            pip
        };
        if self.without_pins {
            quietly(pip().args(self.needs))?;
            quietly(pip().args(["--no-deps", &itself]))?;
        } else {
            quietly(pip().args(self.needs).arg(&itself))?;
        }
        disk::remove(&scratch)?;
        fs::write(&stamp, recipe).at("write", &stamp)?;
        Ok(python)
    }
}

/// One of our scripts, at the workspace's root, with the surroundings that all programs share.
pub(super) fn script(workspace: &Workspace, python: &Path, name: &str) -> Command {
    let threads = THREADS.to_string();
    let mut command = Command::new(python);
    command
        .arg(workspace.root().join(SCRIPTS).join(name))
        .current_dir(workspace.root())
        .envs([("OMP_NUM_THREADS", &*threads), ("MKL_NUM_THREADS", &threads)])
        .envs([("HF_HUB_OFFLINE", "1"), ("TRANSFORMERS_OFFLINE", "1")])
        // None computes on a GPU, and none pays for looking at it.
        .env("CUDA_VISIBLE_DEVICES", "")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    command
}
