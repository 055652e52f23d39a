//! `spearman`: rank correlation.

use crate::measure::{Chance, Measure};
use crate::row::cosine;

/// Pearson's correlation of average ranks: `ρ = Σ (r − r̄)(s − s̄) / √(Σ (r − r̄)² Σ (s − s̄)²)`, −1 to 1. Undefined of
/// constants. Costs O(n). Reference: Spearman 1904; ties as in Kendall 1948, chapter 3.
pub(crate) const MEASURE: Measure = Measure {
    name: "spearman",
    summary: "rank correlation: whether the tokens are in the same order",
    signed_only: false,
    takes_k: false,
    of: |a, b, _| cosine(&a.ranks, &b.ranks),
    chance: Chance::Zero,
};
