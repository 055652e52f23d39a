//! The colour scale: from a value in the data's units to a paint.

use crate::error::Error;
use crate::options::Options;
use crate::options::look::Look;
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use crate::values::kept::Count;
use crate::values::kind::Unit;
use crate::values::pairs::Pairs;
use crate::values::rows::Rows;
use crate::values::segments::SegmentSums;

/// Colour levels on each side of zero.
const LEVELS: f64 = 31.0;
/// A median of fewer shares fades what is relative to it.
const ENOUGH: f64 = 5.0;

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
    /// The rule hides the value.
    Hidden,
}

impl Pattern {
    /// Every pattern, in the order of a legend.
    pub const ALL: [Self; 6] = [
        Self::Missing,
        Self::NotANumber,
        Self::Infinite,
        Self::NegativeInfinite,
        Self::NotComparable,
        Self::Hidden,
    ];

    /// Its name in a legend.
    pub fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotANumber => "NaN",
            Self::Infinite => "∞",
            Self::NegativeInfinite => "−∞",
            Self::NotComparable => "not comparable",
            Self::Hidden => "hidden",
        }
    }
}

/// A cell's value.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number, which need not be finite.
    Number(f64),
    /// How a share compares with those at the same distance from their outputs.
    Relative {
        /// Log₂ of how many times their median it is; −∞ for a share of 0. Or the difference of two such numbers.
        log2: f64,
        /// How many shares the median is of, the lesser number of two.
        n: usize,
    },
    /// The record has no value here.
    Missing,
    /// There is no counterpart to compare it with.
    NotComparable,
    /// [`Options::rule`](crate::Options::rule) hides it.
    Hidden,
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
            (Self::Relative { log2: a, n }, Self::Relative { log2: b, n: other }) if !(a - b).is_nan() => {
                Self::Relative { log2: a - b, n: n.min(other) }
            }
            (Self::Missing, Self::NotComparable) | (Self::NotComparable, Self::Missing) => {
                Self::NotComparable
            }
            (Self::Missing, _) | (_, Self::Missing) => Self::Missing,
            // What was not comparable before, nothing less nothing, and numbers of two kinds.
            _ => Self::NotComparable,
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

    /// The number, if it is one; of a relative value, log₂ of it.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(x) | Self::Relative { log2: x, .. } => Some(x),
            _ => None,
        }
    }
}

/// A colour scale: from a value to its paint. Zero is the panel's colour.
///
/// A value's level is `± √(|x| / end)`, linear for relative values. Shares and their differences fade: below `cut` the
/// level is multiplied by `|x| / cut`. Relative values whose median is of `n < 5` shares fade by `n / 5`. The
/// notebook's scale is linear, does not fade, and its zero is the palette's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub(crate) palette: Palette,
    pub(crate) theme: Theme,
    /// Where the scale ends, in the data's units; above 0. Of relative values, in log₂.
    pub(crate) end: f64,
    /// The largest absolute value, where the scale ends before it.
    pub(crate) clipped: Option<f64>,
    /// An even share of a row, in the mean over the rows: of shares and of their differences.
    pub(crate) even: Option<f64>,
    /// Below which values fade.
    pub(crate) cut: Option<f64>,
    /// How many of the cells reach the end: of inputs, and of earlier outputs; of pairs, and of main effects.
    pub(crate) inputs: Reach,
    pub(crate) outputs: Reach,
    /// How many of the attributions the rule keeps.
    pub(crate) kept: Count,
    /// What these are called.
    pub(crate) counted: (&'static str, &'static str),
    /// What the numbers are, and whether they are differences.
    pub(crate) unit: Unit,
    pub(crate) compares: bool,
    /// The colours of all levels, from the lowest.
    colors: [Color; 2 * LEVELS as usize + 1],
}

/// How many cells are as large as the scale's end or larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reach {
    pub(crate) cells: usize,
    /// Of all cells with a number.
    pub(crate) of: usize,
}

impl Scale {
    /// The scale of what rows show: diverging if that has a sign. It ends at the quantile `options.clip` of the
    /// absolute values of inputs (in the notebook's look, of all), or at `options.scale_max`.
    ///
    /// # Errors
    /// A palette that does not fit the sign.
    pub fn of(rows: &Rows<'_>, options: &Options) -> Result<Self, Error> {
        Self::of_several(std::slice::from_ref(rows), options)
    }

