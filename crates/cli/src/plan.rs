//! What one method will do for one sequence: estimate, announcement and run share it.

use crate::memory;
use crate::pace::Pace;
use crate::progress::Progress;
use saliency::attribution::{self, Attributor, Cost, Pass, UnreducedRows};
use saliency::{LanguageModel, Record, Sequence};

/// A method, and the passes that it will make, the clean run's among them.
pub(crate) struct Plan<'a> {
    name: &'a str,
    attributor: Attributor,
    cost: Cost,
    /// Whether it may make fewer.
    at_most: bool,
    /// Where its path begins, if it takes one.
    start: Option<String>,
    /// The number of rivals that each output is explained against, a record for each.
    rivals: Option<usize>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(name: &'a str, attributor: Attributor, cost: Cost, start: Option<String>) -> Self {
        Self { name, attributor, cost, at_most: false, start, rivals: None }
    }

    /// The same against so many rivals, whose records share the clean run.
    pub(crate) fn with_rivals(self, rivals: Option<usize>) -> Self {
        Self { rivals, ..self }
    }

    /// The same, where the passes that it makes are at most so many.
    pub(crate) fn at_most(self, at_most: bool) -> Self {
        Self { at_most, ..self }
    }

    /// The method, as it was asked for.
    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// What it will run.
    pub(crate) fn attributor(&self) -> &Attributor {
        &self.attributor
    }

    /// How many passes it makes, forward and backward.
    pub(crate) fn passes(&self) -> f64 {
        self.cost.forwards + self.cost.backwards
    }

    /// About how long they take.
    pub(crate) fn seconds(&self, pace: &Pace) -> f64 {
        self.cost.forwards * pace.forward + self.cost.backwards * pace.backward
    }

    /// About the bytes that a single pass takes besides the weights, where the model tells.
    pub(crate) fn single_pass(&self, model: &dyn LanguageModel, sequence: &Sequence) -> Option<u64> {
        Some(model.footprint(self.pass(sequence))? as u64)
    }

    fn pass(&self, sequence: &Sequence) -> Pass {
        let positions = sequence.n_output();
        Pass::new(sequence.n_input() + positions - 1, positions).with_backward(self.cost.backwards > 0.0)
    }

    /// The estimate of so many runs, as a line.
    pub(crate) fn estimate(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        runs: f64,
        pace: &Pace,
    ) -> String {
        let Cost { forwards, backwards, .. } = self.cost;
        let seconds = runs * self.seconds(pace);
        let bytes =
            memory::resident().unwrap_or(0) + self.attributor.bytes(model, self.pass(sequence)) as u64;
        format!(
            "{}: {}{} forward and {} backward passes{}, about {} s and {} MB",
            self.name,
            if self.at_most { "at most " } else { "" },
            passes(runs * forwards),
            passes(runs * backwards),
            self.start.as_ref().map(|baseline| format!(" from the baseline {baseline}")).unwrap_or_default(),
            rounded(seconds),
            memory::megabytes(bytes)
        )
    }

    /// Runs it, with a progress bar; with the unreduced attributions if `keeps_vectors`. One record, or one for each
    /// rival.
    pub(crate) fn run(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        (keeps_vectors, quiet): (bool, bool),
    ) -> Result<Vec<(Record, UnreducedRows)>, attribution::Error> {
        let alone = |record: Record| (record, UnreducedRows::default());
        Progress::of("attributing", quiet, |watch| {
            if let Some(rivals) = self.rivals {
                let records = self.attributor.rivals(model, sequence, rivals, watch);
                records.map(|records| records.into_iter().map(alone).collect())
            } else if keeps_vectors {
                self.attributor.record_and_vectors(model, sequence, watch).map(|both| vec![both])
            } else {
                self.attributor.record_with(model, sequence, watch).map(|record| vec![alone(record)])
            }
        })
    }
}

/// A number to about two digits.
pub(crate) fn rounded(x: f64) -> String {
    if x >= 10.0 { format!("{x:.0}") } else { format!("{x:.1}") }
}

/// A number of passes, without decimals if it is an integer.
fn passes(x: f64) -> String {
    if x.fract() == 0.0 { format!("{x:.0}") } else { rounded(x) }
}
