//! How long infidelity takes: `cargo test --release -p saliency-demo-model --test infidelity -- --ignored --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measures"
)]

use saliency_attribution::{Attributor, Baseline, Faithfulness, Generation, target};
use saliency_checkpoint::Load;
use std::time::Instant;

const OUTPUTS: usize = 30;

/// 64 random subsets and 5 steps in both directions, at 30 outputs.
#[test]
#[ignore = "takes seconds without optimisation"]
fn infidelity_takes_seconds() {
    let demo = saliency_demo_model::open(&Load::default()).unwrap();
    let text = include_str!("../../../examples/abigail.txt").trim_end();
    let mut generation = Generation::greedy(OUTPUTS);
    generation.at_least = OUTPUTS;
    let sequence = demo.generate(text, &generation).unwrap();
    let target = target("log-probability").unwrap();
    let begun = Instant::now();
    let record = Attributor::new().target("log-probability").record(&demo.model, &sequence).unwrap();
    let outputs: Vec<usize> = (0..OUTPUTS).collect();
    let faithfulness = Faithfulness::new()
        .operators(vec![Baseline::Zero.into()])
        .steps(5)
        .random_orders(0)
        .leave_one_out(false)
        .soft(0);
    let measured =
        faithfulness.measure(&demo.model, &sequence, &*target, &[&record], &outputs, &mut |_| true).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let infidelity = measured.measurements.iter().map(|m| m.metrics["infidelity"].unwrap()).sum::<f64>();
    println!("{seconds:.2} s; mean infidelity {:.3}; {:?}", infidelity / OUTPUTS as f64, measured.cost);
}
