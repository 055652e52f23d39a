//! `cargo xtask validate`: format, lints and documentation, cheapest first.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::format;
use crate::libtorch::Libtorch;
use crate::selection;
use crate::step::{self, Step};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let libtorch = Libtorch::provide(workspace, false)?;
    let set_up = start.elapsed();
    let cargo = |command: &str, rest: &str| -> Command {
        let mut command = workspace.cargo(command);
        command.args(rest.split_whitespace());
        libtorch.tell(&mut command);
        command
    };

    let packages = selection::packages(workspace)?;
    let selection = selection::arguments(&packages);
    let of_selection = |command: &str, rest: &str| -> Command {
        let mut command = cargo(command, "");
        command.args(&selection).args(rest.split_whitespace());
        command
    };

    let mut documentation = of_selection("doc", "--no-deps --document-private-items");
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    let mut alone = Vec::new();
    for package in &packages {
        let name = &package.name;
        alone.push(cargo("check", &format!("--quiet --package {name} --no-default-features")));
        alone.extend(package.features.iter().map(|feature| {
            cargo("check", &format!("--quiet --package {name} --no-default-features --features {feature}"))
        }));
    }
    let steps = vec![
        format::check(workspace)?,
        Step::new("lints", of_selection("clippy", "--all-targets -- -D warnings"))
            .needs(cargo("clippy", "--version"), "rustup component add clippy"),
        Step::new("lints of xtask", cargo("clippy", "--package xtask --all-targets -- -D warnings")),
        Step::new("documentation", documentation),
        // Not in every combination: features only add, and that all of them build together is seen above.
        Step::check(
            "each feature alone",
            "cargo check --package … --no-default-features --features …",
            || alone.into_iter().try_for_each(|mut command| step::run(&mut command)),
        ),
    ];
    step::run_all("cargo xtask validate", ("libtorch set-up", set_up), steps)
}
