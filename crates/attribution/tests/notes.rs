//! What a record says of its own numbers: integrals that miss what they should add up to, and differences that are zero
//! by construction.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::{GradientShap, IntegratedGradients};
use saliency_attribution::targets::{ContrastLogProbability, ContrastLogit, ContrastProbability};
use saliency_attribution::testing::{Jump, Linear, Saturating};
use saliency_attribution::{
    Aggregate, Alternatives, Attributor, ForTokens, LanguageModel, Limits, Method, ModelError, Sequence,
    Target, TokenId,
};
use saliency_schema::Record;
use std::ops::Range;
use tch::Tensor;

fn with(method: impl Method + 'static) -> Attributor {
    Attributor::new().with_method(method).target("logit")
}

fn points(steps: u32) -> IntegratedGradients {
    IntegratedGradients::new().steps(steps).exact_weights(true)
}

/// The delta beside the change of the target, by the record's own numbers.
fn relative(record: &Record, row: usize) -> f64 {
    let output = &record.outputs[row];
    let (value, baseline) = (output.value.unwrap(), output.baseline_value.unwrap());
    (output.sum.unwrap() - (value - baseline)).abs()
        / (value - baseline).abs().max(1e-4 * value.abs().max(baseline.abs()))
}

/// The notes that speak of a missed change: of which outputs, and how much.
fn missed(record: &Record) -> Vec<(&str, &str)> {
    let said =
        " the attributions miss the change of the target that they are to add up to, f(x) − f(baseline), by ";
    record
        .notes
        .iter()
        .filter_map(|note| note.split_once(said).map(|(who, rest)| (who.trim_end_matches(':'), rest)))
        .collect()
}

/// On a path that jumps every output misses its change; the size is the largest of the rows' own.
#[test]
fn an_integral_that_misses_its_change_is_noted_with_size_and_repair() {
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    let record = with(IntegratedGradients::new()).record(&Jump::new(6, 4, 1e-6), &sequence).unwrap();
    let largest = relative(&record, 0).max(relative(&record, 1));
    assert!(relative(&record, 0).min(relative(&record, 1)) > 0.05);
    let [(who, rest)] = missed(&record)[..] else { panic!("{:?}", record.notes) };
    assert_eq!(who, "every output");
    let expected =
        format!("up to {:.0} % of it; ask for a tolerance, such as 0.01, or for more steps", 100.0 * largest);
    assert_eq!(rest, expected);
    // What it says to ask for helps.
    let record = with(IntegratedGradients::new().tolerance(0.01));
    let record = record.record(&Jump::new(6, 4, 1e-6), &sequence).unwrap();
    assert_eq!(missed(&record), [], "{:?}", record.notes);
}

/// Outputs are named where the delta is above 5 %, and only there.
#[test]
fn outputs_above_five_percent_are_named_and_no_others() {
    let model = Saturating::new(6, 3);
    let sequence = Sequence::from_ids(&[1, 5, 4, 5, 5, 1, 4, 5, 5, 4, 1, 5], &[2, 0, 4, 1, 3]).unwrap();
    let (mut some, mut none) = (0, 0);
    for steps in 1..=16 {
        let record = with(points(steps)).record(&model, &sequence).unwrap();
        let above: Vec<_> = (0..5).filter(|row| relative(&record, *row) > 0.05).collect();
        let names: Vec<_> = above.iter().map(ToString::to_string).collect();
        let found: Vec<_> = missed(&record).into_iter().map(|(who, _)| who.to_owned()).collect();
        match above.len() {
            0 => assert_eq!(found, [""; 0], "{steps}"),
            5 => assert_eq!(found, ["every output"], "{steps}"),
            _ => assert_eq!(found, [format!("output {}", names.join(", "))], "{steps}"),
        }
        some += usize::from(!above.is_empty());
        none += usize::from(above.is_empty());
    }
    assert!(some > 0 && none > 0, "{some} {none}");
    // A span has one row.
    let record = with(points(1)).span(0..2).record(&model, &sequence).unwrap();
    let found = missed(&record).len();
    assert_eq!(found, usize::from(relative(&record, 0) > 0.05));
}

/// Where draws stand for points, draws are what more of helps. On a linear model every way is exact, and nothing is
/// said.
#[test]
fn draws_are_named_where_they_stand_for_points() {
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    let few = || with(GradientShap::new().samples(2).seed(1));
    let record = few().record(&Jump::new(6, 4, 1e-6), &sequence).unwrap();
    assert!(relative(&record, 0) > 0.05);
    assert!(missed(&record)[0].1.ends_with("; ask for more samples"), "{:?}", record.notes);
    for attributor in [few(), with(points(1))] {
        let record = attributor.record(&Linear::new(6, 3), &sequence).unwrap();
        assert_eq!(record.notes, [""; 0]);
    }
}

