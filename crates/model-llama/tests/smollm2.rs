//! SmolLM2 from its GGUF file, against transformers and captum on the same file (`smollm2/README.md`). It is run where
//! the file is, and says so where it isn't.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_row, at, ids, json, numbers};
use saliency_attribution::methods::IntegratedGradients;
use saliency_attribution::{
    Aggregate, Attributor, Baseline, Generation, LanguageModel, Method, Normalize, Parameters, Sequence,
    method,
};
use saliency_checkpoint::Load;
use saliency_model_llama::{Checkpoint, SMOLLM2};
use saliency_schema::Kind as TokenKind;
use serde_json::Value;
use tch::Kind;

/// In float64, of the row's largest number: the digits that are kept.
const EXACT: f64 = 1e-6;
/// In float32.
const TOLERANCE: f64 = 1e-4;
/// Of a path, whose jumps make rounding larger: captum's own float32 is 3e-4 (from zero) and 9e-5 (from the mean) off.
const OF_A_PATH: f64 = 5e-4;

/// What takes one pass, and is computed in float64: in float32 the sum of a gradient over the hidden dimensions cancels
/// to a few ten-thousandths of the row.
const CHEAP: [&str; 3] = ["value", "gradient", "gradient-x-input"];

#[test]
fn smollm2_is_what_its_peers_say() {
    let Some(path) = SMOLLM2.find() else {
        return println!("not run: no {}; set SALIENCY_MODELS to its folder", SMOLLM2.file);
    };
    let expected = json(&at("smollm2/expected.json"));
    assert_eq!(expected["sha256"], SMOLLM2.sha256);
    let checkpoint = Checkpoint::open_gguf(&path, &Load::new()).unwrap();
    assert_eq!(checkpoint.model.sha256().unwrap(), SMOLLM2.sha256);
    assert_eq!(checkpoint.warnings, [""; 0]);

    expected["anchors"].as_array().unwrap().iter().for_each(|anchor| logits_are(&checkpoint, anchor));
    continues(&checkpoint, &expected["paragraph"]);
    explain(&checkpoint, &expected["paragraph"], &|output, target, name| {
        // Of what takes many passes, one output's row for one target, and paths from where they begin unless asked.
        let path = name.starts_with("integrated-gradients") && !name.ends_with("/mean");
        !CHEAP.contains(&name) && !path && (output, target) == (0, "logit")
    });
    drop(checkpoint);
    let exact = Checkpoint::open_gguf(&path, &Load::new().kind(Kind::Double)).unwrap();
    explain(&exact, &expected["paragraph"], &|_, _, name| CHEAP.contains(&name));
}

/// Ids, mean log-likelihood of each token after the first, and the largest logits of the last position.
fn logits_are(checkpoint: &Checkpoint, anchor: &Value) {
    let text = anchor["text"].as_str().unwrap();
    let found = checkpoint.tokenizer.encode(text, TokenKind::Input, 0).unwrap();
    let read: Vec<u32> = found.iter().map(|token| token.id).collect();
    assert_eq!(read, ids(&anchor["ids"]), "{text}");
    let embeddings = checkpoint.model.embed(&read).unwrap().unsqueeze(0);
    let tokens = read.len();
    let logits = checkpoint.model.logits(&embeddings, tokens, 0..tokens).unwrap().squeeze_dim(0);
    let (best, which) = logits.get(-1).topk(5, 0, true, true);
    let (best, which): (Vec<f64>, Vec<i64>) =
        (Vec::try_from(best.to_kind(Kind::Double)).unwrap(), Vec::try_from(which).unwrap());
    assert_row(&best, &numbers(&anchor["best_logits"]), 1e-5, text);
    let which: Vec<_> = which.into_iter().map(|id| id as u32).collect();
    assert_eq!(which, ids(&anchor["best_ids"]), "{text}");

    let scores = logits.log_softmax(-1, Kind::Double);
    let said = read.iter().enumerate().skip(1);
    let total: f64 = said.map(|(at, id)| scores.double_value(&[at as i64 - 1, i64::from(*id)])).sum();
    let expected = anchor["nll"].as_f64().unwrap();
    assert!((-total / (tokens - 1) as f64 - expected).abs() < 1e-4, "{text}: {total} for {expected}");
}

