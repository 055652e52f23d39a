//! Integrated gradients with a tolerance: as exact as was asked for, or said to be less; and never without end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::IntegratedGradients;
use saliency_attribution::testing::{Jump, Saturating};
use saliency_attribution::{
    Aggregate, Attributor, Baseline, LanguageModel, Method, Normalize, OutputToken, Problem, Sequence,
    TargetFn, target,
};
use saliency_schema::{Output, Record};
use tch::Tensor;

/// Points that an output may take, and the first rule besides.
const MOST: f64 = 512.0;

fn record(model: &dyn LanguageModel, sequence: &Sequence, method: IntegratedGradients) -> Record {
    let attributor = Attributor::new().with_method(method).target("logit");
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(model, sequence).unwrap()
}

fn within(tolerance: f64) -> IntegratedGradients {
    IntegratedGradients::new().tolerance(tolerance)
}

/// The delta beside the change, from the row itself.
fn relative(record: &Record, row: usize) -> f64 {
    let Output {
        value: Some(value), baseline_value: Some(baseline), sum: Some(sum), delta: Some(delta), ..
    } = record.outputs[row]
    else {
        panic!("something is not recorded: {:?}", record.outputs[row])
    };
    let total: f64 = record.attributions[row].iter().map(|x| x.unwrap()).sum();
    assert!((total - sum).abs() < 1e-12 && (sum - (value - baseline) - delta).abs() < 1e-12);
    delta.abs() / (value - baseline).abs().max(1e-4 * value.abs().max(baseline.abs()))
}

/// `tanh` of a large sum: nearly all of the change lies in the first part of the path.
#[test]
fn a_saturating_path_gets_as_many_points_as_it_needs() {
    let model = Saturating::new(6, 3);
    // Many tokens make a large s, and 8 points miss where tanh bends.
    let sequence = Sequence::from_ids(&[1, 5, 4, 5, 5, 1, 4, 5, 5, 4, 1, 5].repeat(4), &[2, 0, 4]).unwrap();
    let fixed = record(&model, &sequence, IntegratedGradients::new().steps(8).exact_weights(true));
    assert!((0..3).any(|row| relative(&fixed, row) > 1e-2), "8 points are too few");
    let mut before = vec![0; 3];
    for tolerance in [1e-2, 1e-4, 1e-6, 1e-9] {
        let found = record(&model, &sequence, within(tolerance));
        for (row, before) in before.iter_mut().enumerate() {
            let (relative, steps) = (relative(&found, row), found.outputs[row].steps.unwrap());
            assert!(relative <= tolerance, "row {row}: {relative:e} for {tolerance:e}");
            assert!(steps >= *before && f64::from(steps) <= MOST, "row {row}: {steps} after {before}");
            *before = steps;
        }
        // At most that the change is steep: that it converged is not in doubt.
        assert!(!found.notes.iter().any(|note| note.contains("did not converge")), "{:?}", found.notes);
        assert_eq!(found.method.unwrap().parameters["tolerance"].as_f64(), Some(tolerance));
    }
    assert!(before.iter().any(|steps| *steps > 8 * 4), "{before:?}");
    // As exact as its sum is: the closed form, e · W tanh(s)/s.
    let found = record(&model, &sequence, within(1e-9));
    for (row, output) in [2.0, 0.0, 4.0].into_iter().enumerate() {
        let part = |id: &u32| -> f64 {
            let term = |h: f64| ((3.0 * f64::from(*id) + h).sin() + 1.0) * (2.0 * output + 5.0 * h).cos();
            term(0.0) + term(1.0) + term(2.0)
        };
        let parts: Vec<f64> = sequence.ids()[..48 + row].iter().map(part).collect();
        let s: f64 = parts.iter().sum();
        for (found, part) in found.attributions[row].iter().zip(parts) {
            assert!((found.unwrap() - part * s.tanh() / s).abs() < 1e-7);
        }
    }
}

