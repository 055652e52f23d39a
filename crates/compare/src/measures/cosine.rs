//! `cosine`: the angle between two rows.

use crate::measure::{Chance, Measure};
use crate::row;

/// `Σ xy / √(Σ x² Σ y²)`, −1 to 1. Undefined where all values of a row are 0, or one is infinite. Costs O(n).
pub(crate) const MEASURE: Measure = Measure {
    name: "cosine",
    summary: "the cosine of the angle between the rows: whether the values are in proportion",
    signed_only: false,
    takes_k: false,
    of: |a, b, _| row::cosine(&a.values, &b.values),
    chance: Chance::Zero,
};
