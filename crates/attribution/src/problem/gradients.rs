//! Gradients of the target for every output: by the model's own backward pass where it has one, by autograd otherwise.

use crate::calculus::ragged;
use crate::error::Error;
use crate::model::checked;
use crate::model::inside::BackwardRule;
use crate::model::tape::Tape;
use crate::problem::backward::{Graph, gradient, gradients, with_gradients};
use crate::problem::cost::Cost;
use crate::problem::forward::Forward;
use crate::problem::{Problem, in_numbers, total};
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
            Some(tape) => self.gradients_by_tape(&**tape, (&self.input, 0), 0..self.n_output(), each),
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
        let positions = self.positions(&outputs);
        with_gradients(|| {
            let tape = checked::tape_by(self.model, rule, &self.embeddings(), self.n_input(), positions)?
                .ok_or_else(|| Error::NoRules { method, model: self.model.name().to_owned() })?;
            self.gradients_of_new_tape(&*tape, outputs, each)
        })
    }

    /// One backward pass of libtorch's for each output.
    pub(crate) fn gradients_by_autograd(
        &self,
        forward: &Forward,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        for output in outputs {
            let (value, gradient) = self.gradient_by_autograd(forward, output, Graph::Kept)?;
            each(output, value, gradient.f_select(0, 0)?)?;
        }
        Ok(())
    }

    /// One output's value in a pass of one text, and its gradient by libtorch's backward pass: `[1, tokens, hidden]`.
    pub(crate) fn gradient_by_autograd(
        &self,
        forward: &Forward,
        output: usize,
        graph: Graph,
    ) -> Result<(f64, Tensor), Error> {
        let (value, scalar) = self.scalar(forward, output)?;
        let gradient = forward.gradient_of(&scalar, graph, || self.target_in_words())?;
        self.work.add(Cost::new(0.0, 1.0))?;
        Ok((value, gradient))
    }

    /// One output's value in a pass of one text, and its gradients with respect to all residual streams, of which the
    /// first is the pass's leaf: `[1, tokens, hidden]` each. The graph is kept.
    pub(crate) fn gradients_of_streams(
        &self,
        forward: &Forward,
        residuals: &[Tensor],
        output: usize,
    ) -> Result<(f64, Vec<Tensor>), Error> {
        let (value, scalar) = self.scalar(forward, output)?;
        let leaves: Vec<&Tensor> = residuals.iter().collect();
        let found = gradients(&scalar, &leaves, Graph::Kept)?;
        self.work.add(Cost::new(0.0, 1.0))?;
        let found: Option<Vec<Tensor>> = found.into_iter().collect();
        let Some(found) = found else {
            // Says what has no graph.
            let why = forward.gradient_of(&scalar, Graph::Kept, || self.target_in_words()).err();
            return Err(why.unwrap_or_else(|| Error::NotDifferentiable { what: self.target_in_words() }));
        };
        Ok((value, found))
    }

    /// One output's value in a pass of one text, as a number and with its graph.
    fn scalar(&self, forward: &Forward, output: usize) -> Result<(f64, Tensor), Error> {
        let values = self.values(forward, output)?;
        // A sum hides that one of its terms has no gradient.
        let scalar = match values.iter().find(|value| !value.requires_grad()) {
            Some(without) => without.shallow_clone(),
            None => total(&values)?,
        };
        Ok((in_numbers(&values)?, scalar.f_select(0, 0)?))
    }

    /// Counts the forward pass of a tape that was just recorded, and goes back through it.
    fn gradients_of_new_tape(
        &self,
        tape: &dyn Tape,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        self.work.add(Cost::forwards(1.0))?;
        let first = self.members_of(&outputs).start;
        let forward = Forward::of_tape(tape, self.model, self.embeddings(), first);
        self.gradients_by_tape(tape, (&forward, first), outputs, each)
    }

    /// The model's own backward pass, for chunks of outputs whose cotangents fit. `first` is the sequence's first
    /// output that the tape recorded.
    fn gradients_by_tape(
        &self,
        tape: &dyn Tape,
        (forward, first): (&Forward, usize),
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        let hidden = forward.embeddings().size()[2];
        let at =
            |members: &Range<usize>| (members.start - first..members.end - first, self.n_input() + first - 1);
        if let Some(span) = &self.span {
            let (mut value, mut sum) = (0.0, None);
            for members in chunks(span.clone(), COTANGENTS / self.vocabulary().max(1)) {
                let (values, cotangents) = self.cotangents(forward, members.clone())?;
                value += values.iter().sum::<f64>();
                let gradient = checked::vjp_of_sum(tape, at(&members), hidden, &cotangents)?;
                sum = Some(match sum {
                    None => gradient,
                    Some(sum) => ragged::sum(&sum, &gradient)?,
                });
            }
            self.work.add(Cost::new(0.0, 1.0))?;
            return each(outputs.start, value, sum.ok_or(Error::NoOutput)?);
        }
        let together = (COTANGENTS / self.vocabulary().max(1)).min(self.settings.outputs_together);
        for chunk in chunks(outputs, together) {
            let (values, cotangents) = self.cotangents(forward, chunk.clone())?;
            checked::vjp(tape, at(&chunk), hidden, &cotangents, &mut |row, gradient| {
                let output = first + row;
                self.work.add(Cost::new(0.0, 1.0))?;
                each(output, values[output - chunk.start], gradient)
            })?;
        }
        Ok(())
    }

    /// The target's value for some of the sequence's outputs, and its gradients with respect to their logits:
    /// `[outputs, vocabulary]`.
    fn cotangents(&self, forward: &Forward, members: Range<usize>) -> Result<(Vec<f64>, Tensor), Error> {
        let (mut values, mut cotangents) = (Vec::new(), Vec::new());
        for member in members {
            let logits = forward.logits_of(member)?.f_detach()?.f_set_requires_grad(true)?;
            let value = self.value_of(&logits, member)?.f_select(0, 0)?;
            let cotangent = gradient(&value, &logits, Graph::Dropped)?
                .ok_or_else(|| Error::NotDifferentiable { what: self.target_in_words() })?;
            values.push(value.f_double_value(&[])?);
            cotangents.push(cotangent.f_select(0, 0)?.f_to_kind(logits.kind())?);
        }
        Ok((values, Tensor::f_stack(&cotangents, 0)?))
    }
}

/// A range in pieces of at most that many, or of one.
fn chunks(range: Range<usize>, together: usize) -> impl Iterator<Item = Range<usize>> {
    let together = together.max(1);
    range.clone().step_by(together).map(move |begin| begin..(begin + together).min(range.end))
}