/// What the jumping model's integrated gradients are in closed form.
fn closed_form(ids: &[u32], output: u32, hidden: i64, epsilon: f64) -> Vec<f64> {
    let axis = || (0..hidden).map(|h| h as f64);
    let embedding = |id: u32| axis().map(|h| 1.0 + (3.0 * f64::from(id) + h).sin()).collect::<Vec<_>>();
    let weights: Vec<f64> = axis().map(|h| (2.0 * f64::from(output) + 5.0 * h).cos()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let embeddings: Vec<_> = ids.iter().map(|id| embedding(*id)).collect();
    let s: Vec<f64> = (0..hidden as usize).map(|h| embeddings.iter().map(|e| e[h]).sum()).collect();
    let m = dot(&s, &s) / hidden as f64;
    let a = (m / epsilon).sqrt().asinh() / m.sqrt();
    let b = (a - 1.0 / (m + epsilon).sqrt()) / m;
    let one = |e: &Vec<f64>| a * dot(e, &weights) - b * dot(&s, &weights) * dot(&s, e) / hidden as f64;
    embeddings.iter().map(one).collect()
}

#[test]
fn a_jump_that_can_be_resolved_is_and_is_pointed_out() {
    let (model, ids) = (Jump::new(6, 4, 1e-6), [1, 4, 2, 3]);
    let sequence = Sequence::from_ids(&ids[..3], &[3, 5]).unwrap();
    let found = record(&model, &sequence, within(1e-6));
    for (row, output) in [3, 5].into_iter().enumerate() {
        assert!(relative(&found, row) <= 1e-6);
        let expected = closed_form(&ids[..3 + row], output, 4, 1e-6);
        let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (found, expected) in found.attributions[row].iter().zip(expected) {
            assert!((found.unwrap() - expected).abs() < 1e-5 * largest, "{found:?} {expected}");
        }
    }
    let note = found.notes.join("\n");
    assert!(note.contains("of the target's change lies between 0.000000 and 0."), "{note}");
    assert!(note.contains("another baseline (eos, mean, another text)"), "{note}");
    assert!(!note.contains("did not converge"), "{note}");
    // A fixed number of points is far off, and the delta says so.
    let fixed = record(&model, &sequence, IntegratedGradients::new());
    assert!((0..2).all(|row| relative(&fixed, row) > 0.1));
}

#[test]
fn a_jump_that_can_not_be_resolved_ends_and_says_what_to_try() {
    let model = Jump::new(6, 4, 1e-24);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    for tolerance in [1e-2, 1e-6] {
        let found = record(&model, &sequence, within(tolerance));
        let note = found.notes.join("\n");
        for row in 0..2 {
            assert!(relative(&found, row) > tolerance, "what is said not to converge has not");
            assert!(f64::from(found.outputs[row].steps.unwrap()) <= MOST);
            assert!(found.attributions[row].iter().all(|x| x.unwrap().is_finite()));
        }
        assert!(note.starts_with("every output: did not converge: the relative delta is 1.00e0"), "{note}");
        let place = "lies between 0.000000 and 0.000015 of the path, where it is all but a jump";
        assert!(note.contains(place), "{note}");
        assert!(note.contains("another baseline (eos, mean, another text)"), "{note}");
    }
    // And what it says to try helps.
    for baseline in ["eos", "mean", "token:2", "ids:0,5"] {
        let method = within(1e-4).baseline(baseline.parse::<Baseline>().unwrap());
        let found = record(&model, &sequence, method);
        assert!((0..2).all(|row| relative(&found, row) <= 1e-4), "{baseline}");
        assert_eq!(found.notes, [""; 0], "{baseline}");
    }
}

/// However wild a target is, the points are counted.
#[test]
fn a_target_that_never_rests_ends_too() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    let wild = TargetFn::new("wild", |logits: &Tensor, output: OutputToken| {
        Ok(logits.f_select(1, i64::from(output.id))?.f_mul_scalar(1e7)?.f_sin()?)
    });
    for steps in [2, 8, 40] {
        let problem = Problem::new(&model, &sequence, &wild).unwrap();
        let method = within(1e-9).steps(steps);
        let mut rows = 0;
        method
            .attribute(&problem, &mut |explanation| {
                rows += 1;
                assert!(explanation.notes[0].contains("did not converge"));
                Ok(())
            })
            .unwrap();
        assert_eq!(rows, 2);
        let evaluated = problem.cost().backwards / 2.0;
        assert!(evaluated <= MOST + f64::from(steps), "{steps} on a stretch: {evaluated} points");
    }
}

