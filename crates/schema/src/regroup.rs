//! From a record of single tokens to one of groups of tokens: words, sentences, lines, any spans.

use crate::borders::Borders;
use crate::error::Error;
use crate::explained::Explained;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::record::Record;
use crate::token::Token;
use crate::{interaction, object, replacement};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::str::FromStr;

/// How a record of single tokens became one of groups of tokens (see [`Record::regroup`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(description = "How a record of single tokens became one of groups of tokens.")
)]
#[non_exhaustive]
pub struct Regrouped {
    /// How the values of a group became one: `sum`, `mean`, `max-abs`; more of them, in order and apart by
    /// commas, where groups were grouped again in another way.
    pub reduce: String,
    /// What the groups are, where it is recorded: `words`, `sentences`, `lines`, `regex:…`, `spans:…`,
    /// `parts`, `fold:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How many of the model's tokens each of the record's is.
    #[serde(deserialize_with = "object::counts")]
    pub members: Vec<usize>,
}

impl Regrouped {
    /// Groups of so many of the model's tokens each, whose values were reduced so.
    pub fn new(reduce: impl Into<String>, members: Vec<usize>) -> Self {
        Self { reduce: reduce.into(), by: None, members }
    }

    /// What the groups are: a segmentation as it is spelled, or any other name.
    #[must_use]
    pub fn with_by(self, by: impl Into<String>) -> Self {
        Self { by: Some(by.into()), ..self }
    }
}

/// How the values of a group's tokens become one. Missing values are left out; where all are missing, so is
/// the result. A NaN makes the result NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reduce {
    /// `Σ a`. Keeps the total, and with it completeness.
    Sum,
    /// `Σ a / n` over the `n` values that are there.
    Mean,
    /// The value that is largest in size, with its sign; the first of several.
    MaxAbs,
}

impl Reduce {
    /// Every reduction, in the order of a list for people.
    pub const ALL: &'static [Self] = &[Self::Sum, Self::Mean, Self::MaxAbs];

    /// The name: lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::MaxAbs => "max-abs",
        }
    }

    /// One value is left as it is, to the last bit.
    pub(crate) fn of(self, values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
        let mut n = 0_usize;
        let counted = values.into_iter().flatten().inspect(|_| n += 1);
        match self {
            Self::Sum => counted.reduce(|a, b| a + b),
            Self::Mean => counted.reduce(|a, b| a + b).map(|sum| sum / n as f64),
            Self::MaxAbs => {
                let larger = |a: f64, b: f64| !a.is_nan() && (b.is_nan() || b.abs() > a.abs());
                counted.reduce(|a, b| if larger(a, b) { b } else { a })
            }
        }
    }
}

impl FromStr for Reduce {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|r| r.name() == name).ok_or_else(|| Error::Unknown {
            what: "reduction",
            name: name.to_owned(),
            known: Self::ALL.iter().map(|r| r.name()).collect::<Vec<_>>().join(", "),
        })
    }
}

