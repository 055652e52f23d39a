//! The batched way back against autograd, on decoders of every kind of part.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::{
    BackwardRule, Error, Generation, LanguageModel, Limits, ModelError, ReadModel, Reading, Tape, TokenId,
};
use saliency_transformer::{
    Activation, Attention, Block, Decoder, FeedForward, Frequencies, Linear, Norm, Positions, Precision,
    Projection, Rope, Scaling, Shape,
};
use std::ops::Range;
use tch::{Device, Kind, Tensor};

#[path = "pullback/decomposed.rs"]
mod decomposed;

const VOCABULARY: i64 = 11;
const HIDDEN: i64 = 12;
const TEXT: [u32; 8] = [3, 1, 4, 1, 5, 9, 2, 6];

const RULES: [BackwardRule; 4] =
    [BackwardRule::Gradient, BackwardRule::AttnLrp, BackwardRule::CpLrp, BackwardRule::Gim];

/// What a decoder is made of.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of its own")]
struct Parts {
    layers: usize,
    heads: i64,
    groups: i64,
    width: i64,
    inner: i64,
    scale: f64,
    window: Option<i64>,
    precision: Precision,
    epsilon: f64,
    activation: Activation,
    gated: bool,
    rms: bool,
    rotary: bool,
    joined: bool,
    biases: bool,
    head_norms: bool,
    own_head: bool,
}

const GPT2: Parts = Parts {
    layers: 3,
    heads: 3,
    groups: 3,
    width: 4,
    inner: 48,
    scale: 0.5,
    window: None,
    precision: Precision::Plain,
    epsilon: 1e-5,
    activation: Activation::GeluTanh,
    gated: false,
    rms: false,
    rotary: false,
    joined: true,
    biases: true,
    head_norms: false,
    own_head: false,
};

const LLAMA: Parts = Parts {
    heads: 6,
    groups: 2,
    inner: 20,
    precision: Precision::Softmax,
    activation: Activation::Silu,
    gated: true,
    rms: true,
    rotary: true,
    joined: false,
    biases: false,
    own_head: true,
    ..GPT2
};

fn kinds() -> Vec<(&'static str, Parts)> {
    vec![
        ("GPT-2", GPT2),
        ("one layer", Parts { layers: 1, ..GPT2 }),
        ("one head", Parts { heads: 1, groups: 1, width: 12, ..GPT2 }),
        ("narrow inside", Parts { inner: 5, ..GPT2 }),
        ("unscaled", Parts { scale: 1.0, ..GPT2 }),
        ("scores in float32", Parts { precision: Precision::Scores, ..GPT2 }),
        ("large epsilon", Parts { epsilon: 0.1, ..GPT2 }),
        ("gelu", Parts { activation: Activation::Gelu, ..GPT2 }),
        ("relu", Parts { activation: Activation::Relu, ..GPT2 }),
        ("tanh", Parts { activation: Activation::Tanh, ..GPT2 }),
        ("shared keys in one map", Parts { heads: 6, groups: 2, ..GPT2 }),
        ("Llama", LLAMA),
        ("one group", Parts { groups: 1, ..LLAMA }),
        ("a group a head", Parts { groups: 6, ..LLAMA }),
        ("one layer of Llama", Parts { layers: 1, ..LLAMA }),
        ("window of 3", Parts { window: Some(3), ..LLAMA }),
        ("window of 1", Parts { window: Some(1), ..LLAMA }),
        ("norms of heads", Parts { head_norms: true, ..LLAMA }),
        ("norms of heads without turns", Parts { head_norms: true, rotary: false, ..LLAMA }),
        ("biases", Parts { biases: true, ..LLAMA }),
        ("gate with gelu", Parts { activation: Activation::Gelu, ..LLAMA }),
    ]
}

