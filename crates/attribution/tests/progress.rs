//! The share that is told while a run goes on: passes that were made, of those that will have been made in the end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{Disguised, EncoderDecoder, Saturating, Transformer};
use saliency_attribution::{
    Attributor, Baseline, Error, LanguageModel, Needs, Parameters, Problem, Segmentation, Sequence, Settings,
    Size, method, methods, target,
};

/// 5 + 3 tokens.
fn sequence() -> Sequence {
    Sequence::from_ids(&[1, 4, 0, 2, 5], &[3, 5, 1]).unwrap()
}

fn models() -> [Box<dyn LanguageModel>; 3] {
    [Box::new(Saturating::new(6, 2)), Box::new(Disguised::new(6, 2)), Box::new(EncoderDecoder::new(6, 3))]
}

/// Bytes for which passes go one by one, and for which a few go together.
const MEMORIES: [usize; 3] = [1, 6000, 768 << 20];

/// What was told after passes, and what after rows.
fn told(
    model: &dyn LanguageModel,
    name: &str,
    parameters: &Parameters,
    memory: usize,
) -> (Vec<f64>, Vec<f64>) {
    let method = method(name, parameters).unwrap();
    let attributor = Attributor::new().with_method(method).target("logit").memory(memory);
    let (mut passes, mut rows, mut finished) = (Vec::new(), Vec::new(), 0);
    let mut watch = |progress: saliency_attribution::Progress| {
        let told = if progress.rows > finished { &mut rows } else { &mut passes };
        told.push(progress.share);
        finished = progress.rows;
        true
    };
    attributor.record_with(model, &sequence(), &mut watch).unwrap();
    assert_eq!(rows.len(), 3, "{name}");
    (passes, rows)
}

/// The passes that were made when so many reports had come: all of them where fewer come.
fn made(
    model: &dyn LanguageModel,
    name: &str,
    parameters: &Parameters,
    memory: usize,
    reports: usize,
) -> f64 {
    let (sequence, target) = (sequence(), target("logit").unwrap());
    let settings = Settings::new().memory(memory);
    let mut count = 0;
    let mut watch = |_| {
        count += 1;
        count < reports
    };
    let problem = Problem::watched(model, &sequence, &*target, settings, Some(&mut watch)).unwrap();
    match method(name, parameters).unwrap().attribute(&problem, &mut |_| Ok(())) {
        Ok(()) | Err(Error::Stopped) => problem.cost().passes(),
        Err(other) => panic!("{name}: {other}"),
    }
}

/// With a cache and without: by the passes that another run of the same had made when it was stopped at that report.
fn check(model: &dyn LanguageModel, name: &str, parameters: &Parameters, memory: usize) {
    let what = format!("{}, {name}, {memory} bytes", model.name());
    let (passes, rows) = told(model, name, parameters, memory);
    let all = made(model, name, parameters, memory, usize::MAX);
    // Long runs are tried at their ends and at some places between.
    let step = (passes.len() / 5).max(1);
    for (report, share) in passes.iter().enumerate() {
        if report % step == 0 || report + 2 > passes.len() {
            let expected = made(model, name, parameters, memory, report + 1) / all;
            assert!((share - expected).abs() < 1e-9, "{what}, report {report}: {share} for {expected}");
        }
    }
    let told = || passes.iter().chain(&rows);
    assert!(
        passes.is_sorted() && rows.is_sorted() && told().all(|share| (0.0..=1.0).contains(share)),
        "{what}"
    );
    assert!(all == 0.0 || passes[..passes.len() - 1].iter().all(|share| *share < 1.0), "{what}: {passes:?}");
    assert_eq!(rows.last(), Some(&1.0), "{what}");
}

/// All but those whose passes share prefixes and are drawn: theirs are a bound at first.
#[test]
fn the_share_is_what_was_made_of_what_will_be_made() {
    for model in models() {
        for known in methods().iter().filter(|m| m.card().needs == Needs::Embeddings) {
            let has = |name: &str| known.card().parameters.contains(&name);
            let exact = known.name() == "shapley";
            let parameters = Parameters::new().samples(6).steps(3);
            let parameters = parameters.only(|name| has(name) && !(exact && name == "samples"));
            for memory in MEMORIES {
                if model.shares_prefix()
                    && ["kernel-shap", "shapley", "shapley-interaction"].contains(&known.name())
                {
                    continue;
                }
                check(&*model, known.name(), &parameters, memory);
            }
        }
    }
}

