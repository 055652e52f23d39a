//! The trait of charts, and how a chart is found by name.

use crate::charts::TABLE;
use crate::error::Error;
use crate::options::Options;
use crate::scene::Scene;
use crate::values::view::View;
use saliency_schema::Record;

/// What a chart draws that not every record holds, such as replacements.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Needs {
    /// What it is, in the plural.
    pub what: &'static str,
    /// A command that makes a record with it.
    pub command: &'static str,
    /// Whether a record holds it.
    pub is_in: fn(&Record) -> bool,
}

impl Needs {
    /// What is needed, a command that makes a record with it, and whether a record holds it.
    pub const fn new(what: &'static str, command: &'static str, is_in: fn(&Record) -> bool) -> Self {
        Self { what, command, is_in }
    }
}

/// A chart: records in, a scene out. It never writes SVG itself. [`crate::layout`] has the parts that charts share.
pub trait Chart: Sync {
    /// The chart's name: lower case with hyphens.
    fn name(&self) -> &'static str;

    /// One line for a list of charts.
    fn summary(&self) -> &'static str;

    /// Whether it draws several records together. A chart that does not needs [`Options::record`] when it is given
    /// several.
    fn takes_several(&self) -> bool {
        false
    }

    /// What it draws that not every record holds. Default: `None`, any record will do.
    fn needs(&self) -> Option<Needs> {
        None
    }

    /// The options of this chart among those that only some charts have: `against`, `columns`, `expand`, `language`
    /// (without stop words in the rule), `top`, `x` and `y`. The others are refused.
    fn own_options(&self) -> &'static [&'static str] {
        &[]
    }

    /// The chart as plain text, for a terminal. `None` for a chart without a text form.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    fn text(&self, records: &[Record], options: &Options) -> Result<Option<String>, Error> {
        let _ = (records, options);
        Ok(None)
    }

    /// Lays the records out. The ranges of the options' numbers have been checked; states and palette have not:
    /// [`Rows::one`](crate::layout::Rows::one) and [`Scale::of`](crate::layout::Scale::of) check them.
    ///
    /// # Errors
    /// A state outside the record, more records than the chart draws, a palette that does not fit, or a width that is
    /// too small.
    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error>;

    /// Checks the options, reduces the records to what is shown ([`Options::inputs`], [`Options::fold`]), and lays them
    /// out.
    ///
    /// # Errors
    /// An option that is out of its range or that the chart does not have, inputs or parts that a record does not have,
    /// and the errors of [`lay_out`](Self::lay_out).
    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        options.check(self.name(), self.own_options())?;
        check_needs(self.name(), self.needs(), records, options)?;
        let view = View::of(records, options)?;
        self.lay_out(&view.records, &view.options)
    }
}

/// Whether the records that are drawn, all of them or the chosen one, hold what a chart needs.
pub(crate) fn check_needs(
    chart: &'static str,
    needs: Option<Needs>,
    records: &[Record],
    options: &Options,
) -> Result<(), Error> {
    let Some(Needs { what, command, is_in }) = needs else { return Ok(()) };
    let own = options.record.and_then(|k| records.get(k)).map_or(records, std::slice::from_ref);
    if own.iter().all(is_in) { Ok(()) } else { Err(Error::Lacks { what, chart, command }) }
}

/// Whether a chart has what it draws in each of some records.
pub(crate) fn can_draw(chart: &dyn Chart, records: &[Record]) -> bool {
    chart.needs().is_none_or(|needs| records.iter().all(needs.is_in))
}

/// Every chart, in the order in which lists show them.
pub fn charts() -> &'static [&'static dyn Chart] {
    TABLE
}

/// The chart of that name.
///
/// # Errors
/// [`Error::Unknown`], with the known names.
pub fn chart(name: &str) -> Result<&'static dyn Chart, Error> {
    let known = || TABLE.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    let found = TABLE.iter().find(|c| c.name() == name).copied();
    found.ok_or_else(|| Error::Unknown { what: "chart", name: name.to_owned(), known: known() })
}
