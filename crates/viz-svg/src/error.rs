//! Why a chart can't be drawn.

/// Why a chart can't be drawn. Each message names the place and the repair.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- what was asked for
    /// No such chart, theme or palette.
    #[error("unknown {what} {name:?}; there are: {known}")]
    Unknown {
        /// `chart`, `theme` or `palette`.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// A state is not spelled `[P:]N`.
    #[error("{text:?} is not a state; write an output's number, or PANEL:NUMBER")]
    State {
        /// What was given.
        text: String,
    },
    /// A state names an output or a panel that is not there.
    #[error("{what} {found} is outside the record, which has {count} (numbers from 0)")]
    Outside {
        /// What was asked for: `hovered output`, `locked output`, `panel`, `token`.
        what: &'static str,
        /// The number that was given.
        found: usize,
        /// How many there are, with their name.
        count: String,
    },
    /// A chart of one record was given several.
    #[error("this chart draws one record, and {found} are given; choose one with --record K (0 to {last})")]
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
    /// A palette without a middle for values with a sign, or one with a middle for values without.
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
    /// A size or share is out of its range.
    #[error("{name} is {value}, and must be {range}")]
    Parameter {
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
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
    /// What of a record should be drawn is not there.
    #[error("{why}")]
    Record {
        /// What is missing, and the repair.
        why: String,
    },
    // --- drawing
    /// The picture is larger than resvg can paint.
    #[error("a picture of {width} × {height} pixels is too large to paint; choose a smaller scale, or SVG")]
    TooLarge {
        /// Its width.
        width: u64,
        /// Its height.
        height: u64,
    },
    /// Bytes that were given as a font are none.
    #[error("this is no TrueType or OpenType font")]
    Font,
    /// The machine's fonts were asked for, and there are none.
    #[error("no font is installed on this machine; give a font's file instead")]
    NoSystemFonts,
    /// The SVG could not be painted or the PNG not be packed.
    #[error("could not paint the picture: {0}")]
    Paint(String),
}

impl Error {
    /// Whether the caller asked for something that there is not, as opposed to something that failed.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Paint(_) | Self::NoSystemFonts)
    }
}
