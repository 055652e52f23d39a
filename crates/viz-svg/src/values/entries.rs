//! What is kept of the vectors behind the hovered output's row, token by token.

use crate::options::Options;
use crate::options::look::Look;
use crate::paint::scale::Value;
use crate::values::kind::Unit;
use crate::values::rows::Rows;
use saliency_schema::Vectors;

/// What is kept of the vectors behind one row, and of the locked one.
pub(crate) struct Entries<'a> {
    vectors: &'a Vectors,
    locked: Option<&'a Vectors>,
    unit: Unit,
    /// The tokens of the row, those with the most of both signs together first.
    pub(crate) order: Vec<usize>,
}

impl<'a> Entries<'a> {
    /// Those of the hovered output; `None` where nothing is kept.
    pub(crate) fn of(rows: &Rows<'a>, options: &Options) -> Option<Self> {
        let record = rows.record();
        let of_row = |row: usize| record.outputs.get(row)?.vectors.as_ref();
        let vectors = of_row(rows.hover()?)?;
        let unit = if options.look == Look::Notebook { Unit::Recorded } else { Unit::Signed };
        let order = (0..rows.length(rows.hover()?)).collect();
        let mut entries = Self { vectors, locked: rows.lock().and_then(of_row), unit, order };
        let mut order = std::mem::take(&mut entries.order);
        // Stable, so that the first of equals comes first; those that are no numbers last.
        let size = |token: &usize| entries.mass(*token).filter(|x| !x.is_nan()).unwrap_or(-1.0);
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        Some(Self { order, ..entries })
    }

    /// The sum of a token's negative entries, and that of its positive ones.
    pub(crate) fn pair(&self, token: usize) -> [Value; 2] {
        [number(&self.vectors.negative, token).into(), number(&self.vectors.positive, token).into()]
    }

    /// The same of the locked output, where it has read the token and they are finite.
    pub(crate) fn locked(&self, token: usize) -> Option<[f64; 2]> {
        let locked = self.locked?;
        let finite = |list: &[Option<f64>]| number(list, token).filter(|x| x.is_finite());
        Some([finite(&locked.negative)?, finite(&locked.positive)?])
    }

    /// Whether there is a locked output with vectors.
    pub(crate) fn compares(&self) -> bool {
        self.locked.is_some()
    }

    /// What a token has of both signs together.
    fn mass(&self, token: usize) -> Option<f64> {
        Some(number(&self.vectors.positive, token)? - number(&self.vectors.negative, token)?)
    }

    /// The norm of a token's vector.
    pub(crate) fn norm(&self, token: usize) -> Option<f64> {
        number(&self.vectors.norm, token)
    }

    /// The sum of a token's entries.
    pub(crate) fn sum(&self, token: usize) -> Value {
        let both = number(&self.vectors.positive, token).zip(number(&self.vectors.negative, token));
        both.map(|(positive, negative)| positive + negative).into()
    }

    /// Which part of all sums of entries, whatever their sign, these tokens have.
    pub(crate) fn share(&self, tokens: &[usize]) -> Option<f64> {
        let sum = |tokens: &[usize]| tokens.iter().filter_map(|token| self.mass(*token)).sum::<f64>();
        let share = sum(tokens) / sum(&self.order);
        share.is_finite().then_some(share)
    }

    /// How much of all sums of entries is left where positive and negative ones cancel: `Σ |sum| / Σ mass`.
    pub(crate) fn left(&self) -> Option<f64> {
        let masses = self.order.iter().filter_map(|token| self.mass(*token));
        let sums = self.order.iter().filter_map(|token| self.sum(*token).number());
        let left = sums.map(f64::abs).sum::<f64>() / masses.sum::<f64>();
        left.is_finite().then_some(left)
    }

    /// The sizes of all finite sums.
    pub(crate) fn sizes(&self) -> Vec<f64> {
        let all = self.vectors.positive.iter().chain(&self.vectors.negative);
        all.copied().flatten().filter(|x| x.is_finite()).map(f64::abs).collect()
    }

    /// Where tokens lie along the first two components, of those that lie somewhere; and the size of each's vector.
    pub(crate) fn places(&self) -> Vec<(usize, [f64; 2], f64)> {
        let [first, second] = &self.vectors.components[..] else { return Vec::new() };
        let place = |token: usize| {
            let at = [number(first, token)?, number(second, token)?];
            let norm = self.norm(token).filter(|x| x.is_finite()).unwrap_or(0.0);
            at.iter().all(|x| x.is_finite()).then_some((token, at, norm))
        };
        (0..self.order.len()).filter_map(place).collect()
    }

    /// The share of the variance along the first two components.
    pub(crate) fn explained(&self) -> [f64; 2] {
        let of = |k: usize| number(&self.vectors.explained, k).filter(|x| x.is_finite());
        [of(0).unwrap_or(0.0), of(1).unwrap_or(0.0)]
    }

    /// A number with its sign, as a reader sees it.
    pub(crate) fn spelled(&self, value: Value) -> String {
        self.unit.spelled(value, false)
    }

    /// A number that has no sign, as a reader sees it.
    pub(crate) fn size(value: Value) -> String {
        Unit::Recorded.spelled(value, false)
    }
}

/// A number of a list; `None` where it is missing.
fn number(list: &[Option<f64>], at: usize) -> Option<f64> {
    list.get(at).copied().flatten()
}
