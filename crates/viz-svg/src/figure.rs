//! A chart of some records, with its options: the builder that callers use.

use crate::chart::Chart;
use crate::charts::{InputFocused, Interesting, Map, Minimap, Perturbation, Rivals, Tokens};
use crate::error::Error;
use crate::options::look::Look;
use crate::options::rule::Rule;
use crate::options::{Options, State};
use crate::paint::palette::Palette;
use crate::paint::theme::Theme;
use crate::scene::Scene;
use saliency_schema::{DistanceProfile, Record, Scores};
use std::ops::Range;
use std::sync::Arc;

/// A chart of some records, with its options, built by setters:
/// `TallHeatmap::new(&record).lock(3).theme(Theme::Dark).to_svg()?`.
///
/// In a notebook (`evcxr`) the value displays itself.
#[derive(Debug, Clone)]
#[must_use]
pub struct Figure<'a, C> {
    chart: C,
    records: &'a [Record],
    options: Options,
}

impl<'a, C: Chart> Figure<'a, C> {
    /// Any chart, including one of your own, of one record or several.
    pub fn new<R: AsRecords + ?Sized>(chart: C, records: &'a R) -> Self {
        Self { chart, records: records.as_records(), options: Options::default() }
    }

    /// All options at once. Default: [`Options::default`].
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The output that is shown (A): its number, or `(panel, number)`. Default: [`Options::hover`].
    pub fn hover(mut self, output: impl Into<State>) -> Self {
        self.options.hover = Some(output.into());
        self
    }

    /// The output that is compared with (B), so that A − B is shown: its number, or `(panel, number)`. Default:
    /// [`Options::lock`].
    pub fn lock(mut self, output: impl Into<State>) -> Self {
        self.options.lock = Some(output.into());
        self
    }

    /// The input token under the pointer, by its position. Default: none.
    pub fn token(mut self, position: usize) -> Self {
        self.options.token = Some(position);
        self
    }

    /// Draws only these inputs, by position, and states how much of each row lies outside. Default: all.
    pub fn inputs(mut self, positions: Range<usize>) -> Self {
        self.options.inputs = Some(positions);
        self
    }

    /// Draws a part of the prompt, by its name, as one cell with the sum of its values. Call it again for more parts.
    /// Default: none.
    pub fn fold(mut self, part: impl Into<String>) -> Self {
        self.options.fold.push(part.into());
        self
    }

    /// The number of the record to draw, for a chart that draws one of several. Default: the only record.
    pub fn record(mut self, number: usize) -> Self {
        self.options.record = Some(number);
        self
    }

    /// Draws single tokens where several are one word. Default: words, with the sum of their tokens' values.
    pub fn tokens(mut self) -> Self {
        self.options.tokens = true;
        self
    }

    /// Whether numbers and colours are those of plain charts, or the notebook's. Default: [`Look::Plain`].
    pub fn look(mut self, look: Look) -> Self {
        self.options.look = look;
        self
    }

    /// Shows each share against the median of a profile at its distance from the output. Default: shares themselves.
    pub fn relative(mut self, profile: DistanceProfile) -> Self {
        self.options.relative = Some(profile);
        self
    }

    /// How far methods agree, and how each does in tests; [`Options::scores`].
    pub fn scores(mut self, scores: impl Into<Arc<Scores>>) -> Self {
        self.options.scores = Some(scores.into());
        self
    }

