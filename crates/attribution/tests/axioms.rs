//! What each method's card promises, tried on toy models; and that the trials find out who does not keep a promise.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use saliency_attribution::testing::{Disguised, Power, Saturating};
use saliency_attribution::{
    Ablation, Aggregate, Attributor, Axiom, Baseline, Error, InteractionIndex, LanguageModel, Limits, Method,
    ModelError, Needs, Normalize, OutputToken, Parameters, Problem, Quadrature, RowKind, Scope, Segmentation,
    Sequence, Target, TargetFn, method, methods, target,
};
use saliency_schema::Record;
use std::ops::Range;
use tch::Tensor;

/// Rounding of a few thousand float64 operations on values around 1; integrated gradients round their weights to single
/// precision.
const ROUNDING: f64 = 1e-6;
const VOCABULARY: i64 = 6;

/// A method by name, with parameters.
#[derive(Debug)]
struct Case {
    name: &'static str,
    parameters: Parameters,
}

impl Case {
    fn new(name: &'static str, parameters: Parameters) -> Self {
        Self { name, parameters }
    }

    /// With its default parameters.
    fn plain(name: &'static str) -> Self {
        Self::new(name, Parameters::new())
    }

    fn make(&self) -> Box<dyn Method> {
        method(self.name, &self.parameters).unwrap()
    }

    /// Whether its baseline is a distribution.
    fn is_drawn(&self) -> bool {
        self.make().describe().baseline.is_some_and(|baseline| baseline.starts_with("sampled"))
    }

    fn record(&self, model: &dyn LanguageModel, sequence: &Sequence, target: Box<dyn Target>) -> Record {
        let attributor = Attributor::new().with_method(self.make()).with_target(target);
        attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).record(model, sequence).unwrap()
    }

    /// The rows of numbers; missing ones are not in them.
    fn rows(&self, model: &dyn LanguageModel, sequence: &Sequence, target: Box<dyn Target>) -> Vec<Vec<f64>> {
        rows(&self.record(model, sequence, target))
    }
}

fn rows(record: &Record) -> Vec<Vec<f64>> {
    record.attributions.iter().map(|row| row.iter().flatten().copied().collect()).collect()
}

/// Every method that any model will do for, as it is and with parameters that matter to what it promises.
fn cases() -> Vec<Case> {
    let any = methods().into_iter().filter(|m| m.card().needs == Needs::Embeddings);
    let mut cases: Vec<_> = any.map(|m| Case::plain(m.name())).collect();
    let given = Parameters::new;
    let token = || given().baseline(Baseline::Token(2));
    cases.extend([
        Case::new("gradient", given().absolute(true)),
        Case::new("integrated-gradients", token()),
        Case::new("integrated-gradients", given().baseline(Baseline::Sampled { draws: 3, seed: 1 })),
        Case::new("integrated-gradients", given().tolerance(1e-8)),
        Case::new("integrated-gradients", given().rule(Quadrature::Trapezoid)),
        Case::new("sequential-integrated-gradients", token()),
        Case::new("occlusion", token()),
        Case::new("occlusion", given().baseline(Ablation::Deletion)),
        Case::new("occlusion", given().segments(Segmentation::Words)),
        Case::new("shapley", token()),
        Case::new("shapley", given().segments(Segmentation::Spans(std::iter::once(0..1).collect()))),
        Case::new("shapley", given().players(Scope::All)),
        Case::new("occlusion-pairs", token()),
        Case::new("occlusion-pairs", given().segments(Segmentation::Words)),
        Case::new("shapley-interaction", token()),
        Case::new("shapley-interaction", given().interaction(InteractionIndex::ShapleyTaylor)),
        Case::new("integrated-hessians", token()),
        Case::new("integrated-hessians", given().segments(Segmentation::Words)),
        Case::new("integrated-hessians", given().baseline(Baseline::Sampled { draws: 3, seed: 1 })),
        Case::new("kernel-shap", token()),
        Case::new("kernel-shap", given().samples(6)),
    ]);
    cases
}

/// `cos(v) s³`, in which tokens 0, 3, 6, … have no weight.
fn power() -> Power {
    Power::new(VOCABULARY, 3, 3)
}

