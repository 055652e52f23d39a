//! Bodies that are interrupted, too long, too short or corrupt.

use crate::mock::{Mock, Reply, Repository, etag, weights};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::tempdir;

fn blobs(cache: &Path) -> PathBuf {
    cache.join("models--gpt2/blobs")
}

/// No blob and no link was made; a partial file holds the first bytes of the file.
fn nothing_wrong(cache: &Path, file: &str, bytes: &[u8]) {
    let blob = blobs(cache).join(etag(file, bytes));
    assert!(!blob.exists(), "{file} is in the cache");
    let part = fs::read(blob.with_extension("incomplete")).unwrap_or_default();
    assert!(bytes.starts_with(&part), "the partial {file} is corrupt");
    let snapshots = fs::read_dir(cache.join("models--gpt2/snapshots")).into_iter().flatten();
    for snapshot in snapshots {
        assert!(!snapshot.unwrap().path().join(file).exists());
    }
    assert!(!cache.join("models--gpt2/refs/main").exists());
}

fn good(cache: &Path) {
    let folder = cache.join("models--gpt2/snapshots").join(crate::mock::COMMIT);
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), weights());
    let mut left = fs::read_dir(blobs(cache)).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.all(|name| !name.to_string_lossy().contains('.')), "a partial file is left");
}

#[test]
fn an_interrupted_download_is_resumed() {
    let cache = tempdir().unwrap();
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| match request.before {
        0 | 1 if request.is_get("model.safetensors") => reply.cut_after(100_000),
        0 if request.is_get("tokenizer.json") => reply.cut_after(3),
        _ => reply,
    });
    mock.get(cache.path()).unwrap();
    good(cache.path());
    let asked = mock.asked();
    let from: Vec<usize> =
        asked.iter().filter(|r| r.is_get("model.safetensors")).map(crate::mock::Request::from).collect();
    assert_eq!(from, [0, 100_000, 200_000]);
    assert_eq!(mock.count("GET", "/tokenizer.json"), 2, "a file without a hash is fetched from the start");
}

#[test]
fn repeated_interruptions_are_an_error() {
    for (file, expected) in [("model.safetensors", weights()), ("config.json", crate::mock::CONFIG.to_vec())]
    {
        let cache = tempdir().unwrap();
        // Always at the same byte.
        let mock = Mock::tampered(&Repository::gpt2(), move |request, reply| {
            let cut = 10usize.saturating_sub(request.from());
            if request.is_get(file) { reply.cut_after(cut) } else { reply }
        });
        let error = mock.get(cache.path()).unwrap_err().to_string();
        let words = format!("{file}: the connection ended after 10 of {} bytes", expected.len());
        assert!(error.contains(&words), "{error}");
        assert!(mock.count("GET", &format!("/{file}")) <= 3);
        nothing_wrong(cache.path(), file, &expected);
        // A later download resumes.
        let mock = Mock::of(&Repository::gpt2());
        mock.get(cache.path()).unwrap();
        good(cache.path());
    }
}

#[test]
fn a_stalled_download_is_resumed() {
    let cache = tempdir().unwrap();
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| {
        let stalls = request.is_get("model.safetensors") && request.before == 0;
        if stalls { reply.pausing(Duration::from_secs(5)) } else { reply }
    });
    let hub = mock.hub(cache.path()).timeout(Duration::from_secs(2));
    crate::mock::get(&hub, "gpt2").unwrap();
    good(cache.path());
    assert_eq!(mock.count("GET", "model.safetensors"), 2);
}

