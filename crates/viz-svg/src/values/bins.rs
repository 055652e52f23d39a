//! Outputs put together where they are too many to be drawn one by one: by sentence, with the mean of their values.

use crate::paint::scale::Value;
use crate::text::sentences::borders;
use crate::values::rows::Rows;
use saliency_schema::Record;
use std::ops::Range;

/// So many are drawn one by one at the most, and so many bins.
const MOST: usize = 60;

/// A record's outputs in bins: every row is in one, in order.
#[derive(Debug, Clone)]
pub(crate) struct Bins {
    ranges: Vec<Range<usize>>,
    pub(crate) by: By,
}

/// What a bin holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// One output.
    Output,
    /// The outputs of a sentence.
    Sentence,
    /// So many outputs, whatever the text: there is one sentence, or there are too many.
    Count(usize),
}

impl Bins {
    pub(crate) fn of(record: &Record) -> Self {
        let n_output = record.n_output();
        let runs = |count: usize| -> Vec<Range<usize>> {
            (0..n_output).step_by(count).map(|start| start..(start + count).min(n_output)).collect()
        };
        if n_output <= MOST {
            return Self::each(n_output);
        }
        let starts = borders(&record.tokens[record.n_input()..]);
        if (1..MOST).contains(&starts.len()) {
            let ends = starts.iter().copied().chain([n_output]);
            let ranges = std::iter::once(0).chain(starts.iter().copied()).zip(ends).map(|(a, b)| a..b);
            return Self { ranges: ranges.collect(), by: By::Sentence };
        }
        let count = n_output.div_ceil(MOST);
        Self { ranges: runs(count), by: By::Count(count) }
    }

    /// So many outputs, each by itself.
    pub(crate) fn each(n_output: usize) -> Self {
        Self { ranges: (0..n_output).map(|output| output..output + 1).collect(), by: By::Output }
    }

    /// The outputs of a bin.
    pub(crate) fn range(&self, bin: usize) -> Range<usize> {
        self.ranges[bin].clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// What a bin's outputs show at a token: one output's value, or the mean of those that are finite numbers; hidden
    /// where all of them are.
    pub(crate) fn value(&self, rows: &Rows<'_>, bin: usize, token: usize) -> Value {
        if self.ranges[bin].clone().all(|row| rows.hides(row, token)) {
            return Value::Hidden;
        }
        let values: Vec<Value> = self.ranges[bin].clone().map(|row| rows.whole(row, token)).collect();
        mean(&values)
    }

    /// Whether a bin is one output whose value has a sign that its size does not show.
    pub(crate) fn hides_sign(&self, rows: &Rows<'_>, bin: usize, token: usize) -> bool {
        self.by == By::Output && rows.hides_sign(self.ranges[bin].start, token)
    }

    /// A bin's name: its output's, or those of its first and last one.
    pub(crate) fn name(&self, rows: &Rows<'_>, bin: usize) -> String {
        let Range { start, end } = self.ranges[bin];
        if end == start + 1 {
            return rows.label(start);
        }
        format!("{} … {}", rows.label(start), rows.label(end - 1))
    }
}

/// The mean of the finite ones; without any, what the first one is.
fn mean(values: &[Value]) -> Value {
    if let [value] = values {
        return *value;
    }
    let finite = || values.iter().filter(|value| value.number().is_some_and(f64::is_finite));
    let count = finite().count() as f64;
    // Divided one by one, so that huge values do not overflow.
    let mean = finite().filter_map(|value| value.number()).map(|x| x / count).sum();
    let least = finite().filter_map(|value| match value {
        Value::Relative { n, .. } => Some(*n),
        _ => None,
    });
    match (finite().next(), least.min()) {
        (None, _) => values.first().copied().unwrap_or(Value::Missing),
        (Some(_), Some(n)) => Value::Relative { log2: mean, n },
        (Some(_), None) => Value::Number(mean),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{Bins, By, mean};
    use crate::paint::scale::Value;
    use saliency_schema::{Kind, Record, Token};

    fn bins(outputs: &[&str]) -> Bins {
        let output = |text: &&str| Token::new(0, *text, Kind::Output);
        let tokens = std::iter::once(Token::new(0, "in", Kind::Input)).chain(outputs.iter().map(output));
        let rows = (0..outputs.len()).map(|row| vec![Some(1.0); 1 + row]).collect();
        Bins::of(&Record::new(tokens.collect(), rows).unwrap())
    }

    #[test]
    fn sixty_outputs_stand_for_themselves_and_more_are_sentences() {
        let sixty = bins(&[" word"; 60]);
        assert_eq!((sixty.len(), sixty.by), (60, By::Output));
        // Three sentences: 30 words and their full stop, twice, and 10 words.
        let mut text = [[" Word"].as_slice(), &[" goes"; 29], &["."]].concat();
        text.extend(text.clone());
        text.extend([" Ten"; 10]);
        let three = bins(&text);
        assert_eq!((three.ranges.clone(), three.by), (vec![0..31, 31..62, 62..72], By::Sentence));
        // No sentence ends, so that 200 outputs are 50 runs of four.
        let runs = bins(&[" word"; 200]);
        assert_eq!((runs.len(), runs.by, runs.ranges[49].clone()), (50, By::Count(4), 196..200));
    }

    #[test]
    fn a_mean_is_that_of_finite_numbers() {
        let number = Value::Number;
        assert_eq!(mean(&[number(1.0), number(2.0), number(6.0)]), number(3.0));
        assert_eq!(mean(&[number(f64::NAN), Value::Missing, number(2.0), number(4.0)]), number(3.0));
        assert_eq!(mean(&[number(f64::MAX), number(f64::MAX)]), number(f64::MAX));
        assert_eq!(mean(&[Value::Missing, number(f64::NAN)]), Value::Missing);
        let relative = |log2: f64, n| Value::Relative { log2, n };
        assert_eq!(mean(&[relative(3.0, 9), relative(-1.0, 4), Value::NotComparable]), relative(1.0, 4));
    }
}
