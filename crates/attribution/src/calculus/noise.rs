//! Random numbers that are the same on every machine and do not depend on later tokens, and gradients at noisy inputs.

use crate::calculus::moments::TensorMoments;
use crate::calculus::rounding::sum_kind;
use crate::error::Error;
use crate::method::parameters::{Parameters, check_count};
use crate::method::vocabulary;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tch::Tensor;

/// The generator of one sample; samples of one seed are independent of each other.
pub(crate) fn generator(seed: u64, sample: u64) -> ChaCha8Rng {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    numbers.set_stream(sample);
    numbers
}

/// Embeddings plus normal noise of a standard deviation.
pub(crate) fn noisy(embeddings: &Tensor, deviation: f64, numbers: &mut ChaCha8Rng) -> Result<Tensor, Error> {
    let count = embeddings.numel();
    let noise: Vec<f64> = StandardNormal.sample_iter(numbers).take(count).collect();
    let noise = Tensor::f_from_slice(&noise)?.f_reshape(embeddings.size())?.f_mul_scalar(deviation)?;
    Ok(embeddings.f_add(&noise.f_to_kind(embeddings.kind())?.f_to(embeddings.device())?)?)
}

/// How noise is sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Noise {
    pub(crate) samples: u32,
    /// In units of the embeddings' standard deviation.
    pub(crate) deviation: f64,
    pub(crate) seed: u64,
}

impl Default for Noise {
    fn default() -> Self {
        Self { samples: 25, deviation: 0.15, seed: 0 }
    }
}

impl Noise {
    /// What is given, and the rest of these.
    pub(crate) fn or(self, parameters: &Parameters) -> Self {
        Self {
            samples: parameters.samples.unwrap_or(self.samples),
            deviation: parameters.noise.unwrap_or(self.deviation),
            seed: parameters.seed.unwrap_or(self.seed),
        }
    }

    /// Refuses noise below 0, and no samples.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !(self.deviation >= 0.0 && self.deviation.is_finite()) {
            let value = self.deviation.to_string();
            return Err(Error::Parameter { name: "noise", value, range: "a number from 0 on" });
        }
        check_count("samples", self.samples, 1_000_000)
    }

    pub(crate) fn describe(&self, description: &mut saliency_schema::Method) {
        let parameters = &mut description.parameters;
        parameters.insert("samples".to_owned(), self.samples.into());
        parameters.insert("noise".to_owned(), self.deviation.into());
        parameters.insert("seed".to_owned(), self.seed.into());
    }

    pub(crate) fn cost(&self, size: Size) -> Cost {
        Cost::new(1.0, size.n_output as f64) * f64::from(self.samples)
    }

    /// For each output the mean and variance of the gradients at noisy inputs, `[tokens, hidden]`.
    pub(crate) fn gradients(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(usize, &TensorMoments) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let input = problem.embeddings();
        let deviation = self.deviation * vocabulary::spread(problem)?;
        let (kind, hidden) = (sum_kind(input.kind()), input.size()[2]);
        let nothing =
            |output| TensorMoments::of(&[problem.row_length(output) as i64, hidden], (kind, input.device()));
        let numbers = 2 * (input.size()[1] * hidden) as usize;
        problem.foresee_chunks(numbers, |size| self.cost(size));
        for outputs in problem.chunks(numbers) {
            let mut found: Vec<_> = outputs.clone().map(nothing).collect::<Result<_, _>>()?;
            for sample in 0..self.samples {
                let point = noisy(&input, deviation, &mut generator(self.seed, sample.into()))?;
                problem.gradients_at(&point, outputs.clone(), &mut |output, _, gradient| {
                    let gradient = gradient.f_narrow(0, 0, problem.row_length(output) as i64)?;
                    found[output - outputs.start].add(&gradient.f_to_kind(kind)?)
                })?;
            }
            for (output, found) in outputs.zip(&found) {
                each(output, found)?;
            }
        }
        Ok(())
    }
}
