//! Downloads a file of a commit into the cache: complete and checked, or not at all.

use crate::cache::{ModelCache, remove};
use crate::client::{Answer, Client, FileInfo};
use crate::id::is_hexadecimal;
use crate::lock::Lock;
use crate::{Error, FetchEvent};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const CHUNK: usize = 128 << 10;
/// How often a corrupt file, or a connection that ended without any progress, is tolerated.
const RETRIES: u32 = 1;

/// Downloads `file` of `commit` unless it is in the cache, and returns its path there.
pub(crate) fn fetch(
    client: &mut Client<'_>,
    cache: &ModelCache,
    commit: &str,
    file: &str,
) -> Result<PathBuf, Error> {
    let folder = cache.snapshot_folder(commit);
    let pointer = folder.join(file);
    if pointer.is_file() {
        return Ok(pointer);
    }
    let info = client.file_info(commit, file)?;
    let blob = cache.blob(&info.etag);
    let size = info.size.unwrap_or(0);
    for folder in [blob.parent(), Some(folder.as_path())].into_iter().flatten() {
        fs::create_dir_all(folder).map_err(|source| Error::writing(source, folder, &cache.root, size))?;
    }

    let lock_path = cache.lock(&info.etag);
    let part = blob.with_extension("incomplete");
    let longest = client.config.max_wait + client.config.timeout;
    let lock = Lock::take(&lock_path, longest, || {
        let done = fs::metadata(&part).map_or(0, |metadata| metadata.len());
        (client.notify)(FetchEvent::OtherProcess { file, done });
        done
    });
    let lock = lock.map_err(|source| Error::writing(source, &lock_path, &cache.root, size))?;
    let Some(lock) = lock else {
        return Err(Error::Locked { file: file.to_owned(), lock: lock_path, waited: longest });
    };
    // Another process may have downloaded it in the meantime.
    if !is_complete(&blob, info.size) {
        remove(&blob)?;
        // Without a lock, a name that no other process uses.
        let part = if lock.is_exclusive() {
            part
        } else {
            blob.with_extension(format!("{}.incomplete", std::process::id()))
        };
        let download = Download { cache, commit, file, info: &info, blob: &blob, part: &part };
        download.run(client)?;
    }
    cache.link(&info.etag, &pointer, size)?;
    Ok(pointer)
}

/// Whether a blob exists and has the expected length.
fn is_complete(blob: &Path, size: Option<u64>) -> bool {
    fs::metadata(blob).is_ok_and(|found| found.is_file() && size.is_none_or(|size| size == found.len()))
}

struct Download<'a> {
    cache: &'a ModelCache,
    commit: &'a str,
    file: &'a str,
    info: &'a FileInfo,
    blob: &'a Path,
    part: &'a Path,
}

/// The outcome of an attempt. All but `Complete` may be tried again.
enum Attempt {
    Complete,
    /// The connection ended early.
    Interrupted {
        /// Whether any bytes arrived.
        progressed: bool,
        error: Error,
    },
    /// Length, hash or status are not as the hub announced.
    Corrupt(Error),
}

