//! `smoothgrad`: the mean gradient over noisy inputs.

use crate::method::{Axiom, Card};
use crate::noise::{generator, noisy};
use crate::parameters::count;
use crate::path::sum_kind;
use crate::{Cost, Error, Explanation, Method, Parameters, Problem, Size, vocabulary};
use tch::Tensor;

/// `a_i = E[∂f/∂e_i(e + ε)]`, signed, with `ε` normal noise in every dimension: the mean over a number of draws.
///
/// The noise's standard deviation is given in units of the embeddings' own: that of all numbers in the vocabulary's embeddings.
/// In units of the target per unit of embedding.
///
/// Cost: for each draw a forward pass, shared by all outputs, and a backward pass for each output.
/// Source: Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, "SmoothGrad: removing noise by adding noise".
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SmoothGrad {
    noise: Noise,
}

/// Draws of noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Noise {
    pub(super) samples: u32,
    /// In units of the embeddings' standard deviation.
    pub(super) deviation: f64,
    pub(super) seed: u64,
}

impl Default for Noise {
    fn default() -> Self {
        Self { samples: 25, deviation: 0.15, seed: 0 }
    }
}

impl Noise {
    pub(super) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let default = Self::default();
        let samples = parameters.samples.unwrap_or(default.samples);
        let deviation = parameters.noise.unwrap_or(default.deviation);
        if !(deviation >= 0.0 && deviation.is_finite()) {
            let value = deviation.to_string();
            return Err(Error::Parameter { name: "noise", value, range: "a number from 0 on" });
        }
        let samples = count("samples", samples, 1_000_000)?;
        Ok(Self { samples, deviation, seed: parameters.seed.unwrap_or(0) })
    }

    pub(super) fn describe(&self, description: &mut saliency_schema::Method) {
        let parameters = &mut description.parameters;
        parameters.insert("samples".to_owned(), self.samples.into());
        parameters.insert("noise".to_owned(), self.deviation.into());
        parameters.insert("seed".to_owned(), self.seed.into());
    }

    pub(super) fn cost(&self, size: Size) -> Cost {
        Cost::new(1.0, size.n_output as f64) * f64::from(self.samples)
    }

    /// For each output, mean and mean square of the gradients at noisy inputs: `[tokens, hidden]` each.
    pub(super) fn moments(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(usize, Tensor, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let input = problem.embeddings();
        let deviation = self.deviation * vocabulary::spread(problem)?;
        let kind = sum_kind(input.kind());
        let zeros = |output: usize| -> Result<Tensor, Error> {
            let size = [problem.row_length(output) as i64, input.size()[2]];
            Ok(Tensor::f_zeros(size, (kind, input.device()))?)
        };
        let share = 1.0 / f64::from(self.samples);
        for outputs in problem.portions(2 * (input.size()[1] * input.size()[2]) as usize) {
            let mut means: Vec<Tensor> = outputs.clone().map(zeros).collect::<Result<_, _>>()?;
            let mut squares: Vec<Tensor> = outputs.clone().map(zeros).collect::<Result<_, _>>()?;
            for draw in 0..self.samples {
                let point = noisy(&input, deviation, &mut generator(self.seed, draw.into()))?;
                problem.gradients_at(&point, outputs.clone(), &mut |output, _, gradient| {
                    let gradient = gradient.f_narrow(0, 0, problem.row_length(output) as i64)?;
                    let gradient = gradient.f_to_kind(kind)?;
                    let row = output - outputs.start;
                    let _ = squares[row].f_add_(&gradient.f_square()?.f_mul_scalar(share)?)?;
                    let _ = means[row].f_add_(&gradient.f_mul_scalar(share)?)?;
                    Ok(())
                })?;
            }
            for ((output, mean), square) in outputs.zip(means).zip(squares) {
                each(output, mean, square)?;
            }
        }
        Ok(())
    }
}

impl SmoothGrad {
    /// 25 draws of noise of 0.15 of the embeddings' standard deviation, seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many draws, how large the noise is in units of the embeddings' standard deviation, and the seed.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no draws, or a noise below 0.
    pub fn noise(samples: u32, deviation: f64, seed: u64) -> Result<Self, Error> {
        Self::from_parameters(&Parameters {
            samples: Some(samples),
            noise: Some(deviation),
            seed: Some(seed),
            ..Parameters::default()
        })
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { noise: Noise::from_parameters(parameters)? })
    }
}

impl Method for SmoothGrad {
    fn card(&self) -> Card {
        Card {
            aliases: &["smooth-grad"],
            parameters: &["samples", "noise", "seed"],
            axioms: &[Axiom::Dummy, Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "samples forward, m × samples backward",
            source: "Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, SmoothGrad",
            ..Card::new("smoothgrad", "E[∂f/∂e_i] over noisy embeddings: the gradient without its roughness")
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.noise.describe(&mut description);
        description
    }
    fn cost(&self, size: Size) -> Cost {
        self.noise.cost(size)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.noise.moments(problem, &mut |output, mean, _| {
            each(Explanation::new(output, mean, problem.value_at_input(output)?))
        })
    }
}