    /// One scale for several records' rows, which are of one kind.
    pub(crate) fn of_several(several: &[Rows<'_>], options: &Options) -> Result<Self, Error> {
        let mut signed = several.iter().any(Rows::is_signed);
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let (mut n_rows, mut n_cells) = (0, 0);
        for rows in several {
            n_rows += rows.n_output();
            for row in 0..rows.n_output() {
                n_cells += rows.cells(row);
                for token in 0..rows.length(row) {
                    if let Some(x) = rows.whole(row, token).number().filter(|x| x.is_finite()) {
                        signed |= x < 0.0;
                        let sizes = if token < rows.n_input() { &mut inputs } else { &mut outputs };
                        sizes.push(x.abs());
                    }
                }
            }
        }
        let unit = several.first().map_or(Unit::Recorded, Rows::unit);
        let compares = several.iter().any(Rows::compares);
        let even = (unit == Unit::Share && n_cells > 0).then(|| n_rows as f64 / n_cells as f64);
        let counted = ("input cells", "of earlier outputs");
        let scale = Self::of_sizes((inputs, outputs), counted, (unit, signed), options)?;
        let kept =
            Count::of(several.iter().flat_map(|rows| (0..rows.n_output()).map(move |row| (rows, row))));
        Ok(Self {
            compares,
            even,
            kept,
            cut: even.map(|even| (even / options.intensity).min(scale.end)),
            ..scale
        })
    }

    /// The scale of an output's pairs, which ends where they do; main effects may lie beyond.
    pub(crate) fn of_pairs(pairs: &Pairs<'_>, rows: &Rows<'_>, options: &Options) -> Result<Self, Error> {
        let scale = Self::of_sizes(pairs.sizes(), ("pairs", "main effects"), (pairs.unit, true), options)?;
        Ok(Self { compares: rows.compares(), ..scale })
    }

    /// The scale of sums of vectors' entries, with these sizes.
    pub(crate) fn of_entries(sizes: Vec<f64>, options: &Options) -> Result<Self, Error> {
        let unit = if options.look == Look::Notebook { Unit::Recorded } else { Unit::Signed };
        Self::of_sizes((sizes, Vec::new()), ("sums of entries", ""), (unit, true), options)
    }

    /// The scale of parts of a model, with these sizes. A palette that does not fit is for the rows.
    pub(crate) fn of_parts(sizes: Vec<f64>, rows: &Rows<'_>, options: &Options) -> Result<Self, Error> {
        let unit = if options.look == Look::Notebook { Unit::Recorded } else { Unit::Signed };
        let palette = options.palette.filter(|palette| palette.is_diverging());
        // Where the rows' scale ends is the caller's to say, but not where this one does.
        let options = &Options { palette, scale_max: None, ..options.clone() };
        let scale = Self::of_sizes((sizes, Vec::new()), ("parts", ""), (unit, true), options)?;
        Ok(Self { compares: rows.compares(), ..scale })
    }

    /// The scale of sums over sentences.
    pub(crate) fn of_sums(segments: &SegmentSums, options: &Options) -> Result<Self, Error> {
        let counted = ("sums over inputs", "over what was generated");
        let unit = (segments.unit, segments.signed);
        let scale = Self::of_sizes(segments.sizes(), counted, unit, options)?;
        Ok(Self { compares: segments.lock().is_some(), ..scale })
    }

    /// The scale of numbers with these sizes, of which the first list decides where it ends.
    fn of_sizes(
        (mut inputs, outputs): (Vec<f64>, Vec<f64>),
        counted: (&'static str, &'static str),
        (unit, signed): (Unit, bool),
        options: &Options,
    ) -> Result<Self, Error> {
        let notebook = options.look == Look::Notebook;
        let largest = inputs.iter().chain(&outputs).copied().fold(0.0, f64::max);
        let end = match options.scale_max {
            Some(times) if unit == Unit::Relative => times.log2(),
            Some(end) => end,
            None if notebook || inputs.is_empty() => {
                let mut all: Vec<f64> = inputs.iter().chain(&outputs).copied().collect();
                quantile(&mut all, options.clip)
            }
            None => quantile(&mut inputs, options.clip),
        };
        // A scale of nothing but zeros, or whose quantile is zero, ends at the largest value or at 1.
        let end = if end > 0.0 {
            end
        } else if largest > 0.0 {
            largest
        } else {
            1.0
        };
        let palette = options.palette.unwrap_or(Palette::default_for(signed, options.theme, options.look));
        if palette.is_diverging() != signed {
            return Err(Error::Palette { palette: palette.name(), signed, fitting: Palette::names(signed) });
        }
        let color =
            |level: usize| palette.color((level as f64 - LEVELS) / LEVELS, options.theme, options.look);
        let reach = |sizes: &[f64]| Reach {
            cells: sizes.iter().filter(|size| **size >= end).count(),
            of: sizes.len(),
        };
        Ok(Self {
            palette,
            theme: options.theme,
            end,
            clipped: (largest > end).then_some(largest),
            even: None,
            cut: None,
            inputs: reach(&inputs),
            outputs: reach(&outputs),
            kept: Count::default(),
            counted,
            unit,
            compares: false,
            colors: std::array::from_fn(color),
        })
    }

    /// The value as a share of the scale, clamped to −1 to 1: how long a bar is.
    pub fn share(&self, x: f64) -> f64 {
        (x / self.end).clamp(-1.0, 1.0)
    }

    /// How far from the panel's colour a value is painted, from −1 to 1.
    fn strength(&self, x: f64) -> f64 {
        let share = self.share(x);
        if matches!(self.unit, Unit::Relative | Unit::Recorded) {
            return share;
        }
        let faded = self.cut.map_or(1.0, |cut| (x.abs() / cut).min(1.0));
        share.signum() * share.abs().sqrt() * faded
    }

    /// The paint of a value. A colour is one of 32 levels, or of 63 on a diverging scale.
    pub fn paint(&self, value: Value) -> Paint {
        match value {
            Value::Missing => Paint::Pattern(Pattern::Missing),
            Value::NotComparable => Paint::Pattern(Pattern::NotComparable),
            Value::Hidden => Paint::Pattern(Pattern::Hidden),
            Value::Number(x) if x.is_nan() => Paint::Pattern(Pattern::NotANumber),
            Value::Number(f64::INFINITY) => Paint::Pattern(Pattern::Infinite),
            Value::Number(f64::NEG_INFINITY) => Paint::Pattern(Pattern::NegativeInfinite),
            Value::Number(x) => Paint::Color(self.color(x)),
            Value::Relative { log2, n } => Paint::Color(self.colors[self.faded_level(log2, n)]),
        }
    }

    /// The colour of a finite value.
    pub fn color(&self, x: f64) -> Color {
        self.colors[level(self.strength(x))]
    }

    /// The level of a value that has one, from the lowest: its place in [`colors`](Self::colors).
    pub(crate) fn level(&self, value: Value) -> Option<usize> {
        match value {
            Value::Number(x) => x.is_finite().then(|| level(self.strength(x))),
            Value::Relative { log2, n } => Some(self.faded_level(log2, n)),
            Value::Missing | Value::NotComparable | Value::Hidden => None,
        }
    }

    fn faded_level(&self, log2: f64, n: usize) -> usize {
        level(self.strength(log2) * (n as f64 / ENOUGH).min(1.0))
    }

    /// A value as a reader sees it: `4.6 %`, `10×`, `+0.12`.
    pub(crate) fn spelled(&self, x: f64) -> String {
        self.unit.spelled(Value::Number(x), self.compares)
    }

    /// The marks of A, the hovered output, and of B, the locked one: the colours of their sides of a difference.
    pub(crate) fn marks(&self) -> (Color, Color) {
        match self.unit {
            // The notebook's own.
            Unit::Recorded => (self.theme.mark(), self.theme.ink()),
            _ => (self.theme.shown(), self.theme.compared()),
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
            Paint::Pattern(Pattern::Hidden) => self.theme.background(),
            Paint::Pattern(_) => self.theme.not_comparable(),
        }
    }
}

/// The level of a strength from −1 to 1, from the lowest; rounded half away from zero.
fn level(strength: f64) -> usize {
    let level = strength * LEVELS;
    if level < 0.0 {
        (LEVELS - (0.5 - level).floor()) as usize
    } else {
        (level + 0.5) as usize + LEVELS as usize
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{Reach, Scale, Value};
    use crate::options::{Options, State};
    use crate::values::rows::Rows;
    use crate::values::view::View;
    use saliency_schema::{DistanceProfile, Record};

    fn scale(options: &Options) -> Scale {
        let record = saliency_schema::read(include_bytes!("../../tests/data/run-30.json")).unwrap();
        let view = View::of(&record, options).unwrap();
        Scale::of(&Rows::one(&view.records, &view.options).unwrap(), options).unwrap()
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-12 * expected.abs()
    }

    // NumPy, with `shares` the rows of run-30, each over its sum, and n inputs; of words after the values of the nine
    // words of several tokens were added up:
    //
    // inputs = np.sort(np.concatenate([s[:n] for s in shares])); outputs = np.concatenate([s[n:] for s in shares])
    // end = inputs[math.ceil(len(inputs) * .99) - 1]
    // end, (inputs >= end).sum(), len(inputs), (outputs >= end).sum(), len(outputs)
    // len(shares) / sum(map(len, shares))
    // # tokens: 0.018962176132549222, 56, 5520, 123, 435, 0.005037783375314861
    // # words:  0.020325928612939834, 52, 5190, 117, 435, 0.005333333333333333
    #[test]
    fn the_scale_ends_at_the_inputs_quantile_and_counts_what_reaches_it() {
        let tokens = scale(&Options { tokens: true, ..Options::default() });
        assert!(near(tokens.end, 0.018_962_176_132_549_222), "{}", tokens.end);
        assert_eq!(
            (tokens.inputs, tokens.outputs),
            (Reach { cells: 56, of: 5520 }, Reach { cells: 123, of: 435 })
        );
        assert!(near(tokens.even.unwrap(), 0.005_037_783_375_314_861));
        assert_eq!((tokens.cut, tokens.spelled(tokens.end)), (tokens.even, "1.9\u{a0}%".to_owned()));
        let words = scale(&Options::default());
        assert!(near(words.end, 0.020_325_928_612_939_834), "{}", words.end);
        assert_eq!(
            (words.inputs, words.outputs),
            (Reach { cells: 52, of: 5190 }, Reach { cells: 117, of: 435 })
        );
        assert!(near(words.even.unwrap(), 0.005_333_333_333_333_333));
        // A higher intensity fades less; a lower one never beyond the end.
        assert!(near(
            scale(&Options { intensity: 4.0, ..Options::default() }).cut.unwrap(),
            0.005_333_333_333_333_333 / 4.0
        ));
        assert_eq!(scale(&Options { intensity: 0.01, ..Options::default() }).cut, Some(words.end));
        // Differences of shares fade as shares do.
        let compared = scale(&Options { lock: Some(State::output(4)), ..Options::default() });
        assert_eq!((compared.even, compared.cut), (words.even, words.even));
    }

    // (31 levels: 31 · √(x / end), below the cut · x / cut, rounded.)
    #[test]
    fn levels_are_those_of_a_square_root() {
        let scale = Scale { end: 0.04, cut: Some(0.01), ..scale(&Options::default()) };
        let levels =
            [0.0, 0.04, 0.5, 0.01, 0.02, 0.005, 0.001].map(|x| scale.level(Value::Number(x)).unwrap() - 31);
        // √.25 = .5, √.5 = .7071; √.125 / 2 = .1768; √.025 / 10 = .0158.
        assert_eq!(levels, [0, 31, 31, 16, 22, 5, 0]);
    }

    // NumPy, with `median` the profile of `shares` by distance and `words` the words of each row's inputs:
    //
    // log = np.sort([abs(math.log2(share / sum(median[n + r - t] for t in word))) …])
    // 2 ** log[math.ceil(len(log) * .99) - 1]
    // # 5.497679369963443
    #[test]
    fn relative_values_have_a_linear_scale_around_one() {
        let records = saliency_schema::read(include_bytes!("../../tests/data/run-30.json")).unwrap();
        let options = Options { relative: Some(DistanceProfile::of(&records)), ..Options::default() };
        let relative = scale(&options);
        assert!((relative.end.exp2() - 5.497_679_369_963_443).abs() < 1e-9, "{}", relative.end.exp2());
        assert_eq!(relative.spelled(relative.end), "5.5×");
        let scale = Scale { end: 3.0, ..relative };
        let level = |log2: f64, n: usize| scale.level(Value::Relative { log2, n }).unwrap() as i64 - 31;
        // 8 times, 1, an eighth, nothing at all, twice: 31 / 3 of 31 levels.
        assert_eq!(
            [3.0, 0.0, -3.0, f64::NEG_INFINITY, 1.0].map(|log2| level(log2, 30)),
            [31, 0, -31, -31, 10]
        );
        // Of one to five shares: a fifth of the way to all of it.
        assert_eq!([1, 2, 3, 4, 5].map(|n| level(3.0, n)), [6, 12, 19, 25, 31]);
        // Where the caller says: eight times.
        let eight = Options { scale_max: Some(8.0), ..options };
        assert!(near(self::scale(&eight).end, 3.0));
    }

    #[test]
    fn what_two_rows_have_not_both_is_not_comparable() {
        let relative = |log2: f64, n| Value::Relative { log2, n };
        assert_eq!(relative(3.0, 9).minus(relative(1.0, 4)), relative(2.0, 4));
        let nothing = relative(f64::NEG_INFINITY, 9);
        assert_eq!(relative(1.0, 9).minus(nothing), relative(f64::INFINITY, 9));
        assert_eq!(nothing.minus(nothing), Value::NotComparable);
        assert_eq!(relative(1.0, 9).minus(Value::NotComparable), Value::NotComparable);
        assert_eq!(relative(1.0, 9).minus(Value::Missing), Value::Missing);
    }

    #[test]
    fn a_record_of_nothing_has_a_scale() {
        let tokens = saliency_schema::Token::new(0, "a", saliency_schema::Kind::Input);
        let record = [Record::new(vec![tokens], Vec::new()).unwrap()];
        let scale =
            Scale::of(&Rows::one(&record, &Options::default()).unwrap(), &Options::default()).unwrap();
        assert_eq!((scale.end, scale.even, scale.inputs), (1.0, None, Reach::default()));
    }
}
