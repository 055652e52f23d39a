//! A model's folder in the cache: `blobs`, `snapshots/COMMIT` with links into it, and `refs`.

use crate::checkpoint;
use crate::id::is_commit;
use crate::{Error, HubId, Snapshot};
use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A model at a revision, in the cache.
#[derive(Debug)]
pub(crate) struct ModelCache {
    /// The cache's folder.
    pub(crate) root: PathBuf,
    /// The name of the model's folder in it.
    pub(crate) name: String,
    id: HubId,
    layout: CacheRepo,
}

/// The model as `hf-hub` describes it.
pub(crate) fn repo(id: &HubId) -> Repo {
    Repo::with_revision(id.name().to_owned(), RepoType::Model, id.revision().to_owned())
}

impl ModelCache {
    pub(crate) fn new(root: &Path, id: &HubId) -> Self {
        let repo = repo(id);
        let name = repo.folder_name();
        Self { root: root.to_owned(), name, id: id.clone(), layout: Cache::new(root.to_owned()).repo(repo) }
    }

    /// The commit that the revision points to in the cache.
    pub(crate) fn commit(&self) -> Option<String> {
        if is_commit(self.id.revision()) {
            return Some(self.id.revision().to_owned());
        }
        read_ref(&self.reference())
    }

    /// The snapshot, if it is complete.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let commit = self.commit()?;
        let folder = self.snapshot_folder(&commit);
        checkpoint::is_complete(&folder).then(|| Snapshot { folder, id: self.id.clone(), commit })
    }

    /// The error that prevents checking whether the model is in the cache, if there is one.
    pub(crate) fn unreadable(&self) -> Option<Error> {
        let reference = self.reference();
        let folder = self.root.join(&self.name);
        let of_folder = [fs::metadata(&folder).err().map(|error| (folder, error))].into_iter();
        let of_ref = (!is_commit(self.id.revision())).then(|| fs::read(&reference).err()).flatten();
        let of_ref = of_ref.map(|error| (reference, error));
        let files = self.commit().into_iter().flat_map(|commit| {
            let folder = self.snapshot_folder(&commit);
            checkpoint::FILES.into_iter().map(move |name| folder.join(name))
        });
        let files = files.map(|path| fs::metadata(&path).err().map(|error| (path, error)));
        let mut errors = of_folder.chain([of_ref]).chain(files).flatten();
        let (path, error) = errors.find(|(_, error)| error.kind() != io::ErrorKind::NotFound)?;
        Some(Error::reading(error, &path))
    }

    pub(crate) fn snapshot_folder(&self, commit: &str) -> PathBuf {
        self.layout.pointer_path(commit)
    }

    pub(crate) fn blob(&self, etag: &str) -> PathBuf {
        self.layout.blob_path(etag)
    }

    /// The lock that `huggingface_hub` uses for the same file.
    pub(crate) fn lock(&self, etag: &str) -> PathBuf {
        self.root.join(".locks").join(&self.name).join(format!("{etag}.lock"))
    }

    fn reference(&self) -> PathBuf {
        self.root.join(&self.name).join("refs").join(self.id.revision())
    }

    /// Records the revision's commit under `refs`, as `huggingface_hub` does. A commit hash needs no record.
    pub(crate) fn write_ref(&self, commit: &str) -> Result<(), Error> {
        let path = self.reference();
        if self.id.revision() == commit || read_ref(&path).as_deref() == Some(commit) {
            return Ok(());
        }
        let failed = |source| Error::writing(source, &path, &self.root, commit.len() as u64);
        // A revision such as refs/pr/5 has subfolders.
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = temporary_in(folder).map_err(failed)?;
        file.write_all(commit.as_bytes()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Links a file of a snapshot to its blob.
    pub(crate) fn link(&self, etag: &str, pointer: &Path, size: u64) -> Result<(), Error> {
        let failed = |source| Error::writing(source, pointer, &self.root, size);
        let blob = self.blob(etag);
        // An existing file is a broken link, or another process has just made it.
        for _ in 0..2 {
            match link(&blob, etag, pointer) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if pointer.is_file() {
                        return Ok(());
                    }
                    remove(pointer)?;
                }
                other => return other.map_err(failed),
            }
        }
        link(&blob, etag, pointer).map_err(failed)
    }
}

/// A symbolic link as `huggingface_hub` makes it; without support for those, a hard link, or else a copy.
fn link(blob: &Path, etag: &str, pointer: &Path) -> io::Result<()> {
    let target: PathBuf = ["..", "..", "blobs", etag].iter().collect();
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(target, pointer);
    #[cfg(windows)]
    let made = std::os::windows::fs::symlink_file(target, pointer);
    #[cfg(not(any(unix, windows)))]
    let made = Err::<(), _>(io::Error::from(io::ErrorKind::Unsupported)).inspect_err(|_| drop(target));
    match made {
        Err(error) if !matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {
            fs::hard_link(blob, pointer).or_else(|_| {
                let folder = pointer.parent().unwrap_or(Path::new("."));
                let mut copy = temporary_in(folder)?;
                io::copy(&mut fs::File::open(blob)?, &mut copy)?;
                copy.persist(pointer).map_err(|error| error.error)?;
                Ok(())
            })
        }
        made => made,
    }
}

/// A temporary file with ordinary permissions. It is deleted on drop unless it is persisted.
pub(crate) fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saliency-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode that `File::create` uses, before the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// The commit in a file of `refs`, if it is valid.
pub(crate) fn read_ref(path: &Path) -> Option<String> {
    // A longer file is not a ref.
    if fs::metadata(path).ok()?.len() > 256 {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| is_commit(text))
}

/// Removes a file or link, if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::reading(error, path)),
        _ => Ok(()),
    }
}
