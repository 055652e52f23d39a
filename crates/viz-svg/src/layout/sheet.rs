//! A picture's frame: the legend above what is drawn, and a margin around it.

use crate::layout::caption;
use crate::layout::color_bar::{ColorBar, Ends};
use crate::layout::legend::Legend;
use crate::layout::notes;
use crate::layout::notes::Note;
use crate::options::Options;
use crate::paint::scale::Scale;
use crate::paint::theme::Theme;
use crate::redraw::Redraw;
use crate::scene::{Item, Rect, Scene, Text};
use crate::text::visible;
use crate::values::excerpt;
use crate::values::kept::Count;
use crate::values::names::common_lines;
use crate::values::rows::Rows;
use saliency_schema::{Record, Scores};

/// The size of headings.
pub(crate) const HEADING: f64 = 14.0;
/// Around every picture.
pub(crate) const MARGIN: f64 = 24.0;
/// Around a page's picture: room for half a frame's line.
const EDGE: f64 = 2.0;
/// Between the legend and what it explains.
const BELOW: f64 = 12.0;
/// A legend needs this much.
const LEAST: f64 = 480.0;

/// Around the picture, with these options.
pub(crate) fn margin(options: &Options) -> f64 {
    if options.for_page { EDGE } else { MARGIN }
}

