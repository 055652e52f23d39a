//! `entropy`: how undecided the model is.

use crate::error::Error;
use crate::target::widened;
use crate::target::{OutputToken, Target};
use tch::Tensor;

/// `f = −Σ p ln p` over the vocabulary, in nats: how undecided the model is, whatever token was produced. Positive
/// attributions make it less sure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entropy;

impl Target for Entropy {
    fn name(&self) -> &'static str {
        "entropy"
    }
    fn summary(&self) -> &'static str {
        "−Σ p ln p: how undecided the model is, in nats"
    }
    fn asks_for_a_token(&self) -> bool {
        false
    }
    fn value(&self, logits: &Tensor, _output: OutputToken) -> Result<Tensor, Error> {
        let logarithms = widened(logits)?.f_log_softmax(-1, None)?;
        let shares = logarithms.f_exp()?;
        Ok(shares.f_mul(&logarithms)?.f_sum_dim_intlist(&[-1_i64][..], false, None)?.f_neg()?)
    }
}
