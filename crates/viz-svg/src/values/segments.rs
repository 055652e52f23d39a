//! Sentences of a text: what those that were generated took from those before them.

use crate::paint::scale::Value;
use crate::text::font;
use crate::text::label::label_at;
use crate::text::visible;
use crate::values::kind::{Unit, is_unsigned};
use crate::values::rows::Rows;
use saliency_schema::{Excerpt, Record, Reduce};
use std::ops::Range;

/// What the segments of a text are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grain {
    /// `sentence` or `paragraph`.
    pub(crate) of: &'static str,
    /// How many of them each segment is, at the most.
    pub(crate) each: usize,
}

/// A text in segments, with the sums over them.
pub(crate) struct SegmentSums {
    /// A token for each segment, with the sums of attributions.
    record: Record,
    /// Which of the drawn record's tokens each is.
    ranges: Vec<Range<usize>>,
    pub(crate) grain: Grain,
    n_input: usize,
    /// Every row's Σ |value|, where values are shown as shares of it.
    totals: Option<Vec<f64>>,
    /// How many of the model's outputs each row is.
    counts: Vec<usize>,
    /// The rows whose shares are of what an excerpt shows, since how much lies outside is not known.
    pub(crate) of_shown: Vec<usize>,
    /// The row that is compared with.
    lock: Option<usize>,
    /// What the numbers are, and whether they have a sign.
    pub(crate) unit: Unit,
    pub(crate) signed: bool,
    /// Of the values that are summed: those that are missing, those that are no finite number, all.
    pub(crate) counted: [usize; 3],
    parts: Vec<(String, Range<usize>)>,
}

impl SegmentSums {
    /// The sentences of the record that rows are of; where they are more than `most`, paragraphs, or runs of either.
    pub(crate) fn of(rows: &Rows<'_>, most: usize) -> Result<Self, saliency_schema::Error> {
        let drawn = rows.record();
        let parts = parts(drawn);
        let (ranges, grain) = ranges(drawn, &parts, most);
        let record = drawn.regroup(&ranges, Reduce::Sum)?;
        let n_input = record.n_input();
        let members = |position: usize| {
            let members = drawn.regrouped.as_ref().and_then(|regrouped| regrouped.members.get(position));
            members.copied().unwrap_or(1).max(1)
        };
        let counts = ranges[n_input..].iter().map(|range| range.clone().map(members).sum()).collect();
        let unit = rows.unit();
        let shares = unit == Unit::Share;
        let totals = shares.then(|| (0..record.n_output()).map(|row| record.row_total(row)).collect());
        let excerpt = record.excerpt.as_ref().filter(|excerpt| excerpt.is_part());
        let unknown = |row: &usize| excerpt.is_some_and(|excerpt| excerpt.outside[*row].is_none());
        let of_shown = (0..record.n_output()).filter(|row| shares && unknown(row)).collect();
        let signed = rows.is_signed() || (!shares && !is_unsigned(drawn));
        let all = || drawn.attributions.iter().flatten();
        let missing = all().filter(|value| value.is_none()).count();
        let other = all().flatten().filter(|x| !x.is_finite()).count();
        let counted = [missing, other, all().count()];
        let mut segments = Self {
            record,
            ranges,
            grain,
            n_input,
            totals,
            counts,
            of_shown,
            lock: None,
            unit,
            signed,
            counted,
            parts,
        };
        segments.lock = rows.lock().and_then(|lock| segments.row_of(lock));
        Ok(segments)
    }

    /// How many there are: columns.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// How many of them are inputs.
    pub(crate) fn n_input(&self) -> usize {
        self.n_input
    }

    /// How many were generated: rows.
    pub(crate) fn n_output(&self) -> usize {
        self.len() - self.n_input
    }

    /// The segment that a token of the drawn record is in.
    pub(crate) fn column_of(&self, token: usize) -> Option<usize> {
        self.ranges.iter().position(|range| range.contains(&token))
    }

    /// The row that a row of the drawn record is in.
    pub(crate) fn row_of(&self, row: usize) -> Option<usize> {
        let first = self.ranges.get(self.n_input)?.start;
        self.column_of(first + row)?.checked_sub(self.n_input)
    }

    /// A segment's number, from 1, and its text.
    pub(crate) fn name(&self, segment: usize) -> String {
        format!("{} {}", segment + 1, self.text(segment))
    }

