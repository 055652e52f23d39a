//! `cargo xtask validate`: format, lints and documentation, cheapest first.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::libtorch::Libtorch;
use crate::step::{self, Step};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let libtorch = Libtorch::provide(workspace, false)?;
    let set_up = start.elapsed();
    let cargo = |line: &str| -> Command {
        let mut command = workspace.cargo();
        command.args(line.split_whitespace());
        libtorch.tell(&mut command);
        command
    };

    let mut documentation = cargo("doc --workspace --no-deps --all-features --document-private-items");
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    let steps = vec![
        Step::new("format", cargo("fmt --all --check"))
            .needs(cargo("fmt --version"), "rustup component add rustfmt"),
        Step::new("lints", cargo("clippy --workspace --all-targets --all-features -- -D warnings"))
            .needs(cargo("clippy --version"), "rustup component add clippy"),
        Step::new("documentation", documentation),
    ];
    step::run_all("cargo xtask validate", ("libtorch set-up", set_up), steps)
}
