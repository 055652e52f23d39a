//! Tokenizers of every form that is read, against what the tokenizers and transformers libraries make of texts
//! (`tokenizers/README.md`), and that spans hold for any text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::single_range_in_vec_init, reason = "one span of several")]

use proptest::prelude::*;
use saliency_checkpoint::Tokenizer;
use saliency_checkpoint::tokenizers::{NormalizedString, Normalizer, Tokenizer as Library};
use saliency_schema::{Kind, Token};
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokenizers")
}

/// A folder's tokenizer and what is expected of it.
struct Folder {
    name: String,
    tokenizer: Tokenizer,
    /// The peer's tokens spell the whole text.
    lossless: bool,
    /// It changes some characters.
    normalised: bool,
    cases: Vec<Value>,
}

fn folders() -> Vec<Folder> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.join("expected.json").is_file());
    paths.sort();
    let folder = |path: PathBuf| {
        let expected: Value =
            serde_json::from_slice(&std::fs::read(path.join("expected.json")).unwrap()).unwrap();
        Folder {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            tokenizer: Tokenizer::open(&path).unwrap(),
            lossless: expected["lossless"] == true,
            normalised: expected["normalised"] == true,
            cases: expected["cases"].as_array().unwrap().clone(),
        }
    };
    paths.into_iter().map(folder).collect()
}

fn named(name: &str) -> Tokenizer {
    Tokenizer::open(&root().join(name)).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect()
}

fn ranges(value: &Value) -> Vec<Range<usize>> {
    let range = |pair: &Value| pair[0].as_u64().unwrap() as usize..pair[1].as_u64().unwrap() as usize;
    value.as_array().unwrap().iter().map(range).collect()
}

fn span(token: &Token) -> Range<usize> {
    token.start.unwrap()..token.end.unwrap()
}

/// Where a text's tokens stand, each as its text.
fn places(tokenizer: &Tokenizer, text: &str) -> Vec<Range<usize>> {
    tokenizer.encode(text, Kind::Input, 0).unwrap().iter().map(span).collect()
}

/// Spans go forward, are apart, leave nothing out but white space (unless letters may be dropped), and hold the token's
/// text.
fn check(tokens: &[Token], text: &str, letters_dropped: bool) -> Result<(), TestCaseError> {
    let mut reached = 0;
    let between = |from: usize, to: usize| {
        let dropped = text.get(from..to).map(str::trim);
        prop_assert!(
            from == to || letters_dropped || dropped == Some(""),
            "{from}..{to} of {text:?} is dropped"
        );
        Ok(())
    };
    for token in tokens {
        let Range { start, end } = span(token);
        prop_assert!(
            reached <= start && start <= end && end <= text.len(),
            "{token:?} after {reached} of {text:?}"
        );
        between(reached, start)?;
        let slice = &text.as_bytes()[start..end];
        prop_assert_eq!(token.exact_bytes(), slice);
        prop_assert_eq!(&token.text, &String::from_utf8_lossy(slice));
        prop_assert_eq!(token.bytes.is_some(), std::str::from_utf8(slice).is_err());
        reached = end;
    }
    between(reached, text.len())
}

#[test]
fn ids_spans_and_texts_are_the_peers() {
    let folders = folders();
    assert_eq!(folders.len(), 19);
    for Folder { name, tokenizer, lossless, cases, .. } in folders {
        for case in &cases {
            let text = case["text"].as_str().unwrap();
            let tokens = tokenizer.encode(text, Kind::Input, 0).unwrap();
            let found: Vec<u32> = tokens.iter().map(|token| token.id).collect();
            assert_eq!(found, ids(&case["ids"]), "{name}: {text:?}");
            check(&tokens, text, !lossless).unwrap();
            let spans: Vec<_> = tokens.iter().map(span).collect();
            if case["spans"].is_null() {
                // Each lies in what the peer says, but for what a normaliser dropped after it.
                let offsets = ranges(&case["offsets"]);
                for (i, (span, offset)) in spans.iter().zip(&offsets).enumerate() {
                    let next = offsets[i..].iter().map(|next| next.start).find(|start| *start >= offset.end);
                    let end = next.unwrap_or(text.len()).max(offset.end);
                    let before = spans[..i].last().map_or(0, |before| before.end);
                    assert!(
                        offset.start.min(before) <= span.start && span.end <= end.max(before),
                        "{name}: {text:?}: token {i} is {span:?}, the peer's {offset:?}"
                    );
                }
            } else {
                assert_eq!(spans, ranges(&case["spans"]), "{name}: {text:?}");
            }
            let decoded = case["decoded"].as_str().unwrap_or(text);
            let own: Vec<u8> = found.iter().flat_map(|&id| tokenizer.bytes_of(id)).collect();
            let own = String::from_utf8_lossy(&own).into_owned();
            assert!(
                own == decoded || own.strip_prefix(' ') == Some(decoded),
                "{name}: {own:?} for {decoded:?} of {text:?}"
            );
            assert_eq!(tokenizer.adds_bos(), case.get("begins").is_some(), "{name}");
            if let Some(begins) = case["begins"].as_u64() {
                assert_eq!(u64::from(tokenizer.bos().unwrap()), begins, "{name}");
            }
        }
    }
}

