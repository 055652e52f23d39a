//! The page: charts of the same records in one HTML file that works from disk, without any request.
//!
//! It says first what the row in hand looked at: a title from the text, a sentence, the text itself, a heat map, the
//! words in order. Without scripting it shows that of the resting output. With scripting, everything is drawn from one
//! state, and from the records' values, which are in a block of JSON: 16 bits for each token, in units of the row's
//! largest. The script lays nothing out that is not in the data as numbers and texts.

mod about;
mod data;
mod encode;
mod escape;
mod figure;
mod head;
mod html;
mod paragraph;
mod redraw;
mod resting;
mod sentence;
mod tabs;

use crate::chart::{Chart, charts};
use crate::error::Error;
use crate::figure::{AsRecords, Figure};
use crate::layout::overview::overview;
use crate::options::{Options, State};
use crate::page::about::about;
use crate::page::data::data;
use crate::page::escape::escaped;
use crate::page::figure::PageFigure;
use crate::page::head::{Title, facts};
use crate::page::html::Document;
use crate::page::paragraph::{paragraphs, texts};
use crate::page::resting::Resting;
use crate::page::tabs::{Tab, grain, same_tokens};
use crate::paint::theme::Theme;
use crate::values::names::panel_names;
use crate::values::panels::Panels;
use crate::values::view::View;
use saliency_schema::{Record, Reduce, Segmentation};
use std::fmt;
use std::fmt::Write as _;

/// The heat map's width, of which the first screen shows as much as its column has.
const MAP: f64 = 760.0;

/// Under the text and the heat map, until the scatter plot.
const INSPECTOR: &str = include_str!("page/inspector.html");

/// Writes one self-contained page.
pub trait ToHtml {
    /// The page: one file that sends no request, under a content security policy that forbids them.
    ///
    /// Values are rounded to 1/32760 of their row's largest.
    ///
    /// # Errors
    /// As [`Chart::draw`], and for a page without charts or records.
    fn to_html(&self) -> Result<String, Error>;
}

impl<C: Chart> ToHtml for Figure<'_, C> {
    fn to_html(&self) -> Result<String, Error> {
        let (chart, records, options) = self.parts();
        Page::new(records).chart(chart).options(options.clone()).to_html()
    }
}