    fn text(&self, segment: usize) -> String {
        visible(&label_at(&self.record.tokens, segment))
    }

    /// What a row shows in a column; `None` where it has no cell: what follows it, and of a single output itself.
    pub(crate) fn value(&self, row: usize, column: usize) -> Option<Value> {
        let own = self.plain(row, column)?;
        Some(self.compared(own, column))
    }

    /// The same of all rows together: the share of all their Σ |value|, or the mean over all outputs.
    pub(crate) fn of_all(&self, column: usize) -> Option<Value> {
        Some(self.compared(self.plain_of_all(column)?, column))
    }

    fn compared(&self, own: Value, column: usize) -> Value {
        let Some(lock) = self.lock else { return own };
        self.plain(lock, column).map_or(Value::NotComparable, |locked| own.minus(locked))
    }

    fn plain(&self, row: usize, column: usize) -> Option<Value> {
        let sum = self.sum(row, column)?;
        Some(match &self.totals {
            Some(totals) => sum.share_of(totals[row]),
            None => over(sum, self.counts[row]),
        })
    }

    fn plain_of_all(&self, column: usize) -> Option<Value> {
        let mut sums = (0..self.n_output()).filter_map(|row| self.sum(row, column)).peekable();
        sums.peek()?;
        let sum = Value::from(sums.filter_map(Value::number).reduce(|a, b| a + b));
        Some(match &self.totals {
            Some(totals) => sum.share_of(totals.iter().sum()),
            None => over(sum, self.counts.iter().sum()),
        })
    }

    /// The sum of a row's attributions on a segment, which is missing where all of them are.
    fn sum(&self, row: usize, column: usize) -> Option<Value> {
        let own = self.n_input + row;
        if column < own {
            return self.record.attributions[row].get(column).copied().map(Value::from);
        }
        let within = self.record.outputs.get(row).and_then(|output| output.within);
        (column == own && (within.is_some() || self.ranges[own].len() > 1)).then(|| within.into())
    }

    /// The sizes of all cells: over inputs, and over what was generated.
    pub(crate) fn sizes(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for row in 0..self.n_output() {
            for column in 0..self.len() {
                let x = self.value(row, column).and_then(Value::number).filter(|x| x.is_finite());
                let sizes = if column < self.n_input { &mut inputs } else { &mut outputs };
                sizes.extend(x.map(f64::abs));
            }
        }
        (inputs, outputs)
    }

    /// The row that the others are compared with.
    pub(crate) fn lock(&self) -> Option<usize> {
        self.lock
    }

    /// A segment's text, cut to some room.
    pub(crate) fn quoted(&self, segment: usize, size: f64, room: f64) -> String {
        font::fitted(&self.text(segment), size, room)
    }

    /// The input segment from which all rows together took the most, with that: its number, the beginning of its text
    /// in some room, and the value.
    pub(crate) fn strongest(&self, size: f64, room: f64) -> Option<(usize, String, f64)> {
        let number = |column: usize| Some((column, self.of_all(column)?.number()?));
        let finite = (0..self.n_input).filter_map(number).filter(|(_, x)| x.is_finite());
        let (column, x) = finite.reduce(|a, b| if b.1.abs() > a.1.abs() { b } else { a })?;
        Some((column, self.quoted(column, size, room), x))
    }

    /// The columns of each part of the prompt, with its name, as far as segments are inside parts.
    pub(crate) fn columns_of_parts(&self) -> Vec<(&str, Range<usize>)> {
        let mut found: Vec<(&str, Range<usize>)> = Vec::new();
        for (name, tokens) in &self.parts {
            let inside = |range: &&Range<usize>| tokens.start <= range.start && range.end <= tokens.end;
            let Some(first) = self.ranges.iter().position(|range| inside(&range)) else { continue };
            let count = self.ranges[first..].iter().take_while(inside).count();
            found.push((name, first..first + count));
        }
        found
    }

