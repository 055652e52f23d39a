//! `convergence`: how far rows of path methods miss what they are to add up to, by the number of steps.

use crate::chart::{Chart, check_complete, draw_without_attributions};
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::caption;
use crate::layout::curve_plot::key;
use crate::layout::sheet::margin;
use crate::layout::step_plot;
use crate::layout::step_plot::StepPlot;
use crate::options::rule::Rule;
use crate::options::{Options, too_narrow};
use crate::paint::palette::Palette;
use crate::scene::Scene;
use crate::text::visible;
use crate::values::convergence::{Column, Errors, Series};
use crate::values::excerpt;
use crate::values::kind::target_unit;
use crate::values::number::short;
use crate::values::panels::Panels;
use saliency_schema::Record;

const WIDTH: f64 = 640.0;
const LEAST: f64 = 180.0;

/// A dot for each output: upwards how far its row's sum misses `f(x) − f(baseline)`, as a share of that,
/// `|delta| / |f(x) − f(baseline)|` (log), to the right how many steps the method took (log); with the median and the
/// 10 and 90 % quantiles of each number of steps. The line is the tolerance that the records state, or else 5 %, beyond
/// which records carry a note.
///
/// Made for records of one text by one path method with several numbers of steps. Records that differ in anything else
/// have a line of their own. Of one number of steps, dots stand by output. Where the change is less than 10⁻⁴ of
/// `max(|f(x)|, |f(baseline)|)`, an error is a share of that. `hover` and `lock` are outputs whose dots are joined.
#[derive(Debug, Clone, Copy, Default)]
pub struct Convergence;

impl Chart for Convergence {
    fn name(&self) -> &'static str {
        "convergence"
    }

    fn summary(&self) -> &'static str {
        "how far rows miss f(x) − f(baseline), by the steps of a path method"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn lacks(&self, record: &Record) -> Option<&'static str> {
        let known = record.outputs.iter().any(|output| output.delta.is_some());
        (!known && record.n_output() > 0).then_some(
            "the record holds no convergence deltas; `saliency attribute --method integrated-gradients --steps N` \
             makes one that does",
        )
    }

    fn draws_attributions(&self) -> bool {
        false
    }

    /// Errors are those of the record's own outputs, also where words are drawn.
    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let drawn = Options { tokens: true, rule: Rule::new(), ..options.clone() };
        draw_without_attributions(
            self,
            records,
            (options, drawn),
            ("an error has no distance", "errors are none"),
        )
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let panels = Panels::of(records, options)?;
        for record in panels.records {
            check_complete(self, record)?;
        }
        let groups = panels.groups(options)?;
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < LEAST) {
            return Err(too_narrow(whole, LEAST + 2.0 * margin(options)));
        }
        let found = Errors::of(panels.records);
        let mut sheet =
            above_panels::framed(&panels, &groups, options).with_bars(Vec::new()).titled(title(&found));
        let colors = match found.series.len() {
            1 => vec![options.theme.mark()],
            several => Palette::told_apart(several, options.theme),
        };
        // A page's figure stays as it is.
        let asked = |given: bool| given && !options.for_page;
        let hover = panels.hover.filter(|_| asked(options.hover.is_some()));
        let lock = panels.lock.filter(|_| asked(options.lock.is_some()));
        let marked = [(hover, options.theme.shown()), (lock, options.theme.compared())];
        let marked = marked.into_iter().filter_map(|(state, color)| Some((state?.output, color)));
        let plot = StepPlot {
            found: &found,
            colors: &colors,
            marked: marked.collect(),
            width,
            theme: options.theme,
        };
        let captions = captions(&found, &plot, panels.records);
        let (lines, height) = caption::lay_out(&captions, width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let mut top = height + 6.0;
        if found.series.len() > 1 {
            let names = found.series.iter().map(|series| visible(&series.name)).zip(colors.iter().copied());
            let (items, height) = key(names.enumerate(), width, options.theme);
            sheet.group("key", None, items, (0.0, top));
            top += height + 6.0;
        }
        if found.dots().next().is_some() {
            let rows: Vec<_> = panels.rows().collect();
            let words =
                found.series.iter().map(|one| step_plot::in_words(one, |dot| rows[dot.record].name(dot.row)));
            sheet.group("frame", None, plot.frame(), (0.0, top));
            sheet.group("dots", Some(words.collect::<Vec<_>>().join("\n")), plot.dots(), (0.0, top));
            sheet.group("medians", None, plot.medians(), (0.0, top));
            sheet.group("marks", None, plot.marks(), (0.0, top));
            let under = if found.has_steps() { "steps (log)" } else { "output" };
            let (lines, _) = caption::lay_out(&[under.to_owned()], width, options.theme);
            sheet.group("under", None, lines, (0.0, top + plot.height()));
        }
        let description = format!("{}. {}", sheet.title(), captions.join(" "));
        Ok(sheet.scene(description))
    }
}

