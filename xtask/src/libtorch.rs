//! The libtorch that everything is built against: the user's own, or one that is fetched.

use std::env;
use std::ffi::OsString;
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::compiler;
use crate::disk;
use crate::install::Install;
use crate::pip::Pip;
use crate::platform::{Platform, VERSION};
use crate::workspace::Workspace;

/// A libtorch that is there.
#[derive(Debug, Clone)]
pub(crate) struct Libtorch {
    dir: PathBuf,
}

impl Libtorch {
    /// Finds the user's libtorch, or installs one into `target/libtorch`.
    pub(crate) fn provide(workspace: &Workspace, keep_wheels: bool) -> Result<Self> {
        compiler::check()?;
        let ours = workspace.target().join("libtorch");
        let settings = Settings::from_env();
        let dir = match settings.choose(&ours)? {
            Choice::Given(dir) => {
                settings.check_given(&dir)?;
                dir
            }
            Choice::Python => settings.ask_python()?,
            Choice::Ours(dir) => {
                let platform = Platform::here()?;
                let install = Install::new(platform, workspace.target());
                if !install.is_complete() {
                    disk::check_room(&workspace.target(), platform.megabytes)?;
                    install.run(&mut Pip, keep_wheels)?;
                    eprintln!("libtorch {VERSION} is in {}", dir.display());
                }
                dir
            }
        };
        Ok(Self { dir })
    }

    /// The directory that holds `lib/` and `include/`.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Tells a command which libtorch to use.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.env("LIBTORCH", &self.dir);
    }
}

/// What the environment says about libtorch, in torch-sys's own variables.
#[derive(Debug, Default)]
struct Settings {
    libtorch: Option<OsString>,
    use_pytorch: bool,
    bypass_version_check: bool,
}

/// Whose libtorch is used.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    /// The directory in `LIBTORCH`.
    Given(PathBuf),
    /// The torch that Python imports.
    Python,
    /// `target/libtorch`.
    Ours(PathBuf),
}

impl Settings {
    fn from_env() -> Self {
        Self {
            libtorch: env::var_os("LIBTORCH").filter(|value| !value.is_empty()),
            use_pytorch: env::var_os("LIBTORCH_USE_PYTORCH").is_some(),
            bypass_version_check: env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some(),
        }
    }

    /// Chooses as torch-sys does. Cargo itself sets `LIBTORCH` to `ours` (`.cargo/config.toml`) where the
    /// user has not set it, so that value is nobody's wish; it keeps its spelling, because torch-sys is
    /// compiled again when the spelling changes.
    fn choose(&self, ours: &Path) -> Result<Choice> {
        if self.use_pytorch {
            return Ok(Choice::Python);
        }
        let Some(given) = &self.libtorch else {
            return Ok(Choice::Ours(ours.to_owned()));
        };
        let given = path::absolute(given).context("LIBTORCH is not a path")?;
        Ok(if is_same_place(&given, ours) { Choice::Ours(given) } else { Choice::Given(given) })
    }

    /// Fails where the given directory holds no libtorch, or another version.
    fn check_given(&self, dir: &Path) -> Result<()> {
        let repair = format!(
            "set LIBTORCH to the directory of a libtorch {VERSION} (the one that holds lib/ and include/), or \
             unset it to have one fetched"
        );
        let shown = dir.display();
        if !dir.is_dir() {
            bail!("LIBTORCH is {shown}, which is not a directory: {repair}");
        }
        if !dir.join("lib").is_dir() {
            bail!("LIBTORCH is {shown}, which has no lib/: {repair}");
        }
        match std::fs::read_to_string(dir.join("build-version")) {
            Ok(version) => self.check_version(&version, &format!("LIBTORCH is {shown}"), &repair),
            Err(_) => Ok(()),
        }
    }