/// By hand, on the vocabularies' own tokens: what is one character of the normalised text, and what is beside it.
#[test]
fn of_a_changed_character_the_first_token_has_the_span() {
    let qwen = named("qwen2");
    // NFC: one token for é, which takes the accent; two for ü (C3 BC), of which the second has nothing.
    assert_eq!(places(&qwen, "e\u{301}t"), [0..3, 3..4]);
    assert_eq!(places(&qwen, "tu\u{308}t"), [0..1, 1..4, 4..4, 4..5]);
    // A character of four byte tokens, which nothing changes, keeps its bytes beside it.
    assert_eq!(places(&qwen, "u\u{308}\u{10348}"), [0..3, 3..3, 3..4, 4..5, 5..6, 6..7]);
    // Three jamo are one syllable of three byte tokens.
    assert_eq!(places(&qwen, "\u{1112}\u{1161}\u{11ab}x"), [0..9, 9..9, 9..9, 9..10]);
    // NFKC: a ligature of two tokens, after a space that was put before the text.
    let nfkc = named("nfkc");
    let tokens = nfkc.encode("\u{fb01}", Kind::Input, 0).unwrap();
    let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(texts.concat(), "\u{fb01}");
    assert_eq!((tokens.len(), texts.iter().filter(|text| !text.is_empty()).count()), (3, 1), "{texts:?}");
    assert_eq!(texts[0], "", "the space");
}

#[test]
fn a_space_that_is_put_before_a_text_is_no_byte_of_it() {
    for (name, text, expected) in [
        ("llama2", "Q", vec![0..0, 0..1]),
        ("llama2", " Q", vec![0..1, 1..2]),
        ("metaspace-always", " Q", vec![0..1, 1..2]),
        ("metaspace-never", "Q", vec![0..1]),
        ("gpt2-prefix", "Q", vec![0..0, 0..1]),
    ] {
        assert_eq!(places(&named(name), text), expected, "{name}: {text:?}");
    }
    // `<0xE7>` is one byte, and so is every byte of a character without a token.
    let llama = named("llama2");
    assert_eq!(places(&llama, "Q\u{1f9ff}"), [0..0, 0..1, 1..2, 2..3, 3..4, 4..5]);
    let tokens = llama.encode("Q\u{1f9ff}", Kind::Input, 0).unwrap();
    assert_eq!(tokens[2].bytes.as_deref(), Some(&[0xf0][..]));
}

/// A continuation goes on after the text: its tokens spell it alone.
#[test]
fn no_space_is_put_before_outputs() {
    for Folder { name, tokenizer, lossless, normalised, .. } in folders() {
        if !lossless || normalised {
            continue;
        }
        for text in [" Mars", "Mars", "  race", "é🚀", ""] {
            let tokens = tokenizer.encode(text, Kind::Output, 7).unwrap();
            let own: Vec<u8> = tokens.iter().flat_map(|token| tokenizer.bytes_of(token.id)).collect();
            assert_eq!(own, text.as_bytes(), "{name}");
            assert_eq!(tokens.first().map_or(7, |token| token.start.unwrap()), 7, "{name}");
            assert_eq!(
                tokenizer.tokens(&tokens.iter().map(|t| t.id).collect::<Vec<_>>(), Kind::Output, 7),
                tokens
            );
        }
    }
}

