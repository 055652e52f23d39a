//! The figures of a page: the heat map of the first screen, and those of charts.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::overview::overview;
use crate::options::{Options, State};
use crate::page::figure::PageFigure;
use crate::page::tabs::{GRAINS, grain, same_tokens};
use crate::paint::theme::Theme;
use crate::values::names::panel_names;
use crate::values::view::View;
use saliency_schema::{Record, Reduce};

/// The heat map's width, of which the first screen shows as much as its column has.
const MAP: f64 = 760.0;

/// Figures of some records, in the order of the page.
pub(crate) struct Figures<'a> {
    records: &'a [Record],
    /// As figures are laid out.
    options: Options,
    /// The output that the page opens with.
    opening: State,
    /// Whether the page has one chart, which then refuses the options of others.
    alone: bool,
    pub(crate) drawn: Vec<PageFigure>,
}

impl<'a> Figures<'a> {
    /// None yet.
    pub(crate) fn new(records: &'a [Record], options: &Options, opening: State, alone: bool) -> Self {
        let theme = if options.theme == Theme::Dark { Theme::Dark } else { Theme::Light };
        let options = Options { for_page: true, theme, record: None, ..options.clone() };
        Self { records, options, opening, alone, drawn: Vec::new() }
    }

    /// Adds a figure; its section of the page, with a heading or without.
    pub(crate) fn add(&mut self, figure: PageFigure, heading: bool) -> String {
        let section = figure.section(self.drawn.len(), heading);
        self.drawn.push(figure);
        section
    }

    /// The figures of a chart: one of all records, or one for each, or for those with the same tokens.
    pub(crate) fn of_chart(&self, chart: &dyn Chart) -> Result<Vec<PageFigure>, Error> {
        let (records, opening) = (self.records, self.opening);
        // An option of one chart does not reach the others.
        let own = |name: &str| self.alone || chart.own_options().contains(&name);
        let options = Options {
            against: self.options.against.filter(|_| own("against")),
            x: self.options.x.filter(|_| own("x")),
            y: self.options.y.filter(|_| own("y")),
            columns: self.options.columns.filter(|_| own("columns")),
            expand: if own("expand") { self.options.expand.clone() } else { Vec::new() },
            top: self.options.top.filter(|_| own("top")),
            ..self.options.clone()
        };
        let title = |of: Option<&str>| {
            let of = of.map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{}: {}{of}", chart.name(), chart.summary())
        };
        let figure = |title, all: Vec<usize>, shared, scene| PageFigure {
            name: chart.name(),
            title,
            first: opening_of(&all, opening),
            rests: all.contains(&opening.panel),
            records: all,
            shared,
            grain: grain(&options),
            map: false,
            scene,
        };
        if chart.takes_several() {
            let scene = chart.draw(records, &options)?;
            return Ok(vec![figure(title(None), (0..records.len()).collect(), false, scene)]);
        }
        let names = panel_names(records, &options);
        let draw = |all: Vec<usize>| {
            let first = opening_of(&all, opening);
            let scene = chart.draw(&records[first..=first], &of_panel(&options, records, first))?;
            let name = (all.len() == 1 && records.len() > 1).then(|| &*names[first]);
            Ok(figure(title(name), all, true, scene))
        };
        alike(records).into_iter().map(draw).collect()
    }

    /// The heat map of each record, or of those with the same tokens, in every grain.
    pub(crate) fn maps(&self) -> Result<Vec<PageFigure>, Error> {
        let Self { records, options, opening, .. } = self;
        let resting = grain(options);
        let mut figures = Vec::new();
        for all in alike(records) {
            let first = opening_of(&all, *opening);
            let record = &records[first];
            let own = of_panel(options, records, first);
            for grain in GRAINS {
                let scene = match grain {
                    "sentences" => {
                        let sentences = record.regroup(&record.sentences(), Reduce::Sum)?;
                        let plain = Options { hover: None, lock: None, token: None, ..own.clone() };
                        overview(&sentences, &Options { tokens: true, ..plain }, MAP)?
                    }
                    "words" => {
                        let together = Options { tokens: false, ..own.clone() };
                        let view = View::of(&records[first..=first], &together)?;
                        overview(&view.records[0], &view.options, MAP)?
                    }
                    _ => overview(record, &Options { tokens: true, ..own.clone() }, MAP)?,
                };
                let rests = grain == resting && all.contains(&opening.panel);
                let title = format!("Every output in rows, what came before it in columns, by {grain}");
                let (records, name) = (all.clone(), "heat-map");
                figures.push(PageFigure {
                    name,
                    title,
                    records,
                    first,
                    shared: true,
                    grain,
                    map: true,
                    rests,
                    scene,
                });
            }
        }
        Ok(figures)
    }
}

/// The options for one of several records.
fn of_panel(options: &Options, records: &[Record], k: usize) -> Options {
    let here = |state: Option<State>| match state {
        Some(state) if records.len() == 1 => Some(state),
        state => state.filter(|s| s.panel == k).map(|s| State::output(s.output)),
    };
    Options { hover: here(options.hover), lock: here(options.lock), ..options.clone() }
}

/// The record that the page opens with, if it is one of these; or else the first of them.
fn opening_of(all: &[usize], opening: State) -> usize {
    if all.contains(&opening.panel) { opening.panel } else { all[0] }
}

/// Records with the same tokens, together.
fn alike(records: &[Record]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for (k, record) in records.iter().enumerate() {
        match all.iter_mut().find(|alike| same_tokens(&records[alike[0]], record)) {
            Some(alike) => alike.push(k),
            None => all.push(vec![k]),
        }
    }
    all
}
