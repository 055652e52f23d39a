//! Downloads a file: complete and checked, or not at all.

use crate::cache::remove;
use crate::lock::Lock;
use crate::transport::Answer;
use crate::{Error, FetchEvent, Service};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CHUNK: usize = 128 << 10;
/// How often a corrupt file, or a connection that ended without any progress, is tolerated.
const RETRIES: u32 = 1;

/// A file on a server.
pub(crate) trait Server {
    /// Its bytes from one on: an answer of status 200, 206 or 416.
    fn body(&mut self, from: u64) -> Result<Answer, Error>;

    /// Tells the caller how far it is.
    fn tell(&mut self, event: FetchEvent<'_>);

    /// The longest time to wait for another process that makes no progress.
    fn longest(&self) -> Duration;
}

/// A file to be downloaded.
pub(crate) struct Download<'a> {
    /// The cache's folder, for messages.
    pub(crate) root: &'a Path,
    /// Its name, for messages and progress.
    pub(crate) file: &'a str,
    /// Its length, where it is known.
    pub(crate) size: Option<u64>,
    /// Its SHA-256, where it is known.
    pub(crate) sha256: Option<&'a str>,
    /// Where it goes.
    pub(crate) place: &'a Path,
    /// Held meanwhile.
    pub(crate) lock: &'a Path,
}

/// Whether a file exists and has the expected length.
fn is_complete(path: &Path, size: Option<u64>) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && size.is_none_or(|size| size == found.len()))
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
    /// Length, hash or status are not as expected.
    Corrupt(Error),
}

impl Download<'_> {
    /// Downloads the file unless it is in its place. Of several processes, one does so and the others wait for it.
    pub(crate) fn run(&self, server: &mut dyn Server) -> Result<(), Error> {
        let lock = self.claim(server)?;
        self.fill(&lock, server)
    }

    /// Takes the file's lock, and waits while another process that has it makes progress.
    pub(crate) fn claim(&self, server: &mut dyn Server) -> Result<Lock, Error> {
        let failed = |source, path: &Path| Error::writing(source, path, self.root, self.size.unwrap_or(0));
        if let Some(folder) = self.place.parent() {
            fs::create_dir_all(folder).map_err(|source| failed(source, folder))?;
        }
        let part = self.part();
        let longest = server.longest();
        let lock = Lock::take(self.lock, longest, || {
            let done = fs::metadata(&part).map_or(0, |metadata| metadata.len());
            server.tell(FetchEvent::OtherProcess { file: self.file, done });
            done
        });
        lock.map_err(|source| failed(source, self.lock))?.ok_or_else(|| {
            let (file, lock) = (self.file.to_owned(), self.lock.to_owned());
            Error::Locked { file, lock, waited: longest }
        })
    }

    /// Downloads the file unless it is in its place, with its lock held.
    pub(crate) fn fill(&self, lock: &Lock, server: &mut dyn Server) -> Result<(), Error> {
        // Another process may have downloaded it in the meantime.
        if is_complete(self.place, self.size) {
            return Ok(());
        }
        remove(self.place)?;
        // Without a lock, a name that no other process uses.
        let part = if lock.is_exclusive() {
            self.part()
        } else {
            self.place.with_extension(format!("{}.incomplete", std::process::id()))
        };
        self.fill_part(&part, server)
    }

    /// The file as far as it has been downloaded.
    fn part(&self) -> PathBuf {
        self.place.with_extension("incomplete")
    }

    /// Downloads into a partial file, and moves that to its place.
    fn fill_part(&self, part: &Path, server: &mut dyn Server) -> Result<(), Error> {
        let (mut interruptions, mut corruptions) = (0, 0);
        let error = loop {
            match self.attempt(part, server) {
                Ok(Attempt::Complete) => return Ok(()),
                Ok(Attempt::Interrupted { progressed, error }) => {
                    interruptions = if progressed && self.can_resume() { 0 } else { interruptions + 1 };
                    if interruptions > RETRIES {
                        break error;
                    }
                }
                Ok(Attempt::Corrupt(error)) => {
                    corruptions += 1;
                    remove(part)?;
                    if corruptions > RETRIES {
                        break error;
                    }
                }
                Err(error) => break error,
            }
        };
        // A partial file is kept only if its hash will be checked at the end, and if the disk has room for it.
        if !self.can_resume() || matches!(error, Error::DiskFull { .. }) {
            remove(part)?;
        }
        Err(error)
    }

    fn can_resume(&self) -> bool {
        self.sha256.is_some()
    }

    fn attempt(&self, at: &Path, server: &mut dyn Server) -> Result<Attempt, Error> {
        let room = |done: u64| self.size.unwrap_or(0).saturating_sub(done);
        let failed = |done| move |source| Error::writing(source, at, self.root, room(done));
        let part = File::options().read(true).write(true).create(true).truncate(false).open(at);
        let mut part = PartialFile { file: part.map_err(failed(0))?, done: 0, hasher: Sha256::new() };
        part.resume(self.can_resume(), self.size).map_err(failed(0))?;

        let start = part.done;
        let mut total = self.size;
        // An empty file, or one that an earlier download completed, needs no request.
        if total != Some(start) {
            let mut answer = server.body(start)?;
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
                server.tell(FetchEvent::Bytes { file: self.file, done: part.done, total: expected });
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
        self.finish(part, (at, expected))
    }

    /// Checks length and hash, and moves the file to its final name.
    fn finish(&self, part: PartialFile, (at, expected): (&Path, u64)) -> Result<Attempt, Error> {
        let failed = |source| Error::writing(source, at, self.root, 0);
        // The length on disk: another program may have written to the file.
        let length = part.file.metadata().map_err(failed)?.len();
        if length != expected {
            return Ok(Attempt::Corrupt(self.wrong_length(length, expected)));
        }
        if let Some(expected) = self.sha256 {
            let got = base16ct::lower::encode_string(&part.hasher.finalize());
            if got != expected {
                let (file, expected) = (self.file.to_owned(), expected.to_owned());
                return Ok(Attempt::Corrupt(Error::Hash { file, got, expected, service: Service::Hub }));
            }
        }
        part.file.sync_all().map_err(failed)?;
        drop(part.file);
        fs::rename(at, self.place).map_err(failed)?;
        Ok(Attempt::Complete)
    }

    fn wrong_length(&self, got: u64, expected: u64) -> Error {
        Error::Length { file: self.file.to_owned(), got, expected, service: Service::Hub }
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
