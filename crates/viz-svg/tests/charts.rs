//! What every chart owes its reader, over the table of charts; and run-30 against its own numbers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use roxmltree::{Document, Node};
use saliency_schema::{Kind, Method, Model, Record, Target, Token};
use saliency_viz_svg::{
    Color, Error, Item, Options, Paint, Palette, Pattern, Scene, State, Theme, chart, charts,
};
use std::collections::BTreeSet;

fn run_30() -> Record {
    saliency_schema::read(include_bytes!("data/run-30.json")).unwrap().remove(0)
}

fn state(hover: Option<usize>, lock: Option<usize>) -> Options {
    Options { hover: hover.map(State::output), lock: lock.map(State::output), ..Options::default() }
}

fn draw(name: &str, record: &Record, options: &Options) -> Scene {
    chart(name).unwrap().draw(std::slice::from_ref(record), options).unwrap()
}

fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let text = |n: Node<'_, '_>| n.text().unwrap_or_default().to_owned();
    document.descendants().filter(|n| n.has_tag_name("text")).map(text).collect()
}

fn group<'a>(scene: &'a Scene, name: &str) -> &'a [Item] {
    let of_name = |item: &'a Item| match item {
        Item::Group { name: found, items, .. } if *found == name => Some(&items[..]),
        _ => None,
    };
    scene.items.iter().find_map(of_name).unwrap()
}

/// The paint of the cell whose middle is at `(x, y)`.
fn paint_at(items: &[Item], x: f64, y: f64) -> Option<Paint> {
    let holds = |item: &Item| match item {
        Item::Cells { paint, cells } => {
            let inside =
                |r: &&saliency_viz_svg::Rect| r.x < x && x < r.x + r.width && r.y < y && y < r.y + r.height;
            cells.iter().find(inside).map(|_| *paint)
        }
        _ => None,
    };
    items.iter().rev().find_map(holds)
}

/// The default scale as the documentation defines it: the 0.99 quantile of |value|, 31 levels above zero.
fn expected_color(x: f64, end: f64, palette: Palette) -> Paint {
    Paint::Color(palette.color(((x / end).clamp(-1.0, 1.0) * 31.0).round() / 31.0, Theme::Light))
}

fn quantile(mut sizes: Vec<f64>) -> f64 {
    sizes.sort_by(f64::total_cmp);
    sizes[((sizes.len() as f64 * 0.99).ceil() as usize).max(1) - 1]
}

#[test]
fn every_cell_of_the_heatmap_has_the_colour_of_its_number() {
    let record = run_30();
    let value = |row: usize, i: usize| record.attributions[row][i].unwrap();
    for lock in [None, Some(4)] {
        let shown = |row: usize, i: usize| match lock {
            Some(lock) if i >= record.attributions[lock].len() => None,
            Some(lock) => Some(value(row, i) - value(lock, i)),
            None => Some(value(row, i)),
        };
        let cells = (0..30).flat_map(|row| (0..184 + row).map(move |i| (row, i)));
        let sizes = cells.clone().filter_map(|(row, i)| shown(row, i)).map(f64::abs).collect();
        let end = quantile(sizes);
        let palette = if lock.is_some() { Palette::Piyg } else { Palette::Ylgnbu };
        let scene = draw("tall-heatmap", &record, &state(None, lock));
        let rows = group(&scene, "rows");
        // The bars' own place: the first cell of the first row.
        let rects = rows.iter().filter_map(|item| match item {
            Item::Cells { cells, .. } => Some(cells.iter()),
            _ => None,
        });
        let rects: Vec<_> = rects.flatten().collect();
        assert_eq!(rects.len(), 5955);
        let left = rects.iter().map(|r| r.x).fold(f64::MAX, f64::min);
        let top = rects.iter().map(|r| r.y).fold(f64::MAX, f64::min);
        let bar = rects[0].width;
        for (row, i) in cells {
            let gap = if i >= 184 { 4.0 } else { 0.0 };
            let (x, y) = (left + (i as f64 + 0.5) * bar + gap, top + row as f64 * 19.0 + 9.0);
            let found = paint_at(rows, x, y).unwrap();
            let expected = match shown(row, i) {
                Some(x) => expected_color(x, end, palette),
                None => Paint::Pattern(Pattern::NotComparable),
            };
            assert_eq!(found, expected, "lock {lock:?}, row {row}, token {i}");
        }
    }
}

