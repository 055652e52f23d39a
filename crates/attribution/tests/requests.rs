//! A request is put together by setters that take anything, and checked once: before there is a model, or by the run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::methods::{
    GradientShap, IntegratedGradients, KernelShap, LayerIntegratedGradients, Lime, Reagent,
    SequentialIntegratedGradients, Shapley, SmoothGrad, ValueZeroing, VarGrad,
};
use saliency_attribution::targets::{KlDivergence, Logit};
use saliency_attribution::testing::{Saturating, Transformer};
use saliency_attribution::{
    Aggregate, Attributor, Baseline, Method, Needs, Normalize, Parameters, Problem, Quadrature, Sequence,
    Size, Target, methods, target, targets,
};
use std::sync::Arc;

fn sequence() -> Sequence {
    Sequence::from_ids(&[0, 1, 2], &[3, 1]).unwrap()
}

/// Holds at compile time.
fn goes_to_other_threads<T: Clone + Send + Sync>() {}

#[test]
fn an_attributor_is_cloned_and_sent() {
    goes_to_other_threads::<Attributor>();
    goes_to_other_threads::<Arc<dyn Method>>();
    goes_to_other_threads::<Arc<dyn Target>>();
    goes_to_other_threads::<Parameters>();
}

/// What setters took is refused by `check`, by the run and by the method itself, in the same words.
#[test]
fn what_setters_take_is_refused_once_and_everywhere_alike() {
    fn refused(method: impl Method + 'static, words: &str) {
        let method = Arc::new(method);
        let said = method.check().unwrap_err().to_string();
        assert!(said.starts_with(words), "{said}");
        let attributor = Attributor::new().with_method(Arc::clone(&method)).target("logit");
        let (model, sequence) = (Transformer::new(6, 2), sequence());
        let size = Size::new(3, 2);
        let problem = Problem::new(&model, &sequence, &Logit).unwrap();
        for found in [
            attributor.clone().check().unwrap_err(),
            attributor.cost(size).unwrap_err(),
            attributor.reduction().unwrap_err(),
            attributor.record(&model, &sequence).unwrap_err(),
            method.attribute(&problem, &mut |_| Ok(())).unwrap_err(),
        ] {
            assert_eq!(found.to_string(), said);
        }
    }
    refused(IntegratedGradients::new().steps(0), "steps is 0, and must be from 1 to 10000");
    refused(IntegratedGradients::new().steps(10_001), "steps is 10001");
    refused(IntegratedGradients::new().steps(513).tolerance(0.1), "steps is 513, and must be from 1 to 512");
    for (tolerance, words) in
        [(0.0, "tolerance is 0,"), (1.0, "tolerance is 1,"), (f64::NAN, "tolerance is NaN")]
    {
        refused(IntegratedGradients::new().tolerance(tolerance), words);
        refused(LayerIntegratedGradients::new(0).tolerance(tolerance), words);
    }
    let rule = IntegratedGradients::new().tolerance(0.1).rule(Quadrature::Trapezoid);
    refused(rule, "rule is trapezoid, and must be gauss-legendre with a tolerance");
    refused(SequentialIntegratedGradients::new().steps(0), "steps is 0");
    refused(LayerIntegratedGradients::new(0).steps(0), "steps is 0");
    refused(SmoothGrad::new().samples(0), "samples is 0");
    refused(SmoothGrad::new().noise(-1.0), "noise is -1, and must be a number from 0 on");
    refused(VarGrad::new().samples(1), "samples is 1, and must be from 2 to 1000000: one draw does not vary");
    refused(GradientShap::new().noise(f64::INFINITY), "noise is inf");
    refused(KernelShap::new().samples(0), "samples is 0");
    refused(KernelShap::new().samples(1_000_001), "samples is 1000001");
    refused(Lime::new().samples(0), "samples is 0");
    refused(
        Lime::new().samples(1),
        "samples is 1, and must be from 2 to 1000000: the first is the whole text",
    );
    refused(Shapley::new().samples(0), "samples is 0");
    refused(Reagent::new().samples(0), "samples is 0");
    refused(ValueZeroing::new().rollout(true).layer(1), "layer is 1, and must be left out with rollout");
}

