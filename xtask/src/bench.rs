//! `cargo xtask bench`: the workspace's benchmarks, with libtorch.

use anyhow::Result;

use crate::libtorch::Libtorch;
use crate::selection;
use crate::step;
use crate::workspace::Workspace;

/// The first argument names a benchmark; what follows goes to it.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let mut command = workspace.cargo("bench");
    command.args(selection::arguments(&selection::packages(workspace)?));
    // Without `--bench`, cargo would run the libraries' unit tests as benchmarks too.
    match args.split_first() {
        Some((name, rest)) => command.args(["--bench", name, "--"]).args(rest),
        None => command.args(["--bench", "*"]),
    };
    libtorch.tell(&mut command);
    step::run(&mut command)
}
