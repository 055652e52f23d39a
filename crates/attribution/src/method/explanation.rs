//! The attributions of one output, as a method computes them.

use crate::error::Error;
use crate::method::replaced::Replaced;
use saliency_schema::{Interaction, Ledger};
use tch::Tensor;

/// One output's attributions.
#[derive(Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The output's number, from 0.
    pub output: usize,
    /// The attributions: a vector for each token in the output's context, `[tokens, hidden]`, or `[tokens, 1]` for a
    /// method that computes one number a token. Fewer tokens where the rest have no attribution.
    #[doc(alias = "vectors")]
    pub attributions: Tensor,
    /// f(x): the target at the clean input.
    pub value: f64,
    /// f(baseline), where the method has a baseline.
    pub baseline_value: Option<f64>,
    /// Points on the path, where the method integrates along one.
    pub steps: Option<u32>,
    /// How large the relative convergence delta was allowed to be, where the method was told.
    pub tolerance: Option<f64>,
    /// The number of random samples, where the method chose it by the text.
    pub samples: Option<u32>,
    /// The standard error of the sum over each token's vector, for methods that sample.
    pub standard_errors: Option<Vec<f64>>,
    /// Tokens among the attributions that have none: in the record they are missing, and what stands there in
    /// `attributions` counts for no sum. It has to be zero.
    pub missing: Vec<usize>,
    /// What became of the target when pieces of the text were replaced, for a method that does that.
    pub replacements: Vec<Replaced>,
    /// What pairs of tokens do beyond their sum, and main effects, for methods that compute those. Of a segment, its
    /// first token stands for all.
    pub interactions: Vec<Interaction>,
    /// What each part of the model adds to the target, for methods that compute that.
    pub ledger: Option<Ledger>,
    /// The sum of the attributions where the method starts from another layer, from the first to the last, for a method
    /// that computes those.
    pub by_layer: Vec<f64>,
    /// What a reader of this row should know.
    pub notes: Vec<String>,
}

impl Explanation {
    /// An output's attributions and f(x), and nothing else.
    pub fn new(output: usize, attributions: Tensor, value: f64) -> Self {
        Self {
            output,
            attributions,
            value,
            baseline_value: None,
            steps: None,
            tolerance: None,
            samples: None,
            standard_errors: None,
            missing: Vec::new(),
            replacements: Vec::new(),
            interactions: Vec::new(),
            ledger: None,
            by_layer: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// One number for each token.
    ///
    /// # Errors
    /// An error of libtorch.
    pub fn of_numbers(output: usize, numbers: &[f64], value: f64) -> Result<Self, Error> {
        Ok(Self::new(output, Tensor::f_from_slice(numbers)?.f_unsqueeze(1)?, value))
    }

    /// With f(baseline).
    #[must_use]
    pub fn with_baseline_value(self, value: f64) -> Self {
        Self { baseline_value: Some(value), ..self }
    }

    /// With the number of points on the path.
    #[must_use]
    pub fn with_steps(self, steps: u32) -> Self {
        Self { steps: Some(steps), ..self }
    }

    /// With the number of random samples.
    #[must_use]
    pub fn with_samples(self, samples: u32) -> Self {
        Self { samples: Some(samples), ..self }
    }

    /// With the standard error of the sum over each token's vector.
    #[must_use]
    pub fn with_standard_errors(self, errors: Vec<f64>) -> Self {
        Self { standard_errors: Some(errors), ..self }
    }

    /// Without a number for some tokens, whose attributions are zero.
    #[must_use]
    pub fn with_missing(self, tokens: Vec<usize>) -> Self {
        Self { missing: tokens, ..self }
    }

    /// With the replacements that were tried.
    #[must_use]
    pub fn with_replacements(self, replacements: Vec<Replaced>) -> Self {
        Self { replacements, ..self }
    }

    /// With what pairs of tokens do beyond their sum.
    #[must_use]
    pub fn with_interactions(self, interactions: Vec<Interaction>) -> Self {
        Self { interactions, ..self }
    }

    /// With what each part of the model adds to the target.
    #[must_use]
    pub fn with_ledger(self, ledger: Ledger) -> Self {
        Self { ledger: Some(ledger), ..self }
    }

    /// With the sums where the method starts from another layer.
    #[must_use]
    pub fn with_by_layer(self, by_layer: Vec<f64>) -> Self {
        Self { by_layer, ..self }
    }

    /// With one more note.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}
