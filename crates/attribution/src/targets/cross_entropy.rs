//! `cross-entropy`: the produced token's loss.

use crate::error::Error;
use crate::target::{OutputToken, Target};
use crate::targets::log_probability::LogProbability;
use tch::Tensor;

/// `f = −ln p_t`, the produced token's loss, in nats: `log-probability` with the other sign. Positive attributions make
/// the token less likely.
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "surprisal")]
pub struct CrossEntropy;

impl Target for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }
    fn summary(&self) -> &'static str {
        "−ln p_t: the produced token's loss, in nats"
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        Ok(LogProbability.value(logits, output)?.f_neg()?)
    }
}
