//! What happened to an output when a piece of the text was replaced.

use crate::check::Caps;
use crate::error::Error;
use crate::number;
use crate::ragged;
use crate::record::Record;
use crate::regroup::Reduce;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::Range;

/// A piece of the input replaced by another text, and how that moved an output's target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Replacement {
    /// The first token that was replaced, by its position in [`Record::tokens`](crate::Record::tokens).
    #[cfg_attr(
        feature = "json-schema",
        schemars(description = "The first token that was replaced, by its position in `tokens`.")
    )]
    pub at: usize,
    /// How many tokens were replaced. Default: 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: usize,
    /// The text that stood in their place; empty where they were deleted.
    pub text: String,
    /// The model's probability of that text there, from the text before it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub probability: Option<f64>,
    /// f(x with the replacement) − f(x), in the target's unit; missing where the model can't predict the output then.
    #[serde(with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub change: Option<f64>,
    /// How the model goes on after the replaced input, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<String>,
}

impl Replacement {
    /// One token replaced by a text, and the change of the target.
    pub fn new(at: usize, text: impl Into<String>, change: impl Into<Option<f64>>) -> Self {
        Self { at, count: 1, text: text.into(), probability: None, change: change.into(), continuation: None }
    }

    /// So many tokens replaced together.
    #[must_use]
    pub fn with_count(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// The model's probability of the text there.
    #[must_use]
    pub fn with_probability(self, probability: impl Into<Option<f64>>) -> Self {
        Self { probability: probability.into(), ..self }
    }

    /// How the model goes on after it.
    #[must_use]
    pub fn with_continuation(self, continuation: impl Into<Option<String>>) -> Self {
        Self { continuation: continuation.into(), ..self }
    }

    /// Whether both replace the same tokens by the same text.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        (self.at, self.count, &self.text) == (other.at, other.count, &other.text)
    }

    /// The tokens that were replaced.
    pub fn tokens(&self) -> Range<usize> {
        self.at..self.at.saturating_add(self.count)
    }
}

/// Notes once that replacements are left out.
pub(crate) fn note_left_out(notes: &mut Vec<String>) {
    let note = "replacements of a part of a group are none of the group, and left out";
    if !notes.iter().any(|known| known == note) {
        notes.push(note.to_owned());
    }
}

impl Record {
    /// Replacements of whole groups of tokens; those of a part of a group are none of the group. Of several outputs as
    /// one, those that all of them have, with the reduction of their changes. And whether some were left out.
    pub(crate) fn replacements_of_groups(
        &self,
        segments: &[Range<usize>],
        reduce: Reduce,
    ) -> (Vec<Vec<Replacement>>, bool) {
        if self.replacements.is_empty() {
            return (Vec::new(), false);
        }
        let n_input = self.n_input();
        let groups_of = |tokens: Range<usize>| {
            let first = segments.binary_search_by_key(&tokens.start, |segment| segment.start).ok()?;
            let last = segments.binary_search_by_key(&tokens.end, |segment| segment.end).ok()?;
            Some(first..last + 1)
        };
        let all_are = self.replacements.iter().flatten().all(|one| groups_of(one.tokens()).is_some());
        let of_rows = |segment: &Range<usize>| {
            let rows = &self.replacements[segment.start - n_input..segment.end - n_input];
            let (first, others) =
                (rows.first().map_or(&[][..], Vec::as_slice), rows.get(1..).unwrap_or_default());
            let as_one = |(i, one): (usize, &Replacement)| {
                let same: Vec<_> =
                    others.iter().map(|other| other.get(i).filter(|other| other.is_same_as(one))).collect();
                let changes = same.iter().map(|other| other.and_then(|other| other.change));
                let change = reduce.of(std::iter::once(one.change).chain(changes));
                let groups = groups_of(one.tokens())?;
                let (at, count) = (groups.start, groups.len());
                same.iter().all(Option::is_some).then(|| Replacement { at, count, change, ..one.clone() })
            };
            first.iter().enumerate().filter_map(as_one).collect()
        };
        let kept: Vec<Vec<Replacement>> =
            segments.iter().filter(|segment| segment.start >= n_input).map(of_rows).collect();
        let none = !all_are && kept.iter().all(Vec::is_empty);
        (if none { Vec::new() } else { kept }, !all_are)
    }

    /// Whether replacements are of inputs that there are, and as many lists as rows.
    pub(crate) fn check_replacements(&self) -> Result<(), Error> {
        if self.replacements.is_empty() {
            return Ok(());
        }
        let (found, expected) = (self.replacements.len(), self.attributions.len());
        if found != expected {
            return Err(Error::Replacements { found, expected });
        }
        let (n_input, caps) = (self.n_input(), Caps::DEFAULT);
        let count = self.replacements.iter().map(Vec::len).sum();
        if count > caps.replacements {
            let (place, cap) = ("replacements".to_owned(), caps.replacements);
            return Err(Error::Cap { place, what: "replacements", found: count, cap });
        }
        for (row, replacements) in self.replacements.iter().enumerate() {
            for (index, one) in replacements.iter().enumerate() {
                let Replacement { at, count, .. } = *one;
                if count == 0 || one.tokens().end > n_input {
                    return Err(Error::Replacement { row, index, at, count, n_input });
                }
                let longest = one.text.len().max(one.continuation.as_ref().map_or(0, String::len));
                if longest > caps.token_text {
                    let (place, cap) = (format!("replacements[{row}][{index}]"), caps.token_text);
                    return Err(Error::Cap { place, what: "bytes", found: longest, cap });
                }
            }
        }
        Ok(())
    }
}

/// `#[serde(deserialize_with = "replacement::lists")]`
pub(crate) fn lists<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Vec<Replacement>>, D::Error> {
    ragged::objects(d, Caps::DEFAULT.replacements, "replacements")
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(count: &usize) -> bool {
    *count == 1
}
