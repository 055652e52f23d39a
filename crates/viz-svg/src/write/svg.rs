//! The SVG writer: the only file that knows a tag.
//!
//! Plain presentation attributes, no script, no style sheet: what browsers, Inkscape, resvg and TeX or Typst tool
//! chains all read. Rectangles of one colour and height become one stroked path, so that thousands of cells take a
//! few bytes each.

use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::scene::{Anchor, Item, Rect, Scene, Text};
use crate::text::font;
use crate::text::font::FAMILY;
use crate::text::spans::{Span, spans};
use crate::values::number::coordinate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use svg::Document;
use svg::node::Text as Content;
use svg::node::element::{
    Definitions, Description, Element, Group, Image, Path, Pattern as PatternElement, Rectangle,
    Text as TextElement, Title,
};

impl Scene {
    /// The picture as SVG: the same bytes for the same scene.
    ///
    /// Its ids begin with [`id_prefix`](Self::id_prefix), or with `saliency-` and the FNV-1a hash (64 bits) of
    /// everything in the picture: so several of them can stand in one page.
    pub fn to_svg(&self) -> String {
        if let Some(prefix) = &self.id_prefix {
            return self.to_svg_with_ids(prefix);
        }
        let marked = self.to_svg_with_ids(NO_PREFIX);
        let prefix = format!("saliency-{:016x}", fnv1a(marked.as_bytes()));
        marked.replace(NO_PREFIX, &prefix)
    }

    /// The picture as SVG, with ids that begin with `prefix`, whatever [`id_prefix`](Self::id_prefix) says.
    pub fn to_svg_with_ids(&self, prefix: &str) -> String {
        self.written(prefix, Lettering { painted: &Painted::whole, squeezes: self.is_live() })
    }

    /// Whether a page redraws some of it.
    fn is_live(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Group { live: Some(_), .. }))
    }

    /// The picture for a renderer whose fonts are known.
    pub(crate) fn written(&self, prefix: &str, lettering: Lettering<'_>) -> String {
        let size = (coordinate(self.width), coordinate(self.height));
        let mut document = Document::new()
            .set("viewBox", format!("0 0 {} {}", size.0, size.1))
            .set("width", size.0.as_str())
            .set("height", size.1.as_str())
            .set("role", "img")
            .set("aria-labelledby", format!("{prefix}-title {prefix}-description"))
            .set("font-family", format!("'{FAMILY}', Menlo, Consolas, monospace"))
            .set("xml:space", "preserve")
            .add(Title::new(self.title.as_str()).set("id", format!("{prefix}-title")))
            .add(described(&self.description).set("id", format!("{prefix}-description")));
        let writer = Writer { scene: self, prefix, lettering };
        let mut patterns = patterns(&self.items);
        // A page may need any of them.
        if self.is_live() {
            patterns = Pattern::ALL.into_iter().collect();
        }
        if !patterns.is_empty() {
            document = document.add(writer.definitions(&patterns));
        }
        let background = Rectangle::new()
            .set("width", size.0.as_str())
            .set("height", size.1.as_str())
            .set("fill", self.theme.background().to_string());
        document = document.add(background);
        for item in &self.items {
            document = writer.item(item).into_iter().fold(document, Document::add);
        }
        let mut text = document.to_string();
        text.push('\n');
        text
    }
}

/// Stands for a prefix that is not known yet. No XML may hold this character.
const NO_PREFIX: &str = "\u{fffe}";

/// The FNV-1a hash in 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn described(text: &str) -> Description {
    Description::new().add(Content::new(text))
}

/// The patterns that a scene uses, in a fixed order.
fn patterns(items: &[Item]) -> BTreeSet<Pattern> {
    let mut found = BTreeSet::new();
    for item in items {
        match item {
            Item::Group { items, .. } => found.extend(patterns(items)),
            // What cannot be compared is one plain colour.
            Item::Cells { paint: Paint::Pattern(pattern), .. } if *pattern != Pattern::NotComparable => {
                found.insert(*pattern);
            }
            _ => {}
        }
    }
    found
}

