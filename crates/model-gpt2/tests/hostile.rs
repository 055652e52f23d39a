//! Checkpoints that are broken, or meant to break the reader: each is an error or a warning that names the place, and
//! none a panic, a wrong answer or memory taken before the sizes were compared.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::folder;
use proptest::prelude::*;
use safetensors::tensor::SafeTensors;
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::{Error, Load, Prompt, Template};
use saliency_model_gpt2::Checkpoint;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A copy of a parity model, with one file changed.
fn changed(file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(folder("gpt2-b").join(file), copy.path().join(file)).unwrap();
    }
    let bytes = std::fs::read(copy.path().join(file)).unwrap_or_default();
    std::fs::write(copy.path().join(file), change(bytes)).unwrap();
    copy
}

fn error(copy: &TempDir) -> String {
    Checkpoint::open(copy.path(), &Load::default()).unwrap_err().to_string()
}

/// The same with the weights' header changed; the data follow it as they were.
fn header(change: impl FnOnce(&mut Value)) -> TempDir {
    changed("model.safetensors", |bytes| {
        let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let mut header: Value = serde_json::from_slice(&bytes[8..8 + n]).unwrap();
        change(&mut header);
        let header = header.to_string().into_bytes();
        [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[8 + n..]].concat()
    })
}

fn a_tensor(header: &mut Value) -> &mut Value {
    let (_, tensor) =
        header.as_object_mut().unwrap().iter_mut().find(|(name, _)| name.ends_with("ln_f.bias")).unwrap();
    tensor
}

#[test]
fn weights_that_are_no_weights_are_refused_where_they_lie() {
    let whole = std::fs::read(folder("gpt2-b").join("model.safetensors")).unwrap();
    let n = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let bytes = |bytes: Vec<u8>| changed("model.safetensors", |_| bytes);
    for (what, copy, says) in [
        ("empty", bytes(Vec::new()), "0 bytes are too few"),
        ("seven bytes", bytes(vec![1; 7]), "7 bytes are too few"),
        (
            "a length that overflows",
            bytes([&u64::MAX.to_le_bytes()[..], &whole[8..]].concat()),
            "announce a header of 18446744073709551615",
        ),
        (
            "a length beyond the file",
            bytes([&(whole.len() as u64).to_le_bytes()[..], &whole[8..]].concat()),
            "announce a header",
        ),
        ("cut within the header", bytes(whole[..8 + n / 2].to_vec()), "announce a header"),
        ("cut within the data", bytes(whole[..whole.len() - 1].to_vec()), "its header announces"),
        ("longer than it says", bytes([&whole[..], &[0]].concat()), "its header announces"),
        ("no JSON", bytes([&8_u64.to_le_bytes()[..], b"{\"a\": [}"].concat()), "header: "),
        (
            "a web page",
            bytes(b"<!DOCTYPE html><html><body>404 Not Found</body></html>".to_vec()),
            "announce a header",
        ),
        ("offsets that overflow", header(|h| a_tensor(h)["data_offsets"] = json!([0, u64::MAX])), "header: "),
        ("tensors that overlap", header(|h| a_tensor(h)["data_offsets"] = json!([0, 128])), "header: "),
        ("offsets backwards", header(|h| a_tensor(h)["data_offsets"] = json!([128, 0])), "header: "),
        ("a shape that overflows", header(|h| a_tensor(h)["shape"] = json!([u64::MAX, 4])), "header: "),
        ("a shape that is not its data's", header(|h| a_tensor(h)["shape"] = json!([1])), "header: "),
        ("negative shape", header(|h| a_tensor(h)["shape"] = json!([-1])), "header: "),
        ("an unknown dtype", header(|h| a_tensor(h)["dtype"] = json!("F31")), "header: "),
    ] {
        let message = error(&copy);
        assert!(message.contains("model.safetensors") && message.contains(says), "{what}: {message}");
    }
    // A folder in the file's place.
    let copy = changed("model.safetensors", |bytes| bytes);
    std::fs::remove_file(copy.path().join("model.safetensors")).unwrap();
    std::fs::create_dir(copy.path().join("model.safetensors")).unwrap();
    assert!(error(&copy).contains("model.safetensors"));
}

