//! The toy transformer of `saliency-attribution`, whose rows an independent program has computed, put together as a
//! Llama: what methods say that look inside.
//!
//! Its rotary frequencies are 1 and 0.1; a Llama's are float32 numbers, and the nearest to 0.1 is 1.5·10⁻⁹ off. So rows
//! agree to fewer digits than the toy's own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::DirectLogit;
use saliency_attribution::targets::Logit;
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Baseline, Needs, Normalize, Parameters, Problem, Sequence, method,
    methods,
};
use saliency_model_llama::{Config, Llama, ModelType};
use serde_json::Value;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

const ROUNDING: f64 = 1e-6;
const HIDDEN: i64 = 6;
const HEADS: i64 = 4;
const GROUPS: i64 = 2;
const WIDTH: i64 = 4;
const INNER: i64 = 10;

fn answers() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../attribution/tests/toy/transformer.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The toy's weights by its formula, `[out, in]`.
fn model(answers: &Value) -> Llama {
    let waves = |number: i64, count: i64| {
        (Tensor::arange(count, (Kind::Double, Device::Cpu)).square() + 0.5 * number as f64).sin()
    };
    let matrix = |number: i64, rows: i64, columns: i64| {
        let matrix = waves(number, rows * columns).reshape([rows, columns]) * (2.0 / rows as f64).sqrt();
        matrix.transpose(0, 1).contiguous()
    };
    let scales = |number: i64| waves(number, HIDDEN) * 0.3 + 1.0;
    let (vocabulary, layers) = (answers["vocabulary"].as_i64().unwrap(), answers["layers"].as_i64().unwrap());
    let mut tensors = BTreeMap::new();
    let mut put = |name: &str, tensor: Tensor| tensors.insert(format!("{name}.weight"), tensor);
    put("embed_tokens", waves(0, vocabulary * HIDDEN).reshape([vocabulary, HIDDEN]));
    put("lm_head", matrix(1, HIDDEN, vocabulary));
    put("norm", scales(2));
    for layer in 0..layers {
        let (number, name) = (10 * (layer + 1), |part: &str| format!("layers.{layer}.{part}"));
        put(&name("input_layernorm"), scales(number));
        put(&name("self_attn.q_proj"), matrix(number + 1, HIDDEN, HEADS * WIDTH));
        put(&name("self_attn.k_proj"), matrix(number + 2, HIDDEN, GROUPS * WIDTH));
        put(&name("self_attn.v_proj"), matrix(number + 3, HIDDEN, GROUPS * WIDTH));
        put(&name("self_attn.o_proj"), matrix(number + 4, HEADS * WIDTH, HIDDEN));
        put(&name("post_attention_layernorm"), scales(number + 5));
        put(&name("mlp.gate_proj"), matrix(number + 6, HIDDEN, INNER));
        put(&name("mlp.up_proj"), matrix(number + 7, HIDDEN, INNER));
        put(&name("mlp.down_proj"), matrix(number + 8, INNER, HIDDEN));
    }
    let size = |n: i64| usize::try_from(n).unwrap();
    let mut config =
        Config::new(ModelType::Llama, size(vocabulary), 64, size(HIDDEN), size(layers), size(HEADS));
    config.num_key_value_heads = size(GROUPS);
    config.head_dim = size(WIDTH);
    config.intermediate_size = size(INNER);
    config.rope.base = 100.0;
    Llama::from_tensors(config, tensors, "toy").unwrap()
}

fn sequence(answers: &Value) -> Sequence {
    let ids = |name: &str| -> Vec<u32> { serde_json::from_value(answers[name].clone()).unwrap() };
    Sequence::from_ids(&ids("inputs"), &ids("outputs")).unwrap()
}

/// A list of lists … of numbers, flat.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < ROUNDING, "{what}, {place}: {found} and not {expected}");
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.flatten(0, -1)).unwrap()
}

