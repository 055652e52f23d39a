//! Every form a checkpoint comes in gives the same model: prefixes, dtypes, heads, tokenizer files, buffers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, assert_row, folder, json, numbers, open, peer_ids, text};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::{Load, Tokenizer};
use saliency_model_gpt2::Checkpoint;
use saliency_schema::Kind as TokenKind;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tch::{Kind, Tensor};

type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// A copy of a parity model whose tensors and configuration were changed.
fn changed(model: &str, change: impl FnOnce(&mut Tensors, &mut serde_json::Value)) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in ["tokenizer.json", "vocab.json", "merges.txt"] {
        std::fs::copy(folder(model).join(file), copy.path().join(file)).unwrap();
    }
    let bytes = std::fs::read(folder(model).join("model.safetensors")).unwrap();
    let mut tensors: Tensors = SafeTensors::deserialize(&bytes)
        .unwrap()
        .iter()
        .map(|(name, view)| (name.to_owned(), (view.dtype(), view.shape().to_vec(), view.data().to_vec())))
        .collect();
    let mut config = json(model, "config.json");
    change(&mut tensors, &mut config);
    std::fs::write(copy.path().join("config.json"), config.to_string()).unwrap();
    let views = tensors.iter().map(|(n, (t, s, d))| (n, TensorView::new(*t, s.clone(), d).unwrap()));
    safetensors::serialize_to_file(views, None, &copy.path().join("model.safetensors")).unwrap();
    copy
}

