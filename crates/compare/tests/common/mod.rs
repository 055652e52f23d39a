//! Records to compare.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_compare::saliency_schema::{Kind, Method, Record, Token};

/// A record by a method, of a text in tokens and its continuation; rows by a function of output and token.
pub(crate) fn record(
    method: &str,
    inputs: &[&str],
    outputs: &[&str],
    value: impl Fn(usize, usize) -> Option<f64>,
) -> Record {
    let kinds = [(inputs, Kind::Input), (outputs, Kind::Output)];
    let tokens =
        kinds.into_iter().flat_map(|(texts, kind)| texts.iter().map(move |text| Token::new(0, *text, kind)));
    let rows = (0..outputs.len()).map(|r| (0..inputs.len() + r).map(|i| value(r, i)).collect()).collect();
    Record::new(tokens.collect(), rows).unwrap().with_method(Method::new(method)).with_signed(true)
}