fn percent(x: f64) -> String {
    format!("{} %", short(100.0 * x))
}

/// From how many steps on every output is within the limit, or how many are not.
fn title(found: &Errors) -> String {
    let limit = percent(found.limit);
    let Some(column) = found.series.iter().find_map(|series| series.columns.last()) else {
        return "No output has a convergence delta".to_owned();
    };
    let outputs = column.dots.len();
    let off = |column| {
        let beyond = found.beyond(column);
        let are = if beyond == 1 { "is" } else { "are" };
        format!("{beyond} of {outputs} outputs {are} off by more than {limit}")
    };
    match (&found.series[..], found.has_steps()) {
        ([series], true) => match (found.enough(series), column.steps) {
            (Some(steps), _) => {
                format!("From {steps} steps on, every output is within {limit} of f(x) − f(baseline)")
            }
            (None, steps) => format!("Even at {} steps, {}", steps.unwrap_or(0), off(column)),
        },
        ([_], false) if found.beyond(column) == 0 => {
            let median = percent(column.quantiles[1]);
            format!("Converged: every output is within {limit} of f(x) − f(baseline), half within {median}")
        }
        ([_], false) => format!("Not converged: {}", off(column)),
        (several, has_steps) => {
            let within = |series: &Series| series.columns.iter().all(|column| found.beyond(column) == 0);
            let reached = |series: &&Series| {
                if has_steps { found.enough(series).is_some() } else { within(series) }
            };
            let count = several.iter().filter(reached).count();
            format!(
                "{count} of {} methods bring every output within {limit} of f(x) − f(baseline)",
                several.len()
            )
        }
    }
}

fn column_worst(column: &Column) -> String {
    percent(column.dots.iter().map(|dot| dot.error).fold(0.0, f64::max))
}

fn captions(found: &Errors, plot: &StepPlot<'_>, records: &[Record]) -> Vec<String> {
    let mut captions = Vec::new();
    if let Some(largest) = found.dots().map(|dot| dot.absolute).reduce(f64::max) {
        let unit = records.first().map_or("", target_unit);
        let across = if found.has_steps() { "the steps of the path (log)" } else { "the output’s number" };
        let limit = if found.stated { "the tolerance" } else { "5 %, beyond which a record has a note" };
        captions.push(format!(
            "Up: |Σ attribution − (f(x) − f(baseline))| of each output, in % of |f(x) − f(baseline)| (log); the largest \
             is {}. Right: {across}. Thick: medians; thin: 10 and 90 %. The line across: {limit}.",
            [short(largest).as_str(), unit].join(" ").trim_end()
        ));
        let lowest = plot.lowest();
        if found.dots().any(|dot| dot.error < lowest) {
            captions.push(format!("What is below {} lies on the lower edge.", percent(lowest)));
        }
    }
    if let [series] = &found.series[..]
        && let Some(column) = series.columns.last().filter(|column| found.beyond(column) > 0)
    {
        let at = column.steps.filter(|_| found.has_steps()).map(|steps| format!("At {steps} steps the"));
        captions.push(format!(
            "{} farthest output is off by {}.",
            at.as_deref().unwrap_or("The"),
            column_worst(column)
        ));
    }
    if found.unknown > 0 {
        let all = found.unknown + found.dots().count();
        captions.push(format!("{} of {all} outputs have no finite error, and no dot.", found.unknown));
    }
    if let [record] = records {
        let outside = excerpt::outside_of_all(record);
        captions.extend(outside.map(|share| format!("outside, of each output's Σ|value|: {share}")));
    }
    captions
}
