//! Every element and state of the original charts is found in ours, in the notebook's look.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{
    draw, draw_all, expected_color, group, groups, notebook, paint_at, quantile, run_30, runs_3x30,
    runs_3x100, state, texts,
};
use saliency_viz_svg::{Item, Options, Paint, Palette, Pattern, Scene, State, Theme};

#[test]
fn everything_that_the_original_heatmap_shows_is_there() {
    let record = run_30();
    let options = Options { token: Some(60), ..state(Some(12), Some(4)) };
    let scene = draw("tall-heatmap", &record, &notebook(options.clone()));
    let svg = scene.to_svg();
    let texts = texts(&svg);
    for heading in ["Input", "Output", "Attribution"] {
        assert!(texts.iter().any(|t| t == heading), "{heading}");
    }
    // Each output's label, in order; the paragraph's words.
    let labels: Vec<_> = record.output_tokens().iter().map(|t| t.text.trim().to_owned()).collect();
    let labels_found: Vec<_> = group(&scene, "labels")
        .iter()
        .filter_map(|item| match item {
            Item::Text(text) => Some((text.text.clone(), text.underlined, text.bold)),
            _ => None,
        })
        .collect();
    assert_eq!(labels_found.iter().map(|l| l.0.clone()).collect::<Vec<_>>(), labels);
    // The hovered label is underlined, the locked one bold and framed.
    assert_eq!(labels_found.iter().position(|l| l.1), Some(12));
    assert_eq!(labels_found.iter().position(|l| l.2), Some(4));
    assert!(group(&scene, "labels").iter().any(|item| matches!(item, Item::Frame { .. })));
    let paragraph: String = texts.concat();
    for word in ["competition", "synergies", "SpaceX", "head-to-head"] {
        assert!(paragraph.contains(word), "{word}");
    }
    // The token's mark: a pointer over its column, a frame in the paragraph.
    assert!(group(&scene, "marks").iter().any(|item| matches!(item, Item::Pointer { .. })));
    assert!(group(&scene, "paragraph").iter().any(|item| matches!(item, Item::Frame { .. })));
    // The pair: axis titles are the two tokens, a diagonal, and the notable points' labels.
    let Some(Item::Group { items: pair, .. }) =
        scene.items.iter().find(|i| matches!(i, Item::Group { name: "pair", .. }))
    else {
        panic!("no pair scatter")
    };
    let pair_texts: Vec<_> = pair
        .iter()
        .filter_map(|item| if let Item::Text(text) = item { Some(text.text.clone()) } else { None })
        .collect();
    for text in [
        "and (locked, output 4)",
        "may (shown, output 12)",
        "organization",
        "SpaceX",
        "manufacturers",
        "hand",
    ] {
        assert!(pair_texts.iter().any(|t| t == text), "{text} in {pair_texts:?}");
    }
    let diagonal =
        |item: &Item| matches!(item, Item::Line { from, to, .. } if from.0 < to.0 && from.1 > to.1);
    assert!(pair.iter().any(diagonal));
    let dots = pair.iter().map(|item| if let Item::Dots { places, .. } = item { places.len() } else { 0 });
    assert_eq!(dots.sum::<usize>(), 184 + 12);
}

#[test]
fn boxes_of_a_line_touch_as_in_the_original() {
    let draw_with = |options| draw("tall-heatmap", &run_30(), &options);
    let gaps = |scene: &Scene| {
        let cells = pieces(group(scene, "paragraph"), |item| match item {
            Item::Cells { cells, .. } => Some(cells.clone()),
            _ => None,
        });
        let mut rects: Vec<_> = cells.into_iter().flatten().map(|r| (r.y, r.x, r.x + r.width)).collect();
        rects.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let pairs: Vec<_> = rects.windows(2).filter(|pair| (pair[0].0 - pair[1].0).abs() < 1e-9).collect();
        (pairs.len(), pairs.iter().filter(|pair| pair[1].1 - pair[0].2 > 1e-6).count())
    };
    // 184 tokens in fewer than 24 lines.
    let (pairs, apart) = gaps(&draw_with(notebook(Options::default())));
    assert!(pairs > 160 && apart == 0, "{apart} of {pairs}");
    let (_, apart) = gaps(&draw_with(Options { tokens: true, ..Options::default() }));
    assert!(apart > 100, "{apart}");
}