/// A decoder with seeded random weights of ordinary size.
fn random(parts: Parts, kind: Kind) -> Decoder {
    tch::manual_seed(7);
    let place = (kind, Device::Cpu);
    let random = |size: &[i64]| (Tensor::randn(size, (Kind::Double, Device::Cpu)) * 0.3).to_kind(kind);
    let norm = |width: i64| {
        let (weight, epsilon) = (random(&[width]) + 1.0, parts.epsilon);
        if parts.rms {
            Norm::Rms { weight, epsilon }
        } else {
            Norm::Layer { weight, bias: random(&[width]), epsilon }
        }
    };
    let linear = |input: i64, output: i64| {
        let bias = parts.biases.then(|| random(&[output]));
        if parts.joined {
            Linear::in_out(random(&[input, output]), bias)
        } else {
            Linear::out_in(random(&[output, input]), bias)
        }
    };
    let (queries, keys) = (parts.heads * parts.width, parts.groups * parts.width);
    let block = || Block {
        first_norm: norm(HIDDEN),
        attention: Attention {
            projection: if parts.joined {
                Projection::Joined(linear(HIDDEN, queries + 2 * keys))
            } else {
                let (queries, values) = (linear(HIDDEN, queries), linear(HIDDEN, keys));
                Projection::Apart { queries, keys: linear(HIDDEN, keys), values }
            },
            norms: parts.head_norms.then(|| (norm(parts.width), norm(parts.width))),
            bias: None,
            out: linear(queries, HIDDEN),
            shape: Shape {
                heads: parts.heads,
                groups: parts.groups,
                width: parts.width,
                scale: parts.scale,
                causal: true,
                window: parts.window,
                precision: parts.precision,
            },
        },
        cross: None,
        second_norm: norm(HIDDEN),
        feed_forward: {
            let (inner, out) = (linear(HIDDEN, parts.inner), linear(parts.inner, HIDDEN));
            let activation = parts.activation;
            if parts.gated {
                FeedForward::Gated { gate: linear(HIDDEN, parts.inner), activation, inner, out }
            } else {
                FeedForward::Plain { inner, activation, out }
            }
        },
    };
    let blocks = (0..parts.layers).map(|_| block()).collect();
    let positions = if parts.rotary {
        let rope = Rope { base: 100.0, scaling: Scaling::None };
        Positions::Rotary(Frequencies::new(&rope, parts.width, None, place).unwrap())
    } else {
        Positions::Learned(random(&[16, HIDDEN]))
    };
    let embeddings = random(&[VOCABULARY, HIDDEN]);
    let head = if parts.own_head { random(&[VOCABULARY, HIDDEN]) } else { embeddings.shallow_clone() };
    Decoder { embeddings, positions, blocks, norm: norm(HIDDEN), head }
}

/// Whether a tape's logits and gradients are those of a pass with a graph, `case` in words.
fn is_autograds(
    tape: &dyn Tape,
    decoder: &Decoder,
    embeddings: &Tensor,
    positions: &Range<usize>,
    case: &str,
) {
    let (kind, count, tokens) = (decoder.kind(), positions.len(), embeddings.size()[1]);
    let tolerance = if kind == Kind::Double { 1e-12 } else { 2e-5 };
    let cotangents = Tensor::randn([count as i64, VOCABULARY], (kind, Device::Cpu));
    let leaf = embeddings.detach().set_requires_grad(true);
    let logits = decoder.logits_at(&leaf, positions.clone()).unwrap();
    assert_eq!(tape.logits().size(), logits.size(), "{case}");
    let gap = (tape.logits() - &logits).abs().max().double_value(&[]);
    assert!(gap <= tolerance * logits.abs().max().double_value(&[]), "{case}, {kind:?}: {gap}");
    let mut seen = 0;
    tape.vjp(0..count, &cotangents, &mut |output, gradient| {
        assert_eq!(output, seen);
        seen += 1;
        let scalar = (logits.get(0).get(output as i64) * cotangents.get(output as i64)).sum(kind);
        let expected = Tensor::run_backward(&[scalar], &[&leaf], true, false).remove(0).get(0);
        let read = (positions.start + output + 1) as i64;
        // Nothing that comes later has a part in it.
        assert!(expected.narrow(0, read, tokens - read).abs().sum(kind).double_value(&[]) <= 0.0);
        let (found, expected) = (gradient.narrow(0, 0, read), expected.narrow(0, 0, read));
        let size = expected.abs().max().double_value(&[]);
        let gap = (found - expected).abs().max().double_value(&[]);
        assert!(gap <= tolerance * size, "{case}, {kind:?}, {positions:?}, {output}: {gap} of {size}");
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, count);
    let sum = tape.vjp_of_sum(0..count, &cotangents).unwrap();
    let scalar = (logits.get(0) * &cotangents).sum(kind);
    let expected = Tensor::run_backward(&[scalar], &[&leaf], false, false).remove(0).get(0);
    let (size, read) = (expected.abs().max().double_value(&[]), positions.end as i64);
    let gap = (sum.narrow(0, 0, read) - expected.narrow(0, 0, read)).abs().max().double_value(&[]);
    assert!(gap <= tolerance * size, "{case}, {kind:?}, the sum: {gap} of {size}");
}

#[test]
fn the_batched_way_back_is_autograds() {
    for kind in [Kind::Double, Kind::Float] {
        for (name, parts) in kinds() {
            let decoder = random(parts, kind);
            let embeddings = decoder.embed(&TEXT).unwrap().unsqueeze(0);
            // From the first token on, in the middle, and the last alone.
            for positions in [0..8_usize, 4..8, 7..8] {
                let tape = decoder.tape(BackwardRule::Gradient, &embeddings, positions.clone());
                is_autograds(&*tape.unwrap().unwrap(), &decoder, &embeddings, &positions, name);
            }
        }
    }
}

/// A decoder as a model, without a tape of its own.
struct Bare(Decoder);

impl LanguageModel for Bare {
    fn name(&self) -> &'static str {
        "a decoder"
    }
    fn limits(&self) -> Limits {
        Limits::new(16, VOCABULARY as usize)
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        Ok(self.0.embed(ids)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        Ok(self.0.logits_at(embeddings, positions)?)
    }
    fn read<'a>(&'a self, input: &[TokenId]) -> Result<Option<Box<dyn Reading + 'a>>, Error> {
        self.0.reading(self, input)
    }
}

