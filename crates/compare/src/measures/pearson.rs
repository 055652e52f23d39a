//! `pearson`: correlation of the values.

use crate::measure::{Chance, Measure};
use crate::row::cosine;

/// `Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²)`, −1 to 1. Undefined of constants, and where a value is infinite.
/// Costs O(n). Reference: Pearson 1895.
pub(crate) const MEASURE: Measure = Measure {
    name: "pearson",
    summary: "correlation of the values: whether they lie on a line",
    signed_only: false,
    takes_k: false,
    of: |a, b, _| {
        // Rounding would give constants deviations.
        let varies = !a.is_constant() && !b.is_constant();
        varies.then(|| cosine(&a.deviations, &b.deviations)).flatten()
    },
    chance: Chance::Zero,
};
