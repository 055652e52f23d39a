//! The token's file: optional, and read only when the hub is asked.

use crate::mock::{Mock, Reply, Repository, get};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// Files that no user can read a token from, root neither.
fn unreadable(folder: &Path) -> Vec<PathBuf> {
    let at = |name: &str| folder.join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("not-utf-8"), [0xff, 0xfe]).unwrap();
    fs::write(at("spaces"), "hf_sec ret").unwrap();
    let mut files = vec![at("folder"), at("not-utf-8"), at("spaces"), at(&"long".repeat(100))];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("loop", at("loop")).unwrap();
        files.push(at("loop"));
    }
    files
}

#[test]
fn a_file_that_cant_be_read_is_in_nobodys_way() {
    let folder = tempdir().unwrap();
    for file in unreadable(folder.path()) {
        let cache = tempdir().unwrap();
        let mock = Mock::of(&Repository::gpt2());
        let hub = mock.hub(cache.path()).token_file(&file);
        // A model that anybody may have.
        get(&hub, "gpt2").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(mock.asked().iter().all(|request| !request.headers.contains_key("authorization")));
        // And one that is in the cache now.
        get(&hub.offline(true), "gpt2").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

#[test]
fn who_is_refused_for_want_of_it_learns_why() {
    let folder = tempdir().unwrap();
    let files = unreadable(folder.path());
    for (status, words) in [(401, "without a token"), (403, "accept the model's terms"), (404, "HF_TOKEN")] {
        for (n, file) in files.iter().enumerate() {
            let cache = tempdir().unwrap();
            let mock = Mock::new(move |_| Reply::new(status, "no"));
            let error = get(&mock.hub(cache.path()).token_file(file), "gpt2").unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("no token was sent"), "{n}: {error}");
            assert!(error.contains(file.to_str().unwrap()), "{n}: {error}");
            assert!(!error.contains("sec ret"), "{error}");
        }
    }
    // Another error is none of the token's.
    let mock = Mock::new(|_| Reply::new(418, "no"));
    let cache = tempdir().unwrap();
    let hub = mock.hub(cache.path()).token_file(folder.path());
    assert!(!get(&hub, "gpt2").unwrap_err().to_string().contains("token"));
}

#[test]
fn a_file_that_is_not_there_is_no_token() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    // Through a file there is no way, as where HOME is /dev/null.
    for file in ["nowhere", "file", "file/token"] {
        let cache = tempdir().unwrap();
        let mock = Mock::new(|_| Reply::new(401, "no"));
        let hub = mock.hub(cache.path()).token_file(folder.path().join(file));
        let error = get(&hub, "gpt2").unwrap_err().to_string();
        assert!(error.contains("without a token") && !error.contains("no token was sent"), "{file}: {error}");
    }
}

#[test]
fn a_file_is_read_when_the_hub_is_asked() {
    let (folder, cache) = (tempdir().unwrap(), tempdir().unwrap());
    let mock = Mock::of(&Repository::gpt2());
    let file = folder.path().join("token");
    let hub = mock.hub(cache.path()).token_file(&file);
    fs::write(&file, "hf_later\n").unwrap();
    get(&hub, "gpt2").unwrap();
    let asked = mock.asked();
    let sent = asked.iter().map(|request| request.headers.get("authorization").map(String::as_str));
    assert!(sent.into_iter().all(|header| header == Some("Bearer hf_later")));
}