impl Download<'_> {
    fn run(&self, client: &mut Client<'_>) -> Result<(), Error> {
        let (mut interruptions, mut corruptions) = (0, 0);
        let error = loop {
            match self.attempt(client) {
                Ok(Attempt::Complete) => return Ok(()),
                Ok(Attempt::Interrupted { progressed, error }) => {
                    interruptions = if progressed && self.can_resume() { 0 } else { interruptions + 1 };
                    if interruptions > RETRIES {
                        break error;
                    }
                }
                Ok(Attempt::Corrupt(error)) => {
                    corruptions += 1;
                    remove(self.part)?;
                    if corruptions > RETRIES {
                        break error;
                    }
                }
                Err(error) => break error,
            }
        };
        // A partial file is kept only if its hash will be checked at the end, and if the disk has room for it.
        if !self.can_resume() || matches!(error, Error::DiskFull { .. }) {
            remove(self.part)?;
        }
        Err(error)
    }

    /// The expected SHA-256: an `ETag` of 64 digits. One of 40 digits is git's hash, which is not checked.
    fn hash(&self) -> Option<&str> {
        Some(self.info.etag.as_str()).filter(|etag| etag.len() == 64 && is_hexadecimal(etag))
    }

    fn can_resume(&self) -> bool {
        self.hash().is_some()
    }

    fn attempt(&self, client: &mut Client<'_>) -> Result<Attempt, Error> {
        let room = |done: u64| self.info.size.unwrap_or(0).saturating_sub(done);
        let failed = |done| move |source| Error::writing(source, self.part, &self.cache.root, room(done));
        let part = File::options().read(true).write(true).create(true).truncate(false).open(self.part);
        let mut part = PartialFile { file: part.map_err(failed(0))?, done: 0, hasher: Sha256::new() };
        part.resume(self.can_resume(), self.info.size).map_err(failed(0))?;

        let start = part.done;
        let mut total = self.info.size;
        // An empty file, or one that an earlier download completed, needs no request.
        if total != Some(start) {
            let mut answer = client.body(self.commit, self.file, start)?;
            match answer.response.status().as_u16() {
                206 if content_range(&answer).is_some_and(|(from, _)| from == start) => {}
                // The whole file, although only the rest was requested.
                200 => part.clear().map_err(failed(0))?,
                status => {
                    part.clear().map_err(failed(0))?;
                    let what = format!("{status} to a request for {} from byte {start}", self.file);
                    return Ok(Attempt::Corrupt(answer.malformed(what)));
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
                return Ok(Attempt::Corrupt(self.wrong_length(got, expected)));
            }
            total = total.or(announced);
            let Some(expected) = total else {
                return Err(answer.malformed(format!("it does not state the length of {}", self.file)));
            };
            let mut body = answer.response.body_mut().as_reader();
            let mut chunk = vec![0; CHUNK];
            let before = part.done;
            loop {
                (client.notify)(FetchEvent::Bytes { file: self.file, done: part.done, total: expected });
                let why = match body.read(&mut chunk) {
                    Ok(0) if part.done == expected => break,
                    Ok(0) => "it was closed".to_owned(),
                    Ok(n) => {
                        part.add(&chunk[..n]).map_err(failed(part.done))?;
                        if part.done > expected {
                            return Ok(Attempt::Corrupt(self.wrong_length(part.done, expected)));
                        }
                        continue;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => error.to_string(),
                };
                let file = self.file.to_owned();
                let error = Error::Interrupted { file, got: part.done, expected, why };
                return Ok(Attempt::Interrupted { progressed: part.done > before, error });
            }
        }
        let expected = total.unwrap_or(part.done);
        self.finish(part, expected)
    }

    /// Checks length and hash, and moves the file to its final name.
    fn finish(&self, part: PartialFile, expected: u64) -> Result<Attempt, Error> {
        let failed = |source| Error::writing(source, self.part, &self.cache.root, 0);
        // The length on disk: another program may have written to the file.
        let length = part.file.metadata().map_err(failed)?.len();
        if length != expected {
            return Ok(Attempt::Corrupt(self.wrong_length(length, expected)));
        }
        if let Some(expected) = self.hash() {
            let got = hexadecimal(&part.hasher.finalize());
            if got != expected {
                let (file, expected) = (self.file.to_owned(), expected.to_owned());
                return Ok(Attempt::Corrupt(Error::Hash { file, got, expected }));
            }
        }
        part.file.sync_all().map_err(failed)?;
        drop(part.file);
        fs::rename(self.part, self.blob).map_err(failed)?;
        Ok(Attempt::Complete)
    }

    fn wrong_length(&self, got: u64, expected: u64) -> Error {
        Error::Length { file: self.file.to_owned(), got, expected }
    }
}

/// A file whose download is not complete.
struct PartialFile {
    file: File,
    done: u64,
    hasher: Sha256,
}

impl PartialFile {
    /// Continues after the bytes of an earlier download if `resume`, and starts from zero otherwise.
    fn resume(&mut self, resume: bool, size: Option<u64>) -> io::Result<()> {
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

/// The first byte and the total length in `Content-Range: bytes 5-9/10`.
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
