//! How much of a row lies at each distance from its output, and how each attribution compares with that.

#[cfg(feature = "sentences")]
use crate::crossing::{Crossing, Numbered};
use crate::quantile::quantile;
use crate::record::Record;
use std::collections::BTreeMap;
use std::ops::Range;

impl Record {
    /// What 100 % of a row is: `Σ |value|` over its finite values, with what lies on inputs that an excerpt leaves out
    /// ([`Excerpt::outside`](crate::Excerpt::outside)) and with what fell inside the row's own group
    /// ([`Output::within`](crate::Output::within)). In the row's unit; 0 where there is no such row.
    ///
    /// `(Σ |value|) / (1 − outside) + |within|`; an `outside` or `within` that is not recorded counts 0.
    pub fn row_total(&self, row: usize) -> f64 {
        let size = |x: &f64| if x.is_finite() { x.abs() } else { 0.0 };
        let values = self.attributions.get(row).map(Vec::as_slice).unwrap_or_default();
        let here: f64 = values.iter().flatten().map(size).sum();
        let outside = self.excerpt.as_ref().and_then(|excerpt| *excerpt.outside.get(row)?);
        let outside = outside.filter(|share| (0.0..1.0).contains(share)).unwrap_or(0.0);
        let within = self.outputs.get(row).and_then(|output| output.within);
        here / (1.0 - outside) + within.as_ref().map_or(0.0, size)
    }

    /// Every attribution as a share of its row, set against the shares at the same distance in a profile:
    /// `ratio = share / median(d)` with `share = |value| / row total` ([`row_total`](Self::row_total)) and
    /// `d = position of the output − position of the token`, in tokens of the model.
    ///
    /// A ratio of 1 is as much as is usual that far back, 10 ten times as much. Of groups of tokens, the medians of all
    /// pairs of their tokens add up, and the share is taken once for each output of the group:
    /// `ratio = outputs · share / Σ median`. `n` is then the least of the pairs'.
    ///
    /// There is no ratio where the value is missing or not finite, where the row's total is 0, and where the profile
    /// has no median above 0 at that distance. Costs the number of pairs.
    ///
    /// # Shapes
    /// As [`attributions`](Self::attributions): a row for each output, ragged.
    pub fn relative(&self, profile: &DistanceProfile) -> Relative {
        let places = places(self);
        let n_input = self.n_input();
        let rows = self.attributions.iter().enumerate().map(|(row, values)| {
            let (outputs, total) = (&places[n_input + row], self.row_total(row));
            let cell = |(token, value): (usize, &Option<f64>)| {
                let (median, n) = profile.of_pairs(outputs, &places[token]);
                let size = value.filter(|x| x.is_finite()).map(f64::abs);
                let share = size.filter(|_| total > 0.0).map(|size| size / total);
                let known = median.filter(|median| *median > 0.0);
                let ratio = share.zip(known).map(|(share, median)| outputs.len() as f64 * share / median);
                RelativeCell { ratio, n, negative: value.is_some_and(|x| x < 0.0) }
            };
            values.iter().enumerate().map(cell).collect()
        });
        Relative { rows: rows.collect() }
    }

    /// Every attribution at its distance: its share of the row, and how many times an even share that is, row by row in
    /// the order of the tokens.
    ///
    /// `d = position of the output − position of the token` in tokens of the model, `share = |value| / row total`
    /// ([`row_total`](Self::row_total)), `even = share · tokens before the output`. Of groups of tokens `d` is the mean
    /// over all pairs of their tokens, and `even` the mean of the token's members. Missing and non-finite values and
    /// rows whose total is 0 are left out.
    pub fn by_distance(&self) -> impl Iterator<Item = DistanceCell> + '_ {
        let (places, n_input) = (places(self), self.n_input());
        self.attributions.iter().enumerate().flat_map(move |(row, values)| {
            let (output, total) = (places[n_input + row].clone(), self.row_total(row));
            let tokens = places[..values.len()].to_vec();
            let known = total > 0.0 && total.is_finite();
            let cell = move |((token, place), value): ((usize, Range<usize>), &Option<f64>)| {
                let share = value.filter(|x| known && x.is_finite())?.abs() / total;
                let middle = |place: &Range<usize>| (place.start + place.end) as f64 / 2.0;
                let even = share * output.start as f64 / place.len().max(1) as f64;
                Some(DistanceCell { row, token, distance: middle(&output) - middle(&place), share, even })
            };
            tokens.into_iter().enumerate().zip(values).filter_map(cell)
        })
    }
}

