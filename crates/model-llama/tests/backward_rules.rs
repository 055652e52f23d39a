//! Rows by other rules for the backward pass against the packages of those who made the rules: LXT (`lxt/README.md`)
//! and gim-explain (`gim/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{apart, at, folder, ids, json, open, rows};
use saliency_attribution::{Aggregate, Attributor, Normalize, Sequence};
use tch::Kind;

/// LXT divides by an activation's input plus 1e-10; in float32 it is rounding.
const TOLERANCES: [(Kind, f64); 2] = [(Kind::Double, 1e-7), (Kind::Float, 1e-4)];

#[test]
fn rows_by_other_rules_are_the_packages() {
    let mut compared = 0;
    for package in ["lxt", "gim"] {
        let answers = json(&at(package).join("expected.json"));
        for (name, methods) in answers["models"].as_object().unwrap() {
            let captum = json(&folder(name).join("captum.json"));
            let (tokens, n_input) = (ids(&captum["token_ids"]), captum["n_input"].as_u64().unwrap() as usize);
            let sequence = Sequence::from_ids(&tokens[..n_input], &tokens[n_input..]).unwrap();
            for (kind, tolerance) in TOLERANCES {
                let model = open(&folder(name), kind).model;
                for (method, expected) in methods.as_object().unwrap() {
                    for (aggregate, reduced) in [(Aggregate::Sum, "sum"), (Aggregate::L2, "l2")] {
                        let attributor = Attributor::new().method(method).target("logit");
                        let attributor = attributor.aggregate(aggregate).normalize(Normalize::None);
                        let record = attributor.record(&model, &sequence).unwrap();
                        let expected = rows(&expected[reduced]);
                        assert_eq!(record.attributions.len(), expected.len());
                        let mut worst = 0.0_f64;
                        for (found, expected) in record.attributions.iter().zip(&expected) {
                            let found: Vec<f64> = found.iter().map(|x| x.unwrap()).collect();
                            worst = worst.max(apart(&found, expected));
                        }
                        println!("{name}, {kind:?}, {method}, {reduced}: {worst:.1e}");
                        assert!(worst <= tolerance, "{name}, {kind:?}, {method}, {reduced}: {worst:e}");
                        compared += 1;
                    }
                }
            }
        }
    }
    // Three models and two methods by LXT, four models and one by gim-explain; two dtypes and two reductions.
    assert_eq!(compared, (3 * 2 + 4) * 4);
}
