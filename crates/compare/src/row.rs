//! A row as measures see it: its values, and their ranks with ties.

use saliency_schema::ranks;

/// Whether attributions keep their sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// As they are.
    Signed,
    /// By their absolute values.
    Absolute,
}

/// Values without a missing one, and their order, the largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Divided by the largest size, so that squares neither overflow nor vanish.
    pub(crate) values: Vec<f64>,
    /// The values, less their mean.
    pub(crate) deviations: Vec<f64>,
    /// Each value's average rank, less the mean of all.
    pub(crate) ranks: Vec<f64>,
    /// Positions, the largest value first; of equal ones the earliest first.
    pub(crate) order: Vec<u32>,
    /// How many values are larger than each.
    pub(crate) above: Vec<u32>,
    /// How many values are as large as each, itself included.
    pub(crate) ties: Vec<u32>,
    /// Whether any two are equal.
    pub(crate) has_ties: bool,
}

/// The values of two rows at which both are there, NaN being as good as missing; and how many were left out.
///
/// Of rows of different lengths, what only the longer one has is left out, too.
pub fn rows(a: &[Option<f64>], b: &[Option<f64>], sign: Sign) -> (Row, Row, usize) {
    let known = |x: &Option<f64>| x.filter(|x| !x.is_nan());
    let pairs = a.iter().zip(b).filter_map(|(a, b)| Some((known(a)?, known(b)?)));
    let (one, other): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let left_out = a.len().max(b.len()) - one.len();
    (Row::of(one, sign), Row::of(other, sign), left_out)
}

impl Row {
    /// Of values of which none is missing or NaN.
    pub(crate) fn of(mut values: Vec<f64>, sign: Sign) -> Self {
        if sign == Sign::Absolute {
            for x in &mut values {
                *x = x.abs();
            }
        }
        let ranks = ranks(&values);
        let n = ranks.len();
        // Twice the rank, counted from 0 on, is a whole number: r = before + (ties − 1) / 2.
        let twice = |rank: f64| (2.0 * rank + (n as f64 - 1.0)) as usize;
        let mut at: Vec<u32> = vec![0; 2 * n];
        for rank in &ranks {
            at[twice(*rank)] += 1;
        }
        let ties: Vec<u32> = ranks.iter().map(|rank| at[twice(*rank)]).collect();
        let mut reached = 0;
        for count in at.iter_mut().rev() {
            (*count, reached) = (reached, reached + *count);
        }
        let above: Vec<u32> = ranks.iter().map(|rank| at[twice(*rank)]).collect();
        let mut order = vec![0; n];
        for (position, rank) in ranks.iter().enumerate() {
            let next = &mut at[twice(*rank)];
            order[*next as usize] = position as u32;
            *next += 1;
        }
        let largest = values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        if largest > 0.0 && largest.is_finite() {
            for x in &mut values {
                *x /= largest;
            }
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let deviations = values.iter().map(|x| x - mean).collect();
        let has_ties = ties.iter().any(|ties| *ties > 1);
        Self { values, deviations, ranks, order, above, ties, has_ties }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether there is no order: fewer than two values, or all of them equal.
    pub fn is_constant(&self) -> bool {
        self.ties.first().is_none_or(|ties| *ties as usize == self.len())
    }

    /// The probability that a value is among the first `depth`, if the order of equal values is drawn by lot.
    pub(crate) fn share_within(&self, position: usize, depth: usize) -> f64 {
        let (above, ties) = (self.above[position] as usize, self.ties[position] as usize);
        if depth >= above + ties { 1.0 } else { depth.saturating_sub(above) as f64 / ties as f64 }
    }

    /// The positions that may be among the first `depth`.
    pub(crate) fn within(&self, depth: usize) -> &[u32] {
        let last = depth.checked_sub(1).and_then(|last| self.order.get(last)).map(|last| *last as usize);
        let end = last.map_or(0, |last| self.above[last] + self.ties[last]);
        &self.order[..end as usize]
    }

    /// The positions of equal values, group by group, the largest first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[u32]> {
        self.order.chunk_by(|i, j| self.above[*i as usize] == self.above[*j as usize])
    }

    /// How many pairs of positions hold equal values.
    pub(crate) fn tied_pairs(&self) -> u64 {
        if self.has_ties { self.groups().map(|group| pairs(group.len())).sum() } else { 0 }
    }
}

/// How many pairs `n` things make.
pub(crate) fn pairs(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// Σ xy / √(Σ x² Σ y²); `None` where a sum of squares is 0 or not finite.
pub(crate) fn cosine(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    let scale = (xx * yy).sqrt();
    // Rounding may lead beyond 1 by the last bit.
    (scale > 0.0 && scale.is_finite()).then(|| (xy / scale).clamp(-1.0, 1.0))
}
