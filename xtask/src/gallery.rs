//! `cargo xtask gallery`: every chart in every state, beside the notebook's own. Needs no libtorch.

use anyhow::Result;

use crate::step;
use crate::workspace::Workspace;

const DIR: &str = "target/gallery";

/// Prints the contact sheet's path as the last line on standard output.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo("run");
    command
        .args([
            "--release",
            "--package",
            "saliency-viz-svg",
            "--features",
            "png",
            "--example",
            "gallery",
            "--",
        ])
        .arg(workspace.root().join(DIR));
    step::run(&mut command)
}
