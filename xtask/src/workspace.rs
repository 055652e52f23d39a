//! Where the workspace lies, and cargo as run in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The checkout that this xtask belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The folder above xtask's own manifest.
    pub(crate) fn find() -> Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir
            .parent()
            .with_context(|| format!("{} has no folder above it", manifest_dir.display()))?;
        Ok(Self { root: root.to_owned() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The workspace's own `target`, whatever `CARGO_TARGET_DIR` says: `.cargo/config.toml` looks for
    /// libtorch there.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// `cargo COMMAND --locked` at the root, with the environment that a shell would give it.
    ///
    /// A `Cargo.lock` that does not fit its `Cargo.toml` is an error, and never rewritten.
    ///
    /// `cargo run` describes the xtask package in variables of its own. Build scripts watch some of
    /// them (ring's does), so they would make `cargo xtask test` and `cargo test` rebuild each other's work.
    pub(crate) fn cargo(&self, command: &str) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut cargo = Command::new(cargo);
        cargo.args([command, "--locked"]).current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&name);
            }
        }
        cargo
    }
}
