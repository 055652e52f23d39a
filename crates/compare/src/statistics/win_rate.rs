//! How often one method does better.

use saliency_schema::scores::Better;
use std::cmp::Ordering;

/// The share of the pairs (a number, and the one that it is held against) in which the first is better; a draw is half
/// a win. `None` without a pair.
pub fn win_rate(pairs: impl IntoIterator<Item = (f64, f64)>, better: Better) -> Option<f64> {
    let (mut won, mut all) = (0.0, 0_usize);
    for (own, other) in pairs {
        let (own, other) = if better == Better::Higher { (own, other) } else { (other, own) };
        won += match own.partial_cmp(&other) {
            Some(Ordering::Greater) => 1.0,
            Some(Ordering::Equal) => 0.5,
            Some(Ordering::Less) => 0.0,
            None => continue,
        };
        all += 1;
    }
    (all > 0).then(|| won / all as f64)
}
