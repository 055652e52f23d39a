//! The models that are measured. Only this file names families.

use saliency::LanguageModel;
use saliency::gpt2::{Config, Gpt2};
use saliency::llama;
use saliency::tch::{self, Device, Kind, Tensor};
use std::collections::BTreeMap;

/// GPT-2 small's shape with seeded random weights.
pub(crate) fn gpt2_small(device: Device) -> Box<dyn LanguageModel> {
    tch::manual_seed(0);
    let config = Config::new(50257, 1024, 768, 12, 12);
    let random = |size: &[i64]| Tensor::randn(size, (Kind::Float, device)) * 0.02;
    let mut tensors = BTreeMap::new();
    let mut affine = |name: String, weight: &[i64]| {
        let norm = weight.len() == 1;
        let tensor = if norm { Tensor::ones(weight, (Kind::Float, device)) } else { random(weight) };
        tensors.insert(format!("{name}.weight"), tensor);
        tensors.insert(format!("{name}.bias"), random(&weight[weight.len() - 1..]));
    };
    for i in 0..12 {
        affine(format!("h.{i}.ln_1"), &[768]);
        affine(format!("h.{i}.attn.c_attn"), &[768, 2304]);
        affine(format!("h.{i}.attn.c_proj"), &[768, 768]);
        affine(format!("h.{i}.ln_2"), &[768]);
        affine(format!("h.{i}.mlp.c_fc"), &[768, 3072]);
        affine(format!("h.{i}.mlp.c_proj"), &[3072, 768]);
    }
    affine("ln_f".into(), &[768]);
    tensors.insert("wte.weight".into(), random(&[50257, 768]));
    tensors.insert("wpe.weight".into(), random(&[1024, 768]));
    Box::new(Gpt2::from_tensors(config, tensors, "gpt2-small's shape").unwrap())
}

/// SmolLM2 135M's shape with seeded random weights.
pub(crate) fn smollm2(device: Device) -> Box<dyn LanguageModel> {
    tch::manual_seed(0);
    let mut config = llama::Config::new(llama::ModelType::Llama, 49152, 8192, 576, 30, 9);
    config.num_key_value_heads = 3;
    config.intermediate_size = 1536;
    config.rope.base = 100_000.0;
    config.tie_word_embeddings = true;
    let random = |size: &[i64]| Tensor::randn(size, (Kind::Float, device)) * 0.02;
    let mut tensors = BTreeMap::from([
        ("embed_tokens.weight".to_owned(), random(&[49152, 576])),
        ("norm.weight".to_owned(), Tensor::ones([576], (Kind::Float, device))),
    ]);
    for i in 0..30 {
        for (part, size) in [
            ("self_attn.q_proj", [576, 576]),
            ("self_attn.k_proj", [192, 576]),
            ("self_attn.v_proj", [192, 576]),
            ("self_attn.o_proj", [576, 576]),
            ("mlp.gate_proj", [1536, 576]),
            ("mlp.up_proj", [1536, 576]),
            ("mlp.down_proj", [576, 1536]),
        ] {
            tensors.insert(format!("layers.{i}.{part}.weight"), random(&size));
        }
        for part in ["input_layernorm", "post_attention_layernorm"] {
            let ones = Tensor::ones([576], (Kind::Float, device));
            tensors.insert(format!("layers.{i}.{part}.weight"), ones);
        }
    }
    Box::new(llama::Llama::from_tensors(config, tensors, "SmolLM2's shape").unwrap())
}
