//! Where results go: files whole or not at all, standard output, remarks on standard error.

use crate::failure::Failure;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file, or standard output.
pub(crate) struct Destination {
    path: Option<PathBuf>,
}

impl Destination {
    /// Checks at once that the file can be made, before any long work.
    pub(crate) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = path {
            if path.is_dir() {
                return Err(Failure::Usage(format!("{}: is a folder; name a file", path.display())));
            }
            temporary_beside(path)?;
        }
        Ok(Self { path: path.map(Path::to_owned) })
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.path.as_deref().and_then(Path::extension).is_some_and(|e| e.eq_ignore_ascii_case(extension))
    }

    /// Writes everything, or nothing.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        match &self.path {
            Some(path) => write_whole(path, bytes),
            None => print(bytes),
        }
    }
}

/// Writes a file under another name and renames it, so that it is never seen in part.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    let mut file = temporary_beside(path)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn temporary_beside(path: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saliency-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What a plain `File::create` would ask for; the process's umask still takes its part.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|source| Failure::Write { path: path.to_owned(), source })
}

/// Prints to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::Stdout)
}

/// A remark on standard error, unless `--quiet`.
pub(crate) fn remark(quiet: bool, text: &str) {
    if !quiet {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
