//! One model, one sequence, one target: what a method is given, with the forward pass that all outputs share.

use crate::model::check_fits;
use crate::{Error, LanguageModel, OutputToken, Sequence, Target};
use std::ops::Range;
use tch::Tensor;

/// What a method explains, and the one forward pass at the real input.
///
/// Embeddings stop before the last output token: nothing that is explained has read it.
pub struct Problem<'a> {
    model: &'a dyn LanguageModel,
    sequence: &'a Sequence,
    target: &'a dyn Target,
    input: Forward,
}

/// One forward pass: a leaf of embeddings, and the logits that follow from it.
#[derive(Debug)]
pub struct Forward {
    embeddings: Tensor,
    logits: Tensor,
    first: usize,
}

impl<'a> Problem<'a> {
    /// Runs the model once, for all outputs together.
    ///
    /// # Errors
    /// A sequence the model can't read, or a failing model.
    pub fn new(
        model: &'a dyn LanguageModel,
        sequence: &'a Sequence,
        target: &'a dyn Target,
    ) -> Result<Self, Error> {
        check_fits(model, sequence)?;
        let seen = &sequence.ids()[..sequence.ids().len() - 1];
        let embeddings = {
            let _no_gradient = tch::no_grad_guard();
            model.embed(seen).map_err(Error::Model)?.f_unsqueeze(0)?
        };
        let outputs = 0..sequence.n_output();
        let input = Forward::run(model, sequence.n_input(), &embeddings, outputs)?;
        Ok(Self { model, sequence, target, input })
    }

    /// The forward pass at the real input, for all outputs: batch 1.
    pub fn input(&self) -> &Forward {
        &self.input
    }

    /// Token embeddings at the real input, outside any graph: `[1, tokens, hidden]`.
    pub fn embeddings(&self) -> Tensor {
        self.input.embeddings.detach()
    }

    /// How many outputs are explained.
    pub fn n_output(&self) -> usize {
        self.sequence.n_output()
    }

    /// How many tokens an output's prediction has read: the length of its row.
    pub fn row_length(&self, output: usize) -> usize {
        self.sequence.n_input() + output
    }

    /// Runs the model at other embeddings, for some of the outputs.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`; tokens that none of the outputs reads are not looked at
    ///
    /// # Errors
    /// A failing model.
    pub fn forward(&self, embeddings: &Tensor, outputs: Range<usize>) -> Result<Forward, Error> {
        Forward::run(self.model, self.sequence.n_input(), embeddings, outputs)
    }

    /// The target's value for one output: `[batch]`.
    ///
    /// # Errors
    /// What the target says.
    pub fn value(&self, forward: &Forward, output: usize) -> Result<Tensor, Error> {
        self.target.value(&forward.logits_of(output)?, self.output_token(output))
    }

    /// Which token an output is.
    pub fn output_token(&self, output: usize) -> OutputToken {
        OutputToken { output, id: self.sequence.ids()[self.sequence.n_input() + output] }
    }
}

impl std::fmt::Debug for Problem<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Problem")
            .field("model", &self.model.name())
            .field("target", &self.target.name())
            .field("n_input", &self.sequence.n_input())
            .field("n_output", &self.sequence.n_output())
            .finish_non_exhaustive()
    }
}

impl Forward {
    fn run(
        model: &dyn LanguageModel,
        n_input: usize,
        embeddings: &Tensor,
        outputs: Range<usize>,
    ) -> Result<Self, Error> {
        let positions = n_input + outputs.start - 1..n_input + outputs.end - 1;
        let embeddings = embeddings.f_detach()?.f_narrow(1, 0, positions.end as i64)?.f_contiguous()?;
        let embeddings = embeddings.f_set_requires_grad(true)?;
        let logits = model.logits(&embeddings, n_input, positions.clone()).map_err(Error::Model)?;
        let (batch, vocabulary) = (embeddings.size()[0], model.limits().vocabulary);
        let expected = vec![batch, positions.len() as i64, vocabulary as i64];
        if logits.size() != expected {
            return Err(Error::Shape { op: "LanguageModel::logits", found: logits.size(), expected });
        }
        Ok(Self { embeddings, logits, first: outputs.start })
    }

    /// The logits that predict one output: `[batch, vocabulary]`.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn logits_of(&self, output: usize) -> Result<Tensor, Error> {
        Ok(self.logits.f_select(1, (output - self.first) as i64)?)
    }

    /// The gradient of a scalar that was computed from these logits, with respect to the embeddings.
    /// The graph is kept, for the next output's.
    ///
    /// # Shapes
    /// Returns `[batch, tokens, hidden]`.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn gradient(&self, scalar: &Tensor) -> Result<Tensor, Error> {
        let mut gradients = Tensor::f_run_backward(&[scalar], &[&self.embeddings], true, false)?;
        Ok(gradients.swap_remove(0))
    }
}
