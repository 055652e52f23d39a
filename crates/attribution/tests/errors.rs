//! One test for each way a run can be refused: the message names what is wrong and what would do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{Linear, check_model};
use saliency_attribution::{
    Aggregate, Attributor, Error, Generation, LanguageModel, Limits, ModelError, Normalize, Parameters,
    Sampler, Sampling, Sequence, method, methods, target,
};
use std::ops::Range;
use tch::Tensor;

fn sequence() -> Sequence {
    Sequence::from_ids(&[0, 1], &[2]).unwrap()
}

fn message<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => panic!("this should be refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn unknown_names_list_those_there_are() {
    let none = Parameters::new();
    assert_eq!(
        message(method("shap", &none)),
        format!(
            "unknown method \"shap\"; there are: {}",
            methods().iter().map(|m| m.name()).collect::<Vec<_>>().join(", ")
        )
    );
    assert_eq!(
        message(target("loss")),
        "unknown target \"loss\"; there are: probability, logit, log-probability, entropy, cross-entropy, contrast-logit, \
         contrast-probability, contrast-log-probability, kl-divergence"
    );
    assert!(message("l3".parse::<Aggregate>()).ends_with("there are: sum, mean, l1, l2, max-abs"));
    assert!(message("softmax".parse::<Normalize>()).ends_with("there are: none, sum, sum-abs, max-abs"));
    assert!(
        message("pad".parse::<saliency_attribution::Baseline>()).ends_with(
            "ids:A,B,…, sampled:K, sampled:K:SEED, resampled:K, resampled:K:SEED, deletion, masking"
        )
    );
}

#[test]
fn signed_rows_are_not_divided_by_their_sum() {
    let attributor = Attributor::new().aggregate(Aggregate::Sum).normalize(Normalize::Sum);
    let message = message(attributor.record(&Linear::new(3, 2), &sequence()));
    assert!(message.contains("\"sum-abs\"") && message.contains("aggregate \"sum\""), "{message}");
}

#[test]
fn parameters_out_of_range_or_out_of_place_are_named() {
    let samples = |samples| Parameters::new().samples(samples);
    let range = "samples is 1, and must be from 2 to 1000000: ";
    assert_eq!(message(method("vargrad", &samples(1))), format!("{range}one draw does not vary"));
    assert_eq!(message(method("lime", &samples(1))), format!("{range}the first is the whole text"));
    let steps = |steps| Parameters::new().steps(steps);
    assert_eq!(message(method("ig", &steps(0))), "steps is 0, and must be from 1 to 10000");
    assert_eq!(message(method("ig", &steps(10_001))), "steps is 10001, and must be from 1 to 10000");
    assert_eq!(
        message(method("gradient", &steps(5))),
        "gradient has no parameter steps (it is 5); it has: absolute"
    );
    let sampling =
        |temperature, top_k, top_p| Sampling::Random { temperature, top_k, top_p, min_p: None, seed: 0 };
    for (sampling, name) in [
        (sampling(0.0, None, None), "temperature"),
        (sampling(f64::NAN, None, None), "temperature"),
        (sampling(1.0, Some(0), None), "top-k"),
        (sampling(1.0, None, Some(0.0)), "top-p"),
        (sampling(1.0, None, Some(1.1)), "top-p"),
    ] {
        assert!(message(Sampler::new(&sampling)).starts_with(name));
    }
}

#[test]
fn sequences_that_cannot_be_read_are_refused_with_their_numbers() {
    let model = Linear::new(3, 2);
    assert!(message(Sequence::from_ids(&[], &[1])).contains("at least one input token"));
    let no_output = Sequence::from_ids(&[1], &[]).unwrap();
    assert!(message(Attributor::new().record(&model, &no_output)).contains("no output token"));
    let unknown = Sequence::from_ids(&[0, 3], &[1]).unwrap();
    assert_eq!(
        message(Attributor::new().record(&model, &unknown)),
        "token 1 has number 3, and the model's vocabulary holds 3"
    );
    let long = Sequence::from_ids(&[0; 60], &[0; 5]).unwrap();
    assert!(
        message(Attributor::new().record(&model, &long))
            .starts_with("60 input and 5 output tokens are 65 together, and the model reads at most 64")
    );
    let generation = Generation::greedy(10);
    assert!(message(model.generate(&[0; 60], &generation, &mut |_| true)).contains("are 70 together"));
    assert!(message(model.generate(&[], &generation, &mut |_| true)).contains("at least one input token"));
}