impl Record {
    /// The record with each of the segments as one token. Segments are ranges of positions in `tokens`, as
    /// `Record::segments` (feature `segments`) gives them: all tokens in order, no gap, none of
    /// inputs and outputs together; the decoder's start token, where there is one, by itself.
    ///
    /// - A group's column in a row is the reduction over the row's values of its tokens.
    /// - Output tokens of a group become one row: the reduction, column by column, over their rows.
    /// - What they took from earlier tokens of their own group has no column in that row. Reduced like a column,
    ///   it becomes [`Output::within`], so that with [`Reduce::Sum`] a row and its `within` add up to all values
    ///   of the rows it was made of.
    /// - Of an output's other numbers, [`Reduce::Sum`] adds up `value`, `baseline_value`, `sum`, `delta`, `ledger` and
    ///   `by_layer` where every token of the group has them; `steps` and `samples` are the largest; `explained` is kept
    ///   where it is the same of all. All else of a group of several outputs is not recorded. An output that stays
    ///   alone keeps everything; of its [`vectors`](Output::vectors) sums of entries add up with [`Reduce::Sum`], norms
    ///   and places of groups are missing, and with another reduction there are none.
    /// - [`Record::interactions`] stay where every group holds at most one of the tokens that take part in them, and
    ///   every output is one token; otherwise they are left out, and a note says so: what a pair does beyond its sum is
    ///   part of its group's own number.
    /// - [`Record::replacements`] stay where what was replaced are whole groups; the others are left out, and a note
    ///   says so.
    /// - A group's text is that of its tokens, put together from their exact bytes. Its id is the first one's.
    /// - [`Record::regrouped`] says how it was done, and what the groups are: `spans:0-5,5-9`, those of several tokens,
    ///   by the numbers of the model's tokens; or, by `Record::group` (feature `segments`), the segmentation's name.
    ///   Values that were normalised or have lost their sign are reduced as they are, and a note says so.
    ///
    /// Segments of one token each give the same record, unmarked. Groups can be grouped again.
    ///
    /// # Errors
    /// Segments that do not fit the tokens, with the first that does not; a record that is not consistent, or
    /// a group whose text is too long for one token.
    pub fn regroup(&self, segments: &[Range<usize>], reduce: Reduce) -> Result<Self, Error> {
        self.check()?;
        let n_input = self.n_input();
        Borders::of(self).check(segments)?;
        if segments.len() == self.tokens.len() {
            return Ok(self.clone());
        }
        let first_output = segments.partition_point(|segment| segment.start < n_input);
        let (mut attributions, mut outputs) = (Vec::new(), Vec::new());
        for (index, segment) in segments.iter().enumerate().skip(first_output) {
            let rows = segment.start - n_input..segment.end - n_input;
            attributions.push(reduced_row(&self.attributions[rows.clone()], &segments[..index], reduce));
            // Empty where no output is known.
            let members = self.outputs.get(rows.clone()).unwrap_or_default();
            let within = reduce.of(rows.map(|row| {
                let earlier = self.attributions[row][segment.start..].iter().copied();
                reduce.of(earlier.chain(self.outputs.get(row).map(|output| output.within)))
            }));
            let mut output = Output { within, ..reduced_output(index, members, reduce) };
            let without = output.explained.as_mut().and_then(|explained| explained.without.as_mut());
            if let Some(without) = without {
                *without = without.regrouped(segments);
            }
            output.vectors = match members {
                [Output { vectors: Some(vectors), .. }] => vectors.regrouped(&segments[..index], reduce),
                _ => None,
            };
            outputs.push(output);
        }
        if self.outputs.is_empty() && outputs.iter().all(|output| output.within.is_none()) {
            outputs.clear();
        }
        let interactions = self.regrouped_interactions(segments);
        let mut notes = self.notes_with(reduce);
        if interactions.is_none() {
            interaction::note_left_out(&mut notes);
        }
        let (replacements, some_left_out) = self.replacements_of_groups(segments, reduce);
        if some_left_out {
            replacement::note_left_out(&mut notes);
        }
        let record = Self {
            format: self.format.clone(),
            version: self.version,
            model: self.model.clone(),
            method: self.method.clone(),
            target: self.target.clone(),
            aggregate: self.aggregate.clone(),
            normalize: self.normalize.clone(),
            signed: self.signed,
            prompt: self.prompt.clone(),
            source: self.source.map(|source| segments.partition_point(|segment| segment.start < source)),
            regrouped: Some(self.regrouped_by(segments, reduce)),
            hops: self.hops,
            excerpt: self.excerpt.as_ref().map(|excerpt| excerpt.regrouped(self, segments, reduce)),
            notes,
            tokens: segments.iter().map(|segment| joined(&self.tokens, segment)).collect(),
            attributions,
            // Errors of a sum are not known from those of its terms.
            standard_errors: Vec::new(),
            interactions: interactions.unwrap_or_default(),
            replacements,
            outputs,
        };
        record.check()?;
        Ok(record)
    }

    /// How the regrouped record came about, the groups that this one already has included.
    fn regrouped_by(&self, segments: &[Range<usize>], reduce: Reduce) -> Regrouped {
        let members = segments.iter().map(|segment| match &self.regrouped {
            // As many as a file says, which may be any number.
            Some(before) => {
                before.members[segment.clone()].iter().fold(0, |n: usize, m| n.saturating_add(*m))
            }
            None => segment.len(),
        });
        let members: Vec<usize> = members.collect();
        let name = reduce.name();
        let reduce = match &self.regrouped {
            // A sum of sums is a sum, but a mean of means is no mean.
            Some(before) if before.reduce == name && reduce != Reduce::Mean => name.to_owned(),
            Some(before) => format!("{}, {name}", before.reduce),
            None => name.to_owned(),
        };
        Regrouped { reduce, by: Some(spans(&members)), members }
    }