    /// The directory of the torch package that Python imports.
    fn ask_python(&self) -> Result<PathBuf> {
        // As torch-sys chooses the interpreter.
        let python = if env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
        let repair = format!("install torch {VERSION} for `{python}`, or unset LIBTORCH_USE_PYTORCH");
        let script = "import os, torch\nprint(torch.__version__)\nprint(os.path.dirname(torch.__file__))";
        let output =
            Command::new(python).args(["-c", script]).stdin(Stdio::null()).output().with_context(|| {
                format!("LIBTORCH_USE_PYTORCH is set, but `{python}` does not run: {repair}")
            })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        let (Some(version), Some(dir), true) = (lines.next(), lines.next(), output.status.success()) else {
            bail!("LIBTORCH_USE_PYTORCH is set, but `{python}` cannot import torch: {repair}");
        };
        self.check_version(version, "LIBTORCH_USE_PYTORCH is set", &repair)?;
        Ok(PathBuf::from(dir))
    }

    /// Fails as torch-sys would, before the hundred lines that its build script fails with.
    fn check_version(&self, found: &str, whose: &str, repair: &str) -> Result<()> {
        let found = found.trim();
        let plain = found.split_once('+').map_or(found, |(plain, _)| plain);
        if plain == VERSION || self.bypass_version_check {
            return Ok(());
        }
        bail!("{whose}, which has version {found}, and {VERSION} is needed: {repair}")
    }
}

/// Whether two paths name the same entry of the same folder. What a link there points to does not matter.
fn is_same_place(a: &Path, b: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    a == b || (a.file_name() == b.file_name() && folder(a).is_some() && folder(a) == folder(b))
}

#[cfg(test)]
mod tests {
    use super::{Choice, Settings};
    use anyhow::Result;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn set_to(dir: &Path) -> Settings {
        Settings { libtorch: Some(dir.into()), ..Settings::default() }
    }

    #[test]
    fn a_users_libtorch_is_respected() -> Result<()> {
        let ours = Path::new("/checkout/target/libtorch");
        let theirs = Path::new("/opt/libtorch");
        assert_eq!(set_to(theirs).choose(ours)?, Choice::Given(theirs.to_owned()));
        let python = Settings { use_pytorch: true, ..set_to(theirs) };
        assert_eq!(python.choose(ours)?, Choice::Python);
        Ok(())
    }

    #[test]
    fn what_cargo_sets_is_not_the_users() -> Result<()> {
        let ours = Path::new("/checkout/target/libtorch");
        let choice = Choice::Ours(ours.to_owned());
        assert_eq!(set_to(ours).choose(ours)?, choice);
        assert_eq!(Settings::default().choose(ours)?, choice);
        Ok(())
    }

    #[test]
    fn our_directory_is_known_through_a_link_to_the_checkout() -> Result<()> {
        let dir = tempfile::tempdir()?;
        fs::create_dir_all(dir.path().join("checkout/target"))?;
        let ours = dir.path().join("checkout/target/libtorch");
        let roundabout = dir.path().join("checkout/../checkout/target/libtorch");
        let choice = set_to(&roundabout).choose(&ours)?;
        assert_eq!(choice, Choice::Ours(roundabout));
        Ok(())
    }

    #[test]
    fn a_libtorch_that_is_not_there_is_an_error_with_the_repair() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let complain = |path: PathBuf| {
            set_to(&path)
                .check_given(&path)
                .map_err(|error| error.to_string())
                .expect_err("it is no libtorch")
        };
        let message = complain(dir.path().join("gone"));
        assert!(message.contains("is not a directory: set LIBTORCH"), "{message}");
        let message = complain(dir.path().to_owned());
        assert!(message.contains("has no lib/: set LIBTORCH"), "{message}");

        fs::create_dir(dir.path().join("lib"))?;
        assert!(Settings::default().check_given(dir.path()).is_ok());
        fs::write(dir.path().join("build-version"), "2.13.0+cpu\n")?;
        assert!(Settings::default().check_given(dir.path()).is_ok());
        fs::write(dir.path().join("build-version"), "2.9.1\n")?;
        let message = complain(dir.path().to_owned());
        assert!(message.contains("has version 2.9.1"), "{message}");
        let bypass = Settings { bypass_version_check: true, ..Settings::default() };
        assert!(bypass.check_given(dir.path()).is_ok());
        Ok(())
    }
}
