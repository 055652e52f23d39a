//! Which of a scene's characters the fonts of a painter have glyphs for (features `png` and `pdf`).

use crate::scene::{Item, Scene};
use crate::text::characters::{is_ignorable, is_selector};
use crate::text::font;
use crate::text::spans::spans;
use crate::write::lettering::Painted;
use std::collections::BTreeSet;
use ttf_parser::Face;

/// What each font has of the characters that a scene asks for, in the order in which fonts are asked.
#[derive(Debug, Default)]
pub(crate) struct Glyphs(Vec<BTreeSet<char>>);

impl Glyphs {
    /// Adds a font.
    pub(crate) fn add(&mut self, has: BTreeSet<char>) {
        self.0.push(has);
    }

    /// Whether one font has all of a text.
    pub(crate) fn have(&self, text: &str) -> bool {
        seen(text).all(font::covers) || self.0.iter().any(|has| seen(text).all(|c| has.contains(&c)))
    }

    /// The part of a text that can be painted, in the one font that has most of it.
    pub(crate) fn painted(&self, text: &str) -> Painted {
        // The embedded fonts have one look for each character.
        let plain = || text.chars().filter(|c| !is_selector(*c)).collect::<String>();
        if seen(text).all(font::covers) {
            return Painted { text: plain(), whole: true };
        }
        let Some(has) = self.best(text) else { return Painted { text: String::new(), whole: false } };
        let whole = seen(text).all(|c| has.contains(&c));
        let kept: String = text.chars().filter(|c| is_ignorable(*c) || has.contains(c)).collect();
        let text = if whole { kept } else { kept.chars().filter(|c| !is_selector(*c)).collect() };
        Painted { text, whole }
    }

    /// The characters of a text that the font that paints it has no glyph for.
    fn lacking<'a>(&'a self, text: &'a str) -> impl Iterator<Item = char> + 'a {
        let best = if seen(text).all(font::covers) { None } else { Some(self.best(text)) };
        seen(text).filter(move |c| best.is_some_and(|best| best.is_none_or(|has| !has.contains(c))))
    }

    /// The first of the fonts that have most of a text.
    fn best(&self, text: &str) -> Option<&BTreeSet<char>> {
        let count = |has: &BTreeSet<char>| seen(text).filter(|c| has.contains(c)).count();
        let mut best = None;
        for has in &self.0 {
            let count = count(has);
            if count > best.map_or(0, |(most, _)| most) {
                best = Some((count, has));
            }
        }
        best.map(|(_, has)| has)
    }

    /// The characters of a scene that are boxes, or stand in one without their marks.
    pub(crate) fn missing(&self, asked: &BTreeSet<String>) -> BTreeSet<char> {
        asked.iter().flat_map(|text| self.lacking(text)).collect()
    }
}

/// The stretches of a scene's texts that the embedded fonts do not have in both weights.
pub(crate) fn asked(scene: &Scene) -> BTreeSet<String> {
    fn gather(items: &[Item], asked: &mut BTreeSet<String>) {
        for item in items {
            match item {
                Item::Group { items, .. } => gather(items, asked),
                Item::Text(text) => {
                    let uncovered = spans(&text.text).into_iter().filter(|span| !span.covered);
                    asked.extend(uncovered.map(|span| span.text));
                }
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    gather(&scene.items, &mut found);
    found.retain(|text| !seen(text).all(font::covers));
    found
}

/// What a font has of some characters.
pub(crate) fn of_face(face: &Face<'_>, characters: &BTreeSet<char>) -> BTreeSet<char> {
    characters.iter().copied().filter(|c| face.glyph_index(*c).is_some()).collect()
}

/// The characters of a text that need a glyph.
pub(crate) fn seen(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_ignorable(*c))
}