    /// What all outputs together took from each part of the prompt, or from the input, and from earlier outputs, by
    /// name.
    pub(crate) fn by_parts(&self, drawn: &Record) -> Vec<(String, f64)> {
        let mut sums: Vec<(String, f64)> = Vec::new();
        let mut add = |name: &str, x: f64| match sums.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += x,
            None => sums.push((name.to_owned(), x)),
        };
        let n_input = drawn.n_input();
        let is_part = drawn.excerpt.as_ref().is_some_and(Excerpt::is_part);
        let name = |token: usize| {
            let part = self.parts.iter().find(|(_, tokens)| tokens.contains(&token));
            match part {
                Some((name, _)) => name.as_str(),
                None if self.parts.is_empty() && is_part => "the inputs shown",
                None if self.parts.is_empty() => "the input",
                None => "the rest of the input",
            }
        };
        let names: Vec<&str> = (0..n_input).map(name).collect();
        for (row, values) in drawn.attributions.iter().enumerate() {
            let within = drawn.outputs.get(row).and_then(|output| output.within);
            for (token, x) in values.iter().copied().chain([within]).enumerate() {
                if let Some(x) = x.filter(|x| x.is_finite()) {
                    add(names.get(token).copied().unwrap_or("earlier outputs"), x);
                }
            }
        }
        let total = match &self.totals {
            Some(totals) => totals.iter().sum(),
            None => self.counts.iter().sum::<usize>() as f64,
        };
        sums.into_iter().map(|(name, sum)| (name, sum / total)).filter(|(_, x)| x.is_finite()).collect()
    }
}

/// A sum over a number of outputs, as their mean.
fn over(sum: Value, outputs: usize) -> Value {
    match sum {
        Value::Number(x) => Value::Number(x / outputs as f64),
        other => other,
    }
}

/// The parts of a record's prompt, with the tokens that they hold.
fn parts(record: &Record) -> Vec<(String, Range<usize>)> {
    let Some(prompt) = &record.prompt else { return Vec::new() };
    let given = record.source().unwrap_or(record.n_input()).min(record.tokens.len());
    let places = prompt.places(&record.tokens[..given]).into_iter();
    places.map(|(part, tokens)| (part.name.clone(), tokens)).collect()
}

/// Sentences, which begin where parts of the prompt do too; of more than `most`, paragraphs; of more, runs.
fn ranges(record: &Record, parts: &[(String, Range<usize>)], most: usize) -> (Vec<Range<usize>>, Grain) {
    let n = record.tokens.len();
    let mut starts: Vec<usize> = record.sentences().into_iter().map(|sentence| sentence.start).collect();
    starts.extend(parts.iter().flat_map(|(_, tokens)| [tokens.start, tokens.end]));
    starts.retain(|start| *start < n);
    starts.sort_unstable();
    starts.dedup();
    if starts.len() <= most {
        return (between(&starts, n), Grain { of: "sentence", each: 1 });
    }
    // What a run may not cross, and what a paragraph may not either.
    let n_input = record.n_input();
    let ends = [Some(n_input), record.source(), record.source().map(|source| source + 1)];
    let is_border = |start: usize| start == 0 || ends.contains(&Some(start));
    let of_part = |start: usize| parts.iter().any(|(_, tokens)| [tokens.start, tokens.end].contains(&start));
    let mut paragraphs = Vec::new();
    let mut before = 0;
    for &start in &starts {
        let ended = record.tokens[before..start].iter().any(|token| token.text.contains('\n'));
        if ended || is_border(start) || of_part(start) {
            paragraphs.push(start);
        }
        before = start;
    }
    // Few paragraphs say less than runs of sentences.
    let says = paragraphs.len() < starts.len() && 3 * paragraphs.len() >= most;
    let (of, starts) = if says { ("paragraph", paragraphs) } else { ("sentence", starts) };
    let stretches: Vec<&[usize]> = starts.chunk_by(|_, next| !is_border(*next)).collect();
    let in_runs = |each: usize| stretches.iter().map(|starts| starts.len().div_ceil(each)).sum::<usize>();
    let longest = stretches.iter().map(|starts| starts.len()).max().unwrap_or(1);
    let each = (1..longest).find(|each| in_runs(*each) <= most).unwrap_or(longest).max(1);
    let runs: Vec<usize> = stretches.iter().flat_map(|starts| starts.iter().copied().step_by(each)).collect();
    (between(&runs, n), Grain { of, each })
}

fn between(starts: &[usize], n: usize) -> Vec<Range<usize>> {
    let ends = starts.iter().skip(1).copied().chain([n]);
    starts.iter().zip(ends).map(|(&start, end)| start..end).collect()
}
