//! `logit`: the produced token's own logit.

use crate::error::Error;
use crate::model::TokenId;
use crate::target::widened;
use crate::target::{OutputToken, Target};
use tch::Tensor;

/// `f = z_t`, the logit of the produced token `t`. Unbounded, and blind to what the other tokens get.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logit;

impl Target for Logit {
    fn name(&self) -> &'static str {
        "logit"
    }
    fn summary(&self) -> &'static str {
        "z_t: the produced token's logit"
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        Ok(widened(logits)?.f_select(1, i64::from(output.id))?)
    }
    fn logit_weights(&self, output: OutputToken) -> Result<Option<Vec<(TokenId, f64)>>, Error> {
        Ok(Some(vec![(output.id, 1.0)]))
    }
}
