//! The batched way back against autograd, on GPT-2s of every kind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::LanguageModel;
use saliency_model_gpt2::{Activation, Config, Gpt2};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// A GPT-2 with seeded random weights of ordinary size.
fn random(config: &Config, kind: Kind) -> Gpt2 {
    tch::manual_seed(7);
    let (hidden, inner) = (config.n_embd as i64, config.inner() as i64);
    let mut tensors = BTreeMap::new();
    let random = |size: &[i64]| Tensor::randn(size, (Kind::Double, Device::Cpu)) * 0.3;
    let mut affine = |name: &str, weight: &[i64]| {
        let shift = f64::from(u8::from(weight.len() == 1));
        tensors.insert(format!("{name}.weight"), (random(weight) + shift).to_kind(kind));
        tensors.insert(format!("{name}.bias"), random(&weight[weight.len() - 1..]).to_kind(kind));
    };
    for i in 0..config.n_layer {
        affine(&format!("h.{i}.ln_1"), &[hidden]);
        affine(&format!("h.{i}.attn.c_attn"), &[hidden, 3 * hidden]);
        affine(&format!("h.{i}.attn.c_proj"), &[hidden, hidden]);
        affine(&format!("h.{i}.ln_2"), &[hidden]);
        affine(&format!("h.{i}.mlp.c_fc"), &[hidden, inner]);
        affine(&format!("h.{i}.mlp.c_proj"), &[inner, hidden]);
    }
    affine("ln_f", &[hidden]);
    for (name, rows) in [("wte.weight", config.vocab_size), ("wpe.weight", config.n_positions)] {
        tensors.insert(name.into(), random(&[rows as i64, hidden]).to_kind(kind));
    }
    Gpt2::from_tensors(config.clone(), tensors, "random").unwrap()
}

fn kinds() -> Vec<(&'static str, Config)> {
    let plain = || Config::new(11, 16, 12, 3, 3);
    let mut all = vec![("plain", plain())];
    let mut with = |name, change: &dyn Fn(&mut Config)| {
        let mut config = plain();
        change(&mut config);
        all.push((name, config));
    };
    with("one layer", &|c| c.n_layer = 1);
    with("one head", &|c| c.n_head = 1);
    with("narrow inside", &|c| c.n_inner = Some(5));
    with("unscaled", &|c| c.scale_attn_weights = false);
    with("by layer", &|c| c.scale_attn_by_inverse_layer_idx = true);
    with("upcast", &|c| c.reorder_and_upcast_attn = true);
    with("large epsilon", &|c| c.layer_norm_epsilon = 0.1);
    with("gelu", &|c| c.activation_function = Activation::Gelu);
    with("relu", &|c| c.activation_function = Activation::Relu);
    with("silu", &|c| c.activation_function = Activation::Silu);
    with("tanh", &|c| c.activation_function = Activation::Tanh);
    all
}

#[test]
fn the_batched_way_back_is_autograds() {
    for (kind, tolerance) in [(Kind::Double, 1e-12), (Kind::Float, 2e-5)] {
        for (name, config) in kinds() {
            let model = random(&config, kind);
            let embeddings = model.embed(&[3, 1, 4, 1, 5, 9, 2, 6]).unwrap().unsqueeze(0);
            // From the first token on, in the middle, and the last alone.
            for positions in [0..8_usize, 4..8, 7..8] {
                let count = positions.len();
                let cotangents = Tensor::randn([count as i64, 11], (kind, Device::Cpu));
                let run = model.tape(&embeddings, 5, positions.clone()).unwrap().unwrap();
                let leaf = embeddings.detach().set_requires_grad(true);
                let logits = model.logits(&leaf, 5, positions.clone()).unwrap();
                let gap = (run.logits() - &logits).abs().max().double_value(&[]);
                assert!(gap <= tolerance * logits.abs().max().double_value(&[]), "{name}, {kind:?}: {gap}");
                let mut seen = 0;
                run.vjp(0..count, &cotangents, &mut |output, gradient| {
                    assert_eq!(output, seen);
                    seen += 1;
                    let scalar = (logits.get(0).get(output as i64) * cotangents.get(output as i64)).sum(kind);
                    let expected = Tensor::run_backward(&[scalar], &[&leaf], true, false).remove(0).get(0);
                    let read = (positions.start + output + 1) as i64;
                    // Nothing that comes later has a part in it.
                    assert!(expected.narrow(0, read, 8 - read).abs().sum(kind).double_value(&[]) <= 0.0);
                    let (found, expected) = (gradient.narrow(0, 0, read), expected.narrow(0, 0, read));
                    let size = expected.abs().max().double_value(&[]);
                    let gap = (found - expected).abs().max().double_value(&[]);
                    assert!(
                        gap <= tolerance * size,
                        "{name}, {kind:?}, {positions:?}, {output}: {gap} of {size}"
                    );
                    Ok(())
                })
                .unwrap();
                assert_eq!(seen, count);
            }
        }
    }
}

#[test]
fn some_outputs_are_as_all() {
    let model = random(&Config::new(11, 16, 12, 3, 3), Kind::Double);
    let embeddings = model.embed(&[3, 1, 4, 1, 5, 9, 2, 6]).unwrap().unsqueeze(0);
    let run = model.tape(&embeddings, 3, 2..8).unwrap().unwrap();
    let cotangents = Tensor::randn([6, 11], (Kind::Double, Device::Cpu));
    let mut all = Vec::new();
    let mut keep = |_, gradient: Tensor| -> Result<(), saliency_attribution::Error> {
        all.push(gradient.copy());
        Ok(())
    };
    run.vjp(0..6, &cotangents, &mut keep).unwrap();
    for (from, to) in [(0, 2), (2, 5), (5, 6)] {
        let some = cotangents.narrow(0, from, to - from);
        run.vjp(from as usize..to as usize, &some, &mut |output, gradient| {
            let read = 3 + output as i64;
            let gap = (gradient.narrow(0, 0, read) - all[output].narrow(0, 0, read)).abs().max();
            assert!(gap.double_value(&[]) < 1e-13);
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn in_bf16_it_is_left_to_autograd() {
    let model = random(&Config::new(11, 16, 12, 2, 3), Kind::BFloat16);
    let embeddings = model.embed(&[3, 1, 4]).unwrap().unsqueeze(0);
    assert!(model.tape(&embeddings, 2, 1..3).unwrap().is_none());
}