/// One attribution at its distance from the output; [`Record::by_distance`] makes them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DistanceCell {
    /// The output, from 0.
    pub row: usize,
    /// The token, among the record's.
    pub token: usize,
    /// How far it lies before the output, in tokens of the model; from 1.
    pub distance: f64,
    /// Its share of the row, from 0 to 1.
    pub share: f64,
    /// How many times an even share that is.
    pub even: f64,
}

/// The median share of a row, and the number of shares, at each distance from its output.
///
/// What lies near an output gets more of its row than what lies far, whatever the text: with the profile, each share
/// can be read against what is usual there ([`Record::relative`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DistanceProfile {
    distances: BTreeMap<usize, At>,
    rows: usize,
}

/// The shares at a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
struct At {
    median: f64,
    /// Their 10 % and 90 % quantiles.
    band: [f64; 2],
    /// How many times an even share they are: 10 % quantile, median and 90 % quantile.
    even: [f64; 3],
    count: usize,
}

impl DistanceProfile {
    /// The profile of all rows of some records. A share is `|value| / row total` ([`Record::row_total`]); at each
    /// distance `position of the output − position of the token` it counts once. The median of an even number is the
    /// mean of the middle two.
    ///
    /// Positions are those of the whole record where one is an excerpt ([`Record::position`]). Distances are those of
    /// the model's tokens: a group of tokens takes as many places as it has members, and its attributions, of which the
    /// tokens' are not known, are left out. Where groups were made before inputs were left out, each group that is not
    /// there counts as one token. Missing and non-finite values, and rows whose total is 0, are left out too.
    pub fn of(records: &[Record]) -> Self {
        Self::of_pairs_where(records, |_| |_, _| true)
    }

    /// The same of the pairs of a token and an output alone that have this border between them, and no larger one:
    /// whether nearness or a sentence's end makes the difference. Shares are those of whole rows.
    #[cfg(feature = "sentences")]
    pub fn across(records: &[Record], crossing: Crossing) -> Self {
        Self::of_pairs_where(records, |record| {
            let numbered = Numbered::of(record);
            let n_input = record.n_input();
            move |row, token| numbered.between(token, n_input + row) == crossing
        })
    }

    /// The profile of the pairs that a record's rule holds for, by row and token.
    fn of_pairs_where<Rule: Fn(usize, usize) -> bool>(
        records: &[Record],
        rule: impl Fn(&Record) -> Rule,
    ) -> Self {
        let mut shares: BTreeMap<usize, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        let mut rows = 0;
        for record in records {
            let (places, holds) = (places(record), rule(record));
            for (row, output) in places.iter().skip(record.n_input()).enumerate() {
                let total = record.row_total(row);
                if !(total > 0.0 && total.is_finite()) || output.len() != 1 {
                    continue;
                }
                rows += 1;
                for (at, (value, token)) in record.attributions[row].iter().zip(&places).enumerate() {
                    let counts = token.len() == 1 && holds(row, at);
                    let Some(value) = value.filter(|x| x.is_finite() && counts) else { continue };
                    let share = value.abs() / total;
                    let own = shares.entry(output.start - token.start).or_default();
                    own.0.push(share);
                    own.1.push(share * output.start as f64);
                }
            }
        }
        let at = |(distance, (mut shares, mut even)): (usize, (Vec<f64>, Vec<f64>))| {
            let median = median(&mut shares)?;
            shares.sort_unstable_by(f64::total_cmp);
            even.sort_unstable_by(f64::total_cmp);
            let [low, high] = BAND;
            let band = [quantile(&shares, low)?, quantile(&shares, high)?];
            let even = [quantile(&even, low)?, quantile(&even, 0.5)?, quantile(&even, high)?];
            Some((distance, At { median, band, even, count: shares.len() }))
        };
        let distances = shares.into_iter().filter_map(at);
        Self { distances: distances.collect(), rows }
    }