struct Writer<'a> {
    scene: &'a Scene,
    prefix: &'a str,
    lettering: Lettering<'a>,
}

impl Writer<'_> {
    fn item(&self, item: &Item) -> Vec<Element> {
        match item {
            Item::Group { name, description, items, live } => {
                let mut group = Group::new().set("data-name", *name);
                if let Some(live) = live {
                    let at = format!("translate({} {})", coordinate(live.at.0), coordinate(live.at.1));
                    group = group.set("data-live", at);
                }
                if let Some(description) = description {
                    group = group.add(described(description));
                }
                vec![items.iter().flat_map(|item| self.item(item)).fold(group, Group::add).into()]
            }
            Item::Cells { paint, cells } => self.cells(*paint, cells),
            Item::Raster { rect, columns, cells, colors, .. } => {
                raster(*rect, *columns, cells, colors).into_iter().collect()
            }
            Item::Frame { rect, color, width } => vec![
                Rectangle::new()
                    .set("x", coordinate(rect.x))
                    .set("y", coordinate(rect.y))
                    .set("width", coordinate(rect.width))
                    .set("height", coordinate(rect.height))
                    .set("fill", "none")
                    .set("stroke", color.to_string())
                    .set("stroke-width", coordinate(*width))
                    .into(),
            ],
            Item::Line { from, to, color, width } => {
                let d = format!(
                    "M{} {}L{} {}",
                    coordinate(from.0),
                    coordinate(from.1),
                    coordinate(to.0),
                    coordinate(to.1)
                );
                vec![
                    Path::new()
                        .set("d", d)
                        .set("stroke", color.to_string())
                        .set("stroke-width", coordinate(*width))
                        .into(),
                ]
            }
            Item::Pointer { tip: (x, y), color } => {
                let d = format!("M{} {}l-5 -7h10z", coordinate(*x), coordinate(*y));
                vec![Path::new().set("d", d).set("fill", color.to_string()).into()]
            }
            Item::Dots { paint, rim, places } => {
                let fill = match paint {
                    Paint::Color(color) => *color,
                    Paint::Pattern(_) => self.scene.theme.not_comparable(),
                };
                let d = places.iter().fold(String::new(), |mut d, (x, y)| {
                    let _ =
                        write!(d, "M{} {}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", coordinate(x - 3.0), coordinate(*y));
                    d
                });
                vec![
                    Path::new()
                        .set("d", d)
                        .set("fill", fill.to_string())
                        .set("stroke", rim.to_string())
                        .into(),
                ]
            }
            Item::Text(text) => self::text(text, &self.lettering),
        }
    }

    fn cells(&self, paint: Paint, cells: &[Rect]) -> Vec<Element> {
        if cells.is_empty() {
            return Vec::new();
        }
        let color = match paint {
            Paint::Color(color) => color.to_string(),
            Paint::Pattern(Pattern::NotComparable) => self.scene.theme.not_comparable().to_string(),
            Paint::Pattern(pattern) => {
                let d = cells.iter().fold(String::new(), |mut d, r| {
                    let (x, y) = (coordinate(r.x), coordinate(r.y));
                    let (w, h) = (coordinate(r.width), coordinate(r.height));
                    let _ = write!(d, "M{x} {y}h{w}v{h}h-{w}z");
                    d
                });
                let fill = format!("url(#{}-{})", self.prefix, name(pattern));
                return vec![Path::new().set("d", d).set("fill", fill).into()];
            }
        };
        // One path for each height; in a heatmap that is one.
        let mut heights: Vec<f64> = cells.iter().map(|r| r.height).collect();
        heights.sort_by(f64::total_cmp);
        heights.dedup();
        heights
            .into_iter()
            .map(|height| {
                let same = cells.iter().filter(|r| r.height.to_bits() == height.to_bits());
                Path::new()
                    .set("d", stroked(same))
                    .set("stroke", color.as_str())
                    .set("stroke-width", coordinate(height))
                    .into()
            })
            .collect()
    }

    /// The patterns' definitions: strokes in the theme's ink over the colour of what cannot be compared.
    fn definitions(&self, patterns: &BTreeSet<Pattern>) -> Definitions {
        let theme = self.scene.theme;
        let (ground, ink) = (theme.not_comparable(), theme.ink());
        patterns.iter().fold(Definitions::new(), |definitions, &pattern| {
            let ground_rect =
                Rectangle::new().set("width", 4).set("height", 4).set("fill", ground.to_string());
            let mut element = PatternElement::new()
                .set("id", format!("{}-{}", self.prefix, name(pattern)))
                .set("width", 4)
                .set("height", 4)
                .set("patternUnits", "userSpaceOnUse")
                .add(ground_rect);
            let strokes = match pattern {
                Pattern::NotComparable => "",
                Pattern::Missing => "M-1 1l2 -2M0 4l4 -4M3 5l2 -2",
                Pattern::NotANumber => "M0 4l4 -4M0 0l4 4",
                Pattern::Infinite => "M1 0v4M3 0v4",
                Pattern::NegativeInfinite => "M0 1h4M0 3h4",
            };
            if !strokes.is_empty() {
                let path =
                    Path::new().set("d", strokes).set("stroke", ink.to_string()).set("stroke-width", "0.8");
                element = element.add(path);
            }
            definitions.add(element)
        })
    }
}

