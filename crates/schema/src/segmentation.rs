//! How tokens are put together into words, sentences, lines, or what a pattern or a person says.

use crate::borders::Borders;
use crate::error::Error;
use crate::prompt::{Prompt, with_parts};
use crate::record::Record;
use crate::regroup::Reduce;
use crate::sentences::{Text, sentence_bytes};
use crate::token::{Kind, Token};
use crate::words;
use regex::Regex;
use std::fmt::{Display, Formatter};
use std::ops::Range;
use std::str::FromStr;

/// A way of grouping tokens.
///
/// It is spelled as its [`FromStr`] reads it and its [`Display`] writes it: `words`, `regex:, `, `spans:0-5,5-9`.
///
/// Words, sentences, lines and patterns are found in the text that the tokens' exact bytes make together,
/// inputs and outputs each for itself, so that the inputs' segments are the same whatever follows. A token
/// belongs to the segment in which its first character that is no white space lies: GPT-2's `" Mars"` belongs
/// to the word `Mars`. A token that begins inside a character stays with the token before it, and so does one
/// without text. White space is what Unicode calls so.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Segmentation {
    /// Each token by itself, also where it holds only part of a character.
    Tokens,
    /// What white space separates, and inside that the words of scripts that put no space between them: Chinese
    /// characters and kana, Thai, Lao, Khmer, Burmese. Those are found by dictionaries with the feature
    /// `segments-all-scripts`, and without it by Unicode's default rules (UAX #29), for which nearly every character of
    /// them is a word. Punctuation stays with its word, opening brackets and quotes with the one after them, and a
    /// special token that touches a word too. White space belongs to the word after it, at the end to the one before
    /// it.
    Words,
    /// Sentences by Unicode's default rules (UAX #29), which end one at each line's end, and at a full stop that a
    /// capital follows; but not after an abbreviation or an initial ("Dr. Smith", "J. R. R. Tolkien", "z. B. Berlin"),
    /// by a short list for English, German, French and Spanish. A piece of white space alone belongs to the sentence
    /// before it, at the start to the one after it.
    Sentences,
    /// Lines: a segment begins after each `\n`. Empty lines, and those of white space alone, belong to the line
    /// before them, at the start to the one after them.
    Lines,
    /// Paragraphs: a segment begins after each empty line, or each run of them; a line of white space alone is empty. A
    /// text without empty lines is one paragraph.
    Paragraphs,
    /// What a regular expression separates: a segment begins after each match, which belongs to the segment
    /// that it ends. A piece of white space alone is treated as in [`Segmentation::Lines`].
    Pattern(Regex),
    /// These ranges of token positions, ascending and apart; they may touch. Tokens that no span names, outputs too,
    /// stay single. Spans are taken as they are, also inside a character.
    Spans(Vec<Range<usize>>),
    /// The parts of the prompt, each as one ([`Prompt::parts`]): what a template put where. Other tokens, outputs too,
    /// stay single.
    Parts,
}

impl Segmentation {
    /// How each is spelled, in the order of a list for people; `R` stands for a regular expression.
    pub const SPELLINGS: &'static [&'static str] =
        &["tokens", "words", "sentences", "lines", "paragraphs", "regex:R", "spans:0-5,5-9", "parts"];

    /// The segments, as ranges of positions in `tokens`: every token lies in one, in order, none is empty, and
    /// none holds inputs and outputs together. No token, no segment.
    ///
    /// # Errors
    /// An input after an output; spans that are empty, overlap, go back, reach beyond the tokens, or hold inputs
    /// and outputs together, with the first that does; [`Segmentation::Parts`], for which see
    /// [`segments_in`](Self::segments_in).
    pub fn segments(&self, tokens: &[Token]) -> Result<Vec<Range<usize>>, Error> {
        self.segments_in(tokens, None)
    }

    /// The same for tokens of a prompt, whose parts may be segments.
    ///
    /// # Errors
    /// As [`segments`](Self::segments), and a prompt without parts where they are asked for.
    pub fn segments_in(&self, tokens: &[Token], prompt: Option<&Prompt>) -> Result<Vec<Range<usize>>, Error> {
        let n_input = tokens.iter().take_while(|token| token.kind == Kind::Input).count();
        if let Some(index) = tokens[n_input..].iter().position(|token| token.kind == Kind::Input) {
            return Err(Error::TokenOrder { index: n_input + index });
        }
        self.segments_between(tokens, prompt, Borders { source: None, n_input, tokens: tokens.len() })
    }

    fn segments_between(
        &self,
        tokens: &[Token],
        prompt: Option<&Prompt>,
        borders: Borders,
    ) -> Result<Vec<Range<usize>>, Error> {
        if let Self::Spans(spans) = self {
            return with_single_tokens(spans, borders);
        }
        if let Self::Parts = self {
            let places = with_parts(prompt)?.places(&tokens[..borders.given()]);
            let spans: Vec<_> = places.into_iter().map(|(_, range)| range).collect();
            return with_single_tokens(&spans, borders);
        }
        let mut begins = Vec::with_capacity(tokens.len());
        for stretch in borders.stretches() {
            begins.extend(self.begin(&tokens[stretch])?);
        }
        let starts: Vec<usize> = (0..tokens.len()).filter(|&token| begins[token]).collect();
        let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
        Ok(starts.iter().zip(ends).map(|(&start, end)| start..end).collect())
    }

    /// Whether a segment begins at each of some tokens; one does at the first.
    fn begin(&self, tokens: &[Token]) -> Result<Vec<bool>, Error> {
        let text = Text::of(tokens);
        let mut begins = match self {
            Self::Tokens | Self::Spans(_) | Self::Parts => vec![true; tokens.len()],
            Self::Words => text.words()?,
            Self::Sentences => text.parts(sentence_bytes(&text.text)),
            Self::Lines => text.parts(text.text.match_indices('\n').map(|(newline, _)| newline + 1)),
            Self::Paragraphs => text.parts(paragraph_bytes(&text.text)),
            Self::Pattern(pattern) => text.parts(pattern.find_iter(&text.text).map(|found| found.end())),
        };
        if let Some(first) = begins.first_mut() {
            *first = true;
        }
        Ok(begins)
    }
}

