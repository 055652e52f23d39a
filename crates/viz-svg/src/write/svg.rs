//! The SVG writer. With [`lettering`](crate::write::lettering) and [`raster`](crate::write::raster), the only files
//! that know tags.
//!
//! Plain presentation attributes, no script, no style sheet: what browsers, Inkscape, resvg and TeX or Typst tool
//! chains all read. Rectangles of one colour and height become one stroked path, so that thousands of cells take a
//! few bytes each.

use crate::paint::scale::{Paint, Pattern};
use crate::scene::{Item, Rect, Scene};
use crate::text::font::FAMILY;
use crate::values::number::coordinate;
use crate::write::lettering::{Lettering, Painted, text_elements};
use crate::write::raster::raster;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use svg::Document;
use svg::node::Text as Content;
use svg::node::element::{
    Definitions, Description, Element, Group, Path, Pattern as PatternElement, Rectangle, Title,
};

impl Scene {
    /// The picture as SVG: the same bytes for the same scene.
    ///
    /// Its ids begin with [`id_prefix`](Self::id_prefix), or with `saliency-` and the FNV-1a hash (64 bits) of the
    /// whole picture, so that several pictures can be on one page.
    pub fn to_svg(&self) -> String {
        if let Some(prefix) = &self.id_prefix {
            return self.to_svg_with_ids(prefix);
        }
        let marked = self.to_svg_with_ids(NO_PREFIX);
        let prefix = format!("saliency-{:016x}", fnv1a(marked.as_bytes()));
        marked.replace(NO_PREFIX, &prefix)
    }

    /// The picture as SVG, with ids that begin with `prefix` instead of [`id_prefix`](Self::id_prefix).
    pub fn to_svg_with_ids(&self, prefix: &str) -> String {
        self.written(prefix, Lettering { painted: &Painted::whole, squeezes: self.is_redrawn() })
    }

    /// Whether a page redraws some of it.
    fn is_redrawn(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Group { redraw: Some(_), .. }))
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
        if self.is_redrawn() {
            patterns.extend(Pattern::ALL);
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
            Item::Group { name, description, items, redraw } => {
                let mut group = Group::new().set("data-name", *name);
                if let Some(redraw) = redraw {
                    let at = format!("translate({} {})", coordinate(redraw.at.0), coordinate(redraw.at.1));
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
            Item::Dots { paint, rim, radius, places } => {
                let r = coordinate(*radius);
                let fill = match paint {
                    Paint::Color(color) => *color,
                    Paint::Pattern(_) => self.scene.theme.not_comparable(),
                };
                let d = places.iter().fold(String::new(), |mut d, (x, y)| {
                    // From the top all the way round but a hundredth: shorter than two halves.
                    let _ = write!(d, "M{} {}a{r} {r} 0 1 1-.01 0z", coordinate(*x), coordinate(y - radius));
                    d
                });
                vec![
                    Path::new()
                        .set("d", d)
                        .set("fill", fill.to_string())
                        .set("stroke", rim.to_string())
                        .set("stroke-width", "0.5")
                        .into(),
                ]
            }
            Item::Text(text) => text_elements(text, &self.lettering),
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
            // What is hidden is quiet: there may be much of it.
            let (ground, ink) = match pattern {
                Pattern::Hidden => (theme.background(), theme.muted()),
                _ => (ground, ink),
            };
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
                Pattern::Hidden => "M1.5 2h1",
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

fn name(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::Missing => "missing",
        Pattern::NotANumber => "nan",
        Pattern::Infinite => "infinite",
        Pattern::NegativeInfinite => "negative-infinite",
        Pattern::NotComparable => "not-comparable",
        Pattern::Hidden => "hidden",
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
