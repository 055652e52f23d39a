//! What a caller may choose: the state of a chart, and how it looks.

use crate::error::Error;
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use saliency_schema::Record;
use std::ops::Range;
use std::str::FromStr;

/// The narrowest and the widest picture that may be asked for.
const WIDTHS: (f64, f64) = (240.0, 20_000.0);

/// What a chart shows, and how. Everything has a default.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The row whose attributions the paragraph shows. Default: the chart's own.
    pub hover: Option<State>,
    /// The row that the others are compared with. Default: none.
    pub lock: Option<State>,
    /// The input token under the pointer, by its position. Default: none.
    pub token: Option<usize>,
    /// The inputs that are drawn, by position; how much of each row lies outside is said. Outputs and positions are
    /// counted as if all were there. [`Chart::draw`](crate::Chart::draw) does it for every chart. Default: all.
    pub inputs: Option<Range<usize>>,
    /// Parts of the prompt, by name, that are drawn as one cell each, with the sum of their values. Default: none.
    pub fold: Vec<String>,
    /// Which record, where several are given to a chart of one. Default: the only one.
    pub record: Option<usize>,
    /// Default: light.
    pub theme: Theme,
    /// Default: `piyg` with a sign; without one `ylgnbu`, on the dark theme `viridis`. Has to fit: diverging with a
    /// sign (a locked row compares, and differences have one), sequential without.
    pub palette: Option<Palette>,
    /// The quantile of the absolute values that the colour scale ends at, in (0, 1]. Default: 0.99.
    pub clip: f64,
    /// Where the colour scale ends, in units of the data. Default: from the data, by `clip`.
    pub scale_max: Option<f64>,
    /// How wide the picture is, in units (pixels at scale 1), from 240 to 20,000. Default: the chart's own.
    pub width: Option<f64>,
    /// The picture's title. Default: the chart's own.
    pub title: Option<String>,
    /// The model's name, for records that do not hold one. Default: none.
    pub model: Option<String>,
    /// The method's name, for records that do not hold one. Default: none.
    pub method: Option<String>,
    /// Thumbnails in a line, for `minimap`. Default: 3.
    pub columns: Option<usize>,
    /// Rows of the table, for `tokens`. Default: 40.
    pub top: Option<usize>,
    /// What the ids in the SVG begin with, for several pictures in one page: a letter or `_`, then letters, digits,
    /// `-`, `_` and `.`, all ASCII. Default: `saliency-` and a hash of the picture, so that different pictures share no
    /// id.
    pub id_prefix: Option<String>,
    /// Lays the picture out for a page: with room for what any state needs, and with what the page's script needs to
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
            inputs: None,
            fold: Vec::new(),
            record: None,
            theme: Theme::Light,
            palette: None,
            clip: 0.99,
            scale_max: None,
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
    /// Refuses what no record could make right: numbers out of their ranges, and options that the chart does not
    /// have.
    pub(crate) fn check(&self, chart: &'static str, own: &[&str]) -> Result<(), Error> {
        let parameter =
            |name, value: String, range: &str| Error::Parameter { name, value, range: range.into() };
        if !(self.clip > 0.0 && self.clip <= 1.0) {
            return Err(parameter("clip", self.clip.to_string(), "above 0 and at most 1"));
        }
        if let Some(max) = self.scale_max.filter(|m| !(*m > 0.0 && m.is_finite())) {
            return Err(parameter("scale_max", max.to_string(), "a number above 0"));
        }
        if let Some(width) = self.width.filter(|w| !(*w >= WIDTHS.0 && *w <= WIDTHS.1)) {
            return Err(parameter("width", width.to_string(), "from 240 to 20000"));
        }
        if let Some(prefix) = self.id_prefix.as_ref().filter(|prefix| !is_id(prefix)) {
            let range = "a letter or _, then letters, digits, -, _ and ., such as figure-1";
            return Err(parameter("id_prefix", format!("{prefix:?}"), range));
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

/// Whether ids may begin with it: those of XML in ASCII, without the colon of namespaces.
fn is_id(prefix: &str) -> bool {
    let first = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && prefix.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// What is too narrow for a chart of these records.
pub(crate) fn too_narrow(width: f64, least: f64) -> Error {
    let range = format!("at least {} for this chart of these records", least.ceil());
    Error::Parameter { name: "width", value: width.to_string(), range }
}

/// One output of one panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// The panel, from 0. Charts of one record have one panel.
    pub panel: usize,
    /// The output, from 0.
    pub output: usize,
}

impl State {
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

    /// Those that the options name, checked against the record.
    pub(crate) fn of(record: &Record, options: &Options) -> Result<Self, Error> {
        let output = |state: Option<State>, what| match state {
            Some(State { panel, .. }) if panel > 0 => {
                Err(Error::Outside { what: "panel", found: panel, count: "1 panel".into() })
            }
            Some(State { output, .. }) if output >= record.n_output() => {
                Err(Error::Outside { what, found: output, count: format!("{} outputs", record.n_output()) })
            }
            state => Ok(state.map(|s| s.output)),
        };
        let count = format!("{} input tokens", record.n_input());
        match options.token.filter(|&i| i >= record.n_input()) {
            Some(found) => Err(Error::Outside { what: "token", found, count }),
            None => Ok(Self {
                hover: output(options.hover, "hovered output")?,
                lock: output(options.lock, "locked output")?,
            }),
        }
    }
}