#[test]
fn a_folder_that_holds_something_else_than_a_model_says_what_to_do() {
    let adapter = changed("adapter_config.json", |_| br#"{"base_model_name_or_path": "gpt2-xl"}"#.into());
    let said = error(&adapter);
    assert!(said.contains("an adapter of gpt2-xl, and adapters are not read; merge the two"), "{said}");
    assert!(said.contains("merge_and_unload"), "{said}");

    let gguf = tempfile::tempdir().unwrap();
    for name in ["b.GGUF", "a.gguf"] {
        std::fs::write(gguf.path().join(name), b"GGUF").unwrap();
    }
    let said = error(&gguf);
    assert!(said.contains("a GGUF file, which is a model by itself: give "), "{said}");
    assert!(said.ends_with("a.gguf"), "{said}");

    let other = changed("config.json", |_| br#"{"model_type": "gemma2"}"#.into());
    let said = Checkpoint::open(other.path(), &Load::default()).unwrap_err().to_string();
    assert!(said.contains("model_type is \"gemma2\""), "{said}");
}

#[test]
fn a_dtype_that_is_not_read_names_its_tensor() {
    // Sixteen bits of another kind: the sizes fit.
    let copy = header(|h| {
        for (name, tensor) in h.as_object_mut().unwrap() {
            if name.ends_with("ln_f.bias") {
                tensor["dtype"] = json!("I32");
            }
        }
    });
    let message = error(&copy);
    assert!(message.contains("ln_f.bias") && message.contains("I32"), "{message}");
}

#[test]
fn numbers_that_are_none_are_a_warning_that_names_the_tensor() {
    for (number, place) in [(f32::NAN, "h.1.mlp.c_fc.weight"), (f32::INFINITY, "wpe.weight")] {
        let copy = changed("model.safetensors", |mut bytes| {
            let begins = {
                let file = SafeTensors::deserialize(&bytes).unwrap();
                let name = file.names().into_iter().find(|name| name.ends_with(place)).unwrap().to_owned();
                let data = file.tensor(&name).unwrap().data();
                data.as_ptr() as usize - bytes.as_ptr() as usize
            };
            bytes[begins + 8..begins + 12].copy_from_slice(&number.to_le_bytes());
            bytes
        });
        let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
        assert_eq!(checkpoint.warnings.len(), 1);
        assert!(checkpoint.warnings[0].contains(place), "{}", checkpoint.warnings[0]);
    }
}

#[test]
fn absurd_sizes_are_refused_before_any_memory_is_taken() {
    let config = |field: &str, value: Value| {
        changed("config.json", |bytes| {
            let mut config: Value = serde_json::from_slice(&bytes).unwrap();
            config[field] = value;
            config.to_string().into_bytes()
        })
    };
    for (field, value, says) in [
        ("vocab_size", json!(2_000_000_000), "the configuration calls for [2000000000"),
        ("n_positions", json!(2_000_000_000), "the configuration calls for [2000000000"),
        ("n_layer", json!(2_000_000_000), "no tensor"),
        ("n_embd", json!(400_000_000), "calls for"),
        ("n_inner", json!(2_000_000_000), "calls for"),
        ("n_head", json!(0), "at least 1"),
        ("n_layer", json!(u64::MAX), "no model is that large"),
        ("n_embd", json!(u64::MAX), "no model is that large"),
        ("n_inner", json!(u64::MAX), "no model is that large"),
        ("n_positions", json!(-1), "config.json"),
        ("n_layer", json!(1e30), "config.json"),
        ("vocab_size", json!("many"), "config.json"),
        ("n_layer", json!(1), "n_layer = 1"),
    ] {
        let message = error(&config(field, value.clone()));
        assert!(message.contains(says), "{field} = {value}: {message}");
    }
    let deep = changed("config.json", |_| "[".repeat(100_000).into_bytes());
    assert!(error(&deep).contains("config.json"));
}

#[test]
fn a_token_beyond_the_embeddings_is_refused_where_it_is_needed() {
    let copy = changed("tokenizer.json", |bytes| {
        let mut tokenizer: Value = serde_json::from_slice(&bytes).unwrap();
        let mut token = tokenizer["added_tokens"][0].clone();
        token["id"] = json!(5000);
        token["content"] = json!("<|beyond|>");
        tokenizer["added_tokens"].as_array_mut().unwrap().push(token);
        tokenizer["model"]["vocab"]["<|beyond|>"] = json!(5000);
        tokenizer.to_string().into_bytes()
    });
    let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
    assert!(checkpoint.warnings[0].contains("5000"), "{:?}", checkpoint.warnings);
    checkpoint.generate("a b", &Generation::greedy(1)).unwrap();
    let error = checkpoint.generate("a <|beyond|> b", &Generation::greedy(1)).unwrap_err();
    assert!(matches!(error, Error::Vocabulary { id: 5000, .. }));
    assert!(error.to_string().contains("<|beyond|>"), "{error}");
}

#[test]
fn a_header_whose_sizes_add_up_beyond_all_files_is_refused() {
    // Each of them fits 64 bits, and all together don't.
    let each = (1_u64 << 61) - 1;
    let mut header = serde_json::Map::new();
    for i in 0..8 {
        let tensor = json!({"dtype": "U8", "shape": [each], "data_offsets": [i * each, (i + 1) * each]});
        header.insert(format!("t{i}"), tensor);
    }
    let header = Value::Object(header).to_string().into_bytes();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header].concat();
    let message = error(&changed("model.safetensors", |_| bytes));
    assert!(message.contains("announces 18446744073709"), "{message}");
}

/// The tokenizer with something changed in its JSON.
fn tokenizer(change: impl FnOnce(&mut Value)) -> TempDir {
    changed("tokenizer.json", |bytes| {
        let mut tokenizer: Value = serde_json::from_slice(&bytes).unwrap();
        change(&mut tokenizer);
        tokenizer.to_string().into_bytes()
    })
}

#[test]
fn tokenizers_of_other_forms_are_refused_and_random_ones_made_plain() {
    let words = tokenizer(|t| t["model"] = json!({"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}));
    let pieces = tokenizer(|t| {
        let model =
            json!({"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a", "max_input_chars_per_word": 9});
        t["model"] = model;
    });
    let suffix = tokenizer(|t| t["model"]["end_of_word_suffix"] = json!("</w>"));
    let unsigned = tokenizer(|t| {
        t["pre_tokenizer"] = json!({"type": "Whitespace"});
        (t["decoder"], t["post_processor"]) = (Value::Null, Value::Null);
    });
    for (copy, found) in
        [(words, "WordLevel"), (pieces, "WordPiece"), (suffix, "</w>"), (unsigned, "a sign for a space")]
    {
        let error = error(&copy);
        assert!(error.contains(found) && error.contains("SentencePiece-like BPE"), "{error}");
    }
    let beyond = tokenizer(|t| {
        let mut token = t["added_tokens"][0].clone();
        (token["id"], token["content"]) = (json!(u32::MAX), json!("<|last|>"));
        t["added_tokens"].as_array_mut().unwrap().push(token);
        t["model"]["vocab"]["<|last|>"] = json!(u32::MAX);
    });
    std::fs::write(beyond.path().join("tokenizer_config.json"), r#"{"pad_token": "<|new|>"}"#).unwrap();
    assert!(error(&beyond).contains("4294967295"), "{}", error(&beyond));
    let dropout = tokenizer(|t| t["model"]["dropout"] = json!(0.5));
    let checkpoint = Checkpoint::open(dropout.path(), &Load::default()).unwrap();
    let plain = Checkpoint::open(folder("gpt2-b"), &Load::default()).unwrap();
    let text = "the race to the planet is a long one, and the planet is far";
    let ids = |c: &Checkpoint| c.generate(text, &Generation::greedy(1)).unwrap().ids().to_vec();
    for _ in 0..5 {
        assert_eq!(ids(&checkpoint), ids(&plain));
    }
}

#[test]
fn chat_templates_end_whatever_they_ask_for() {
    for template in [
        format!("{{{{ {}1 }}}}", "-".repeat(30_000)),
        format!("{{{{ {}1 }}}}", "1~".repeat(15_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(200_000)),
        format!("{}1{}", "{% if true %}".repeat(2_000), "{% endif %}".repeat(2_000)),
        "{% for i in range(100000000) %}{{ i }}{% endfor %}".to_owned(),
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}".to_owned(),
    ] {
        let copy =
            changed("tokenizer_config.json", |_| json!({"chat_template": template}).to_string().into_bytes());
        let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
        let prompt = Prompt::from("a").template(Template::Chat { system: None });
        // An answer of either kind; what it must not do is take the program down.
        if let Err(error) = checkpoint.generate(prompt, &Generation::greedy(1)) {
            assert!(matches!(error, Error::Template { .. } | Error::Attribution(_)), "{error}");
        }
    }
}

#[test]
fn a_file_that_is_replaced_is_not_taken_for_the_one_that_was_read() {
    let copy = changed("model.safetensors", |bytes| bytes);
    let path = copy.path().join("model.safetensors");
    let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
    let other = std::fs::read(folder("gpt2-a").join("model.safetensors")).unwrap();
    std::fs::write(copy.path().join("new"), other).unwrap();
    std::fs::rename(copy.path().join("new"), &path).unwrap();
    let right = Checkpoint::open(folder("gpt2-b"), &Load::default()).unwrap();
    assert_eq!(checkpoint.model.sha256(), right.model.sha256());
}

#[test]
fn weights_of_nothing_but_nan_are_an_error_when_a_token_is_chosen() {
    let copy = changed("model.safetensors", |mut bytes| {
        let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        for number in bytes[8 + n..].chunks_exact_mut(4) {
            number.copy_from_slice(&f32::NAN.to_le_bytes());
        }
        bytes
    });
    let checkpoint = Checkpoint::open(copy.path(), &Load::default()).unwrap();
    let error = checkpoint.generate("a b", &Generation::greedy(1)).unwrap_err().to_string();
    assert!(error.contains("NaN"), "{error}");
}

#[test]
fn an_index_names_files_beside_it_only() {
    let sharded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variants/sharded");
    let copy = || {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(&sharded).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        copy
    };
    let index = |change: &dyn Fn(&mut Value)| {
        let copy = copy();
        let path = copy.path().join("model.safetensors.index.json");
        let mut index: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut index);
        std::fs::write(&path, index.to_string()).unwrap();
        copy
    };
    for bad in ["../model.safetensors", "/etc/passwd", "a/b.safetensors", "..\\b.safetensors", "..", ""] {
        let message = error(&index(&|index| index["weight_map"]["x"] = json!(bad)));
        assert!(message.contains("only files beside the index"), "{bad:?}: {message}");
    }
    let message = error(&index(&|index| index["weight_map"]["x"] = json!("model-9.safetensors")));
    assert!(message.contains("model-9.safetensors") && message.contains("is not there"), "{message}");
    assert!(error(&index(&|index| index["weight_map"] = json!({}))).contains("names no file"));
    assert!(error(&index(&|index| *index = json!([]))).contains("index.json"));
    // Two files with the same tensor.
    let twice = copy();
    let first = std::fs::read(twice.path().join("model-00001-of-00003.safetensors")).unwrap();
    std::fs::write(twice.path().join("model-00002-of-00003.safetensors"), first).unwrap();
    assert!(error(&twice).contains("stored twice"));
    let cut = copy();
    std::fs::remove_file(cut.path().join("model-00003-of-00003.safetensors")).unwrap();
    assert!(error(&cut).contains("model-00003-of-00003.safetensors"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed in a file, the reader answers.
    #[test]
    fn any_change_is_an_error_or_a_model(
        which in 0_usize..6,
        at in any::<proptest::sample::Index>(),
        with in any::<[u8; 3]>(),
        cut in any::<bool>(),
    ) {
        let file = [
            "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
            "special_tokens_map.json",
        ][which];
        let copy = changed(file, |mut bytes| {
            if bytes.is_empty() {
                bytes = json!({
                    "eos_token_id": [1, 2], "bos_token": "<|endoftext|>", "add_bos_token": true, "pad_token": {"content": "<p>"},
                    "chat_template": "{{ messages[0].content }}", "additional_special_tokens": ["<a>"],
                })
                .to_string()
                .into_bytes();
            }
            // The header is what can be broken; the data are numbers, whatever they are.
            let end = if file == "model.safetensors" { 4000.min(bytes.len()) } else { bytes.len() };
            let at = at.index(end - 3);
            bytes[at..at + 3].copy_from_slice(&with);
            if cut {
                bytes.truncate(at + 3);
            }
            bytes
        });
        let chat = Prompt::from("a b é").template(Template::Chat { system: None });
        let used = Checkpoint::open(copy.path(), &Load::default()).and_then(|checkpoint| {
            let _ = checkpoint.generate(chat, &Generation::greedy(1));
            checkpoint.generate("a b é", &Generation::greedy(2))
        });
        if let Err(error) = used {
            prop_assert!(error.to_string().len() > 10);
        }
    }
}
