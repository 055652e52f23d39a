//! Random subsets of the tokens, and how well sums of attributions predict what the target does without them.

use crate::faithfulness::Runs;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use saliency_schema::spearman;

/// Beyond the streams of random orders.
const STREAM: u64 = 1 << 63;

/// Places of removed tokens, of each subset.
pub(super) struct Subsets(Vec<Vec<usize>>);

/// The same, with the places of their runs.
pub(super) struct Placed(Vec<(Vec<usize>, usize)>);

impl Subsets {
    /// So many subsets: each token goes with probability ½, but not all of them and not none.
    pub(super) fn draw(count: usize, tokens: usize, (seed, output): (u64, usize)) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(STREAM | output as u64);
        let count = if tokens < 2 { 0 } else { count };
        let one = |_| loop {
            let removed: Vec<usize> = (0..tokens).filter(|_| numbers.random::<bool>()).collect();
            if !removed.is_empty() && removed.len() < tokens {
                return removed;
            }
        };
        Self((0..count).map(one).collect())
    }

    pub(super) fn placed(self, runs: &mut Runs<'_>) -> Placed {
        let placed = |removed: Vec<usize>| {
            let place = runs.place(&removed);
            (removed, place)
        };
        Placed(self.0.into_iter().map(placed).collect())
    }
}

impl Placed {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `infidelity` and `lds` of a row; nothing without subsets.
    pub(super) fn metrics(
        &self,
        row: &[f64],
        values: &[Option<f64>],
        clean: f64,
    ) -> Vec<(&'static str, Option<f64>)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let sum = |removed: &[usize]| removed.iter().map(|place| row[*place]).sum::<f64>();
        let pairs: Vec<(f64, f64)> = self
            .0
            .iter()
            .filter_map(|(removed, place)| Some((sum(removed), clean - values[*place]?)))
            .collect();
        let product = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
        let size = product(|(predicted, _)| predicted * predicted);
        let factor = if size > 0.0 { product(|(predicted, lost)| predicted * lost) / size } else { 0.0 };
        let errors = pairs.iter().map(|(predicted, lost)| (factor * predicted - lost).powi(2));
        let infidelity = (!pairs.is_empty()).then(|| errors.sum::<f64>() / pairs.len() as f64);
        // What is kept and the target fall as what is removed and its loss rise.
        let (predicted, lost): (Vec<_>, Vec<_>) = pairs.iter().map(|(p, l)| (Some(*p), Some(*l))).unzip();
        vec![("infidelity", infidelity), ("lds", spearman(&predicted, &lost))]
    }
}