#[test]
fn after_reading_a_text_all_is_as_in_a_whole_pass() {
    for kind in [Kind::Double, Kind::Float] {
        for (name, parts) in kinds() {
            let model = Bare(random(parts, kind));
            let embeddings = model.embed(&TEXT).unwrap().unsqueeze(0);
            for n_input in [1, 5, 8] {
                let input = &TEXT[..n_input];
                let read = ReadModel::new(&model, input).unwrap();
                assert!(read.has_read(), "{name}");
                // Without a token after it, and with all that are left.
                for end in [n_input, 8] {
                    let positions = n_input - 1..end;
                    let embeddings = embeddings.narrow(1, 0, end as i64);
                    let tape = read.tape(&embeddings, n_input, positions.clone()).unwrap().unwrap();
                    is_autograds(&*tape, &model.0, &embeddings, &positions, name);
                }
                // Another text, or other positions, are the model's own, which has no tape.
                let other = embeddings.flip([1]);
                assert!(read.tape(&other, n_input, n_input - 1..8).unwrap().is_none(), "{name}");
                assert!(read.tape(&embeddings, n_input, n_input..8.max(n_input + 1)).unwrap().is_none());
                let greedy = [Generation::greedy(4), Generation::sample(4, 7)];
                let without = model.0.generate_runs(&model, input, &greedy, &mut |_, _| true).unwrap();
                let with = read.generate_runs(input, &greedy, &mut |_, _| true).unwrap();
                if kind == Kind::Double {
                    assert_eq!(with, without, "{name}");
                }
            }
        }
    }
    // In half precision, nothing is kept.
    let half = Bare(random(GPT2, Kind::BFloat16));
    assert!(!ReadModel::new(&half, &TEXT).unwrap().has_read());
}

#[test]
fn some_outputs_are_as_all() {
    for parts in [GPT2, LLAMA] {
        let decoder = random(parts, Kind::Double);
        let embeddings = decoder.embed(&TEXT).unwrap().unsqueeze(0);
        let tape = decoder.tape(BackwardRule::Gradient, &embeddings, 2..8).unwrap().unwrap();
        let cotangents = Tensor::randn([6, VOCABULARY], (Kind::Double, Device::Cpu));
        let mut all = Vec::new();
        let mut keep = |_, gradient: Tensor| -> Result<(), saliency_attribution::Error> {
            all.push(gradient.copy());
            Ok(())
        };
        tape.vjp(0..6, &cotangents, &mut keep).unwrap();
        for (from, to) in [(0, 2), (2, 5), (5, 6)] {
            let some = cotangents.narrow(0, from, to - from);
            tape.vjp(from as usize..to as usize, &some, &mut |output, gradient| {
                let read = 3 + output as i64;
                let gap = (gradient.narrow(0, 0, read) - all[output].narrow(0, 0, read)).abs().max();
                assert!(gap.double_value(&[]) < 1e-13);
                Ok(())
            })
            .unwrap();
        }
    }
}