fn notes(target: &dyn Target, sequence: &Sequence) -> Vec<String> {
    let model: &dyn LanguageModel = &Linear::new(6, 3);
    let mut notes = Vec::new();
    for name in ["gradient-x-input", "integrated-gradients", "occlusion"] {
        let against = Attributor::new().method(name).with_target(copy(target));
        let found = against.record(model, sequence).unwrap();
        if name != "gradient-x-input" {
            assert_eq!(found.notes, notes, "{name}");
        }
        notes = found.notes;
    }
    notes
}

/// The same target once more: through its alternatives, which it is asked with again.
fn copy(target: &dyn Target) -> Box<dyn Target> {
    let ids = |name: &str| -> Option<Vec<TokenId>> {
        serde_json::from_value(target.describe().parameters.get(name)?.clone()).ok()
    };
    let alternatives = match (ids("alternative_ids"), ids("alternative_ids_by_output")) {
        (Some(same), _) => Alternatives::Same(same),
        (None, Some(each)) => Alternatives::Each(each),
        (None, None) => Alternatives::RunnerUp,
    };
    target.against(alternatives).unwrap()
}

const ITSELF: &str = "the token is held against itself, so that the difference is zero by construction; name another alternative";

#[test]
fn a_contrast_of_a_token_with_itself_says_that_it_is_zero() {
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    for of in [
        |a| Box::new(ContrastLogit::against(a)) as Box<dyn Target>,
        |a| Box::new(ContrastProbability::against(a)) as _,
        |a| Box::new(ContrastLogProbability::against(a)) as _,
    ] {
        assert_eq!(notes(&*of(Alternatives::RunnerUp), &sequence), [""; 0]);
        assert_eq!(notes(&*of(Alternatives::Same(vec![0])), &sequence), [""; 0]);
        assert_eq!(notes(&*of(Alternatives::Same(vec![3])), &sequence), [format!("output 0: {ITSELF}")]);
        assert_eq!(
            notes(&*of(Alternatives::Each(vec![3, 5])), &sequence),
            [format!("every output: {ITSELF}")]
        );
        let share = "1 of 2 alternatives is the token itself, which takes that share of the difference away; leave it out";
        assert_eq!(notes(&*of(Alternatives::Same(vec![5, 0])), &sequence), [format!("output 1: {share}")]);
        // The chosen token and its alternative are the same, in the first output's place.
        let chosen = ForTokens::new(of(Alternatives::Same(vec![2])), vec![Some(2), None]);
        let record = Attributor::new().with_target(chosen).record(&Linear::new(6, 3), &sequence).unwrap();
        assert_eq!(record.notes, [format!("output 0: {ITSELF}")]);
        assert!(record.attributions[0].iter().all(|x| *x == Some(0.0)));
        assert!(record.attributions[1].iter().any(|x| *x != Some(0.0)));
    }
}

/// A linear model of what embeddings have besides their mean, as one that begins with a layer norm is.
struct Centred(Linear);

impl LanguageModel for Centred {
    fn name(&self) -> &'static str {
        "toy centred"
    }
    fn limits(&self) -> Limits {
        self.0.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.0.embed(ids)
    }
    fn logits(&self, embeddings: &Tensor, n: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let mean = embeddings.f_mean_dim(&[-1_i64][..], true, None)?;
        self.0.logits(&embeddings.f_sub(&mean)?, n, positions)
    }
}

/// The note says what was found, of whatever model, and not why: that is the model's business.
#[test]
fn sums_that_cancel_are_said_to_cancel_and_no_more() {
    let sequence = Sequence::from_ids(&[1, 4, 2], &[3, 5]).unwrap();
    let sum = || Attributor::new().method("gradient").aggregate(Aggregate::Sum);
    let record = sum().record(&Centred(Linear::new(6, 3)), &sequence).unwrap();
    assert_eq!(
        record.notes,
        [
            "2 of 2 rows are zero: the sum over hidden dimensions of gradient cancels to rounding noise; use the aggregate l2, l1 \
          or max-abs, or gradient-x-input"
        ]
    );
    assert!(record.attributions.iter().flatten().all(|x| *x == Some(0.0)));
    assert_eq!(sum().record(&Linear::new(6, 3), &sequence).unwrap().notes, [""; 0]);
    // What it says to ask for helps.
    let length = sum().aggregate(Aggregate::L2).record(&Centred(Linear::new(6, 3)), &sequence).unwrap();
    let product = Attributor::new().method("gradient-x-input").aggregate(Aggregate::Sum);
    for record in [length, product.record(&Centred(Linear::new(6, 3)), &sequence).unwrap()] {
        assert_eq!(record.notes, [""; 0]);
        assert!(record.attributions.iter().flatten().all(|x| x.unwrap() != 0.0));
    }
}
