//! The disk: room for what is fetched, and file errors that say the repair.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow, bail};

/// Adds the path and the repair to a file error.
pub(crate) trait At<T> {
    /// `doing` completes "cannot … PATH".
    fn at(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|error| {
            let repair = match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    "; free some space there and run this again"
                }
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    "; make that place writable, or set LIBTORCH to a libtorch that you have"
                }
                ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                    "; a file is where a folder should be: move it away"
                }
                _ => "",
            };
            anyhow!("cannot {doing} {}: {error}{repair}", path.display())
        })
    }
}

/// Holds a lock until the file is dropped, and says `waits` where another process has it. The file itself stays: to
/// remove it would let two runs lock two files of the same name.
pub(crate) fn lock(path: &Path, waits: &str) -> Result<File> {
    let file = File::create(path).at("write", path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("{waits}");
            file.lock().at("lock", path)?;
        }
        Err(TryLockError::Error(error)) => return Err(error).at("lock", path),
    }
    Ok(file)
}

/// Makes `dir`, and fails where its file system has less than `megabytes` left. Where `df` cannot tell, it
/// passes.
pub(crate) fn check_room(dir: &Path, megabytes: u64) -> Result<()> {
    fs::create_dir_all(dir).at("make", dir)?;
    let free = Command::new("df")
        .arg("-Pk")
        .arg(dir)
        .output()
        .ok()
        .and_then(|output| free_megabytes(&String::from_utf8_lossy(&output.stdout)));
    match free {
        Some(free) if free < megabytes => bail!(
            "{} has {free} MB left, and getting libtorch takes {megabytes} MB: free some space, or set \
             LIBTORCH to a libtorch that you have",
            dir.display()
        ),
        _ => Ok(()),
    }
}

/// Reads the fourth column of `df -Pk`, which is in units of 1024 bytes.
fn free_megabytes(df: &str) -> Option<u64> {
    let kibibytes: u64 = df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}

/// Removes a folder, a link or a file, if there is one.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let is_dir = match path.symlink_metadata() {
        Ok(metadata) => metadata.is_dir(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).at("look at", path),
    };
    let removed = if is_dir { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.at("remove", path)
}

#[cfg(test)]
mod tests {
    use super::{At, check_room, free_megabytes};
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    #[test]
    fn df_is_read_by_column() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                  /dev/vda 100 50 2000000 50% /\n";
        assert_eq!(free_megabytes(df), Some(2048));
        assert_eq!(free_megabytes("df: no such file\n"), None);
    }

    #[test]
    fn too_little_room_is_an_error_that_says_how_much_is_needed() {
        let message = check_room(Path::new("/"), u64::MAX)
            .map_err(|error| error.to_string())
            .expect_err("no disk is that large");
        assert!(message.contains("set LIBTORCH"), "{message}");
        assert!(check_room(Path::new("/"), 0).is_ok());
    }

    #[test]
    fn an_unwritable_place_is_named_with_the_repair() {
        let denied: Result<(), Error> = Err(ErrorKind::PermissionDenied.into());
        let message = denied
            .at("make", Path::new("target"))
            .map_err(|error| error.to_string())
            .expect_err("it was denied");
        assert!(message.starts_with("cannot make target: "), "{message}");
        assert!(message.contains("writable"), "{message}");
    }
}
