//! One file of a commit, from the hub into the cache, whole and checked or not at all.

use crate::cache::{ModelCache, remove};
use crate::errand::{About, Answer, Errand};
use crate::id::is_hexadecimal;
use crate::lock::Lock;
use crate::{Error, Fetched};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const CHUNK: usize = 128 << 10;
/// How often a file that came wrong, or a connection that ended with nothing gained, is borne with.
const BORNE: u32 = 1;

/// Makes `file` of `commit` be in the cache.
pub(crate) fn fetch(
    errand: &mut Errand<'_>,
    cache: &ModelCache,
    commit: &str,
    file: &str,
) -> Result<PathBuf, Error> {
    let folder = cache.snapshot_folder(commit);
    let pointer = folder.join(file);
    if pointer.is_file() {
        return Ok(pointer);
    }
    let about = errand.about(commit, file)?;
    let blob = cache.blob(&about.etag);
    let size = about.size.unwrap_or(0);
    for folder in [blob.parent(), Some(folder.as_path())].into_iter().flatten() {
        fs::create_dir_all(folder).map_err(|source| Error::writing(source, folder, &cache.root, size))?;
    }

    let lock_path = cache.lock(&about.etag);
    let part = blob.with_extension("incomplete");
    let longest = errand.manner.patience + errand.manner.timeout;
    let lock = Lock::take(&lock_path, longest, || {
        let done = fs::metadata(&part).map_or(0, |metadata| metadata.len());
        (errand.tell)(Fetched::Elsewhere { file, done });
        done
    });
    let lock = lock.map_err(|source| Error::writing(source, &lock_path, &cache.root, size))?;
    let Some(lock) = lock else {
        return Err(Error::Locked { file: file.to_owned(), lock: lock_path, waited: longest });
    };
    // The other process may have finished while we waited.
    if !is_there(&blob, about.size) {
        remove(&blob)?;
        // Where there are no locks, nobody else's name.
        let part = if lock.holds() {
            part
        } else {
            blob.with_extension(format!("{}.incomplete", std::process::id()))
        };
        let download = Download { cache, commit, file, about: &about, blob: &blob, part: &part };
        download.run(errand)?;
    }
    cache.link(&about.etag, &pointer, size)?;
    Ok(pointer)
}

/// Whether a blob is there in its whole length.
fn is_there(blob: &Path, size: Option<u64>) -> bool {
    fs::metadata(blob).is_ok_and(|found| found.is_file() && size.is_none_or(|size| size == found.len()))
}

struct Download<'a> {
    cache: &'a ModelCache,
    commit: &'a str,
    file: &'a str,
    about: &'a About,
    blob: &'a Path,
    part: &'a Path,
}

/// How a try went that is no reason to stop at once.
enum Try {
    Whole,
    /// The connection ended early.
    Cut {
        gained: bool,
        error: Error,
    },
    /// What came is not what the hub says.
    Wrong(Error),
}

