//! The toy transformer by the numbers of an independent program (`toy/generate.py`): what methods say of a model with
//! RMS norms, shared keys and values, rotary positions, gated feed-forward parts and no biases.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::DirectLogit;
use saliency_attribution::targets::Logit;
use saliency_attribution::testing::{Linear, Transformer};
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Baseline, Error, Inside, LanguageModel, Needs, Normalize, Parameters,
    Positions, Problem, Sequence, method, methods,
};
use serde_json::Value;
use tch::Tensor;

/// Both programs take a few hundred float64 operations to each number.
const ROUNDING: f64 = 1e-9;

fn answers() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy/transformer.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn model(answers: &Value) -> Transformer {
    Transformer::new(answers["vocabulary"].as_i64().unwrap(), answers["layers"].as_i64().unwrap())
}

fn sequence(answers: &Value) -> Sequence {
    let ids = |name: &str| -> Vec<u32> { serde_json::from_value(answers[name].clone()).unwrap() };
    Sequence::from_ids(&ids("inputs"), &ids("outputs")).unwrap()
}

/// The embeddings of what the outputs have read: `[1, tokens, hidden]`.
fn embeddings(model: &Transformer, sequence: &Sequence) -> Tensor {
    model.embed(&sequence.ids()[..sequence.ids().len() - 1]).unwrap().unsqueeze(0)
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
    // Every method that looks inside, but for those of rules that this model has not.
    for method in methods().iter().filter(|m| m.card().needs == Needs::Inside) {
        let by_rules = ["attn-lrp", "cp-lrp", "gim"].contains(&method.name());
        assert!(looking.contains(&method.name()) || by_rules, "{}", method.name());
    }
}

#[test]
fn logits_and_patterns_are_those_of_an_independent_program() {
    let answers = answers();
    let (model, sequence) = (model(&answers), sequence(&answers));
    let embeddings = embeddings(&model, &sequence);
    let logits = model.logits(&embeddings, sequence.n_input(), 0..7).unwrap();
    close(&numbers(&logits), &flat(&answers["logits"]), "logits");
    for layer in 0..model.layers() {
        let residual = model.residual(layer, &embeddings).unwrap().squeeze_dim(0);
        let look = model.attention_at(layer, &residual).unwrap();
        close(&numbers(&look.pattern), &flat(&answers["patterns"][layer]), "pattern");
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

/// The gradient of every embedding's every dimension, against central differences of whole passes: their error is of
/// the order of h² = 1e-10.
#[test]
fn gradients_are_the_slopes_of_finite_differences() {
    let answers = answers();
    let (model, sequence) = (model(&answers), sequence(&answers));
    let problem = Problem::new(&model, &sequence, &Logit).unwrap();
    let embeddings = embeddings(&model, &sequence);
    let h = 1e-5;
    let mut tried = 0;
    problem
        .gradients(&mut |output, _, gradient| {
            let value = |token: i64, dimension: i64, by: f64| {
                let moved = embeddings.copy();
                let _ = moved.select(1, token).select(1, dimension).f_add_scalar_(by).unwrap();
                let forward = problem.forward(&moved, output..output + 1).unwrap();
                problem.value(&forward, output).unwrap().double_value(&[0])
            };
            for token in 0..problem.row_length(output) as i64 {
                for dimension in 0..embeddings.size()[2] {
                    let slope = (value(token, dimension, h) - value(token, dimension, -h)) / (2.0 * h);
                    let found = gradient.double_value(&[token, dimension]);
                    assert!((found - slope).abs() < 1e-7, "{output}, {token}, {dimension}: {found} {slope}");
                    tried += 1;
                }
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(tried, (5 + 6 + 7) * 6);
}

/// What this model lacks is refused by name, with what would do.
#[test]
fn rules_and_added_positions_that_it_lacks_are_refused() {
    let answers = answers();
    let (model, sequence) = (model(&answers), sequence(&answers));
    for name in ["attn-lrp", "cp-lrp", "gim"] {
        let refused = Attributor::new().method(name).record(&model, &sequence).unwrap_err();
        assert!(matches!(&refused, Error::NoRules { method, .. } if *method == name), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains(name) && said.contains("toy transformer"), "{said}");
        assert!(said.contains("gradient-x-input"), "{said}");
    }
    let parameters = Parameters::new().positions(Positions::Move);
    let moving = Attributor::new().with_method(method("integrated-gradients", &parameters).unwrap());
    let refused = moving.record(&model, &sequence).unwrap_err();
    assert!(matches!(refused, Error::Parameter { name: "positions", .. }), "{refused:?}");
    assert!(refused.to_string().contains("adds no positions"), "{refused}");
}

/// A residual stream that is not there is refused with those that are, counted as the model's layers are; and a model
/// without an inside with methods that need none.
#[test]
fn layers_that_are_not_there_are_refused_with_those_that_are() {
    let answers = answers();
    let (model, sequence) = (model(&answers), sequence(&answers));
    let at = |name: &str, layer, model: &dyn LanguageModel| {
        let parameters = Parameters::new().layer(layer);
        Attributor::new().with_method(method(name, &parameters).unwrap()).record(model, &sequence)
    };
    for name in ["layer-gradient-x-activation", "layer-integrated-gradients"] {
        at(name, 3, &model).unwrap();
        let refused = at(name, 4, &model).unwrap_err();
        assert!(matches!(refused, Error::NoResidual { layer: 4, layers: 3 }), "{refused:?}");
        assert_eq!(
            refused.to_string(),
            "layer is 4, and must be from 0 to 3: 0 to 2 is the residual stream before one of the model's 3 layers, 3 what the \
             last norm reads"
        );
        // The methods it sends to run on the model that sent there.
        let refused = at(name, 0, &Linear::new(6, 3)).unwrap_err().to_string();
        let (_, sent) = refused.split_once(", such as ").unwrap();
        let names: Vec<&str> = sent.split([',', ' ']).filter(|name| !["", "or"].contains(name)).collect();
        assert_eq!(names.len(), 3, "{refused}");
        for name in names {
            Attributor::new().method(name).record(&Linear::new(6, 3), &sequence).unwrap();
        }
    }
}
