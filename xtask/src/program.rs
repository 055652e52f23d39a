//! The command line, built in release mode.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::libtorch::Libtorch;
use crate::workspace::Workspace;

/// Builds the command line and gives its path, which depends on the user's cargo settings.
pub(crate) fn build(workspace: &Workspace, libtorch: &Libtorch) -> Result<PathBuf> {
    let mut command = workspace.cargo("build");
    command
        .args(["--release", "--package", "saliency-cli"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit());
    libtorch.tell(&mut command);
    let output = command.output().context("cargo does not run")?;
    if !output.status.success() {
        bail!("the command line does not build ({})", output.status);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(executable)
        .context("cargo built no program called saliency")
}

/// Reads one of cargo's messages: the path of the program `saliency`, if this is its message.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_ours = message.pointer("/target/name")?.as_str()? == "saliency";
    let path = message.get("executable")?.as_str()?;
    is_ours.then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::executable;
    use std::path::PathBuf;

    #[test]
    fn the_programs_path_is_read_from_cargos_messages() {
        let built =
            r#"{"reason": "compiler-artifact", "target": {"name": "saliency"}, "executable": "/t/saliency"}"#;
        assert_eq!(executable(built), Some(PathBuf::from("/t/saliency")));
        // The facade's library has the same name, and no executable.
        let library =
            r#"{"reason": "compiler-artifact", "target": {"name": "saliency"}, "executable": null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable(r#"{"reason": "build-finished", "success": true}"#), None);
    }
}
