//! The models that are measured: seeded random weights in a real model's shape. Only this file names families.

use crate::bare::Shape;
use saliency::LanguageModel;
use saliency::gpt2::{self, Gpt2};
use saliency::llama::{self, Llama, ModelType};
use saliency::t5::{self, T5};
use saliency::tch::{self, Device, Kind, Tensor};
use std::collections::BTreeMap;

/// A shape by its name, and how to make the model.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// The number of tokens in the notebook's paragraph.
    pub(crate) n_input: usize,
    /// The number of outputs.
    pub(crate) n_output: usize,
    /// The sizes for its bare products.
    pub(crate) shape: Shape,
    /// Whether it is an encoder and a decoder of these sizes.
    pub(crate) pair: bool,
    pub(crate) model: fn(Device) -> Box<dyn LanguageModel>,
}

pub(crate) static GPT2_SMALL: Measured = Measured {
    name: "gpt2-small",
    n_input: 184,
    n_output: 30,
    shape: Shape {
        blocks: 12,
        hidden: 768,
        heads: 12,
        groups: 12,
        width: 64,
        inner: 3072,
        maps: 1,
        vocabulary: 50257,
    },
    pair: false,
    model: gpt2_small,
};

pub(crate) static SMOLLM2: Measured = Measured {
    name: "smollm2",
    n_input: 183,
    n_output: 30,
    shape: Shape {
        blocks: 30,
        hidden: 576,
        heads: 9,
        groups: 3,
        width: 64,
        inner: 1536,
        maps: 2,
        vocabulary: 49152,
    },
    pair: false,
    model: smollm2,
};

pub(crate) static T5_SMALL: Measured = Measured {
    name: "t5-small",
    n_input: 201,
    n_output: 40,
    shape: Shape {
        blocks: 6,
        hidden: 512,
        heads: 8,
        groups: 8,
        width: 64,
        inner: 2048,
        maps: 1,
        vocabulary: 32128,
    },
    pair: true,
    model: t5_small,
};

fn random(size: &[i64], device: Device) -> Tensor {
    Tensor::randn(size, (Kind::Float, device)) * 0.02
}

fn gpt2_small(device: Device) -> Box<dyn LanguageModel> {
    tch::manual_seed(0);
    let config = gpt2::Config::new(50257, 1024, 768, 12, 12);
    let mut tensors = BTreeMap::new();
    let mut affine = |name: String, weight: &[i64]| {
        let norm = weight.len() == 1;
        let tensor = if norm { Tensor::ones(weight, (Kind::Float, device)) } else { random(weight, device) };
        tensors.insert(format!("{name}.weight"), tensor);
        tensors.insert(format!("{name}.bias"), random(&weight[weight.len() - 1..], device));
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
    tensors.insert("wte.weight".into(), random(&[50257, 768], device));
    tensors.insert("wpe.weight".into(), random(&[1024, 768], device));
    Box::new(Gpt2::from_tensors(config, tensors, "gpt2-small's shape").unwrap())
}

fn smollm2(device: Device) -> Box<dyn LanguageModel> {
    tch::manual_seed(0);
    let mut config = llama::Config::new(ModelType::Llama, 49152, 8192, 576, 30, 9);
    (config.num_key_value_heads, config.head_dim, config.intermediate_size) = (3, 64, 1536);
    config.tie_word_embeddings = true;
    let mut tensors = BTreeMap::new();
    let mut put = |name: String, size: &[i64]| {
        let norm = size.len() == 1;
        let tensor = if norm { Tensor::ones(size, (Kind::Float, device)) } else { random(size, device) };
        tensors.insert(format!("{name}.weight"), tensor);
    };
    put("embed_tokens".into(), &[49152, 576]);
    put("norm".into(), &[576]);
    for i in 0..30 {
        let name = |part: &str| format!("layers.{i}.{part}");
        put(name("input_layernorm"), &[576]);
        put(name("self_attn.q_proj"), &[576, 576]);
        put(name("self_attn.k_proj"), &[192, 576]);
        put(name("self_attn.v_proj"), &[192, 576]);
        put(name("self_attn.o_proj"), &[576, 576]);
        put(name("post_attention_layernorm"), &[576]);
        put(name("mlp.gate_proj"), &[1536, 576]);
        put(name("mlp.up_proj"), &[1536, 576]);
        put(name("mlp.down_proj"), &[576, 1536]);
    }
    Box::new(Llama::from_tensors(config, tensors, "SmolLM2's shape").unwrap())
}

fn t5_small(device: Device) -> Box<dyn LanguageModel> {
    tch::manual_seed(0);
    let json = br#"{"model_type": "t5", "vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6,
        "num_heads": 8}"#;
    let config = t5::Config::from_json(json, "t5-small's shape".as_ref()).unwrap();
    let mut tensors = BTreeMap::new();
    let mut put = |name: String, size: &[i64]| {
        let norm = size.len() == 1;
        let tensor = if norm { Tensor::ones(size, (Kind::Float, device)) } else { random(size, device) };
        tensors.insert(format!("{name}.weight"), tensor);
    };
    put("shared".into(), &[32128, 512]);
    for (stack, parts) in
        [("encoder", &["SelfAttention"][..]), ("decoder", &["SelfAttention", "EncDecAttention"])]
    {
        put(format!("{stack}.final_layer_norm"), &[512]);
        put(format!("{stack}.block.0.layer.0.SelfAttention.relative_attention_bias"), &[32, 8]);
        for i in 0..6 {
            for (layer, attention) in parts.iter().enumerate() {
                for map in ["q", "k", "v", "o"] {
                    put(format!("{stack}.block.{i}.layer.{layer}.{attention}.{map}"), &[512, 512]);
                }
                put(format!("{stack}.block.{i}.layer.{layer}.layer_norm"), &[512]);
            }
            let layer = format!("{stack}.block.{i}.layer.{}", parts.len());
            put(format!("{layer}.DenseReluDense.wi"), &[2048, 512]);
            put(format!("{layer}.DenseReluDense.wo"), &[512, 2048]);
            put(format!("{layer}.layer_norm"), &[512]);
        }
    }
    Box::new(T5::from_tensors(config, tensors, "t5-small's shape").unwrap())
}