impl FromStr for Segmentation {
    type Err = Error;
    fn from_str(spelled: &str) -> Result<Self, Error> {
        if let Some(pattern) = spelled.strip_prefix("regex:") {
            let regex = Regex::new(pattern);
            return regex
                .map(Self::Pattern)
                .map_err(|source| Error::Pattern { pattern: pattern.to_owned(), source });
        }
        if let Some(spans) = spelled.strip_prefix("spans:") {
            return spans.split(',').map(span).collect::<Result<_, _>>().map(Self::Spans);
        }
        match spelled {
            "tokens" => Ok(Self::Tokens),
            "words" => Ok(Self::Words),
            "sentences" => Ok(Self::Sentences),
            "lines" => Ok(Self::Lines),
            "paragraphs" => Ok(Self::Paragraphs),
            "parts" => Ok(Self::Parts),
            _ => Err(Error::Unknown {
                what: "segmentation",
                name: spelled.to_owned(),
                known: Self::SPELLINGS.join(", "),
            }),
        }
    }
}

impl Display for Segmentation {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tokens => f.write_str("tokens"),
            Self::Words => f.write_str("words"),
            Self::Sentences => f.write_str("sentences"),
            Self::Lines => f.write_str("lines"),
            Self::Paragraphs => f.write_str("paragraphs"),
            Self::Parts => f.write_str("parts"),
            Self::Pattern(pattern) => write!(f, "regex:{pattern}"),
            Self::Spans(spans) => {
                f.write_str("spans:")?;
                for (index, span) in spans.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{}-{}", span.start, span.end)?;
                }
                Ok(())
            }
        }
    }
}

/// The bytes at which paragraphs begin, but for the first: lines with something in them after lines without.
fn paragraph_bytes(text: &str) -> impl Iterator<Item = usize> {
    let (mut reached, mut after_empty) = (0, false);
    text.split_inclusive('\n').filter_map(move |line| {
        let (start, empty) = (reached, line.trim().is_empty());
        reached += line.len();
        let begins = after_empty && !empty;
        after_empty = empty;
        begins.then_some(start)
    })
}

/// `0-5` as a range.
fn span(spelled: &str) -> Result<Range<usize>, Error> {
    let ends = spelled.trim().split_once('-').and_then(|(start, end)| {
        let position = |digits: &str| digits.trim().parse().ok();
        Some(position(start)?..position(end)?)
    });
    ends.ok_or_else(|| Error::SpanSpelling { found: spelled.to_owned() })
}

impl Record {
    /// Its segments, as ranges of positions in its tokens: [`Segmentation::segments_in`] its tokens and prompt. Where
    /// an encoder read a source, none crosses its end, and the decoder's start token is one by itself.
    ///
    /// # Errors
    /// Those of [`Segmentation::segments_in`]; a record that is not consistent.
    pub fn segments(&self, by: &Segmentation) -> Result<Vec<Range<usize>>, Error> {
        self.check()?;
        by.segments_between(&self.tokens, self.prompt.as_ref(), Borders::of(self))
    }

    /// The record with each segment as one token: [`Record::regroup`] by a segmentation, which
    /// [`Regrouped::by`](crate::Regrouped::by) then says. A record of groups can be grouped again.
    ///
    /// # Errors
    /// Those of [`Record::segments`] and of [`Record::regroup`].
    pub fn group(&self, by: &Segmentation, reduce: Reduce) -> Result<Self, Error> {
        let mut record = self.regroup(&self.segments(by)?, reduce)?;
        // Where every segment is one token, the record is as it was.
        if record.tokens.len() < self.tokens.len()
            && let Some(regrouped) = &mut record.regrouped
        {
            regrouped.by = Some(by.to_string());
        }
        Ok(record)
    }
}

/// The spans, and between them each token by itself.
fn with_single_tokens(spans: &[Range<usize>], borders: Borders) -> Result<Vec<Range<usize>>, Error> {
    let mut segments = Vec::new();
    let mut reached = 0;
    let single = |from: usize, to: usize| (from..to).map(|token| token..token + 1);
    for (index, span) in spans.iter().enumerate() {
        let Range { start, end } = *span;
        let overlaps = || {
            format!(
                "it begins before token {reached}, where the one before ends; spans ascend and do not overlap"
            )
        };
        if let Some(why) = borders.unfit(span).or_else(|| (start < reached).then(overlaps)) {
            return Err(Error::Segment { what: "spans", index, start, end, why });
        }
        segments.extend(single(reached, start));
        segments.push(start..end);
        reached = end;
    }
    segments.extend(single(reached, borders.tokens));
    Ok(segments)
}

impl Text {
    /// The first token of each word: the one that begins with it, or with the white space before it.
    fn words(&self) -> Result<Vec<bool>, Error> {
        let starts = words::starts(&self.text)?;
        // The first word begins with the first token.
        let mut last = starts.first().copied();
        let begins = |place: &Option<usize>| {
            let Some(place) = *place else { return false };
            // A token of white space alone goes on to what follows.
            let white = self.text[place..].find(|c: char| !c.is_whitespace());
            let Some(visible) = white.map(|white| place + white) else { return false };
            starts.binary_search(&visible).is_ok() && last.replace(visible) != Some(visible)
        };
        Ok(self.places.iter().map(begins).collect())
    }
}
