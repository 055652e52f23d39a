//! The target while more and more tokens go.

use crate::faithfulness::Runs;
use crate::faithfulness::grid::Grid;
use crate::faithfulness::order::Order;
use saliency_schema::scores::Curve;

/// The places of the runs of one order, in both directions.
pub(super) struct Chains {
    most: Vec<usize>,
    least: Vec<usize>,
}

/// The target at the clean input and at each number of removed tokens.
pub(super) struct Curves {
    pub(super) most: Vec<Option<f64>>,
    pub(super) least: Vec<Option<f64>>,
}

impl Chains {
    pub(super) fn of(order: &Order, grid: &Grid, runs: &mut Runs<'_>) -> Self {
        let order = &order.0;
        let most = grid.counts.iter().map(|count| runs.place(&order[..*count])).collect();
        let least = grid.mirrored().iter().map(|count| runs.place(&order[order.len() - count..])).collect();
        Self { most, least }
    }

    pub(super) fn len(&self) -> usize {
        self.most.len() + self.least.len()
    }

    pub(super) fn curves(&self, values: &[Option<f64>], clean: f64) -> Curves {
        let curve = |places: &[usize]| {
            let clean = Some(clean).filter(|x| x.is_finite());
            std::iter::once(clean).chain(places.iter().map(|place| values[*place])).collect()
        };
        Curves { most: curve(&self.most), least: curve(&self.least) }
    }
}

impl Curves {
    /// For a document: the most, then the least relevant tokens first.
    pub(super) fn into_curves(self, grid: &Grid) -> [Curve; 2] {
        let shares = |counts: &[usize]| shares(counts, grid.tokens);
        [
            Curve::most_relevant_first(shares(&grid.counts), self.most),
            Curve::least_relevant_first(shares(&grid.mirrored()), self.least),
        ]
    }
}

/// 0, and the shares of so many tokens.
pub(super) fn shares(counts: &[usize], tokens: usize) -> Vec<f64> {
    std::iter::once(0)
        .chain(counts.iter().copied())
        .map(|count| count as f64 / tokens.max(1) as f64)
        .collect()
}