fn saturating() -> Saturating {
    Saturating::new(VOCABULARY, 2)
}

fn largest<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> f64 {
    numbers
        .into_iter()
        .fold(0.0, |m: f64, x| if m.is_nan() || x.is_nan() { f64::NAN } else { m.max(x.abs()) })
}

/// How far two rows are apart, in units of the larger's largest number; two `NaN`s are not apart.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let pairs = || a.iter().zip(b).filter(|(a, b)| !(a.is_nan() && b.is_nan()));
    let gaps: Vec<f64> = pairs().map(|(a, b)| a - b).collect();
    let scale = largest(pairs().flat_map(|(a, b)| [a, b]));
    if scale == 0.0 { 0.0 } else { largest(&gaps) / scale }
}

/// A target that is `a` times the log-probability of the output plus `b` times the logit of token 1.
fn mixture(a: f64, b: f64) -> Box<dyn Target> {
    Box::new(TargetFn::new("mixture", move |logits: &Tensor, output: OutputToken| {
        let ln_p = logits.f_log_softmax(-1, None)?.f_select(1, i64::from(output.id))?;
        Ok(ln_p.f_mul_scalar(a)?.f_add(&logits.f_select(1, 1)?.f_mul_scalar(b)?)?)
    }))
}

/// f(x) and f(baseline) of an output, by whole forward passes.
fn change(model: &dyn LanguageModel, sequence: &Sequence, case: &Case, output: usize) -> f64 {
    let target = target("logit").unwrap();
    let problem = Problem::new(model, sequence, &*target).unwrap();
    let value = |embeddings: &Tensor| {
        let forward = problem.forward(embeddings, 0..problem.n_output()).unwrap();
        problem.value(&forward, output).unwrap().double_value(&[0])
    };
    let input = problem.embeddings();
    let described = case.make().describe();
    let nothing = match described.baseline.as_deref() {
        None | Some("zero") => input.zeros_like(),
        Some("token:2") => problem.embed(&[2]).unwrap().expand_as(&input),
        // A distribution: what its texts are is not ours to know here.
        Some(_) => return f64::NAN,
    };
    // Those whose players are the input leave earlier outputs in place.
    let input_plays = case.make().card().rows == RowKind::Numbers
        && described.parameters.get("players") != Some(&"all".into());
    let nothing = if input_plays {
        let n_input = problem.n_input() as i64;
        let after = input.narrow(1, n_input, input.size()[1] - n_input);
        Tensor::cat(&[nothing.narrow(1, 0, n_input), after], 1)
    } else {
        nothing
    };
    value(&input) - value(&nothing)
}

