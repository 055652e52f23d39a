//! A lock file, so that one process at a time downloads a file.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// The interval between attempts to take the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// A lock, which is released on drop or when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    /// `None` where the file system has no locks.
    file: Option<File>,
}

impl Lock {
    /// Takes the lock. While another process holds it, waits as long as `progress`, the bytes which that process has
    /// downloaded, keeps changing. `None` if it has not changed for `longest`.
    pub(crate) fn take(
        path: &Path,
        longest: Duration,
        mut progress: impl FnMut() -> u64,
    ) -> io::Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut seen = None;
        let mut since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { file: Some(file) })),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Some(Self { file: None }));
                }
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            let now = progress();
            if seen != Some(now) {
                seen = Some(now);
                since = Instant::now();
            } else if since.elapsed() >= longest {
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether the lock excludes other processes, which it does not on a file system without locks.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.file.is_some()
    }
}
