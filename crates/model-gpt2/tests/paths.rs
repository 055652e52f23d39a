//! Where a path begins in a model with learned positions.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{folder, open};
use saliency_attribution::targets::Logit;
use saliency_attribution::{Attributor, Baseline, Parameters, Problem, Sequence, method};
use tch::Kind;

const MODEL: &str = "gpt2-a";
const N_INPUT: usize = 4;
fn sequence() -> Sequence {
    assert!(folder(MODEL).is_dir());
    let (ids, _) = common::peer_ids(&common::json(MODEL, "captum.json"));
    Sequence::from_ids(&ids[..N_INPUT], &ids[N_INPUT..N_INPUT + 2]).unwrap()
}

/// Positions that move: the path begins at the baseline's embeddings alone, and ends at tokens with positions. What a
/// row adds up to is then f(x) less f there, by a pass of its own; and the baseline's positions are no part of it.
#[test]
fn moving_positions_begin_at_no_position() {
    let gpt2 = open(MODEL, Kind::Double).model;
    let (sequence, logit) = (sequence(), Logit);
    let problem = Problem::new(&gpt2, &sequence, &logit).unwrap();
    let inside = problem.inside("this test").unwrap();
    let input = problem.embeddings();
    let one = problem.embed(&[7]).unwrap();
    for (name, start) in [("zero", input.zeros_like()), ("token:7", one.expand_as(&input).contiguous())] {
        let rows = |positions: &str| {
            let parameters = Parameters::new()
                .tolerance(1e-6)
                .baseline(name.parse::<Baseline>().unwrap())
                .positions(positions.parse().unwrap());
            let method = method("integrated-gradients", &parameters).unwrap();
            let attributor = Attributor::new().with_method(method).with_target(Logit);
            attributor.record(&gpt2, &sequence).unwrap()
        };
        let (moved, stayed) = (rows("move"), rows("stay"));
        assert_eq!(moved.notes, [""; 0], "{name}");
        for row in 0..2 {
            let position = N_INPUT - 1 + row;
            let logits = inside.logits_from(0, &start, position..position + 1).unwrap();
            let id = i64::from(sequence.ids()[N_INPUT + row]);
            let (expected, found) = (logits.double_value(&[0, 0, id]), &moved.outputs[row]);
            assert!((found.baseline_value.unwrap() - expected).abs() < 1e-12, "{name}, {row}");
            let change = found.value.unwrap() - expected;
            assert!((found.sum.unwrap() - change).abs() <= 1e-6 * change.abs(), "{name}, {row}");
            let apart = (stayed.outputs[row].baseline_value.unwrap() - expected).abs();
            assert!(apart > 1e-4, "{name}, {row}: positions change nothing here: {apart:e}");
        }
    }
}
