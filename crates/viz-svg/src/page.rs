//! The page: charts of the same records in one HTML file that works from disk, without any request.
//!
//! Without script it shows the pictures. With it, the script redraws their live groups from the records' values, which
//! lie in a block of JSON: 16 bits for each, in units of the row's largest.

use crate::chart::{Chart, charts};
use crate::error::Error;
use crate::figure::Figure;
use crate::layout::legend::{axis_names, panel_names, provenance};
use crate::layout::notes;
use crate::layout::panels::Panels;
use crate::options::{Options, State};
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use crate::redraw::{Part, Redraw};
use crate::scene::Scene;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::label::label_at;
use crate::text::visible;
use crate::values::kind::Kind;
use crate::values::number::coordinate;
use crate::values::view::View;
use crate::values::{excerpt, explained};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saliency_schema::Record;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};

const SCRIPT: &str = include_str!("page/page.min.js");
const STYLE: &str = include_str!("page/page.min.css");
const TOOLS: &str = include_str!("page/tools.html");
const ASIDE: &str = include_str!("page/aside.html");

/// A value of a row's largest size, and the codes of what is no number. The script knows them too.
const UNITS: f64 = 32_760.0;
const MISSING: i16 = i16::MIN;
const NOT_A_NUMBER: i16 = i16::MIN + 1;
const NEGATIVE_INFINITE: i16 = i16::MIN + 2;
const INFINITE: i16 = i16::MAX;

/// What can be written as one self-contained page.
pub trait ToHtml {
    /// The page: one file, without any request to anywhere, under a content security policy that says so.
    ///
    /// The values in it are kept to 1/32760 of their row's largest.
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
    pub fn new<R: crate::AsRecords + ?Sized>(records: &'a R) -> Self {
        let records = records.as_records();
        Self { records, charts: Vec::new(), options: Options::default(), title: None }
    }

    /// Adds a chart, one of your own among them, which stays as it is drawn.
    pub fn chart(mut self, chart: &'a dyn Chart) -> Self {
        self.charts.push(chart);
        self
    }

    /// Adds every chart there is.
    pub fn every_chart(mut self) -> Self {
        self.charts.extend(charts());
        self
    }

    /// The state that the page opens with, and how it looks. Default: [`Options::default`]. The light theme follows the
    /// reader's preference.
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The page's title. Default: the charts' names.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// The page as a frame inside another page: what a notebook's cell shows.
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

    /// What `evcxr` calls to display a value in a notebook's cell: the page in a frame, or why there is none.
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
        let options = Options { live: true, theme, record: None, ..self.options.clone() };
        let mut figures = Vec::new();
        for &chart in &self.charts {
            // An option of one chart is none of the others'.
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

    /// The state that the page opens with, as its address would say it.
    fn state(&self, records: &[Record]) -> String {
        let only_scatter = self.charts.iter().all(|chart| chart.name() == "scatter");
        let last = records[0].n_output().checked_sub(1).filter(|last| only_scatter && *last > 0);
        let hover = self.options.hover.or(last.map(State::output));
        let lock = self.options.lock.or(last.map(|_| State::output(0)));
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
        let state = self.state(records);
        let data = json!({
            "records": all(records, &names, &self.options),
            "figures": figures.iter().map(PageFigure::data).collect::<Vec<_>>(),
            "palettes": palettes(),
            "themes": themes(),
            "rests": self.options.lock.is_none() && self.options.palette.is_none(),
            "state": state,
            "theme": match self.options.theme { Theme::Light => "", Theme::Dark => "dark", Theme::Print => "light" },
            "palette": self.options.palette.map_or("", Palette::name),
            "clip": self.options.clip,
            "max": self.options.scale_max.unwrap_or(0.0),
            "top": self.options.top.unwrap_or(40),
        });
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
             form-action 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        Ok(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n{TOOLS}</header>\n<main>\n<div>\n{body}</div>\n{ASIDE}</main>\n\
             <script type=\"application/json\" id=\"saliency-data\">{}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
            inert(&data)
        ))
    }
}

/// The records' notes, whole.
fn noted(records: &[Record], options: &Options) -> String {
    let notes = notes::of(records, options);
    if notes.is_empty() {
        return String::new();
    }
    let list = notes.iter().fold(String::new(), |mut list, note| {
        let of = note.panels.as_ref().map(|names| format!("<b>{}</b>: ", escaped(names)));
        let _ = writeln!(list, "<li>{}{}</li>", of.unwrap_or_default(), escaped(&note.text));
        list
    });
    format!("<div id=\"saliency-notes\">\n<h2>Notes</h2>\n<ul>\n{list}</ul>\n</div>\n")
}

/// A chart on the page.
struct PageFigure<'a> {
    chart: &'a dyn Chart,
    /// The records that it shows.
    first: usize,
    count: usize,
    /// Whether the page's switches show it and hide it.
    switched: bool,
    scene: Scene,
}