/// Shapley values over drawn orders, and segments of several tokens, which are fewer passes than tokens.
#[test]
fn draws_and_segments_end_at_one() {
    let model = Saturating::new(6, 2);
    let orders = Parameters::new().samples(3);
    let segments = Segmentation::Spans(vec![0..2, 2..5]);
    let segments = Parameters::new().segments(segments);
    for memory in MEMORIES {
        check(&model, "shapley", &orders, memory);
        check(&model, "shapley-interaction", &orders, memory);
        for name in ["occlusion", "occlusion-pairs", "leave-one-out", "shapley", "shapley-interaction"] {
            check(&model, name, &segments, memory);
        }
        check(&model, "integrated-hessians", &segments.clone().steps(3), memory);
    }
}

/// What is known only on the way does not fall, and is not full before the end.
#[test]
fn a_share_that_is_foreseen_on_the_way_does_not_fall() {
    let tolerance = Parameters::new().tolerance(1e-6).steps(2);
    let orders = Parameters::new().samples(3);
    let drawn = Parameters::new().samples(24);
    for model in models() {
        for (name, parameters) in [
            ("integrated-gradients", &tolerance),
            ("shapley", &orders),
            ("shapley-interaction", &orders),
            ("shapley-interaction", &Parameters::new()),
            ("occlusion-pairs", &Parameters::new().strongest(3)),
            ("integrated-hessians", &Parameters::new().strongest(3).steps(3)),
            ("kernel-shap", &drawn),
            ("shapley", &Parameters::new()),
        ] {
            for memory in MEMORIES {
                let what = format!("{}, {name}", model.name());
                let (passes, rows) = told(&*model, name, parameters, memory);
                assert!(passes.is_sorted(), "{what}: {passes:?}");
                assert!(passes[..passes.len() - 1].iter().all(|share| *share < 1.0), "{what}: {passes:?}");
                assert_eq!(rows.last(), Some(&1.0), "{what}");
            }
        }
    }
}

/// Models say whether they have what they have.
#[test]
fn a_model_says_whether_it_shares_prefixes() {
    for model in models() {
        let embeddings = model.embed(&[0]).unwrap().unsqueeze(0);
        assert_eq!(
            model.shares_prefix(),
            model.prefix_cache(&embeddings, 1).unwrap().is_some(),
            "{}",
            model.name()
        );
    }
}

/// What a run was told: after every pass, and after its row.
fn reports(model: &dyn LanguageModel, attributor: &Attributor) -> usize {
    let mut count = 0;
    let mut watch = |_| {
        count += 1;
        true
    };
    attributor.record_with(model, &sequence(), &mut watch).unwrap();
    count
}

/// A span of all outputs costs what one output with its context costs, by methods that are linear in the gradient, and
/// it costs what is said before. Counted by hand: 3 points or 6 samples, 7 tokens.
#[test]
fn a_span_is_one_way_back() {
    let costs = [
        ("gradient", 1),
        ("gradient-x-input", 1),
        // f at the baseline, and there and back for every point.
        ("integrated-gradients", 1 + 2 * 3),
        ("sequential-integrated-gradients", 2 * 3 * 7),
        ("smoothgrad", 2 * 6),
        ("gradient-shap", 1 + 2 * 6),
        ("layer-gradient-x-activation", 2),
        ("layer-integrated-gradients", 1 + 2 * 3),
    ];
    let (inside, [saturating, disguised, encoder]) = (Transformer::new(6, 2), models());
    for (name, expected) in costs {
        let known = method(name, &Parameters::new()).unwrap().card();
        let parameters = Parameters::new().samples(6).steps(3).baseline(Baseline::Zero);
        let parameters = parameters.only(|name| known.parameters.contains(&name));
        let models: &[&dyn LanguageModel] = match known.needs {
            Needs::Inside => &[&inside],
            _ => &[&*saturating, &*disguised, &*encoder, &inside],
        };
        for model in models {
            for span in [0..3, 1..3, 0..2] {
                let tokens = sequence().n_input() + span.end - 1;
                let by_hand = if name.starts_with("sequential") { 2 * 3 * tokens } else { expected };
                let attributor = Attributor::new().method_with(name, parameters.clone()).target("logit");
                let attributor = attributor.span(span.clone());
                let said = attributor.cost(Size::new(sequence().n_input(), 3)).unwrap();
                let what = format!("{}, {name}, {span:?}", model.name());
                assert_eq!(reports(*model, &attributor), by_hand + 1, "{what}");
                assert!((said.passes() - by_hand as f64).abs() < 1e-9, "{what}: {said:?}");
            }
        }
    }
}

/// Two continuations are a way back each.
#[test]
fn a_contrast_of_continuations_is_two_ways_back() {
    for model in models() {
        let other = Sequence::from_ids(&[1, 4, 0, 2, 5], &[2, 2]).unwrap();
        let attributor = Attributor::new().method("gradient").target("log-probability").against(other);
        assert_eq!(reports(&*model, &attributor), 2 + 2, "{}", model.name());
        assert!((attributor.cost(Size::new(5, 3)).unwrap().passes() - 1.0).abs() < 1e-9);
    }
}
