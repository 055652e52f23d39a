//! The page: charts of the same records in one HTML file that works from disk, without any request.
//!
//! It says first what the row in hand looked at: a title from the text, a sentence, the text itself, a heat map, the
//! words in order. Without scripting it shows that of the resting output. With scripting, everything is drawn from one
//! state, and from the records' values, which are in a block of JSON: 16 bits for each token, in units of the row's
//! largest. The script lays nothing out that is not in the data as numbers and texts.

mod about;
mod beyond;
mod body;
mod data;
mod encode;
mod escape;
mod figure;
mod figures;
mod head;
mod html;
mod kept;
mod paragraph;
mod redraw;
mod resting;
mod sentence;
mod tabs;

use crate::chart::{Chart, charts};
use crate::error::Error;
use crate::figure::{AsRecords, Figure};
use crate::options::{Options, State};
use crate::page::body::Body;
use crate::page::data::data;
use crate::page::escape::escaped;
use crate::page::figure::PageFigure;
use crate::page::figures::Figures;
use crate::page::head::{Title, facts};
use crate::page::html::Document;
use crate::page::paragraph::texts;
use crate::page::resting::Resting;
use crate::values::names::panel_names;
use crate::values::panels::Panels;
use crate::values::view::View;
use saliency_schema::Record;
use std::fmt;
use std::fmt::Write as _;

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

    /// Adds a chart, under the first screen of a report. One of your own stays as it is drawn, since only this crate's
    /// charts are redrawn.
    pub fn chart(mut self, chart: &'a dyn Chart) -> Self {
        self.charts.push(chart);
        self
    }

    /// Adds every chart of this crate that these records have all for ([`Chart::lacks`]); those of scores if the
    /// options hold them by then.
    pub fn every_chart(mut self) -> Self {
        let lacks = |chart: &&&dyn Chart| {
            let no_scores = chart.needs_scores() && self.options.scores.is_none();
            let one = chart.needs_several() && (self.records.len() < 2 || self.options.record.is_some());
            no_scores || one || self.records.iter().any(|record| chart.lacks(record).is_some())
        };
        self.charts.extend(charts().iter().filter(|chart| !lacks(chart)));
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

    /// The state that the page opens with, in the form of its address.
    fn state(&self, opening: State, views: &[&str]) -> String {
        let mut state = format!("hover={}:{}", opening.panel, opening.output);
        if let Some(lock) = self.options.lock {
            let _ = write!(state, "&lock={}:{}", lock.panel, lock.output);
        }
        if let Some(token) = self.options.token {
            let _ = write!(state, "&token={token}");
        }
        if let (Some(token), Some(against)) = (self.options.token, self.options.against) {
            let _ = write!(state, "&held={token}&against={against}");
        }
        if let (Some(view), true) = (views.first(), self.charts.len() < 2) {
            let _ = write!(state, "&view={view}");
        }
        if self.has_option("expand") && !self.options.expand.is_empty() {
            let expand: Vec<String> = self.options.expand.iter().map(usize::to_string).collect();
            let _ = write!(state, "&expand={}", expand.join("-"));
        }
        state
    }

    /// Whether a chart has an option of that name.
    fn has_option(&self, name: &str) -> bool {
        self.charts.iter().any(|chart| chart.own_options().contains(&name))
    }

    /// What the list under the text can show beside the ranked words.
    fn views(&self, records: &[Record]) -> Vec<&'static str> {
        let views = [
            ("replaced", records.iter().any(|record| !record.replacements.is_empty())),
            ("pairs", records.iter().any(|record| !record.interactions.is_empty())),
            ("columns", self.has_option("against")),
        ];
        views.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
    }
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
        let figures =
            Figures::new(records, &self.options, resting.state, self.charts.len() == 1 && !self.report);
        let mut body = Body {
            records,
            names: &names,
            options: &self.options,
            resting: &resting,
            figures,
            html: String::new(),
        };
        body.first_screen(&texts, self.report)?;
        for chart in &self.charts {
            body.chart(*chart)?;
        }
        body.tabs(self.report)?;
        let views = self.views(records);
        let record = &records[resting.state.panel];
        let title = Title::of(record, &texts);
        let given = self.title.clone().or_else(|| self.options.title.clone());
        let figures = &body.figures.drawn;
        let has_more =
            !views.is_empty() || !self.options.rule.is_empty() || figures.iter().any(PageFigure::has_more);
        let state = self.state(resting.state, &views);
        let data = data(records, &names, figures, &self.options, (&state, &views))?;
        let document = Document {
            heading: given.as_deref().map_or_else(|| title.html(), escaped),
            title: given.unwrap_or_else(|| title.text()),
            description: resting.sentence.text(),
            facts: escaped(&facts(record, &self.options)),
            sentence: resting.sentence.html(),
            colors: resting.colors(),
            body: body.html,
            has_more,
        };
        Ok(document.written(&data))
    }
}
