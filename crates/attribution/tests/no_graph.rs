//! Where there is no gradient: an error that names the target or the model, and never the end of the process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{models, sequence};
use saliency_attribution::testing::{Linear, Saturating};
use saliency_attribution::{
    Attributor, Card, Cost, Error, Explanation, Family, LanguageModel, Limits, Method, ModelError, Needs,
    OutputToken, Problem, Size, Target, TargetFn, TokenId, methods, target,
};
use saliency_schema::Record;
use std::ops::Range;
use std::sync::Mutex;
use tch::{Kind, Tensor};

/// Names of methods that any model will do for, and whether each takes gradients.
fn names() -> Vec<(&'static str, bool)> {
    let any = methods().into_iter().filter(|m| m.card().needs == Needs::Embeddings);
    any.map(|m| (m.name(), m.card().family == Family::Gradient)).collect()
}

fn record(model: &dyn LanguageModel, name: &str, target: Box<dyn Target>) -> Result<Record, Error> {
    Attributor::new().method(name).with_target(target).record(model, &sequence())
}

fn probability() -> Box<dyn Target> {
    target("probability").unwrap()
}

/// Numbers as bits: NaN is itself.
fn bits(record: &Record) -> Vec<Vec<Option<u64>>> {
    record.attributions.iter().map(|row| row.iter().map(|x| x.map(f64::to_bits)).collect()).collect()
}

fn gradients_are_on() -> bool {
    let leaf = Tensor::from_slice(&[1.0]).set_requires_grad(true);
    (leaf * 2.0).requires_grad()
}

/// A caller who has switched gradients off, as one does to run a model, gets the same rows, and finds them switched
/// off.
#[test]
fn a_callers_no_grad_changes_nothing() {
    for model in models() {
        for (name, _) in names() {
            let plain = record(&*model, name, probability()).unwrap();
            let off = tch::no_grad(|| {
                let found = record(&*model, name, probability());
                assert!(!gradients_are_on(), "{name}");
                found.unwrap()
            });
            assert_eq!(bits(&plain), bits(&off), "{}, {name}", model.name());
            let (sequence, target) = (sequence(), probability());
            let by_hand = tch::no_grad(|| {
                let problem = Problem::new(&*model, &sequence, &*target).unwrap();
                let mut values = Vec::new();
                let mut each = |_, value, _| {
                    values.push(value);
                    Ok(())
                };
                problem.gradients(&mut each).unwrap();
                problem.gradients_at(&problem.embeddings(), 0..3, &mut each).unwrap();
                values
            });
            assert_eq!(by_hand.len(), 6, "{}", model.name());
        }
    }
}

/// However a run ends, the caller's mode is as it was.
#[test]
fn the_callers_mode_is_restored() {
    let model = Saturating::new(6, 2);
    for on in [true, false] {
        let check = || {
            assert_eq!(gradients_are_on(), on);
            assert!(record(&model, "gradient", Box::new(rank())).is_err());
            assert_eq!(gradients_are_on(), on, "after an error");
            let stopped = Attributor::new().record_with(&model, &sequence(), &mut |_| false);
            assert!(matches!(stopped, Err(Error::Stopped)));
            assert_eq!(gradients_are_on(), on, "after a stop");
            let panicked = std::panic::catch_unwind(|| {
                let mut watch = |_| panic!("the caller's own");
                drop(Attributor::new().record_with(&Saturating::new(6, 2), &sequence(), &mut watch));
            });
            assert!(panicked.is_err());
            assert_eq!(gradients_are_on(), on, "after a panic");
        };
        if on { tch::with_grad(check) } else { tch::no_grad(check) }
    }
}

/// How many tokens have a larger logit than the produced one: whole numbers.
fn rank() -> impl Target {
    TargetFn::new("rank", |logits: &Tensor, output: OutputToken| {
        let own = logits.f_narrow(1, i64::from(output.id), 1)?;
        Ok(logits.f_gt_tensor(&own)?.f_sum_dim_intlist(&[1_i64][..], false, Kind::Int64)?)
    })
}

/// Targets without a gradient, each in another way.
fn flat() -> Vec<Box<dyn Target>> {
    fn plain(
        name: &'static str,
        f: impl Fn(&Tensor, OutputToken) -> Result<Tensor, Error> + Send + Sync + 'static,
    ) -> Box<dyn Target> {
        Box::new(TargetFn::new(name, f))
    }
    let own = Mutex::new(Tensor::from_slice(&[2.0]).set_requires_grad(true));
    vec![
        Box::new(rank()),
        plain("constant", |logits, _| {
            Ok(Tensor::f_ones([logits.size()[0]], (Kind::Double, logits.device()))?)
        }),
        plain("detached", |logits, _| Ok(logits.f_detach()?.f_select(1, 1)?)),
        plain("without", |logits, _| tch::no_grad(|| Ok(logits.f_select(1, 1)?.f_square()?))),
        plain("flag", |logits, _| Ok(logits.f_select(1, 1)?.f_gt(0.0)?)),
        // It has a graph, which leads to something of its own.
        plain("own", move |logits, _| {
            Ok(own.lock().unwrap().f_square()?.f_expand([logits.size()[0]], false)?)
        }),
    ]
}