#[test]
fn everything_that_the_original_minimap_shows_is_there() {
    let record = run_30();
    let scene = draw("minimap", &record, &notebook(state(Some(12), None)));
    let of = |items: &[Item]| {
        let count = |item: &Item| if let Item::Cells { cells, .. } = item { cells.len() } else { 0 };
        items.iter().map(count).sum::<usize>()
    };
    // Under the thumbnails' tokens, a block for every earlier output: 0 + 1 + … + 29.
    let heights = |items: &[Item], height: f64| -> usize {
        let fits = |item: &Item| match item {
            Item::Cells { cells, .. } => cells.iter().filter(|r| (r.height - height).abs() < 1e-9).count(),
            _ => 0,
        };
        items.iter().map(fits).sum()
    };
    let thumbnails = group(&scene, "thumbnails");
    assert_eq!(heights(thumbnails, 7.0), 30 * 29 / 2);
    let bars = heights(thumbnails, 9.0);
    assert_eq!(bars + 435, of(thumbnails));
    assert!(bars >= 30 * 184 && bars % 30 == 0, "{bars}");
    // The same pieces as in the paragraph, which holds one more: its panel.
    assert_eq!(of(group(&scene, "paragraph")), bars / 30 + 1);
    // Labels in order; those before the hovered one in the colour of what it took from them.
    let end = quantile(record.attributions.iter().flatten().map(|x| x.unwrap()).collect());
    let labels = group(&scene, "labels");
    let texts: Vec<_> = labels
        .iter()
        .filter_map(|item| if let Item::Text(text) = item { Some(text) } else { None })
        .collect();
    assert_eq!(texts.len(), 30);
    for (row, text) in texts.iter().enumerate() {
        assert_eq!(text.text, record.output_tokens()[row].text.trim());
        let found = paint_at(labels, text.x + 1.0, text.y - 3.0).unwrap();
        let expected = match record.attributions[12].get(184 + row) {
            Some(value) => expected_color(value.unwrap(), end, Palette::Ylgnbu),
            None => Paint::Color(Theme::Light.panel()),
        };
        assert_eq!(found, expected, "label {row}");
    }
    assert_eq!(labels.iter().filter(|item| matches!(item, Item::Frame { .. })).count(), 1);
}

/// Hovered in panel 1, locked in panel 0, as the original's picture is.
fn across() -> Options {
    let (hover, lock) = (Some(State::new(1, 8)), Some(State::new(0, 5)));
    Options { hover, lock, token: Some(60), ..Options::default() }
}

fn pieces<'a, T>(items: &'a [Item], pick: impl Fn(&'a Item) -> Option<T>) -> Vec<T> {
    items.iter().filter_map(pick).collect()
}

fn frames(items: &[Item]) -> usize {
    pieces(items, |item| matches!(item, Item::Frame { .. }).then_some(())).len()
}

fn pointers(items: &[Item]) -> usize {
    pieces(items, |item| matches!(item, Item::Pointer { .. }).then_some(())).len()
}

/// What stands above the panels of both charts of several records.
fn check_head(scene: &Scene, x: &str, y: &str) {
    let texts = texts(&scene.to_svg());
    for heading in ["Input", "Outputs", "Attribution"] {
        assert!(texts.iter().any(|t| t == heading), "{heading}");
    }
    let paragraph: String = pieces(group(scene, "paragraph"), |item| match item {
        Item::Text(text) => Some(text.text.clone()),
        _ => None,
    })
    .join(" ");
    for word in ["competition", "synergies", "head-to-head", "organization"] {
        assert!(paragraph.contains(word), "{word}");
    }
    // The token under the pointer is framed in the paragraph; its two stretches where a line ends in it.
    assert!(frames(group(scene, "paragraph")) >= 1);
    let pair = group(scene, "pair");
    let names = pieces(pair, |item| if let Item::Text(text) = item { Some(text.text.clone()) } else { None });
    assert!(names.iter().any(|t| t == x) && names.iter().any(|t| t == y), "{names:?}");
    assert!(pair.iter().any(|i| matches!(i, Item::Line { from, to, .. } if from.0 < to.0 && from.1 > to.1)));
}