#[test]
fn everything_that_the_original_heatmap_shows_is_there() {
    let record = run_30();
    let options = Options { token: Some(60), ..state(Some(12), Some(4)) };
    let scene = draw("tall-heatmap", &record, &options);
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
    assert!(group(&scene, "rows").iter().any(|item| matches!(item, Item::Pointer { .. })));
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
fn the_paragraph_shows_the_hovered_row_and_says_its_values() {
    let record = run_30();
    let scene = draw("highlight", &record, &state(Some(3), None));
    let Some(Item::Group { description: Some(words), .. }) =
        scene.items.iter().find(|i| matches!(i, Item::Group { name: "paragraph", .. }))
    else {
        panic!("no values in words")
    };
    let (head, values) = words.split_once(':').unwrap();
    let unit: f64 = head.split_once("units of ").unwrap().1.split_once('.').unwrap().0.parse().unwrap();
    let values: Vec<f64> = values.split_whitespace().map(|v| v.parse::<f64>().unwrap() * unit).collect();
    assert_eq!(values.len(), 187);
    for (found, expected) in values.iter().zip(&record.attributions[3]) {
        assert!((found - expected.unwrap()).abs() <= 0.5 * unit, "{found} {expected:?}");
    }
    assert!(scene.title.contains("manufacturers") && scene.title.contains("output 3"));
}

#[test]
fn everything_that_the_original_minimap_shows_is_there() {
    let record = run_30();
    let scene = draw("minimap", &record, &state(Some(12), None));
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

#[test]
fn the_scatter_places_dots_by_their_two_values() {
    let record = run_30();
    let scene = draw("scatter", &record, &Options::default());
    assert!(scene.title.contains("output 29") && scene.title.contains("output 0"));
    let Some(Item::Group { items, .. }) =
        scene.items.iter().find(|i| matches!(i, Item::Group { name: "pair", .. }))
    else {
        panic!("no pair")
    };
    let places: Vec<_> = items
        .iter()
        .filter_map(|item| if let Item::Dots { places, .. } = item { Some(places.clone()) } else { None })
        .flatten()
        .collect();
    assert_eq!(places.len(), 213);
    // The axes run from 0 to the larger of the two largest values, 400 units each.
    let (x, y) = (&record.attributions[0], &record.attributions[29]);
    let largest = x.iter().chain(y).map(|v| v.unwrap()).fold(0.0, f64::max);
    let right = places.iter().map(|p| p.0).fold(f64::MIN, f64::max);
    let largest_x = x.iter().map(|v| v.unwrap()).fold(0.0, f64::max);
    let left = right - 400.0 * largest_x / largest;
    let bottom = places.iter().map(|p| p.1).fold(f64::MAX, f64::min)
        + 400.0 * y.iter().map(|v| v.unwrap()).fold(0.0, f64::max) / largest;
    for (a, b) in x.iter().zip(y) {
        let expected = (left + 400.0 * a.unwrap() / largest, bottom - 400.0 * b.unwrap() / largest);
        let near = |p: &(f64, f64)| (p.0 - expected.0).abs() < 1e-6 && (p.1 - expected.1).abs() < 1e-6;
        assert!(places.iter().any(near), "{expected:?}");
    }
}

#[test]
fn tokens_that_only_one_of_two_outputs_has_read_stand_beside_the_plot() {
    let record = run_30();
    for (hover, lock) in [(12, 4), (4, 12)] {
        for name in ["scatter", "tall-heatmap"] {
            let scene = draw(name, &record, &state(Some(hover), Some(lock)));
            let Some(Item::Group { items, .. }) =
                scene.items.iter().find(|i| matches!(i, Item::Group { name: "pair", .. }))
            else {
                panic!("no pair")
            };
            let apart = items.iter().filter_map(|item| match item {
                Item::Dots { paint: Paint::Pattern(Pattern::NotComparable), places, .. } => {
                    Some(places.len())
                }
                _ => None,
            });
            assert_eq!(apart.sum::<usize>(), 8, "{name}, hover {hover}, lock {lock}");
        }
    }
}

#[test]
fn a_lock_in_one_panel_compares_with_rows_in_all_others() {
    let records = saliency_schema::read(include_bytes!("../../schema/tests/data/runs-3x30.json")).unwrap();
    let lock = State { panel: 0, output: 5 };
    let options =
        Options { lock: Some(lock), hover: Some(State { panel: 1, output: 8 }), ..Options::default() };
    let scene = chart("tall-multiple").unwrap().draw(&records, &options).unwrap();
    let value = |panel: usize, row: usize, i: usize| records[panel].attributions[row][i].unwrap();
    // Inputs are the same in every panel; outputs compare inside the locked one's panel alone.
    let shown = |panel: usize, row: usize, i: usize| {
        let comparable = i < 184 || (panel == 0 && i < 184 + 5);
        comparable.then(|| value(panel, row, i) - value(0, 5, i))
    };
    let cells = |panel: usize| (0..30).flat_map(move |row| (0..184 + row).map(move |i| (panel, row, i)));
    let sizes = (0..3).flat_map(cells).filter_map(|(p, row, i)| shown(p, row, i)).map(f64::abs).collect();
    let end = quantile(sizes);
    let panels: Vec<&[Item]> = scene
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Group { name: "rows", items, .. } => Some(&items[..]),
            _ => None,
        })
        .collect();
    assert_eq!(panels.len(), 3);
    for (panel, items) in panels.into_iter().enumerate() {
        let rects = items
            .iter()
            .filter_map(|item| if let Item::Cells { cells, .. } = item { Some(cells) } else { None });
        let rects: Vec<_> = rects.flatten().collect();
        let left = rects.iter().map(|r| r.x).fold(f64::MAX, f64::min);
        let top = rects.iter().map(|r| r.y).fold(f64::MAX, f64::min);
        let bar = rects[0].width;
        for (_, row, i) in cells(panel).filter(|(_, row, _)| row % 7 == 5) {
            let gap = if i >= 184 { 4.0 } else { 0.0 };
            let (x, y) = (left + (i as f64 + 0.5) * bar + gap, top + row as f64 * 19.0 + 9.0);
            let expected = match shown(panel, row, i) {
                Some(x) => expected_color(x, end, Palette::Piyg),
                None => Paint::Pattern(Pattern::NotComparable),
            };
            assert_eq!(paint_at(items, x, y).unwrap(), expected, "panel {panel}, row {row}, token {i}");
        }
    }
    check(&scene);
    // Panels of different methods say so.
    let mut methods = [run_30(), run_30()];
    methods[0].method = Some(Method::new("gradient"));
    methods[1].method = Some(Method::new("occlusion"));
    let svg = chart("tall-multiple").unwrap().draw(&methods, &Options::default()).unwrap().to_svg();
    for word in ["method: by panel", "method: gradient", "method: occlusion"] {
        assert!(texts(&svg).iter().any(|t| t.contains(word)), "{word}");
    }
}

