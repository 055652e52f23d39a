//! How many bytes a picture takes at the most.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{draw, run_30, state};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Options, Theme};

#[test]
fn run_30_is_small() {
    let record = run_30();
    for theme in Theme::ALL {
        for (hover, lock) in
            [(None, None), (Some(12), None), (None, Some(4)), (Some(12), Some(4)), (Some(29), Some(28))]
        {
            let options = Options { theme, token: Some(60), ..state(hover, lock) };
            let bytes = draw("tall-heatmap", &record, &options).to_svg().len();
            assert!(bytes < 100_000, "{theme:?}, hover {hover:?}, lock {lock:?}: {bytes} bytes");
        }
    }
}

#[test]
fn a_thousand_inputs_and_two_thousand_outputs_stay_small() {
    let (n_input, n_output) = (1000, 2000);
    let kind = |i: usize| if i < n_input { Kind::Input } else { Kind::Output };
    let tokens =
        (0..n_input + n_output).map(|i| Token::new(i as u32, format!(" word{i}"), kind(i))).collect();
    // A long tail, as attributions have: most values small, near ones and a few others large.
    let value = |row: usize, i: usize| {
        let near = 1.0 / (1.0 + (n_input + row - i) as f64);
        near + 0.02 / (1.0 + ((row * 7919 + i * 104_729) % 9973) as f64)
    };
    let rows = (0..n_output).map(|r| (0..n_input + r).map(|i| Some(value(r, i))).collect()).collect();
    let record = Record::new(tokens, rows).unwrap();
    let bytes = draw("long-output", &record, &Options::default()).to_svg().len();
    assert!(bytes < 2_500_000, "{bytes}");
}
