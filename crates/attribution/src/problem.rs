//! One model, one sequence, one target: what a method is given, with the forward pass that all outputs share.

use crate::model::check_fits;
use crate::{Error, LanguageModel, OutputToken, Run, Sequence, Target};
use std::ops::Range;
use tch::Tensor;

/// Numbers that the gradients of several outputs with respect to their logits may hold together.
const COTANGENTS: usize = 1 << 26;

/// What a method explains, and the one forward pass at the real input.
///
/// Embeddings stop before the last output token: nothing that is explained has read it.
pub struct Problem<'a> {
    model: &'a dyn LanguageModel,
    sequence: &'a Sequence,
    target: &'a dyn Target,
    /// The target with what it took from the run at the real input.
    prepared: Option<Box<dyn Target>>,
    input: Forward,
    /// The model's own way back from the outputs, where it has one.
    run: Option<Box<dyn Run + 'a>>,
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
        let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
        let positions = n_input - 1..n_input + n_output - 1;
        let run = model.run(&embeddings, n_input, positions.clone()).map_err(Error::Model)?;
        let input = match &run {
            Some(run) => {
                let vocabulary = model.limits().vocabulary;
                let logits = checked(run.logits().shallow_clone(), 1, positions.len(), vocabulary)?;
                Forward { embeddings, logits, first: 0 }
            }
            None => Forward::run(model, n_input, &embeddings, 0..n_output)?,
        };
        let mut problem = Self { model, sequence, target, prepared: None, input, run };
        let outputs: Vec<_> = (0..n_output).map(|output| problem.output_token(output)).collect();
        problem.prepared = target.prepared(&problem.input.logits.f_detach()?.f_select(0, 0)?, &outputs)?;
        Ok(problem)
    }

    /// The forward pass at the real input, for all outputs: batch 1. Its graph is there only where the model leaves
    /// gradients to autograd: [`gradients`](Self::gradients) serves both.
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

    /// The embedding of the model's end-of-text token, `[1, hidden]`.
    pub(crate) fn end_of_text(&self) -> Result<Tensor, Error> {
        let range = "another one: this model has no end-of-text token";
        let none = || Error::Parameter { name: "baseline", value: "eos".into(), range };
        let id = self.model.end_of_text().ok_or_else(none)?;
        let _no_gradient = tch::no_grad_guard();
        self.model.embed(&[id]).map_err(Error::Model)
    }

    /// Size of the model's vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.model.limits().vocabulary
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
        self.target().value(&forward.logits_of(output)?, self.output_token(output))
    }

    /// What is explained.
    pub fn target(&self) -> &dyn Target {
        self.prepared.as_deref().unwrap_or(self.target)
    }

    /// Every output's value at the real input, and the target's gradient with respect to the embeddings there. Calls
    /// `each` with the output's number, f(x), and the gradient `[read, hidden]` of at least the tokens that the output
    /// has read, in order. Cost: at most one backward
    /// pass for each output; a model with a faster way back takes that.
    ///
    /// # Errors
    /// A failing model, or what `each` says, which ends the run.
    pub fn gradients(
        &self,
        each: &mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(run) = &self.run else {
            for output in 0..self.n_output() {
                let value = self.value(&self.input, output)?.f_select(0, 0)?;
                let gradient = self.input.gradient(&value)?.f_select(0, 0)?;
                each(output, value.f_double_value(&[])?, gradient)?;
            }
            return Ok(());
        };
        // The vocabulary is wide: as many outputs at once as a quarter of a gigabyte holds.
        let portion = (COTANGENTS / self.model.limits().vocabulary.max(1)).max(1);
        let mut begin = 0;
        while begin < self.n_output() {
            let outputs = begin..(begin + portion).min(self.n_output());
            let (mut values, mut cotangents) = (Vec::new(), Vec::new());
            for output in outputs.clone() {
                let logits = self.input.logits_of(output)?.f_detach()?.f_set_requires_grad(true)?;
                let value = self.target().value(&logits, self.output_token(output))?.f_select(0, 0)?;
                let cotangent = Tensor::f_run_backward(&[&value], &[&logits], false, false)?.swap_remove(0);
                values.push(value.f_double_value(&[])?);
                cotangents.push(cotangent.f_select(0, 0)?.f_to_kind(logits.kind())?);
            }
            let cotangents = Tensor::f_stack(&cotangents, 0)?;
            run.pull_back(outputs.clone(), &cotangents, &mut |output, gradient| {
                each(output, values[output - outputs.start], gradient)
            })?;
            begin = outputs.end;
        }
        Ok(())
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
        let batch = embeddings.size()[0];
        let logits = checked(logits, batch, positions.len(), model.limits().vocabulary)?;
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
    /// [`Error::NoGraph`] where the model walks back on its own, and what libtorch says.
    pub fn gradient(&self, scalar: &Tensor) -> Result<Tensor, Error> {
        if !self.embeddings.requires_grad() {
            return Err(Error::NoGraph);
        }
        let mut gradients = Tensor::f_run_backward(&[scalar], &[&self.embeddings], true, false)?;
        Ok(gradients.swap_remove(0))
    }
}

/// Logits of the shape that the trait promises.
fn checked(logits: Tensor, batch: i64, positions: usize, vocabulary: usize) -> Result<Tensor, Error> {
    let expected = vec![batch, positions as i64, vocabulary as i64];
    if logits.size() != expected {
        return Err(Error::Shape { op: "LanguageModel::logits", found: logits.size(), expected });
    }
    Ok(logits)
}