#[test]
fn the_table_ranks_tokens_by_their_values() {
    let record = run_30();
    let row: Vec<f64> = record.attributions[12].iter().map(|x| x.unwrap()).collect();
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
    let tokens = chart("tokens").unwrap();
    let text = tokens.text(std::slice::from_ref(&record), &state(Some(12), None)).unwrap().unwrap();
    let lines: Vec<Vec<&str>> =
        text.lines().skip(4).take(40).map(|l| l.split_whitespace().collect()).collect();
    for (rank, line) in lines.iter().enumerate() {
        let position: usize = line[1].parse().unwrap();
        let value: f64 = line[2].parse().unwrap();
        assert_eq!(line[0], (rank + 1).to_string());
        assert_eq!(position, order[rank], "{line:?}");
        assert!((value - row[position]).abs() <= 0.005 * row[position], "{line:?}");
        assert_eq!(line[3..].join(" "), record.tokens[position].text.trim());
    }
    let share: f64 = order[..40].iter().map(|&i| row[i]).sum::<f64>() / row.iter().sum::<f64>();
    assert!(text.contains(&format!("40 of 196 tokens, with {:.0} % of the sum of |value|", 100.0 * share)));
    // The picture says the same.
    let svg = draw("tokens", &record, &state(Some(12), None)).to_svg();
    let drawn = texts(&svg);
    assert!(lines.iter().all(|line| drawn.iter().any(|t| *t == line[2])));
    assert_eq!(chart("highlight").unwrap().text(&[run_30()], &Options::default()).unwrap(), None);
}

