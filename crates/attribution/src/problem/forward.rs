//! One forward pass and the gradients that autograd takes through it.

use crate::error::Error;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, checked};
use crate::problem::backward::{Graph, gradient_through};
use std::ops::Range;
use tch::Tensor;

/// One forward pass: the embeddings as a leaf of the graph, and the logits computed from them.
#[derive(Debug)]
pub struct Forward {
    /// The model's name, for errors.
    model: String,
    /// What was asked of it, for errors.
    op: &'static str,
    embeddings: Tensor,
    logits: Tensor,
    /// The first of the sequence's outputs that it predicts.
    first: usize,
}

impl Forward {
    /// Runs the model for some of the sequence's outputs.
    pub(crate) fn run(
        model: &dyn LanguageModel,
        n_input: usize,
        embeddings: &Tensor,
        outputs: Range<usize>,
    ) -> Result<Self, Error> {
        let positions = n_input + outputs.start - 1..n_input + outputs.end - 1;
        let embeddings = embeddings.f_detach()?.f_narrow(1, 0, positions.end as i64)?.f_contiguous()?;
        let embeddings = embeddings.f_set_requires_grad(true)?;
        let logits = checked::logits(model, &embeddings, n_input, positions)?;
        let (model, op) = (model.name().to_owned(), "LanguageModel::logits");
        Ok(Self { model, op, embeddings, logits, first: outputs.start })
    }

    /// The pass from the residual stream before a block, which takes the embeddings' place as the leaf.
    pub(crate) fn of_stream(model: &dyn LanguageModel, leaf: Tensor, logits: Tensor, first: usize) -> Self {
        Self { model: model.name().to_owned(), op: "Inside::logits_from", embeddings: leaf, logits, first }
    }

    /// The pass that a tape has recorded, without a graph of libtorch's.
    pub(crate) fn of_tape(
        tape: &dyn Tape,
        model: &dyn LanguageModel,
        embeddings: Tensor,
        first: usize,
    ) -> Self {
        let (model, op, logits) = (model.name().to_owned(), "Tape::logits", tape.logits().shallow_clone());
        Self { model, op, embeddings, logits, first }
    }

    /// `[batch, tokens, hidden]`.
    pub(crate) fn embeddings(&self) -> &Tensor {
        &self.embeddings
    }

    /// `[batch, outputs, vocabulary]`.
    pub(crate) fn logits(&self) -> &Tensor {
        &self.logits
    }

    /// The logits that predict one of the sequence's outputs: `[batch, vocabulary]`.
    ///
    /// # Errors
    /// An error of libtorch.
    pub fn logits_of(&self, output: usize) -> Result<Tensor, Error> {
        Ok(self.logits.f_select(1, (output - self.first) as i64)?)
    }

    /// The gradient with respect to the embeddings of a scalar computed from these logits. The graph is kept for the
    /// next output.
    ///
    /// # Shapes
    /// Returns `[batch, tokens, hidden]`.
    ///
    /// # Errors
    /// [`Error::NoGraph`] where the model has a backward pass of its own, [`Error::Detached`] where its logits have no
    /// graph, [`Error::NotDifferentiable`] where the scalar has none, and errors of libtorch.
    pub fn gradient(&self, scalar: &Tensor) -> Result<Tensor, Error> {
        if !self.embeddings.requires_grad() {
            return Err(Error::NoGraph);
        }
        self.gradient_of(scalar, Graph::Kept, || "the scalar".to_owned())
    }

    /// As [`gradient`](Self::gradient), with the scalar's name for errors.
    pub(crate) fn gradient_of(
        &self,
        scalar: &Tensor,
        graph: Graph,
        name: impl FnOnce() -> String,
    ) -> Result<Tensor, Error> {
        let model = (&*self.model, self.op);
        gradient_through(scalar, &self.logits, &self.embeddings, graph, model, name)
    }
}
