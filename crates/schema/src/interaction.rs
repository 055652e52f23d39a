//! What two tokens do together beyond the sum of what each does.

use crate::check::Caps;
use crate::error::Error;
use crate::number;
use crate::ragged;
use crate::record::Record;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// What two tokens before an output, or two groups of tokens, do together beyond the sum of what each does; with
/// itself, what one does: its main effect. A pair stands once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Interaction {
    /// The first token's position in [`Record::tokens`].
    #[cfg_attr(feature = "json-schema", schemars(description = "The first token's position in `tokens`."))]
    pub i: usize,
    /// The second one's, which is the same for a main effect, and greater otherwise.
    pub j: usize,
    /// The interaction, or main effect, in the unit of the row. Positive: with both the target is
    /// higher than by the sum of what each does without the other. Negative: it is lower.
    #[serde(with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub value: Option<f64>,
    /// Its standard error, where it was sampled.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub standard_error: Option<f64>,
}

impl Interaction {
    /// What two tokens do beyond their sum; of a token with itself its main effect.
    pub fn new(i: usize, j: usize, value: impl Into<Option<f64>>) -> Self {
        Self { i: i.min(j), j: i.max(j), value: value.into(), standard_error: None }
    }

    /// With the standard error.
    #[must_use]
    pub fn with_standard_error(self, standard_error: impl Into<Option<f64>>) -> Self {
        Self { standard_error: standard_error.into(), ..self }
    }

    /// Whether it is one token's main effect.
    pub fn is_main_effect(&self) -> bool {
        self.i == self.j
    }
}

/// `#[serde(deserialize_with = "interaction::lists")]`
pub(crate) fn lists<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Vec<Interaction>>, D::Error> {
    ragged::objects(d, Caps::DEFAULT.interactions, "interactions")
}

/// The pairs both of whose tokens are kept, by their places among those.
pub(crate) fn only(pairs: &[Interaction], kept: impl Fn(usize) -> bool) -> Vec<Interaction> {
    let last = pairs.iter().map(|pair| pair.j).max();
    // Of each token, how many before it are kept.
    let mut places = Vec::new();
    let mut reached = 0;
    for token in 0..last.map_or(0, |last| last + 1) {
        places.push(reached);
        reached += usize::from(kept(token));
    }
    let both = pairs.iter().filter(|pair| kept(pair.i) && kept(pair.j));
    both.map(|pair| Interaction { i: places[pair.i], j: places[pair.j], ..*pair }).collect()
}

/// Notes once that interactions are left out.
pub(crate) fn note_left_out(notes: &mut Vec<String>) {
    let note = "interactions of single tokens are not those of groups, and left out";
    if !notes.iter().any(|known| known == note) {
        notes.push(note.to_owned());
    }
}

impl Record {
    pub(crate) fn check_interactions(&self) -> Result<(), Error> {
        if self.interactions.is_empty() {
            return Ok(());
        }
        let (found, expected) = (self.interactions.len(), self.attributions.len());
        if found != expected {
            return Err(Error::Interactions { found, expected });
        }
        let found = self.interactions.iter().map(Vec::len).sum();
        let cap = Caps::DEFAULT.interactions;
        if found > cap {
            return Err(Error::Cap { place: "interactions".into(), what: "interactions", found, cap });
        }
        for (row, pairs) in self.interactions.iter().enumerate() {
            let mut known = BTreeSet::new();
            for (index, &Interaction { i, j, .. }) in pairs.iter().enumerate() {
                let why = if i > j {
                    "a pair is written with the smaller position as `i`"
                } else if j >= self.attributions[row].len() {
                    "a pair's tokens come before the output"
                } else if !known.insert((i, j)) {
                    "a pair stands once"
                } else {
                    continue;
                };
                return Err(Error::Interaction { row, index, i, j, why });
            }
        }
        Ok(())
    }

    /// The interactions of groups that hold at most one of the tokens that take part, each; `None` where one holds
    /// several, or an output is several tokens.
    pub(crate) fn regrouped_interactions(&self, groups: &[Range<usize>]) -> Option<Vec<Vec<Interaction>>> {
        let n_input = self.n_input();
        let group_of = |token: usize| groups.partition_point(|group| group.end <= token);
        let of = |pairs: &Vec<Interaction>| {
            let tokens: BTreeSet<usize> = pairs.iter().flat_map(|pair| [pair.i, pair.j]).collect();
            let taken: BTreeSet<usize> = tokens.iter().map(|token| group_of(*token)).collect();
            let moved =
                |pair: &Interaction| Interaction { i: group_of(pair.i), j: group_of(pair.j), ..*pair };
            (taken.len() == tokens.len()).then(|| pairs.iter().map(moved).collect())
        };
        let single = groups.iter().all(|group| group.start < n_input || group.len() == 1);
        if self.interactions.is_empty() {
            return Some(Vec::new());
        }
        if single { self.interactions.iter().map(of).collect() } else { None }
    }
}