#[test]
fn every_pixel_of_a_long_continuation_has_the_colour_of_its_number() {
    let records = saliency_schema::read(include_bytes!("../../schema/tests/data/runs-3x100.json")).unwrap();
    let scene = chart("long-output").unwrap().draw(&records, &Options::default()).unwrap();
    check(&scene);
    let all = records.iter().flat_map(|r| r.attributions.iter().flatten()).map(|x| x.unwrap().abs());
    let end = quantile(all.collect());
    let panels: Vec<&[Item]> = scene
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Group { name: "cells", items, .. } => Some(&items[..]),
            _ => None,
        })
        .collect();
    assert_eq!(panels.len(), 3);
    for (record, items) in records.iter().zip(panels) {
        let rasters = items.iter().filter_map(|item| match item {
            Item::Raster { columns, cells, colors, .. } => Some((*columns, cells, colors)),
            _ => None,
        });
        let mut token = 0;
        for (columns, cells, colors) in rasters {
            assert_eq!(columns, 100);
            for row in cells.chunks(columns) {
                for (output, &index) in row.iter().enumerate() {
                    let found = Paint::Color(colors[usize::from(index)]);
                    let expected = match record.attributions[output].get(token) {
                        Some(x) => expected_color(x.unwrap(), end, Palette::Ylgnbu),
                        // The output did not exist yet.
                        None => Paint::Color(Theme::Light.panel()),
                    };
                    assert_eq!(found, expected, "token {token}, output {output}");
                }
                token += 1;
            }
        }
        assert_eq!(token, 283);
    }
    // Every word of the continuations stands above.
    let drawn = texts(&scene.to_svg()).concat();
    assert!(["Qualcomm", "Propellant", "Falcon"].iter().all(|word| drawn.contains(word)));
}

#[test]
fn a_thousand_inputs_and_two_thousand_outputs_stay_small() {
    let (n_input, n_output) = (1000, 2000);
    let kind = |i: usize| if i < n_input { Kind::Input } else { Kind::Output };
    let tokens =
        (0..n_input + n_output).map(|i| Token::new(i as u32, format!(" word{i}"), kind(i))).collect();
    // A long tail, as attributions have: most values small, near ones and a few others large.
    let value = |row: usize, i: usize| {
        let near = 1.0 / (1.0 + (n_input + row - i) as f64);
        near + 0.02 / (1.0 + ((row * 7919 + i * 104_729) % 9973) as f64)
    };
    let rows = (0..n_output).map(|r| (0..n_input + r).map(|i| Some(value(r, i))).collect()).collect();
    let record = Record::new(tokens, rows).unwrap();
    let bytes = draw("long-output", &record, &Options::default()).to_svg().len();
    assert!(bytes < 2_500_000, "{bytes}");
}

#[test]
fn a_lock_alone_chooses_in_highlight_and_both_compare() {
    let record = run_30();
    assert!(draw("highlight", &record, &state(None, Some(3))).title.contains("output 3"));
    let both = draw("highlight", &record, &state(Some(12), Some(4)));
    assert!(
        both.title.contains("minus") && both.title.contains("output 12") && both.title.contains("output 4")
    );
}

fn annotated() -> Record {
    let mut record = run_30();
    record.model = Some(Model { name: "gpt2 <small>".into(), sha256: None });
    record.method = Some(Method::new("gradient-x-input"));
    record.target = Some(Target::new("probability"));
    record.aggregate = Some("l2".into());
    record.normalize = Some("sum".into());
    record
}