/// How far a method is from keeping a promise on one text: about 0 where it keeps it, about 1 where it does not.
fn breach(axiom: Axiom, case: &Case, inputs: &[u32], outputs: &[u32]) -> f64 {
    let sequence = Sequence::from_ids(inputs, outputs).unwrap();
    let logit = || target("logit").unwrap();
    match axiom {
        Axiom::Completeness => {
            // Of the saturating model a few random places of the path say little.
            let sampled = case.name == "gradient-shap";
            let models: [&dyn LanguageModel; 2] =
                if sampled { [&power(), &power()] } else { [&power(), &saturating()] };
            let of = |model: &dyn LanguageModel| {
                let record = case.record(model, &sequence, logit());
                let gap = |(output, row): (usize, Vec<f64>)| {
                    let sum: f64 = row.iter().sum();
                    let expected = change(model, &sequence, case, output);
                    let known = record.outputs[output].value.unwrap()
                        - record.outputs[output].baseline_value.unwrap_or(0.0);
                    let expected = if expected.is_nan() { known } else { expected };
                    let errors = record.standard_errors.get(output).into_iter().flatten().flatten();
                    let errors = if sampled { 5.0 * errors.sum::<f64>() } else { 0.0 };
                    // The rule of the trapezoid is off by a part of the second derivative: 1/(6 · 49²) of a cubic's.
                    let rule = if case.make().describe().parameters.get("rule") == Some(&"trapezoid".into()) {
                        2e-3
                    } else {
                        0.0
                    };
                    let scale = largest(row.iter().chain([&expected])).max(1e-3);
                    ((sum - expected).abs() - errors).max(0.0) / scale - rule
                };
                largest(
                    &rows(&record).into_iter().enumerate().map(gap).map(|x| x.max(0.0)).collect::<Vec<_>>(),
                )
            };
            largest(&models.map(of))
        }
        Axiom::Dummy => {
            // Tokens 0, 3, 6, … have a weight of zero.
            let part = |row: Vec<f64>| {
                let scale = largest(&row);
                if scale == 0.0 { 0.0 } else { largest(row.iter().step_by(3)) / scale }
            };
            largest(&case.rows(&power(), &sequence, logit()).into_iter().map(part).collect::<Vec<_>>())
        }
        Axiom::Symmetry => {
            // Equal tokens of a model that knows no order.
            let part = |row: &Vec<f64>| {
                let mut gaps = vec![0.0];
                for i in 0..row.len() {
                    let equal = (0..i).filter(|j| sequence.ids()[*j] == sequence.ids()[i]);
                    gaps.extend(equal.map(|j| row[i] - row[j]));
                }
                largest(&gaps) / largest(row).max(1e-300)
            };
            largest(&case.rows(&saturating(), &sequence, logit()).iter().map(part).collect::<Vec<_>>())
        }
        Axiom::Linearity => {
            let (a, b) = (1.5, -0.75);
            let of = |a, b| case.rows(&saturating(), &sequence, mixture(a, b));
            let (both, first, second) = (of(a, b), of(1.0, 0.0), of(0.0, 1.0));
            let gap = |r: usize| {
                let sum: Vec<f64> = first[r].iter().zip(&second[r]).map(|(f, g)| a * f + b * g).collect();
                // In units of the terms: they may cancel.
                let scale = largest(first[r].iter().chain(&second[r]).filter(|x| !x.is_nan()));
                let gap = apart(&both[r], &sum);
                let sum = largest(both[r].iter().chain(&sum).filter(|x| !x.is_nan()));
                if scale == 0.0 { gap } else { gap * sum / scale }
            };
            largest(&(0..both.len()).map(gap).collect::<Vec<_>>())
        }
        Axiom::ImplementationInvariance => {
            let one = case.rows(&saturating(), &sequence, logit());
            let other = case.rows(&Disguised::new(VOCABULARY, 2), &sequence, logit());
            largest(&one.iter().zip(&other).map(|(a, b)| apart(a, b)).collect::<Vec<_>>())
        }
        other => panic!("{other:?} is not tried here"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(4)
    })]

    #[test]
    fn promises_are_kept(
        inputs in prop::collection::vec(0_u32..6, 2..6),
        outputs in prop::collection::vec(0_u32..6, 1..3),
    ) {
        for case in cases() {
            for axiom in case.make().card().axioms {
                // Tokens that begin their paths at different places are not interchangeable.
                if *axiom == Axiom::Symmetry && case.is_drawn() {
                    continue;
                }
                let breach = breach(*axiom, &case, &inputs, &outputs);
                prop_assert!(breach < ROUNDING, "{}: {case:?}: {breach:e}", axiom.name());
            }
        }
    }
}

/// Who does not make a promise and would not keep it: the trials see that.
#[test]
fn what_is_not_promised_does_not_hold() {
    let given = Parameters::new;
    let deletion = || given().baseline(Ablation::Deletion);
    let words = || given().segments(Segmentation::Spans(std::iter::once(0..2).collect()));
    for (axiom, case) in [
        (Axiom::Completeness, Case::plain("gradient-x-input")),
        (Axiom::Completeness, Case::plain("sequential-integrated-gradients")),
        (Axiom::Completeness, Case::plain("occlusion")),
        (Axiom::Completeness, Case::plain("lime")),
        (Axiom::Dummy, Case::plain("leave-one-out")),
        (Axiom::Dummy, Case::new("occlusion", deletion())),
        (Axiom::Dummy, Case::new("occlusion", words())),
        (Axiom::Dummy, Case::new("shapley", words())),
        (Axiom::Dummy, Case::plain("reagent")),
        (Axiom::Dummy, Case::plain("random")),
        (Axiom::Symmetry, Case::new("kernel-shap", given().samples(6))),
        (Axiom::Symmetry, Case::plain("random")),
        (Axiom::Linearity, Case::new("gradient", given().absolute(true))),
        (Axiom::Linearity, Case::plain("vargrad")),
        (Axiom::Linearity, Case::plain("random")),
    ] {
        assert!(!case.make().card().axioms.contains(&axiom), "{case:?}");
        let breach = breach(axiom, &case, &[1, 4, 1, 0, 2], &[3, 1]);
        assert!(breach > 1e-3, "{}: {case:?}: {breach:e}", axiom.name());
    }
}

