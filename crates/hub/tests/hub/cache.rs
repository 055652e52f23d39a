//! Existing caches: made by Python, incomplete, broken, full of junk; and offline use.

use crate::mock::{COMMIT, Mock, Repository, etag, get, hub};
use saliency_hub::{Error, Hub};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// An address without a server.
const NOWHERE: &str = "http://127.0.0.1:1";

/// A cache as Python's `huggingface_hub` makes it.
fn by_python(cache: &Path, repository: &Repository, names: &[&str]) {
    let root = cache.join("models--gpt2");
    let snapshot = root.join("snapshots").join(COMMIT);
    for folder in [&root.join("blobs"), &root.join("refs"), &snapshot, &root.join(".no_exist").join(COMMIT)] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(root.join("refs/main"), COMMIT).unwrap();
    for name in names {
        let bytes = &repository.files[*name];
        let etag = etag(name, bytes);
        fs::write(root.join("blobs").join(&etag), bytes).unwrap();
        link(&format!("../../blobs/{etag}"), &snapshot.join(name));
    }
}

#[cfg(unix)]
fn link(target: &str, at: &Path) {
    std::os::unix::fs::symlink(target, at).unwrap();
}

#[cfg(windows)]
fn link(target: &str, at: &Path) {
    std::os::windows::fs::symlink_file(target, at).unwrap();
}

const NEEDED: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

#[test]
fn what_python_has_downloaded_is_found() {
    let cache = tempdir().unwrap();
    by_python(cache.path(), &Repository::gpt2(), &NEEDED);
    let snapshot = get(&hub(NOWHERE, cache.path()), "gpt2").unwrap();
    assert_eq!(snapshot.commit, COMMIT);
    assert!(snapshot.folder.join("config.json").is_file());
    let found = hub(NOWHERE, cache.path()).find(&"gpt2".parse().unwrap());
    assert_eq!(found, Some(snapshot));
    assert_eq!(hub(NOWHERE, cache.path()).find(&"gpt2@v2".parse().unwrap()), None);
}

#[test]
fn only_what_is_missing_is_fetched() {
    let cache = tempdir().unwrap();
    let repository = Repository::gpt2();
    by_python(cache.path(), &repository, &["config.json", "model.safetensors"]);
    let mock = Mock::of(&repository);
    mock.get(cache.path()).unwrap();
    assert_eq!(mock.count("GET", "model.safetensors") + mock.count("HEAD", "model.safetensors"), 0);
    assert_eq!(mock.count("GET", "/tokenizer.json"), 1);
}

#[test]
fn a_broken_link_is_made_again() {
    let cache = tempdir().unwrap();
    let repository = Repository::gpt2();
    by_python(cache.path(), &repository, &NEEDED);
    let blob = etag("config.json", &repository.files["config.json"]);
    fs::remove_file(cache.path().join("models--gpt2/blobs").join(blob)).unwrap();
    assert_eq!(hub(NOWHERE, cache.path()).find(&"gpt2".parse().unwrap()), None);
    let mock = Mock::of(&repository);
    let snapshot = mock.get(cache.path()).unwrap();
    assert_eq!(fs::read(snapshot.folder.join("config.json")).unwrap(), crate::mock::CONFIG);
    // A link to somewhere else, too.
    fs::remove_file(snapshot.folder.join("config.json")).unwrap();
    link("../../blobs/gone", &snapshot.folder.join("config.json"));
    let n = mock.count("GET", "/config.json");
    let snapshot = mock.get(cache.path()).unwrap();
    assert_eq!(fs::read(snapshot.folder.join("config.json")).unwrap(), crate::mock::CONFIG);
    assert_eq!(mock.count("GET", "/config.json"), n, "the blob was there");
}

#[test]
fn a_blob_of_another_length_is_fetched_again() {
    let cache = tempdir().unwrap();
    let repository = Repository::gpt2();
    let blobs = cache.path().join("models--gpt2/blobs");
    fs::create_dir_all(&blobs).unwrap();
    let blob = blobs.join(etag("model.safetensors", &repository.files["model.safetensors"]));
    fs::write(&blob, "cut").unwrap();
    let snapshot = Mock::of(&repository).get(cache.path()).unwrap();
    assert_eq!(fs::read(snapshot.folder.join("model.safetensors")).unwrap(), crate::mock::weights());
}

#[test]
fn offline_is_the_cache_or_an_error() {
    let cache = tempdir().unwrap();
    let mock = Mock::of(&Repository::gpt2());
    let hub = mock.hub(cache.path()).offline(true);
    let error = get(&hub, "gpt2").unwrap_err();
    assert!(matches!(error, Error::Offline { .. }));
    let error = error.to_string();
    assert!(error.contains("HF_HUB_OFFLINE is set and gpt2 is not in the cache"), "{error}");
    assert!(error.contains(cache.path().to_str().unwrap()) && error.contains("models--gpt2"), "{error}");
    assert!(error.contains("unset it"), "{error}");
    by_python(cache.path(), &Repository::gpt2(), &NEEDED);
    get(&hub, "gpt2").unwrap();
    assert_eq!(mock.asked().len(), 0);
}

#[test]
fn a_ref_that_is_not_a_commit_is_looked_up_again() {
    for junk in ["", "../../x", "0123", "\0\0", "0123456789abcdef0123456789abcdef0123456Z"] {
        let cache = tempdir().unwrap();
        by_python(cache.path(), &Repository::gpt2(), &NEEDED);
        let path = cache.path().join("models--gpt2/refs/main");
        fs::write(&path, junk).unwrap();
        let mock = Mock::of(&Repository::gpt2());
        mock.get(cache.path()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), COMMIT);
    }
}