impl PageFigure<'_> {
    fn section(&self, number: usize, names: &[String], page: &mut String) {
        let name = self.chart.name();
        let of = if self.switched { format!(" ({})", names[self.first]) } else { String::new() };
        let heading = escaped(&format!("{name}: {}{of}", self.chart.summary()));
        let svg = self.scene.to_svg_with_ids(&format!("saliency-{number}"));
        let _ = write!(
            page,
            "<section data-figure=\"{number}\" data-chart=\"{name}\">\n<div class=\"head\"><h2>{heading}</h2>\
             <button type=\"button\" class=\"save\" data-needs-script hidden>Save as SVG</button></div>\n\
             <div class=\"chart\">{svg}</div>\n</section>\n",
        );
    }

    fn data(&self) -> Value {
        let mut parts = Vec::new();
        for item in &self.scene.items {
            if let Item::Group { live: Some(live), .. } = item {
                parts.push(part(live));
            }
        }
        let records: Vec<_> = (self.first..self.first + self.count).collect();
        json!({"records": records, "switched": self.switched, "theme": self.scene.theme.name(), "parts": parts})
    }
}

/// What the script is told of a group.
fn part(live: &Redraw) -> Value {
    let mut part = Map::new();
    let mut set = |name: &str, value: Value| part.insert(name.to_owned(), value);
    set("at", json!([number(live.at.0), number(live.at.1)]));
    if let Some(panel) = live.panel {
        set("panel", json!(panel));
    }
    match &live.part {
        Part::Tokens(boxes) => {
            set("kind", json!("tokens"));
            set("size", number(boxes.size));
            if !boxes.only.is_empty() {
                set("only", json!(boxes.only));
            }
            for (name, on) in [("ground", boxes.ground), ("later", boxes.later), ("bold", boxes.bold)] {
                if on {
                    set(name, json!(1));
                }
            }
            if let Some(rule) = boxes.rule {
                set("rule", json!([number(rule.x), number(rule.y), number(rule.height)]));
            }
            if let Some((width, height)) = boxes.area {
                set("area", json!([number(width), number(height)]));
            }
            set("boxes", tokens(&boxes.places));
            set("texts", boxes.texts.iter().map(|(token, text)| written(*token, text)).collect());
        }
        Part::Grid { cell, gap, free, turned, on_panel } => {
            set("kind", json!("grid"));
            set("cell", json!([cell.0, cell.1]));
            set("gap", number(*gap));
            set("free", number(*free));
            set("turned", json!(turned));
            set("panelled", json!(on_panel));
        }
        Part::Thumbnails { boxes, places } => {
            set("kind", json!("thumbnails"));
            set("boxes", tokens(boxes));
            let place = |r: &Rect| json!([number(r.x), number(r.y), number(r.width), number(r.height)]);
            set("places", places.iter().map(place).collect());
        }
        Part::ScatterPlot { side } => {
            set("kind", json!("pair"));
            set("side", number(*side));
        }
        Part::Legend(places) => {
            let three = |(a, b, c): (f64, f64, f64)| json!([number(a), number(b), number(c)]);
            set("kind", json!("legend"));
            if let Some(title) = places.title {
                set("title", three(title));
            }
            if let Some(heading) = places.heading {
                set("heading", three(heading));
            }
            set("bar", three(places.bar));
            set("lines", three(places.lines));
            if let Some((x, y)) = places.patterns {
                set("patterns", json!([number(x), number(y)]));
            }
            set("rows", json!(places.of_row));
            if let Some(titled) = &places.titled {
                set("titled", json!(titled));
            }
        }
        Part::Marks => {
            set("kind", json!("marks"));
        }
        Part::Table => {
            set("kind", json!("table"));
        }
    }
    Value::Object(part)
}

fn tokens(boxes: &[(usize, Rect)]) -> Value {
    let boxed = |(token, r): &(usize, Rect)| {
        json!([token, number(r.x), number(r.y), number(r.width), number(r.height)])
    };
    boxes.iter().map(boxed).collect()
}

fn written(token: usize, text: &Text) -> Value {
    let mut written =
        vec![json!(token), number(text.x), number(text.y), number(text.width), json!(text.text)];
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => written.push(json!("middle")),
        Anchor::End => written.push(json!("end")),
    }
    Value::Array(written)
}

