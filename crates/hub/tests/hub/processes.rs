//! Two processes at once, and one that makes no progress.

use crate::mock::{Mock, Repository, etag, get, hub, weights};
use saliency_hub::{Error, FetchEvent};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::tempdir;

const ADDRESS: &str = "SALIENCY_HUB_TEST_ADDRESS";
const CACHE: &str = "SALIENCY_HUB_TEST_CACHE";

/// Not a test by itself: one of two processes.
#[test]
#[ignore = "run by the processes of the next test"]
fn child() {
    let (Ok(address), Ok(cache)) = (std::env::var(ADDRESS), std::env::var(CACHE)) else { return };
    get(&hub(&address, Path::new(&cache)).max_wait(Duration::from_secs(30)), "gpt2").unwrap();
}

#[test]
fn two_at_once_download_once() {
    let cache = tempdir().unwrap();
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| {
        // Long enough for the two to meet.
        if request.is_get("model.safetensors") { reply.pausing(Duration::from_millis(1500)) } else { reply }
    });
    let spawn = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::child", "--ignored"])
            .env(ADDRESS, &mock.address)
            .env(CACHE, cache.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children = [spawn(), spawn()];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let snapshot = get(&hub("http://127.0.0.1:1", cache.path()), "gpt2").unwrap();
    assert_eq!(fs::read(snapshot.folder.join("model.safetensors")).unwrap(), weights());
    assert_eq!(mock.count("GET", "model.safetensors"), 1);
}

#[test]
fn a_lock_that_is_never_released_is_named() {
    let cache = tempdir().unwrap();
    let lock = cache.path().join(".locks/models--gpt2").join(etag("model.safetensors", &weights()) + ".lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = File::create(&lock).unwrap();
    held.lock().unwrap();
    let mock = Mock::of(&Repository::gpt2());
    let hub = mock.hub(cache.path()).max_wait(Duration::ZERO).timeout(Duration::from_secs(2));
    let mut seen = false;
    let error = hub
        .get(&"gpt2".parse().unwrap(), &mut |fetched| {
            seen |= matches!(fetched, FetchEvent::OtherProcess { file: "model.safetensors", .. });
        })
        .unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    assert!(error.to_string().contains(lock.to_str().unwrap()), "{error}");
    assert!(seen);
    // The lock is free once it is dropped, and the download continues.
    drop(held);
    hub.get(&"gpt2".parse().unwrap(), &mut |_| {}).unwrap();
}
