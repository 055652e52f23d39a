//! Random subsets of the tokens, and each token alone: what the target is without them, at every output from one pass a
//! set, and how well sums of attributions predict it.

use crate::coalitions::game::Game;
use crate::error::Error;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use saliency_schema::spearman;
use std::collections::{BTreeMap, BTreeSet};

/// Beyond the streams of random orders.
const STREAM: u64 = 1 << 63;

/// Sets of removed tokens that all outputs share: an output sees of each what stands in its context.
#[derive(Default)]
pub(super) struct Sets {
    /// Removed tokens, and every output's target without them.
    subsets: Vec<(BTreeSet<usize>, Vec<f64>)>,
    /// Of each token that can be removed, every output's target without it alone.
    singles: BTreeMap<usize, Vec<f64>>,
}

/// The subsets as one output sees them: places of removed tokens among those that can be, and the target without them.
pub(super) struct Subsets(Vec<(Vec<usize>, f64)>);

impl Sets {
    /// Runs `count` subsets, of which each token is part with probability ½, and, where asked, each token alone.
    pub(super) fn run(
        game: &Game<'_, '_>,
        (count, seed): (usize, u64),
        each_alone: bool,
    ) -> Result<Self, Error> {
        let Some(last) = game.problem.n_output().checked_sub(1) else { return Ok(Self::default()) };
        let tokens = game.problem.row_length(last);
        let removable: Vec<usize> =
            (0..tokens).filter(|token| game.predicted_without(&[*token])[last]).collect();
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(STREAM);
        let mut draw = |_| removable.iter().copied().filter(|_| numbers.random()).collect::<Vec<_>>();
        let subsets: Vec<Vec<usize>> = (0..count).map(&mut draw).collect();
        let alone = if each_alone { &removable[..] } else { &[] };
        let sets: Vec<Vec<usize>> =
            subsets.iter().cloned().chain(alone.iter().map(|token| vec![*token])).collect();
        let mut values = game.values(&sets, 0)?;
        let of_singles = values.split_off(subsets.len());
        let singles = alone.iter().copied().zip(of_singles).collect();
        let subsets = subsets.into_iter().map(|removed| removed.into_iter().collect()).zip(values);
        Ok(Self { subsets: subsets.collect(), singles })
    }

    /// Those that remove some, but not all, of the tokens that can be removed before an output.
    pub(super) fn at(&self, output: usize, removable: &[usize]) -> Subsets {
        let places = |set: &BTreeSet<usize>| -> Vec<usize> {
            (0..removable.len()).filter(|place| set.contains(&removable[*place])).collect()
        };
        let seen = self.subsets.iter().map(|(set, values)| (places(set), values[output]));
        let some = |(removed, _): &(Vec<usize>, f64)| !removed.is_empty() && removed.len() < removable.len();
        Subsets(seen.filter(some).filter(|(_, value)| value.is_finite()).collect())
    }

    /// The target of an output without one token, where that is known.
    pub(super) fn without(&self, token: usize, output: usize) -> Option<f64> {
        self.singles.get(&token).map(|values| values[output]).filter(|value| value.is_finite())
    }
}

impl Subsets {
    /// `infidelity` and `lds` of a row.
    pub(super) fn metrics(&self, row: &[f64], clean: f64) -> [(&'static str, Option<f64>); 2] {
        let sum = |removed: &[usize]| removed.iter().map(|place| row[*place]).sum::<f64>();
        let pairs: Vec<(f64, f64)> =
            self.0.iter().map(|(removed, value)| (sum(removed), clean - value)).collect();
        let product = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
        let size = product(|(predicted, _)| predicted * predicted);
        let factor = if size > 0.0 { product(|(predicted, lost)| predicted * lost) / size } else { 0.0 };
        let errors = pairs.iter().map(|(predicted, lost)| (factor * predicted - lost).powi(2));
        let infidelity = (!pairs.is_empty()).then(|| errors.sum::<f64>() / pairs.len() as f64);
        // What is kept and the target fall as what is removed and its loss rise.
        let (predicted, lost): (Vec<_>, Vec<_>) = pairs.iter().map(|(p, l)| (Some(*p), Some(*l))).unzip();
        [("infidelity", infidelity), ("lds", spearman(&predicted, &lost))]
    }
}
