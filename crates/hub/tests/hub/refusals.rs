//! Refused requests, and answers that no hub gives.

use crate::mock::{Mock, Reply, Repository, get, hub};
use saliency_hub::Error;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use tempfile::tempdir;

fn all(status: u16) -> Mock {
    Mock::new(move |_| Reply::new(status, "no"))
}

#[test]
fn no_such_model() {
    let mock = all(404);
    let error = mock.refusal();
    assert!(error.contains(&format!("there is no model gpt2 on {}", mock.address)), "{error}");
    assert!(error.contains("HF_TOKEN"), "{error}");
}

#[test]
fn no_such_revision_whether_the_hub_says_so_or_not() {
    for said in [true, false] {
        let cache = tempdir().unwrap();
        let mock = Mock::tampered(&Repository::gpt2(), move |_, reply| {
            if said && reply.status == 404 { reply.with("X-Error-Code", "RevisionNotFound") } else { reply }
        });
        let error = get(&mock.hub(cache.path()), "gpt2@v9").unwrap_err();
        assert!(matches!(error, Error::NoRevision { .. }), "{error}");
        assert!(
            error.to_string().contains("gpt2 on") && error.to_string().contains("no revision \"v9\""),
            "{error}"
        );
        let error = get(&mock.hub(cache.path()), "other@v9").unwrap_err();
        assert!(matches!(error, Error::NoModel { .. }) || said, "{error}");
    }
}

#[test]
fn a_missing_or_wrong_token() {
    let cache = tempdir().unwrap();
    let mock = all(401);
    let error = mock.refusal();
    let settings = format!("{}/settings/tokens", mock.address);
    assert!(error.contains("without a token") && error.contains(&settings), "{error}");
    let error = get(&mock.hub(cache.path()).token("hf_secret").unwrap(), "gpt2").unwrap_err().to_string();
    assert!(error.contains("does not accept the token") && error.contains(&settings), "{error}");
    assert!(!error.contains("hf_secret"), "{error}");
}

#[test]
fn terms_that_are_not_accepted() {
    let mock = all(403);
    let error = mock.refusal();
    assert!(error.contains(&format!("accept the model's terms at {}/gpt2", mock.address)), "{error}");
    let mock = Mock::new(|_| Reply::new(401, "no").with("X-Error-Code", "GatedRepo"));
    assert!(mock.refusal().contains("accept the model's terms"));
    // The list is public, and a file is not.
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| {
        if request.path.ends_with("config.json") { Reply::new(403, "no") } else { reply }
    });
    assert!(mock.refusal().contains("accept the model's terms"));
}

#[test]
fn an_unexpected_status_is_reported_with_its_address() {
    let mock = all(418);
    let error = mock.refusal();
    assert!(
        error.contains(&format!("{}/api/models/gpt2/revision/main answered 418", mock.address)),
        "{error}"
    );
}

#[test]
fn pickles_are_not_fetched() {
    for name in ["pytorch_model.bin", "pytorch_model.bin.index.json"] {
        let repository = Repository::gpt2()
            .without("model.safetensors")
            .without("pytorch_model.bin")
            .with(name, b"pickle");
        let mock = Mock::of(&repository);
        let error = mock.refusal();
        assert!(error.contains("can run code"), "{error}");
        assert!(
            error.contains(r#"AutoModelForCausalLM.from_pretrained("gpt2").save_pretrained("FOLDER", safe_"#),
            "{error}"
        );
        assert!(
            error.contains(r#"AutoTokenizer.from_pretrained("gpt2").save_pretrained("FOLDER")"#),
            "{error}"
        );
        assert_eq!(mock.asked().len(), 1, "only the list is asked for");
    }
}

#[test]
fn a_repository_without_weights_is_refused_with_its_files() {
    let repository = Repository::gpt2().without("model.safetensors").without("pytorch_model.bin");
    let error = Mock::of(&repository).refusal();
    assert!(error.contains("gpt2 has no model.safetensors; it has .gitattributes, config.json"), "{error}");
}

#[test]
fn requests_to_a_busy_hub_are_repeated() {
    let cache = tempdir().unwrap();
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| match request.before {
        0 if request.path.starts_with("/api") => Reply::new(429, "").with("Retry-After", "1"),
        0 if request.is_get("model.safetensors") => Reply::new(500, ""),
        _ => reply,
    });
    let mut waits = Vec::new();
    let start = Instant::now();
    let result = mock.hub(cache.path()).get(&"gpt2".parse().unwrap(), &mut |fetched| {
        if let saliency_hub::FetchEvent::Waiting { status, wait } = fetched {
            waits.push((status, wait));
        }
    });
    result.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(1500), "{:?}", start.elapsed());
    assert_eq!(waits, [(429, Duration::from_secs(1)), (500, Duration::from_millis(500))]);
}

