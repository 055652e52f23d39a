//! `kendall`: how many pairs of tokens are in the same order.

use crate::measure::{Chance, Measure};
use crate::row::{Row, pairs};

/// Kendall's τ-b: `(P − Q) / √((n₀ − n₁)(n₀ − n₂))`, where P pairs of tokens are in the same order in both rows, Q in
/// opposite ones, n₀ = n (n − 1) / 2, and n₁ and n₂ pairs are ties of one row; −1 to 1. Undefined of constants. Costs
/// O(n log n), Knight's algorithm; rows of up to 512 are counted pair by pair. References: Kendall 1945, "The treatment
/// of ties in ranking problems"; Knight 1966.
pub(crate) const MEASURE: Measure = Measure {
    name: "kendall",
    summary: "τ-b: the pairs of tokens in the same order, less those in opposite ones",
    signed_only: false,
    takes_k: false,
    of: |a, b, _| tau_b(a, b),
    chance: Chance::Zero,
};

fn tau_b(a: &Row, b: &Row) -> Option<f64> {
    let all = pairs(a.len());
    let (tied_a, tied_b) = (a.tied_pairs(), b.tied_pairs());
    if tied_a == all || tied_b == all {
        return None;
    }
    // b's ranks in the order of a, and in b's own order among a's ties.
    let mut ranks: Vec<u32> = a.order.iter().map(|position| b.above[*position as usize]).collect();
    let tied_both = if a.has_ties { sort_ties(a, &mut ranks) } else { 0 };
    let opposite = inversions(&mut ranks);
    let same = all + tied_both - tied_a - tied_b - opposite;
    let scale = ((all - tied_a) as f64 * (all - tied_b) as f64).sqrt();
    Some(((same as f64 - opposite as f64) / scale).clamp(-1.0, 1.0))
}

/// Sorts the ranks of each group of ties; how many pairs of a group are ties there, too.
fn sort_ties(row: &Row, ranks: &mut [u32]) -> u64 {
    let (mut rest, mut tied) = (ranks, 0);
    for group in row.groups() {
        let (ties, after) = rest.split_at_mut(group.len());
        ties.sort_unstable();
        tied += ties.chunk_by(u32::eq).map(|equal| pairs(equal.len())).sum::<u64>();
        rest = after;
    }
    tied
}

/// Rows up to this long are counted pair by pair, eight at a time, which takes less than sorting them.
const SHORT: usize = 512;

/// How many values stand before a smaller one. May change their order.
fn inversions(values: &mut [u32]) -> u64 {
    if values.len() > SHORT {
        return by_merging(values);
    }
    let values: Vec<i16> = values.iter().map(|value| *value as i16).collect();
    let smaller = |(place, value): (usize, &i16)| {
        let later = values[place + 1..].iter().map(|later| u16::from(later < value));
        u64::from(later.sum::<u16>())
    };
    values.iter().enumerate().map(smaller).sum()
}

/// The same in O(n log n). Sorts the values.
fn by_merging(values: &mut [u32]) -> u64 {
    let n = values.len();
    let mut merged = values.to_vec();
    let (mut from, mut into) = (values, &mut merged[..]);
    let (mut found, mut width) = (0, 1);
    while width < n {
        for (both, into) in from.chunks(2 * width).zip(into.chunks_mut(2 * width)) {
            let (left, right) = both.split_at(width.min(both.len()));
            let (mut i, mut j) = (0, 0);
            while i < left.len() && j < right.len() {
                // Without a branch, which could not be foreseen.
                let smaller = usize::from(right[j] < left[i]);
                into[i + j] = if smaller == 1 { right[j] } else { left[i] };
                found += (smaller * (left.len() - i)) as u64;
                (i, j) = (i + 1 - smaller, j + smaller);
            }
            let at = i + j;
            if i < left.len() {
                into[at..].copy_from_slice(&left[i..]);
            } else {
                into[at..].copy_from_slice(&right[j..]);
            }
        }
        (from, into) = (into, from);
        width *= 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{by_merging, inversions};

    /// Values in no order, with ties: both ways of counting, against the definition.
    #[test]
    fn both_ways_count_what_the_definition_says() {
        for n in [0, 1, 2, 3, 17, 64, 200, 512] {
            let values: Vec<u32> = (0..n).map(|i: u32| (i * 7919 + i * i * 31) % (n / 2 + 1)).collect();
            let pairs = (0..values.len()).flat_map(|i| (i + 1..values.len()).map(move |j| (i, j)));
            let expected = pairs.filter(|(i, j)| values[*j] < values[*i]).count() as u64;
            assert_eq!(inversions(&mut values.clone()), expected, "{n}");
            let mut sorted = values.clone();
            assert_eq!(by_merging(&mut sorted), expected, "{n}");
        }
    }
}