#[test]
fn a_target_without_a_gradient_is_named_by_every_method_that_takes_one() {
    for model in models() {
        for (name, takes_gradients) in names() {
            for target in flat() {
                let (called, what) = (target.name(), format!("{}, {name}", model.name()));
                match record(&*model, name, target) {
                    Ok(record) => {
                        assert!(!takes_gradients && record.attributions.len() == 3, "{what}, {called}");
                    }
                    Err(error) => {
                        assert!(takes_gradients, "{what}, {called}: {error}");
                        let message = error.to_string();
                        let said = format!(
                            "the target \"{called}\" does not depend on the logits by differentiable"
                        );
                        assert!(message.starts_with(&said), "{what}: {message}");
                        assert!(
                            message.contains("use a perturbation method (occlusion, shapley, …)"),
                            "{what}: {message}"
                        );
                        assert!(!message.contains("  "), "{what}: {message}");
                    }
                }
            }
        }
    }
}

/// What occlusion makes of a rank is the difference of ranks.
#[test]
fn a_rank_is_explained_by_taking_away() {
    let model = Linear::new(6, 3);
    let found = record(&model, "occlusion", Box::new(rank())).unwrap();
    let (sequence, rank) = (sequence(), rank());
    let problem = Problem::new(&model, &sequence, &rank).unwrap();
    for (output, row) in found.attributions.iter().enumerate() {
        for (token, found) in row.iter().enumerate() {
            let text = problem.embeddings().copy();
            let _ = text.get(0).get(token as i64).zero_();
            let forward = problem.forward(&text, 0..3).unwrap();
            let without = problem.value(&forward, output).unwrap().int64_value(&[0]);
            let whole = problem.value_at_input(output).unwrap();
            assert!((found.unwrap() - (whole - without as f64)).abs() < 1e-12, "{output}, {token}");
        }
    }
}

/// A toy with something about it spoiled.
struct Spoiled<F> {
    same: Saturating,
    spoil: F,
}

impl<F: Fn(Tensor) -> Tensor> LanguageModel for Spoiled<F> {
    fn name(&self) -> &'static str {
        "spoiled"
    }
    fn limits(&self) -> Limits {
        self.same.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.same.embed(ids)
    }
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        self.same.logits(embeddings, n_input, positions).map(&self.spoil)
    }
}

/// The same function without a graph.
struct NoGrad(Saturating);

impl LanguageModel for NoGrad {
    fn name(&self) -> &'static str {
        "without gradients"
    }
    fn limits(&self) -> Limits {
        self.0.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.0.embed(ids)
    }
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        tch::no_grad(|| self.0.logits(embeddings, n_input, positions))
    }
}

#[test]
fn a_model_without_a_graph_is_named_by_every_method_that_takes_gradients() {
    let same = || Saturating::new(6, 2);
    let weight = Tensor::from_slice(&[0.0]).set_requires_grad(true);
    let cut: [(&str, Box<dyn LanguageModel>); 3] = [
        ("without gradients", Box::new(NoGrad(same()))),
        ("spoiled", Box::new(Spoiled { same: same(), spoil: |logits: Tensor| logits.detach() })),
        // A weight that is trained has a graph, which does not lead to the embeddings.
        (
            "spoiled",
            Box::new(Spoiled { same: same(), spoil: move |logits: Tensor| logits.detach() + &weight }),
        ),
    ];
    for (called, model) in &cut {
        for (name, takes_gradients) in names() {
            match record(&**model, name, probability()) {
                Ok(found) => {
                    assert!(!takes_gradients, "{name}");
                    assert_eq!(bits(&found), bits(&record(&same(), name, probability()).unwrap()), "{name}");
                }
                Err(error) => {
                    assert!(takes_gradients, "{name}: {error}");
                    let message = error.to_string();
                    let said = format!(
                        "LanguageModel::logits of the model {called:?} gave logits that carry no graph"
                    );
                    assert!(message.starts_with(&said), "{name}: {message}");
                }
            }
        }
    }
}

