//! The day that a chat template writes into a prompt.

use crate::error::Error;
use std::fmt::{Display, Formatter};
use std::str::FromStr;
use time::format_description::parse_strftime_owned;
use time::macros::format_description;
use time::{Duration, Time};

/// A day, spelled as ISO 8601 has it: `2026-11-26`. Where a chat template asks for the time, it is midnight.
///
/// ```
/// let date: saliency_checkpoint::Date = "2026-11-26".parse()?;
/// assert_eq!(date.to_string(), "2026-11-26");
/// assert!("26/11/2026".parse::<saliency_checkpoint::Date>().is_err());
/// # Ok::<(), saliency_checkpoint::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(time::Date);

impl Date {
    /// The day as Python's `strftime` writes it; `None` for a format that is not known.
    pub(crate) fn strftime(self, format: &str) -> Option<String> {
        let format = parse_strftime_owned(format).ok()?;
        self.0.with_time(Time::MIDNIGHT).format(&format).ok()
    }

    /// A day with another year, month, day and weekday.
    pub(crate) fn another(self) -> Self {
        let away = Duration::days(401);
        Self(self.0.checked_sub(away).or_else(|| self.0.checked_add(away)).unwrap_or(self.0))
    }
}

impl FromStr for Date {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let date = time::Date::parse(text, format_description!("[year]-[month]-[day]"));
        date.map(Self).map_err(|_| Error::DateSpelling { found: text.to_owned() })
    }
}

impl Display for Date {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
