//! What stands on the page under its head: the first screen, the figures of charts, and the tabs.

use crate::chart::Chart;
use crate::charts::Scatter;
use crate::error::Error;
use crate::options::Options;
use crate::page::about::about;
use crate::page::figure::PageFigure;
use crate::page::figures::Figures;
use crate::page::paragraph::paragraphs;
use crate::page::resting::Resting;
use crate::page::tabs::Tab;
use saliency_schema::Record;
use std::fmt::Write as _;

/// Under the text and the heat map, until the scatter plot.
const INSPECTOR: &str = include_str!("inspector.html");
/// The methods' table, which the script fills.
const METHODS: &str = include_str!("methods.html");

/// The page's body, as HTML.
pub(crate) struct Body<'a> {
    pub(crate) records: &'a [Record],
    /// What sets each record apart.
    pub(crate) names: &'a [String],
    pub(crate) options: &'a Options,
    pub(crate) resting: &'a Resting,
    pub(crate) figures: Figures<'a>,
    pub(crate) html: String,
}

impl Body<'_> {
    /// The text, beside it the heat map where the page is a report, and below them the words in order.
    pub(crate) fn first_screen(&mut self, texts: &[String], report: bool) -> Result<(), Error> {
        let resting = self.resting;
        let text = paragraphs(&self.records[resting.state.panel], texts, |token| resting.class(token));
        let class = if report { "first" } else { "first alone" };
        self.say(format_args!(
            "<div class=\"{class}\">\n<div class=\"text\" id=\"saliency-text\" tabindex=\"0\" role=\"region\" aria-label=\"The text\">\n{text}</div>\n"
        ));
        if report {
            self.say(format_args!("<div class=\"map\">\n"));
            for figure in self.figures.maps()? {
                self.add(figure, false);
            }
            self.say(format_args!("</div>\n"));
        }
        self.html.push_str(INSPECTOR);
        for figure in self.figures.of_chart(&Scatter)? {
            // It has no state at rest.
            self.add(PageFigure { rests: false, ..figure }, false);
        }
        self.say(format_args!("</div>\n</div>\n"));
        Ok(())
    }

    /// The figures of a chart; none of one that shows what is on every page.
    pub(crate) fn chart(&mut self, chart: &dyn Chart) -> Result<(), Error> {
        for figure in self.figures.of_chart(chart)? {
            if !figure.scene.items.is_empty() {
                self.add(figure, true);
            }
        }
        Ok(())
    }

    /// The tabs: all of a report, and of other pages the table and what is to be known.
    pub(crate) fn tabs(&mut self, report: bool) -> Result<(), Error> {
        let mut tabs = Tab::of(self.records);
        tabs.retain(|tab| report || tab.needs_no_script());
        self.say(format_args!(
            "<p class=\"cell\" id=\"saliency-cell\" data-needs-script hidden></p>\n\
             <div role=\"tablist\" aria-label=\"More\" data-needs-script hidden>\n"
        ));
        for tab in &tabs {
            let (name, title) = (tab.name(), tab.title());
            self.say(format_args!(
                "<button type=\"button\" role=\"tab\" id=\"saliency-tab-{name}\" data-tab=\"{name}\" \
                 aria-controls=\"saliency-panel-{name}\">{title}</button>\n"
            ));
        }
        self.say(format_args!("</div>\n"));
        for tab in tabs {
            let (name, title) = (tab.name(), tab.title());
            let hidden = if tab.needs_no_script() { "" } else { " hidden" };
            self.say(format_args!(
                "<div role=\"tabpanel\" class=\"panel\" id=\"saliency-panel-{name}\" \
                 aria-labelledby=\"saliency-tab-{name}\" tabindex=\"0\"{hidden}>\n<h2 data-without-script>{title}</h2>\n"
            ));
            self.panel(tab)?;
            self.say(format_args!("</div>\n"));
        }
        Ok(())
    }

    /// What stands on a tab.
    fn panel(&mut self, tab: Tab) -> Result<(), Error> {
        if let Some(chart) = tab.chart() {
            for figure in self.figures.of_chart(chart)? {
                self.add(PageFigure { rests: false, ..figure }, false);
            }
        }
        match tab {
            Tab::Methods => self.html.push_str(METHODS),
            Tab::Table => self.say(format_args!(
                "<p data-needs-script hidden><button type=\"button\" id=\"saliency-every\" aria-pressed=\"false\">\
                 Every row</button></p>\n<table id=\"saliency-table\">{}</table>\n",
                self.resting.table()
            )),
            Tab::About => self.html.push_str(&about(self.records, self.names, self.options)?),
            Tab::Every | Tab::Continuations | Tab::Long => {}
        }
        Ok(())
    }

    fn add(&mut self, figure: PageFigure, heading: bool) {
        self.html.push_str(&self.figures.add(figure, heading));
    }

    fn say(&mut self, html: std::fmt::Arguments<'_>) {
        let _ = self.html.write_fmt(html);
    }
}