#[test]
fn everything_that_the_original_panels_show_is_there() {
    let records = runs_3x30();
    for options in [
        Options::default(),
        Options { lock: None, ..across() },
        Options { hover: None, ..across() },
        across(),
    ] {
        let scene = draw_all("tall-multiple", &records, &notebook(options.clone()));
        let (hover, lock) = (options.hover.unwrap_or(State::output(0)), options.lock);
        // The pair of the hovered and the locked row; at rest there is none.
        let shown = format!("{} (", records[hover.panel].output_tokens()[hover.output].text.trim());
        let names = texts(&scene.to_svg());
        assert_eq!(names.iter().any(|t| t.starts_with(&shown)), lock.is_some(), "{shown}");
        let (rows, labels) = (groups(&scene, "rows"), groups(&scene, "labels"));
        let marks = groups(&scene, "marks");
        assert_eq!((rows.len(), labels.len(), marks.len()), (3, 3, 3));
        for (panel, (rows, labels)) in rows.into_iter().zip(labels).enumerate() {
            // Every label in its panel; the hovered one underlined, the locked one bold and framed.
            let found = pieces(labels, |item| if let Item::Text(text) = item { Some(text) } else { None });
            let expected = records[panel].output_tokens().iter().map(|t| t.text.trim().to_owned());
            assert_eq!(
                found.iter().map(|t| t.text.clone()).collect::<Vec<_>>(),
                expected.collect::<Vec<_>>()
            );
            let of_panel = |state: Option<State>| state.filter(|s| s.panel == panel).map(|s| s.output);
            assert_eq!(found.iter().position(|t| t.underlined), of_panel(Some(hover)));
            assert_eq!(found.iter().position(|t| t.bold), of_panel(lock));
            assert_eq!(frames(labels), usize::from(of_panel(lock).is_some()));
            // A bar one unit wide for each token that an output has read, and the pointer over the token's column.
            let cells: Vec<_> =
                pieces(
                    rows,
                    |item| if let Item::Cells { cells, .. } = item { Some(cells.clone()) } else { None },
                )
                .concat();
            assert_eq!(cells.len(), 5955);
            assert!(cells.iter().all(|r| (r.width - 1.0).abs() < 1e-9 && (r.height - 18.0).abs() < 1e-9));
            assert_eq!(pointers(marks[panel]), usize::from(options.token.is_some()));
            let apart = |item: &Item| {
                matches!(item, Item::Cells { paint: Paint::Pattern(Pattern::NotComparable), .. })
            };
            assert_eq!(rows.iter().any(apart), lock.is_some());
        }
        if options.token.is_some() && lock.is_some() && options.hover.is_some() {
            check_head(
                &scene,
                "operators (locked, output 5) · continuation 0",
                "Orbital (shown, output 8) · continuation 1",
            );
            // Labels of what stands out in the original's picture.
            for name in ["Origin", "nations", "between", "and", "company", "government"] {
                assert!(names.iter().any(|t| t == name), "{name}");
            }
        }
    }
}

#[test]
fn everything_that_the_original_long_outputs_show_is_there() {
    let records = runs_3x100();
    for options in [
        Options::default(),
        Options { lock: None, ..across() },
        Options { hover: None, ..across() },
        across(),
    ] {
        let scene = draw_all("long-output", &records, &notebook(options.clone()));
        let (hover, lock) = (options.hover.unwrap_or(State::output(0)), options.lock);
        let (texts, cells) = (groups(&scene, "continuation"), groups(&scene, "cells"));
        let marks = groups(&scene, "marks");
        assert_eq!((texts.len(), cells.len(), marks.len()), (3, 3, 3));
        for (panel, (text, cells)) in texts.into_iter().zip(cells).enumerate() {
            // The continuation, word by word, with the hovered and the locked token framed.
            let said =
                pieces(text, |item| if let Item::Text(text) = item { Some(text.text.clone()) } else { None });
            let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let expected: String = records[panel].output_tokens().iter().map(|t| letters(&t.text)).collect();
            assert_eq!(letters(&said.concat()), expected);
            let here = |state: Option<State>| state.is_some_and(|s| s.panel == panel);
            let marked = usize::from(here(Some(hover))) + usize::from(here(lock));
            assert_eq!(frames(text), marked);
            assert_eq!(pointers(marks[panel]), marked);
            // 184 input rows and 99 of earlier outputs, 100 columns, two units each; grey where an output was not yet.
            let pictures = pieces(cells, |item| match item {
                Item::Raster { rect, columns, cells, .. } => Some((*rect, *columns, cells.len() / columns)),
                _ => None,
            });
            let sizes: Vec<_> = pictures.iter().map(|(_, columns, rows)| (*columns, *rows)).collect();
            assert_eq!(sizes, [(100, 184), (100, 99)]);
            for (rect, columns, rows) in pictures {
                assert!(
                    (rect.width - 2.0 * columns as f64).abs() < 1e-9
                        && (rect.height - 2.0 * rows as f64).abs() < 1e-9
                );
            }
            let ground = Paint::Color(Theme::Light.panel());
            assert!(cells.iter().any(|item| matches!(item, Item::Cells { paint, .. } if *paint == ground)));
            // The row of the token under the pointer.
            let level =
                |item: &Item| matches!(item, Item::Line { from, to, .. } if (from.1 - to.1).abs() < 1e-9);
            assert_eq!(marks[panel].iter().any(level), options.token.is_some());
        }
        if options.token.is_some() && lock.is_some() && options.hover.is_some() {
            check_head(
                &scene,
                "of (locked, output 5) · continuation 0",
                "that (shown, output 8) · continuation 1",
            );
        }
    }
}
