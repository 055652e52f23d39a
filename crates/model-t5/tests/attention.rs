//! `attention` of an encoder–decoder against transformers' own weights (`attention/README.md`), and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{apart, at, ids, json, open, rows};
use saliency_attribution::testing::Transformer;
use saliency_attribution::{AttentionPart, Attributor, Error, Parameters, Sequence, method};
use saliency_schema::Record;
use tch::Kind;

const MODELS: [&str; 3] = ["parity/t5-v1.0", "parity/t5-v1.1", "variants/umt5"];

fn record(model: &str, parameters: Parameters) -> Result<(Record, serde_json::Value), Error> {
    let answers = json(&at("attention").join(format!("{}.json", model.rsplit('/').next().unwrap())));
    let mut inputs = ids(&answers["source"]);
    inputs.push(ids(&serde_json::json!([answers["start"]]))[0]);
    let sequence = Sequence::from_ids(&inputs, &ids(&answers["outputs"]))?;
    let attributor = Attributor::new().method_with("attention", parameters);
    Ok((attributor.record(&open(&at(model), Kind::Double).model, &sequence)?, answers))
}

#[test]
fn weights_are_the_peers_and_other_tokens_are_missing() {
    let chosen = [
        ("mean", Parameters::new()),
        ("layer 1", Parameters::new().layer(1)),
        ("head 0", Parameters::new().head(0)),
        ("layer 0, head 1", Parameters::new().layer(0).head(1)),
    ];
    let mut compared = 0;
    for model in MODELS {
        for part in [AttentionPart::Cross, AttentionPart::Decoder] {
            for (of, parameters) in &chosen {
                let (record, answers) = record(model, parameters.clone().attention(part)).unwrap();
                let source = record.source().unwrap();
                for (output, expected) in rows(&answers[part.name()][of]).iter().enumerate() {
                    let row = &record.attributions[output];
                    let (to_source, to_target) = row.split_at(source);
                    let (there, missing) = if part == AttentionPart::Cross {
                        (to_source, to_target)
                    } else {
                        (to_target, to_source)
                    };
                    assert!(missing.iter().all(Option::is_none), "{model}, {part}: {row:?}");
                    // What comes after the output's position is not seen, and not in the row.
                    let (seen, later) = expected.split_at(there.len());
                    assert!(later.iter().all(|&x| x == 0.0));
                    let found: Vec<f64> = there.iter().map(|x| x.unwrap()).collect();
                    let apart = apart(&found, seen);
                    assert!(apart < 1e-10, "{model}, {part}, {of}, output {output}: {apart:e}");
                    let sum = record.outputs[output].sum.unwrap();
                    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
                    compared += 1;
                }
                assert_eq!(record.method.unwrap().parameters["attention"], part.name());
            }
        }
    }
    assert_eq!(compared, 3 * 2 * 4 * 4);
}

#[test]
fn without_a_choice_it_is_attention_to_the_source() {
    let (plain, _) = record(MODELS[0], Parameters::new()).unwrap();
    let (cross, _) = record(MODELS[0], Parameters::new().attention(AttentionPart::Cross)).unwrap();
    assert_eq!(plain, cross);
}

#[test]
fn what_there_is_not_is_refused() {
    let encoder = method("attention", &Parameters::new().attention(AttentionPart::Encoder));
    assert_eq!(
        encoder.err().unwrap().to_string(),
        "attention is encoder, and must be cross or decoder: the encoder attends among the source's tokens, which predict no \
         output"
    );
    for (parameters, expected) in [
        (Parameters::new().layer(9), "layer is 9"),
        (Parameters::new().head(9), "head is 9"),
        (Parameters::new().layer(9).attention(AttentionPart::Decoder), "layer is 9"),
    ] {
        let refused = record(MODELS[0], parameters).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
}

#[test]
fn a_decoder_has_one_attention() {
    let toy = Transformer::new(8, 2);
    let sequence = Sequence::from_ids(&[1, 2, 3], &[4]).unwrap();
    let asked = Parameters::new().attention(AttentionPart::Decoder);
    let refused = Attributor::new().method_with("attention", asked).record(&toy, &sequence).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "attention is decoder, and must be left out: the model is no encoder–decoder, and has one attention"
    );
}
