//! One number about one method, or about two, with what it rests on.

use crate::{number, object};
use serde::{Deserialize, Serialize};

/// One number about one method, or about two: a mean over what was measured, unless it says which text or output.
///
/// What does not apply is absent. Methods and texts are named by their positions in
/// [`Scores::methods`](super::Scores::methods) and [`Scores::texts`](super::Scores::texts).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "One number about one method, or about two: a mean over what was measured, unless it says which text or output. Methods and texts are named by their positions in `methods` and `texts`."
    )
)]
#[non_exhaustive]
pub struct Score {
    /// What was measured: `spearman`, `comprehensiveness`, `pointing-game`, …
    pub measure: String,
    /// The method.
    pub method: usize,
    /// The method that it is held against, where the number is about two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<usize>,
    /// How tokens were removed: `deletion`, `masking`, `mean`, `zero`, `resampled:1`, `bernoulli`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// What was changed, or which task it was: `cascading`, `target`, `t5-stories`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How many blocks of the model were randomised, from the last one down; of the condition `independent` the number
    /// of the one block, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<usize>,
    /// How many tokens of each row were looked at, of measures that look at the first ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    /// `true` where attributions kept their sign, `false` where absolute values were taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
    /// Whether more of it is better, or less, where one of the two is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// The text that it is about; absent where it is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<usize>,
    /// The output of that text that it is about, from 0; absent where it is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<usize>,
    /// The number; `null` where it is undefined.
    #[serde(with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub value: Option<f64>,
    /// Its interval: lower end, upper end; resampled, or Clopper and Pearson’s of a share of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// What chance alone would give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// How many numbers `value` is the mean of: texts, or outputs of the one text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// How many more were measured, and are undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undefined: Option<usize>,
    /// How many pairs of attributions were looked at, all outputs together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<usize>,
    /// How many pairs were left out, because one of the two is missing or has no counterpart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<usize>,
    /// The number of each output, all texts one after another; empty, or one for each. `null` where it is undefined.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub by_output: Vec<Option<f64>>,
    /// The method held against others, pair by pair.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub paired: Vec<Paired>,
}

/// Whether more of a measure is better, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// What the differences between a method and another say, pair by pair: of the same text, or of the same output.
///
/// A difference is the method's number minus the other's: of a control that was drawn several times, minus the mean of
/// its draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Paired {
    /// The method or control that it is held against.
    pub against: usize,
    /// What a pair is of: `texts`, or `outputs` where there is one text.
    pub over: String,
    /// How many pairs there are.
    pub pairs: usize,
    /// The mean difference; `null` where it is undefined.
    #[serde(with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub difference: Option<f64>,
    /// The interval of the mean difference: lower end, upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The share of the comparisons that the method wins, a draw counted as half: against a control, with each of its
    /// draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub win_rate: Option<f64>,
    /// The mean difference over the standard deviation of the differences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect_size: Option<f64>,
    /// The two-sided p of flipping the differences' signs, of one text those of its blocks; absent with fewer than 6
    /// texts or blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same, adjusted over the methods (Benjamini–Hochberg).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted_p: Option<f64>,
    /// The smallest p that so many pairs, and so many flips, can give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest_p: Option<f64>,
}

impl Score {
    /// A number about a method; `None` where it is undefined.
    pub fn new(measure: impl Into<String>, method: usize, value: impl Into<Option<f64>>) -> Self {
        Self {
            measure: measure.into(),
            method,
            other: None,
            operator: None,
            condition: None,
            blocks: None,
            k: None,
            signed: None,
            better: None,
            text: None,
            output: None,
            value: value.into(),
            interval: None,
            chance: None,
            count: None,
            undefined: None,
            pairs: None,
            left_out: None,
            by_output: Vec::new(),
            paired: Vec::new(),
        }
    }

    /// The method that it is held against.
    #[must_use]
    pub fn with_other(self, other: usize) -> Self {
        Self { other: Some(other), ..self }
    }

    /// How tokens were removed.
    #[must_use]
    pub fn with_operator(self, operator: impl Into<String>) -> Self {
        Self { operator: Some(operator.into()), ..self }
    }

    /// What was changed, or which task it was.
    #[must_use]
    pub fn with_condition(self, condition: impl Into<String>) -> Self {
        Self { condition: Some(condition.into()), ..self }
    }

