//! The list of models in the cache.

use crate::cache::read_ref;
use crate::id::is_commit;
use crate::{Error, HubId, checkpoint};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A model in the cache at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "Cached")]
pub struct CachedModel {
    /// The model, without a revision.
    pub id: HubId,
    /// The branches and tags that point to this commit in the cache, in alphabetical order.
    pub revisions: Vec<String>,
    /// The commit.
    pub commit: String,
    /// The folder with its files.
    pub folder: PathBuf,
    /// Bytes of its files. A file that two commits share counts for both.
    pub bytes: u64,
    /// Whether all its files are there, so that [`Hub::get`](crate::Hub::get) needs no network.
    pub complete: bool,
}

/// The deepest nesting of folders in `refs` that is followed; `refs/pr/5` needs three.
const DEEPEST: usize = 8;

/// All models in the cache. `unread` is called with every folder that can't be read, other than the cache itself.
pub(crate) fn all(cache: &Path, unread: &mut dyn FnMut(Error)) -> Result<Vec<CachedModel>, Error> {
    let entries = match fs::read_dir(cache) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| Error::reading(source, cache))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| Error::reading(source, cache))?;
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix("models--")) else { continue };
        if let Ok(id) = name.replace("--", "/").parse::<HubId>() {
            found.extend(commits(&id, &entry.path(), unread));
        }
    }
    found.sort_by(|a, b| (&a.id, &a.commit).cmp(&(&b.id, &b.commit)));
    Ok(found)
}

/// The entries of a folder; none if it does not exist.
fn entries(folder: &Path, unread: &mut dyn FnMut(Error)) -> Vec<fs::DirEntry> {
    let read = fs::read_dir(folder).and_then(Iterator::collect);
    read.unwrap_or_else(|error: io::Error| {
        // A file named like a model is ignored.
        if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            unread(Error::reading(error, folder));
        }
        Vec::new()
    })
}

/// The commits of one model.
fn commits(id: &HubId, folder: &Path, unread: &mut dyn FnMut(Error)) -> Vec<CachedModel> {
    let mut refs = BTreeMap::new();
    collect_refs(&folder.join("refs"), "", 0, &mut refs, unread);
    let snapshots = entries(&folder.join("snapshots"), unread);
    let mut found = Vec::new();
    for entry in snapshots {
        let folder = entry.path();
        let Some(commit) = entry.file_name().to_str().filter(|name| is_commit(name)).map(str::to_owned)
        else {
            continue;
        };
        if folder.is_dir() {
            let revisions = refs.remove(&commit).unwrap_or_default();
            let (bytes, complete) = (bytes(&folder, 0), checkpoint::is_complete(&folder));
            found.push(CachedModel { id: id.clone(), revisions, commit, folder, bytes, complete });
        }
    }
    found
}

/// The revisions of each commit.
fn collect_refs(
    folder: &Path,
    before: &str,
    depth: usize,
    refs: &mut BTreeMap<String, Vec<String>>,
    unread: &mut dyn FnMut(Error),
) {
    let mut entries = entries(folder, unread);
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let name = format!("{before}{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => {
                collect_refs(&entry.path(), &format!("{name}/"), depth + 1, refs, unread);
            }
            Ok(kind) if kind.is_file() => {
                let path = entry.path();
                if let Some(commit) = read_ref(&path) {
                    refs.entry(commit).or_default().push(name);
                } else if let Err(error) = fs::File::open(&path) {
                    unread(Error::reading(error, &path));
                }
            }
            _ => {}
        }
    }
}

/// Bytes of the files in a snapshot, through their links.
fn bytes(folder: &Path, depth: usize) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match fs::metadata(entry.path()) {
            Ok(found) if found.is_file() => found.len(),
            // A link to a folder could lead in a circle.
            Ok(found)
                if found.is_dir() && depth < DEEPEST && entry.file_type().is_ok_and(|kind| kind.is_dir()) =>
            {
                bytes(&entry.path(), depth + 1)
            }
            _ => 0,
        })
        .sum()
}