/// The notebook's paragraph goes on as with transformers.
fn continues(checkpoint: &Checkpoint, paragraph: &Value) {
    let text = std::fs::read_to_string(at("../../../examples/race-to-mars.txt")).unwrap();
    let (all, n_input) = (ids(&paragraph["ids"]), paragraph["n_input"].as_u64().unwrap() as usize);
    let generation = Generation::greedy(all.len() - n_input);
    let found = checkpoint.generate(text.strip_suffix('\n').unwrap(), &generation).unwrap();
    assert_eq!((found.ids(), found.n_input()), (&*all, n_input));
    let said: String = found.tokens()[n_input..].iter().map(|token| &*token.text).collect();
    assert_eq!(said, paragraph["said"].as_str().unwrap());
}

fn named(name: &str) -> Box<dyn Method> {
    let Some(rest) = name.strip_prefix("integrated-gradients/") else {
        return method(name, &Parameters::new()).unwrap();
    };
    let (steps, baseline) = rest.split_once('/').unwrap();
    let baseline = baseline.parse::<Baseline>().unwrap();
    Box::new(IntegratedGradients::new().steps(steps.parse().unwrap()).baseline(baseline))
}

/// The rows that are wanted of an output, a target and a method.
fn explain(checkpoint: &Checkpoint, paragraph: &Value, wanted: &dyn Fn(usize, &str, &str) -> bool) {
    for (output, targets) in paragraph["rows"].as_array().unwrap().iter().enumerate() {
        for (target, rows) in targets.as_object().unwrap() {
            for (name, row) in rows.as_object().unwrap() {
                if wanted(output, target, name) {
                    explains(checkpoint, paragraph, (output, target), (name, row));
                }
            }
        }
    }
}

/// One output's row by one method for one target.
fn explains(
    checkpoint: &Checkpoint,
    paragraph: &Value,
    (output, target): (usize, &str),
    (name, expected): (&str, &Value),
) {
    let all = ids(&paragraph["ids"]);
    let (before, rest) = all.split_at(paragraph["n_input"].as_u64().unwrap() as usize + output);
    let sequence = Sequence::from_ids(before, &rest[..1]).unwrap();
    let what = format!("output {output}, {target}, {name}");
    let record = |name: &str| {
        let attributor = Attributor::new().with_method(named(name)).target(target);
        let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
        attributor.record_and_vectors(&checkpoint.model, &sequence, &mut |_| true).unwrap()
    };
    if name == "value" {
        let (record, _) = record("gradient");
        let (found, expected) = (record.outputs[0].value.unwrap(), expected.as_f64().unwrap());
        assert!((found - expected).abs() <= EXACT * expected.abs(), "{what}: {found} for {expected}");
        return;
    }
    let (record, vectors) = record(name);
    let row: Vec<f64> = record.attributions[0].iter().map(|x| x.unwrap()).collect();
    if name == "occlusion" {
        let largest = row.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        for (token, expected) in expected.as_object().unwrap() {
            let (found, expected) = (row[token.parse::<usize>().unwrap()], expected.as_f64().unwrap());
            assert!((found - expected).abs() <= TOLERANCE * largest, "{what}: {found} for {expected}");
        }
        return;
    }
    let tolerance = if name.starts_with("integrated-gradients") { OF_A_PATH } else { EXACT };
    assert_row(&row, &numbers(&expected["sum"]), tolerance, &what);
    let norms = vectors.rows()[0].norm_scalaropt_dim(2, [1], false).to_kind(Kind::Double);
    assert_row(&Vec::try_from(norms).unwrap(), &numbers(&expected["l2"]), tolerance, &what);
}
