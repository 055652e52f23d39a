//! The largest attributions of a row by hand, and rank correlation against `SciPy`'s.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{Kind, Record, Token, spearman};
use serde_json::Value;

/// One output with this row.
fn record(row: Vec<Option<f64>>) -> Record {
    let mut tokens: Vec<_> = row.iter().map(|_| Token::new(0, "a", Kind::Input)).collect();
    tokens.push(Token::new(0, "b", Kind::Output));
    Record::new(tokens, vec![row]).unwrap()
}

#[test]
fn the_largest_come_by_size_and_of_one_size_by_position() {
    let row = [Some(1.0), Some(-3.0), None, Some(3.0), Some(f64::NAN), Some(0.0), Some(-0.5)];
    let record = record(row.to_vec());
    assert_eq!(record.largest(0, 2), [(1, -3.0), (3, 3.0)]);
    let all = [(1, -3.0), (3, 3.0), (0, 1.0), (6, -0.5), (5, 0.0)];
    for k in 0..=all.len() {
        assert_eq!(record.largest(0, k), all[..k]);
    }
    // Missing values and NaN are none, and neither is a row that there is not.
    assert_eq!(record.largest(0, usize::MAX), all);
    assert_eq!(record.largest(1, 3), []);
}

#[test]
fn infinities_are_the_largest() {
    let record = record(vec![Some(f64::MAX), Some(f64::NEG_INFINITY), Some(f64::INFINITY)]);
    assert_eq!(record.largest(0, 2), [(1, f64::NEG_INFINITY), (2, f64::INFINITY)]);
}

proptest! {
    /// By the definition: what is left out is not larger, and not earlier where it is as large.
    #[test]
    fn nothing_larger_is_left_out(
        row in prop::collection::vec(prop::option::of((-3_i32..4).prop_map(f64::from)), 1..30), k in 0_usize..35,
    ) {
        let found = record(row.clone()).largest(0, k);
        prop_assert_eq!(found.len(), k.min(row.iter().flatten().count()));
        let before = |(i, x): (usize, f64), (j, y): (usize, f64)| {
            x.abs() > y.abs() || (x.abs() >= y.abs() && i < j)
        };
        prop_assert!(found.windows(2).all(|pair| before(pair[0], pair[1])));
        let left = row.iter().enumerate().filter_map(|(i, x)| Some((i, (*x)?))).filter(|cell| !found.contains(cell));
        for cell in left {
            prop_assert!(found.iter().all(|&taken| before(taken, cell)));
        }
    }
}

fn row(row: &Value) -> Vec<Option<f64>> {
    let spelled = |x: &Value| match x.as_str() {
        Some(spelled) => spelled.parse().ok(),
        None => x.as_f64(),
    };
    row.as_array().unwrap().iter().map(spelled).collect()
}

#[test]
fn spearman_is_scipys() {
    let expected: Value = serde_json::from_slice(include_bytes!("data/rank/expected.json")).unwrap();
    let cases = expected["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 20);
    for case in cases {
        let (a, b) = (row(&case["a"]), row(&case["b"]));
        match (spearman(&a, &b), case["rho"].as_f64()) {
            // Ours is exact but for one root and one quotient; SciPy's goes through a matrix of covariances.
            (Some(found), Some(rho)) => assert!((found - rho).abs() <= 2e-15, "{case}: {found}"),
            (found, rho) => assert_eq!(found, rho, "{case}"),
        }
        assert_eq!(spearman(&a, &b), spearman(&b, &a), "{case}");
    }
}

#[test]
fn what_has_no_order_has_no_correlation() {
    let some = [Some(1.0), Some(2.0), Some(3.0)];
    for row in [&[][..], &[Some(1.0)], &[Some(0.0), Some(-0.0), Some(0.0)], &[None, Some(1.0), None]] {
        assert_eq!(spearman(row, &some), None);
        assert_eq!(spearman(&some, row), None);
    }
    // NaN is as good as missing, and what only the longer row has is left out.
    assert_eq!(spearman(&[Some(9.0), Some(8.0), Some(f64::NAN)], &some), Some(-1.0));
    assert_eq!(spearman(&[Some(3.0), Some(4.0)], &some), Some(1.0));
}

proptest! {
    /// Any strictly increasing change of a row leaves it as it is; turning one row round turns its sign.
    #[test]
    fn only_the_order_counts(pairs in prop::collection::vec((-5_i32..6, -5_i32..6), 2..40)) {
        let of = |change: &dyn Fn((i32, i32)) -> f64| pairs.iter().map(|&pair| Some(change(pair))).collect::<Vec<_>>();
        let (a, b) = (of(&|(a, _)| f64::from(a)), of(&|(_, b)| f64::from(b)));
        let rho = spearman(&a, &b);
        prop_assert_eq!(spearman(&of(&|(a, _)| f64::from(a).exp()), &b), rho);
        prop_assert_eq!(spearman(&of(&|(a, _)| -f64::from(a)), &b), rho.map(|rho| -rho));
        let varies = a.iter().any(|x| *x != a[0]);
        prop_assert_eq!(spearman(&a, &a), varies.then_some(1.0));
    }
}
