//! `probability`: the produced token's probability.

use crate::error::Error;
use crate::target::widened;
use crate::target::{OutputToken, Target};
use tch::Tensor;

/// `f = softmax(z)_t`, the probability of the produced token `t`. The notebook's and ecco's target.
#[derive(Debug, Clone, Copy, Default)]
pub struct Probability;

impl Target for Probability {
    fn name(&self) -> &'static str {
        "probability"
    }
    fn summary(&self) -> &'static str {
        "softmax(z)_t: the produced token's probability"
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        Ok(widened(logits)?.f_softmax(1, None)?.f_select(1, i64::from(output.id))?)
    }
}
