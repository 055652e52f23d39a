//! The hub and its local cache.

use crate::address::Endpoint;
use crate::cache::ModelCache;
use crate::cached::{self, CachedModel};
use crate::checkpoint::{self, INDEX};
use crate::client::{Client, ClientConfig};
use crate::fetch::fetch;
use crate::token::{Token, TokenSource};
use crate::transport::Patience;
use crate::{Error, FetchEvent, HubId, Service};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A model's files in a folder of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The folder with `config.json` and the other files.
    pub folder: PathBuf,
    /// The requested model.
    pub id: HubId,
    /// The commit that its revision points to, 40 hexadecimal digits.
    pub commit: String,
}

/// A hub and its local cache.
///
/// [`Hub::from_env`] takes its settings from environment variables. [`Hub::new`] reads none, except that `ureq` looks
/// for a proxy.
#[derive(Debug, Clone)]
pub struct Hub {
    cache: PathBuf,
    config: ClientConfig,
    /// The variable that forbids network access, if one does.
    offline: Option<&'static str>,
}

impl Hub {
    /// The public hub, without a token, with its cache in this folder, which need not exist.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        let config = ClientConfig {
            endpoint: Endpoint::default(),
            token: TokenSource::None,
            patience: Patience::default(),
        };
        Self { cache: cache.into(), config, offline: None }
    }

    /// Uses another hub: an address with http or https, with or without a path.
    /// Default: <https://huggingface.co>.
    ///
    /// # Errors
    /// [`Error::Endpoint`] if the address is not valid.
    pub fn endpoint(mut self, address: &str) -> Result<Self, Error> {
        self.config.endpoint = Endpoint::parse(address, Service::Hub)?;
        Ok(self)
    }

    /// Sends an access token, to this hub only. White space around it is removed; an empty one means none.
    ///
    /// # Errors
    /// [`Error::Token`] if it contains spaces or control characters.
    pub fn token(self, token: &str) -> Result<Self, Error> {
        let token = Token::parse(token, "the call")?;
        Ok(self.with_token(token.map_or(TokenSource::None, TokenSource::Given)))
    }

    /// Takes the token from a file, which need not exist and is read when a request is made. If it can't be read, no
    /// token is sent, and the error of a refused request says so.
    #[must_use]
    pub fn token_file(self, file: impl Into<PathBuf>) -> Self {
        self.with_token(TokenSource::File(file.into()))
    }

    pub(crate) fn with_token(mut self, token: TokenSource) -> Self {
        self.config.token = token;
        self
    }

    /// Whether to use the cache only, without network access. Default: false.
    #[must_use]
    pub fn offline(self, offline: bool) -> Self {
        self.offline_by(offline.then_some("HF_HUB_OFFLINE"))
    }

    pub(crate) fn offline_by(mut self, variable: Option<&'static str>) -> Self {
        self.offline = variable;
        self
    }

    /// The longest time to wait in all while the hub answers 429 or 5xx. Default: 60 s.
    ///
    /// If the hub asks for a longer wait than what remains, the request fails at once.
    #[must_use]
    #[doc(alias = "patience")]
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.config.patience.max_wait = max_wait;
        self
    }

    /// The longest time to wait for a connection, an answer, or the next byte. Default: 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.config.patience.timeout = timeout;
        self
    }

    /// The cache's folder.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// Whether only the cache is used.
    pub fn is_offline(&self) -> bool {
        self.offline.is_some()
    }

    #[cfg(test)]
    pub(crate) fn token_header(&self) -> Result<Option<String>, Error> {
        Ok(self.config.token.read()?.0.as_ref().map(Token::header))
    }

    /// The model from the cache, if it is complete there. Makes no request.
    pub fn find(&self, id: &HubId) -> Option<Snapshot> {
        ModelCache::new(&self.cache, id).snapshot()
    }

    /// The model's files, from the cache or else from the hub. `notify` is called as the download proceeds.
    ///
    /// A model that is complete in the cache is used as it is, without a request, although a branch such as `main` may
    /// have moved since. For the newest version, name its commit as the revision, or delete `refs/main` in the model's
    /// folder of the cache. If a file is missing, the revision is looked up again, and all files come from that commit.
    ///
    /// Complete means `config.json`, a tokenizer (`tokenizer.json`, or `vocab.json` with `merges.txt`) and the weights
    /// (`model.safetensors`, or `model.safetensors.index.json` with all shards). Every file's length is checked, and
    /// the SHA-256 where the hub states one, which it does for the weights.
    ///
    /// # Errors
    /// The hub refuses or fails; the repository is not a safetensors checkpoint; a transfer fails repeatedly; the disk
    /// is full or not writable; offline, the model is not in the cache or the cache can't be read.
    pub fn get(&self, id: &HubId, notify: &mut dyn FnMut(FetchEvent<'_>)) -> Result<Snapshot, Error> {
        let cache = ModelCache::new(&self.cache, id);
        if let Some(snapshot) = cache.snapshot() {
            return Ok(snapshot);
        }
        if let Some(variable) = self.offline {
            if let Some(error) = cache.unreadable() {
                return Err(error);
            }
            let (folder, folder_name) = (self.cache.clone(), cache.name);
            return Err(Error::Offline { id: id.clone(), folder, folder_name, variable });
        }
        let mut client = Client::new(id, &self.config, notify)?;
        download(&mut client, &cache).map_err(|error| client.with_token_error(error))
    }

    /// The models in the cache, in alphabetical order, one entry for each commit.
    ///
    /// Folders that are not a model's, or can't be read, are skipped. A cache that does not exist is empty.
    ///
    /// # Errors
    /// The cache's folder can't be read.
    pub fn cached(&self) -> Result<Vec<CachedModel>, Error> {
        cached::all(&self.cache, &mut |_| {})
    }

    /// Like [`cached`](Self::cached), but calls `unread` with the error of every folder that can't be read, the cache's
    /// own included.
    pub fn cached_with(&self, unread: &mut dyn FnMut(Error)) -> Vec<CachedModel> {
        cached::all(&self.cache, unread).unwrap_or_else(|error| {
            unread(error);
            Vec::new()
        })
    }
}

/// Downloads those of the model's files that are not in the cache.
fn download(client: &mut Client<'_>, cache: &ModelCache) -> Result<Snapshot, Error> {
    let id = client.id;
    let listing = client.listing()?;
    let plan = checkpoint::plan(id, &listing.files)?;
    for file in plan.files {
        fetch(client, cache, &listing.commit, file)?;
    }
    let weights = fetch(client, cache, &listing.commit, plan.weights)?;
    if plan.weights == INDEX {
        let bad = |what| Error::Index { id: id.clone(), file: INDEX, what };
        let shards = checkpoint::shards(&weights).map_err(bad)?;
        if let Some(shard) = shards.iter().find(|shard| !listing.files.contains(*shard)) {
            return Err(bad(format!("it names {shard}, which the repository does not have")));
        }
        for shard in &shards {
            fetch(client, cache, &listing.commit, shard)?;
        }
    }
    // The model is complete. If its revision can't be recorded, because the cache is read-only, the hub is asked again
    // next time.
    let _ = cache.write_ref(&listing.commit);
    Ok(Snapshot { folder: cache.snapshot_folder(&listing.commit), id: id.clone(), commit: listing.commit })
}
