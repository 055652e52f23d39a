//! All residual streams in one graph, so that one backward pass reaches each of them.

use crate::error::Error;
use crate::model::checked;
use crate::model::inside::Inside;
use crate::problem::Problem;
use crate::problem::cost::Cost;
use crate::problem::forward::Forward;
use tch::Tensor;

/// A forward pass from the first residual stream, and every stream on the way.
pub(crate) struct Streams {
    /// Residual 0, the graph's leaf, to the last: `[1, tokens, hidden]` each.
    residuals: Vec<Tensor>,
    forward: Forward,
}

impl Streams {
    /// Those of a problem's input; `None` for a model that does not run its blocks one by one. Wants gradients switched
    /// on.
    pub(crate) fn of<'a>(inside: &'a dyn Inside, problem: &Problem<'a>) -> Result<Option<Self>, Error> {
        let outputs = 0..problem.n_output();
        let positions = problem.positions(&outputs);
        let start = tch::no_grad(|| checked::residual(inside, 0, &problem.embeddings()))?;
        let start = start.f_detach()?.f_narrow(1, 0, positions.end as i64)?.f_contiguous()?;
        let mut last = start.f_set_requires_grad(true)?;
        let mut residuals = Vec::with_capacity(inside.layers() + 1);
        for layer in 0..inside.layers() {
            let Some(next) = checked::block(inside, layer, &last)? else { return Ok(None) };
            residuals.push(std::mem::replace(&mut last, next));
        }
        let from = (inside.layers(), &last);
        let logits = checked::logits_from(inside, problem.vocabulary(), from, positions)?;
        problem.count(Cost::forwards(1.0))?;
        residuals.push(last);
        let first = problem.members_of(&outputs).start;
        let forward = Forward::of_stream(problem.model(), residuals[0].shallow_clone(), logits, first);
        Ok(Some(Self { residuals, forward }))
    }

    /// An output's value, and of each residual stream its products with the target's gradient there:
    /// `[context, hidden]`.
    pub(crate) fn products(&self, problem: &Problem<'_>, output: usize) -> Result<(f64, Vec<Tensor>), Error> {
        let (value, gradients) = problem.gradients_of_streams(&self.forward, &self.residuals, output)?;
        let context = problem.row_length(output) as i64;
        let own = |x: &Tensor| x.f_select(0, 0)?.f_narrow(0, 0, context);
        let product =
            |(stream, gradient): (&Tensor, &Tensor)| Ok(own(&stream.f_detach()?)?.f_mul(&own(gradient)?)?);
        Ok((value, self.residuals.iter().zip(&gradients).map(product).collect::<Result<_, Error>>()?))
    }
}
