//! Correct answers: files, revisions, shards, redirects.

use crate::mock::{COMMIT, CONFIG, Mock, Reply, Repository, get, weights};
use saliency_hub::FetchEvent;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_model_is_fetched_completely_and_the_second_time_from_the_cache() {
    let cache = tempdir().unwrap();
    let mock = Mock::of(&Repository::gpt2());
    let mut told = Vec::new();
    let snapshot = mock
        .hub(cache.path())
        .get(&"gpt2".parse().unwrap(), &mut |fetched| {
            if let FetchEvent::Bytes { file, done, total } = fetched {
                told.push((file.to_owned(), done, total));
            }
        })
        .unwrap();
    assert_eq!(snapshot.commit, COMMIT);
    assert_eq!(snapshot.id.to_string(), "gpt2");
    assert_eq!(snapshot.folder, cache.path().join("models--gpt2/snapshots").join(COMMIT));
    let expected = [
        "config.json",
        "generation_config.json",
        "merges.txt",
        "model.safetensors",
        "tokenizer.json",
        "vocab.json",
    ];
    assert_eq!(names(&snapshot.folder), expected.map(str::to_owned).into());
    assert_eq!(fs::read(snapshot.folder.join("model.safetensors")).unwrap(), weights());
    assert_eq!(fs::read(snapshot.folder.join("config.json")).unwrap(), CONFIG);
    assert_eq!(fs::read(snapshot.folder.join("vocab.json")).unwrap(), b"");
    // Progress ends where the file does.
    assert_eq!(told.last().unwrap(), &("model.safetensors".to_owned(), 300_000, 300_000));
    assert!(told.iter().any(|(file, done, _)| file == "config.json" && *done == CONFIG.len() as u64));
    // Links to the blobs, a ref, no partial file.
    let root = cache.path().join("models--gpt2");
    assert_eq!(fs::read_to_string(root.join("refs/main")).unwrap(), COMMIT);
    #[cfg(unix)]
    assert!(fs::read_link(snapshot.folder.join("config.json")).unwrap().starts_with("../../blobs"));
    assert_eq!(names(&root.join("blobs")).len(), 6);
    assert!(!names(&root.join("blobs")).iter().any(|name| name.contains('.')));

    let n = mock.asked().len();
    assert_eq!(mock.get(cache.path()).unwrap(), snapshot);
    assert_eq!(mock.asked().len(), n, "the second time asks nothing");
}

#[test]
fn a_revision_is_a_branch_a_ref_or_a_commit() {
    let cache = tempdir().unwrap();
    let mut repository = Repository::gpt2();
    repository.revision = "refs/pr/5".to_owned();
    repository.name = "owner/name".to_owned();
    let mock = Mock::of(&repository);
    let hub = mock.hub(cache.path());
    let snapshot = get(&hub, "owner/name@refs/pr/5").unwrap();
    assert_eq!(snapshot.commit, COMMIT);
    let root = cache.path().join("models--owner--name");
    assert_eq!(fs::read_to_string(root.join("refs/refs/pr/5")).unwrap(), COMMIT);
    // A commit hash needs no ref, and the files are there.
    let n = mock.asked().len();
    let again = get(&hub, &format!("owner/name@{COMMIT}")).unwrap();
    assert_eq!(again.folder, snapshot.folder);
    assert_eq!(mock.asked().len(), n);
    // The same in an empty cache.
    let cache = tempdir().unwrap();
    get(&mock.hub(cache.path()), &format!("owner/name@{COMMIT}")).unwrap();
    assert!(!cache.path().join("models--owner--name/refs").exists());
    // Files are requested by commit, so that a push in between can't mix versions.
    assert!(mock.asked().iter().all(|asked| !asked.path.contains("/resolve/refs")));
}

fn sharded() -> Repository {
    let index = r#"{"metadata": {"total_size": 7}, "weight_map": {"a": "model-00001-of-00002.safetensors",
        "b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}"#;
    Repository::gpt2()
        .without("model.safetensors")
        .with("model.safetensors.index.json", index.as_bytes())
        .with("model-00001-of-00002.safetensors", b"one")
        .with("model-00002-of-00002.safetensors", b"two two")
        .with("model-00003-of-00002.safetensors", b"not named")
}

