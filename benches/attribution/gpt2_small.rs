//! The model that is measured. Only this file names a family.

use saliency::LanguageModel;
use saliency::gpt2::{Config, Gpt2};
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
