//! Why a chart can't be drawn.

use std::error::Error as StdError;

/// Why a chart can't be drawn. Each message names the place and the repair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- what was asked for
    /// No such chart, theme, look, palette or language of stop words.
    #[error("unknown {what} {name:?}; there are: {known}")]
    Unknown {
        /// `chart`, `theme`, `look`, `palette` or `language`.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The known names.
        known: String,
    },
    /// A state is not spelled `[P:]N`.
    #[error("{text:?} is not a state; write an output's number, or PANEL:NUMBER")]
    State {
        /// The value that was given.
        text: String,
    },
    /// A state names an output or a panel that does not exist.
    #[error("{what} {found} is outside the record, which has {count} (numbers from 0)")]
    Outside {
        /// What was asked for: `hovered output`, `locked output`, `panel`, `token`.
        what: &'static str,
        /// The number that was given.
        found: usize,
        /// How many there are, and of what.
        count: String,
    },
    /// A part of a rule is not one.
    #[error(
        "{part:?} is no part of a rule; the parts are stop-words, punctuation, below:N (times an even share), \
         keep-share:X and language:CODE, with commas between them"
    )]
    Rule {
        /// What was given.
        part: String,
    },
    /// Stop words are asked for, of no language, and the text is not in Latin script.
    #[error(
        "the text is not mostly in Latin script, so English stop words do not fit it; name its language with \
         `Rule::language`, one of: {known}"
    )]
    NoLanguage {
        /// The languages that there are lists of.
        known: String,
    },
    /// One row is hovered and locked.
    #[error(
        "{row} would be compared with itself; hover or lock another output, and of one word's outputs with \
         `Options::tokens`"
    )]
    Itself {
        /// The row's name.
        row: String,
    },
    /// A page has no chart.
    #[error("the page has no chart; add one with `Page::chart`")]
    NoChart,
    /// A chart of one record was given several.
    #[error(
        "this chart draws one record, and {found} are given; choose one with `Options::record` (0 to {last})"
    )]
    SeveralRecords {
        /// How many there are.
        found: usize,
        /// The last one's number.
        last: usize,
    },
    /// No record at all.
    #[error("no record is given")]
    NoRecord,
    /// `record` is outside the list.
    #[error("record {found} is not among the {count} that are given (numbers from 0)")]
    NoSuchRecord {
        /// The number that was given.
        found: usize,
        /// How many there are.
        count: usize,
    },
    /// A sequential palette for values with a sign, or a diverging one for values without.
    #[error(
        "palette {palette:?} is {}, and what is shown has {}; choose one of: {fitting}",
        if *.signed { "sequential" } else { "diverging" },
        if *.signed { "a sign" } else { "no sign" }
    )]
    Palette {
        /// The palette's name.
        palette: &'static str,
        /// Whether the values have a sign.
        signed: bool,
        /// The names of those that fit.
        fitting: String,
    },
    /// An option is out of its range.
    #[error("{name} is {value}, and must be {range}")]
    Parameter {
        /// The option.
        name: &'static str,
        /// The value that was given.
        value: String,
        /// The allowed values.
        range: String,
    },
    /// An option that another chart has.
    #[error("{chart} has no option {name}; leave it out")]
    NotAnOption {
        /// The chart.
        chart: &'static str,
        /// The option.
        name: &'static str,
    },
    /// Records of different inputs have a token in different places.
    #[error("token {token} is not in the same place of every record; choose one with `Options::record`")]
    Places {
        /// The token's position.
        token: usize,
    },
    // --- the records
    /// The chart shows what the record does not hold.
    #[error("{chart}: {lacks}")]
    Lacks {
        /// The chart.
        chart: &'static str,
        /// What is not there, and what makes a record that has it.
        lacks: &'static str,
    },
    /// A record is wrong, or what should be drawn of it is not there.
    #[error(transparent)]
    Schema(#[from] saliency_schema::Error),
    /// The same of one of several records.
    #[error("record {record}: {source}")]
    Record {
        /// The record's number, from 0.
        record: usize,
        /// What is wrong or missing.
        source: saliency_schema::Error,
    },
    // --- drawing
    /// A chart of your own has failed; [`Error::chart`] makes it.
    #[error(transparent)]
    Chart(Box<dyn StdError + Send + Sync>),
    /// The picture is larger than resvg can paint.
    #[error("a picture of {width} × {height} pixels is too large to paint; choose a smaller scale, or SVG")]
    TooLarge {
        /// Its width.
        width: u64,
        /// Its height.
        height: u64,
    },
    /// Bytes that were given as a font are not one.
    #[error("this is no TrueType or OpenType font")]
    Font,
    /// The machine's fonts were asked for, and none is installed.
    #[error("no font is installed on this machine; give a font's file instead")]
    NoSystemFonts,
    /// The SVG could not be painted, or the PNG could not be compressed.
    #[error("could not paint the picture: {0}")]
    Paint(String),
}

impl Error {
    /// Whether the caller asked for something that does not exist or fit, as opposed to a failure.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Schema(source) | Self::Record { source, .. } => source.is_usage(),
            Self::Paint(_) | Self::NoSystemFonts | Self::Chart(_) => false,
            _ => true,
        }
    }

    /// A chart's own failure, from any error or message: `build().map_err(Error::chart)?`.
    pub fn chart(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Chart(error.into())
    }
}
