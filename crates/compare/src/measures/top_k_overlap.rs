//! `top-k-overlap`: how many of the largest values are of the same tokens.

use crate::measure::{Chance, Measure};

/// `|top-k(a) ∩ top-k(b)| / k`, 0 to 1: on the average over all orders of equal values. By chance it is k / n.
/// Undefined of constants, and with fewer than k values. Costs O(n).
pub(crate) const MEASURE: Measure = Measure {
    name: "top-k-overlap",
    summary: "the share of the k largest that are of the same tokens, beside k / n, its chance level",
    signed_only: false,
    takes_k: true,
    of: |a, b, parameters| {
        let k = parameters.k();
        if a.is_constant() || b.is_constant() || a.len() < k || k == 0 {
            return None;
        }
        let share = |i: &u32| a.share_within(*i as usize, k) * b.share_within(*i as usize, k);
        let both: f64 = a.within(k).iter().map(share).sum();
        Some(both / k as f64)
    },
    chance: Chance::OfLength(|n, parameters| parameters.k() as f64 / n as f64),
};
