//! Output: files, complete or not at all; standard output; remarks on standard error.

use crate::failure::Failure;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a result goes.
pub(crate) struct Destination(Sink);

enum Sink {
    Stdout,
    /// A file, written completely or not at all.
    File(PathBuf),
    /// A pipe or a device, which is written in place.
    InPlace(PathBuf),
}

/// A result that is ready and only has to be put in its place.
pub(crate) enum Prepared<'a> {
    Stdout(&'a [u8]),
    InPlace(&'a Path, &'a [u8]),
    File(tempfile::NamedTempFile, PathBuf),
}

impl Destination {
    /// `-` is standard output. Checks that the file can be created, before any long work.
    pub(crate) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else { return Ok(Self(Sink::Stdout)) };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                Err(Failure::Usage(format!("{}: is a folder; name a file", path.display())))
            }
            Ok(found) if !found.is_file() => Ok(Self(Sink::InPlace(path.to_owned()))),
            _ => {
                let path = resolved(path);
                temporary_beside(&path)?;
                Ok(Self(Sink::File(path)))
            }
        }
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.path().and_then(Path::extension).is_some_and(|e| e.eq_ignore_ascii_case(extension))
    }

    /// Whether both are the same place.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.path() == other.path()
    }

    fn path(&self) -> Option<&Path> {
        match &self.0 {
            Sink::Stdout => None,
            Sink::File(path) | Sink::InPlace(path) => Some(path),
        }
    }

    /// Does everything that can fail, except for the final renaming.
    pub(crate) fn prepare<'a>(&'a self, bytes: &'a [u8]) -> Result<Prepared<'a>, Failure> {
        match &self.0 {
            Sink::File(path) => Ok(Prepared::File(written(path, bytes)?, path.clone())),
            Sink::Stdout => Ok(Prepared::Stdout(bytes)),
            Sink::InPlace(path) => Ok(Prepared::InPlace(path, bytes)),
        }
    }

    /// Writes everything, or nothing.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.prepare(bytes)?.finish()
    }
}

impl Prepared<'_> {
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::File(file, path) => match file.persist(&path) {
                Ok(_) => Ok(()),
                Err(error) => Err(Failure::Write { path, source: plain(error.error) }),
            },
            Self::Stdout(bytes) => print(bytes),
            Self::InPlace(path, bytes) => {
                let failed = |source| Failure::InPlace { path: path.to_owned(), source };
                let mut file = fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
                file.write_all(bytes).and_then(|()| file.flush()).map_err(failed)
            }
        }
    }
}

/// Resolves links, so that a link is kept and its target replaced.
fn resolved(path: &Path) -> PathBuf {
    let beside = || Some(folder(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file under another name and renames it, so that it is never incomplete.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    Prepared::File(written(path, bytes)?, path.to_owned()).finish()
}

/// A file under a temporary name, ready to be renamed, with the mode of the file that it will replace.
fn written(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, Failure> {
    let failed = |source| Failure::Write { path: path.to_owned(), source: plain(source) };
    let mut file = temporary_beside(path)?;
    file.write_all(bytes).map_err(failed)?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions()).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

fn temporary_beside(path: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saliency-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode that `File::create` uses, before the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let failed = |source| Failure::Write { path: path.to_owned(), source: plain(source) };
    builder.tempfile_in(folder(path)).map_err(failed)
}

/// The error without the temporary file's name, which `tempfile` adds to it.
fn plain(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|named| named.source());
    let code = inner.and_then(|inner| inner.downcast_ref::<io::Error>()).and_then(io::Error::raw_os_error);
    code.map_or(error, io::Error::from_raw_os_error)
}

/// Prints to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::Stdout)
}

/// A remark on standard error, unless `--quiet`.
pub(crate) fn remark(quiet: bool, text: &str) {
    if !quiet {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
