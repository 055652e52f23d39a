//! What records are called beside each other.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{Kind, Method, Record, Token, labels};

fn record(value: f64) -> Record {
    let tokens = vec![Token::new(0, "a", Kind::Input), Token::new(1, "b", Kind::Output)];
    Record::new(tokens, vec![vec![Some(value)]]).unwrap()
}

#[test]
fn a_method_alone_is_its_name() {
    let made = |name: &str| record(1.0).with_method(Method::new(name)).with_aggregate("l2");
    assert_eq!(labels(&[made("gradient"), made("alti"), made("gradient")]), ["gradient", "alti", "gradient"]);
    assert_eq!(labels(&[record(1.0)]), ["attribution"]);
}

#[test]
fn what_differs_is_told() {
    let gradient = || record(1.0).with_method(Method::new("gradient-x-input")).with_normalize("sum");
    let steps = |n| record(1.0).with_method(Method::new("integrated-gradients").with_steps(n));
    let records = [
        gradient().with_aggregate("l2"),
        gradient().with_aggregate("sum").with_signed(true),
        steps(50),
        steps(8),
    ];
    assert_eq!(
        labels(&records),
        [
            "gradient-x-input (l2)",
            "gradient-x-input (sum)",
            "integrated-gradients (steps 50)",
            "integrated-gradients (steps 8)"
        ]
    );
    assert_eq!(labels(&[record(1.0), record(-1.0)]), ["attribution (without sign)", "attribution (signed)"]);
}

#[test]
fn a_sign_is_as_recorded_or_as_seen() {
    assert!(record(-1.0).is_signed() && !record(1.0).is_signed());
    assert!(!record(-1.0).with_signed(false).is_signed() && record(1.0).with_signed(true).is_signed());
}