/// The sum over some outputs against autograd of the sum, and by the other rules against the sum of the outputs' own.
#[test]
fn a_sum_of_outputs_goes_back_as_one() {
    for (name, parts) in kinds() {
        for (kind, rule, tolerance) in [
            (Kind::Float, BackwardRule::Gradient, 2e-5),
            (Kind::Double, BackwardRule::Gradient, 1e-12),
            (Kind::Double, BackwardRule::AttnLrp, 1e-12),
            (Kind::Double, BackwardRule::Gim, 1e-12),
        ] {
            let decoder = random(parts, kind);
            let embeddings = decoder.embed(&TEXT).unwrap().unsqueeze(0);
            let tape = decoder.tape(rule, &embeddings, 2..8).unwrap().unwrap();
            let leaf = embeddings.detach().set_requires_grad(true);
            let logits = decoder.logits_at(&leaf, 2..8).unwrap().get(0);
            for some in [0..6_usize, 0..1, 2..5] {
                let (from, members, read) = (some.start as i64, some.len() as i64, 2 + some.end as i64);
                let cotangents = Tensor::randn([members, VOCABULARY], (kind, Device::Cpu));
                let expected = if rule == BackwardRule::Gradient {
                    let scalar = (logits.narrow(0, from, members) * &cotangents).sum(kind);
                    Tensor::run_backward(&[scalar], &[&leaf], true, false).remove(0).get(0)
                } else {
                    let sum = Tensor::zeros([8, HIDDEN], (kind, Device::Cpu));
                    tape.vjp(some.clone(), &cotangents, &mut |_, gradient| {
                        let _ = sum.narrow(0, 0, gradient.size()[0]).f_add_(&gradient)?;
                        Ok(())
                    })
                    .unwrap();
                    sum
                };
                let found = tape.vjp_of_sum(some.clone(), &cotangents).unwrap();
                assert_eq!(found.size(), [read, HIDDEN], "{name}");
                let (size, expected) = (expected.abs().max().double_value(&[]), expected.narrow(0, 0, read));
                let gap = (found - expected).abs().max().double_value(&[]);
                assert!(gap <= tolerance * size, "{name}, {kind:?}, {rule:?}, {some:?}: {gap} of {size}");
            }
        }
    }
}

/// By the other rules the way back is the gradient of another network, written down here with autograd: norms whose
/// scale is a constant, activations that are a constant slope times their input, products each of whose factors gets
/// half, and a softmax that changes as that at temperature 2 does, twice as much.
#[test]
fn the_other_rules_are_the_gradient_of_the_network_with_constants() {
    for (name, parts) in kinds() {
        for rule in &RULES[1..] {
            let rule = *rule;
            let decoder = random(parts, Kind::Double);
            let embeddings = decoder.embed(&TEXT).unwrap().unsqueeze(0);
            let tape = decoder.tape(rule, &embeddings, 3..8).unwrap().unwrap();
            let cotangents = Tensor::randn([5, VOCABULARY], (Kind::Double, Device::Cpu));
            let leaf = embeddings.detach().set_requires_grad(true);
            let logits = modified::logits(&decoder, parts, &leaf, rule).narrow(0, 3, 5);
            let gap = (tape.logits().get(0) - &logits).abs().max().double_value(&[]);
            assert!(gap < 1e-12, "{name}: {gap}");
            tape.vjp(0..5, &cotangents, &mut |output, found| {
                let scalar = (logits.get(output as i64) * cotangents.get(output as i64)).sum(Kind::Double);
                let expected = Tensor::run_backward(&[scalar], &[&leaf], true, false).remove(0).get(0);
                let read = (output + 4) as i64;
                let (found, expected) = (found.narrow(0, 0, read), expected.narrow(0, 0, read));
                let size = expected.abs().max().double_value(&[]);
                let gap = (found - expected).abs().max().double_value(&[]);
                assert!(gap <= 1e-12 * size, "{name}, {rule:?}, {output}: {gap} of {size}");
                Ok(())
            })
            .unwrap();
        }
    }
}

fn apply_without_bias(map: &Linear, x: &Tensor) -> Tensor {
    x.matmul(&map.weight_in_out().unwrap())
}

