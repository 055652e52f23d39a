//! `gradient-x-input`: the gradient times the token's embedding.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::methods::gradient::gradient::each_gradient;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = e_i ⊙ ∂f/∂e_i`, signed: the first-order estimate of what the token's embedding adds to the target.
///
/// In units of the target. The position embedding has the same gradient and is not counted.
///
/// Cost: one forward pass for all outputs and one backward pass for each.
/// Source: Shrikumar, Greenside, Shcherbina & Kundaje 2016, "Not Just a Black Box"; for language models,
/// Denil, Demiraj & de Freitas 2014, "Extraction of Salient Sentences from Labelled Documents".
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "grad_x_input")]
#[doc(alias = "input_x_gradient")]
pub struct GradientXInput;

impl GradientXInput {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Method for GradientXInput {
    fn card(&self) -> Card {
        Card {
            aliases: &["grad-x-input", "input-x-gradient", "gxi"],
            axioms: &[Axiom::Dummy, Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "m backward",
            source: "Shrikumar, Greenside, Shcherbina & Kundaje 2016, Not Just a Black Box",
            linear_in_gradient: true,
            ..Card::new("gradient-x-input", "e_i ⊙ ∂f/∂e_i: the gradient times the token's embedding")
        }
    }
    fn cost(&self, size: Size) -> Cost {
        Cost::new(0.0, size.n_output as f64)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each_gradient(problem, |gradient, embedding| Ok(gradient.f_mul(&embedding)?), each)
    }
}
