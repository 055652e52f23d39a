//! `log-probability`: the logarithm of the produced token's probability.

use crate::error::Error;
use crate::target::widened;
use crate::target::{OutputToken, Target};
use tch::Tensor;

/// `f = ln softmax(z)_t`, in nats. Does not flatten where the model is sure, as the probability does.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogProbability;

impl Target for LogProbability {
    fn name(&self) -> &'static str {
        "log-probability"
    }
    fn summary(&self) -> &'static str {
        "ln softmax(z)_t: the produced token's log-probability, in nats"
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        Ok(widened(logits)?.f_log_softmax(1, None)?.f_select(1, i64::from(output.id))?)
    }
}
