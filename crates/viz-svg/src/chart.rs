//! What a chart is, and how one is found by name.

use crate::charts::TABLE;
use crate::{Error, Options, Scene};
use saliency_schema::Record;

/// A chart: records in, a scene out. It never writes a tag.
pub trait Chart: Sync {
    /// The chart's name: lower case with hyphens.
    fn name(&self) -> &'static str;

    /// One line for a list of charts.
    fn summary(&self) -> &'static str;

    /// Whether it draws several records together. Others ask for [`Options::record`] when they are given several.
    fn takes_several(&self) -> bool {
        false
    }

    /// The chart as plain text, for a terminal. `None` for a chart that is nothing without its picture.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    fn text(&self, records: &[Record], options: &Options) -> Result<Option<String>, Error> {
        let _ = (records, options);
        Ok(None)
    }

    /// Lays the records out.
    ///
    /// # Errors
    /// A state outside the record, or more records than the chart draws.
    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error>;
}

/// Every chart, in the order of a list for people.
pub fn charts() -> &'static [&'static dyn Chart] {
    TABLE
}

/// The chart of that name.
///
/// # Errors
/// [`Error::Unknown`] with the names that there are.
pub fn chart(name: &str) -> Result<&'static dyn Chart, Error> {
    let known = || TABLE.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    let found = TABLE.iter().find(|c| c.name() == name).copied();
    found.ok_or_else(|| Error::Unknown { what: "chart", name: name.to_owned(), known: known() })
}
