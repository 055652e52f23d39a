//! The colour scale: from a value in the data's units to a paint.

use crate::error::Error;
use crate::options::Options;
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;

/// Colour levels on each side of zero.
const LEVELS: f64 = 31.0;

/// The paint of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Paint {
    /// A colour of the scale, or of the theme.
    Color(Color),
    /// A pattern, for a value that is not a finite number.
    Pattern(Pattern),
}

/// What a value can be other than a finite number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Pattern {
    /// The value is missing.
    Missing,
    /// Not a number.
    NotANumber,
    /// Infinite.
    Infinite,
    /// Infinite, below zero.
    NegativeInfinite,
    /// The value has no counterpart to compare with.
    NotComparable,
}

impl Pattern {
    /// Every pattern, in the order of a legend.
    pub const ALL: [Self; 5] =
        [Self::Missing, Self::NotANumber, Self::Infinite, Self::NegativeInfinite, Self::NotComparable];

    /// Its name in a legend.
    pub fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotANumber => "NaN",
            Self::Infinite => "∞",
            Self::NegativeInfinite => "−∞",
            Self::NotComparable => "not comparable",
        }
    }
}

/// A cell's value.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number, which need not be finite.
    Number(f64),
    /// The record has no value here.
    Missing,
    /// There is no counterpart to compare it with.
    NotComparable,
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }
}

impl Value {
    /// `self − other`. Two infinities of one sign have no difference.
    pub(crate) fn minus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Self::Number(a - b),
            (Self::NotComparable, _) | (_, Self::NotComparable) => Self::NotComparable,
            _ => Self::Missing,
        }
    }

    /// Its size as a share of a total; of nothing there is none.
    pub(crate) fn share_of(self, total: f64) -> Self {
        match self {
            Self::Number(x) if total > 0.0 => Self::Number(x.abs() / total),
            Self::Number(x) => Self::Number(x.abs()),
            other => other,
        }
    }

    /// The number, if it is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(x) => Some(x),
            _ => None,
        }
    }
}

/// A colour scale: from a value to its paint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub(crate) palette: Palette,
    pub(crate) theme: Theme,
    /// Where the scale ends, in the data's units; above 0.
    pub(crate) end: f64,
    /// The largest absolute value, where the scale ends before it.
    pub(crate) clipped: Option<f64>,
    /// The colours of all levels, from the lowest.
    colors: [Color; 2 * LEVELS as usize + 1],
}

impl Scale {
    /// The scale of some values: diverging if they have a sign. It ends at the quantile `options.clip` of the absolute
    /// values, or at `options.scale_max`.
    ///
    /// # Errors
    /// A palette that does not fit the sign.
    pub fn of(
        values: impl IntoIterator<Item = Value>,
        signed: bool,
        options: &Options,
    ) -> Result<Self, Error> {
        let mut sizes = Vec::new();
        let mut signed = signed;
        for value in values {
            if let Value::Number(x) = value
                && x.is_finite()
            {
                signed |= x < 0.0;
                sizes.push(x.abs());
            }
        }
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        let end = options.scale_max.unwrap_or_else(|| quantile(&mut sizes, options.clip));
        // A scale of nothing but zeros, or whose quantile is zero, ends at the largest value or at 1.
        let end = if end > 0.0 {
            end
        } else if largest > 0.0 {
            largest
        } else {
            1.0
        };
        let palette = options.palette.unwrap_or(Palette::default_for(signed, options.theme));
        if palette.is_diverging() != signed {
            return Err(Error::Palette { palette: palette.name(), signed, fitting: Palette::names(signed) });
        }
        let color = |level: usize| palette.color((level as f64 - LEVELS) / LEVELS, options.theme);
        let colors = std::array::from_fn(color);
        let clipped = (largest > end).then_some(largest);
        Ok(Self { palette, theme: options.theme, end, clipped, colors })
    }

    /// The value as a share of the scale, clamped to −1 to 1.
    pub fn share(&self, x: f64) -> f64 {
        (x / self.end).clamp(-1.0, 1.0)
    }

    /// The paint of a value. A colour is one of 32 levels, or of 63 on a diverging scale.
    pub fn paint(&self, value: Value) -> Paint {
        match value {
            Value::Missing => Paint::Pattern(Pattern::Missing),
            Value::NotComparable => Paint::Pattern(Pattern::NotComparable),
            Value::Number(x) if x.is_nan() => Paint::Pattern(Pattern::NotANumber),
            Value::Number(f64::INFINITY) => Paint::Pattern(Pattern::Infinite),
            Value::Number(f64::NEG_INFINITY) => Paint::Pattern(Pattern::NegativeInfinite),
            Value::Number(x) => Paint::Color(self.color(x)),
        }
    }

    /// The colour of a finite value.
    pub fn color(&self, x: f64) -> Color {
        self.colors[self.level(x)]
    }

    /// The level of a finite value, from the lowest: its place in [`colors`](Self::colors).
    pub(crate) fn level(&self, x: f64) -> usize {
        let level = self.share(x) * LEVELS;
        // Rounded half away from zero.
        if level < 0.0 {
            (LEVELS - (0.5 - level).floor()) as usize
        } else {
            (level + 0.5) as usize + LEVELS as usize
        }
    }

    /// The colours of all levels, from the lowest.
    pub(crate) fn colors(&self) -> &[Color] {
        &self.colors
    }

    /// The colour behind text on a paint; its [`Color::ink`] is the text's.
    pub fn backdrop(&self, paint: Paint) -> Color {
        match paint {
            Paint::Color(color) => color,
            Paint::Pattern(_) => self.theme.not_comparable(),
        }
    }
}

/// The smallest value that at least `share` of the values do not exceed. 0 for no value.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let rank = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len()) - 1;
    *values.select_nth_unstable_by(rank, f64::total_cmp).1
}