/// Charts of the same records on one page: what is hovered, held or compared in one is so in the others.
///
/// [`Page::report`] is the whole page; [`Page::new`] has charts of the caller's choice in place of its first screen and
/// tabs. Charts of one record are drawn for each, and the page shows those of the record in hand.
#[derive(Clone)]
#[must_use]
pub struct Page<'a> {
    records: &'a [Record],
    charts: Vec<&'a dyn Chart>,
    report: bool,
    options: Options,
    title: Option<String>,
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let charts: Vec<_> = self.charts.iter().map(|chart| chart.name()).collect();
        f.debug_struct("Page")
            .field("charts", &charts)
            .field("report", &self.report)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a> Page<'a> {
    /// A page of some records, without charts yet.
    pub fn new<R: AsRecords + ?Sized>(records: &'a R) -> Self {
        let records = records.as_records();
        Self { records, charts: Vec::new(), report: false, options: Options::default(), title: None }
    }

    /// The report of some records: the text beside the heat map, the words in order below them, and tabs for whatever
    /// else these records have to show.
    pub fn report<R: AsRecords + ?Sized>(records: &'a R) -> Self {
        Self { report: true, ..Self::new(records) }
    }

    /// Adds a chart, under the first screen of a report. One of your own stays as it is drawn, since only this crate's charts are redrawn.
    pub fn chart(mut self, chart: &'a dyn Chart) -> Self {
        self.charts.push(chart);
        self
    }

    /// Adds every chart of this crate.
    pub fn every_chart(mut self) -> Self {
        self.charts.extend(charts());
        self
    }

    /// The state that the page opens with, and how it looks. The light theme follows the reader's preference. Default:
    /// [`Options::default`].
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The page's title. Default: the end of the input and the beginning of the outputs.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// The page as a frame inside another page, as a notebook's cell shows it.
    ///
    /// # Errors
    /// As [`to_html`](ToHtml::to_html).
    pub fn to_frame(&self) -> Result<String, Error> {
        let page = self.to_html()?.replace('&', "&amp;").replace('"', "&quot;");
        let title = escaped(self.title.as_deref().unwrap_or("saliency"));
        Ok(format!(
            "<iframe title=\"{title}\" sandbox=\"allow-scripts\" width=\"100%\" height=\"800\" srcdoc=\"{page}\"></iframe>\n"
        ))
    }

    /// `evcxr` calls this to display a value in a notebook's cell: the page in a frame, or the error.
    #[allow(clippy::print_stdout, reason = "evcxr reads a value's picture from standard output")]
    pub fn evcxr_display(&self) {
        match self.to_frame() {
            Ok(frame) => println!("EVCXR_BEGIN_CONTENT text/html\n{frame}EVCXR_END_CONTENT"),
            Err(error) => println!("{error}"),
        }
    }

    /// The figures of a chart: one of all records, or one for each, or for those with the same tokens.
    fn figures(
        &self,
        chart: &dyn Chart,
        records: &[Record],
        opening: State,
    ) -> Result<Vec<PageFigure>, Error> {
        // An option of one chart does not reach the others.
        let own =
            |name: &str| chart.own_options().contains(&name) || (self.charts.len() == 1 && !self.report);
        let options = Options {
            columns: self.options.columns.filter(|_| own("columns")),
            top: self.options.top.filter(|_| own("top")),
            ..self.laid_out()
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
        let names = panel_names(records, &self.options);
        let draw = |all: Vec<usize>| {
            let first = opening_of(&all, opening);
            let scene = chart.draw(&records[first..=first], &of_panel(&options, records, first))?;
            let name = (all.len() == 1 && records.len() > 1).then(|| &*names[first]);
            Ok(figure(title(name), all, true, scene))
        };
        alike(records).into_iter().map(draw).collect()
    }

    /// The heat map of each record, or of those with the same tokens, in every grain.
    fn maps(&self, records: &[Record], opening: State) -> Result<Vec<PageFigure>, Error> {
        let options = self.laid_out();
        let resting = grain(&options);
        let mut figures = Vec::new();
        for all in alike(records) {
            let first = opening_of(&all, opening);
            let record = &records[first];
            let own = of_panel(&options, records, first);
            for grain in ["tokens", "words", "sentences"] {
                let scene = match grain {
                    "sentences" => {
                        let sentences = record.group(&Segmentation::Sentences, Reduce::Sum)?;
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

    /// The options that figures are laid out with.
    fn laid_out(&self) -> Options {
        let theme = if self.options.theme == Theme::Dark { Theme::Dark } else { Theme::Light };
        Options { for_page: true, theme, record: None, ..self.options.clone() }
    }

    /// The state that the page opens with, in the form of its address.
    fn state(&self, opening: State) -> String {
        let mut state = format!("hover={}:{}", opening.panel, opening.output);
        if let Some(lock) = self.options.lock {
            let _ = write!(state, "&lock={}:{}", lock.panel, lock.output);
        }
        if let Some(token) = self.options.token {
            let _ = write!(state, "&token={token}");
        }
        state
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

impl ToHtml for Page<'_> {
    fn to_html(&self) -> Result<String, Error> {
        if self.charts.is_empty() && !self.report {
            return Err(Error::NoChart);
        }
        // Words are put together by the script, and by each chart.
        let apart = Options { tokens: true, ..self.options.clone() };
        let view = View::of(self.records, &apart)?;
        let options = Options { tokens: self.options.tokens, ..view.options.into_owned() };
        Page { records: &view.records, options, ..self.clone() }.written()
    }
}

impl Page<'_> {
    /// The page of what is shown.
    fn written(&self) -> Result<String, Error> {
        // The records that are asked for, with states that lie inside them.
        let records = Panels::of(self.records, &self.options)?.records;
        let resting = Resting::of(records, &self.options)?;
        let names = panel_names(records, &self.options);
        let texts = texts(&records[resting.state.panel]);
        let mut figures = Vec::new();
        let mut body = String::new();
        self.first_screen(records, &resting, &texts, &mut figures, &mut body)?;
        for chart in &self.charts {
            for figure in self.figures(*chart, records, resting.state)? {
                // Of some charts all is on the page already.
                if !figure.scene.items.is_empty() {
                    body.push_str(&figure.section(figures.len(), true));
                    figures.push(figure);
                }
            }
        }
        self.tabs(records, &names, &resting, &mut figures, &mut body)?;
        let record = &records[resting.state.panel];
        let title = Title::of(record, &texts);
        let given = self.title.clone().or_else(|| self.options.title.clone());
        let data = data(records, &names, &figures, &self.options, &self.state(resting.state))?;
        let document = Document {
            heading: given.as_deref().map_or_else(|| title.html(), escaped),
            title: given.unwrap_or_else(|| title.text()),
            description: resting.sentence.text(),
            facts: escaped(&facts(record, &self.options)),
            sentence: resting.sentence.html(),
            colors: resting.colors(),
            body,
        };
        Ok(document.written(&data))
    }

    /// The text beside the heat map, and the words in order.
    fn first_screen(
        &self,
        records: &[Record],
        resting: &Resting,
        texts: &[String],
        figures: &mut Vec<PageFigure>,
        body: &mut String,
    ) -> Result<(), Error> {
        let record = &records[resting.state.panel];
        let text = paragraphs(record, texts, |token| resting.class(token));
        let class = if self.report { "first" } else { "first alone" };
        let _ = write!(
            body,
            "<div class=\"{class}\">\n<div class=\"text\" id=\"saliency-text\">\n{text}</div>\n"
        );
        if self.report {
            body.push_str("<div class=\"map\">\n");
            for figure in self.maps(records, resting.state)? {
                body.push_str(&figure.section(figures.len(), false));
                figures.push(figure);
            }
            body.push_str("</div>\n");
        }
        body.push_str(INSPECTOR);
        for figure in self.figures(&crate::charts::Scatter, records, resting.state)? {
            // It has no state at rest of its own.
            let figure = PageFigure { rests: false, ..figure };
            body.push_str(&figure.section(figures.len(), false));
            figures.push(figure);
        }
        body.push_str("</div>\n</div>\n");
        Ok(())
    }

    /// The tabs: all of a report, and of other pages the table and what is to be known.
    fn tabs(
        &self,
        records: &[Record],
        names: &[String],
        resting: &Resting,
        figures: &mut Vec<PageFigure>,
        body: &mut String,
    ) -> Result<(), Error> {
        let mut tabs = Tab::of(records);
        tabs.retain(|tab| self.report || matches!(tab, Tab::Table | Tab::About));
        body.push_str("<p class=\"cell\" id=\"saliency-cell\" data-needs-script hidden></p>\n<div role=\"tablist\" aria-label=\"More\" data-needs-script hidden>\n");
        for tab in &tabs {
            let (name, title) = (tab.name(), tab.title());
            let _ = writeln!(
                body,
                "<button type=\"button\" role=\"tab\" id=\"saliency-tab-{name}\" data-tab=\"{name}\" aria-controls=\"saliency-panel-{name}\">{title}</button>"
            );
        }
        body.push_str("</div>\n");
        for tab in tabs {
            let (name, title) = (tab.name(), tab.title());
            let mut panel = String::new();
            if let Some(chart) = tab.chart() {
                for figure in self.figures(chart, records, resting.state)? {
                    let figure = PageFigure { rests: false, ..figure };
                    panel.push_str(&figure.section(figures.len(), false));
                    figures.push(figure);
                }
            }
            match tab {
                Tab::Methods => panel.push_str(
                    "<table class=\"methods\"><caption>Each method’s row for the output in hand, by rank; Spearman’s ρ of |value| with the method in hand</caption>\
                     <thead><tr><th scope=\"col\">record</th><th scope=\"col\">ranks of the words, in the text’s order</th><th scope=\"col\">ρ, this output</th><th scope=\"col\">ρ, mean</th></tr></thead>\
                     <tbody id=\"saliency-strips\"></tbody></table>\n",
                ),
                Tab::Table => {
                    let _ = write!(
                        panel,
                        "<p data-needs-script hidden><button type=\"button\" id=\"saliency-every\" aria-pressed=\"false\">Every row</button></p>\n\
                         <table id=\"saliency-table\">{}</table>\n",
                        resting.table()
                    );
                }
                Tab::About => panel.push_str(&about(records, names, &self.options)),
                Tab::Every | Tab::Continuations | Tab::Long => {}
            }
            // Without script there are the table and what is to be known.
            let hidden = if matches!(tab, Tab::Table | Tab::About) { "" } else { " hidden" };
            let _ = write!(
                body,
                "<div role=\"tabpanel\" class=\"panel\" id=\"saliency-panel-{name}\" aria-labelledby=\"saliency-tab-{name}\" tabindex=\"0\"{hidden}>\n<h2 data-without-script>{title}</h2>\n{panel}</div>\n"
            );
        }
        Ok(())
    }
}
