//! `sign-agreement`: whether tokens speak for or against the output in both rows.

use crate::measure::{Chance, Measure};
use crate::row::Row;

/// The share of the tokens whose two values have the same sign, 0 to 1; a token one of whose values is 0 has none, and
/// is left out. By chance `p q + (1 − p)(1 − q)`, with the shares p and q of positive values in the two rows. Undefined
/// where nothing is left. Costs O(n).
pub(crate) const MEASURE: Measure = Measure {
    name: "sign-agreement",
    summary: "the share of the tokens with the same sign in both, beside its chance level",
    signed_only: true,
    takes_k: false,
    of: |a, b, _| {
        let signs = Signs::of(a, b);
        signs.share(signs.same)
    },
    chance: Chance::OfRows(|a, b| {
        let signs = Signs::of(a, b);
        let (p, q) = (signs.share(signs.positive_a)?, signs.share(signs.positive_b)?);
        Some(p * q + (1.0 - p) * (1.0 - q))
    }),
};

/// The signs of the tokens that have two.
#[derive(Default)]
struct Signs {
    all: usize,
    same: usize,
    positive_a: usize,
    positive_b: usize,
}

impl Signs {
    fn of(a: &Row, b: &Row) -> Self {
        let mut signs = Self::default();
        for (x, y) in a.values.iter().zip(&b.values) {
            if *x == 0.0 || *y == 0.0 {
                continue;
            }
            signs.all += 1;
            signs.same += usize::from((*x > 0.0) == (*y > 0.0));
            signs.positive_a += usize::from(*x > 0.0);
            signs.positive_b += usize::from(*y > 0.0);
        }
        signs
    }

    fn share(&self, count: usize) -> Option<f64> {
        (self.all > 0).then(|| count as f64 / self.all as f64)
    }
}