#[test]
fn every_chart_says_what_it_shows() {
    for chart in charts() {
        for (record, words) in [
            (
                annotated(),
                ["method: gradient-x-input", "target: probability", "model: gpt2 <small>", "normalize: sum"],
            ),
            (
                run_30(),
                [
                    "method: not recorded",
                    "target: not recorded",
                    "model: not recorded",
                    "normalize: not recorded",
                ],
            ),
        ] {
            for theme in Theme::ALL {
                for lock in [None, Some(2)] {
                    let options = Options { theme, ..state(Some(5), lock) };
                    let scene = chart.draw(std::slice::from_ref(&record), &options).unwrap();
                    let svg = scene.to_svg();
                    let all = texts(&svg).join(" · ");
                    for word in words {
                        assert!(all.contains(word), "{}: {word} in {all}", chart.name());
                    }
                    for word in ["ends at the 0.99 quantile of |value|", "largest: 0."] {
                        assert!(all.contains(word), "{}: {word} in {all}", chart.name());
                    }
                    let ends: Vec<_> =
                        texts(&svg).into_iter().filter(|t| t.starts_with(['≥', '≤'])).collect();
                    let diverging = lock.is_some() || chart.name() == "scatter";
                    assert_eq!(ends.len(), if diverging { 2 } else { 1 }, "{}: {ends:?}", chart.name());
                    assert!(!scene.title.is_empty() && scene.description.ends_with('.'), "{}", chart.name());
                }
            }
        }
    }
}

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
fn what_is_no_number_is_told_apart() {
    let tokens =
        (0..6).map(|i| Token::new(i, format!(" t{i}"), if i < 5 { Kind::Input } else { Kind::Output }));
    let row = vec![Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None, Some(0.0)];
    let record = Record::new(tokens.collect(), vec![row]).unwrap();
    for chart in charts() {
        let svg = chart.draw(std::slice::from_ref(&record), &Options::default()).unwrap().to_svg();
        let texts = texts(&svg);
        if chart.name() == "scatter" {
            // A dot needs two numbers; what has none is counted.
            let note = "4 of 5 tokens have no finite pair of values and are not drawn";
            assert!(texts.iter().any(|t| t == note), "{texts:?}");
            continue;
        }
        for label in ["NaN", "∞", "−∞", "missing"] {
            assert!(texts.iter().any(|t| t == label), "{}: {label}", chart.name());
        }
        let fills: BTreeSet<_> = svg.match_indices("url(#").map(|(at, _)| &svg[at..at + 20]).collect();
        assert_eq!(fills.len(), 4, "{}: {fills:?}", chart.name());
    }
}

