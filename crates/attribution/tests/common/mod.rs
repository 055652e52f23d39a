//! The toy models that every method and every promise is tried on, and what they are asked.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{
    Disguised, EncoderDecoder, Jump, Linear, Power, Saturating, Transformer,
};
use saliency_attribution::{LanguageModel, Sequence};

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
