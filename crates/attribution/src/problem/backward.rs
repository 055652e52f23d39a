//! The one call of libtorch's backward pass: from a scalar to what it was computed from, or an error that says why
//! there is no gradient.
//!
//! libtorch ends the process for a tensor without a graph, and returns an undefined tensor for a leaf that the scalar
//! does not depend on. Both are caught here.

use crate::error::Error;
use tch::Tensor;

/// Runs `f` with gradients switched on, and restores the caller's mode afterwards, after a panic too.
pub(crate) fn with_gradients<T>(f: impl FnOnce() -> T) -> T {
    let _restored = tch::no_grad_guard();
    tch::with_grad(f)
}

/// What becomes of the graph that a backward pass goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Graph {
    /// Nothing will go through it again.
    Dropped,
    /// It is kept for the next scalar.
    Kept,
    /// It is kept, and the gradient has a graph of its own, for second derivatives.
    Continued,
}

/// The gradient of a scalar with respect to a leaf, in the leaf's shape; `None` where the scalar does not depend on the
/// leaf by differentiable operations.
pub(crate) fn gradient(scalar: &Tensor, leaf: &Tensor, graph: Graph) -> Result<Option<Tensor>, Error> {
    Ok(gradients(scalar, &[leaf], graph)?.pop().flatten())
}

/// The gradients of a scalar with respect to several tensors of one graph, by one backward pass through it.
pub(crate) fn gradients(
    scalar: &Tensor,
    leaves: &[&Tensor],
    graph: Graph,
) -> Result<Vec<Option<Tensor>>, Error> {
    let has_graph = |x: &Tensor| x.defined() && x.requires_grad();
    if !has_graph(scalar) || !leaves.iter().all(|leaf| has_graph(leaf)) {
        return Ok(leaves.iter().map(|_| None).collect());
    }
    let found =
        Tensor::f_run_backward(&[scalar], leaves, graph != Graph::Dropped, graph == Graph::Continued)?;
    Ok(found.into_iter().map(|found| Some(found).filter(Tensor::defined)).collect())
}

/// The gradient of a scalar of a model's logits with respect to a leaf that the logits were computed from.
///
/// # Errors
/// [`Error::Detached`] where the logits themselves do not depend on the leaf, and [`Error::NotDifferentiable`] where
/// the scalar does not depend on them.
pub(crate) fn gradient_through(
    scalar: &Tensor,
    logits: &Tensor,
    leaf: &Tensor,
    graph: Graph,
    (model, op): (&str, &'static str),
    name: impl FnOnce() -> String,
) -> Result<Tensor, Error> {
    if let Some(found) = gradient(scalar, leaf, graph)? {
        return Ok(found);
    }
    if gradient(&logits.f_sum(None)?, leaf, Graph::Kept)?.is_none() {
        return Err(Error::Detached { model: model.to_owned(), op });
    }
    Err(Error::NotDifferentiable { what: name() })
}
