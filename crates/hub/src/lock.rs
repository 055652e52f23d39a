//! One process at a time downloads a file.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often is looked.
const PAUSE: Duration = Duration::from_millis(50);

/// A lock, which is given back when this is dropped, or with the process.
#[derive(Debug)]
pub(crate) struct Lock {
    /// `None` where the file system has no locks.
    file: Option<File>,
}

impl Lock {
    /// Takes a lock, and waits as long as the other process gets on: `progress` says how far it is. `None` if it has
    /// got no further for `longest`.
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

    /// Whether nobody else can have it.
    pub(crate) fn holds(&self) -> bool {
        self.file.is_some()
    }
}
