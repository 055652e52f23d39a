//! `gradient`: the rate of change of the target with each token's embedding.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::Tensor;

/// `a_i = ∂f/∂e_i`, signed, with `e_i` the token's embedding before positions are added; or `|∂f/∂e_i|` in each
/// dimension ([`absolute`](Self::absolute)), which is captum's and inseq's `saliency` and has that alias.
///
/// In units of the target per unit of embedding. With `l2` this is the gradient norm. In a model that begins
/// with a layer norm after adding positions, such as GPT-2, its *sum* over hidden dimensions is zero by
/// construction, because layer norm removes the mean.
///
/// Cost: one forward pass for all outputs and one backward pass for each.
/// Source: Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks".
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "saliency")]
pub struct Gradient {
    absolute: bool,
}

impl Gradient {
    /// With its sign.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether every dimension's sign is dropped before anything is added up. Default: `false`.
    #[must_use]
    pub fn absolute(self, absolute: bool) -> Self {
        Self { absolute }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { absolute: parameters.absolute.unwrap_or(false) })
    }
}

impl Method for Gradient {
    fn card(&self) -> Card {
        Card {
            aliases: &["grad"],
            absolute_aliases: &["saliency"],
            parameters: &["absolute"],
            // |a + b| is not |a| + |b|.
            axioms: if self.absolute {
                &[Axiom::Dummy, Axiom::ImplementationInvariance]
            } else {
                &[Axiom::Dummy, Axiom::Linearity, Axiom::ImplementationInvariance]
            },
            cost: "m backward",
            source: "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks",
            signed: !self.absolute,
            additive: !self.absolute,
            linear_in_gradient: !self.absolute,
            ..Card::new("gradient", "∂f/∂e_i: how fast the target changes with the token's embedding")
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        if self.absolute {
            description.parameters.insert("absolute".to_owned(), true.into());
        }
        description
    }
    fn cost(&self, size: Size) -> Cost {
        Cost::new(0.0, size.n_output as f64)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let finish = |gradient: Tensor, _| if self.absolute { Ok(gradient.f_abs()?) } else { Ok(gradient) };
        each_gradient(problem, finish, each)
    }
}

/// Every output's gradient over the shared forward pass; `finish` makes the attributions from the gradient and the
/// embeddings, both `[tokens, hidden]`.
pub(super) fn each_gradient(
    problem: &Problem<'_>,
    finish: impl Fn(Tensor, Tensor) -> Result<Tensor, Error>,
    each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
) -> Result<(), Error> {
    let embeddings = problem.embeddings().f_select(0, 0)?;
    problem.gradients(&mut |output, value, gradient| {
        let context = problem.row_length(output) as i64;
        let attributions = finish(gradient.f_narrow(0, 0, context)?, embeddings.f_narrow(0, 0, context)?)?;
        each(Explanation::new(output, attributions, value))
    })
}
