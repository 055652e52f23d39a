//! Chats by templates of the families that are read, against the transformers library (`chat/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::Linear;
use saliency_checkpoint::{Checkpoint, Date, Error, Prompt, Template, Tokenizer};
use saliency_schema::{Segmentation, Token};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chat")
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("expected.json")).unwrap()).unwrap()
}

/// A model whose tokenizer has a chat template.
fn chatty(template: &str) -> Checkpoint<Linear> {
    let folder = tempfile::tempdir().unwrap();
    let file = "tests/tokenizers/smollm/tokenizer.json";
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), folder.path().join("tokenizer.json"))
        .unwrap();
    let settings = expected()["special"].to_string();
    std::fs::write(folder.path().join("tokenizer_config.json"), settings).unwrap();
    std::fs::write(folder.path().join("chat_template.jinja"), template).unwrap();
    let tokenizer = Tokenizer::open(folder.path()).unwrap();
    Checkpoint::new(Linear::new(tokenizer.size() as i64, 2), tokenizer)
}

fn named(name: &str) -> Checkpoint<Linear> {
    chatty(&std::fs::read_to_string(root().join(format!("templates/{name}.jinja"))).unwrap())
}

fn chat(system: Option<&str>, user: &str, date: Option<&str>) -> Prompt {
    let prompt = Prompt::from(user).template(Template::Chat { system: system.map(str::to_owned) });
    match date {
        Some(date) => prompt.date(date.parse().unwrap()),
        None => prompt,
    }
}

/// The whole prompt and what a record says of it.
fn read(checkpoint: &Checkpoint<Linear>, prompt: Prompt) -> Result<(String, saliency_schema::Prompt), Error> {
    let sequence = checkpoint.force(prompt, "x")?;
    let inputs = &sequence.tokens()[..sequence.n_input()];
    Ok((Token::joined(inputs).text, sequence.prompt().unwrap().clone()))
}

#[test]
fn chats_and_their_parts_are_the_peers() {
    let expected = expected();
    let cases = expected["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 42);
    for case in cases {
        let say = |key: &str| case[key].as_str();
        let (name, user) = (say("template").unwrap(), say("user").unwrap());
        let checkpoint = named(name);
        let (whole, about) = read(&checkpoint, chat(say("system"), user, say("date"))).unwrap();
        assert_eq!(whole, say("text").unwrap(), "{name}");
        // A chat's template says itself how it begins.
        assert!(!about.bos);
        let Some(parts) = case["parts"].as_array() else { continue };
        let found: Vec<Value> = about
            .parts
            .iter()
            .filter(|part| part.name != "template")
            .map(|part| json!([part.name, part.start, part.end]))
            .collect();
        assert_eq!(&found, parts, "{name}: {whole:?}");
        // With what is around them they are the whole prompt.
        let covered: usize = about.parts.iter().map(|part| part.end - part.start).sum();
        assert_eq!(covered, whole.len(), "{name}");
        let [begins, ends] = about.text.unwrap_or([0, 0]);
        assert!(about.text.is_none() || &whole[begins..ends] == user, "{name}");
    }
}

#[test]
fn a_template_refuses_in_its_own_words() {
    let expected = expected();
    let refused = expected["refused"].as_array().unwrap();
    assert!(!refused.is_empty());
    for case in refused {
        let (name, system) = (case["template"].as_str().unwrap(), case["system"].as_str());
        let error = read(&named(name), chat(system, case["user"].as_str().unwrap(), None)).unwrap_err();
        assert!(error.to_string().contains(case["why"].as_str().unwrap()), "{error}");
        assert!(error.is_usage());
    }
}

#[test]
fn the_date_is_the_one_that_is_given() {
    let expected = expected();
    for name in expected["asks"].as_array().unwrap() {
        let error = read(&named(name.as_str().unwrap()), chat(None, "a", None)).unwrap_err();
        assert!(
            matches!(error, Error::NoDate)
                && error.is_usage()
                && error.to_string().contains("`Prompt::date`")
        );
    }
    // Every format, on every day.
    let days = expected["days"].as_array().unwrap();
    assert_eq!(days.len(), 33);
    let formats: Vec<&Value> = days.iter().map(|day| &day["format"]).collect();
    let calls: Vec<_> =
        formats[..11].iter().map(|format| format!("{{{{ strftime_now({format}) }}}}|")).collect();
    let checkpoint = chatty(&format!("{}{{{{ messages[0].content }}}}", calls.concat()));
    for days in days.chunks(11) {
        let texts: Vec<_> = days.iter().map(|day| format!("{}|", day["text"].as_str().unwrap())).collect();
        let texts = texts.concat();
        let (whole, about) = read(&checkpoint, chat(None, "a", days[0]["date"].as_str())).unwrap();
        assert_eq!(whole, format!("{texts}a"));
        assert_eq!(about.template, Some(format!("chat, date: {}", days[0]["date"].as_str().unwrap())));
    }
    let (_, about) = read(&named("llama3"), chat(Some("Be brief."), "a", Some("2024-02-29"))).unwrap();
    assert_eq!(about.template.as_deref(), Some("chat, date: 2024-02-29, system: Be brief."));

    // A date that changes nothing, one that is none, and a format that is none.
    let error = read(&named("qwen3"), chat(None, "a", Some("2024-02-29"))).unwrap_err();
    assert!(matches!(error, Error::DateUnused { .. }) && error.is_usage(), "{error}");
    for template in [Template::Plain, Template::Filled("Q: {text}".into())] {
        let prompt = Prompt::from("a").template(template).date("2024-02-29".parse().unwrap());
        assert!(matches!(prompt.check(), Err(Error::DateUnused { .. })));
        assert!(matches!(read(&named("qwen3"), prompt), Err(Error::DateUnused { .. })));
    }
    for date in ["", "today", "2023-02-29", "26-11-01", "2026-11-1", "2026-11-01T00:00", "2026/11/01"] {
        let error = date.parse::<Date>().unwrap_err().to_string();
        assert!(error.contains("YYYY-MM-DD") && error.contains(&format!("{date:?}")), "{error}");
    }
    let error = read(&chatty("{{ strftime_now('%Q') }}"), chat(None, "a", Some("2024-02-29"))).unwrap_err();
    assert!(error.to_string().contains("%Q"), "{error}");
    assert_eq!("2024-02-29".parse::<Date>().unwrap().to_string(), "2024-02-29");
}

/// What the system said is taken away together, the template's own message too.
#[test]
fn parts_are_segments() {
    let checkpoint = named("smollm2");
    let sequence = checkpoint.force(chat(None, "Who won?", None), "x").unwrap();
    let segments = Segmentation::Parts.segments_in(sequence.tokens(), sequence.prompt()).unwrap();
    let texts: Vec<String> =
        segments.iter().map(|segment| Token::joined(&sequence.tokens()[segment.clone()]).text).collect();
    assert_eq!(
        texts,
        [
            "<|im_start|>system\n",
            "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
            "<|im_end|>\n<|im_start|>user\n",
            "Who won?",
            "<|im_end|>\n<|im_start|>assistant\n",
            "x"
        ]
    );
}
