//! What each part of a transformer adds to a logit, as the record holds it: parts that add up to it, and heads whose
//! own rows add up to them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::Transformer;
use saliency_attribution::{
    Attributor, Error, LanguageModel, Method, Normalize, Parameters, Sequence, method,
};
use saliency_schema::{Ledger, Record};
use tch::Tensor;

const ROUNDING: f64 = 1e-10;
const METHODS: [&str; 2] = ["direct-logit", "alti-logit"];
const INPUTS: [u32; 4] = [1, 4, 0, 2];
const OUTPUTS: [u32; 3] = [3, 5, 1];
const LAYERS: usize = 3;
const HEADS: usize = 4;

fn model() -> Transformer {
    Transformer::new(6, LAYERS as i64)
}

fn sequence() -> Sequence {
    Sequence::from_ids(&INPUTS, &OUTPUTS).unwrap()
}

fn attributor(name: &str, parameters: Parameters) -> Attributor {
    Attributor::new().method_with(name, parameters).target("logit")
}

fn record(name: &str, parameters: Parameters) -> Record {
    attributor(name, parameters).record(&model(), &sequence()).unwrap()
}

fn ledgers(record: &Record) -> Vec<&Ledger> {
    record.outputs.iter().map(|output| output.ledger.as_ref().unwrap()).collect()
}

fn row(record: &Record, row: usize) -> Vec<f64> {
    record.attributions[row].iter().map(|x| x.unwrap()).collect()
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= ROUNDING * expected.abs().max(1.0), "{what}: {found} {expected}");
}

/// The logits that predict each output, by a whole pass: `[outputs, vocabulary]`.
fn logits() -> Tensor {
    let _no_gradient = tch::no_grad_guard();
    let model = model();
    let ids = [&INPUTS[..], &OUTPUTS[..2]].concat();
    let embeddings = model.embed(&ids).unwrap().unsqueeze(0);
    model.logits(&embeddings, 4, 3..6).unwrap().squeeze_dim(0)
}

#[test]
fn ledgers_add_up_to_the_logit_of_a_whole_pass() {
    let logits = logits();
    for name in METHODS {
        let found = record(name, Parameters::new());
        for (output, ledger) in ledgers(&found).into_iter().enumerate() {
            let logit = logits.double_value(&[output as i64, i64::from(OUTPUTS[output])]);
            near(ledger.total(), logit, name);
            near(found.outputs[output].value.unwrap(), logit, name);
            assert_eq!((ledger.layers(), ledger.feed_forward.len()), (LAYERS, LAYERS));
            assert!(ledger.heads.iter().all(|heads| heads.len() == HEADS));
            // The row and what has no token; of direct-logit the token's own embedding is the row's.
            let heads: f64 = ledger.heads.iter().flatten().map(|x| x.unwrap()).sum();
            let own = if name == "direct-logit" { ledger.token.unwrap() } else { 0.0 };
            near(row(&found, output).iter().sum(), heads + own, name);
        }
    }
}

#[test]
fn the_rows_of_heads_add_up_to_their_cells_and_to_the_row() {
    for name in METHODS {
        let whole = record(name, Parameters::new());
        let mut sums: Vec<Vec<f64>> = whole.attributions.iter().map(|row| vec![0.0; row.len()]).collect();
        for layer in 0..LAYERS {
            let mut of_layer = sums.iter().map(|row| vec![0.0; row.len()]).collect::<Vec<_>>();
            for head in 0..HEADS {
                let one = record(name, Parameters::new().layer(layer).head(head));
                let described = one.method.as_ref().unwrap();
                assert_eq!(
                    (&described.parameters["layer"], &described.parameters["head"]),
                    (&layer.into(), &head.into())
                );
                // The whole ledger, whichever head's row it is.
                assert_eq!(ledgers(&one), ledgers(&whole));
                for (output, ledger) in ledgers(&one).into_iter().enumerate() {
                    near(row(&one, output).iter().sum(), ledger.heads[layer][head].unwrap(), name);
                    of_layer[output].iter_mut().zip(row(&one, output)).for_each(|(sum, x)| *sum += x);
                    if name == "direct-logit" {
                        let rest = one.outputs[output].baseline_value.unwrap();
                        near(row(&one, output).iter().sum::<f64>() + rest, ledger.total(), "the rest");
                    }
                }
            }
            let found = record(name, Parameters::new().layer(layer));
            for (output, sum) in of_layer.iter().enumerate() {
                row(&found, output).iter().zip(sum).for_each(|(x, sum)| near(*x, *sum, "a layer"));
                sums[output].iter_mut().zip(sum).for_each(|(sum, x)| *sum += x);
            }
        }
        for head in 0..HEADS {
            let found = record(name, Parameters::new().head(head));
            let column: f64 = ledgers(&whole)[1].heads.iter().map(|heads| heads[head].unwrap()).sum();
            near(row(&found, 1).iter().sum(), column, "a head of each layer");
        }
        for (output, mut sums) in sums.into_iter().enumerate() {
            if name == "direct-logit" {
                // The last token of the context has its own embedding besides.
                *sums.last_mut().unwrap() += ledgers(&whole)[output].token.unwrap();
            }
            row(&whole, output).iter().zip(sums).for_each(|(x, sum)| near(*x, sum, name));
        }
    }
}

#[test]
fn a_contrasts_ledger_is_the_difference_and_a_spans_the_sum() {
    let logits = logits();
    for name in METHODS {
        let contrast = attributor(name, Parameters::new())
            .target("contrast-logit")
            .record(&model(), &sequence())
            .unwrap();
        for (output, ledger) in ledgers(&contrast).into_iter().enumerate() {
            let of = |id: u32| logits.double_value(&[output as i64, i64::from(id)]);
            // Against the most probable other token.
            let others = (0..6).filter(|id| *id != OUTPUTS[output]);
            let rival = others.map(of).fold(f64::NEG_INFINITY, f64::max);
            near(ledger.total(), of(OUTPUTS[output]) - rival, name);
        }
        let rows = record(name, Parameters::new());
        let span = attributor(name, Parameters::new()).span(1..3).record(&model(), &sequence()).unwrap();
        let expected = ledgers(&rows)[1].plus(ledgers(&rows)[2], 1.0).unwrap();
        assert_eq!(ledgers(&span), [&expected]);
        // Of rows that were divided it stays in the target's unit.
        let divided = attributor(name, Parameters::new()).normalize(Normalize::MaxAbs);
        assert_eq!(ledgers(&divided.record(&model(), &sequence()).unwrap()), ledgers(&rows));
    }
}

#[test]
fn heads_that_are_not_there_are_refused() {
    for name in METHODS {
        for (parameters, what, count) in
            [(Parameters::new().layer(3), "layer", LAYERS), (Parameters::new().head(4), "head", HEADS)]
        {
            let error = attributor(name, parameters).record(&model(), &sequence()).unwrap_err();
            assert!(
                matches!(error, Error::Below { name, count: of, .. } if (name, of) == (what, count)),
                "{error}"
            );
        }
        let known = method(name, &Parameters::new()).unwrap().describe();
        assert!(known.parameters.is_empty(), "records of all heads say nothing new");
    }
}
