//! The token's file: optional, and read only when a request is made.

use crate::mock::{Mock, Reply, Repository, get};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// Files from which no user can read a token, not even root.
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
fn an_unreadable_file_does_not_prevent_a_public_download() {
    let folder = tempdir().unwrap();
    for file in unreadable(folder.path()) {
        let cache = tempdir().unwrap();
        let mock = Mock::of(&Repository::gpt2());
        let hub = mock.hub(cache.path()).token_file(&file);
        // A public model.
        get(&hub, "gpt2").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(mock.asked().iter().all(|request| !request.headers.contains_key("authorization")));
        // The same model, now in the cache.
        get(&hub.offline(true), "gpt2").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

#[test]
fn a_refusal_names_the_unreadable_file() {
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
    // Other errors do not mention the token.
    let mock = Mock::new(|_| Reply::new(418, "no"));
    let cache = tempdir().unwrap();
    let hub = mock.hub(cache.path()).token_file(folder.path());
    assert!(!get(&hub, "gpt2").unwrap_err().to_string().contains("token"));
}

#[test]
fn a_missing_file_means_no_token() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    // A path through a file, as where HOME is /dev/null.
    for file in ["nowhere", "file", "file/token"] {
        let cache = tempdir().unwrap();
        let mock = Mock::new(|_| Reply::new(401, "no"));
        let hub = mock.hub(cache.path()).token_file(folder.path().join(file));
        let error = get(&hub, "gpt2").unwrap_err().to_string();
        assert!(error.contains("without a token") && !error.contains("no token was sent"), "{file}: {error}");
    }
}

#[test]
fn the_file_is_read_when_a_request_is_made() {
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
