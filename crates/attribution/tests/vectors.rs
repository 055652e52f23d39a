//! What a record keeps of the vectors behind its rows: `NumPy`'s numbers, and what has none.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::{GradientXInput, Occlusion};
use saliency_attribution::testing::{Linear, Saturating};
use saliency_attribution::{
    Aggregate, Attributor, Card, Cost, Error, Explanation, Method, Normalize, Problem, Sequence, Size,
};
use saliency_schema::{Record, Vectors};
use tch::{Device, Kind, Tensor};

/// A method whose first row is these vectors, after some tokens that it says nothing of.
#[derive(Debug)]
struct Given {
    row: Vec<f64>,
    hidden: i64,
    missing: usize,
}

impl Method for Given {
    fn card(&self) -> Card {
        Card::new("given", "vectors that are given")
    }
    fn cost(&self, _: Size) -> Cost {
        Cost::forwards(1.0)
    }
    fn attribute(
        &self,
        _: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let before = Tensor::zeros([self.missing as i64, self.hidden], (Kind::Double, Device::Cpu));
        let rows = Tensor::cat(&[before, table(&self.row, self.hidden)], 0);
        let mut explanation = Explanation::new(0, rows, 0.0);
        explanation.missing = (0..self.missing).collect();
        each(explanation)
    }
}

/// What is kept of vectors, after `missing` tokens without one and before `beyond` ones that the row does not reach.
fn kept(row: &[f64], hidden: i64, [missing, beyond]: [usize; 2]) -> Option<Vectors> {
    let tokens = vec![0; row.len() / hidden as usize + missing + beyond];
    let sequence = Sequence::from_ids(&tokens, &[1]).unwrap();
    let attributor = Attributor::new().with_method(Given { row: row.to_vec(), hidden, missing });
    let (mut record, _) =
        attributor.record_and_vectors(&Linear::new(3, 2), &sequence, &mut |_| true).unwrap();
    record.outputs.remove(0).vectors
}

fn table(numbers: &[f64], width: i64) -> Tensor {
    Tensor::from_slice(numbers).view([-1, width])
}

/// As `vectors/generate.py` makes them.
fn given(tokens: i64, hidden: i64) -> Vec<f64> {
    let entry = |i: i64, j: i64| ((37 * i + 101 * j + 13 * i * j * j) % 97) as f64 / 16.0 - 3.0;
    (0..tokens).flat_map(|i| (0..hidden).map(move |j| entry(i, j))).collect()
}

fn near(found: &[Option<f64>], expected: &serde_json::Value, said: &str) {
    let expected: Vec<f64> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(found.len(), expected.len(), "{said}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found.unwrap() - expected).abs() < 1e-10, "{said}: {found:?} instead of {expected}");
    }
}

fn check(found: &Vectors, expected: &serde_json::Value) {
    near(&found.positive, &expected["positive"], "positive");
    near(&found.negative, &expected["negative"], "negative");
    near(&found.norm, &expected["norm"], "norm");
    assert_eq!(found.components.len(), 2);
    for k in 0..2 {
        near(&found.components[k], &expected["components"][k], "components");
    }
    near(&found.explained, &expected["explained"], "explained");
}

/// `NumPy`'s sums and singular values, of more and of fewer tokens than dimensions; and the same between tokens without
/// a vector.
#[test]
fn what_is_kept_is_numpy_s() {
    let expected: serde_json::Value =
        serde_json::from_slice(include_bytes!("vectors/expected.json")).unwrap();
    let cases = expected["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let (tokens, hidden) = (case["tokens"].as_i64().unwrap(), case["hidden"].as_i64().unwrap());
        let row = given(tokens, hidden);
        check(&kept(&row, hidden, [0, 0]).unwrap(), case);
        let mut found = kept(&row, hidden, [2, 1]).unwrap();
        let lists = [&mut found.positive, &mut found.negative, &mut found.norm];
        for list in lists.into_iter().chain(&mut found.components) {
            assert_eq!((list.remove(0), list.remove(0), list.pop()), (None, None, Some(None)));
        }
        check(&found, case);
    }
}

/// Points on a line have one component; equal ones, and a single one, have none.
#[test]
fn what_does_not_vary_has_no_components() {
    let found = kept(&[0.0, 0.0, 3.0, 4.0, 6.0, 8.0], 2, [0, 0]).unwrap();
    assert_eq!(found.components[1], [Some(0.0); 3]);
    assert!((found.explained[0].unwrap() - 1.0).abs() < 1e-14 && found.explained[1] == Some(0.0));
    for (place, expected) in found.components[0].iter().zip([-5.0, 0.0, 5.0]) {
        assert!((place.unwrap() - expected).abs() < 1e-13, "{place:?}");
    }
    let equal = kept(&[0.1, 0.2, 0.1, 0.2], 2, [0, 0]).unwrap();
    assert_eq!(equal.explained, [Some(0.0); 2]);
    let one = kept(&[1.0, -2.0], 2, [0, 0]).unwrap();
    assert!(one.components.is_empty() && one.explained.is_empty());
    assert_eq!((one.positive, one.negative), (vec![Some(1.0)], vec![Some(-2.0)]));
    let none = kept(&[1.0, f64::NAN], 2, [0, 0]).unwrap();
    assert_eq!((none.positive, none.norm), (vec![None], vec![None]));
}

/// Positive and negative entries add up to the row's sums, and norms are the row by `l2`, however rows are scaled; of a
/// span too. Nothing is kept where it was not asked for, nor of one number a token.
#[test]
fn sums_and_norms_are_the_rows_by_these_aggregates() {
    let (model, sequence) = (Saturating::new(6, 2), Sequence::from_ids(&[1, 4, 2, 0], &[3, 5, 2]).unwrap());
    let plain = |aggregate| {
        Attributor::new()
            .method("gradient-x-input")
            .target("logit")
            .aggregate(aggregate)
            .normalize(Normalize::None)
    };
    for span in [None, Some(1..3)] {
        let with = |attributor: Attributor| match &span {
            None => attributor,
            Some(span) => attributor.span(span.clone()),
        };
        let rows = |aggregate| with(plain(aggregate)).record(&model, &sequence).unwrap().attributions;
        let scaled = with(plain(Aggregate::L1).normalize(Normalize::Sum));
        let (record, _) = scaled.record_and_vectors(&model, &sequence, &mut |_| true).unwrap();
        let (sums, norms, sizes) = (rows(Aggregate::Sum), rows(Aggregate::L2), rows(Aggregate::L1));
        for (row, output) in record.outputs.iter().enumerate() {
            let vectors = output.vectors.as_ref().unwrap();
            assert_eq!(vectors.positive.len(), record.attributions[row].len());
            for token in 0..vectors.positive.len() {
                let of = |list: &[Option<f64>]| list[token].unwrap();
                let (positive, negative) = (of(&vectors.positive), of(&vectors.negative));
                assert!((positive + negative - of(&sums[row])).abs() < 1e-12 && positive >= 0.0);
                assert!((positive - negative - of(&sizes[row])).abs() < 1e-12 && negative <= 0.0);
                assert!((of(&vectors.norm) - of(&norms[row])).abs() < 1e-12);
            }
        }
    }
    let nothing = |record: Record| record.outputs.iter().all(|output| output.vectors.is_none());
    assert!(nothing(Attributor::new().with_method(GradientXInput).record(&model, &sequence).unwrap()));
    let one = Attributor::new().with_method(Occlusion::new());
    assert!(nothing(one.record_and_vectors(&model, &sequence, &mut |_| true).unwrap().0));
}
