//! Contrast, and the embedded fonts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_viz_svg::{Color, Palette, Theme};
use std::collections::BTreeSet;

#[test]
fn text_is_never_under_4_5_to_1() {
    for theme in Theme::ALL {
        for ground in [theme.background(), theme.panel(), theme.not_comparable()] {
            assert!(ground.contrast(theme.ink()) >= 4.5, "{theme:?} {ground}");
        }
        for ground in [theme.background(), theme.panel()] {
            assert!(ground.contrast(theme.muted()) >= 4.5, "{theme:?} {ground} {}", theme.muted());
            assert!(ground.contrast(theme.mark()) >= 3.0, "{theme:?} {ground}");
        }
        for palette in Palette::ALL {
            for level in -31..=31 {
                let color = palette.color(f64::from(level) / 31.0, theme);
                assert!(color.contrast(color.ink()) >= 4.5, "{palette:?} {theme:?} {level}");
            }
        }
    }
    // WCAG's own example values: black on white is 21, #777 on white 4.48.
    assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
    assert!((Color([0x77; 3]).contrast(Color::WHITE) - 4.48).abs() < 0.005);
}

#[test]
fn the_advance_is_the_fonts_own() {
    for file in ["DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"] {
        let bytes = std::fs::read(format!("{}/fonts/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let face = ttf_parser::Face::parse(&bytes, 0).unwrap();
        assert_eq!(face.units_per_em(), 2048);
        for c in " aW.—“é€␣⏎⇥�≥−∞".chars() {
            let glyph = face.glyph_index(c).unwrap_or_else(|| panic!("{file} has no {c}"));
            assert_eq!(face.glyph_hor_advance(glyph), Some(1233), "{c}");
        }
    }
}

/// Characters that both fonts have a glyph of one advance for, as the source file lists them.
#[test]
fn the_list_of_covered_characters_is_the_fonts_own() {
    let font = |file: &str| std::fs::read(format!("{}/fonts/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (regular, bold) = (font("DejaVuSansMono.ttf"), font("DejaVuSansMono-Bold.ttf"));
    let faces = [&regular, &bold].map(|bytes| ttf_parser::Face::parse(bytes, 0).unwrap());
    let codes = |face: &ttf_parser::Face<'_>| {
        let mut codes = BTreeSet::new();
        for table in
            face.tables().cmap.unwrap().subtables.into_iter().filter(ttf_parser::cmap::Subtable::is_unicode)
        {
            table.codepoints(|code| codes.extend(char::from_u32(code)));
        }
        codes
    };
    let (one, other) = (codes(&faces[0]), codes(&faces[1]));
    let mut ranges: Vec<(char, char)> = Vec::new();
    let has = |c: char| faces.iter().all(|face| face.glyph_index(c).is_some());
    for &c in one.intersection(&other).filter(|c| !c.is_control() && has(**c)) {
        match ranges.last_mut() {
            Some((_, last)) if *last as u32 + 1 == c as u32 => *last = c,
            _ => ranges.push((c, c)),
        }
    }
    let escaped = |c: char| format!("'\\u{{{:x}}}'", c as u32);
    let line = |(a, b): &(char, char)| format!("    ({}, {}),\n", escaped(*a), escaped(*b));
    let list = ranges.iter().map(line).collect::<Vec<_>>().concat();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/text/font/coverage.rs");
    let kept = std::fs::read_to_string(path).unwrap();
    let (head, _) = kept.split_once("&[\n").or(kept.split_once("&[];")).unwrap();
    let expected = format!("{head}&[\n{list}];\n");
    if kept != expected && std::env::var_os("SALIENCY_BLESS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    assert!(kept == expected, "the list is stale; run with SALIENCY_BLESS=1, and again");
}