/// A target that gives no number for each text is refused by its name, whatever the method is.
#[test]
fn a_target_of_another_shape_or_kind_is_named() {
    #[derive(Debug)]
    struct Odd(fn(&Tensor) -> Tensor);
    impl Target for Odd {
        fn name(&self) -> &'static str {
            "odd"
        }
        fn summary(&self) -> &'static str {
            "something else than a number for each text"
        }
        fn value(&self, logits: &Tensor, _: OutputToken) -> Result<Tensor, Error> {
            Ok((self.0)(logits))
        }
    }
    let odd: [fn(&Tensor) -> Tensor; 7] = [
        |logits| logits.shallow_clone(),
        |logits| logits.sum(Kind::Double),
        |logits| logits.select(1, 0).unsqueeze(1),
        |logits| logits.select(1, 0).narrow(0, 0, 0),
        |_| Tensor::new(),
        |logits| logits.select(1, 0).to_kind(Kind::ComplexDouble),
        |logits| Tensor::cat(&[logits.select(1, 0), logits.select(1, 1)], 0),
    ];
    for model in models() {
        for (name, _) in names().into_iter().filter(|(name, _)| *name != "random") {
            for odd in odd {
                let message = record(&*model, name, Box::new(Odd(odd))).unwrap_err().to_string();
                assert!(
                    message.starts_with("the target \"odd\" gave a tensor of shape ["),
                    "{name}: {message}"
                );
                assert!(message.contains("one real number for each text"), "{name}: {message}");
            }
        }
    }
}

/// NaN and infinities are numbers: rows are made of them, and nothing crashes or runs without end.
#[test]
fn numbers_that_are_none_end_in_rows_or_in_errors() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for whole in [false, true] {
            let spoil = move |logits: Tensor| {
                let one = if whole { logits.shallow_clone() } else { logits.narrow(2, 4, 1) };
                let spoiled = one * bad;
                if whole {
                    spoiled
                } else {
                    Tensor::cat(&[logits.narrow(2, 0, 4), spoiled, logits.narrow(2, 5, 1)], 2)
                }
            };
            let model = Spoiled { same: Saturating::new(6, 2), spoil };
            for (name, _) in names() {
                match record(&model, name, probability()) {
                    Ok(found) => {
                        let said = found.notes.iter().any(|note| {
                            note.starts_with("every output: ")
                                && note.contains(" of the model's 6 logits are NaN here")
                        });
                        assert_eq!(said, bad.is_nan(), "{name}, {bad}: {:?}", found.notes);
                    }
                    Err(error) => assert!(!error.to_string().contains("frame #"), "{name}, {bad}: {error}"),
                }
            }
        }
    }
}

/// A method of one's own may ask a forward pass for the gradient of anything.
#[test]
fn a_gradient_of_anything_is_asked_for_by_a_method_of_ones_own() {
    #[derive(Debug)]
    struct Mine;
    impl Method for Mine {
        fn card(&self) -> Card {
            Card::new("mine", "the gradient of something that has none")
        }
        fn cost(&self, _: Size) -> Cost {
            Cost::forwards(1.0)
        }
        fn attribute(
            &self,
            problem: &Problem<'_>,
            _: &mut dyn FnMut(Explanation) -> Result<(), Error>,
        ) -> Result<(), Error> {
            let forward = problem.forward(&problem.embeddings(), 0..3)?;
            let logits = forward.logits_of(0)?;
            assert!(forward.gradient(&logits.select(1, 0).sum(Kind::Double))?.defined());
            assert!(forward.gradient(&Tensor::new()).is_err());
            forward.gradient(&logits.detach().sum(Kind::Double)).map(drop)
        }
    }
    for model in models() {
        for off in [false, true] {
            let run = || Attributor::new().with_method(Mine).record(&*model, &sequence());
            let error = if off { tch::no_grad(run) } else { run() }.unwrap_err().to_string();
            assert!(
                error.starts_with("the scalar does not depend on the logits"),
                "{}: {error}",
                model.name()
            );
        }
    }
}

/// Of a span, one output's target has a gradient and the other's has none: their sum would hide that.
#[test]
fn a_span_with_an_output_that_has_no_gradient_is_refused() {
    let half = || {
        TargetFn::new("half", |logits, output: OutputToken| {
            let value = logits.f_select(1, i64::from(output.id))?;
            Ok(if output.output == 0 { value } else { value.f_detach()? })
        })
    };
    for model in models() {
        let attributor = |span| Attributor::new().method("gradient").with_target(half()).span(span);
        assert!(attributor(0..1).record(&*model, &sequence()).is_ok(), "{}", model.name());
        let refused = attributor(0..2).record(&*model, &sequence()).unwrap_err();
        assert!(matches!(refused, Error::NotDifferentiable { .. }), "{}: {refused}", model.name());
    }
}
