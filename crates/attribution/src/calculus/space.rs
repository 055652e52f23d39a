//! The space that a path runs through: token embeddings, or the residual stream before a block.

use crate::error::Error;
use crate::method::baseline::Baseline;
use crate::model::checked;
use crate::model::inside::Inside;
use crate::problem::Problem;
use crate::problem::backward::with_gradients;
use crate::problem::cost::Cost;
use crate::problem::forward::Forward;
use crate::problem::gradients::EachGradient;
use std::ops::Range;
use tch::Tensor;

/// The space that a path runs through.
pub(crate) enum Space<'a> {
    /// Token embeddings, before positions are added.
    Embeddings,
    /// Token embeddings with positions added, which move along the path too.
    Positioned(&'a dyn Inside),
    /// The residual stream before a block.
    Residual(&'a dyn Inside, usize),
}

impl<'a> Space<'a> {
    /// The model's inside and the block whose residual stream it is; `None` for embeddings.
    fn stream(&self) -> Option<(&'a dyn Inside, usize)> {
        match self {
            Self::Embeddings => None,
            Self::Positioned(inside) => Some((*inside, 0)),
            Self::Residual(inside, layer) => Some((*inside, *layer)),
        }
    }

    /// The clean input as a point of this space, outside any graph: `[1, tokens, hidden]`.
    pub(crate) fn input(&self, problem: &Problem<'_>) -> Result<Tensor, Error> {
        let _no_gradient = tch::no_grad_guard();
        match self.stream() {
            None => Ok(problem.embeddings()),
            Some((inside, layer)) => checked::residual(inside, layer, &problem.embeddings()),
        }
    }

    /// A baseline as a point of this space, outside any graph: `[1, tokens, hidden]`. `draw` numbers the baselines of a
    /// distribution.
    pub(crate) fn start(
        &self,
        problem: &Problem<'_>,
        baseline: &Baseline,
        draw: u32,
    ) -> Result<Tensor, Error> {
        let start = baseline.embeddings(problem, &problem.embeddings(), draw)?;
        match self {
            Self::Embeddings | Self::Positioned(_) => Ok(start),
            // The zero baseline of a residual stream is a stream of zeros, positions included.
            Self::Residual(..) if *baseline == Baseline::Zero => Ok(start),
            Self::Residual(inside, layer) => {
                let _no_gradient = tch::no_grad_guard();
                checked::residual(*inside, *layer, &start)
            }
        }
    }

    /// Values and gradients at a point, for some of the outputs.
    pub(crate) fn gradients_at(
        &self,
        problem: &Problem<'a>,
        point: &Tensor,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        let Some((inside, layer)) = self.stream() else {
            return problem.gradients_at(point, outputs, each);
        };
        let positions = problem.positions(&outputs);
        let leaf = point.f_detach()?.f_narrow(1, 0, positions.end as i64)?.f_contiguous()?;
        let leaf = leaf.f_set_requires_grad(true)?;
        with_gradients(|| {
            let forward = Self::forward_from(problem, (inside, layer), leaf, &outputs)?;
            problem.gradients_by_autograd(&forward, outputs, each)
        })
    }

    /// The target of some outputs at a point.
    pub(crate) fn values_at(
        &self,
        problem: &Problem<'a>,
        point: &Tensor,
        outputs: Range<usize>,
    ) -> Result<Vec<f64>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let forward = match self.stream() {
            None => problem.forward(point, outputs.clone())?,
            Some(stream) => {
                let point = point.f_narrow(1, 0, problem.positions(&outputs).end as i64)?;
                Self::forward_from(problem, stream, point, &outputs)?
            }
        };
        outputs.map(|output| problem.number(&forward, output)).collect()
    }

    /// A pass from a point of a residual stream.
    fn forward_from(
        problem: &Problem<'a>,
        stream: (&'a dyn Inside, usize),
        point: Tensor,
        outputs: &Range<usize>,
    ) -> Result<Forward, Error> {
        let ((inside, layer), positions) = (stream, problem.positions(outputs));
        problem.count(Cost::forwards(1.0))?;
        let logits = checked::logits_from(inside, problem.vocabulary(), (layer, &point), positions)?;
        Ok(Forward::of_stream(problem.model(), point, logits, problem.members_of(outputs).start))
    }
}
