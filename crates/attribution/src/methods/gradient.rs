//! `gradient`: how fast the target changes with each token's embedding.

use crate::{Error, Explanation, Method, Parameters, Problem};
use tch::Tensor;

/// `a_i = ∂f/∂e_i`, signed, with `e_i` the token's embedding before positions are added.
///
/// In units of the target per unit of embedding. With `l2` this is the gradient norm. In a model that begins
/// with a layer norm after adding positions, such as GPT-2, its *sum* over hidden dimensions is zero by
/// construction, because layer norm removes the mean.
///
/// Cost: one forward pass for all outputs and one backward pass for each.
/// Source: Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks".
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "saliency")]
pub struct Gradient;

impl Gradient {
    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Box<dyn Method>, Error> {
        parameters.none_for(Self)
    }
}

impl Method for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }
    fn aliases(&self) -> &'static [&'static str] {
        &["saliency", "grad"]
    }
    fn summary(&self) -> &'static str {
        "∂f/∂e_i: how fast the target changes with the token's embedding"
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each_gradient(problem, |gradient, _| Ok(gradient), each)
    }
}

/// Every output's gradient over the shared forward pass; `finish` makes the vectors from the
/// gradient and the embeddings, both `[tokens, hidden]`.
pub(super) fn each_gradient(
    problem: &Problem<'_>,
    finish: impl Fn(Tensor, Tensor) -> Result<Tensor, Error>,
    each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
) -> Result<(), Error> {
    let embeddings = problem.embeddings().f_select(0, 0)?;
    problem.gradients(&mut |output, value, gradient| {
        let read = problem.row_length(output) as i64;
        let vectors = finish(gradient.f_narrow(0, 0, read)?, embeddings.f_narrow(0, 0, read)?)?;
        each(Explanation { output, vectors, value, baseline_value: None, steps: None })
    })
}