/// A picture's frame. Items are laid out from `(0, 0)`; the sheet puts the legend above them, adds the margin and
/// computes the picture's size.
#[derive(Debug)]
pub struct Sheet<'a> {
    bars: Vec<ColorBar<'a>>,
    options: &'a Options,
    title: String,
    provenance: Vec<String>,
    notes: Vec<Note>,
    /// Of a chart of one row: how much of it lies outside what is shown.
    outside: Vec<String>,
    /// What is shown of the records, in words.
    excerpt: String,
    /// How many attributions the rule keeps: of the one row of a chart of one, or of all.
    kept: Count,
    items: Vec<Item>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet for a picture of one row of a record: the hovered one, or its difference from the locked one.
    /// [`Options::title`] replaces `title`.
    pub fn of_row(rows: &Rows<'_>, scale: &'a Scale, options: &'a Options, title: impl Into<String>) -> Self {
        let outside = excerpt::outside_of_shown(rows);
        let kept = rows.hover.map(|row| (rows, row));
        let kept = Count::of(kept);
        Self { outside, kept, ..Self::of_all(rows, scale, options, title) }
    }

    /// An empty sheet for a picture of all rows of a record. [`Options::title`] replaces `title`.
    pub fn of_all(rows: &Rows<'_>, scale: &'a Scale, options: &'a Options, title: impl Into<String>) -> Self {
        Self::of_several(std::slice::from_ref(rows.record), Ends::of(rows), scale, options, title)
    }

    /// An empty sheet for a picture of several records: the legend says what they have in common.
    pub fn of_several(
        records: &[Record],
        ends: Ends,
        scale: &'a Scale,
        options: &'a Options,
        title: impl Into<String>,
    ) -> Self {
        let title = options.title.clone().unwrap_or_else(|| title.into());
        let mut provenance = common_lines(records, options);
        provenance.extend(excerpt::inputs_of_all(records));
        let (outside, excerpt) = (Vec::new(), excerpt::in_words(records));
        let bars = vec![ColorBar { scale, ends, of: None }];
        let notes = notes::of(records, options);
        Self {
            bars,
            options,
            title,
            provenance,
            notes,
            outside,
            excerpt,
            kept: scale.kept,
            items: Vec::new(),
        }
    }

    /// An empty sheet for a picture of scores: the legend says what was scored, and the picture explains its colours
    /// itself.
    pub(crate) fn of_scores(scores: &Scores, options: &'a Options, title: impl Into<String>) -> Self {
        let said = |(name, value): (&str, Option<String>)| {
            format!("{name}: {}", value.unwrap_or_else(|| "not recorded".to_owned()))
        };
        let model = scores.model.as_ref().map(|model| visible(&model.name)).or_else(|| options.model.clone());
        let texts = match &scores.texts[..] {
            [text] => format!("one text, {} outputs", text.outputs),
            texts => format!("{} texts, {} outputs", texts.len(), scores.n_output()),
        };
        let notes = scores.caveats.iter().map(|text| Note { panels: None, text: text.clone() });
        Self {
            bars: Vec::new(),
            options,
            title: options.title.clone().unwrap_or_else(|| title.into()),
            provenance: [("model", model), ("scores", Some(texts))].map(said).to_vec(),
            notes: notes.collect(),
            outside: Vec::new(),
            excerpt: String::new(),
            kept: Count::default(),
            items: Vec::new(),
        }
    }

    /// These colour bars instead of the one for all; none where the picture explains its colours itself.
    #[must_use]
    pub(crate) fn with_bars(self, bars: Vec<ColorBar<'a>>) -> Self {
        let all = bars.iter().map(|bar| bar.scale.kept).reduce(Count::plus);
        Self { bars, kept: all.unwrap_or(self.kept), ..self }
    }

    /// One more colour bar, before the one for the row; and which of the two each is for.
    #[must_use]
    pub(crate) fn with_bar_before(mut self, bar: ColorBar<'a>, of: (&str, &str)) -> Self {
        for own in &mut self.bars {
            own.of = Some(of.1.to_owned());
        }
        self.bars.insert(0, ColorBar { of: Some(of.0.to_owned()), ..bar });
        self
    }

    /// Another title, where [`Options::title`] is not set.
    #[must_use]
    pub(crate) fn titled(self, title: impl Into<String>) -> Self {
        let title = self.options.title.clone().unwrap_or_else(|| title.into());
        Self { title, ..self }
    }

    /// What the ends of the colour scale mean. Default: [`Ends::of`] the rows.
    #[must_use]
    pub fn ends(mut self, ends: Ends) -> Self {
        if let Some(bar) = self.bars.first_mut() {
            let unit = if ends.unit.is_empty() { std::mem::take(&mut bar.ends.unit) } else { ends.unit };
            bar.ends = Ends { unit, ..ends };
        }
        self
    }

    /// Another title, where the caller gives none.
    pub(crate) fn set_title(&mut self, title: String) {
        if self.options.title.is_none() {
            self.title = title;
        }
    }

    /// The picture's title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The picture's theme.
    pub fn theme(&self) -> Theme {
        self.options.theme
    }

    /// Adds an item.
    pub fn add(&mut self, item: impl Into<Item>) {
        self.items.push(item.into());
    }

    /// Adds a group of items that were laid out from their own corner, at `at`; `words` are their values, for readers
    /// who do not see them.
    pub fn group(
        &mut self,
        name: &'static str,
        words: Option<String>,
        items: impl IntoIterator<Item = Item>,
        at: (f64, f64),
    ) {
        self.items.push(Item::group(name, words, items, at));
    }

    /// How much of each row lies outside what is drawn; nothing where `items` is empty.
    pub(crate) fn outside(&mut self, items: Vec<Item>, at: (f64, f64)) {
        if !items.is_empty() {
            self.group("outside", None, items, at);
        }
    }

    /// A group that a page redraws. `redraw` is called only where the picture is laid out for a page.
    pub(crate) fn redrawn_group(
        &mut self,
        name: &'static str,
        words: Option<String>,
        items: impl IntoIterator<Item = Item>,
        at: (f64, f64),
        redraw: impl FnOnce() -> Redraw,
    ) {
        // A page holds the values themselves.
        let words = words.filter(|_| !self.options.for_page);
        let group = Item::group(name, words, items, at);
        self.items.push(if self.options.for_page { group.redrawn(redraw(), at) } else { group });
    }

    /// On a page: where words and outputs are in a picture that stays as it is drawn.
    pub(crate) fn places(&mut self, at: (f64, f64), redraw: impl FnOnce() -> Redraw) {
        if self.options.for_page {
            self.redrawn_group("places", None, [], at, redraw);
        }
    }

    /// Adds a heading whose baseline begins at `(x, y)`.
    pub fn heading(&mut self, text: &str, x: f64, y: f64) {
        let ink = self.theme().ink();
        self.add(Text::new(text, x, y, HEADING, ink).bold());
    }

    /// The rule, how many attributions it keeps, and how much it hides; empty where it hides nothing.
    fn rule(&self) -> Vec<String> {
        if self.options.rule.is_empty() {
            return Vec::new();
        }
        vec![self.kept.in_words(&self.options.rule)]
    }

    /// The finished picture. `description` states in a sentence what it shows.
    pub fn scene(self, description: impl Into<String>) -> Scene {
        let bounds = self.items.iter().filter_map(Item::bounds).reduce(Rect::around);
        let bounds = bounds.unwrap_or(Rect::new(0.0, 0.0, 0.0, 0.0));
        // What stands out to the left or above moves everything.
        let (left, above) = (bounds.x.min(0.0), bounds.y.min(0.0));
        let none = if self.options.for_page { 0.0 } else { LEAST };
        let least = self.options.width.map_or(none, |width| width - 2.0 * margin(self.options));
        // Half a frame's line may stand in the margin. Whole units otherwise, so that a picture at scale 1 has no half
        // pixel at its edge.
        let right = bounds.x + bounds.width - left;
        let right = if right <= least + 2.0 { least } else { right.ceil() };
        let bottom = (bounds.y + bounds.height - above - 0.01).ceil();
        if self.options.for_page {
            return self.of_page(description.into(), (left, above), (right, bottom));
        }
        let patterns = self.items.iter().flat_map(Item::patterns).collect();
        let room = (MARGIN, MARGIN, right);
        let legend = Legend {
            title: &self.title,
            provenance: &self.provenance,
            options: self.options,
            bars: &self.bars,
            outside: &self.outside,
            patterns: &patterns,
        };
        let rule = self.rule();
        let said = rule.first().map(|said| format!(" {said}")).unwrap_or_default();
        let description = description.into() + &legend.in_words() + &said + &self.excerpt;
        let legend = legend.lay_out(room);
        let below = (MARGIN, MARGIN + legend.height, right);
        let notes = notes::lay_out(&self.notes, below, self.options.theme);
        let rule_top = MARGIN + legend.height + notes.height;
        let (lines, rule_height) = caption::lay_out(&rule, right, self.options.theme);
        let rule = (!lines.is_empty()).then(|| Item::group("rule", None, lines, (MARGIN, rule_top)));
        let top = rule_top + rule_height + BELOW;
        let body = self.items.into_iter().map(|item| item.moved(MARGIN - left, top - above));
        Scene {
            width: right + 2.0 * MARGIN,
            height: top + bottom + MARGIN,
            title: self.title,
            description,
            theme: self.options.theme,
            items: legend.items.into_iter().chain(notes.items).chain(rule).chain(body).collect(),
            id_prefix: self.options.id_prefix.clone(),
        }
    }

    /// The picture for a page, which says title, legend and notes once for all its pictures.
    fn of_page(self, description: String, (left, above): (f64, f64), (right, bottom): (f64, f64)) -> Scene {
        let body = self.items.into_iter().map(|item| item.moved(EDGE - left, EDGE - above));
        Scene {
            width: right + 2.0 * EDGE,
            height: bottom + 2.0 * EDGE,
            title: self.title,
            description: description + &self.excerpt,
            theme: self.options.theme,
            items: body.collect(),
            id_prefix: self.options.id_prefix.clone(),
        }
    }
}
