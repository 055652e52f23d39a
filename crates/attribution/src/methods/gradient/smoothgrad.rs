//! `smoothgrad`: the mean gradient over noisy inputs.

use crate::calculus::noise::Noise;
use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = E[∂f/∂e_i(e + ε)]`, signed, with `ε` normal noise in every dimension: the mean over a number of samples.
///
/// The standard deviation of the noise is given in units of the embeddings': that of all numbers in the vocabulary's
/// embeddings. The attributions are in units of the target per unit of embedding.
///
/// Cost: for each sample a forward pass, shared by all outputs, and a backward pass for each output.
/// Source: Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, "SmoothGrad: removing noise by adding noise".
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SmoothGrad {
    noise: Noise,
}

impl SmoothGrad {
    /// 25 samples of noise, 0.15 of the embeddings' standard deviation; seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The number of samples, 1 to a million. Default: 25.
        samples: u32 => noise.samples;
        /// How large the noise is, from 0, in units of the embeddings' standard deviation. Default: 0.15.
        noise: f64 => noise.deviation;
        /// The seed. Default: 0.
        seed: u64 => noise.seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { noise: Noise::default().or(parameters) })
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
            linear_in_gradient: true,
            ..Card::new("smoothgrad", "E[∂f/∂e_i] over noisy embeddings: the gradient without its roughness")
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.noise.describe(&mut description);
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.noise.check()
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        self.noise.cost(size)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.noise.gradients(problem, &mut |output, gradients| {
            let mean = gradients.mean().shallow_clone();
            each(Explanation::new(output, mean, problem.value_at_input(output)?))
        })
    }
}
