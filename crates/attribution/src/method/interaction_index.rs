//! Which interaction of a game's players.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Which mean over coalitions `S` of the other players an interaction is: both are of
/// `Δ_ij(S) = f(S ∪ ij) − f(S ∪ i) − f(S ∪ j) + f(S)`, among `n` players.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum InteractionIndex {
    /// The Shapley interaction index, `Σ_S |S|! (n − |S| − 2)! / (n − 1)! · Δ_ij(S)`: every size of `S` counts the
    /// same. The main effect is the Shapley value. Grabisch & Roubens 1999.
    #[default]
    Sii,
    /// The Shapley–Taylor interaction index of order 2, `2/n Σ_S Δ_ij(S) / C(n − 1, |S|)`: small `S` count more. The
    /// main effect is `f(i) − f(∅)`, and with these all pairs add up to f(x) − f(∅). Sundararajan, Dhamdhere & Agarwal
    /// 2020.
    ShapleyTaylor,
}

impl InteractionIndex {
    /// Both, in the order of listings.
    pub const ALL: [Self; 2] = [Self::Sii, Self::ShapleyTaylor];

    /// The name, lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sii => "sii",
            Self::ShapleyTaylor => "shapley-taylor",
        }
    }

    /// The weight of each coalition of `s` others, `s` from 0 to `n − 2`; none for fewer than two players.
    pub(crate) fn weights(self, n: usize) -> Vec<f64> {
        let count = n.saturating_sub(1);
        let mut weights = vec![0.0; count];
        // C(n − 2, s) and C(n − 1, s).
        let (mut of_others, mut of_more) = (1.0, 1.0);
        for (s, weight) in weights.iter_mut().enumerate() {
            *weight = match self {
                Self::Sii => 1.0 / (count as f64 * of_others),
                Self::ShapleyTaylor => 2.0 / (n as f64 * of_more),
            };
            of_others *= count.saturating_sub(1 + s) as f64 / (s + 1) as f64;
            of_more *= (count - s) as f64 / (s + 1) as f64;
        }
        weights
    }

    /// By how much `Δ_ij(S)` counts where `S` is what precedes the earlier of `i` and `j` in a random order, `s` of `n`
    /// players: this index's probability of `S` over that of the orders, which is the Shapley–Taylor index's.
    pub(crate) fn weight_in_orders(self, n: usize, s: usize) -> f64 {
        match self {
            Self::Sii => n as f64 / (2.0 * (n - 1 - s) as f64),
            Self::ShapleyTaylor => 1.0,
        }
    }
}

impl fmt::Display for InteractionIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for InteractionIndex {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|index| index.name() == name).ok_or_else(|| Error::Unknown {
            what: "interaction index",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::InteractionIndex;

    #[test]
    fn weights_are_those_of_the_papers() {
        // n = 4: 0! 2! / 3!, 1! 1! / 3!, 2! 0! / 3!; and 2/4 over C(3, s) = 1, 3, 3.
        let close = |found: Vec<f64>, expected: [f64; 3]| {
            assert_eq!(found.len(), 3);
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-15, "{found} {expected}");
            }
        };
        close(InteractionIndex::Sii.weights(4), [1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0]);
        close(InteractionIndex::ShapleyTaylor.weights(4), [0.5, 1.0 / 6.0, 1.0 / 6.0]);
        for index in InteractionIndex::ALL {
            assert!(index.weights(0).is_empty() && index.weights(1).is_empty());
            assert!((index.weights(2)[0] - 1.0).abs() < 1e-15);
        }
    }
}
