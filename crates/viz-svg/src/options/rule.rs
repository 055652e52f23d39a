//! Which attributions a chart shows, and which it hides: a rule that is a plain value.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Which attributions a chart shows; the others are hidden, and nothing else changes: totals, shares, medians and the
/// colour scale stay those of all. The chart says the rule, how many attributions it keeps, and how much it hides.
///
/// An attribution is kept where every part of the rule keeps it. A value that is missing or not finite is hidden by the
/// token's text only. Where a chart shows the difference of two rows, a token is kept where either row keeps it.
///
/// As a text its parts stand between commas: `stop-words,punctuation,below:3x,keep-share:0.8,language:de`; what
/// `Display` writes, `FromStr` reads. The empty rule, the default, hides nothing.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Rule {
    /// Whether tokens are hidden that are stop words: every word of theirs is in the list of the language, which holds
    /// letters such as "d" and "s", and so fragments that are drawn apart. Default: false.
    pub stop_words: bool,
    /// Whether tokens are hidden that hold nothing but white space and punctuation. Default: false.
    pub punctuation: bool,
    /// Hides what is less than so many times an even share of its row (`|value| / row total · tokens before the
    /// output`); above 0. Default: none.
    pub below: Option<f64>,
    /// Keeps of each row the largest attributions that together hold at least this share of the row's total; above 0
    /// and at most 1. Of equal ones the first in the text. Default: none.
    pub keep_share: Option<f64>,
    /// The language of the stop words, as the ISO 639-1 code of one of NLTK's lists, such as `en`. Default: English,
    /// for texts of which most letters are Latin; others are refused.
    pub language: Option<String>,
}

impl Rule {
    /// Hides nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rule with what another one says; where both say something, the other one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            stop_words: self.stop_words || other.stop_words,
            punctuation: self.punctuation || other.punctuation,
            below: other.below.or(self.below),
            keep_share: other.keep_share.or(self.keep_share),
            language: other.language.or(self.language),
        }
    }

    /// Whether nothing is hidden by it.
    pub fn is_empty(&self) -> bool {
        !self.stop_words && !self.punctuation && self.below.is_none() && self.keep_share.is_none()
    }

    /// Refuses numbers out of their ranges.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |name, value: f64, range: &str| Error::Parameter {
            name,
            value: value.to_string(),
            range: range.to_owned(),
        };
        if let Some(times) = self.below.filter(|times| !(*times > 0.0 && times.is_finite())) {
            return Err(wrong("below", times, "above 0 (times an even share)"));
        }
        match self.keep_share.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
            Some(share) => Err(wrong("keep_share", share, "above 0 and at most 1")),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.stop_words.then(|| "stop-words".to_owned()),
            self.punctuation.then(|| "punctuation".to_owned()),
            self.below.map(|times| format!("below:{times}x")),
            self.keep_share.map(|share| format!("keep-share:{share}")),
            self.language.as_ref().map(|language| format!("language:{language}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Rule {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut rule = Self::new();
        for part in text.split(',').map(str::trim).filter(|_| !text.trim().is_empty()) {
            let wrong = || Error::Rule { part: part.to_owned() };
            let number = |text: &str| text.parse::<f64>().map_err(|_| wrong());
            match part.split_once(':') {
                None if part == "stop-words" => rule.stop_words = true,
                None if part == "punctuation" => rule.punctuation = true,
                Some(("below", times)) => {
                    rule.below = Some(number(times.strip_suffix(['x', '×']).unwrap_or(times))?);
                }
                Some(("keep-share", share)) => rule.keep_share = Some(number(share)?),
                Some(("language", language)) if !language.is_empty() => {
                    rule.language = Some(language.to_owned());
                }
                _ => return Err(wrong()),
            }
        }
        rule.check()?;
        Ok(rule)
    }
}
