//! Records of several methods, compared.

use crate::agreement::{Agreement, Slot, in_threads};
use crate::error::Error;
use crate::measure::Parameters;
use crate::resampler::Resampler;
use crate::row::Sign;
use crate::texts::Texts;
use crate::verdict::verdict;
use saliency_schema::Record;
use saliency_schema::scores::{Score, ScoredMethod, ScoredText, Scores};

/// How far the methods of some records agree: [`Comparison::of`] checks the records, [`Comparison::scores`] compares
/// them.
///
/// Of two methods, each measure is taken of the two rows of each output, and the mean over outputs is the score. Values
/// that one of the two does not have, or has as NaN, are left out and counted. Where both methods' values have a sign,
/// measures are taken with it and without it, else of absolute values alone.
///
/// Cost: O(n log n) for each output with n tokens, pair of methods and sign; and the resamples.
#[derive(Debug)]
pub struct Comparison<'r> {
    records: &'r [Record],
    texts: Texts,
    k: Option<usize>,
    persistence: f64,
    resamples: u32,
    confidence: f64,
    seed: u64,
    by_output: bool,
}

impl<'r> Comparison<'r> {
    /// Records of the same texts by two methods or more. Those whose inputs are the same text belong together, whatever
    /// their tokens; a method is the same in two texts where [`labels`](saliency_schema::labels) call it the same.
    ///
    /// # Errors
    /// Fewer than two records, records of different texts or continuations, and a text that lacks a method.
    pub fn of(records: &'r [Record]) -> Result<Self, Error> {
        let texts = Texts::of(records)?;
        Ok(Self {
            records,
            texts,
            k: None,
            persistence: 0.9,
            resamples: 1000,
            confidence: 0.95,
            seed: 0,
            by_output: true,
        })
    }

    /// How many of the largest values the overlap looks at. Default: 5, or as many as the shortest row has.
    #[must_use]
    pub fn k(self, k: usize) -> Self {
        Self { k: Some(k), ..self }
    }

    /// How much less each further rank counts in rank-biased overlap. Default: 0.9.
    #[must_use]
    pub fn persistence(self, persistence: f64) -> Self {
        Self { persistence, ..self }
    }

    /// How often intervals are resampled. Default: 1,000 times.
    #[must_use]
    pub fn resamples(self, resamples: u32) -> Self {
        Self { resamples, ..self }
    }