/// `DecompX` carries what each token adds forwards, with attention, scales of norms, slopes of activations and gates
/// held: the same numbers as CP-LRP's way back, embedding times relevance. With what biases and positions add, they are
/// the logit; where there are neither, tokens alone are.
#[test]
fn decompx_is_cp_lrp() {
    let mut without_biases = 0;
    for (name, parts) in kinds() {
        let decoder = random(parts, Kind::Double);
        let embeddings = decoder.embed(&TEXT).unwrap();
        let added = decomposed::logits(&decoder, parts, &embeddings);
        let tape = decoder.tape(BackwardRule::CpLrp, &embeddings.unsqueeze(0), 3..8).unwrap().unwrap();
        let cotangents = Tensor::randn([5, VOCABULARY], (Kind::Double, Device::Cpu));
        tape.vjp(0..5, &cotangents, &mut |output, relevance| {
            let (at, cotangent) = (output as i64, cotangents.get(output as i64));
            let of_parts = added.select(1, 3 + at).matmul(&cotangent);
            let logit = (tape.logits().get(0).get(at) * &cotangent).sum(Kind::Double).double_value(&[]);
            let size = of_parts.abs().sum(Kind::Double).double_value(&[]);
            let read = at + 4;
            let found = (relevance * &embeddings).sum_dim_intlist(1, false, Kind::Double).narrow(0, 0, read);
            let gap = (found - of_parts.narrow(0, 0, read)).abs().max().double_value(&[]);
            assert!(gap <= 1e-12 * size, "{name}, {output}: {gap} of {size}");
            let gap = (of_parts.sum(Kind::Double).double_value(&[]) - logit).abs();
            assert!(gap <= 1e-12 * size, "{name}, {output}: {gap} of {size}");
            if !parts.biases && parts.rms && parts.rotary {
                assert!(of_parts.double_value(&[8]) == 0.0, "{name}");
                without_biases += 1;
            } else if parts.joined {
                // Of all logits: the sum with one random cotangent may be as small as it likes.
                let parts = added.select(1, 3 + at).abs().sum_dim_intlist(1, false, Kind::Double);
                let (biases, all) = (parts.double_value(&[8]), parts.sum(Kind::Double).double_value(&[]));
                assert!(biases > 1e-3 * all, "{name}: biases add something");
            }
            Ok(())
        })
        .unwrap();
    }
    assert!(without_biases >= 5 * 5, "{without_biases}");
}

/// The network with constants, a head and a query at a time.
mod modified {
    use super::{Decoder, HIDDEN, Parts, apply_without_bias};
    use saliency_attribution::BackwardRule;
    use saliency_transformer::{FeedForward, Linear, Norm, Positions, Projection};
    use tch::{Kind, Tensor};

    fn norm(norm: &Norm, x: &Tensor) -> Tensor {
        let mean = |x: &Tensor| x.mean_dim(-1, true, Kind::Double);
        match norm {
            Norm::Layer { weight, bias, epsilon } => {
                let centred = x - mean(x);
                let scale = (mean(&centred.square()) + *epsilon).rsqrt().detach();
                centred * scale * weight + bias
            }
            Norm::Rms { weight, epsilon } => x * (mean(&x.square()) + *epsilon).rsqrt().detach() * weight,
        }
    }

    fn half_each(product: &Tensor) -> Tensor {
        product.detach() + (product - product.detach()) * 0.5
    }

    fn feed_forward(part: &FeedForward, x: &Tensor, rule: BackwardRule) -> Tensor {
        let activated = |activation: &super::Activation, z: &Tensor| {
            let y = activation.apply(z).unwrap();
            // At exactly 0 the slope is the tangent's; seeded numbers are never 0.
            if rule == BackwardRule::Gim { y } else { z * (y / z).detach() }
        };
        match part {
            FeedForward::Plain { inner, activation, out } => {
                apply(out, &activated(activation, &apply(inner, x)))
            }
            FeedForward::Gated { gate, activation, inner, out } => {
                let gate = activated(activation, &apply(gate, x));
                let inner = apply(inner, x);
                let product = match rule {
                    BackwardRule::AttnLrp => half_each(&(gate * inner)),
                    BackwardRule::CpLrp => gate.detach() * inner,
                    _ => gate * inner,
                };
                apply(out, &product)
            }
        }
    }

    /// The softmax; by GIM with the slope `p ⊙ (g − Σ g ⊙ p)` of that at temperature 2, of which the derivative of
    /// `softmax(x / 2)` is half.
    fn softmax(x: &Tensor, rule: BackwardRule) -> Tensor {
        let p = x.softmax(-1, Kind::Double);
        if rule != BackwardRule::Gim {
            return p;
        }
        let soft = (x / 2.0).softmax(-1, Kind::Double);
        p.detach() + (&soft - soft.detach()) * 2.0
    }