    /// How many blocks of the model were randomised.
    #[must_use]
    pub fn with_blocks(self, blocks: usize) -> Self {
        Self { blocks: Some(blocks), ..self }
    }

    /// How many tokens of each row were looked at.
    #[must_use]
    pub fn with_k(self, k: usize) -> Self {
        Self { k: Some(k), ..self }
    }

    /// Whether attributions kept their sign.
    #[must_use]
    pub fn with_signed(self, signed: bool) -> Self {
        Self { signed: Some(signed), ..self }
    }

    /// Whether more of it is better, or less.
    #[must_use]
    pub fn with_better(self, better: Better) -> Self {
        Self { better: Some(better), ..self }
    }

    /// The text that it is about.
    #[must_use]
    pub fn with_text(self, text: usize) -> Self {
        Self { text: Some(text), ..self }
    }

    /// The text and its output that it is about.
    #[must_use]
    pub fn with_output(self, text: usize, output: usize) -> Self {
        Self { text: Some(text), output: Some(output), ..self }
    }

    /// Its interval.
    #[must_use]
    pub fn with_interval(self, interval: impl Into<Option<[f64; 2]>>) -> Self {
        Self { interval: interval.into(), ..self }
    }

    /// What chance alone would give.
    #[must_use]
    pub fn with_chance(self, chance: impl Into<Option<f64>>) -> Self {
        Self { chance: chance.into(), ..self }
    }

    /// How many numbers it is the mean of, and how many more are undefined.
    #[must_use]
    pub fn with_count(self, count: usize, undefined: usize) -> Self {
        Self { count: Some(count), undefined: Some(undefined), ..self }
    }

    /// The mean of some numbers as the value, with how many there are and how many are undefined; `None` without any.
    #[must_use]
    pub fn with_mean_of(self, numbers: &[Option<f64>]) -> Self {
        let known = numbers.iter().flatten().count();
        let value = (known > 0).then(|| numbers.iter().flatten().sum::<f64>() / known as f64);
        Self { value, ..self }.with_count(known, numbers.len() - known)
    }

    /// How many pairs of attributions were looked at, and how many left out.
    #[must_use]
    pub fn with_pairs(self, pairs: usize, left_out: usize) -> Self {
        Self { pairs: Some(pairs), left_out: Some(left_out), ..self }
    }

    /// The number of each output, all texts one after another.
    #[must_use]
    pub fn with_by_output(self, by_output: Vec<Option<f64>>) -> Self {
        Self { by_output, ..self }
    }

    /// The method held against others, pair by pair.
    #[must_use]
    pub fn with_paired(self, paired: Vec<Paired>) -> Self {
        Self { paired, ..self }
    }
}

impl Paired {
    /// Differences to another method, so many, of texts or outputs, and their mean.
    pub fn new(
        against: usize,
        over: impl Into<String>,
        pairs: usize,
        difference: impl Into<Option<f64>>,
    ) -> Self {
        Self {
            against,
            over: over.into(),
            pairs,
            difference: difference.into(),
            interval: None,
            win_rate: None,
            effect_size: None,
            p: None,
            adjusted_p: None,
            smallest_p: None,
        }
    }

    /// The interval of the mean difference.
    #[must_use]
    pub fn with_interval(self, interval: impl Into<Option<[f64; 2]>>) -> Self {
        Self { interval: interval.into(), ..self }
    }

    /// The share of the comparisons that the method wins.
    #[must_use]
    pub fn with_win_rate(self, win_rate: impl Into<Option<f64>>) -> Self {
        Self { win_rate: win_rate.into(), ..self }
    }

    /// The mean difference over the standard deviation of the differences.
    #[must_use]
    pub fn with_effect_size(self, effect_size: impl Into<Option<f64>>) -> Self {
        Self { effect_size: effect_size.into(), ..self }
    }

    /// The p of flipping the differences' signs, and the smallest that there can be.
    #[must_use]
    pub fn with_p(self, p: impl Into<Option<f64>>, smallest_p: impl Into<Option<f64>>) -> Self {
        Self { p: p.into(), smallest_p: smallest_p.into(), ..self }
    }

    /// The p, adjusted over the methods.
    #[must_use]
    pub fn with_adjusted_p(self, adjusted_p: impl Into<Option<f64>>) -> Self {
        Self { adjusted_p: adjusted_p.into(), ..self }
    }

    /// Whether its interval leaves zero out: the difference is more than noise.
    pub fn excludes_zero(&self) -> bool {
        self.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
    }
}