/// Sum, f(x), f(baseline), delta and steps are in every record, with a tolerance or without.
#[test]
fn what_an_integral_rests_on_is_recorded() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    let logit = target("logit").unwrap();
    let problem = Problem::new(&model, &sequence, &*logit).unwrap();
    for (method, steps) in [
        (IntegratedGradients::new(), Some(50)),
        (IntegratedGradients::new().steps(7), Some(7)),
        (within(1e-3), None),
    ] {
        let found = record(&model, &sequence, method);
        for (row, output) in found.outputs.iter().enumerate() {
            relative(&found, row);
            let zero = problem.forward(&problem.embeddings().zeros_like(), 0..2).unwrap();
            let baseline = problem.value(&zero, row).unwrap().double_value(&[0]);
            assert!((output.value.unwrap() - problem.value_at_input(row).unwrap()).abs() < 1e-15);
            assert!((output.baseline_value.unwrap() - baseline).abs() < 1e-15);
            assert!(output.steps.is_some() && (steps.is_none() || output.steps == steps));
        }
    }
}

/// Where the target is the same all along the path there is nothing to integrate, and nothing to warn of.
#[test]
fn a_target_that_never_changes_converges() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    let nothing = TargetFn::new("nothing", |logits: &Tensor, output: OutputToken| {
        Ok(logits.f_select(1, i64::from(output.id))?.f_mul_scalar(0.0)?)
    });
    let attributor = Attributor::new().with_method(within(1e-2)).with_target(nothing);
    let found = attributor.record(&model, &sequence).unwrap();
    assert_eq!(found.notes, [""; 0]);
    assert!(found.attributions.iter().flatten().all(|x| *x == Some(0.0)));
}

/// What goes with a tolerance is the same however a method is made.
#[test]
fn a_tolerance_refuses_what_it_does_not_take_however_it_is_asked() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3]).unwrap();
    let refused = |method: IntegratedGradients| {
        let attributor = Attributor::new().with_method(method);
        attributor.record(&model, &sequence).unwrap_err().to_string()
    };
    let message = refused(within(0.01).rule("trapezoid".parse().unwrap()));
    assert_eq!(message, "rule is trapezoid, and must be gauss-legendre with a tolerance");
    let message = refused(within(0.01).steps(513));
    assert_eq!(message, "steps is 513, and must be from 1 to 512 on each stretch, with a tolerance");
}

/// A sum of outputs whose changes cancel is less exact than each of them; the record says so where it is.
#[test]
fn a_span_keeps_its_tolerance_where_its_terms_cancel() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    // ± the same function but for a ten-thousandth: each changes by as much, their sum by next to nothing.
    let opposed = TargetFn::new("opposed", |logits: &Tensor, output: OutputToken| {
        let f = logits.f_select(1, 3)?;
        Ok(f.f_mul_scalar(if output.output == 0 { 1.0 } else { -1.0001 })?)
    });
    let attributor = Attributor::new().with_method(within(1e-3).steps(2)).with_target(opposed);
    let span = attributor.span(0..2).record(&model, &sequence).unwrap();
    let output = &span.outputs[0];
    let change = output.value.unwrap() - output.baseline_value.unwrap();
    assert!(output.delta.unwrap().abs() <= 1e-3 * change.abs(), "{output:?}");
    assert!(span.notes.is_empty(), "{:?}", span.notes);
}

/// Over two baselines the target changes by about as much up as down, so that the mean of the changes is next to
/// nothing, and the tolerance was kept for each.
#[test]
fn a_mean_whose_terms_cancel_says_what_is_left_of_its_tolerance() {
    let model = Saturating::new(6, 2);
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3]).unwrap();
    let baseline = Baseline::Sampled { draws: 2, seed: 0 };
    let method = within(1e-3).steps(2).baseline(baseline);
    let change =
        |record: &Record| record.outputs[0].value.unwrap() - record.outputs[0].baseline_value.unwrap();
    let run = |b: f64, less: f64| {
        let target = TargetFn::new("opposed", move |logits: &Tensor, _| {
            let other = logits.f_select(1, 5)?.f_mul_scalar(b)?;
            Ok(logits.f_select(1, 3)?.f_sub(&other)?.f_sub_scalar(less)?)
        });
        let attributor = Attributor::new().with_method(method.clone()).with_target(target);
        attributor.record(&model, &sequence).unwrap()
    };
    let (one, both) = (change(&run(0.0, 0.0)), change(&run(1.0, 0.0)));
    let b = 1.01 * one / (one - both);
    // f(x) is zero, so that f itself does not dwarf the change.
    let record = run(b, run(b, 0.0).outputs[0].value.unwrap());
    let relative = record.outputs[0].delta.unwrap().abs() / change(&record).abs();
    let said = record.notes.iter().any(|note| note.contains("the terms' changes cancel"));
    assert!(said && relative > 1e-3, "{relative:e}: {:?}", record.notes);
}
