//! Fetches a file of a commit into the cache.

use crate::cache::ModelCache;
use crate::client::Client;
use crate::download::{Download, Server};
use crate::id::is_hexadecimal;
use crate::transport::Answer;
use crate::{Error, FetchEvent};
use std::fs;
use std::path::PathBuf;

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
    let size = info.size.unwrap_or(0);
    fs::create_dir_all(&folder).map_err(|source| Error::writing(source, &folder, &cache.root, size))?;
    let download = Download {
        root: &cache.root,
        file,
        size: info.size,
        // An `ETag` of 64 digits is a SHA-256. One of 40 digits is git's hash, which is not checked.
        sha256: Some(&*info.etag).filter(|etag| etag.len() == 64 && is_hexadecimal(etag)),
        place: &cache.blob(&info.etag),
        lock: &cache.lock(&info.etag),
    };
    download.run(&mut HubFile { client, commit, file })?;
    cache.link(&info.etag, &pointer, size)?;
    Ok(pointer)
}

/// A file of a commit on the hub.
struct HubFile<'a, 'c> {
    client: &'a mut Client<'c>,
    commit: &'a str,
    file: &'a str,
}

impl Server for HubFile<'_, '_> {
    fn body(&mut self, from: u64) -> Result<Answer, Error> {
        self.client.body(self.commit, self.file, from)
    }
    fn tell(&mut self, event: FetchEvent<'_>) {
        (self.client.transport.notify)(event);
    }
    fn longest(&self) -> std::time::Duration {
        self.client.transport.patience.longest()
    }
}
