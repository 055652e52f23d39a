//! Which segments take part in pairs: all, or those with the largest numbers of their own.

use crate::error::Error;

/// The most segments of which all pairs are computed.
pub(crate) const MOST: usize = 128;

/// How many segments take part in pairs: those with the largest numbers of their own, in size; `None`: all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strongest(pub(crate) Option<u32>);

impl From<u32> for Strongest {
    fn from(strongest: u32) -> Self {
        Self(Some(strongest))
    }
}

impl Strongest {
    /// Refuses fewer than a pair, and more than the most.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self.0 {
            Some(k) if !(2..=MOST as u32).contains(&k) => {
                Err(Error::Parameter { name: "strongest", value: k.to_string(), range: "from 2 to 128" })
            }
            _ => Ok(()),
        }
    }

    /// How many of some segments take part in pairs of one output.
    pub(crate) fn taking_part(self, segments: usize) -> usize {
        self.0.map_or(segments, |strongest| segments.min(strongest as usize))
    }

    /// The segments of which an output's pairs are, ascending, given the number of each; who has none comes last.
    pub(crate) fn chosen(self, numbers: &[Option<f64>]) -> Vec<usize> {
        let size = |i: &usize| numbers[*i].map_or(-1.0, f64::abs);
        let mut chosen: Vec<usize> = (0..numbers.len()).collect();
        // Stable, so that the first of equals comes first.
        chosen.sort_by(|a, b| size(b).total_cmp(&size(a)));
        chosen.truncate(self.taking_part(numbers.len()));
        chosen.sort_unstable();
        chosen
    }
}

/// Every pair of `n` places.
pub(crate) fn pairs_among(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

/// Every pair of some segments.
pub(crate) fn pairs_of(segments: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    pairs_among(segments.len()).map(|(i, j)| (segments[i], segments[j]))
}
