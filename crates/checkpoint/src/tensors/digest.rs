//! SHA-256 of the weights, computed beside the work.

use crate::tensors::weights_file::WeightsFile;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};

/// How much is read at once.
const PART: usize = 1 << 20;

/// Whether files can be read at a place by two threads.
const BESIDE: bool = cfg!(unix);

/// Where weights lie, and their SHA-256, which takes a second for each gigabyte or two: a thread of its own computes it
/// while the model is loaded, and ends early when the model is dropped.
#[derive(Debug)]
pub struct WeightsDigest {
    files: Vec<WeightsFile>,
    /// Taken by whoever asks first. `None` too where there is no thread to be had.
    running: Mutex<Option<JoinHandle<Option<String>>>>,
    sha256: OnceLock<Option<String>>,
    /// Tells the thread that somebody may still ask.
    _wanted: Arc<()>,
}

impl WeightsDigest {
    pub(crate) fn new(files: Vec<WeightsFile>) -> Self {
        let wanted = Arc::new(());
        let (theirs, asked) = (files.clone(), Arc::downgrade(&wanted));
        let digest = move || digest(&theirs, &|| asked.strong_count() > 0);
        let running = || thread::Builder::new().name("sha256".to_owned()).spawn(digest).ok();
        let running = BESIDE.then(running).flatten();
        Self { files, running: Mutex::new(running), sha256: OnceLock::new(), _wanted: wanted }
    }

    /// SHA-256 of the file; of several, of one after another in the order of their names. `None` where one can't be
    /// read any more. Waits for it if it isn't done.
    pub fn sha256(&self) -> Option<&str> {
        let compute = || {
            let running = self.running.lock().ok().and_then(|mut running| running.take());
            match running.map(JoinHandle::join) {
                Some(Ok(found)) => found,
                None | Some(Err(_)) => digest(&self.files, &|| true),
            }
        };
        self.sha256.get_or_init(compute).as_deref()
    }
}

/// `None` where a file can't be read, or the answer is not wanted any more.
fn digest(files: &[WeightsFile], wanted: &dyn Fn() -> bool) -> Option<String> {
    let mut hash = Sha256::new();
    for file in files {
        match file {
            WeightsFile::Bytes(bytes, _) => {
                for part in bytes.chunks(PART) {
                    wanted().then(|| hash.update(part))?;
                }
            }
            // The file that was mapped, whatever lies under its name by now.
            WeightsFile::Disk(_, opened) => {
                let (mut part, mut at) = (vec![0; PART], 0);
                while let n @ 1.. = read_at(opened, &mut part, at).ok()? {
                    wanted().then(|| hash.update(&part[..n]))?;
                    at += n as u64;
                }
            }
        }
    }
    Some(base16ct::lower::encode_string(&hash.finalize()))
}

/// Reads from a place, and leaves the file's own place to whoever reads on from it.
#[cfg(unix)]
fn read_at(file: &File, part: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, part, at)
}

/// Reads from a place. The file's own place moves on, so that nobody else may read it meanwhile.
#[cfg(not(unix))]
fn read_at(mut file: &File, part: &mut [u8], at: u64) -> io::Result<usize> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read(part)
}
