//! Errors meet: `?` takes libtorch's, the system's, the record's and a text into a model's error, and every error into
//! a boxed one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::Linear;
use saliency_attribution::{Attributor, Error, LanguageModel, ModelError, Sequence};
use std::error::Error as _;
use tch::Tensor;

/// Holds at compile time.
fn boxed<E: std::error::Error + Send + Sync + 'static>() {
    fn any<E: std::error::Error + Send + Sync + 'static>(error: E) -> Result<(), Box<dyn std::error::Error>> {
        Err(error)?
    }
    fn shared<E: std::error::Error + Send + Sync + 'static>(
        error: E,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(error)?
    }
    let _ = (any::<E>, shared::<E>);
}

#[test]
fn every_error_goes_into_a_box() {
    boxed::<Error>();
    boxed::<ModelError>();
    boxed::<saliency_schema::Error>();
}

#[test]
fn a_models_error_is_made_of_what_a_model_meets() {
    fn of<E>(error: E) -> ModelError
    where
        ModelError: From<E>,
    {
        error.into()
    }
    let refused =
        || Tensor::f_from_slice(&[1_i64, 2]).unwrap().f_matmul(&Tensor::f_from_slice(&[1_i64; 3]).unwrap());
    let missing = || std::fs::read("no such file").unwrap_err();
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(missing());
    for (error, words) in [
        (of(refused().unwrap_err()), "inconsistent tensor size"),
        (ModelError::new(refused().unwrap_err()), "inconsistent tensor size"),
        (of(missing()), "No such file"),
        (of(boxed), "No such file"),
        (of("out of order"), "out of order"),
        (of("out of order".to_owned()), "out of order"),
        (of(Error::NoInput), "at least one input token"),
        (of(saliency_schema::read(b"").unwrap_err()), "the input is empty"),
        (ModelError::new("x".parse::<u32>().unwrap_err()), "invalid digit"),
    ] {
        for said in [error.to_string(), Error::from(error).to_string()] {
            assert!(said.contains(words) && !said.contains("frame #"), "{said}");
        }
    }
    assert!(of(missing()).get_ref().downcast_ref::<std::io::Error>().is_some());
    // Debug output, which `main` prints, has no stack either.
    assert!(!format!("{:?}", of(refused().unwrap_err())).contains("frame #"));
}

/// A failure that passes through a model twice is said once.
#[test]
fn a_models_own_failure_stays_what_it_is() {
    let own = || Error::from(ModelError::from("out of order"));
    assert_eq!(own().to_string(), "the model could not run: out of order");
    assert_eq!(Error::from(ModelError::from(own())).to_string(), own().to_string());
    assert_eq!(own().source().unwrap().to_string(), "out of order");
}

#[test]
fn mistakes_of_the_request_are_told_from_failures() {
    let (model, sequence) = (Linear::new(3, 2), Sequence::from_ids(&[0, 1], &[2]).unwrap());
    let long = Sequence::from_ids(&[0; 64], &[0]).unwrap();
    for (found, usage) in [
        (Attributor::new().method("shap").check().map(drop), true),
        (Attributor::new().method("random").span(0..1).check().map(drop), true),
        (Attributor::new().span(3..9).record(&model, &sequence).map(drop), true),
        (Attributor::new().method("attention").record(&model, &sequence).map(drop), false),
        (Attributor::new().record(&model, &long).map(drop), false),
        (Attributor::new().record_with(&model, &sequence, &mut |_| false).map(drop), false),
        (model.embed(&[7]).map(drop).map_err(Error::from), false),
    ] {
        let found = found.unwrap_err();
        assert_eq!(found.is_usage(), usage, "{found}");
    }
}
