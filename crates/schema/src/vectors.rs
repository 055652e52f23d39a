//! What is kept of the vectors behind an output's row.

use crate::error::Error;
use crate::number;
use crate::regroup::Reduce;
use serde::{Deserialize, Serialize};
use std::ops::Range;

type Numbers = Vec<Option<f64>>;

/// What is kept of the vectors behind an output's row: before they are reduced to one number, a method has a vector for
/// each earlier token. In the method's unit, however rows are scaled. Each list has a number for each value of the row,
/// `null` where the token has no vector.
///
/// Principal components are of this output's own vectors, centred and not scaled: of the matrix `X [tokens, hidden]`
/// with `X − mean = U S Vᵀ` they are the first columns of `U S`, and their shares of the variance `S² / Σ S²`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "What is kept of the vectors behind an output's row, in the method's unit, however rows are scaled. Each list has a number for each value of the row."
    )
)]
#[non_exhaustive]
pub struct Vectors {
    /// The sum of the positive entries of each token's vector.
    #[serde(with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub positive: Numbers,
    /// The sum of the negative entries of each token's vector: 0 or less.
    #[serde(with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub negative: Numbers,
    /// The Euclidean norm of each token's vector.
    #[serde(with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub norm: Numbers,
    /// Where each token's vector lies along the principal components of all of them: a list for each component, from
    /// the first; empty where they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::rows")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<Vec<number::schema::Number>>"))]
    pub components: Vec<Numbers>,
    /// The share of the variance along each of `components`, from 0 to 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub explained: Numbers,
}

impl Vectors {
    /// The sums of positive and of negative entries, and the norms; principal components are not known yet.
    pub fn new(positive: Numbers, negative: Numbers, norm: Numbers) -> Self {
        Self { positive, negative, norm, components: Vec::new(), explained: Vec::new() }
    }

    /// Where the vectors lie along their principal components, and each component's share of the variance.
    #[must_use]
    pub fn with_components(self, components: Vec<Numbers>, explained: Numbers) -> Self {
        Self { components, explained, ..self }
    }

    /// Some of the tokens, by position; components stay those of all.
    pub(crate) fn only(&self, kept: impl Fn(usize) -> bool) -> Self {
        let only = |list: &Numbers| {
            let list = list.iter().enumerate().filter(|(position, _)| kept(*position));
            list.map(|(_, x)| *x).collect()
        };
        self.each(only, only)
    }

    /// Groups of tokens: sums of entries add up; the norm and the place of a group of several tokens are not known from
    /// theirs. `None` for another reduction than the sum.
    pub(crate) fn regrouped(&self, segments: &[Range<usize>], reduce: Reduce) -> Option<Self> {
        let sums = |list: &Numbers| {
            let sum = |group: &Range<usize>| reduce.of(list[group.clone()].iter().copied());
            segments.iter().map(sum).collect()
        };
        let alone = |list: &Numbers| {
            let of = |group: &Range<usize>| list[group.start].filter(|_| group.len() == 1);
            segments.iter().map(of).collect()
        };
        (reduce == Reduce::Sum).then(|| self.each(sums, alone))
    }

    /// With other lists of sums, and of norms and places.
    fn each(&self, sums: impl Fn(&Numbers) -> Numbers, others: impl Fn(&Numbers) -> Numbers) -> Self {
        Self {
            positive: sums(&self.positive),
            negative: sums(&self.negative),
            norm: others(&self.norm),
            components: self.components.iter().map(others).collect(),
            explained: self.explained.clone(),
        }
    }

    /// Refuses lists that do not fit a row of so many values. `place` is where they stand.
    pub(crate) fn check(&self, row: usize, place: &dyn Fn() -> String) -> Result<(), Error> {
        let refused = |why| Err(Error::Vectors { place: place(), why });
        let mut lists = [&self.positive, &self.negative, &self.norm].into_iter().chain(&self.components);
        if lists.any(|list| list.len() != row) {
            return refused("every list has a number for each value of the row");
        }
        if self.components.len() != self.explained.len() {
            return refused("`explained` has a number for each of `components`");
        }
        Ok(())
    }
}