/// A run of text, cut where a renderer could not be trusted to keep its places.
fn text(text: &Text, lettering: &Lettering<'_>) -> Vec<Element> {
    let spans = spans(&text.text);
    if let [span] = &spans[..]
        && (span.covered || (lettering.painted)(&span.text) == Painted::whole(&span.text))
    {
        return vec![run(text, None, span.covered && !lettering.squeezes).into()];
    }
    let columns = spans.iter().map(|s| s.columns).sum::<usize>().max(1) as f64;
    let (column, left) = (text.width / columns, text.bounds());
    let left = if text.upward { left.y + left.height - text.y } else { left.x - text.x };
    let place = |span: &Span| Text {
        text: span.text.trim_matches(' ').to_owned(),
        x: text.x + if text.upward { -left } else { left } + span.leading() as f64 * column,
        width: (span.columns - span.spaces()) as f64 * column,
        anchor: Anchor::Start,
        ..text.clone()
    };
    let around = (text.x, text.y);
    let drawn = spans.iter().filter(|span| span.columns > span.spaces());
    drawn
        .flat_map(|span| {
            let placed = place(span);
            if span.covered {
                return vec![run(&placed, Some(around), !lettering.squeezes).into()];
            }
            let painted = (lettering.painted)(placed.text.as_str());
            let mut elements = if painted.whole { Vec::new() } else { vec![boxed(&placed, around)] };
            let natural = font::columns(&painted.text) as f64 * column;
            if painted.text.chars().all(font::covers) && natural > 0.0 && natural < placed.width {
                // The embedded font's own glyph in the room of a wider one.
                let x = placed.x + (placed.width - natural) / 2.0;
                let run = run(&Text { text: painted.text, x, width: natural, ..placed }, Some(around), true);
                elements.push(run.into());
            } else if !painted.text.is_empty() {
                elements.push(run(&Text { text: painted.text, ..placed }, Some(around), false).into());
            }
            elements
        })
        .collect()
}

/// One stretch of text as it is; an upward one turns around `around`.
fn run(text: &Text, around: Option<(f64, f64)>, covered: bool) -> TextElement {
    let mut element = TextElement::new(text.text.as_str())
        .set("x", coordinate(text.x))
        .set("y", coordinate(text.y))
        .set("font-size", coordinate(text.size))
        .set("fill", text.color.to_string());
    if text.width > 0.0 {
        element = element.set("textLength", coordinate(text.width));
    }
    if !covered {
        // Another font's glyphs are squeezed, not moved apart.
        element = element.set("lengthAdjust", "spacingAndGlyphs");
    }
    if text.bold {
        element = element.set("font-weight", "bold");
    }
    if text.underlined {
        element = element.set("text-decoration", "underline");
    }
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => element = element.set("text-anchor", "middle"),
        Anchor::End => element = element.set("text-anchor", "end"),
    }
    if text.upward {
        element = element.set("transform", upward(around.unwrap_or((text.x, text.y))));
    }
    element
}

