//! SHA-256 of the weights, computed when it is first asked for.

use crate::tensors::weights_file::WeightsFile;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{Read, Seek, SeekFrom};
use std::sync::OnceLock;

/// Where weights lie, and their SHA-256, computed when it is first asked for: of a checkpoint of half a gigabyte it
/// takes a quarter of a second, which the first token should not wait for.
#[derive(Debug)]
pub struct LazyDigest {
    files: Vec<WeightsFile>,
    sha256: OnceLock<Option<String>>,
}

impl LazyDigest {
    pub(crate) fn new(files: Vec<WeightsFile>) -> Self {
        Self { files, sha256: OnceLock::new() }
    }

    /// SHA-256 of the file; of several, of one after another in the order of their names. `None` where one can't be
    /// read any more.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.get_or_init(|| digest(&self.files).ok()).as_deref()
    }
}

fn digest(files: &[WeightsFile]) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        match file {
            WeightsFile::Bytes(bytes, _) => hash.update(bytes),
            WeightsFile::Disk(_, opened) => {
                // The file that was mapped, whatever lies under its name by now.
                let (mut file, mut part) = (&**opened, vec![0; 1 << 20]);
                file.seek(SeekFrom::Start(0))?;
                loop {
                    let n = file.read(&mut part)?;
                    if n == 0 {
                        break;
                    }
                    hash.update(&part[..n]);
                }
            }
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