#[test]
fn run_30_is_small() {
    let record = run_30();
    for theme in Theme::ALL {
        for (hover, lock) in
            [(None, None), (Some(12), None), (None, Some(4)), (Some(12), Some(4)), (Some(29), Some(29))]
        {
            let options = Options { theme, token: Some(60), ..state(hover, lock) };
            let bytes = draw("tall-heatmap", &record, &options).to_svg().len();
            assert!(bytes < 100_000, "{theme:?}, hover {hover:?}, lock {lock:?}: {bytes} bytes");
        }
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
        for table in face.tables().cmap.unwrap().subtables.into_iter().filter(|t| t.is_unicode()) {
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
    let list: String =
        ranges.iter().map(|(a, b)| format!("    ({}, {}),\n", escaped(*a), escaped(*b))).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/font/coverage.rs");
    let kept = std::fs::read_to_string(path).unwrap();
    let (head, _) = kept.split_once("&[\n").or(kept.split_once("&[];")).unwrap();
    let expected = format!("{head}&[\n{list}];\n");
    if kept != expected && std::env::var_os("SALIENCY_BLESS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    assert!(kept == expected, "the list is stale; run with SALIENCY_BLESS=1, and again");
}

#[test]
fn pngs_have_the_scenes_size_and_are_the_same_each_time() {
    let scene = draw("tall-heatmap", &run_30(), &Options::default());
    let png = scene.to_png(1.0).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((number(16), number(20)), (scene.width.ceil() as u32, scene.height.ceil() as u32));
    assert_eq!(png, scene.to_png(1.0).unwrap());
    assert!(matches!(scene.to_png(0.0), Err(Error::Parameter { name: "scale", .. })));
    assert!(matches!(scene.to_png(f32::NAN), Err(Error::Parameter { .. })));
    assert!(matches!(scene.to_png(1000.0), Err(Error::TooLarge { .. })));
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let record = run_30();
    let one = std::slice::from_ref(&record);
    let message = |result: Result<Scene, Error>| result.unwrap_err().to_string();
    assert_eq!(
        chart("pie").err().unwrap().to_string(),
        "unknown chart \"pie\"; there are: highlight, minimap, tall-heatmap, tall-multiple, long-output, scatter, tokens"
    );
    assert!("purple".parse::<Palette>().unwrap_err().to_string().contains("there are: ylgnbu, viridis"));
    assert!("sepia".parse::<Theme>().unwrap_err().to_string().contains("there are: light, dark, print"));
    assert!("1:x".parse::<State>().unwrap_err().to_string().contains("PANEL:NUMBER"));
    assert_eq!("1:3".parse::<State>().unwrap(), State { panel: 1, output: 3 });
    for chart in charts() {
        let outside = message(chart.draw(one, &state(Some(30), None)));
        assert_eq!(outside, "hovered output 30 is outside the record, which has 30 outputs (numbers from 0)");
        assert!(message(chart.draw(one, &state(None, Some(99)))).starts_with("locked output 99 is outside"));
        let panel = Options { hover: Some(State { panel: 1, output: 0 }), ..Options::default() };
        assert!(message(chart.draw(one, &panel)).contains("panel 1 is outside"));
        let token = Options { token: Some(184), ..Options::default() };
        assert!(message(chart.draw(one, &token)).contains("184 input tokens"));
        assert_eq!(message(chart.draw(&[], &Options::default())), "no record is given");
        let piyg = Options { palette: Some(Palette::Piyg), ..Options::default() };
        if chart.name() == "scatter" {
            assert!(chart.draw(one, &piyg).is_ok());
            continue;
        }
        let wrong = "palette \"piyg\" is diverging, and what is shown has no sign; choose one of: ylgnbu, viridis, plasma, blues";
        assert_eq!(message(chart.draw(one, &piyg)), wrong);
        let plasma = Options { palette: Some(Palette::Plasma), ..state(Some(1), Some(0)) };
        assert!(message(chart.draw(one, &plasma)).ends_with("has a sign; choose one of: piyg, puor"));
        let two = [record.clone(), record.clone()];
        if chart.takes_several() {
            assert!(chart.draw(&two, &Options::default()).is_ok());
        } else {
            assert!(message(chart.draw(&two, &Options::default())).contains("--record K (0 to 1)"));
        }
        let chosen = |k| Options { record: Some(k), ..Options::default() };
        assert!(chart.draw(&two, &chosen(1)).is_ok());
        assert!(message(chart.draw(&two, &chosen(2))).contains("not among the 2"));
        for (clip, scale_max) in
            [(0.0, None), (1.5, None), (f64::NAN, None), (0.9, Some(0.0)), (0.9, Some(f64::NAN))]
        {
            let options = Options { clip, scale_max, ..Options::default() };
            assert!(matches!(chart.draw(one, &options), Err(Error::Parameter { .. })));
        }
    }
}

/// Checks what every SVG owes, whatever is in the record.
fn check(scene: &Scene) {
    let svg = scene.to_svg();
    assert_eq!(svg, scene.to_svg());
    let document = Document::parse(&svg).unwrap_or_else(|e| panic!("{e}: {svg}"));
    let ids: Vec<_> = document.descendants().filter_map(|n| n.attribute("id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    assert!(svg.match_indices("url(#").all(|(at, _)| {
        let rest = &svg[at + 5..];
        ids.contains(&&rest[..rest.find(')').unwrap()])
    }));
    // Nothing that a renderer would collapse, and stretch the rest over its width.
    for text in texts(&svg) {
        assert!(!text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  "), "{text:?}");
    }
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(
        root.children().any(|n| n.has_tag_name("title")) && root.children().any(|n| n.has_tag_name("desc"))
    );
    inside(&scene.items, scene);
}

fn inside(items: &[Item], scene: &Scene) {
    let within = |x: f64, y: f64| {
        assert!(x.is_finite() && y.is_finite());
        assert!(x >= -0.01 && x <= scene.width + 0.01, "x {x} of {}", scene.width);
        assert!(y >= -0.01 && y <= scene.height + 0.01, "y {y} of {}", scene.height);
    };
    for item in items {
        match item {
            Item::Group { items, .. } => inside(items, scene),
            Item::Cells { cells, .. } => cells.iter().for_each(|r| {
                within(r.x, r.y);
                within(r.x + r.width, r.y + r.height);
            }),
            Item::Raster { rect: r, columns, cells, colors, .. } => {
                within(r.x, r.y);
                within(r.x + r.width, r.y + r.height);
                assert!(
                    cells.len().is_multiple_of(*columns)
                        && cells.iter().all(|i| usize::from(*i) < colors.len())
                );
            }
            Item::Frame { rect: r, .. } => {
                within(r.x, r.y);
                within(r.x + r.width, r.y + r.height);
            }
            Item::Line { from, to, .. } => {
                within(from.0, from.1);
                within(to.0, to.1);
            }
            Item::Pointer { tip, .. } => within(tip.0, tip.1),
            Item::Dots { places, .. } => places.iter().for_each(|(x, y)| within(*x, *y)),
            Item::Text(text) => {
                use saliency_viz_svg::Anchor;
                let before = match text.anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => text.width / 2.0,
                    Anchor::End => text.width,
                };
                if text.upward {
                    within(text.x, text.y - text.width + before);
                    within(text.x, text.y + before);
                } else {
                    within(text.x - before, text.y);
                    within(text.x - before + text.width, text.y);
                }
            }
        }
    }
}

fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just("</script><svg onload=\"x\">&amp;]]>".to_owned()),
        Just("\u{0}\u{8}\u{1b}\u{7f}\u{85}\u{feff}\u{ffff}".to_owned()),
        Just(" \u{202e}abc\u{202c}\u{2066}\u{200f}".to_owned()),
        Just("👩‍👩‍👧‍👦🏳️‍🌈 日本語 العربية ไทย e\u{301}\u{302}\u{303}".to_owned()),
        Just("\r\n\t\n\u{2028}".to_owned()),
        Just("x".repeat(10_000)),
        "[ -~]{0,12}",
    ]
}

fn hostile_value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => any::<f64>().prop_map(Some),
        1 => Just(None),
        1 => Just(Some(0.0)),
        1 => prop_oneof![Just(1e-38), Just(1e38), Just(-1e38), Just(f64::MAX), Just(f64::MIN), Just(5e-324)].prop_map(Some),
        3 => (-1.0..1.0).prop_map(Some),
    ]
}