/// A model whose every position has the logits of the one before beside its own, so that one output's target can be the
/// sum over two.
#[derive(Debug)]
struct Both(Saturating);

impl LanguageModel for Both {
    fn name(&self) -> &'static str {
        "two positions at once"
    }
    fn limits(&self) -> Limits {
        Limits::new(self.0.limits().context, 2 * VOCABULARY as usize)
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        self.0.embed(ids)
    }
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let all = self.0.logits(embeddings, n_input, 0..positions.end)?;
        let earlier = all.f_roll([1_i64], [1_i64])?;
        let both = Tensor::f_cat(&[all, earlier], 2)?;
        Ok(both.f_narrow(1, positions.start as i64, positions.len() as i64)?)
    }
}

/// A span's row is what the method says of the sum of the two outputs' targets, explained as one.
#[test]
fn what_adds_gives_a_span_the_attributions_of_the_sum() {
    let (inputs, outputs) = ([1_u32, 4, 0, 2], [3_u32, 5]);
    let sequence = Sequence::from_ids(&inputs, &outputs).unwrap();
    let sum = || -> Box<dyn Target> {
        Box::new(TargetFn::new("sum", |logits: &Tensor, output: OutputToken| -> Result<Tensor, Error> {
            let own = logits.f_narrow(1, 0, VOCABULARY)?.f_log_softmax(-1, None)?;
            let earlier = logits.f_narrow(1, VOCABULARY, VOCABULARY)?.f_log_softmax(-1, None)?;
            Ok(own.f_select(1, i64::from(output.id))?.f_add(&earlier.f_select(1, 3)?)?)
        }))
    };
    for case in cases() {
        // Replacements and noise come from the vocabulary, which is another one here; so do texts of a distribution.
        if ["reagent", "replacements", "smoothgrad", "vargrad"].contains(&case.name) {
            continue;
        }
        // What explains a span by itself has a test of its own.
        if case.is_drawn() || case.make().card().explains_spans {
            continue;
        }
        let attributor = Attributor::new().with_method(case.make()).target("log-probability");
        let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None).span(0..2);
        let span = attributor.record(&saturating(), &sequence);
        if !case.make().card().additive {
            assert!(matches!(span, Err(Error::NotAdditive { .. })), "{case:?}");
            continue;
        }
        let span = span.unwrap();
        let whole = case.rows(&Both(saturating()), &sequence, sum()).remove(1);
        let before = whole.len().min(inputs.len());
        let found: Vec<f64> = span.attributions[0].iter().map(|x| x.unwrap()).collect();
        let gap = apart(&found, &whole[..before]);
        assert!(gap < ROUNDING, "{case:?}: {gap:e}");
        // Where a token is deleted, the position before is another one: the trick is none for the last.
        let deletes = case.make().describe().baseline.as_deref() == Some("deletion");
        if deletes {
            continue;
        }
        // What a method says nothing of is missing, and not zero.
        let within: Option<f64> =
            Some(&whole[before..]).filter(|own| !own.is_empty()).map(|own| own.iter().sum());
        let found = span.outputs[0].within;
        let gap = found.zip(within).map(|(found, within)| (found - within).abs() / within.abs().max(1.0));
        assert!(found.is_some() == within.is_some(), "{case:?}: {found:?} {within:?}");
        assert!(gap.is_none_or(|gap| gap < ROUNDING), "{case:?}: {found:?} {within:?}");
    }
}
