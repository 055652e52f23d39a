//! What a group of tokens may not cross: the source's end, the decoder's start token, the first output.

use crate::error::Error;
use crate::record::Record;
use std::ops::Range;

/// Where the kinds of a record's tokens meet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Borders {
    /// How many of the tokens are an encoder's.
    pub(crate) source: Option<usize>,
    pub(crate) n_input: usize,
    pub(crate) tokens: usize,
}

impl Borders {
    pub(crate) fn of(record: &Record) -> Self {
        let n_input = record.n_input();
        // What was not checked may be any number.
        let source = record.source().filter(|source| *source < n_input);
        Self { source, n_input, tokens: record.tokens.len() }
    }

    /// How many of the tokens are the text that was given: the source's, or all inputs.
    pub(crate) fn given(&self) -> usize {
        self.source.unwrap_or(self.n_input)
    }

    /// All tokens, in stretches of which no group crosses an end. Some may be empty.
    #[cfg(feature = "sentences")]
    pub(crate) fn stretches(&self) -> impl Iterator<Item = Range<usize>> {
        let given = self.given();
        let begins = [0, given, (given + 1).min(self.n_input), self.n_input, self.tokens];
        (0..4).map(move |k| begins[k]..begins[k + 1])
    }

    /// What keeps a range of tokens from being a group, whatever stands beside it, with the repair.
    pub(crate) fn unfit(&self, segment: &Range<usize>) -> Option<String> {
        let Range { start, end } = *segment;
        let Self { n_input, tokens, .. } = *self;
        if start >= end {
            return Some("it holds no token; its end is one past its last token".to_owned());
        }
        if end > tokens {
            return Some(format!("there are {tokens} tokens; end it at {tokens} or before"));
        }
        let crosses = |border: usize| start < border && border < end;
        if crosses(n_input) {
            return Some(format!(
                "it holds inputs and outputs; split it at token {n_input}, the first output"
            ));
        }
        let source = self.source?;
        let border = [source, source + 1].into_iter().find(|border| crosses(*border))?;
        Some(format!(
            "token {source} is the decoder's start token, which stands by itself; split it at token {border}"
        ))
    }

    /// Whether segments hold every token once, in order, and none crosses a border.
    pub(crate) fn check(&self, segments: &[Range<usize>]) -> Result<(), Error> {
        let mut reached = 0;
        for (index, segment) in segments.iter().enumerate() {
            let Range { start, end } = *segment;
            let why = if start != reached {
                format!(
                    "it does not begin at token {reached}; segments follow each other without gap and overlap"
                )
            } else if let Some(why) = self.unfit(segment) {
                why
            } else {
                reached = end;
                continue;
            };
            return Err(Error::Segment { what: "segments", index, start, end, why });
        }
        if reached < self.tokens {
            return Err(Error::SegmentsEnd { end: reached, tokens: self.tokens });
        }
        Ok(())
    }
}
