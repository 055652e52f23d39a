//! The checkout as git sees it, before a run and after it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// Files that differ from the last commit, and new ones that git does not ignore, each with its state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    root: PathBuf,
    files: BTreeMap<String, State>,
}

/// What git says of a file (`M`, `D`, `??`), and the SHA-256 of what is in it, if it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    code: String,
    sha256: Option<Vec<u8>>,
}

impl State {
    fn is_new(&self) -> bool {
        self.code == "??"
    }
}

impl Checkout {
    /// `None` where there is no git, or where `root` is no checkout, such as an unpacked archive.
    pub(crate) fn of(root: &Path) -> Option<Self> {
        // Paths are relative to the top of the checkout, wherever git was asked.
        let top = git(root, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(top.trim_end_matches(['\r', '\n']));
        let status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", "."];
        let listed = git(root, &status)?;
        let state = |entry: &str| {
            let (code, path) = entry.split_at_checked(3)?;
            let sha256 = fs::read(top.join(path)).ok().map(|bytes| Sha256::digest(bytes).to_vec());
            Some((path.to_owned(), State { code: code.trim().to_owned(), sha256 }))
        };
        let files = listed.split_terminator('\0').filter_map(state).collect();
        Some(Self { root: root.to_owned(), files })
    }

    /// Fails where the checkout is not as it was, and names the files.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let now = Self::of(&self.root).context("git does not read the checkout any more")?;
        let changes = self.changes(&now);
        if changes.is_empty() {
            return Ok(());
        }
        bail!(
            "the checkout is not as this run found it: {}; what writes them should write below target, or git should \
             ignore them (or you changed them meanwhile)",
            changes.join(", ")
        )
    }

    /// The files whose state is another one, each with what has become of it.
    fn changes(&self, now: &Self) -> Vec<String> {
        let paths = self.files.keys().chain(now.files.keys().filter(|path| !self.files.contains_key(*path)));
        let mut changes: Vec<_> = paths
            .filter_map(|path| {
                let (before, after) = (self.files.get(path), now.files.get(path));
                let what = match (before, after) {
                    _ if before == after => return None,
                    (None, Some(after)) if after.is_new() => "new",
                    (_, Some(State { sha256: None, .. })) => "removed",
                    (Some(before), None) if before.is_new() => "removed",
                    _ => "changed",
                };
                Some(format!("{path} ({what})"))
            })
            .collect();
        changes.sort();
        changes
    }
}

/// What git prints, if it is there and does what it is asked.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    // To look must not write to the index.
    let output = Command::new("git").arg("--no-optional-locks").args(args).current_dir(root).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Checkout, git};
    use anyhow::{Context, Result};
    use std::fs;
    use std::path::Path;

    /// A repository with two tracked files and one that is ignored.
    fn repository() -> Result<tempfile::TempDir> {
        let dir = tempfile::tempdir()?;
        let root = dir.path();
        for (name, text) in [("Cargo.lock", "1"), ("kept.txt", "1"), (".gitignore", "target\n")] {
            fs::write(root.join(name), text)?;
        }
        let config = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgsign=false"];
        git(root, &["init", "--quiet"]).context("git init")?;
        git(root, &["add", "."]).context("git add")?;
        git(root, &[&config[..], &["commit", "--quiet", "-m", "x"]].concat()).context("git commit")?;
        Ok(dir)
    }

    fn of(root: &Path) -> Result<Checkout> {
        Checkout::of(root).context("git reads it")
    }

    #[test]
    fn what_a_run_changes_is_named() -> Result<()> {
        let dir = repository()?;
        let root = dir.path();
        let before = of(root)?;
        before.check_unchanged()?;
        fs::create_dir_all(root.join("target/x"))?;
        fs::write(root.join("target/x/y"), "ignored")?;
        before.check_unchanged()?;

        fs::write(root.join("Cargo.lock"), "2")?;
        fs::create_dir_all(root.join("a b"))?;
        fs::write(root.join("a b/ü.snap"), "new")?;
        fs::remove_file(root.join("kept.txt"))?;
        assert_eq!(
            before.changes(&of(root)?),
            ["Cargo.lock (changed)", "a b/ü.snap (new)", "kept.txt (removed)"]
        );
        let message = format!("{:#}", before.check_unchanged().expect_err("it changed"));
        assert!(message.contains("Cargo.lock (changed), a b/ü.snap (new)"), "{message}");
        Ok(())
    }

    #[test]
    fn a_developers_own_changes_are_none_of_the_runs() -> Result<()> {
        let dir = repository()?;
        let root = dir.path();
        fs::write(root.join("Cargo.lock"), "mine")?;
        fs::write(root.join("draft.rs"), "mine")?;
        let before = of(root)?;
        before.check_unchanged()?;
        // But that a file was changed before does not hide that it is changed again, or back.
        fs::write(root.join("draft.rs"), "theirs")?;
        assert_eq!(before.changes(&of(root)?), ["draft.rs (changed)"]);
        fs::write(root.join("Cargo.lock"), "1")?;
        fs::remove_file(root.join("draft.rs"))?;
        assert_eq!(before.changes(&of(root)?), ["Cargo.lock (changed)", "draft.rs (removed)"]);
        Ok(())
    }

    #[test]
    fn what_is_no_checkout_is_not_compared() -> Result<()> {
        let dir = tempfile::tempdir()?;
        assert_eq!(Checkout::of(dir.path()), None);
        Ok(())
    }
}
