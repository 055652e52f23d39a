//! What stands in a record beside a row's numbers: in the row's unit, or not at all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::{GradientShap, GradientXInput, KernelShap, Shapley};
use saliency_attribution::testing::{Linear, Saturating};
use saliency_attribution::{Aggregate, Attributor, Baseline, Method, Normalize, Sequence};
use saliency_schema::Record;

fn sequence() -> Sequence {
    Sequence::from_ids(&[1, 4, 2, 0], &[3, 5, 2]).unwrap()
}

fn record(attributor: Attributor) -> Record {
    attributor.target("logit").record(&Saturating::new(6, 2), &sequence()).unwrap()
}

fn with(method: impl Method + 'static) -> Attributor {
    Attributor::new().with_method(method)
}

fn row(record: &Record) -> Vec<f64> {
    record.attributions[0].iter().map(|x| x.unwrap()).collect()
}

/// Of a span, what its own tokens gave to each other is reduced and scaled as the row is: both together are to each
/// other as all numbers of the two rows' sum are, whatever the unit.
#[test]
fn within_a_span_is_in_the_unit_of_its_row() {
    let plain = |aggregate| {
        let attributor = with(GradientXInput).aggregate(aggregate).normalize(Normalize::None).span(0..2);
        let record = record(attributor);
        (row(&record), record.outputs[0].within.unwrap())
    };
    for aggregate in Aggregate::ALL {
        let (plain_row, plain_within) = plain(aggregate);
        for normalize in [Normalize::Sum, Normalize::SumAbs, Normalize::MaxAbs] {
            if aggregate.is_signed() && normalize == Normalize::Sum {
                continue;
            }
            let record = record(with(GradientXInput).aggregate(aggregate).normalize(normalize).span(0..2));
            let scale = row(&record)[0] / plain_row[0];
            let within = record.outputs[0].within.unwrap();
            assert!((within - scale * plain_within).abs() < 1e-12, "{aggregate:?} {normalize:?}");
        }
        // Only the second output of the span has read a token of it, the first: that row's own number is what is
        // within.
        let rows = record(with(GradientXInput).aggregate(aggregate).normalize(Normalize::None));
        assert!((plain_within - rows.attributions[1][4].unwrap()).abs() < 1e-12, "{aggregate:?}");
    }
}

#[test]
fn what_a_method_says_nothing_of_is_missing_within_a_span_too() {
    for method in [Box::new(Shapley::new()) as Box<dyn Method>, Box::new(KernelShap::new())] {
        let record = record(Attributor::new().with_method(method).span(0..2));
        assert_eq!(record.outputs[0].within, None);
    }
}

/// A span's row is its own output's, number 0, and its notes are about that one.
#[test]
fn notes_of_a_span_are_about_its_row() {
    let record = record(with(KernelShap::new().samples(2).seed(0)).span(1..3));
    assert_eq!(record.outputs.len(), 1);
    assert!(record.notes.iter().all(|note| note.starts_with("every output: ")), "{:?}", record.notes);
    assert_eq!(record.notes.len(), 1);
}

/// Standard errors are those of sums: of a mean they are as much smaller as it is, of a norm they are not known.
#[test]
fn standard_errors_follow_the_aggregate() {
    let of = |aggregate| {
        let method = GradientShap::new().samples(9).seed(1);
        record(with(method).aggregate(aggregate).normalize(Normalize::None))
    };
    let (sums, means) = (of(Aggregate::Sum), of(Aggregate::Mean));
    let hidden = 2.0;
    for (sum, mean) in sums.standard_errors.iter().flatten().zip(means.standard_errors.iter().flatten()) {
        assert!((sum.unwrap() / hidden - mean.unwrap()).abs() < 1e-15 && sum.unwrap() > 0.0);
    }
    for aggregate in [Aggregate::L1, Aggregate::L2, Aggregate::MaxAbs] {
        let norms = of(aggregate);
        assert!(norms.standard_errors.is_empty());
        assert!(norms.notes.iter().any(|note| note.contains("standard errors")), "{:?}", norms.notes);
    }
    // One number a token has no other sum.
    let one = record(with(Shapley::new().samples(5).seed(1)).aggregate(Aggregate::L2));
    assert!(!one.standard_errors.is_empty());
}

/// With noise a row adds up to E[f(x̃)] − E[f(b)], which nobody has computed: there is no delta to give.
#[test]
fn gradient_shap_has_a_delta_only_without_noise() {
    let delta = |noise| record(with(GradientShap::new().samples(9).noise(noise).seed(1))).outputs[0].delta;
    assert!(delta(0.0).is_some() && delta(0.1).is_none());
}

/// How many draws a row rests on is said where the text decides it.
#[test]
fn draws_that_the_text_decides_are_recorded() {
    let tokens: Vec<u32> = (0..15).map(|i| i % 6).collect();
    let sequence = Sequence::from_ids(&tokens, &[3]).unwrap();
    let found = |method: Box<dyn Method>| {
        let record = Attributor::new().with_method(method).record(&Linear::new(6, 2), &sequence).unwrap();
        (record.outputs[0].samples, record.method.unwrap().parameters["seed"].as_u64())
    };
    // 25 pairs beyond 14 players; 2 · 15 + 512 coalitions.
    assert_eq!(found(Box::new(Shapley::new())), (Some(25), Some(0)));
    assert_eq!(found(Box::new(KernelShap::new())), (Some(542), Some(0)));
    let few = Sequence::from_ids(&tokens[..3], &[3]).unwrap();
    for method in [Box::new(Shapley::new()) as Box<dyn Method>, Box::new(KernelShap::new())] {
        let record = Attributor::new().with_method(method).record(&Linear::new(6, 2), &few).unwrap();
        assert_eq!(record.outputs[0].samples, None, "all coalitions, nothing drawn");
    }
}

/// A row's largest number is what it is divided by; what is not a number leaves none.
#[test]
fn normalising_does_not_lose_what_is_not_a_number() {
    let mut row = [5.0, f64::NAN, 2.0];
    Normalize::MaxAbs.apply(&mut row);
    assert!(row.iter().all(|x| x.is_nan()), "{row:?}");
    assert_eq!("zero".parse::<Baseline>().unwrap(), Baseline::Zero);
}
