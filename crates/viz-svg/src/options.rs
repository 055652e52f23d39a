//! The options of charts: their state, and how they look.

pub(crate) mod look;
pub(crate) mod rule;

use crate::error::Error;
use crate::options::look::Look;
use crate::options::rule::Rule;
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use crate::values::words;
use saliency_schema::{DistanceProfile, Record, Scores};
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

/// The smallest and the largest width of a picture.
const WIDTHS: (f64, f64) = (240.0, 20_000.0);

/// What a chart shows, and how. Every field has a default.
///
/// A later version may add fields, so end a literal with `..Options::default()`; listing every field is unsupported.
/// [`Figure`](crate::Figure) has a setter for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The output that is shown (A). Default: the one with the largest input cell against an even share of its row, in
    /// the first record that has outputs; where that is the locked one, the output most different from it.
    pub hover: Option<State>,
    /// The output that is compared with (B): what is shown is A − B. Default: none, and in `scatter` the output most
    /// different from A, with the largest sum of differences between their shares of the inputs.
    pub lock: Option<State>,
    /// The input token under the pointer, by its position. Default: none.
    pub token: Option<usize>,
    /// The input token that `token` is compared with, by its position, for `input-focused`. Default: none.
    pub against: Option<usize>,
    /// The inputs to draw, by position; the picture states how much of each row lies outside. Numbers of outputs and
    /// positions stay those of the whole record. [`Chart::draw`](crate::Chart::draw) does it for every chart. Default:
    /// all.
    pub inputs: Option<Range<usize>>,
    /// Parts of the prompt, by name, to draw as one cell each, with the sum of their values. Default: none.
    pub fold: Vec<String>,
    /// The number of the record to draw, for a chart that draws one of several. Default: the only record.
    pub record: Option<usize>,
    /// Whether single tokens are drawn where several are one word; otherwise a word's tokens are drawn as one, with the
    /// sum of their values. Numbers of outputs and positions stay those of the record either way. Default: false.
    pub tokens: bool,
    /// Whether numbers and colours are those of plain charts, or the notebook's. Default: plain.
    pub look: Look,
    /// A profile of shares over distance; charts then show each share against the median at its distance, on a scale
    /// around 1× ([`Record::relative`](saliency_schema::Record::relative)). Default: none, shares themselves.
    pub relative: Option<DistanceProfile>,
    /// How far methods agree, and how each does in tests, for the charts that show it
    /// ([`Chart::takes_scores`](crate::Chart::takes_scores)). Default: none.
    pub scores: Option<Arc<Scores>>,
    /// Which attributions are shown; the others are hidden, and counted. Default: all, and in `interesting` content
    /// words with 3 times an even share or more.
    pub rule: Rule,
    /// The outputs that `interesting` shows whole, by number. Default: none.
    pub expand: Vec<usize>,
    /// The outputs to the right and upwards in `map`, by number, both or none. Default: principal components.
    pub x: Option<usize>,
    /// See [`x`](Self::x).
    pub y: Option<usize>,
    /// The theme. Default: light.
    pub theme: Theme,
    /// The palette: diverging for values with a sign (differences from a locked row and relative values have one),
    /// sequential for values without. Default: `puor` with a sign and `purple` without; in the notebook's look `piyg`,
    /// and `ylgnbu`, or `viridis` on the dark theme.
    pub palette: Option<Palette>,
    /// The quantile of the absolute values of inputs that the colour scale ends at, in (0, 1]; in the notebook's look
    /// of all values. Default: 0.99.
    pub clip: f64,
    /// Where the colour scale ends: a share of the row from 0 to 1 for values without a sign, how many times the median
    /// for relative ones, else in units of the data. Default: from the data, by `clip`.
    pub scale_max: Option<f64>,
    /// How much of what is small is shown, above 0: values without a sign fade to the panel's colour below 1 /
    /// intensity of an even share of their row. Higher shows more. Default: 1.
    pub intensity: f64,
    /// The picture's width in units (pixels at scale 1), from 240 to 20,000. Default: the chart's choice.
    pub width: Option<f64>,
    /// The picture's title. Default: the chart's title.
    pub title: Option<String>,
    /// The model's name, for records that do not hold one. Default: none.
    pub model: Option<String>,
    /// The method's name, for records that do not hold one. Default: none.
    pub method: Option<String>,
    /// Thumbnails per line, for `minimap`. Default: 3.
    pub columns: Option<usize>,
    /// Number of table rows, for `tokens` (40), `rivals` (8), `vectors` and `perturbation` (12).
    pub top: Option<usize>,
    /// The prefix of the ids in the SVG, for several pictures on one page: a letter or `_`, then letters, digits, `-`,
    /// `_` and `.`, all ASCII. Default: `saliency-` and a hash of the picture, so that different pictures share no id.
    pub id_prefix: Option<String>,
    /// Whether the picture is laid out for a page: with space for every state, and with what the page's script needs to
    /// redraw it. Default: false.
    #[doc(alias = "live")]
    pub for_page: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hover: None,
            lock: None,
            token: None,
            against: None,
            inputs: None,
            fold: Vec::new(),
            record: None,
            tokens: false,
            look: Look::Plain,
            relative: None,
            scores: None,
            rule: Rule::new(),
            expand: Vec::new(),
            x: None,
            y: None,
            theme: Theme::Light,
            palette: None,
            clip: 0.99,
            scale_max: None,
            intensity: 1.0,
            width: None,
            title: None,
            model: None,
            method: None,
            columns: None,
            top: None,
            id_prefix: None,
            for_page: false,
        }
    }
}

