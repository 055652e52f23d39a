//! Gradients of the target for every output: by the model's own backward pass where it has one, by autograd otherwise.

use crate::error::Error;
use crate::model::checked;
use crate::model::inside::BackwardRule;
use crate::model::tape::Tape;
use crate::problem::Problem;
use crate::problem::backward::{gradient, with_gradients};
use crate::problem::cost::Cost;
use crate::problem::forward::Forward;
use std::ops::Range;
use tch::Tensor;

/// Called with an output's number, f at the point, and the gradient there.
pub(crate) type EachGradient<'f> = &'f mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>;

/// The most numbers that the gradients of several outputs with respect to their logits may hold together: a quarter of
/// a gigabyte in float32.
const COTANGENTS: usize = 1 << 26;

impl Problem<'_> {
    /// Every output's value at the clean input, and the target's gradient with respect to the embeddings there. Calls
    /// `each` with the output's number, f(x), and the gradient `[context, hidden]` of at least the tokens in the
    /// output's context, in order.
    ///
    /// Cost: one backward pass for each output; a model with a faster backward pass of its own makes that one.
    ///
    /// # Errors
    /// A failing model, or an error that `each` returns, which ends the run.
    pub fn gradients(
        &self,
        each: &mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        with_gradients(|| match &self.tape {
            Some(tape) => self.gradients_by_tape(&**tape, &self.input, 0..self.n_output(), each),
            None => self.gradients_by_autograd(&self.input, 0..self.n_output(), each),
        })
    }

    /// As [`gradients`](Self::gradients), at other embeddings and for some of the outputs. Cost: one more forward pass.
    ///
    /// # Shapes
    /// - `point`: `[1, tokens, hidden]`
    ///
    /// # Errors
    /// A failing model, or an error that `each` returns, which ends the run.
    pub fn gradients_at(
        &self,
        point: &Tensor,
        outputs: Range<usize>,
        each: &mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        with_gradients(|| {
            let positions = self.positions(&outputs);
            if self.tape.is_some()
                && let Some(tape) = checked::tape(self.model, point, self.n_input(), positions)?
            {
                return self.gradients_of_new_tape(&*tape, outputs, each);
            }
            self.gradients_by_autograd(&self.forward(point, outputs.clone())?, outputs, each)
        })
    }

    /// As [`gradients`](Self::gradients), with another rule for the backward pass; [`Error::NoRules`] for a model that
    /// has none.
    pub(crate) fn gradients_by(
        &self,
        rule: BackwardRule,
        method: &'static str,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        let outputs = 0..self.n_output();
        let (inside, positions) = (self.inside(method)?, self.positions(&outputs));
        with_gradients(|| {
            let tape = checked::tape_by(inside, self.vocabulary(), rule, &self.embeddings(), positions)?
                .ok_or_else(|| Error::NoRules { method, model: self.model.name().to_owned() })?;
            self.gradients_of_new_tape(&*tape, outputs, each)
        })
    }

    /// One backward pass of libtorch's for each output.
    fn gradients_by_autograd(
        &self,
        forward: &Forward,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        for output in outputs {
            let value = self.value(forward, output)?.f_select(0, 0)?;
            let gradient = forward.gradient_of(&value, || self.target_in_words())?.f_select(0, 0)?;
            self.work.add(Cost::new(0.0, 1.0))?;
            each(output, value.f_double_value(&[])?, gradient)?;
        }
        Ok(())
    }

    /// Counts the forward pass of a tape that was just recorded, and goes back through it.
    fn gradients_of_new_tape(
        &self,
        tape: &dyn Tape,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        self.work.add(Cost::forwards(1.0))?;
        let forward = Forward::of_tape(tape, self.model, self.embeddings(), outputs.start);
        self.gradients_by_tape(tape, &forward, outputs, each)
    }

    /// The model's own backward pass, for chunks of outputs whose cotangents fit.
    fn gradients_by_tape(
        &self,
        tape: &dyn Tape,
        forward: &Forward,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        let together =
            (COTANGENTS / self.vocabulary().max(1)).clamp(1, self.settings.outputs_together.max(1));
        for begin in outputs.clone().step_by(together) {
            let chunk = begin..(begin + together).min(outputs.end);
            let (mut values, mut cotangents) = (Vec::new(), Vec::new());
            for output in chunk.clone() {
                let logits = forward.logits_of(output)?.f_detach()?.f_set_requires_grad(true)?;
                let value = self.value_of(&logits, output)?.f_select(0, 0)?;
                let cotangent = gradient(&value, &logits, false)?
                    .ok_or_else(|| Error::NotDifferentiable { what: self.target_in_words() })?;
                values.push(value.f_double_value(&[])?);
                cotangents.push(cotangent.f_select(0, 0)?.f_to_kind(logits.kind())?);
            }
            let cotangents = Tensor::f_stack(&cotangents, 0)?;
            let rows = chunk.start - outputs.start..chunk.end - outputs.start;
            let (first, hidden) = (self.positions(&outputs).start, forward.embeddings().size()[2]);
            checked::vjp(tape, (rows, first), hidden, &cotangents, &mut |row, gradient| {
                let output = outputs.start + row;
                self.work.add(Cost::new(0.0, 1.0))?;
                each(output, values[output - chunk.start], gradient)
            })?;
        }
        Ok(())
    }
}
