//! The cost of a method, in passes through the model.

use std::ops::{Add, AddAssign, Mul};

/// Passes of one whole sequence through the model.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Cost {
    /// Forward passes.
    pub forwards: f64,
    /// Backward passes, one output each.
    pub backwards: f64,
}

/// The size of a problem, which decides what a method costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Size {
    /// Input tokens.
    pub n_input: usize,
    /// Outputs that are explained.
    pub n_output: usize,
    /// Whether variants of the text share the work on the tokens before their first difference.
    pub shares_prefix: bool,
}

impl Cost {
    /// So many forward and backward passes.
    pub fn new(forwards: f64, backwards: f64) -> Self {
        Self { forwards, backwards }
    }

    /// So many forward passes.
    pub fn forwards(forwards: f64) -> Self {
        Self { forwards, backwards: 0.0 }
    }

    /// Forward and backward passes together.
    pub fn passes(self) -> f64 {
        self.forwards + self.backwards
    }
}

impl Size {
    /// So many inputs and outputs, of a model whose variants of a text share nothing.
    pub fn new(n_input: usize, n_output: usize) -> Self {
        Self { n_input, n_output, shares_prefix: false }
    }

    /// Whether variants share the tokens before their first difference. Default: `false`.
    #[must_use]
    pub fn with_shares_prefix(self, shares_prefix: bool) -> Self {
        Self { shares_prefix, ..self }
    }

    /// Tokens in the last output's context.
    #[doc(alias = "read")]
    pub fn context(self) -> usize {
        self.n_input + self.n_output - 1
    }

    /// The share of a pass that remains when the first `shared` tokens are cached; 1 for a model without a cache.
    pub fn rest(self, shared: usize) -> f64 {
        if self.shares_prefix { 1.0 - shared as f64 / self.context() as f64 } else { 1.0 }
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { forwards: self.forwards + other.forwards, backwards: self.backwards + other.backwards }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<f64> for Cost {
    type Output = Self;
    fn mul(self, times: f64) -> Self {
        Self { forwards: self.forwards * times, backwards: self.backwards * times }
    }
}