prop_compose! {
    fn hostile_record()(n_input in 0_usize..6, n_output in 0_usize..5)
        (
            tokens in prop::collection::vec((hostile_text(), prop::option::weighted(0.2, prop::collection::vec(any::<u8>(), 0..5))), (n_input + n_output).max(1)),
            values in prop::collection::vec(prop::collection::vec(hostile_value(), 12), n_output),
            n_input in Just(n_input),
        ) -> Record {
        let n_output = values.len();
        let tokens: Vec<Token> = tokens.into_iter().enumerate().map(|(i, (text, bytes))| {
            let kind = if i < n_input || n_output == 0 { Kind::Input } else { Kind::Output };
            Token { bytes, ..Token::new(i as u32, text, kind) }
        }).collect();
        let rows = values.into_iter().enumerate().map(|(row, values)| values[..n_input + row].to_vec()).collect();
        Record::new(tokens, rows).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_record_is_drawn_whole(
        record in hostile_record(),
        hover in prop::option::of(0_usize..5),
        lock in prop::option::of(0_usize..5),
        theme in prop::sample::select(Theme::ALL.to_vec()),
        palette in prop::option::of(prop::sample::select(Palette::ALL.to_vec())),
    ) {
        let inside = |n: Option<usize>| n.filter(|n| *n < record.n_output()).map(State::output);
        let options = Options { hover: inside(hover), lock: inside(lock), theme, palette, ..Options::default() };
        for chart in charts() {
            match chart.draw(std::slice::from_ref(&record), &options) {
                Ok(scene) => check(&scene),
                Err(Error::Palette { palette, .. }) => prop_assert_eq!(Some(palette), options.palette.map(Palette::name)),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn sizes_at_the_edges_are_drawn() {
    let record = |n_input: usize, n_output: usize| {
        let kind = |i: usize| if i < n_input { Kind::Input } else { Kind::Output };
        let tokens = (0..n_input + n_output).map(|i| Token::new(0, " word", kind(i))).collect();
        let rows = (0..n_output).map(|r| vec![Some(0.5); n_input + r]).collect();
        Record::new(tokens, rows).unwrap()
    };
    for (n_input, n_output) in [(1, 0), (1, 1), (0, 2), (5000, 1), (3, 200)] {
        for chart in charts() {
            check(&chart.draw(&[record(n_input, n_output)], &Options::default()).unwrap());
        }
    }
}
