//! Which attributions of a row are the largest, and how far two rows put tokens into the same order.

use crate::record::Record;
use std::cmp::{Ordering, Reverse};

impl Record {
    /// The `k` attributions of an output that are the largest by absolute value, with their positions in
    /// [`tokens`](Record::tokens): the largest first, the earlier one of two of one size. What is missing or NaN is
    /// left out, so there may be fewer; none where the record has no such row.
    pub fn largest(&self, row: usize, k: usize) -> Vec<(usize, f64)> {
        let row = self.attributions.get(row).map(Vec::as_slice).unwrap_or_default();
        let mut known: Vec<(usize, f64)> =
            row.iter().enumerate().filter_map(|(position, x)| Some((position, number(*x)?))).collect();
        let order = |(position, x): &(usize, f64)| (Reverse(x.abs().to_bits()), *position);
        if k < known.len() && k > 0 {
            known.select_nth_unstable_by_key(k - 1, order);
        }
        known.truncate(k);
        known.sort_unstable_by_key(order);
        known
    }
}

/// Spearman's rank correlation of two rows: Pearson's correlation of their ranks, where values that are equal share the
/// mean of the ranks that they take up together,
///
/// `ρ = Σ (r − r̄)(s − s̄) / √(Σ (r − r̄)² · Σ (s − s̄)²)`.
///
/// From −1, the opposite order, to 1, the same order. Positions at which either value is missing or NaN are left out,
/// and so are those that only the longer row has. `None` where fewer than two positions are left, or where all values
/// of a row there are equal: constants have no order. Costs a sort of each row.
///
/// ```
/// let row = |values: [f64; 4]| values.map(Some);
/// let rho = saliency_schema::spearman(&row([0.1, 0.5, 0.5, 0.9]), &row([1.0, 2.0, 3.0, 4.0]));
/// // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / √(4.5 · 5).
/// assert!((rho.unwrap() - 0.9_f64.sqrt()).abs() < 1e-15);
/// ```
///
/// Reference: Spearman, "The proof and measurement of association between two things", 1904; ties as in Kendall, "Rank
/// correlation methods", 1948, chapter 3.
pub fn spearman(a: &[Option<f64>], b: &[Option<f64>]) -> Option<f64> {
    let pairs = a.iter().zip(b).filter_map(|(a, b)| Some((number(*a)?, number(*b)?)));
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let (a, b) = (ranks(&a), ranks(&b));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    // Rounding may lead beyond 1 by the last bit.
    (scale > 0.0).then(|| (product(&a, &b) / scale).clamp(-1.0, 1.0))
}

/// What is neither missing nor NaN.
fn number(x: Option<f64>) -> Option<f64> {
    x.filter(|x| !x.is_nan())
}

/// Each value's rank, less the mean of all ranks: from `−(n − 1) / 2`, the smallest value's, to `(n − 1) / 2`. Values
/// that are equal, 0 and −0 among them, share the mean of the ranks that they take up together. Exact: ranks are
/// halves.
///
/// NaN has no rank; leave it out first. Costs a sort.
///
/// ```
/// assert_eq!(saliency_schema::ranks(&[0.5, 0.1, 0.5, 9.0]), [0.0, -1.5, 0.0, 1.5]);
/// ```
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mean = (values.len() as f64 - 1.0) / 2.0;
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    // 0 and −0 are one value.
    for ties in order.chunk_by(|&i, &j| values[i].partial_cmp(&values[j]) == Some(Ordering::Equal)) {
        let rank = from as f64 + (ties.len() as f64 - 1.0) / 2.0 - mean;
        for &i in ties {
            ranks[i] = rank;
        }
        from += ties.len();
    }
    ranks
}