    /// The notes, with what to know of reduced values that were normalised or have no sign; once, where groups
    /// are grouped again.
    fn notes_with(&self, reduce: Reduce) -> Vec<String> {
        let name = reduce.name();
        let normalized =
            self.normalize.as_deref().filter(|normalize| *normalize != "none").map(|normalize| {
                format!(
                    "regrouped by {name} after each row was normalised ({normalize}): normalised values were \
                 reduced, and rows were not normalised again"
                )
            });
        let unsigned = (self.signed == Some(false) && reduce == Reduce::Sum).then(|| {
            let aggregate = self.aggregate.as_deref().map(|name| format!(" (aggregate {name})"));
            format!(
                "regrouped by sum of values without a sign{}: groups of more tokens get more; the reduction \
                 mean does not favour them",
                aggregate.unwrap_or_default()
            )
        });
        let sampled = (!self.standard_errors.is_empty()).then(|| {
            "standard errors of groups are not known from those of their tokens, and left out".to_owned()
        });
        let mut notes = self.notes.clone();
        notes.extend(
            [normalized, unsigned, sampled].into_iter().flatten().filter(|note| !self.notes.contains(note)),
        );
        notes
    }
}

/// One row of several: first over the columns of a group, then over the rows.
fn reduced_row(rows: &[Vec<Option<f64>>], groups: &[Range<usize>], reduce: Reduce) -> Vec<Option<f64>> {
    let cell = |group: &Range<usize>| {
        reduce.of(rows.iter().map(|row| reduce.of(row[group.clone()].iter().copied())))
    };
    groups.iter().map(cell).collect()
}

/// The groups of several of the model's tokens, as `Segmentation::Spans` spells them.
fn spans(members: &[usize]) -> String {
    let mut reached = 0_usize;
    let spans = members.iter().filter_map(|&count| {
        let start = reached;
        reached = reached.saturating_add(count);
        (count > 1).then(|| format!("{start}-{reached}"))
    });
    format!("spans:{}", spans.collect::<Vec<_>>().join(","))
}

/// What is known of outputs as one at a position, but for what it holds within.
fn reduced_output(token: usize, members: &[Output], reduce: Reduce) -> Output {
    if let [alone] = members {
        return Output { token, ..alone.clone() };
    }
    // The sum where every one is known; of nothing there is none.
    let total = |field: fn(&Output) -> Option<f64>| {
        let known = reduce == Reduce::Sum && members.iter().all(|output| field(output).is_some());
        reduce.of(members.iter().map(field)).filter(|_| known)
    };
    Output {
        value: total(|output| output.value),
        baseline_value: total(|output| output.baseline_value),
        sum: total(|output| output.sum),
        delta: total(|output| output.delta),
        steps: members.iter().filter_map(|output| output.steps).max(),
        samples: members.iter().filter_map(|output| output.samples).max(),
        explained: Explained::shared(members.iter().map(|output| output.explained.as_ref())),
        ledger: Ledger::sum(members.iter().map(|output| output.ledger.as_ref()))
            .filter(|_| reduce == Reduce::Sum),
        by_layer: by_layer(members).filter(|_| reduce == Reduce::Sum).unwrap_or_default(),
        ..Output::new(token)
    }
}

/// The sums at each layer, added up; `None` where outputs have not as many.
fn by_layer(members: &[Output]) -> Option<Vec<Option<f64>>> {
    let (first, others) = members.split_first()?;
    others.iter().try_fold(first.by_layer.clone(), |sum, other| {
        let both = |(a, b): (Option<f64>, &Option<f64>)| Some(a? + (*b)?);
        let fits = sum.len() == other.by_layer.len();
        fits.then(|| sum.into_iter().zip(&other.by_layer).map(both).collect())
    })
}

/// The tokens of a segment as one.
fn joined(tokens: &[Token], segment: &Range<usize>) -> Token {
    // A notebook's `value` spells a number of the first row, which may have become another.
    Token { value: None, ..Token::joined(&tokens[segment.clone()]) }
}
