//! Rows of perturbation methods are differences of numbers that are rounded: where that shows, in float32 beside
//! float64, the record says so, and where it does not, it says nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{MODELS, open};
use saliency_attribution::{
    Attributor, OutputToken, Parameters, Segmentation, Sequence, Target, TargetFn, method, targets,
};
use saliency_model_gpt2::Gpt2;
use saliency_schema::Record;
use tch::{Kind, Tensor};

/// The share of a row's largest number from which on the record speaks of rounding.
const SAID: f64 = 1e-3;
const METHODS: [(&str, Option<u32>); 6] = [
    ("occlusion", None),
    ("leave-one-out", None),
    ("shapley", Some(2)),
    ("kernel-shap", Some(32)),
    ("lime", Some(32)),
    ("reagent", Some(32)),
];

fn sequence(model: &str) -> Sequence {
    let (ids, _) = common::peer_ids(&common::json(model, "captum.json"));
    Sequence::from_ids(&ids[..6], &ids[6..9]).unwrap()
}

fn run(
    gpt2: &Gpt2,
    sequence: &Sequence,
    (name, samples): (&str, Option<u32>),
    target: Box<dyn Target>,
) -> Record {
    let parameters = samples.map_or(Parameters::new(), |samples| Parameters::new().samples(samples));
    let method = method(name, &parameters).unwrap();
    Attributor::new().with_method(method).with_target(target).record(gpt2, sequence).unwrap()
}

/// How far a row is from the same in float64, in units of that one's largest number.
fn apart(found: &Record, exact: &Record, row: usize) -> f64 {
    let numbers = |r: &Record| r.attributions[row].iter().flatten().copied().collect::<Vec<_>>();
    let (found, exact) = (numbers(found), numbers(exact));
    let largest = exact.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    found.iter().zip(&exact).fold(0.0_f64, |m, (f, e)| m.max((f - e).abs())) / largest
}

/// Whether the record says that a row is rounding.
fn says(record: &Record, row: usize) -> bool {
    record.notes.iter().any(|note| {
        let outputs = note.split_once(": ").unwrap().0;
        let named = outputs == "every output"
            || outputs.trim_start_matches("output ").split(", ").any(|number| number == row.to_string());
        named && note.contains("may be the rounding of float")
    })
}

/// Every row whose numbers rounding changes by a thousandth has the note, and no row has it that is as exact as a
/// hundredth of a percent: the criterion is an estimate, good to a factor of ten.
#[test]
fn rows_that_rounding_changes_are_noted_and_others_not() {
    let (mut noted, mut changed, mut ordinary) = (0, 0, 0);
    for name in MODELS {
        let (single, double) = (open(name, Kind::Float).model, open(name, Kind::Double).model);
        let sequence = sequence(name);
        for method in METHODS {
            for number in 0..targets().len() {
                let target = || {
                    let target = targets().swap_remove(number);
                    target.without(std::iter::once(0..2).collect()).unwrap_or(target)
                };
                let found = run(&single, &sequence, method, target());
                let exact = run(&double, &sequence, method, target());
                for row in 0..3 {
                    let (apart, says) = (apart(&found, &exact, row), says(&found, row));
                    let what = format!("{name}, {}, {}, {row}: {apart:.1e}", method.0, target().name());
                    assert!(says || apart <= SAID, "{what} and no note");
                    assert!(!says || apart > SAID / 10.0, "{what} and a note: {:?}", found.notes);
                    assert!(
                        !self::says(&exact, row),
                        "{what}: float64 is exact enough here: {:?}",
                        exact.notes
                    );
                    noted += usize::from(says);
                    changed += usize::from(apart > SAID);
                    ordinary += usize::from(!says);
                }
            }
        }
    }
    // There is something to tell apart.
    assert!(changed > 0 && noted >= changed && ordinary > 10 * noted, "{changed}, {noted}, {ordinary}");
}

/// The same function, lifted: the larger f is beside its differences, the fewer of their digits are left.
#[test]
fn a_large_target_drowns_its_differences() {
    let (single, double) = (open("gpt2-a", Kind::Float).model, open("gpt2-a", Kind::Double).model);
    let sequence = sequence("gpt2-a");
    for (lift, drowned) in [(0.0, false), (1e5, true), (1e12, true)] {
        let target = || -> Box<dyn Target> {
            Box::new(TargetFn::new("lifted", move |logits: &Tensor, output: OutputToken| {
                Ok(logits.f_select(1, i64::from(output.id))?.f_add_scalar(lift)?)
            }))
        };
        for method in [("occlusion", None), ("leave-one-out", None)] {
            let found = run(&single, &sequence, method, target());
            let exact = run(&double, &sequence, method, target());
            for row in 0..3 {
                let apart = apart(&found, &exact, row);
                assert_eq!(apart > SAID, drowned, "{lift}, {row}: {apart:e}");
                assert_eq!(says(&found, row), drowned, "{lift}, {row}: {:?}", found.notes);
            }
        }
        // A segment's number is spread over its tokens, and its rounding too.
        let whole = Parameters::new().segments(Segmentation::Spans(std::iter::once(0..5).collect()));
        let of = || {
            let method = method("occlusion", &whole).unwrap();
            Attributor::new().with_method(method).with_target(target()).record(&single, &sequence).unwrap()
        };
        assert_eq!(says(&of(), 0), drowned, "{:?}", of().notes);
    }
}

/// Ranks are whole numbers, which are not rounded; and gradients have a note of their own.
#[test]
fn whole_numbers_and_gradients_are_not_meant() {
    let single = open("gpt2-b", Kind::Float).model;
    let sequence = sequence("gpt2-b");
    let rank = TargetFn::new("rank", |logits: &Tensor, output: OutputToken| {
        let own = logits.f_narrow(1, i64::from(output.id), 1)?;
        Ok(logits.f_gt_tensor(&own)?.f_sum_dim_intlist(&[1_i64][..], false, Kind::Int64)?)
    });
    let found = run(&single, &sequence, ("occlusion", None), Box::new(rank));
    assert_eq!(found.notes, [""; 0]);
    let entropy = targets().into_iter().find(|t| t.name() == "entropy").unwrap();
    let found = run(&single, &sequence, ("gradient-x-input", None), entropy);
    assert!((0..3).all(|row| !says(&found, row)), "{:?}", found.notes);
}
