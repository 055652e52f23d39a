//! The clean run, which a target may look at before anything is explained.

use crate::error::Error;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, checked};
use crate::target::OutputToken;
use std::ops::Range;
use tch::Tensor;

/// The run of the unchanged input: what a target is bound to ([`Target::bound_to`](crate::Target::bound_to)).
#[doc(alias = "RealRun")]
pub struct CleanRun<'a> {
    pub(crate) model: &'a dyn LanguageModel,
    pub(crate) sequence: &'a Sequence,
    pub(crate) logits: Tensor,
    pub(crate) outputs: Vec<OutputToken>,
}

impl CleanRun<'_> {
    /// The logits of every output, outside any graph: `[outputs, vocabulary]`.
    pub fn logits(&self) -> &Tensor {
        &self.logits
    }

    /// The outputs.
    pub fn outputs(&self) -> &[OutputToken] {
        &self.outputs
    }

    /// The same run, with other tokens in place of the outputs.
    #[must_use]
    pub fn with_outputs(&self, outputs: Vec<OutputToken>) -> Self {
        Self { logits: self.logits.shallow_clone(), outputs, ..*self }
    }

    /// The logits of every output after the text without some of its input tokens: `[outputs, vocabulary]`. Cost: one
    /// forward pass.
    ///
    /// # Errors
    /// Ranges beyond the input, or ranges that leave nothing of it; a failing model.
    pub fn logits_without(&self, ranges: &[Range<usize>]) -> Result<Tensor, Error> {
        let (n_input, n_output) = (self.sequence.n_input(), self.sequence.n_output());
        let refuse = |value: String, range| Err(Error::Parameter { name: "without", value, range });
        if let Some(outside) = ranges.iter().find(|r| r.end > n_input || r.start >= r.end) {
            let value = format!("{}-{} of {n_input} input tokens", outside.start, outside.end);
            return refuse(value, "ranges of input tokens, from-to, with `to` left out");
        }
        let ids = self.sequence.ids();
        let fixed = n_input.saturating_sub(self.model.kept_inputs());
        if let Some(last) = ranges.iter().find(|r| r.end > fixed) {
            let value = format!("{}-{} of {n_input} input tokens", last.start, last.end);
            return refuse(
                value,
                "inputs that can be left out: this model can't read a text without its last",
            );
        }
        let kept: Vec<_> =
            (0..ids.len() - 1).filter(|i| !ranges.iter().any(|r| r.contains(i))).map(|i| ids[i]).collect();
        let n_input = n_input - (ids.len() - 1 - kept.len());
        if n_input == 0 {
            return refuse("the whole input".into(), "fewer tokens: at least one must be left");
        }
        let _no_gradient = tch::no_grad_guard();
        let embeddings = checked::embed(self.model, &kept, None)?.f_unsqueeze(0)?;
        let positions = n_input - 1..n_input + n_output - 1;
        let logits = checked::logits(self.model, &embeddings, n_input, positions)?;
        Ok(logits.f_select(0, 0)?)
    }
}

impl std::fmt::Debug for CleanRun<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CleanRun").field("outputs", &self.outputs).finish_non_exhaustive()
    }
}