/// A place, in hundredths.
fn number(x: f64) -> Value {
    coordinate(x).parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

/// Every record, and of several how each compares with the others.
fn all(records: &[Record], names: &[String], options: &Options) -> Vec<Value> {
    let kinds: Vec<_> = records.iter().map(Kind::of).collect();
    let axes = axis_names(records, names);
    let each = records.iter().zip(names).enumerate().map(|(k, (one, name))| {
        let mut fields = record(one, name, options);
        // Another record's row compares where both hold the same piece of text; by shares where unit or sign differ.
        if records.len() > 1 {
            let aligned = records.iter().map(|other| json!(runs(one.align(other).partners())));
            let first = kinds.iter().position(|kind| *kind == kinds[k]);
            fields.insert("aligned".into(), aligned.collect());
            fields.insert("kind".into(), json!(first));
            fields.insert("unit".into(), json!(kinds[k].words()));
            fields.insert("axis".into(), json!(axes[k]));
        }
        Value::Object(fields)
    });
    each.collect()
}

/// One record: its tokens, what it is, and its values.
fn record(record: &Record, name: &str, options: &Options) -> Map<String, Value> {
    let provenance = provenance(record, options);
    let said = |at: usize| provenance[at].split_once(": ").map_or("", |(_, value)| value);
    let (scales, values) = packed(record);
    let labels: Vec<_> = (0..record.tokens.len()).map(|i| label_at(&record.tokens, i)).collect();
    let mut fields = Map::new();
    fields.insert("inputs".into(), json!(record.n_input()));
    fields.insert("labels".into(), json!(labels));
    fields.insert("name".into(), json!(name));
    fields.insert("method".into(), json!(said(0)));
    fields.insert("target".into(), json!(said(1)));
    fields.insert("signed".into(), json!(record.signed));
    fields.insert("scales".into(), json!(scales));
    fields.insert("values".into(), json!(values));
    if let Some(excerpt) = &record.excerpt {
        fields.insert("positions".into(), json!(excerpt.positions));
        if excerpt.is_part() {
            let outside = (0..record.n_output()).filter_map(|row| excerpt::outside(record, row));
            fields.insert("outside".into(), json!(outside.collect::<Vec<_>>()));
            let inside = excerpt.outside.iter().map(|outside| outside.map(|outside| 1.0 - outside));
            fields.insert("inside".into(), json!(inside.collect::<Vec<_>>()));
        }
    }
    if explained::is_special(record) {
        let rows = || 0..record.n_output();
        let names: Vec<_> = rows().map(|row| explained::row(record, row)).collect();
        let titles: Vec<_> = rows().map(|row| explained::title(record, row)).collect();
        fields.insert("rows".into(), json!(names));
        fields.insert("titles".into(), json!(titles));
        fields.insert("whole".into(), json!(explained::title_of_all(record)));
    }
    fields
}

/// Counterparts as runs of them: the first token, its counterpart, and how many follow each other.
fn runs(partners: &[Option<usize>]) -> Vec<[usize; 3]> {
    let mut runs: Vec<[usize; 3]> = Vec::new();
    for (token, partner) in
        partners.iter().enumerate().filter_map(|(token, partner)| Some((token, (*partner)?)))
    {
        match runs.last_mut() {
            Some([from, to, length]) if *from + *length == token && *to + *length == partner => *length += 1,
            _ => runs.push([token, partner, 1]),
        }
    }
    runs
}

/// Every row's largest size, and all values in base64: 16 bits each, little-endian.
fn packed(record: &Record) -> (Vec<f64>, String) {
    let finite = |row: &Vec<Option<f64>>| {
        row.iter().flatten().filter(|x| x.is_finite()).fold(0.0, |largest: f64, x| largest.max(x.abs()))
    };
    let scales: Vec<f64> = record.attributions.iter().map(finite).collect();
    let code = |value: Option<f64>, scale: f64| match value {
        None => MISSING,
        Some(x) if x.is_nan() => NOT_A_NUMBER,
        Some(f64::INFINITY) => INFINITE,
        Some(f64::NEG_INFINITY) => NEGATIVE_INFINITE,
        Some(x) if scale > 0.0 => (x / scale * UNITS).round() as i16,
        Some(_) => 0,
    };
    let rows = record.attributions.iter().zip(&scales);
    let bytes: Vec<u8> = rows
        .flat_map(|(row, &scale)| row.iter().flat_map(move |value| code(*value, scale).to_le_bytes()))
        .collect();
    (scales, STANDARD.encode(bytes))
}

/// Every palette's levels in both themes: three bytes each, in base64.
fn palettes() -> Value {
    let levels = |palette: Palette, theme: Theme| {
        let from = if palette.is_diverging() { -31 } else { 0 };
        let color = |level: i32| palette.color(f64::from(level) / 31.0, theme).0;
        STANDARD.encode((from..=31).flat_map(color).collect::<Vec<u8>>())
    };
    let palette = |palette: Palette| {
        let (light, dark) = (levels(palette, Theme::Light), levels(palette, Theme::Dark));
        let value = json!({"diverging": palette.is_diverging(), "light": light, "dark": dark});
        (palette.name().to_owned(), value)
    };
    Palette::ALL.into_iter().map(palette).collect()
}

fn themes() -> Value {
    let theme = |theme: Theme| {
        let value = json!({
            "ground": theme.background().to_string(), "panel": theme.panel().to_string(),
            "ink": theme.ink().to_string(), "muted": theme.muted().to_string(),
            "apart": theme.not_comparable().to_string(), "mark": theme.mark().to_string(),
        });
        (theme.name().to_owned(), value)
    };
    [Theme::Light, Theme::Dark].into_iter().map(theme).collect()
}

/// JSON that cannot end the block it stands in, whatever tokens it holds.
fn inert(data: &Value) -> String {
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

fn escaped(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