    /// The share of the resampled means that lies within an interval. Default: 0.95.
    #[must_use]
    pub fn confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }

    /// The seed of what is drawn. Default: 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Whether scores hold the number of each output beside the mean. Default: yes.
    #[must_use]
    pub fn by_output(self, by_output: bool) -> Self {
        Self { by_output, ..self }
    }

    /// Compares every two methods.
    ///
    /// # Errors
    /// A k that is larger than a row, and numbers that are out of their range.
    pub fn scores(&self) -> Result<Scores, Error> {
        if !(self.persistence > 0.0 && self.persistence < 0.995) {
            let (name, value) = ("persistence", self.persistence.to_string());
            return Err(Error::Parameter { name, value, range: "above 0 and below 0.995, such as 0.9" });
        }
        let parameters = Parameters::new(self.checked_k()?, self.persistence);
        let first = |(_, members): &(String, Vec<usize>)| &self.records[members[0]];
        let outputs: Vec<usize> = self.texts.texts.iter().map(|text| first(text).n_output()).collect();
        let resampler = Resampler::new(&outputs, self.resamples, self.confidence, self.seed)?;
        let signed = self.signed();
        let agreement = Agreement::of(self.records, &self.texts, &signed, &parameters);
        let texts = self.texts.texts.iter().zip(&outputs);
        let texts = texts.map(|((name, _), outputs)| ScoredText::new(name, *outputs)).collect();
        let mut scores = Scores::new(texts, self.methods())?
            .with_resampling(resampler.describe())
            .with_setting("k", parameters.k())
            .with_setting("persistence", parameters.persistence())
            .with_agreement(self.pooled(&agreement, &resampler, &parameters))
            .with_caveats(self.caveats(&signed));
        scores.model = self.common(|record| record.model.clone()).flatten();
        scores.verdict = Some(verdict(&scores));
        scores.check()?;
        Ok(scores)
    }

    fn pooled(&self, agreement: &Agreement, resampler: &Resampler, parameters: &Parameters) -> Vec<Score> {
        in_threads(agreement.slots.len(), |place| {
            let Slot { pair, measure, sign } = agreement.slots[place];
            let numbers = &agreement.by_output[place];
            let (method, other) = agreement.pairs[pair];
            let (counted, left_out) = agreement.counted[pair];
            let score = Score::new(measure.name, method, None)
                .with_mean_of(numbers)
                .with_other(other)
                .with_signed(sign == Sign::Signed)
                .with_interval(resampler.interval(numbers))
                .with_chance(agreement.chance[place])
                .with_pairs(counted, left_out);
            let score = if measure.takes_k { score.with_k(parameters.k()) } else { score };
            if self.by_output { score.with_by_output(numbers.clone()) } else { score }
        })
    }

    /// The number that fits every row, or the one that was asked for.
    fn checked_k(&self) -> Result<usize, Error> {
        let rows = self.records.iter().enumerate().map(|(number, record)| (record.n_input(), number));
        let (least, record) = rows.min().unwrap_or_default();
        match self.k {
            None => Ok(Parameters::default().k().min(least).max(1)),
            Some(k) if (1..=least).contains(&k) => Ok(k),
            Some(k) => Err(Error::K { k, record, tokens: least, least }),
        }
    }

    /// Of each method, whether its values have a sign in all texts.
    fn signed(&self) -> Vec<bool> {
        let of = |method: usize| {
            self.texts.texts.iter().all(|(_, members)| self.records[members[method]].is_signed())
        };
        (0..self.texts.methods.len()).map(of).collect()
    }

    fn methods(&self) -> Vec<ScoredMethod> {
        let (_, members) = &self.texts.texts[0];
        let of = |(name, &member): (&String, &usize)| ScoredMethod::of(name, &self.records[member]);
        self.texts.methods.iter().zip(members).map(of).collect()
    }

    /// What all records have in common.
    fn common<T: PartialEq>(&self, of: impl Fn(&Record) -> T) -> Option<T> {
        let mut all = self.records.iter().map(of);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// What a reader of the numbers should know.
    fn caveats(&self, signed: &[bool]) -> Vec<String> {
        let mut caveats = Vec::new();
        let unsigned = self.texts.methods.iter().zip(signed).filter(|(_, signed)| !**signed);
        let unsigned: Vec<_> = unsigned.map(|(name, _)| name.as_str()).collect();
        if !unsigned.is_empty() {
            let names = unsigned.join(", ");
            caveats.push(format!("without a sign, and compared by absolute values alone: {names}"));
        }
        if self.common(|record| record.model.clone()).is_none() {
            caveats.push("the records are of different models".to_owned());
        }
        if self.common(|record| record.target.clone()).is_none() {
            caveats.push("the records explain different targets, which need not agree".to_owned());
        }
        let (mut lengths, mut tokens) = (false, false);
        for (_, members) in &self.texts.texts {
            let first = &self.records[members[0]];
            for &member in members {
                let record = &self.records[member];
                lengths |= record.n_output() != first.n_output();
                let mut pairs = first.tokens.iter().zip(&record.tokens);
                tokens |= pairs.any(|(a, b)| a.exact_bytes() != b.exact_bytes());
            }
        }
        if tokens {
            caveats.push(
                "tokens differ: those that hold the same bytes are compared, and the others left out"
                    .to_owned(),
            );
        }
        if lengths {
            caveats.push("continuations differ in length: outputs that one lacks are left out".to_owned());
        }
        caveats
    }
}