    /// The median share at a distance, from 0 to 1; `None` where there is no share. Distances begin at 1, the token
    /// just before the output.
    pub fn median(&self, distance: usize) -> Option<f64> {
        self.distances.get(&distance).map(|at| at.median)
    }

    /// Between which shares four of five at a distance lie: their 10 % and 90 % quantiles, from 0 to 1; `None` where
    /// there is no share. Quantile q of n sorted shares is at place q · (n − 1) from 0, and between two of them on the
    /// line from one to the other, as `NumPy`'s by default. Of few shares it says little
    /// ([`count`](Self::count)).
    pub fn band(&self, distance: usize) -> Option<[f64; 2]> {
        self.distances.get(&distance).map(|at| at.band)
    }

    /// The same in times an even share (`share · tokens before the output`): the 10 % quantile, the median and the 90 %
    /// quantile at a distance.
    pub fn even(&self, distance: usize) -> Option<[f64; 3]> {
        self.distances.get(&distance).map(|at| at.even)
    }

    /// How many shares the median at a distance is of.
    pub fn count(&self, distance: usize) -> usize {
        self.distances.get(&distance).map_or(0, |at| at.count)
    }

    /// The largest distance at which there is a share; 0 where there is none.
    pub fn longest(&self) -> usize {
        self.distances.last_key_value().map_or(0, |(distance, _)| *distance)
    }

    /// How many rows it was made of.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The sum of the medians over all pairs of an output and an earlier token, where each is known, and the least of
    /// their counts. Ends at the first that is not known.
    fn of_pairs(&self, outputs: &Range<usize>, tokens: &Range<usize>) -> (Option<f64>, usize) {
        let (mut sum, mut least) = (Some(0.0), usize::MAX);
        for output in outputs.clone() {
            for token in tokens.clone() {
                let distance = output.saturating_sub(token);
                sum = sum.zip(self.median(distance)).map(|(sum, median)| sum + median);
                least = least.min(self.count(distance));
                if least == 0 {
                    return (None, 0);
                }
            }
        }
        (sum, least)
    }
}

/// A record's attributions relative to a [`DistanceProfile`]; [`Record::relative`] makes it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Relative {
    /// A row for each output, with a cell for each token before it.
    pub rows: Vec<Vec<RelativeCell>>,
}

/// One attribution relative to a [`DistanceProfile`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RelativeCell {
    /// How many times the median share at its distance; `None` where it cannot be compared.
    pub ratio: Option<f64>,
    /// How many shares the median is of: of few, the ratio says little.
    pub n: usize,
    /// Whether the value is below zero.
    pub negative: bool,
}

/// Of each token, which of the model's tokens it is, counted over the whole record where this is an excerpt.
fn places(record: &Record) -> Vec<Range<usize>> {
    let members = record.regrouped.as_ref().map(|regrouped| &regrouped.members);
    let mut reached = record.position(0);
    let mut before = reached;
    let place = |token: usize| {
        // What an excerpt leaves out lies between.
        let position = record.position(token);
        if token > 0 {
            let last = members.map_or(1, |members| members[token - 1]);
            reached = reached.saturating_add(last.max(position.saturating_sub(before)));
        }
        before = position;
        reached..reached.saturating_add(members.map_or(1, |members| members[token]))
    };
    (0..record.tokens.len()).map(place).collect()
}

/// The quantiles that a band lies between.
const BAND: [f64; 2] = [0.1, 0.9];

/// The middle value, or the mean of the middle two.
fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(if even { f64::midpoint(lower, *upper) } else { *upper })
}
