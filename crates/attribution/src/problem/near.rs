//! Points near the input.

use crate::calculus::noise::generator;
use crate::error::Error;
use rand::Rng;
use tch::Tensor;

/// The input's embeddings with uniform noise in every dimension, up to a radius to either side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    /// In units of the embeddings.
    pub(crate) radius: f64,
    pub(crate) seed: u64,
    /// Which of the seed's points.
    pub(crate) draw: u32,
}

impl Near {
    pub(crate) fn moved(&self, embeddings: &Tensor) -> Result<Tensor, Error> {
        let mut numbers = generator(self.seed, self.draw.into());
        let noise: Vec<f64> =
            (0..embeddings.numel()).map(|_| self.radius * numbers.random_range(-1.0..=1.0)).collect();
        let noise = Tensor::f_from_slice(&noise)?.f_reshape(embeddings.size())?;
        Ok(embeddings.f_add(&noise.f_to_kind(embeddings.kind())?.f_to(embeddings.device())?)?)
    }
}
