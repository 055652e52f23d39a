//! Contrast, and the embedded fonts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_viz_svg::{Color, Look, Palette, Theme};
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
                for look in Look::ALL {
                    let color = palette.color(f64::from(level) / 31.0, theme, look);
                    assert!(color.contrast(color.ink()) >= 4.5, "{palette:?} {theme:?} {look:?} {level}");
                }
            }
        }
    }
    // WCAG's own example values: black on white is 21, #777 on white 4.48.
    assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
    assert!((Color([0x77; 3]).contrast(Color::WHITE) - 4.48).abs() < 0.005);
}

#[test]
fn nothing_has_the_panel_s_colour() {
    for theme in Theme::ALL {
        for palette in Palette::ALL {
            assert_eq!(palette.color(0.0, theme, Look::Plain), theme.panel(), "{palette:?} {theme:?}");
        }
    }
}

/// Python's colour-science 0.4, `delta_E(…, method="CIE 2000")` of the two ends, as they are and as Machado et al.
/// (2009) simulate deuteranopia and protanopia (severity 1, on linear sRGB):
///
/// ```text
/// M = colour.blindness.matrix_cvd_Machado2009("Deuteranomaly", 1.0)
/// seen = eotf_inverse_sRGB(numpy.clip(M @ eotf_sRGB(rgb), 0, 1))
/// #863900 #35107a   46.5   deuteranope 55.7   protanope 51.7
/// #ffb454 #b9a1f5   49.9   deuteranope 52.4   protanope 51.8
/// ```
#[test]
fn the_ends_of_a_difference_are_those_that_were_measured() {
    let end = |level: f64, theme| Palette::Puor.color(level, theme, Look::Plain);
    for theme in [Theme::Light, Theme::Print] {
        assert_eq!([end(-1.0, theme), end(1.0, theme)], [Color([0x86, 0x39, 0]), Color([0x35, 0x10, 0x7a])]);
    }
    let dark = [end(-1.0, Theme::Dark), end(1.0, Theme::Dark)];
    assert_eq!(dark, [Color([0xff, 0xb4, 0x54]), Color([0xb9, 0xa1, 0xf5])]);
}

/// The same library's CIEDE2000 of each two of the nine stops that follow each other: 6.8 to 12.1 on light, 7.8 to 14.8
/// on dark; so that no part of the scale is spent on nothing. Lightness (L*) goes one way: here by luminance.
#[test]
fn more_is_darker_on_light_and_lighter_on_dark() {
    for theme in Theme::ALL {
        let levels = (0..=31).map(|level| Palette::Purple.color(f64::from(level) / 31.0, theme, Look::Plain));
        let luminance: Vec<f64> = levels.map(Color::luminance).collect();
        let dark = theme == Theme::Dark;
        assert!(
            luminance.windows(2).all(|two| if dark { two[0] < two[1] } else { two[0] > two[1] }),
            "{theme:?}"
        );
    }
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