/// Checks the error when every body of a file is changed, and the repair when only the first one is.
fn wrong(file: &'static str, bytes: &[u8], words: &str, change: fn(Reply) -> Reply) {
    let cache = tempdir().unwrap();
    let mock = Mock::tampered(
        &Repository::gpt2(),
        move |request, reply| {
            if request.is_get(file) { change(reply) } else { reply }
        },
    );
    let error = mock.get(cache.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{file}: ")) && error.contains(words), "{error}");
    assert_eq!(mock.count("GET", &format!("/{file}")), 2, "one more try");
    nothing_wrong(cache.path(), file, bytes);
    assert!(!blobs(cache.path()).join(etag(file, bytes)).with_extension("incomplete").exists());

    let once = Mock::tampered(&Repository::gpt2(), move |request, reply| {
        if request.is_get(file) && request.before == 0 { change(reply) } else { reply }
    });
    once.get(cache.path()).unwrap();
    good(cache.path());
}

#[test]
fn a_wrong_length_is_not_kept() {
    let small = crate::mock::CONFIG;
    wrong("config.json", small, "received 23 bytes, and the hub states 22", |reply| {
        Reply::new(200, [&reply.body[..], b" "].concat())
    });
    wrong("config.json", small, "received 21 bytes, and the hub states 22", |reply| {
        Reply::new(200, &reply.body[1..])
    });
    wrong("model.safetensors", &weights(), "received 299999 bytes, and the hub states 300000", |reply| {
        Reply::new(200, &reply.body[1..])
    });
}

#[test]
fn a_wrong_hash_is_not_kept() {
    wrong("model.safetensors", &weights(), "its SHA-256 is ", |mut reply| {
        reply.body[7] ^= 1;
        reply
    });
}

/// A cache with a partial file of the weights.
fn with_part(bytes: &[u8]) -> tempfile::TempDir {
    let cache = tempdir().unwrap();
    fs::create_dir_all(blobs(cache.path())).unwrap();
    let part = blobs(cache.path()).join(etag("model.safetensors", &weights())).with_extension("incomplete");
    fs::write(part, bytes).unwrap();
    cache
}

#[test]
fn an_existing_partial_file_is_used_if_it_fits() {
    let weights = weights();
    let mut longer = weights.clone();
    longer.extend(b"more");
    let mut other = weights.clone();
    other[0] ^= 1;
    for (part, expected) in [
        (&weights[..1000], vec![1000]),
        // Complete: nothing to request.
        (&weights[..], vec![]),
        // Longer than the file.
        (&longer[..], vec![0]),
        // Corrupt, which the hash shows at the end.
        (&other[..1000], vec![1000, 0]),
        (&other[..], vec![0]),
    ] {
        let cache = with_part(part);
        let mock = Mock::of(&Repository::gpt2());
        mock.get(cache.path()).unwrap();
        good(cache.path());
        let asked = mock.asked();
        let from: Vec<usize> =
            asked.iter().filter(|r| r.is_get("model.safetensors")).map(crate::mock::Request::from).collect();
        assert_eq!(from, expected);
    }
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    let cache = with_part(&weights()[..1000]);
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| {
        if request.is_get("model.safetensors") { Reply::new(200, weights()) } else { reply }
    });
    mock.get(cache.path()).unwrap();
    good(cache.path());
    assert_eq!(mock.count("GET", "/model.safetensors"), 1, "and is not asked again");
}

#[test]
fn a_range_that_was_not_requested_is_not_appended() {
    let cache = with_part(&weights()[..1000]);
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| {
        if request.from() > 0 { reply.with("Content-Range", "bytes 7-9/300000") } else { reply }
    });
    mock.get(cache.path()).unwrap();
    good(cache.path());
}

#[test]
fn progress_never_goes_back() {
    let cache = tempdir().unwrap();
    let mock = Mock::of(&Repository::gpt2());
    let told = Mutex::new(Vec::new());
    let id = "gpt2".parse().unwrap();
    mock.hub(cache.path())
        .get(&id, &mut |fetched| {
            if let saliency_hub::FetchEvent::Bytes { file: "model.safetensors", done, .. } = fetched {
                told.lock().unwrap().push(done);
            }
        })
        .unwrap();
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told[0] == 0 && told.len() > 2, "{told:?}");
}
