//! A folder of files, written as a whole or not at all.

use crate::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use tempfile::{NamedTempFile, TempDir};

/// Writes files with their paths below a folder, the last one last. A folder that is not there is made beside its place
/// and moved there; in one that is there, each file is complete under another name before the first is renamed.
pub(crate) fn write(folder: &Path, files: &[(&Path, &[u8])]) -> Result<(), Error> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    if folder.exists() {
        let mut ready = Vec::new();
        for (path, bytes) in files {
            let place = folder.join(path);
            ready.push((prepared(&place, bytes).map_err(failed)?, place));
        }
        for (file, place) in ready {
            file.persist(&place).map_err(|error| Error::Write { path: place, source: error.error })?;
        }
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(failed)?;
    let beside = made_in(parent).map_err(failed)?;
    for (path, bytes) in files {
        let place = beside.path().join(path);
        prepared(&place, bytes).and_then(|file| Ok(file.persist(&place)?)).map_err(failed)?;
    }
    fs::rename(beside.path(), folder).map_err(failed)?;
    // It has moved: nothing is left to remove.
    let _ = beside.keep();
    Ok(())
}

/// A folder with the mode of any other.
fn made_in(parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saliency-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent)
}

/// A file that only has to be renamed.
fn prepared(place: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saliency-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}
