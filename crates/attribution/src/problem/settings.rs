//! How much is run together: sequences in a batch, and outputs in a chunk.

use crate::model::{LanguageModel, Pass};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use std::ops::Range;

/// The most tokens in a batch; larger batches run no faster.
const TOKENS_IN_BATCH: usize = 4096;

/// How much of a problem may be run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Bytes that the passes of one batch may take, besides the weights. A pass that takes more runs alone. Default:
    /// 768 MiB.
    pub memory: usize,
    /// The most outputs in a chunk, at least 1. With fewer, rows are finished one after another. Default: no limit.
    pub outputs_together: usize,
}

impl Default for Settings {
    /// 768 MiB; all outputs together.
    fn default() -> Self {
        Self { memory: 768 << 20, outputs_together: usize::MAX }
    }
}

impl Settings {
    /// 768 MiB; all outputs together.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that the passes of one batch may take. Default: 768 MiB.
    #[must_use]
    pub fn memory(self, bytes: usize) -> Self {
        Self { memory: bytes, ..self }
    }

    /// The most outputs in a chunk, at least 1. Default: no limit.
    #[must_use]
    pub fn outputs_together(self, outputs: usize) -> Self {
        Self { outputs_together: outputs, ..self }
    }

    /// How many sequences make a batch, and about how many bytes each takes.
    pub(crate) fn batch(self, model: &dyn LanguageModel, pass: Pass) -> (usize, usize) {
        let logits = pass.positions * model.limits().vocabulary * if pass.backward { 12 } else { 6 } * 4;
        let each = model.footprint(pass).unwrap_or(0) + logits;
        let by_memory = self.memory / each.max(1);
        (by_memory.min(TOKENS_IN_BATCH / pass.tokens.max(1)).max(1), each)
    }
}

impl Problem<'_> {
    /// How many sequences make a batch.
    pub fn batch(&self, pass: Pass) -> usize {
        self.settings.batch(self.model, pass).0
    }

    /// How many outputs make a chunk where each keeps that many numbers.
    pub fn outputs_together(&self, numbers: usize) -> usize {
        let by_memory = self.settings.memory / 2 / (numbers * 8).max(1);
        by_memory.min(self.settings.outputs_together).clamp(1, self.n_output())
    }

    /// Ranges of outputs that are processed together, where each output keeps that many numbers.
    #[doc(alias = "portions")]
    pub fn chunks(&self, numbers: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (together, count) = (self.outputs_together(numbers), self.n_output());
        (0..count).step_by(together).map(move |begin| begin..(begin + together).min(count))
    }

    /// Predicts the passes that are left: for each chunk of outputs the cost of a problem of its size.
    pub(crate) fn foresee_chunks(&self, numbers: usize, cost: impl Fn(Size) -> Cost) {
        let size = self.size(self.model.shares_prefix());
        let of = |outputs: Range<usize>| {
            cost(Size { n_input: size.n_input + outputs.start, n_output: outputs.len(), ..size })
        };
        let all = self.chunks(numbers).map(of).fold(Cost::default(), |all, one| all + one);
        self.work.foresee_left(all);
    }
}