impl Options {
    /// Refuses options that are wrong for every record: numbers out of their ranges, and options that the chart does
    /// not have.
    pub(crate) fn check(&self, chart: &'static str, own: &[&str]) -> Result<(), Error> {
        let parameter =
            |name, value: String, range: &str| Error::Parameter { name, value, range: range.into() };
        if !(self.clip > 0.0 && self.clip <= 1.0) {
            return Err(parameter("clip", self.clip.to_string(), "above 0 and at most 1"));
        }
        if let Some(max) = self.scale_max.filter(|m| !(*m > 0.0 && m.is_finite())) {
            return Err(parameter("scale_max", max.to_string(), "a number above 0"));
        }
        if !(self.intensity > 0.0 && self.intensity.is_finite()) {
            return Err(parameter("intensity", self.intensity.to_string(), "a number above 0"));
        }
        if let Some(times) = self.scale_max.filter(|times| self.relative.is_some() && *times <= 1.0) {
            return Err(parameter("scale_max", times.to_string(), "above 1 (times the median)"));
        }
        if self.relative.is_some() && self.look == Look::Notebook {
            return Err(parameter("relative", "set".into(), "left out in the notebook's look"));
        }
        if let Some(width) = self.width.filter(|w| !(*w >= WIDTHS.0 && *w <= WIDTHS.1)) {
            return Err(parameter("width", width.to_string(), "from 240 to 20000"));
        }
        if let Some(prefix) = self.id_prefix.as_ref().filter(|prefix| !is_id(prefix)) {
            let range = "a letter or _, then letters, digits, -, _ and ., such as figure-1";
            return Err(parameter("id_prefix", format!("{prefix:?}"), range));
        }
        if let Some(against) = self.against {
            if !own.contains(&"against") {
                return Err(Error::NotAnOption { chart, name: "against" });
            }
            if self.token.is_none() {
                return Err(parameter(
                    "against",
                    against.to_string(),
                    "given with the token that it is held against",
                ));
            }
        }
        self.rule.check()?;
        let by_rule = self.rule.language.is_some() && !self.rule.stop_words && !own.contains(&"language");
        if by_rule {
            return Err(parameter(
                "language",
                "set".into(),
                "given with stop words, which it is the language of",
            ));
        }
        if !self.expand.is_empty() && !own.contains(&"expand") {
            return Err(Error::NotAnOption { chart, name: "expand" });
        }
        for (name, value, other) in [("x", self.x, self.y), ("y", self.y, self.x)] {
            match (value, other) {
                (Some(_), _) if !own.contains(&name) => return Err(Error::NotAnOption { chart, name }),
                (Some(output), None) => {
                    return Err(parameter(
                        name,
                        output.to_string(),
                        "given with the other axis' output, x and y",
                    ));
                }
                _ => {}
            }
        }
        for (name, value) in [("columns", self.columns), ("top", self.top)] {
            match value {
                Some(_) if !own.contains(&name) => return Err(Error::NotAnOption { chart, name }),
                Some(0) => return Err(parameter(name, "0".into(), "at least 1")),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether it may be the prefix of ids: XML's names in ASCII, without the colon of namespaces.
fn is_id(prefix: &str) -> bool {
    let first = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && prefix.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The error for a width that is too small for a chart of these records.
pub(crate) fn too_narrow(width: f64, least: f64) -> Error {
    let range = format!("at least {} for this chart of these records", least.ceil());
    Error::Parameter { name: "width", value: width.to_string(), range }
}

/// One output of one panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct State {
    /// The panel, from 0. Charts of one record have one panel.
    pub panel: usize,
    /// The output, from 0.
    pub output: usize,
}

impl State {
    /// An output of a panel.
    pub fn new(panel: usize, output: usize) -> Self {
        Self { panel, output }
    }

    /// An output of the first panel.
    pub fn output(output: usize) -> Self {
        Self { panel: 0, output }
    }
}

/// An output of the first panel.
impl From<usize> for State {
    fn from(output: usize) -> Self {
        Self::output(output)
    }
}

/// A panel and its output.
impl From<(usize, usize)> for State {
    fn from((panel, output): (usize, usize)) -> Self {
        Self { panel, output }
    }
}

/// `N`, or `PANEL:N`.
impl FromStr for State {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |n: &str| n.parse().map_err(|_| Error::State { text: text.to_owned() });
        match text.split_once(':') {
            Some((panel, output)) => Ok(Self { panel: number(panel)?, output: number(output)? }),
            None => Ok(Self::output(number(text)?)),
        }
    }
}

/// The one record that a chart of one record draws.
pub(crate) fn one<'a>(records: &'a [Record], options: &Options) -> Result<&'a Record, Error> {
    match (records, options.record) {
        ([], _) => Err(Error::NoRecord),
        ([record], None) => Ok(record),
        (several, None) => Err(Error::SeveralRecords { found: several.len(), last: several.len() - 1 }),
        (several, Some(k)) => several.get(k).ok_or(Error::NoSuchRecord { found: k, count: several.len() }),
    }
}

/// Which outputs of one record a chart hovers and locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct States {
    /// The output that is hovered.
    pub hover: Option<usize>,
    /// The output that is locked.
    pub lock: Option<usize>,
}