/// A link to itself, which can't be read even by root.
#[cfg(unix)]
fn loops(at: &Path) {
    if at.is_dir() {
        fs::remove_dir_all(at).unwrap();
    }
    link(at.file_name().unwrap().to_str().unwrap(), at);
}

#[test]
#[cfg(unix)]
fn unreadable_refs_do_not_prevent_anything_else() {
    let cache = tempdir().unwrap();
    by_python(cache.path(), &Repository::gpt2(), &NEEDED);
    let refs = cache.path().join("models--gpt2/refs");
    loops(&refs);
    let offline = Hub::new(cache.path()).offline(true);
    // The commit of main can't be known, and the message says why.
    let error = get(&offline, "gpt2").unwrap_err().to_string();
    assert!(error.contains(refs.join("main").to_str().unwrap()), "{error}");
    get(&offline, &format!("gpt2@{COMMIT}")).unwrap();
    // The hub knows it, and every file is there.
    let names: Vec<_> =
        NEEDED.into_iter().chain(["generation_config.json", "merges.txt", "vocab.json"]).collect();
    let complete = tempdir().unwrap();
    by_python(complete.path(), &Repository::gpt2(), &names);
    loops(&complete.path().join("models--gpt2/refs"));
    let mock = Mock::of(&Repository::gpt2());
    assert_eq!(mock.get(complete.path()).unwrap().commit, COMMIT);
    assert_eq!(mock.asked().len(), 1, "only the commit is asked for");

    let mut unread = Vec::new();
    let found = offline.cached_with(&mut |error| unread.push(error.to_string()));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].commit.as_str(), found[0].complete, &*found[0].revisions), (COMMIT, true, &[][..]));
    assert!(unread.len() == 1 && unread[0].contains(refs.to_str().unwrap()), "{unread:?}");
    assert_eq!(offline.cached().unwrap(), found);
}

#[test]
#[cfg(unix)]
fn unreadable_folders_are_named_and_the_rest_is_listed() {
    let cache = tempdir().unwrap();
    by_python(cache.path(), &Repository::gpt2(), &NEEDED);
    let other = cache.path().join("models--an--other");
    fs::create_dir_all(&other).unwrap();
    loops(&other.join("snapshots"));
    let hub = Hub::new(cache.path()).offline(true);
    let mut unread = Vec::new();
    let found = hub.cached_with(&mut |error| unread.push(error.to_string()));
    assert_eq!(found.iter().map(|cached| cached.id.to_string()).collect::<Vec<_>>(), ["gpt2"]);
    assert!(unread.len() == 1 && unread[0].contains("models--an--other/snapshots"), "{unread:?}");

    let closed = cache.path().join("closed");
    loops(&closed);
    let hub = Hub::new(&closed).offline(true);
    let mut unread = Vec::new();
    assert_eq!(hub.cached_with(&mut |error| unread.push(error.to_string())), []);
    assert!(unread.len() == 1 && unread[0].contains(closed.to_str().unwrap()), "{unread:?}");
    let error = get(&hub, "gpt2").unwrap_err();
    assert!(!matches!(error, Error::Offline { .. }), "whether it is there is not known: {error}");
    assert!(error.to_string().contains(closed.to_str().unwrap()), "{error}");
}

#[test]
fn the_cache_is_listed() {
    let cache = tempdir().unwrap();
    let hub = Hub::new(cache.path());
    assert_eq!(hub.cached().unwrap(), []);
    assert_eq!(Hub::new(cache.path().join("nowhere")).cached().unwrap(), []);
    let repository = Repository::gpt2();
    by_python(cache.path(), &repository, &NEEDED);
    // In addition: an incomplete model, and junk of every kind.
    let other = cache.path().join("models--an--other");
    let commit = "f".repeat(40);
    fs::create_dir_all(other.join("snapshots").join(&commit)).unwrap();
    fs::create_dir_all(other.join("refs/refs/pr")).unwrap();
    fs::write(other.join("snapshots").join(&commit).join("config.json"), "{}").unwrap();
    for name in ["refs/v1", "refs/refs/pr/5"] {
        fs::write(other.join(name), &commit).unwrap();
    }
    fs::write(other.join("refs/junk"), [0xff, 0xfe]).unwrap();
    fs::write(other.join("snapshots/file"), "").unwrap();
    for folder in
        ["models--", "models----", "models--a--b--c", "models--..", "datasets--x", ".locks", "models--no"]
    {
        fs::create_dir_all(cache.path().join(folder)).unwrap();
    }
    fs::create_dir_all(cache.path().join("models--gpt2/snapshots/junk")).unwrap();
    fs::write(cache.path().join("version.txt"), "1").unwrap();
    fs::write(cache.path().join("models--file"), "1").unwrap();
    link(".", &cache.path().join("models--gpt2/snapshots").join(COMMIT).join("loop"));

    let found = hub.cached().unwrap();
    let names: Vec<_> = found.iter().map(|cached| cached.id.to_string()).collect();
    assert_eq!(names, ["an/other", "gpt2"]);
    assert_eq!(found[0].revisions, ["refs/pr/5", "v1"]);
    assert_eq!((found[0].commit.as_str(), found[0].bytes, found[0].complete), (commit.as_str(), 2, false));
    assert_eq!(found[1].revisions, ["main"]);
    let bytes: usize = NEEDED.iter().map(|name| repository.files[*name].len()).sum();
    assert_eq!((found[1].commit.as_str(), found[1].bytes, found[1].complete), (COMMIT, bytes as u64, true));
}