/// What a name of the answers asks for: a method, its parameters and a target.
fn asked(name: &str) -> (&str, Parameters, &str) {
    let (method, rest) = name.split_once('/').unwrap_or((name, ""));
    let mut parameters = Parameters::new();
    let mut target = "logit";
    let layered = method.starts_with("layer-");
    for (place, part) in rest.split('/').filter(|part| !part.is_empty()).enumerate() {
        let number = part.parse().ok();
        parameters = match (part, number) {
            ("rollout", _) => parameters.rollout(true),
            ("zero", _) => parameters,
            ("deletion", _) => parameters.baseline(Ablation::Deletion),
            (_, Some(number)) if layered && place == 0 => parameters.layer(number),
            (_, Some(number)) => {
                parameters.steps(u32::try_from(number).unwrap()).baseline(Baseline::Token(2))
            }
            ("layer-1-head-2", _) => parameters.layer(1).head(2),
            ("layer-0", _) => parameters.layer(0),
            ("layer-2", _) => parameters.layer(2),
            (name, _) => {
                target = name;
                parameters
            }
        };
    }
    (method, parameters, target)
}

#[test]
fn rows_are_those_of_an_independent_program() {
    let answers = answers();
    let (model, sequence) = (model(&answers), sequence(&answers));
    let mut looking = Vec::new();
    for (name, rows) in answers["rows"].as_object().unwrap() {
        let (known, parameters, target) = asked(name);
        let method = method(known, &parameters).unwrap();
        if method.card().needs == Needs::Inside {
            looking.push(known);
        }
        let attributor = Attributor::new().with_method(method).target(target);
        let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
        let record = attributor.record(&model, &sequence).unwrap();
        let found: Vec<f64> = record.attributions.iter().flatten().map(|x| x.unwrap()).collect();
        close(&found, &flat(rows), name);
    }
    // The rules' rows are held by the tests of the parts (`crates/transformer/tests/pullback.rs`).
    for method in methods().iter().filter(|m| m.card().needs == Needs::Inside) {
        let by_rules = ["attn-lrp", "cp-lrp", "gim"].contains(&method.name());
        assert!(looking.contains(&method.name()) || by_rules, "{}", method.name());
    }
}

/// Every entry; and together they are the logit, without a position's, a bias's or a norm's.
#[test]
fn ledgers_are_those_of_an_independent_program_and_add_up() {
    let answers = answers();
    let (model, sequence) = (model(&answers), sequence(&answers));
    let problem = Problem::new(&model, &sequence, &Logit).unwrap();
    let ledgers = DirectLogit::new().ledgers(&problem).unwrap();
    assert_eq!(ledgers.len(), 3);
    for (output, (ledger, expected)) in ledgers.iter().zip(answers["ledger"].as_array().unwrap()).enumerate()
    {
        close(&numbers(&ledger.heads), &flat(&expected["heads"]), "heads");
        close(&ledger.feed_forward, &flat(&expected["feed_forward"]), "feed-forward parts");
        close(&[ledger.token], &flat(&expected["token"]), "token");
        close(&[ledger.total().unwrap()], &flat(&expected["logit"]), "logit");
        let nothing = [ledger.position, ledger.norm_bias, ledger.attention_bias.iter().sum()];
        assert!(nothing.iter().all(|x| *x == 0.0), "{nothing:?}");
        assert!((ledger.total().unwrap() - problem.value_at_input(output).unwrap()).abs() < 1e-12);
        // In the record, each head's sum over the tokens.
        let recorded = ledger.recorded().unwrap();
        let sums: Vec<f64> = expected["heads"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|layer| layer.as_array().unwrap())
            .map(|head| flat(head).iter().sum())
            .collect();
        close(&recorded.heads.iter().flatten().flatten().copied().collect::<Vec<_>>(), &sums, "recorded");
        close(&[recorded.total()], &flat(&expected["logit"]), "recorded");
    }
}