impl States {
    /// The hovered and the locked output.
    pub fn new(hover: Option<usize>, lock: Option<usize>) -> Self {
        Self { hover, lock }
    }

    /// Those that the options name, checked against the record: its rows, where several outputs may be one word.
    pub(crate) fn of(record: &Record, options: &Options) -> Result<Self, Error> {
        let row = |state: Option<State>, what| match state {
            None => Ok(None),
            Some(State { panel, .. }) if panel > 0 => {
                Err(Error::Outside { what: "panel", found: panel, count: "1 panel".into() })
            }
            Some(State { output, .. }) => row_of(record, output, what).map(Some),
        };
        let count = format!("{} input tokens", record.n_input());
        match options.token.filter(|&i| i >= record.n_input()) {
            Some(found) => Err(Error::Outside { what: "token", found, count }),
            None => Ok(Self {
                hover: row(options.hover, "hovered output")?,
                lock: row(options.lock, "locked output")?,
            }),
        }
    }
}

/// The row that an output is in; `what` it is, for the error where there is none.
pub(crate) fn row_of(record: &Record, output: usize, what: &'static str) -> Result<usize, Error> {
    let count = || format!("{} outputs", words::n_outputs(record));
    words::row_of(record, output).ok_or_else(|| Error::Outside { what, found: output, count: count() })
}
