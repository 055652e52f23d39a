//! Evidence that is known: how well a row of attributions finds the words that an answer comes from.

use crate::error::Error;
use saliency_schema::{Record, Segmentation};
use std::ops::Range;

/// The three metrics of a record, or what chance alone would give; `None` where one is undefined.
pub type Found = [(&'static str, Option<f64>); 3];

/// Where the evidence of an answer stands in the text that was read, in bytes.
///
/// A candidate's score is the sum of the attributions of its tokens over all outputs of the answer, with their signs
/// where they have any, and of their sizes otherwise; what is missing is 0. Of `n` candidates, `e` of them evidence:
/// - `pointing-game`: 1 where the highest score is the evidence's, 0 otherwise (Zhang and others 2018, "Top-down Neural
///   Attention by Excitation Backprop"); by chance `e / n`.
/// - `reciprocal-rank`: 1 over the rank of the best evidence; by chance `Σ_r P(r) / r`, where `P(r)` is the probability
///   that the first of the evidence in a random order has rank `r`: `H_n / n` of one.
/// - `evidence-mass`: the share of the sizes of all attributions to tokens that were read which the evidence has; by
///   chance, its share of these tokens.
///
/// Of equal scores every order is as good, and the metrics are means over all of them.
///
/// ```
/// use saliency_compare::Evidence;
/// use saliency_compare::saliency_schema::{Kind, Record, Token};
/// let words = [("Dan", 0, 3), (" saw", 3, 7), (" Ruth", 7, 12)];
/// let mut tokens: Vec<_> =
///     words.map(|(text, start, end)| Token::new(0, text, Kind::Input).with_span(start..end)).into();
/// tokens.push(Token::new(1, " Ruth", Kind::Output).with_span(12..17));
/// let record = Record::new(tokens, vec![[0.3, -0.2, 0.5].map(Some).to_vec()])?;
/// let [pointing, rank, mass] = Evidence::at(vec![0..3]).measure(&record)?.map(|(_, value)| value.unwrap());
/// assert_eq!((pointing, rank), (0.0, 0.5));
/// assert!((mass - 0.3).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    evidence: Vec<Range<usize>>,
    candidates: Vec<Range<usize>>,
}

impl Evidence {
    /// Evidence at these bytes; candidates are the words of the text.
    pub fn at(evidence: Vec<Range<usize>>) -> Self {
        Self { evidence, candidates: Vec::new() }
    }

    /// Candidates at these bytes instead of all words: the names of a story.
    #[must_use]
    pub fn among(self, candidates: Vec<Range<usize>>) -> Self {
        Self { candidates, ..self }
    }

    /// What a record's attributions find.
    ///
    /// # Errors
    /// Tokens without offsets; evidence that is no candidate, or has no token.
    pub fn measure(&self, record: &Record) -> Result<Found, Error> {
        let places = self.places(record)?;
        let size = |token: &usize| cells(record, *token).map(f64::abs).sum::<f64>();
        let score = |tokens: &Vec<usize>| -> f64 {
            if record.is_signed() {
                tokens.iter().flat_map(|token| cells(record, *token)).sum()
            } else {
                tokens.iter().map(size).sum()
            }
        };
        let scores: Vec<f64> = places.candidates.iter().map(score).collect();
        let all: f64 = (0..places.read).map(|token| size(&token)).sum();
        if !all.is_finite() {
            return Ok(named([None; 3]));
        }
        let evidence =
            || scores.iter().zip(&places.is_evidence).filter(|(_, is)| **is).map(|(score, _)| *score);
        let best = evidence().fold(f64::NEG_INFINITY, f64::max);
        let above = scores.iter().filter(|score| **score > best).count();
        let tied = scores.iter().filter(|score| **score >= best).count() - above;
        let own = evidence().filter(|score| *score >= best).count();
        let pointing = if above == 0 { own as f64 / tied as f64 } else { 0.0 };
        let mass = places.evidence.iter().map(size).sum::<f64>() / all;
        Ok(named([Some(pointing), Some(reciprocal(above, tied, own)), Some(mass).filter(|_| all > 0.0)]))
    }

    /// What a random order of the candidates, or equal attributions, would find.
    ///
    /// # Errors
    /// As [`Evidence::measure`].
    pub fn chance(&self, record: &Record) -> Result<Found, Error> {
        let places = self.places(record)?;
        let (all, own) = (places.candidates.len(), places.is_evidence.iter().filter(|is| **is).count());
        let mass = places.evidence.len() as f64 / places.read as f64;
        Ok(named([Some(own as f64 / all as f64), Some(reciprocal(0, all, own)), Some(mass)]))
    }

    fn places(&self, record: &Record) -> Result<Places, Error> {
        let read = record.source().unwrap_or_else(|| record.n_input());
        let tokens = record.tokens.get(..read).unwrap_or_default();
        let mut offsets = Vec::new();
        for (position, token) in tokens.iter().enumerate() {
            match (token.start, token.end) {
                (Some(start), Some(end)) => offsets.push(start..end),
                _ => return Err(Error::NoOffsets { position }),
            }
        }
        let within = |bytes: &Range<usize>| -> Vec<usize> {
            let overlaps =
                |token: &usize| offsets[*token].start < bytes.end && offsets[*token].end > bytes.start;
            (0..read).filter(overlaps).collect()
        };
        let mut evidence: Vec<usize> = self.evidence.iter().flat_map(within).collect();
        evidence.sort_unstable();
        evidence.dedup();
        let mut candidates: Vec<Vec<usize>> = if self.candidates.is_empty() {
            // A start token has no bytes, and is no word.
            let words = record.segments(&Segmentation::Words)?;
            let has_bytes = |word: &Range<usize>| {
                offsets.get(word.clone()).is_some_and(|own| own.iter().any(|x| !x.is_empty()))
            };
            words.into_iter().filter(has_bytes).map(Iterator::collect).collect()
        } else {
            self.candidates.iter().map(within).collect()
        };
        candidates.retain(|tokens| !tokens.is_empty());
        let is_evidence: Vec<bool> =
            candidates.iter().map(|own| own.iter().any(|token| evidence.contains(token))).collect();
        if !is_evidence.contains(&true) {
            return Err(Error::NoEvidence);
        }
        Ok(Places { read, candidates, is_evidence, evidence })
    }
}

/// The same in a record's tokens.
struct Places {
    /// How many tokens were read.
    read: usize,
    candidates: Vec<Vec<usize>>,
    /// Of each candidate.
    is_evidence: Vec<bool>,
    evidence: Vec<usize>,
}

/// What all outputs took from a token.
fn cells(record: &Record, token: usize) -> impl Iterator<Item = f64> {
    record.attributions.iter().filter_map(move |row| row.get(token).copied().flatten())
}

fn named([pointing, rank, mass]: [Option<f64>; 3]) -> Found {
    [("pointing-game", pointing), ("reciprocal-rank", rank), ("evidence-mass", mass)]
}

/// The expectation of 1 over the rank of the first of `own`, in a random order of `tied` that come after `above`.
fn reciprocal(above: usize, tied: usize, own: usize) -> f64 {
    let (mut sum, mut before) = (0.0, 1.0);
    for rank in 1..=(tied + 1).saturating_sub(own) {
        // None of them came before: it is one of those that are left.
        let now = own as f64 / (tied + 1 - rank) as f64;
        sum += before * now / (above + rank) as f64;
        before *= 1.0 - now;
    }
    sum
}