impl Download<'_> {
    fn run(&self, errand: &mut Errand<'_>) -> Result<(), Error> {
        let (mut cuts, mut wrongs) = (0, 0);
        let error = loop {
            match self.attempt(errand) {
                Ok(Try::Whole) => return Ok(()),
                Ok(Try::Cut { gained, error }) => {
                    cuts = if gained && self.can_resume() { 0 } else { cuts + 1 };
                    if cuts > BORNE {
                        break error;
                    }
                }
                Ok(Try::Wrong(error)) => {
                    wrongs += 1;
                    remove(self.part)?;
                    if wrongs > BORNE {
                        break error;
                    }
                }
                Err(error) => break error,
            }
        };
        // A beginning is worth keeping only if its end will be checked, and if there is room for it.
        if !self.can_resume() || matches!(error, Error::DiskFull { .. }) {
            remove(self.part)?;
        }
        Err(error)
    }

    /// The SHA-256 that the file should have. An `ETag` of 64 digits is one; one of 40 is git's, and not checked.
    fn hash(&self) -> Option<&str> {
        Some(self.about.etag.as_str()).filter(|etag| etag.len() == 64 && is_hexadecimal(etag))
    }

    fn can_resume(&self) -> bool {
        self.hash().is_some()
    }

    fn attempt(&self, errand: &mut Errand<'_>) -> Result<Try, Error> {
        let room = |done: u64| self.about.size.unwrap_or(0).saturating_sub(done);
        let failed = |done| move |source| Error::writing(source, self.part, &self.cache.root, room(done));
        let part = File::options().read(true).write(true).create(true).truncate(false).open(self.part);
        let mut part = Part { file: part.map_err(failed(0))?, done: 0, hasher: Sha256::new() };
        part.pick_up(self.can_resume(), self.about.size).map_err(failed(0))?;

        let start = part.done;
        let mut total = self.about.size;
        // An empty file and one that had come whole need no request.
        if total != Some(start) {
            let mut answer = errand.body(self.commit, self.file, start)?;
            match answer.response.status().as_u16() {
                206 if content_range(&answer).is_some_and(|(from, _)| from == start) => {}
                // All of it, although only the rest was asked for.
                200 => part.clear().map_err(failed(0))?,
                status => {
                    part.clear().map_err(failed(0))?;
                    let what = format!("{status} to a request for {} from byte {start} on", self.file);
                    return Ok(Try::Wrong(answer.malformed(what)));
                }
            }
            let announced = match content_range(&answer) {
                Some((_, total)) if part.done > 0 => total,
                _ => answer.header("content-length").and_then(|text| text.trim().parse().ok()),
            };
            if let (Some(got), Some(expected)) = (announced, total)
                && got != expected
                && answer.header("content-encoding").is_none()
            {
                return Ok(Try::Wrong(self.wrong_length(got, expected)));
            }
            total = total.or(announced);
            let Some(expected) = total else {
                return Err(answer.malformed(format!("it does not say how long {} is", self.file)));
            };
            let mut body = answer.response.body_mut().as_reader();
            let mut chunk = vec![0; CHUNK];
            let before = part.done;
            loop {
                (errand.tell)(Fetched::Bytes { file: self.file, done: part.done, total: expected });
                let why = match body.read(&mut chunk) {
                    Ok(0) if part.done == expected => break,
                    Ok(0) => "it was closed".to_owned(),
                    Ok(n) => {
                        part.add(&chunk[..n]).map_err(failed(part.done))?;
                        if part.done > expected {
                            return Ok(Try::Wrong(self.wrong_length(part.done, expected)));
                        }
                        continue;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => error.to_string(),
                };
                let file = self.file.to_owned();
                let error = Error::Cut { file, got: part.done, expected, why };
                return Ok(Try::Cut { gained: part.done > before, error });
            }
        }
        let expected = total.unwrap_or(part.done);
        self.keep(part, expected)
    }

    /// Checks what came and gives it its name.
    fn keep(&self, part: Part, expected: u64) -> Result<Try, Error> {
        let failed = |source| Error::writing(source, self.part, &self.cache.root, 0);
        // The file's own length: somebody else may have written to it.
        let length = part.file.metadata().map_err(failed)?.len();
        if length != expected {
            return Ok(Try::Wrong(self.wrong_length(length, expected)));
        }
        if let Some(expected) = self.hash() {
            let got = hexadecimal(&part.hasher.finalize());
            if got != expected {
                let (file, expected) = (self.file.to_owned(), expected.to_owned());
                return Ok(Try::Wrong(Error::Hash { file, got, expected }));
            }
        }
        part.file.sync_all().map_err(failed)?;
        drop(part.file);
        fs::rename(self.part, self.blob).map_err(failed)?;
        Ok(Try::Whole)
    }

    fn wrong_length(&self, got: u64, expected: u64) -> Error {
        Error::Length { file: self.file.to_owned(), got, expected }
    }
}

/// A file that is not whole yet.
struct Part {
    file: File,
    done: u64,
    hasher: Sha256,
}

impl Part {
    /// Goes on where an earlier download stopped, if that can be.
    fn pick_up(&mut self, resume: bool, size: Option<u64>) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if !resume || size.is_none_or(|size| length > size) {
            return self.clear();
        }
        let mut chunk = vec![0; CHUNK];
        loop {
            match self.file.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(n) => {
                    self.hasher.update(&chunk[..n]);
                    self.done += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.done = 0;
        self.hasher = Sha256::new();
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.done += bytes.len() as u64;
        Ok(())
    }
}

/// The first byte and the length of the whole file, of `Content-Range: bytes 5-9/10`.
fn content_range(answer: &Answer) -> Option<(u64, Option<u64>)> {
    let text = answer.header("content-range")?.trim().strip_prefix("bytes")?.trim();
    let (range, total) = text.split_once('/')?;
    let (from, _) = range.split_once('-')?;
    Some((from.trim().parse().ok()?, total.trim().parse().ok()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
