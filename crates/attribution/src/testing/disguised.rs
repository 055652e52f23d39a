//! The saturating model computed in another way, with a backward pass of its own and a prefix cache.

use crate::error::Error;
use crate::error::model_error::ModelError;
use crate::model::prefix_cache::PrefixCache;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, Limits, TokenId};
use crate::testing::{Saturating, grid};
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// The same function as [`Saturating`], by other operations: `tanh s = 2 σ(2s) − 1`, products before sums, sums as a
/// product with a triangle of ones. It has a [`Tape`] of its own and a [`PrefixCache`], which leaves masked tokens out
/// of later sums: `s_p = Σ_{i ≤ p} x_i` without masked `i < p`.
#[derive(Debug)]
pub struct Disguised {
    same: Saturating,
    weights: Tensor,
}

/// A recorded pass: the slope at each position is `1 − tanh² s`.
struct Recorded<'a> {
    model: &'a Disguised,
    first: usize,
    logits: Tensor,
}

/// `x_i`, `[tokens, vocabulary]`: what every token adds.
struct Cache<'a> {
    model: &'a Disguised,
    added: Tensor,
}

impl Disguised {
    /// A model with that many tokens in its vocabulary and that many hidden dimensions.
    pub fn new(vocabulary: i64, hidden: i64) -> Self {
        let weights = grid((vocabulary, 2.0), (hidden, 5.0), 0.0).cos();
        Self { same: Saturating::new(vocabulary, hidden), weights }
    }

    /// `Σ_{i ≤ p} x_i` at every position, without masked `i < p`: `added` is `[batch, tokens, vocabulary]`, `masked`
    /// `[batch, tokens]`.
    fn sums(added: &Tensor, masked: Option<&Tensor>) -> Result<Tensor, ModelError> {
        let tokens = added.size()[1];
        let like = (Kind::Double, Device::Cpu);
        let triangle = Tensor::f_ones([tokens, tokens], like)?.f_tril(0)?;
        let Some(masked) = masked else { return Ok(triangle.f_matmul(added)?) };
        let itself = Tensor::f_eye(tokens, like)?;
        let kept = masked.f_logical_not()?.f_to_kind(Kind::Double)?.f_unsqueeze(1)?;
        Ok(triangle.f_mul(&kept.f_maximum(&itself)?)?.f_matmul(added)?)
    }

    fn squash(sums: &Tensor) -> Result<Tensor, ModelError> {
        Ok(sums.f_mul_scalar(2.0)?.f_sigmoid()?.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?)
    }

    fn added(&self, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        Ok(embeddings.f_matmul(&self.weights.f_transpose(0, 1)?)?)
    }
}

impl LanguageModel for Disguised {
    fn name(&self) -> &'static str {
        "toy saturating, disguised"
    }
    fn limits(&self) -> Limits {
        self.same.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.same.embed(ids)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let sums = Self::sums(&self.added(embeddings)?, None)?;
        Self::squash(&sums.f_narrow(1, positions.start as i64, positions.len() as i64)?)
    }
    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        let _no_gradient = tch::no_grad_guard();
        let first = positions.start;
        let logits = self.logits(embeddings, n_input, positions)?;
        Ok(Some(Box::new(Recorded { model: self, first, logits })))
    }
    fn shares_prefix(&self) -> bool {
        true
    }
    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        _: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        let _no_gradient = tch::no_grad_guard();
        Ok(Some(Box::new(Cache { model: self, added: self.added(embeddings)? })))
    }
}

impl Tape for Recorded<'_> {
    fn logits(&self) -> &Tensor {
        &self.logits
    }
    fn vjp(
        &self,
        positions: Range<usize>,
        cotangents: &Tensor,
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (row, position) in positions.enumerate() {
            let slope = 1.0 - self.logits.f_select(0, 0)?.f_select(0, position as i64)?.f_square()?;
            let back = cotangents.f_select(0, row as i64)?.f_mul(&slope)?.f_unsqueeze(0)?;
            let gradient = back.f_matmul(&self.model.weights)?;
            let context = (self.first + position + 1) as i64;
            each(position, gradient.f_expand([context, gradient.size()[1]], false)?)?;
        }
        Ok(())
    }
}

impl PrefixCache for Cache<'_> {
    fn logits(
        &self,
        shared: usize,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let _no_gradient = tch::no_grad_guard();
        let (batch, _, _) = embeddings.size3()?;
        let before = self.added.f_narrow(1, 0, shared as i64)?;
        let before = before.f_expand([batch, shared as i64, before.size()[2]], false)?;
        let added = Tensor::f_cat(&[before, self.model.added(embeddings)?], 1)?;
        let sums = Disguised::sums(&added, masked)?;
        Disguised::squash(&sums.f_narrow(1, positions.start as i64, positions.len() as i64)?)
    }
}
