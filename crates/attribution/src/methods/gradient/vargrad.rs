//! `vargrad`: how much the gradient varies over noisy inputs.

use crate::calculus::noise::Noise;
use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = Var[∂f/∂e_i(e + ε)] = E[(g − E[g])²]` in each dimension, without a sign, over noise as in `smoothgrad`.
///
/// In squared units of the gradient. The population variance of the samples: divided by their number, not by one less.
///
/// Cost: as `smoothgrad`.
/// Source: Adebayo, Gilmer, Goodfellow & Kim 2018, "Local Explanation Methods for Deep Neural Networks Lack Sensitivity
/// to Parameter Values".
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct VarGrad {
    noise: Noise,
}

impl VarGrad {
    /// 25 samples of noise, 0.15 of the embeddings' standard deviation; seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The number of samples, 2 to a million. Default: 25.
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

impl Method for VarGrad {
    fn card(&self) -> Card {
        Card {
            aliases: &["var-grad"],
            parameters: &["samples", "noise", "seed"],
            axioms: &[Axiom::Dummy, Axiom::ImplementationInvariance],
            cost: "samples forward, m × samples backward",
            source: "Adebayo, Gilmer, Goodfellow & Kim 2018, Local Explanation Methods Lack Sensitivity",
            signed: false,
            additive: false,
            ..Card::new("vargrad", "Var[∂f/∂e_i] over noisy embeddings: how rough the gradient is; no sign")
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.noise.describe(&mut description);
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.noise.check()?;
        if self.noise.samples < 2 {
            let range = "from 2 to 1000000: one draw does not vary";
            return Err(Error::Parameter { name: "samples", value: self.noise.samples.to_string(), range });
        }
        Ok(())
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
        self.check()?;
        self.noise.gradients(problem, &mut |output, gradients| {
            each(Explanation::new(output, gradients.variance()?, problem.value_at_input(output)?))
        })
    }
}