#[test]
fn the_shards_that_an_index_names_are_fetched() {
    let cache = tempdir().unwrap();
    let mock = Mock::of(&sharded());
    let snapshot = mock.get(cache.path()).unwrap();
    assert_eq!(fs::read(snapshot.folder.join("model-00002-of-00002.safetensors")).unwrap(), b"two two");
    assert_eq!(mock.count("GET", "model-00001-of-00002.safetensors"), 1);
    assert_eq!(mock.count("GET", "model-00003-of-00002.safetensors"), 0);
    let n = mock.asked().len();
    mock.get(cache.path()).unwrap();
    assert_eq!(mock.asked().len(), n);
    // A missing shard is fetched again, and nothing else.
    fs::remove_file(snapshot.folder.join("model-00002-of-00002.safetensors")).unwrap();
    fs::remove_dir_all(cache.path().join("models--gpt2/blobs")).unwrap();
    let mock = Mock::of(&sharded());
    mock.get(cache.path()).unwrap();
    assert_eq!(mock.count("GET", "/config.json"), 1, "its link was broken");
    assert_eq!(mock.count("GET", "model-00002-of-00002.safetensors"), 1);
}

#[test]
fn a_hostile_index_is_refused_before_a_shard_is_fetched() {
    for (name, words) in [
        ("../../x.safetensors", "not the plain name"),
        ("/tmp/x.safetensors", "not the plain name"),
        ("config.json", "not the plain name"),
        ("model-00009-of-00009.safetensors", "which the repository does not have"),
    ] {
        let index = format!(r#"{{"weight_map": {{"a": "{name}"}}}}"#);
        let mock = Mock::of(&sharded().with("model.safetensors.index.json", index.as_bytes()));
        let error = mock.refusal();
        assert!(error.contains("model.safetensors.index.json") && error.contains(words), "{error}");
        assert!(!mock.asked().iter().any(|asked| asked.path.ends_with(".safetensors")), "{name}");
    }
    for index in ["", "[]", "{\"weight_map\": {}}", "{\"weight_map\": 3}"] {
        let mock = Mock::of(&sharded().with("model.safetensors.index.json", index.as_bytes()));
        let error = mock.refusal();
        assert!(error.contains("not a valid index of safetensors"), "{index}: {error}");
    }
}

#[test]
fn a_redirect_is_followed_without_the_token() {
    let cache = tempdir().unwrap();
    let store = Mock::new(|request| {
        let bytes = weights();
        assert_eq!(request.path, "/store/weights?signature=1");
        Reply::new(200, &bytes[..])
    });
    let there = format!("{}/store/weights?signature=1", store.address);
    let mock = Mock::tampered(&Repository::gpt2(), move |request, reply| {
        if request.path.ends_with("resolve/0123456789abcdef0123456789abcdef01234567/model.safetensors") {
            // As the hub does: its own headers, and the file on another server.
            let mut reply = Reply { status: 302, body: b"moved".to_vec(), ..reply };
            reply = reply.with("Location", &there).with("X-Linked-Size", "300000");
            return reply;
        }
        if request.path.ends_with("/tokenizer.json") && !request.path.starts_with("/gpt2/resolve/") {
            return Repository::gpt2().answer(&crate::mock::Request {
                path: request.path.replace("/moved/", "/gpt2/"),
                ..request.clone()
            });
        }
        if request.path.ends_with("/tokenizer.json") {
            let location = request.path.replace("/gpt2/", "/moved/");
            return Reply::new(307, "").with("Location", &location);
        }
        reply
    });
    let hub = mock.hub(cache.path()).token("hf_secret").unwrap();
    let snapshot = get(&hub, "gpt2").unwrap();
    assert_eq!(fs::read(snapshot.folder.join("model.safetensors")).unwrap(), weights());
    assert_eq!(fs::read(snapshot.folder.join("tokenizer.json")).unwrap(), b"{\"version\": \"1.0\"}");
    let own = mock.asked();
    assert!(own.iter().all(|asked| asked.headers["authorization"] == "Bearer hf_secret"), "{own:?}");
    let elsewhere = store.asked();
    assert_eq!(elsewhere.len(), 1, "the store is asked for the body only");
    assert!(!elsewhere[0].headers.contains_key("authorization"), "{elsewhere:?}");
    // Without compression, lengths are those of the file.
    assert!(own.iter().all(|asked| asked.headers["accept-encoding"] == "identity"), "{own:?}");
}

#[test]
fn without_a_token_none_is_sent() {
    let cache = tempdir().unwrap();
    let mock = Mock::of(&Repository::gpt2());
    get(&mock.hub(cache.path()).token(" ").unwrap(), "gpt2").unwrap();
    assert!(!mock.asked().iter().any(|asked| asked.headers.contains_key("authorization")));
}

#[test]
fn vocabulary_and_merges_replace_a_tokenizer() {
    let cache = tempdir().unwrap();
    let mock = Mock::of(&Repository::gpt2().without("tokenizer.json"));
    let snapshot = mock.get(cache.path()).unwrap();
    assert!(!snapshot.folder.join("tokenizer.json").exists());
    assert!(snapshot.folder.join("merges.txt").is_file());
}