    /// Shows only what a rule keeps; the picture states how much it hides. Default: all.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.options.rule = rule;
        self
    }

    /// Default: [`Theme::Light`].
    pub fn theme(mut self, theme: Theme) -> Self {
        self.options.theme = theme;
        self
    }

    /// The colours: a diverging palette for values with a sign, a sequential one for values without. Default: by sign,
    /// look and theme.
    pub fn palette(mut self, palette: Palette) -> Self {
        self.options.palette = Some(palette);
        self
    }

    /// The quantile of the inputs' absolute values that the colour scale ends at, in (0, 1]. Default: 0.99.
    pub fn clip(mut self, quantile: f64) -> Self {
        self.options.clip = quantile;
        self
    }

    /// Where the colour scale ends ([`Options::scale_max`]). Default: from the data, by [`clip`](Self::clip).
    pub fn scale_max(mut self, end: f64) -> Self {
        self.options.scale_max = Some(end);
        self
    }

    /// How much of what is small is shown, above 0: values without a sign fade to the panel's colour below 1 /
    /// intensity of an even share of their row. Default: 1.
    pub fn intensity(mut self, intensity: f64) -> Self {
        self.options.intensity = intensity;
        self
    }

    /// The picture's width in units (pixels at scale 1), from 240 to 20,000. Default: the chart's choice.
    pub fn width(mut self, units: f64) -> Self {
        self.options.width = Some(units);
        self
    }

    /// The picture's title. Default: the chart's title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.options.title = Some(title.into());
        self
    }

    /// The model's name, for records that do not hold one. Default: none.
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.options.model = Some(name.into());
        self
    }

    /// The method's name, for records that do not hold one. Default: none.
    pub fn method(mut self, name: impl Into<String>) -> Self {
        self.options.method = Some(name.into());
        self
    }

    /// The prefix of the ids in the SVG, for several pictures on one page: a letter or `_`, then letters, digits, `-`,
    /// `_` and `.`. Default: `saliency-` and a hash of the picture, so that different pictures share no id.
    pub fn id_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.options.id_prefix = Some(prefix.into());
        self
    }

    /// The figure's chart, records and options.
    #[cfg(feature = "html")]
    pub(crate) fn parts(&self) -> (&C, &'a [Record], &Options) {
        (&self.chart, self.records, &self.options)
    }

    /// The picture, before it is written.
    ///
    /// # Errors
    /// As [`Chart::draw`].
    pub fn scene(&self) -> Result<Scene, Error> {
        self.chart.draw(self.records, &self.options)
    }

    /// The picture as SVG.
    ///
    /// # Errors
    /// As [`Chart::draw`].
    pub fn to_svg(&self) -> Result<String, Error> {
        Ok(self.scene()?.to_svg())
    }

    /// The picture as PNG, with `scale` pixels for each unit.
    ///
    /// # Errors
    /// As [`Chart::draw`] and [`Scene::to_png`].
    #[cfg(feature = "png")]
    pub fn to_png(&self, scale: f32) -> Result<Vec<u8>, Error> {
        self.scene()?.to_png(scale)
    }

    /// The picture as PDF, one page of its size; text stays text.
    ///
    /// # Errors
    /// As [`Chart::draw`] and [`Scene::to_pdf`].
    #[cfg(feature = "pdf")]
    pub fn to_pdf(&self) -> Result<Vec<u8>, Error> {
        self.scene()?.to_pdf()
    }

    /// `evcxr` calls this to display a value in a notebook's cell: the picture, or the error.
    #[allow(clippy::print_stdout, reason = "evcxr reads a value's picture from standard output")]
    pub fn evcxr_display(&self) {
        match self.to_svg() {
            Ok(svg) => println!("EVCXR_BEGIN_CONTENT text/html\n{svg}EVCXR_END_CONTENT"),
            Err(error) => println!("{error}"),
        }
    }
}

impl Figure<'_, Minimap> {
    /// Thumbnails per line. Default: 3.
    pub fn columns(mut self, count: usize) -> Self {
        self.options.columns = Some(count);
        self
    }
}

impl Figure<'_, InputFocused> {
    /// The input token that [`token`](Figure::token) is compared with, by its position. Default: none.
    pub fn against(mut self, position: usize) -> Self {
        self.options.against = Some(position);
        self
    }
}

impl Figure<'_, Interesting> {
    /// An output that is shown whole, by its number. Call it again for more. Default: none.
    pub fn expand(mut self, output: usize) -> Self {
        self.options.expand.push(output);
        self
    }
}

impl Figure<'_, Map> {
    /// Places words by what two outputs took from them, the first to the right. Default: principal components.
    pub fn outputs(mut self, x: usize, y: usize) -> Self {
        (self.options.x, self.options.y) = (Some(x), Some(y));
        self
    }
}

/// Charts that show the largest of something, and say how many.
macro_rules! top {
    ($($chart:ident, $doc:literal;)*) => {$(
        impl Figure<'_, $chart> {
            #[doc = $doc]
            pub fn top(mut self, count: usize) -> Self {
                self.options.top = Some(count);
                self
            }
        }
    )*};
}
top! {
    Tokens, "Number of table rows. Default: 40.";
    Rivals, "Number of words. Default: 8.";
    Perturbation, "Number of words. Default: 12.";
}

/// Charts with a text form.
macro_rules! text {
    ($($chart:ident),*) => {$(
        impl Figure<'_, $chart> {
            /// The table as plain text, for a terminal.
            ///
            /// # Errors
            /// As [`Chart::draw`].
            pub fn to_text(&self) -> Result<String, Error> {
                Ok($chart.text(self.records, &self.options)?.unwrap_or_default())
            }
        }
    )*};
}
text!(Tokens, Perturbation);

/// One record or several: what a chart can be drawn of.
pub trait AsRecords {
    /// The records.
    fn as_records(&self) -> &[Record];
}

impl AsRecords for Record {
    fn as_records(&self) -> &[Record] {
        std::slice::from_ref(self)
    }
}

impl AsRecords for [Record] {
    fn as_records(&self) -> &[Record] {
        self
    }
}

impl AsRecords for Vec<Record> {
    fn as_records(&self) -> &[Record] {
        self
    }
}

impl<const N: usize> AsRecords for [Record; N] {
    fn as_records(&self) -> &[Record] {
        self
    }
}