fn upward((x, y): (f64, f64)) -> String {
    format!("rotate(-90 {} {})", coordinate(x), coordinate(y))
}

/// What stands for characters that no font at hand has: a box of their width.
fn boxed(text: &Text, around: (f64, f64)) -> Element {
    let (size, rim) = (text.size, 0.1 * text.size);
    let mut element = Rectangle::new()
        .set("x", coordinate(text.x + rim))
        .set("y", coordinate(text.y - 0.72 * size))
        .set("width", coordinate((text.width - 2.0 * rim).max(rim)))
        .set("height", coordinate(0.88 * size))
        .set("fill", "none")
        .set("stroke", text.color.to_string())
        .set("stroke-width", coordinate(0.07 * size));
    if text.upward {
        element = element.set("transform", upward(around));
    }
    element.into()
}

/// What the picture's reader has glyphs for, besides the embedded font's.
pub(crate) struct Lettering<'a> {
    /// What can be painted of a text that the embedded font does not have.
    pub(crate) painted: &'a dyn Fn(&str) -> Painted,
    /// Whether every text is fitted by its glyphs' width, and not letter by letter: browsers paint that several times
    /// faster, and with the embedded font it looks the same.
    pub(crate) squeezes: bool,
}

/// The part of a text that there are glyphs for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Painted {
    pub(crate) text: String,
    /// Whether that is all that was to be seen.
    pub(crate) whole: bool,
}

impl Painted {
    /// All of it: what readers do that look for a font themselves.
    fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), whole: true }
    }
}

/// A grid as an indexed PNG inside the SVG, which stays sharp when it is enlarged.
fn raster(rect: Rect, columns: usize, cells: &[u8], colors: &[Color]) -> Option<Element> {
    let rows = cells.len().checked_div(columns)?;
    let data =
        format!("data:image/png;base64,{}", STANDARD.encode(indexed_png(columns, rows, cells, colors)?));
    let image = Image::new()
        .set("x", coordinate(rect.x))
        .set("y", coordinate(rect.y))
        .set("width", coordinate(rect.width))
        .set("height", coordinate(rect.height))
        .set("preserveAspectRatio", "none")
        .set("image-rendering", "pixelated")
        .set("href", data);
    Some(image.into())
}

/// `None` for a grid without cells, or one that is too large for a PNG.
fn indexed_png(columns: usize, rows: usize, cells: &[u8], colors: &[Color]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, columns.try_into().ok()?, rows.try_into().ok()?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colors.iter().flat_map(|color| color.0).collect::<Vec<u8>>());
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(cells).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

fn name(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::Missing => "missing",
        Pattern::NotANumber => "nan",
        Pattern::Infinite => "infinite",
        Pattern::NegativeInfinite => "negative-infinite",
        Pattern::NotComparable => "not-comparable",
    }
}

/// Rectangles as horizontal strokes through their middles, in relative moves of hundredths.
fn stroked<'a>(cells: impl Iterator<Item = &'a Rect>) -> String {
    let hundredths = |x: f64| (x * 100.0).round() as i64;
    let spelled = |n: i64| coordinate(n as f64 / 100.0);
    let (mut d, mut at) = (String::new(), None);
    for cell in cells {
        let (x, y) = (hundredths(cell.x), hundredths(cell.y + cell.height / 2.0));
        let end = hundredths(cell.x + cell.width);
        let _ = match at {
            None => write!(d, "M{} {}h{}", spelled(x), spelled(y), spelled(end - x)),
            // What touches the stroke before it belongs to it.
            Some((from, level)) if (from, level) == (x, y) => write!(d, "h{}", spelled(end - x)),
            Some((from, level)) => {
                write!(d, "m{} {}h{}", spelled(x - from), spelled(y - level), spelled(end - x))
            }
        };
        at = Some((end, y));
    }
    d
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    /// The test vectors of the hash's authors (draft-eastlake-fnv).
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
