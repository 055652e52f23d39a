//! `rank-biased-overlap`: overlap at every depth, the first ones counting most.

use crate::measure::{Chance, Measure, Parameters};
use crate::row::Row;

/// `(1 − p) Σ_d p^(d−1) X_d / d + p^n`, over the depths d from 1 to n, where `X_d` tokens are among the first d of both
/// rows; 0 to 1, and 1 for the same order without ties. It is `RBO_ext` of two complete orders; of ties, the mean over
/// all their orders. By chance `X_d` is d² / n. Undefined of constants. Costs O(n).
///
/// References: Webber, Moffat and Zobel 2010, "A similarity measure for indefinite rankings"; ties as `RBO^a` of Corsi
/// and Urbano 2024, "The treatment of ties in rank-biased overlap".
pub(crate) const MEASURE: Measure = Measure {
    name: "rank-biased-overlap",
    summary: "the overlap at every depth, the first ranks counting most (p = 0.9)",
    signed_only: false,
    takes_k: false,
    of: |a, b, parameters| {
        if a.is_constant() || b.is_constant() {
            return None;
        }
        Some(if a.has_ties || b.has_ties {
            extrapolated(parameters, a.len(), overlaps_of_ties(a, b))
        } else {
            extrapolated(parameters, a.len(), overlaps(a, b))
        })
    },
    chance: Chance::OfLength(|n, parameters| {
        let overlaps = (1..=n).map(|depth| depth as f64 * depth as f64 / n as f64);
        extrapolated(parameters, n, overlaps)
    }),
};

/// The sum over the overlaps at the depths from 1 on, and what is beyond the last.
fn extrapolated(parameters: &Parameters, n: usize, overlaps: impl Iterator<Item = f64>) -> f64 {
    let weights = parameters.weights();
    let sum: f64 = weights[..n.min(weights.len())].iter().zip(overlaps).map(|(weight, x)| weight * x).sum();
    (sum + parameters.persistence().powi(n.min(1_000_000) as i32)).clamp(0.0, 1.0)
}

/// How many tokens are among the first d of both rows, for d from 1 on, without ties.
fn overlaps<'r>(a: &'r Row, b: &'r Row) -> impl Iterator<Item = f64> + 'r {
    let mut overlap = 0_u32;
    (0..).zip(a.order.iter().zip(&b.order)).map(move |(before, (one, other))| {
        // The token that a has here, and the one that b has, where it is another.
        overlap += u32::from(b.above[*one as usize] <= before) + u32::from(a.above[*other as usize] < before);
        f64::from(overlap)
    })
}

/// How many tokens are among the first d of both rows, for d from 1 on, on the average over all orders of ties.
///
/// `X_d − X_(d−1) = Σ_i Δa_i b_i(d) + Σ_i a_i(d − 1) Δb_i`, where `a_i(d)` is the probability that token i is among a's
/// first d: only the groups of ties that depth d falls into change.
fn overlaps_of_ties<'r>(a: &'r Row, b: &'r Row) -> impl Iterator<Item = f64> + 'r {
    let (mut of_a, mut of_b) = (Reached::new(a), Reached::new(b));
    let (mut b_in_a, mut a_in_b, mut shared) = (0.0, 0.0, 0.0);
    let mut overlap = 0.0;
    (1..=a.len()).map(move |depth| {
        let (moved_a, moved_b) = (of_a.advance(depth), of_b.advance(depth));
        if moved_a {
            b_in_a = of_a.group().iter().map(|i| b.share_within(*i as usize, depth - 1)).sum();
        }
        if moved_b {
            a_in_b = of_b.group().iter().map(|i| a.share_within(*i as usize, depth - 1)).sum();
        }
        let (size_a, size_b) = (of_a.size(), of_b.size());
        if moved_a || moved_b {
            let (smaller, other) = if size_a <= size_b { (&of_a, &of_b) } else { (&of_b, &of_a) };
            shared = smaller.group().iter().filter(|i| other.holds(**i)).count() as f64;
        }
        b_in_a += shared / size_b;
        overlap += b_in_a / size_a + a_in_b / size_b;
        a_in_b += shared / size_a;
        overlap
    })
}

/// The group of ties that a depth falls into.
struct Reached<'r> {
    row: &'r Row,
    start: usize,
    end: usize,
}

impl<'r> Reached<'r> {
    fn new(row: &'r Row) -> Self {
        Self { row, start: 0, end: 0 }
    }

    /// Goes on to the group of a depth that is the next one; whether it is another.
    fn advance(&mut self, depth: usize) -> bool {
        if depth <= self.end {
            return false;
        }
        self.start = self.end;
        self.end += self.row.ties[self.row.order[self.start] as usize] as usize;
        true
    }

    fn group(&self) -> &'r [u32] {
        &self.row.order[self.start..self.end]
    }

    fn size(&self) -> f64 {
        (self.end - self.start) as f64
    }

    fn holds(&self, position: u32) -> bool {
        self.row.above[position as usize] as usize == self.start
    }
}
