//! The trait of charts, and how a chart is found by name.

use crate::charts::TABLE;
use crate::error::Error;
use crate::options::{Options, State};
use crate::scene::Scene;
use crate::values::view::View;
use saliency_schema::{Record, Scores};

/// A chart: records in, a scene out. It never writes SVG itself. [`crate::layout`] has the parts that charts share.
pub trait Chart: Sync {
    /// The chart's name: lower case with hyphens.
    fn name(&self) -> &'static str;

    /// One line for a list of charts.
    fn summary(&self) -> &'static str;

    /// Whether it draws several records together. A chart that does not needs [`Options::record`] when it is given
    /// several.
    fn takes_several(&self) -> bool {
        self.needs_scores()
    }

    /// Whether it draws what several records differ in, and so refuses one. Whoever draws every chart of one record
    /// leaves it out. Default: false.
    fn needs_several(&self) -> bool {
        false
    }

    /// The options of this chart among those that only some charts have: `against`, `columns`, `expand`, `language`
    /// (without stop words in the rule), `top`, `x` and `y`. The others are refused.
    fn own_options(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a record lacks for this chart, and what makes one that has it; `None` where it is all there. Whoever draws
    /// every chart of a record leaves such a chart out, and [`draw`](Self::draw) refuses it.
    fn lacks(&self, record: &Record) -> Option<&'static str> {
        let _ = record;
        None
    }

    /// Whether it shows [`Options::scores`].
    fn takes_scores(&self) -> bool {
        self.needs_scores()
    }

    /// Whether it draws [`Options::scores`] alone, whatever the records. Whoever draws every chart leaves it out where
    /// there are none, and [`draw`](Self::draw) refuses it.
    fn needs_scores(&self) -> bool {
        false
    }

    /// Whether it draws attributions: what [`Options::rule`] and [`Options::relative`] are of. A chart that does not
    /// refuses them. Default: true.
    fn draws_attributions(&self) -> bool {
        true
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

    /// Checks the options, reduces the records to what is shown ([`Options::inputs`], [`Options::fold`]; of a chart of
    /// scores nothing depends on that), and lays them out.
    ///
    /// # Errors
    /// An option that is out of its range or that the chart does not have, inputs or parts that a record does not have,
    /// and the errors of [`lay_out`](Self::lay_out).
    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        options.check(self.name(), self.own_options())?;
        if self.needs_scores() {
            return self.lay_out(records, options);
        }
        let view = View::of(records, options)?;
        self.lay_out(&view.records, &view.options)
    }
}

/// Refuses a record that lacks what a chart draws.
pub(crate) fn check_complete(chart: &dyn Chart, record: &Record) -> Result<(), Error> {
    match chart.lacks(record) {
        Some(lacks) => Err(Error::Lacks { chart: chart.name(), lacks }),
        None => Ok(()),
    }
}

/// [`Chart::draw`] of a chart that draws no attributions, and why options of these are refused; `drawn` are the options
/// that it draws by.
pub(crate) fn draw_without_attributions(
    chart: &dyn Chart,
    records: &[Record],
    (options, drawn): (&Options, Options),
    why: (&str, &str),
) -> Result<Scene, Error> {
    options.check(chart.name(), chart.own_options())?;
    refuse_of_attributions(options, why)?;
    let drawn = Options { relative: None, ..drawn };
    let view = View::of(records, &drawn)?;
    chart.lay_out(&view.records, &view.options)
}

/// Options of a figure that stays as it is on a page, whatever is pointed at.
pub(crate) fn at_rest_on_a_page(options: &Options) -> Options {
    let state = |state: Option<State>| state.filter(|_| !options.for_page);
    Options { hover: state(options.hover), lock: state(options.lock), ..options.clone() }
}

/// Refuses options that are of attributions, for a chart that draws none: why there is no distance, and what it draws
/// instead. A page passes them to all charts.
fn refuse_of_attributions(options: &Options, (distance, instead): (&str, &str)) -> Result<(), Error> {
    let refused = |name, value: String, why: String| {
        Err(Error::Parameter { name, value, range: format!("left out: {why}") })
    };
    if options.relative.is_some() && !options.for_page {
        return refused("relative", "set".to_owned(), distance.to_owned());
    }
    if !options.rule.is_empty() && !options.for_page {
        return refused(
            "drop",
            options.rule.to_string(),
            format!("a rule is of attributions, and {instead}"),
        );
    }
    Ok(())
}

/// The scores that a chart draws.
pub(crate) fn scores_of<'o>(chart: &dyn Chart, options: &'o Options) -> Result<&'o Scores, Error> {
    options.scores.as_deref().ok_or(Error::Lacks {
        chart: chart.name(),
        lacks: "there are no scores; `saliency compare RECORD… -o FOLDER` draws it, and writes scores.json, which \
                --scores reads",
    })
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
