//! The toy models that every method and every promise is tried on, and what they are asked.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{
    Disguised, EncoderDecoder, Jump, Linear, Power, Saturating, Transformer,
};
use saliency_attribution::{Aggregate, Attributor, LanguageModel, Method, Normalize, Sequence};
use saliency_schema::Record;

/// What is asked: 4 inputs, the last of which an encoder–decoder starts with.
pub(crate) const INPUTS: [u32; 4] = [1, 4, 0, 2];
pub(crate) const OUTPUTS: [u32; 3] = [3, 5, 1];

pub(crate) fn sequence() -> Sequence {
    Sequence::from_ids(&INPUTS, &OUTPUTS).unwrap()
}

/// One of each kind.
pub(crate) fn models() -> [Box<dyn LanguageModel>; 6] {
    [
        Box::new(Linear::new(6, 3)),
        Box::new(Saturating::new(6, 2)),
        Box::new(EncoderDecoder::new(6, 3)),
        Box::new(Disguised::new(6, 2)),
        Box::new(Power::new(6, 3, 2)),
        Box::new(Jump::new(6, 3, 1e-6)),
    ]
}

/// The one that shows its inside. It takes a hundred times as long as the others.
pub(crate) fn transformer() -> Box<dyn LanguageModel> {
    Box::new(Transformer::new(6, 2))
}

/// Rounding of a few thousand float64 operations on values around 1.
pub(crate) const ROUNDING: f64 = 1e-10;

/// A method's own numbers, signed and unscaled, of the logit.
pub(crate) fn attributor(method: impl Method + 'static) -> Attributor {
    let attributor = Attributor::new().with_method(method).target("logit");
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None)
}

pub(crate) fn record(
    model: &dyn LanguageModel,
    sequence: &Sequence,
    method: impl Method + 'static,
) -> Record {
    attributor(method).record(model, sequence).unwrap()
}

/// `x_i` of the power model, by its formula.
pub(crate) fn parts(inputs: &[u32]) -> Vec<f64> {
    let part = |(i, id): (usize, &u32)| {
        let term = |h: f64| (3.0 * f64::from(*id) + h + 1.0).sin() * (5.0 * h).cos();
        (i % 3) as f64 * (term(0.0) + term(1.0) + term(2.0))
    };
    inputs.iter().enumerate().map(part).collect()
}