/// Any text, and what splits badly: joiners, marks, other spaces, jamo, ligatures, signs and spellings that tokenizers
/// use themselves, special tokens.
fn texts() -> impl Strategy<Value = String> {
    let parts = vec![
        "👩‍🚀",
        "e\u{301}",
        "\u{301}",
        "u\u{308}",
        "\u{a0}",
        "\u{3000}",
        "\r\n",
        "\t",
        "\u{200f}",
        "Ω",
        "\u{212b}",
        "  ",
        " ",
        "日本",
        "\u{1112}",
        "\u{1161}",
        "\u{11ab}",
        "ﬁ",
        "㌀",
        "½",
        "▁",
        "▁▁",
        "<0xE7>",
        "<0x41>",
        "<s>",
        "</s>",
        "<unk>",
        "[INST]",
        " [/INST] ",
        "race",
        " <tool_call>",
        "<|im_end|>",
        "<|endoftext|>",
        "the",
        " the",
        "2033",
        "\0",
        "\u{feff}",
        "İ",
        "ß",
        "\u{1f9ff}",
        "é",
    ];
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(proptest::sample::select(parts), 0..12).prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn spans_hold_for_any_text(text in texts(), plain in any::<bool>(), first_byte in 0..3_usize) {
        thread_local! {
            static FOLDERS: Vec<Folder> = folders();
        }
        FOLDERS.with(|folders| folders.iter().try_for_each(|Folder { name, tokenizer, lossless, normalised, .. }| {
            let encode = |kind, first| if plain {
                tokenizer.encode_plain(&text, kind, first).unwrap()
            } else {
                tokenizer.encode(&text, kind, first).unwrap()
            };
            let tokens = encode(Kind::Input, 0);
            check(&tokens, &text, !lossless).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))?;
            let moved = encode(Kind::Input, first_byte);
            let same = |(here, there): (&Token, &Token)| {
                here.id == there.id && here.text == there.text && span(here).start + first_byte == span(there).start
            };
            prop_assert!(tokens.iter().zip(&moved).all(same));
            if *lossless && !normalised {
                // A token's slice is its own bytes, but for one space that was put before it, and the sign of a space.
                for token in &tokens {
                    let own = String::from_utf8_lossy(&tokenizer.bytes_of(token.id)).into_owned();
                    let slice = token.text.clone();
                    let signs = |text: &str| text.replace('▁', " ");
                    let fits = own == slice || own.strip_prefix(' ') == Some(&slice)
                        || name.contains("space") | name.contains("llama2") | name.contains("mistral")
                            && (signs(&own) == signs(&slice) || own.strip_prefix(' ').map(signs) == Some(signs(&slice)));
                    prop_assert!(fits, "{}: {:?} for {:?} of {:?}", name, slice, own, text);
                }
            }
            let outputs = encode(Kind::Output, 0);
            check(&outputs, &text, !lossless).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))
        }))?;
    }

    /// Whatever a normaliser does: the tokens spell the text that it makes.
    #[test]
    fn tokens_spell_the_normalised_text(text in texts()) {
        for name in ["qwen2", "nfc", "nfkc"] {
            thread_local! {
                static OPEN: std::cell::RefCell<Vec<(&'static str, Tokenizer, Library)>> = const { std::cell::RefCell::new(Vec::new()) };
            }
            OPEN.with_borrow_mut(|open| {
                if !open.iter().any(|(known, ..)| *known == name) {
                    let library = Library::from_file(root().join(name).join("tokenizer.json")).unwrap();
                    open.push((name, named(name), library));
                }
                let (_, tokenizer, library) = open.iter().find(|(known, ..)| *known == name).unwrap();
                if text.contains('<') {
                    return Ok(());
                }
                let mut normalised = NormalizedString::from(text.as_str());
                library.get_normalizer().unwrap().normalize(&mut normalised).unwrap();
                let own: Vec<u8> = tokenizer.encode(&text, Kind::Input, 0).unwrap()
                    .iter().flat_map(|token| tokenizer.bytes_of(token.id)).collect();
                // The sign of a space in the text looks like a space.
                let own = String::from_utf8(own).unwrap().replace('▁', " ");
                let expected = normalised.get().replace('▁', " ");
                prop_assert!(own == expected || own.strip_prefix(' ') == Some(&expected), "{name}: {own:?} for {text:?}");
                Ok(())
            })?;
        }
    }
}

#[test]
fn a_gguf_file_holds_the_tokenizer_that_it_was_made_from() {
    let mut seen = 0;
    for Folder { name, tokenizer, cases, .. } in folders() {
        let path = root().join(&name).join("tokenizer.gguf");
        if !path.is_file() {
            continue;
        }
        seen += 1;
        let gguf = Tokenizer::open_gguf(&path).unwrap();
        for case in &cases {
            let text = case["text"].as_str().unwrap();
            for kind in [Kind::Input, Kind::Output] {
                assert_eq!(
                    gguf.encode(text, kind, 0).unwrap(),
                    tokenizer.encode(text, kind, 0).unwrap(),
                    "{name}: {text:?}"
                );
                assert_eq!(
                    gguf.encode_plain(text, kind, 0).unwrap(),
                    tokenizer.encode_plain(text, kind, 0).unwrap(),
                    "{name}: {text:?}"
                );
            }
        }
        assert_eq!((gguf.bos(), gguf.size()), (tokenizer.bos(), tokenizer.size()), "{name}");
        // What the file says, or llama.cpp's default.
        assert_eq!(
            gguf.adds_bos(),
            ["llama2", "llama3", "metaspace-never"].contains(&name.as_str()),
            "{name}"
        );
        assert_eq!(
            gguf.chat_template(),
            Some(format!("{{{{ messages[0]['content'] }}}} in {name}").as_str())
        );
    }
    assert_eq!(seen, 7);
}
