//! Random numbers that are the same on every machine, and for a token whatever comes after it.

use crate::Error;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tch::Tensor;

/// The generator of one draw: draws of one seed know nothing of each other.
pub(crate) fn generator(seed: u64, draw: u64) -> ChaCha8Rng {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    numbers.set_stream(draw);
    numbers
}

/// Embeddings with normal noise of a standard deviation added, from one draw of a seed.
pub(crate) fn noisy(embeddings: &Tensor, deviation: f64, numbers: &mut ChaCha8Rng) -> Result<Tensor, Error> {
    let count = embeddings.numel();
    let noise: Vec<f64> = StandardNormal.sample_iter(numbers).take(count).collect();
    let noise = Tensor::f_from_slice(&noise)?.f_reshape(embeddings.size())?.f_mul_scalar(deviation)?;
    Ok(embeddings.f_add(&noise.f_to_kind(embeddings.kind())?.f_to(embeddings.device())?)?)
}