fn logits(folder: &Path, ids: &[u32]) -> Vec<f64> {
    let model = Checkpoint::open(folder, &Load::new().kind(Kind::Double)).unwrap().model;
    let embeddings = model.embed(ids).unwrap().unsqueeze(0);
    let logits = model.logits(&embeddings, ids.len(), ids.len() - 1..ids.len()).unwrap();
    Vec::try_from(logits.flatten(0, -1)).unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

const IDS: [u32; 6] = [7, 30, 2, 99, 41, 7];

#[test]
fn with_and_without_the_prefix_and_with_the_masks_buffers() {
    let expected = logits(&folder("gpt2-a"), &IDS);
    let other_prefix = changed("gpt2-a", |tensors, _| {
        *tensors = std::mem::take(tensors)
            .into_iter()
            .map(|(name, tensor)| match name.strip_prefix("transformer.") {
                Some(bare) => (bare.to_owned(), tensor),
                None if name == "lm_head.weight" => (name, tensor),
                None => (format!("transformer.{name}"), tensor),
            })
            .collect();
        tensors.insert("h.0.attn.bias".into(), (Dtype::BOOL, vec![1, 1, 2, 2], vec![1; 4]));
        tensors.insert("h.0.attn.masked_bias".into(), (Dtype::F32, vec![], vec![0; 4]));
    });
    assert_eq!(logits(other_prefix.path(), &IDS), expected);
}

#[test]
fn half_precision_weights_are_the_rounded_ones() {
    for dtype in [Dtype::F16, Dtype::BF16] {
        let stored = changed("gpt2-a", |tensors, _| {
            for (stored, _, data) in tensors.values_mut() {
                let round = |x: f32| match dtype {
                    Dtype::F16 => half::f16::from_f32(x).to_le_bytes(),
                    _ => half::bf16::from_f32(x).to_le_bytes(),
                };
                *data = floats(data).into_iter().flat_map(round).collect();
                *stored = dtype;
            }
        });
        let rounded = changed("gpt2-a", |tensors, _| {
            for (_, _, data) in tensors.values_mut() {
                let round = |x: f32| match dtype {
                    Dtype::F16 => half::f16::from_f32(x).to_f32(),
                    _ => half::bf16::from_f32(x).to_f32(),
                };
                *data = floats(data).into_iter().flat_map(|x| round(x).to_le_bytes()).collect();
            }
        });
        let found = logits(stored.path(), &IDS);
        assert_eq!(found, logits(rounded.path(), &IDS), "{dtype:?}");
        assert_ne!(found, logits(&folder("gpt2-a"), &IDS), "{dtype:?}");
    }
}

#[test]
fn a_head_of_its_own_is_used_and_a_tied_one_is_the_embedding() {
    // A head of twice the embedding gives twice the logits.
    let own = changed("gpt2-a", |tensors, config| {
        let name = if tensors.contains_key("wte.weight") { "wte.weight" } else { "transformer.wte.weight" };
        let (dtype, shape, data) = tensors[name].clone();
        let doubled = floats(&data).into_iter().flat_map(|x| (2.0 * x).to_le_bytes()).collect();
        tensors.insert("lm_head.weight".into(), (dtype, shape, doubled));
        config["tie_word_embeddings"] = false.into();
    });
    let tied = logits(&folder("gpt2-a"), &IDS);
    let expected: Vec<f64> = tied.iter().map(|x| 2.0 * x).collect();
    assert_row(&logits(own.path(), &IDS), &expected, 1e-14, "own head");
}

#[test]
fn every_field_that_changes_the_result_does() {
    let plain = logits(&folder("gpt2-a"), &IDS);
    for (field, value) in [
        ("activation_function", "gelu".into()),
        ("activation_function", "relu".into()),
        ("activation_function", "silu".into()),
        ("activation_function", "tanh".into()),
        ("layer_norm_epsilon", 1e-3.into()),
        ("scale_attn_weights", false.into()),
        ("scale_attn_by_inverse_layer_idx", true.into()),
    ] {
        let value: serde_json::Value = value;
        let copy = changed("gpt2-a", |_, config| config[field] = value.clone());
        assert_ne!(logits(copy.path(), &IDS), plain, "{field} = {value}");
    }
    for (field, value) in
        [("activation_function", "gelu_pytorch_tanh".into()), ("reorder_and_upcast_attn", true.into())]
    {
        let value: serde_json::Value = value;
        let copy = changed("gpt2-a", |_, config| config[field] = value.clone());
        assert_eq!(logits(copy.path(), &IDS), plain, "{field} = {value}");
    }
}

#[test]
fn inverse_layer_scaling_is_the_definition() {
    // Dividing block i's scores by i + 1 is dividing its queries by i + 1.
    let scaled = changed("gpt2-b", |_, config| config["scale_attn_by_inverse_layer_idx"] = true.into());
    let by_hand = changed("gpt2-b", |tensors, _| {
        for (name, (_, shape, data)) in tensors.iter_mut() {
            if !name.contains("attn.c_attn") || !name.contains("h.1.") {
                continue;
            }
            let columns = *shape.last().unwrap();
            let halve = |(i, x): (usize, f32)| if i % columns < columns / 3 { x / 2.0 } else { x };
            *data = floats(data).into_iter().enumerate().map(halve).flat_map(f32::to_le_bytes).collect();
        }
    });
    assert_row(&logits(scaled.path(), &IDS), &logits(by_hand.path(), &IDS), 1e-14, "inverse layer");
}

#[test]
fn both_forms_of_tokenizer_files_give_the_peers_tokens() {
    for model in MODELS {
        let (ids, n_input) = peer_ids(&json(model, "captum.json"));
        let tokenizer_json = open(model, Kind::Float).tokenizer;
        let pair = Tokenizer::from_vocab_and_merges(
            &folder(model).join("vocab.json"),
            &folder(model).join("merges.txt"),
        );
        for tokenizer in [tokenizer_json, Arc::new(pair.unwrap())] {
            let tokens = tokenizer.encode(&text(model), TokenKind::Input, 0).unwrap();
            let found: Vec<u32> = tokens.iter().map(|t| t.id).collect();
            assert_eq!(found, ids[..n_input], "{model}");
        }
    }
}

#[test]
fn generation_continues_the_offsets() {
    let gpt2 = open("gpt2-b", Kind::Float);
    let sequence = gpt2.generate("naïve 🚀", &Generation::greedy(4)).unwrap();
    let mut end = 0;
    for token in sequence.tokens() {
        assert_eq!(token.start, Some(end));
        end = token.end.unwrap();
    }
    assert_eq!(sequence.tokens()[sequence.n_input() - 1].end, Some("naïve 🚀".len()));
    let forced = gpt2.force("a b", " c").unwrap();
    assert_eq!(forced.text(), "a b c");
}

#[test]
fn bf16_computes_what_f32_does_within_its_precision() {
    let answers = json("gpt2-a", "captum.json");
    let (ids, n_input) = peer_ids(&answers);
    let model = open("gpt2-a", Kind::BFloat16).model;
    let embeddings = model.embed(&ids[..ids.len() - 1]).unwrap().unsqueeze(0);
    let all = model.logits(&embeddings, n_input, n_input - 1..ids.len() - 1).unwrap().to_kind(Kind::Double);
    let found: Vec<f64> = ids[n_input..]
        .iter()
        .enumerate()
        .map(|(r, &id)| all.double_value(&[0, r as i64, id.into()]))
        .collect();
    // bf16 has 8 bits of mantissa: 0.4 % an operation, a few of which add up.
    assert_row(&found, &numbers(&answers["logits_of_outputs"]), 0.03, "bf16");
}

#[test]
fn training_reaches_every_tensor() {
    let bytes = std::fs::read(folder("gpt2-b").join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors: BTreeMap<String, Tensor> = file
        .iter()
        .map(|(name, view)| {
            let size: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
            let tensor = Tensor::from_slice(&floats(view.data())).reshape(size).set_requires_grad(true);
            (name.trim_start_matches("transformer.").to_owned(), tensor)
        })
        .collect();
    let kept: Vec<_> = tensors.iter().map(|(n, t)| (n.clone(), t.shallow_clone())).collect();
    let config = open("gpt2-b", Kind::Float).model.config().clone();
    let model = saliency_model_gpt2::Gpt2::from_tensors(config, tensors, "trained").unwrap();
    let ids = Tensor::from_slice(&[5_i64, 9, 2]).unsqueeze(0);
    let logits = model.logits_at(&model.embed_ids(&ids).unwrap(), None).unwrap();
    logits.square().mean(Kind::Float).backward();
    for (name, tensor) in kept {
        assert!(tensor.grad().defined(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn offsets_slice_the_text_into_the_tokens_bytes(text in any::<String>(), which in 0_usize..2) {
        thread_local! {
            static TOKENIZERS: Vec<Arc<Tokenizer>> = MODELS.iter().map(|m| open(m, Kind::Float).tokenizer).collect();
        }
        let tokens = TOKENIZERS.with(|t| t[which].encode(&text, TokenKind::Input, 0).unwrap());
        let mut end = 0;
        for token in &tokens {
            let (start, stop) = (token.start.unwrap(), token.end.unwrap());
            prop_assert_eq!(start, end);
            let slice = &text.as_bytes()[start..stop];
            if let Some(bytes) = &token.bytes {
                prop_assert_eq!(bytes.as_slice(), slice);
                prop_assert!(std::str::from_utf8(slice).is_err());
            } else { prop_assert_eq!(token.text.as_bytes(), slice) }
            end = stop;
        }
        prop_assert_eq!(end, text.len());
    }
}
