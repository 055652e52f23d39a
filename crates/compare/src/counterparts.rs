//! Which values of two records are of the same output and the same token.

use saliency_schema::{Alignment, Record};

/// How the tokens of one record are those of another.
#[derive(Debug)]
pub(crate) enum Counterparts {
    /// Token by token, as far as both go.
    Same,
    /// As they were aligned.
    Aligned(Alignment),
}

impl Counterparts {
    pub(crate) fn of(a: &Record, b: &Record) -> Self {
        let mut pairs = a.tokens.iter().zip(&b.tokens);
        let same = pairs.all(|(a, b)| a.kind == b.kind && a.exact_bytes() == b.exact_bytes());
        if same { Self::Same } else { Self::Aligned(a.align(b)) }
    }

    /// The other record's token that is this one's.
    fn token(&self, token: usize) -> Option<usize> {
        match self {
            Self::Same => Some(token),
            Self::Aligned(alignment) => alignment.partner(token),
        }
    }

    /// The other record's output that is this one's.
    pub(crate) fn output(&self, (a, b): (&Record, &Record), output: usize) -> Option<usize> {
        let found = self.token(a.n_input() + output)?.checked_sub(b.n_input())?;
        (found < b.n_output()).then_some(found)
    }

    /// The values of two rows, token by token: of what has no counterpart, `None` stands in its place.
    pub(crate) fn row(&self, a: &[Option<f64>], b: &[Option<f64>]) -> Vec<Option<f64>> {
        let of = |token: usize| b.get(self.token(token)?).copied().flatten();
        (0..a.len()).map(of).collect()
    }

    pub(crate) fn is_same(&self) -> bool {
        matches!(self, Self::Same)
    }
}
