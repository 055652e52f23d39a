//! The hub, its cache, and a model from the one into the other.

use crate::address::Endpoint;
use crate::cache::ModelCache;
use crate::cached::{self, Cached};
use crate::checkpoint::{self, INDEX};
use crate::download::fetch;
use crate::errand::{Errand, Manner};
use crate::token::{Source, Token};
use crate::{Error, Fetched, HubId};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A model's files in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The folder, which holds `config.json` and the others.
    pub folder: PathBuf,
    /// The model that was asked for.
    pub id: HubId,
    /// The commit that its revision is, 40 hexadecimal digits.
    pub commit: String,
}

/// A hub and the cache in front of it.
///
/// [`Hub::from_env`] does what the environment says. [`Hub::new`] reads no variable, except that `ureq` looks for a proxy.
#[derive(Debug, Clone)]
pub struct Hub {
    cache: PathBuf,
    manner: Manner,
    /// The variable that says that the hub must not be asked.
    offline: Option<&'static str>,
}

impl Hub {
    /// The public hub, without a token, with a cache in this folder, which need not exist.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        let patience = Duration::from_mins(1);
        let timeout = Duration::from_secs(30);
        let manner = Manner { endpoint: Endpoint::default(), token: Source::Nowhere, patience, timeout };
        Self { cache: cache.into(), manner, offline: None }
    }

    /// Another hub: an address with http or https, with or without a path.
    ///
    /// # Errors
    /// What is no such address.
    pub fn endpoint(mut self, address: &str) -> Result<Self, Error> {
        self.manner.endpoint = Endpoint::parse(address)?;
        Ok(self)
    }

    /// Sends a token along, to this hub and nobody else. White space around it goes; an empty one is none.
    ///
    /// # Errors
    /// A token with spaces or control characters in it.
    pub fn token(self, token: &str) -> Result<Self, Error> {
        let token = Token::parse(token, "the call")?;
        Ok(self.with_token(token.map_or(Source::Nowhere, Source::Given)))
    }

    /// Takes the token from a file, which need not exist and is read when the hub is asked. Where it can't be read, no token is
    /// sent, and a refusal says so.
    #[must_use]
    pub fn token_file(self, file: impl Into<PathBuf>) -> Self {
        self.with_token(Source::File(file.into()))
    }

    pub(crate) fn with_token(mut self, token: Source) -> Self {
        self.manner.token = token;
        self
    }

    /// Whether only the cache is used.
    #[must_use]
    pub fn offline(self, offline: bool) -> Self {
        self.offline_by(offline.then_some("HF_HUB_OFFLINE"))
    }

    pub(crate) fn offline_by(mut self, variable: Option<&'static str>) -> Self {
        self.offline = variable;
        self
    }

    /// The longest to wait altogether for a hub that says 429 or 5xx. Default: 60 s.
    ///
    /// A hub that asks for a longer wait than is left is not waited for.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.manner.patience = patience;
        self
    }

    /// The longest to wait for a connection, an answer, or the next byte. Default: 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.manner.timeout = timeout;
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
        Ok(self.manner.token.token()?.0.as_ref().map(Token::header))
    }

    /// The model from the cache, if it is whole there. Touches no network.
    pub fn find(&self, id: &HubId) -> Option<Snapshot> {
        ModelCache::new(&self.cache, id).snapshot()
    }

    /// The model's files, from the cache or else from the hub.
    ///
    /// A model that is whole in the cache is taken as it is, and the hub is not asked: a branch such as `main` may have
    /// moved since. To have the newest, name its commit as the revision, or delete `refs/main` in the model's folder of
    /// the cache. Where something is missing, the revision is looked up anew, and all files come from that one commit.
    ///
    /// Whole means `config.json`, a tokenizer (`tokenizer.json`, or `vocab.json` with `merges.txt`) and the weights
    /// (`model.safetensors`, or `model.safetensors.index.json` with all that it names). Every file's length is checked,
    /// and the SHA-256 of those for which the hub says it, which are the weights.
    ///
    /// # Errors
    /// What the hub refuses or can't do; a repository that is no checkpoint of safetensors; a transfer that fails twice;
    /// a disk that is full or not ours; a model that is not in the cache, or a cache that can't be looked into, if the hub must
    /// not be asked.
    pub fn get(&self, id: &HubId, tell: &mut dyn FnMut(Fetched<'_>)) -> Result<Snapshot, Error> {
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
        let mut errand = Errand::new(id, &self.manner, tell)?;
        fetched(&mut errand, &cache).map_err(|error| errand.with_reason(error))
    }

    /// The models in the cache, in alphabetical order, each at every commit that is there.
    ///
    /// What is no model's folder is passed over, and so is what can't be read. No cache is an empty one.
    ///
    /// # Errors
    /// A cache folder that can't be read.
    pub fn cached(&self) -> Result<Vec<Cached>, Error> {
        cached::all(&self.cache, &mut |_| {})
    }

    /// As [`cached`](Self::cached), and calls `unread` with what can't be read: the cache itself, or a part of it.
    pub fn cached_with(&self, unread: &mut dyn FnMut(Error)) -> Vec<Cached> {
        cached::all(&self.cache, unread).unwrap_or_else(|error| {
            unread(error);
            Vec::new()
        })
    }
}

/// The model's files, from the hub, those that are there already left out.
fn fetched(errand: &mut Errand<'_>, cache: &ModelCache) -> Result<Snapshot, Error> {
    let id = errand.id;
    let listing = errand.listing()?;
    let plan = checkpoint::plan(id, &listing.files)?;
    for file in plan.files {
        fetch(errand, cache, &listing.commit, file)?;
    }
    let weights = fetch(errand, cache, &listing.commit, plan.weights)?;
    if plan.weights == INDEX {
        let bad = |what| Error::Index { id: id.clone(), file: INDEX, what };
        let parts = checkpoint::parts(&weights).map_err(bad)?;
        if let Some(part) = parts.iter().find(|part| !listing.files.contains(*part)) {
            return Err(bad(format!("it names {part}, which the repository does not have")));
        }
        for part in &parts {
            fetch(errand, cache, &listing.commit, part)?;
        }
    }
    // The model is whole now. Where its revision can't be written down (a cache of somebody else's that only lacked that), the hub
    // will be asked again.
    let _ = cache.write_ref(&listing.commit);
    Ok(Snapshot { folder: cache.snapshot_folder(&listing.commit), id: id.clone(), commit: listing.commit })
}
