//! How long agreement takes: `cargo test --release -p saliency-compare --test speed -- --ignored --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measures"
)]

mod common;

use saliency_compare::Comparison;
use std::time::Instant;

/// 20 methods, 1,000 outputs in 50 texts or in one, 200 values a row and more, 1,000 resamples.
#[test]
#[ignore = "takes seconds without optimisation"]
fn twenty_methods_take_seconds() {
    for (texts, outputs) in [(50, 20), (1, 1000)] {
        let mut records = Vec::new();
        let mut state = 1_u64;
        for text in 0..texts {
            let name = format!("text {text}");
            let mut inputs = vec![" a"; 199];
            inputs.insert(0, &name);
            for method in 0..20 {
                let cell = std::cell::Cell::new(state);
                let value = |_, _| {
                    cell.set(
                        cell.get()
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407),
                    );
                    Some((cell.get() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
                };
                records.push(common::record(
                    &format!("method {method}"),
                    &inputs,
                    &vec![" b"; outputs],
                    value,
                ));
                state = cell.get();
            }
        }
        let values: usize = records.iter().flat_map(|record| &record.attributions).map(Vec::len).sum();
        let start = Instant::now();
        let comparison = Comparison::of(&records).unwrap().by_output(false);
        let scores = comparison.scores().unwrap();
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(scores.agreement.len(), 190 * 13);
        println!("{texts} texts of {outputs} outputs, {values} values: {seconds:.2} s");
    }
}
