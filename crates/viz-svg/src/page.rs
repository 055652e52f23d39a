//! The page: charts of the same records in one HTML file that works from disk, without any request.
//!
//! Without scripting it shows the pictures. With scripting, its script redraws groups of them from the records' values,
//! which are in a block of JSON: 16 bits for each value, in units of the row's largest.

mod data;
mod encode;
mod escape;
mod figure;
mod html;
mod redraw;

use crate::chart::{Chart, charts};
use crate::error::Error;
use crate::figure::{AsRecords, Figure};
use crate::options::{Options, State};
use crate::page::data::data;
use crate::page::escape::escaped;
use crate::page::figure::PageFigure;
use crate::page::html::{document, noted};
use crate::paint::theme::Theme;
use crate::values::names::panel_names;
use crate::values::panels::Panels;
use crate::values::view::View;
use saliency_schema::Record;
use std::fmt;

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

/// Charts of the same records on one page: hovering or locking a row in one shows it in the others.
///
/// Charts of one record are drawn for each, and the page's switches show one of them at a time.
#[derive(Clone)]
#[must_use]
pub struct Page<'a> {
    records: &'a [Record],
    charts: Vec<&'a dyn Chart>,
    options: Options,
    title: Option<String>,
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let charts: Vec<_> = self.charts.iter().map(|chart| chart.name()).collect();
        f.debug_struct("Page")
            .field("charts", &charts)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a> Page<'a> {
    /// A page of some records, without charts yet.
    pub fn new<R: AsRecords + ?Sized>(records: &'a R) -> Self {
        let records = records.as_records();
        Self { records, charts: Vec::new(), options: Options::default(), title: None }
    }

    /// Adds a chart. One of your own stays as it is drawn, since only this crate's charts are redrawn.
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

    /// The page's title. Default: the charts' names.
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

    /// Every figure: its chart, its records, and its picture.
    fn figures(&self, records: &'a [Record]) -> Result<Vec<PageFigure<'a>>, Error> {
        let theme = if self.options.theme == Theme::Dark { Theme::Dark } else { Theme::Light };
        let options = Options { for_page: true, theme, record: None, ..self.options.clone() };
        let mut figures = Vec::new();
        for &chart in &self.charts {
            // An option of one chart does not reach the others.
            let own = |name: &str| chart.own_options().contains(&name) || self.charts.len() == 1;
            let options = Options {
                columns: options.columns.filter(|_| own("columns")),
                top: options.top.filter(|_| own("top")),
                ..options.clone()
            };
            if chart.takes_several() {
                let scene = chart.draw(records, &options)?;
                figures.push(PageFigure { chart, first: 0, count: records.len(), switched: false, scene });
                continue;
            }
            for (k, record) in records.iter().enumerate() {
                let here = |state: Option<State>| match state {
                    Some(state) if records.len() == 1 => Some(state),
                    state => state.filter(|s| s.panel == k).map(|s| State::output(s.output)),
                };
                let options =
                    Options { hover: here(options.hover), lock: here(options.lock), ..options.clone() };
                let scene = chart.draw(std::slice::from_ref(record), &options)?;
                figures.push(PageFigure { chart, first: k, count: 1, switched: records.len() > 1, scene });
            }
        }
        Ok(figures)
    }

    /// The state that the page opens with, in the form of its address.
    fn state(&self) -> String {
        let (hover, lock) = (self.options.hover, self.options.lock);
        let mut parts = Vec::new();
        for (name, state) in [("hover", hover), ("lock", lock)] {
            parts.extend(state.map(|s| format!("{name}={}:{}", s.panel, s.output)));
        }
        parts.extend(self.options.token.map(|token| format!("token={token}")));
        parts.join("&")
    }
}

impl ToHtml for Page<'_> {
    fn to_html(&self) -> Result<String, Error> {
        if self.charts.is_empty() {
            return Err(Error::NoChart);
        }
        let view = View::of(self.records, &self.options)?;
        let (charts, title) = (self.charts.clone(), self.title.clone());
        Page { records: &view.records, charts, options: view.options.into_owned(), title }.written()
    }
}

impl Page<'_> {
    /// The page of what is shown.
    fn written(&self) -> Result<String, Error> {
        // The records that are asked for, with states that lie inside them.
        let records = Panels::of(self.records, &self.options)?.records;
        let figures = self.figures(records)?;
        let charts: Vec<_> = self.charts.iter().map(|chart| chart.name()).collect();
        let title = self.title.clone().or_else(|| self.options.title.clone());
        let title = escaped(&title.unwrap_or_else(|| charts.join(", ")));
        let mut body = noted(records, &self.options);
        let names = panel_names(records, &self.options);
        for (number, figure) in figures.iter().enumerate() {
            figure.section(number, &names, &mut body);
        }
        let data = data(records, &names, &figures, &self.options, &self.state());
        Ok(document(&title, &body, &data))
    }
}