#[test]
fn a_date_in_retry_after_is_understood() {
    let mock = Mock::new(|_| Reply::new(429, "").with("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"));
    let error = mock.refusal();
    assert!(error.contains("429") && error.contains("s more"), "{error}");
    assert!(error.contains("try later") && error.contains("HF_TOKEN"), "{error}");
    // There is no point in waiting that long.
    assert_eq!(mock.asked().len(), 1);
}

#[test]
fn waiting_ends_after_max_wait() {
    for (status, words) in
        [(429, "too many requests (429); gave up after waiting"), (503, "answered with server error 503")]
    {
        let cache = tempdir().unwrap();
        let mock = all(status);
        let hub = mock.hub(cache.path()).max_wait(Duration::from_millis(1600));
        let start = Instant::now();
        let error = get(&hub, "gpt2").unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        // 0.5 s and 1 s, and 2 s would be too much.
        assert_eq!(mock.asked().len(), 3);
        assert!(start.elapsed() >= Duration::from_millis(1500));
    }
}

#[test]
fn nobody_there() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let cache = tempdir().unwrap();
    let error = get(&hub(&address, cache.path()), "gpt2").unwrap_err().to_string();
    assert!(error.contains(&format!("{address} can't be reached")), "{error}");
    assert!(error.contains("HF_ENDPOINT") && error.contains("HF_HUB_OFFLINE=1"), "{error}");
}

#[test]
fn a_server_that_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let cache = tempdir().unwrap();
    let hub = hub(&address, cache.path()).timeout(Duration::from_millis(300));
    let error = get(&hub, "gpt2").unwrap_err().to_string();
    assert!(error.contains("no answer within 0.3 s"), "{error}");
}

/// The error's message when the answer for config.json is changed.
fn strange(change: fn(Reply) -> Reply) -> String {
    let mock = Mock::tampered(&Repository::gpt2(), move |request, reply| {
        if request.path.ends_with("/config.json") { change(reply) } else { reply }
    });
    mock.refusal()
}

#[test]
fn answers_that_no_hub_gives() {
    for (error, words) in [
        (strange(|reply| reply.without("X-Repo-Commit")), "X-Repo-Commit is missing"),
        (strange(|reply| reply.with("X-Repo-Commit", "../..")), "answered for \"../..\""),
        (strange(|reply| reply.without("ETag")), "ETag is missing"),
        (strange(|reply| reply.with("ETag", "\"../../../x\"")), "is not the ETag of a file"),
        (strange(|reply| reply.with("X-Linked-Etag", "a/b")), "is not the ETag of a file"),
        (strange(|reply| reply.with("X-Linked-Size", "-1")), "is not the length of a file"),
        (strange(|reply| Reply { status: 302, ..reply }), "without the header Location"),
        (
            strange(|reply| Reply { status: 302, ..reply }.with("Location", "file:///etc/passwd")),
            "not a safe one",
        ),
        (
            strange(|reply| Reply { status: 302, ..reply }.with("Location", "config.json")),
            "too many redirects",
        ),
        (strange(|_| Reply::new(404, "")), "lists config.json, but has no such file"),
    ] {
        assert!(error.contains("did not answer as a hub does") && error.contains(words), "{words}: {error}");
        assert!(error.contains("/config.json"), "{error}");
    }
}

#[test]
fn lists_that_no_hub_gives() {
    for body in
        ["", "<html>", "[]", "{}", r#"{"sha": "x", "siblings": []}"#, r#"{"sha": "../..", "siblings": []}"#]
    {
        let error = Mock::new(move |_| Reply::new(200, body)).refusal();
        assert!(
            error.contains("/api/models/gpt2/revision/main did not answer as a hub does"),
            "{body}: {error}"
        );
    }
    let error = Mock::new(|_| Reply::new(200, "{}").with("Content-Length", "-5")).refusal();
    assert!(error.contains("did not answer as a hub does"), "{error}");
}

#[test]
fn a_closed_connection_is_made_again() {
    let cache = tempdir().unwrap();
    let mock = Mock::tampered(&Repository::gpt2(), |request, reply| {
        let first = request.before == 0 && request.path.ends_with("/model.safetensors");
        if first { Reply::hang_up() } else { reply }
    });
    mock.get(cache.path()).unwrap();
    let mock = Mock::new(|_| Reply::hang_up());
    let error = mock.refusal();
    assert!(error.contains("can't be reached"), "{error}");
    assert_eq!(mock.asked().len(), 3);
}