    fn apply(map: &Linear, x: &Tensor) -> Tensor {
        let y = apply_without_bias(map, x);
        match map.bias() {
            Some(bias) => y + bias,
            None => y,
        }
    }

    fn turned(x: &Tensor, position: i64, width: i64) -> Tensor {
        let half = width / 2;
        let omega: Vec<f64> =
            (0..half).map(|i| f64::from(1.0 / 100_f32.powf(2.0 * i as f32 / width as f32))).collect();
        let angle = Tensor::from_slice(&omega) * position;
        let (a, b) = (x.narrow(-1, 0, half), x.narrow(-1, half, half));
        Tensor::cat(&[&a * angle.cos() - &b * angle.sin(), &b * angle.cos() + &a * angle.sin()], -1)
    }

    /// `[tokens, vocabulary]`, of `[1, tokens, hidden]`.
    #[expect(clippy::many_single_char_names, reason = "as in formulas")]
    pub(super) fn logits(decoder: &Decoder, parts: Parts, x: &Tensor, rule: BackwardRule) -> Tensor {
        let mut x = x.get(0);
        let tokens = x.size()[0];
        if let Positions::Learned(table) = &decoder.positions {
            x = &x + table.narrow(0, 0, tokens);
        }
        let rotary = matches!(decoder.positions, Positions::Rotary(_));
        for block in &decoder.blocks {
            let attention = &block.attention;
            let normed = norm(&block.first_norm, &x);
            let (w, r) = (parts.width, parts.heads / parts.groups);
            let (queries, keys) = (parts.heads * w, parts.groups * w);
            let [q, k, v] = match &attention.projection {
                Projection::Joined(map) => {
                    let all = apply(map, &normed);
                    [
                        all.narrow(1, 0, queries),
                        all.narrow(1, queries, keys),
                        all.narrow(1, queries + keys, keys),
                    ]
                }
                Projection::Apart { queries, keys, values } => {
                    [apply(queries, &normed), apply(keys, &normed), apply(values, &normed)]
                }
            };
            let head = |x: &Tensor, h: i64, t: i64, of: Option<&Norm>, turns: bool| {
                let x = x.get(t).narrow(0, h * w, w);
                let x = match of {
                    Some(of) => norm(of, &x),
                    None => x,
                };
                if turns && rotary { turned(&x, t, w) } else { x }
            };
            let norms = attention.norms.as_ref();
            let mut rows = Vec::new();
            for i in 0..tokens {
                let mut mixed = Vec::new();
                for h in 0..parts.heads {
                    let from = parts.window.map_or(0, |window| (i + 1 - window).max(0));
                    let query = head(&q, h, i, norms.map(|n| &n.0), true);
                    let scores: Vec<Tensor> = (from..=i)
                        .map(|j| {
                            let key = head(&k, h / r, j, norms.map(|n| &n.1), true);
                            half_each(&((&query * key).sum(Kind::Double) * parts.scale))
                        })
                        .collect();
                    let pattern = softmax(&Tensor::stack(&scores, 0), rule);
                    let values: Vec<Tensor> = (from..=i).map(|j| head(&v, h / r, j, None, false)).collect();
                    let values = Tensor::stack(&values, 0);
                    mixed.push(if rule == BackwardRule::CpLrp {
                        pattern.detach().unsqueeze(0).matmul(&values).get(0)
                    } else {
                        half_each(&pattern.unsqueeze(0).matmul(&values).get(0))
                    });
                }
                rows.push(Tensor::cat(&mixed, 0));
            }
            x = &x + apply(&attention.out, &Tensor::stack(&rows, 0));
            x = &x + feed_forward(&block.feed_forward, &norm(&block.second_norm, &x), rule);
        }
        assert_eq!(x.size()[1], HIDDEN);
        norm(&decoder.norm, &x).matmul(&decoder.head.transpose(0, 1))
    }
}

#[test]
fn in_bf16_it_is_left_to_autograd() {
    for parts in [GPT2, LLAMA] {
        let decoder = random(parts, Kind::BFloat16);
        let embeddings = decoder.embed(&TEXT).unwrap().unsqueeze(0);
        assert!(decoder.tape(BackwardRule::Gradient, &embeddings, 1..3).unwrap().is_none());
    }
}
