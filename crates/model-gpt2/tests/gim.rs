//! Rows of `gim` against those of its authors' package (`gim/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, assert_row, json, open, peer_ids, rows};
use saliency_attribution::{Aggregate, Attributor, Normalize, Sequence};
use tch::Kind;

/// In float64 what is left is the digits that are kept, in float32 rounding.
const TOLERANCES: [(Kind, f64); 2] = [(Kind::Double, 1e-9), (Kind::Float, 1e-4)];

#[test]
fn rows_are_the_packages() {
    let answers = json("../gim", "expected.json");
    for name in MODELS {
        let (ids, n_input) = peer_ids(&json(name, "captum.json"));
        let sequence = Sequence::from_ids(&ids[..n_input], &ids[n_input..]).unwrap();
        for (kind, tolerance) in TOLERANCES {
            let model = open(name, kind).model;
            for (aggregate, reduced) in [(Aggregate::Sum, "sum"), (Aggregate::L2, "l2")] {
                let attributor = Attributor::new().method("gim").target("logit");
                let attributor = attributor.aggregate(aggregate).normalize(Normalize::None);
                let record = attributor.record(&model, &sequence).unwrap();
                let expected = rows(&answers["models"][name]["gim"][reduced]);
                assert_eq!(record.attributions.len(), expected.len());
                for (found, expected) in record.attributions.iter().zip(&expected) {
                    let found: Vec<f64> = found.iter().map(|x| x.unwrap()).collect();
                    assert_row(&found, expected, tolerance, &format!("{name}, {kind:?}, {reduced}"));
                }
            }
        }
    }
}