/// A model that breaks its promises.
#[derive(Debug)]
struct Broken {
    fails: bool,
}

impl LanguageModel for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }
    fn limits(&self) -> Limits {
        Limits::new(8, 4)
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        Ok(Tensor::f_zeros([ids.len() as i64, 2], (tch::Kind::Double, tch::Device::Cpu))?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, _: Range<usize>) -> Result<Tensor, ModelError> {
        if self.fails { Err("out of order".into()) } else { Ok(embeddings.shallow_clone()) }
    }
}

#[test]
fn a_models_own_failure_is_passed_on_and_a_wrong_shape_is_named() {
    let run = |fails| message(Attributor::new().record(&Broken { fails }, &sequence()));
    assert_eq!(run(true), "the model could not run: out of order");
    assert_eq!(
        run(false),
        "LanguageModel::logits gave a tensor of shape [1, 2, 2], and [1, 1, 4] was expected"
    );
}

#[test]
fn libtorchs_refusals_are_errors_and_not_panics() {
    let integers = Tensor::f_from_slice(&[1_i64]).unwrap();
    let refused = integers.f_matmul(&Tensor::f_from_slice(&[1.0_f64]).unwrap()).map_err(Error::from);
    assert!(message(refused).starts_with("libtorch: "));
    let outside = Linear::new(3, 2).embed(&[7]);
    assert!(outside.unwrap_err().to_string().contains("index"));
}

/// A model whose error is libtorch's own, or has libtorch's in it, or in its source.
#[derive(Debug)]
struct Stacked(u8);

/// A model's own error, which says all that libtorch does.
#[derive(Debug, thiserror::Error)]
#[error("layer 3: {0}")]
struct InLayer(tch::TchError);

fn refused() -> tch::TchError {
    Tensor::f_from_slice(&[1_i64, 2])
        .unwrap()
        .f_matmul(&Tensor::f_from_slice(&[1_i64; 3]).unwrap())
        .unwrap_err()
}

impl LanguageModel for Stacked {
    fn name(&self) -> &'static str {
        "stacked"
    }
    fn limits(&self) -> Limits {
        Limits::new(8, 4)
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        Ok(Tensor::f_zeros([ids.len() as i64, 2], (tch::Kind::Double, tch::Device::Cpu))?)
    }
    fn logits(&self, _: &Tensor, _: usize, _: Range<usize>) -> Result<Tensor, ModelError> {
        Err(match self.0 {
            0 => refused().into(),
            1 => ModelError::new(InLayer(refused())),
            2 => Error::from(refused()).into(),
            _ => refused().to_string().into(),
        })
    }
}

/// libtorch adds the frames of its C++ stack to what it says; no error of ours does.
#[test]
fn no_error_has_libtorchs_frames_in_it() {
    assert!(refused().to_string().contains("frame #0"), "libtorch no longer says where: {}", refused());
    let clean = |text: String| {
        assert!(!text.contains("frame #") && !text.contains("Exception raised from"), "{text}");
        assert!(
            text.ends_with(char::is_alphanumeric) || text.ends_with(')') || text.ends_with(']'),
            "{text:?}"
        );
    };
    let own = Error::from(refused());
    clean(own.to_string());
    clean(format!("{own:?}"));
    clean(std::error::Error::source(&own).unwrap().to_string());
    assert!(own.to_string().contains("inconsistent tensor size"), "{own}");
    for kind in 0..4 {
        let error = Attributor::new().record(&Stacked(kind), &sequence()).unwrap_err();
        assert!(error.to_string().starts_with("the model could not run: "), "{error}");
        assert!(error.to_string().contains("inconsistent tensor size"), "{error}");
        clean(error.to_string());
        if kind == 0 {
            clean(std::error::Error::source(&error).unwrap().to_string());
        }
        clean(check_model(&Stacked(kind), &sequence()).unwrap_err().to_string());
        let generated = Stacked(kind).generate(&[0], &Generation::greedy(1), &mut |_| true);
        clean(generated.unwrap_err().to_string());
    }
    clean(Linear::new(3, 2).generate(&[0], &Generation::greedy(70), &mut |_| true).unwrap_err().to_string());
}

#[test]
fn a_run_can_be_stopped() {
    let result = Attributor::new().record_with(&Linear::new(3, 2), &sequence(), &mut |_| false);
    assert_eq!(message(result), "stopped");
}
