//! What tests, lints and documentation are made of: every package but xtask, with every feature that fetches nothing.
//!
//! All commands ask cargo for the same. For other packages or features it compiles their dependencies again, with
//! libtorch's bindings the better part of five minutes.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::Workspace;

/// Fetches libtorch during the build.
const FETCHES: &str = "download-libtorch";

/// A package of the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its features, but for `default` and the one that fetches.
    pub(crate) features: Vec<String>,
}

/// The workspace's packages, but for xtask.
pub(crate) fn packages(workspace: &Workspace) -> Result<Vec<Package>> {
    let mut command = workspace.cargo("metadata");
    command.args(["--no-deps", "--format-version", "1"]);
    let output = command.output().context("cargo does not run")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    read(&serde_json::from_slice(&output.stdout)?).context("cargo metadata lists no packages")
}

fn read(metadata: &Value) -> Option<Vec<Package>> {
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array()? {
        let name = package["name"].as_str()?.to_owned();
        let features = package["features"].as_object()?.keys();
        let features = features.filter(|name| *name != "default" && *name != FETCHES).cloned().collect();
        if name != "xtask" {
            packages.push(Package { name, features });
        }
    }
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Some(packages)
}

/// The selection as cargo's arguments.
pub(crate) fn arguments(packages: &[Package]) -> Vec<String> {
    let of = |package: &Package| {
        let name = package.name.clone();
        package.features.iter().map(move |feature| format!("{name}/{feature}")).collect::<Vec<_>>()
    };
    let features: Vec<_> = packages.iter().flat_map(of).collect();
    ["--workspace", "--exclude", "xtask", "--features", &features.join(",")].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::{Package, arguments, read};
    use serde_json::json;

    #[test]
    fn every_feature_is_selected_but_the_one_that_fetches() {
        let metadata = json!({"packages": [
            {"name": "xtask", "features": {}},
            {"name": "b", "features": {"default": ["x"], "x": [], "y": [], "download-libtorch": []}},
            {"name": "a", "features": {}},
        ]});
        let packages = read(&metadata).expect("packages");
        let b = Package { name: "b".into(), features: vec!["x".into(), "y".into()] };
        assert_eq!(packages, [Package { name: "a".into(), features: vec![] }, b]);
        assert_eq!(arguments(&packages), ["--workspace", "--exclude", "xtask", "--features", "b/x,b/y"]);
        assert_eq!(read(&json!({})), None);
    }
}
