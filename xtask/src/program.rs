//! The command line and the examples: built, and where cargo put them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::libtorch::Libtorch;
use crate::workspace::Workspace;

/// The command line as it is installed, in release mode.
pub(crate) fn build(workspace: &Workspace, libtorch: &Libtorch) -> Result<PathBuf> {
    let mut command = workspace.cargo("build");
    command.args(["--release", "--package", "saliency-cli"]);
    libtorch.tell(&mut command);
    built(command, "saliency")
}

/// The command line with what the demo needs of it, in the tests' profile: what is compiled for the one serves the
/// other, in a third of the time of a release build.
pub(crate) fn build_for_demo(workspace: &Workspace, libtorch: &Libtorch) -> Result<PathBuf> {
    let mut command = workspace.cargo("build");
    command.args(["--package", "saliency-cli", "--no-default-features"]);
    libtorch.tell(&mut command);
    built(command, "saliency")
}

/// Runs a `cargo build` and gives the path of the program called `name`, which depends on the user's cargo settings.
pub(crate) fn built(mut command: Command, name: &str) -> Result<PathBuf> {
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = command.output().context("cargo does not run")?;
    if !output.status.success() {
        bail!("{name} does not build ({})", output.status);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|message| executable(message, name))
        .with_context(|| format!("cargo built no program called {name}"))
}

/// Reads one of cargo's messages: the program's path, if this is its message.
fn executable(message: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_ours = message.pointer("/target/name")?.as_str()? == name;
    let path = message.get("executable")?.as_str()?;
    is_ours.then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::executable;
    use std::path::PathBuf;

    #[test]
    fn the_programs_path_is_read_from_cargos_messages() {
        let of = |message| executable(message, "saliency");
        let built =
            r#"{"reason": "compiler-artifact", "target": {"name": "saliency"}, "executable": "/t/saliency"}"#;
        assert_eq!(of(built), Some(PathBuf::from("/t/saliency")));
        assert_eq!(executable(built, "6_real_gpt2"), None);
        // The facade's library has the same name, and no executable.
        let library =
            r#"{"reason": "compiler-artifact", "target": {"name": "saliency"}, "executable": null}"#;
        assert_eq!(of(library), None);
        assert_eq!(of(r#"{"reason": "build-finished", "success": true}"#), None);
    }
}