#[test]
fn names_are_looked_up_by_check_and_by_the_run() {
    let record = |attributor: &Attributor| attributor.record(&Saturating::new(6, 2), &sequence());
    for (attributor, words) in [
        (Attributor::new().method("shap"), "unknown method \"shap\"; there are: gradient-x-input"),
        (Attributor::new().target("loss"), "unknown target \"loss\"; there are: probability"),
        (
            Attributor::new().method_with("occlusion", Parameters::new().steps(5)),
            "occlusion has no parameter steps (it is 5); it has: baseline, segments",
        ),
        (Attributor::new().method_with("ig", Parameters::new().steps(0)), "steps is 0"),
        (
            Attributor::new().aggregate(Aggregate::Sum).normalize(Normalize::Sum),
            "normalize \"sum\" would divide signed values",
        ),
        (Attributor::new().method("random").span(0..1), "random can't explain a span"),
        (Attributor::new().method("vargrad").target("log-probability").against(sequence()), "vargrad can't"),
        (Attributor::new().against(sequence()), "a contrast of continuations can't explain the target"),
        (
            Attributor::new().target("log-probability").span(0..1).against(sequence()),
            "the other continuation is given beside a span",
        ),
    ] {
        let said = attributor.clone().check().unwrap_err().to_string();
        assert!(said.starts_with(words), "{said}");
        assert_eq!(record(&attributor).unwrap_err().to_string(), said);
    }
    // A wrong choice that is replaced by a right one is none.
    let mended = Attributor::new().method("shap").method("gradient").target("loss").target("logit");
    assert!(record(&mended.check().unwrap()).is_ok());
}

/// A method and a target by name, themselves, boxed and shared are the same.
#[test]
fn a_method_or_a_target_may_be_behind_a_pointer() {
    let (model, sequence) = (Saturating::new(6, 2), sequence());
    let record = |attributor: Attributor| attributor.record(&model, &sequence).unwrap();
    for known in methods().into_iter().filter(|m| m.card().needs == Needs::Embeddings) {
        let name = known.name();
        let by_name = record(Attributor::new().method(name).target("logit"));
        let shared: Arc<dyn Method> = known.into();
        let boxed: Box<dyn Method> = Box::new(Arc::clone(&shared));
        for found in [
            record(Attributor::new().with_method(shared).target("logit")),
            record(Attributor::new().with_method(boxed).target("logit")),
        ] {
            assert_eq!(format!("{found:?}"), format!("{by_name:?}"), "{name}");
        }
    }
    for name in
        targets().iter().map(saliency_attribution::Target::name).filter(|name| *name != "kl-divergence")
    {
        let by_name = record(Attributor::new().target(name));
        let shared: Arc<dyn Target> = target(name).unwrap().into();
        let boxed: Box<dyn Target> = Box::new(Arc::clone(&shared));
        assert_eq!(record(Attributor::new().with_target(shared)), by_name, "{name}");
        assert_eq!(record(Attributor::new().with_target(boxed)), by_name, "{name}");
    }
}

/// `kl-divergence` holds a tensor: its reference. It goes to another thread all the same.
#[test]
fn a_target_that_holds_a_tensor_goes_to_other_threads() {
    let target = KlDivergence::from_run_without(std::iter::once(0..1).collect());
    let attributor = Attributor::new().with_target(target);
    let record = |attributor: &Attributor| attributor.record(&Saturating::new(6, 2), &sequence()).unwrap();
    let here = record(&attributor);
    let threads = [0, 1].map(|_| {
        let attributor = attributor.clone();
        std::thread::spawn(move || record(&attributor))
    });
    for thread in threads {
        assert_eq!(thread.join().unwrap(), here);
    }
}

#[test]
fn every_parameter_of_a_method_is_one_that_there_is() {
    for method in methods() {
        for parameter in method.card().parameters {
            assert!(Parameters::NAMES.contains(parameter), "{}: {parameter}", method.name());
        }
    }
    let given = Parameters::new().steps(8).baseline(Baseline::Mean).rollout(true);
    assert_eq!(given.names(), ["steps", "baseline", "rollout"]);
    assert_eq!(given.only(|name| name == "baseline").names(), ["baseline"]);
    assert_eq!(Parameters::new().names(), [""; 0]);
}
