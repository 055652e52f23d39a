//! Every mark has the colour, the place or the digits of its number in the record.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{
    check, draw, expected_color, expected_plain, group, notebook, paint_at, quantile, run_30, runs_3x30,
    runs_3x100, shares, state, texts,
};
use saliency_schema::Method;
use saliency_viz_svg::{Item, Look, Options, Paint, Palette, Pattern, Scene, State, Theme, chart};

/// What a row of the heatmap shows, and whether it has a colour: of two rows, where both have read the token.
fn differences(rows: &[Vec<f64>], lock: Option<usize>) -> Vec<Vec<Option<f64>>> {
    let shown = |row: usize, i: usize| match lock {
        Some(lock) => rows[lock].get(i).map(|locked| rows[row][i] - locked),
        None => Some(rows[row][i]),
    };
    (0..rows.len()).map(|row| (0..rows[row].len()).map(|i| shown(row, i)).collect()).collect()
}

fn check_heatmap(scene: &Scene, shown: &[Vec<Option<f64>>], expected: impl Fn(f64) -> Paint) {
    let rows = group(scene, "rows");
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
    for (row, values) in shown.iter().enumerate() {
        for (i, value) in values.iter().enumerate() {
            let gap = if i >= 184 { 4.0 } else { 0.0 };
            let (x, y) = (left + (i as f64 + 0.5) * bar + gap, top + row as f64 * 19.0 + 9.0);
            let found = paint_at(rows, x, y).unwrap();
            let expected = value.map_or(Paint::Pattern(Pattern::NotComparable), &expected);
            assert_eq!(found, expected, "row {row}, token {i}");
        }
    }
}

#[test]
fn every_cell_of_the_heatmap_has_the_colour_of_its_share() {
    let record = run_30();
    for lock in [None, Some(4)] {
        let shown = differences(&shares(&record), lock);
        // The inputs set the end.
        let inputs = shown.iter().flat_map(|row| &row[..184]).map(|x| x.unwrap().abs());
        let end = quantile(inputs.collect());
        for intensity in [1.0, 4.0] {
            let options = Options { tokens: true, intensity, ..state(None, lock) };
            let scene = draw("tall-heatmap", &record, &options);
            let palette = if lock.is_some() { Palette::Puor } else { Palette::Purple };
            // 30 rows of 5,955 cells: an even share is 0.5 %. Differences of shares fade as shares do.
            let cut = Some(30.0 / 5955.0 / intensity);
            check_heatmap(&scene, &shown, |x| expected_plain(x, end, cut, palette));
        }
    }
}

#[test]
fn every_cell_of_the_notebook_s_heatmap_has_the_colour_of_its_number() {
    let record = run_30();
    let recorded: Vec<Vec<f64>> =
        record.attributions.iter().map(|row| row.iter().map(|x| x.unwrap()).collect()).collect();
    for lock in [None, Some(4)] {
        let shown = differences(&recorded, lock);
        let end = quantile(shown.iter().flatten().flatten().map(|x| x.abs()).collect());
        let palette = if lock.is_some() { Palette::Piyg } else { Palette::Ylgnbu };
        let scene = draw("tall-heatmap", &record, &notebook(state(None, lock)));
        check_heatmap(&scene, &shown, |x| expected_color(x, end, palette));
    }
}

#[test]
fn the_paragraph_shows_the_hovered_row_and_says_its_values() {
    let record = run_30();
    let scene = draw("highlight", &record, &Options { tokens: true, ..state(Some(3), None) });
    let Some(Item::Group { description: Some(words), .. }) =
        scene.items.iter().find(|i| matches!(i, Item::Group { name: "paragraph", .. }))
    else {
        panic!("no values in words")
    };
    let (head, values) = words.split_once(':').unwrap();
    let unit: f64 = head.split_once("units of ").unwrap().1.split_once('.').unwrap().0.parse().unwrap();
    let values: Vec<f64> = values.split_whitespace().map(|v| v.parse::<f64>().unwrap() * unit).collect();
    assert_eq!(values.len(), 187);
    for (found, expected) in values.iter().zip(&shares(&record)[3]) {
        assert!((found - expected).abs() <= 0.5001 * unit, "{found} {expected:?}");
    }
    assert!(scene.title.contains("manufacturers") && scene.title.contains("output 3"));
}

#[test]
fn the_scatter_places_dots_by_their_two_values() {
    let record = run_30();
    let scene = draw("scatter", &record, &notebook(Options::default()));
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
    // As in the original, both axes run from 0 to 0.04, the next round number above the 0.99 quantile, 400 units each.
    let along = |v: f64| 400.0 * (v / 0.04).min(1.0);
    let (x, y) = (&record.attributions[0], &record.attributions[29]);
    let most = |row: &[Option<f64>]| row.iter().map(|v| along(v.unwrap())).fold(0.0, f64::max);
    // What only the later output has read stands left of the plot, by 10.
    let left = places.iter().map(|p| p.0).fold(f64::MAX, f64::min) + 10.0;
    let bottom = places.iter().map(|p| p.1).fold(f64::MAX, f64::min) + most(y);
    for (a, b) in x.iter().zip(y) {
        let expected = (left + along(a.unwrap()), bottom - along(b.unwrap()));
        let near = |p: &(f64, f64)| (p.0 - expected.0).abs() < 1e-6 && (p.1 - expected.1).abs() < 1e-6;
        assert!(places.iter().any(near), "{expected:?}");
    }
    // The axes are those of every other pair of the record's rows.
    let ticks = |options: &Options| -> Vec<String> {
        let drawn = texts(&draw("scatter", &record, options).to_svg());
        drawn.into_iter().filter(|text| text.parse::<f64>().is_ok()).collect()
    };
    let found = ticks(&notebook(Options::default()));
    assert!(found.len() >= 8 && found == ticks(&notebook(state(Some(3), Some(17)))), "{found:?}");
}

#[test]
fn tokens_that_only_one_of_two_outputs_has_read_stand_beside_the_plot() {
    let record = run_30();
    for (hover, lock) in [(12, 4), (4, 12)] {
        for name in ["scatter", "tall-heatmap"] {
            let options = Options { tokens: true, ..state(Some(hover), Some(lock)) };
            let scene = draw(name, &record, &options);
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
    let records = runs_3x30();
    let lock = State::new(0, 5);
    let options =
        Options { lock: Some(lock), hover: Some(State::new(1, 8)), tokens: true, ..Options::default() };
    let scene = chart("tall-multiple").unwrap().draw(&records, &options).unwrap();
    let all: Vec<_> = records.iter().map(shares).collect();
    let value = |panel: usize, row: usize, i: usize| all[panel][row][i];
    // Inputs are the same in every panel; outputs compare inside the locked one's panel alone.
    let shown = |panel: usize, row: usize, i: usize| {
        let comparable = i < 184 || (panel == 0 && i < 184 + 5);
        comparable.then(|| value(panel, row, i) - value(0, 5, i))
    };
    let cells = |panel: usize| (0..30).flat_map(move |row| (0..184 + row).map(move |i| (panel, row, i)));
    let inputs = (0..3).flat_map(cells).filter(|(_, _, i)| *i < 184);
    let sizes = inputs.filter_map(|(p, row, i)| shown(p, row, i)).map(f64::abs).collect();
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
                Some(x) => expected_plain(x, end, Some(30.0 / 5955.0), Palette::Puor),
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
    for word in ["method by panel", "method: gradient", "method: occlusion"] {
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
    let sum: f64 = row.iter().sum();
    let held = order[..40].iter().map(|&i| row[i]).sum::<f64>() / sum;
    let rest = format!("these 40 of 196 hold {:.0}\u{a0}% of the row", 100.0 * held);
    for look in [notebook(state(Some(12), None)), Options { tokens: true, ..state(Some(12), None) }] {
        let text = tokens.text(std::slice::from_ref(&record), &look).unwrap().unwrap();
        let of_line = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<Vec<String>> = text.lines().skip(3).take(40).map(of_line).collect();
        for (rank, line) in lines.iter().enumerate() {
            let position: usize = line[0].parse().unwrap();
            assert_eq!(position, order[rank], "{line:?}");
            // As recorded; or percent of the row, and times an even share of its 196 cells.
            let (value, expected) = match look.look {
                Look::Notebook => (line[1].parse::<f64>().unwrap(), row[position]),
                _ => (line[1].parse::<f64>().unwrap() / 100.0, row[position] / sum),
            };
            // Two digits: half of the second one's step is 5 % of the value at most.
            assert!((value - expected).abs() <= 0.05 * expected, "{line:?}");
            if look.look != Look::Notebook {
                let times: f64 = line[3].trim_end_matches('×').parse().unwrap();
                assert!((times - 196.0 * expected).abs() <= 0.05 * times, "{line:?}");
            }
            assert_eq!(*line.last().unwrap(), record.tokens[position].text.trim());
        }
        assert!(text.trim_end().ends_with(&rest), "{rest}: {text}");
        // The picture says the same.
        let drawn = texts(&draw("tokens", &record, &look).to_svg());
        assert!(
            lines.iter().all(|line| drawn.iter().any(|t| t.starts_with(&line[1]))) && drawn.contains(&rest)
        );
    }
    assert_eq!(chart("highlight").unwrap().text(&[run_30()], &Options::default()).unwrap(), None);
}

/// With a lock: what both have, and the difference; the largest difference first.
#[test]
fn a_table_of_two_outputs_has_both_and_their_difference() {
    let record = run_30();
    let (a, b) = (&shares(&record)[12], &shares(&record)[4]);
    let options = Options { tokens: true, top: Some(9), ..state(Some(12), Some(4)) };
    let text = chart("tokens").unwrap().text(std::slice::from_ref(&record), &options).unwrap().unwrap();
    let differences: Vec<f64> = b.iter().zip(a).map(|(b, a)| a - b).collect();
    let mut order: Vec<usize> = (0..b.len()).collect();
    order.sort_by(|x, y| differences[*y].abs().total_cmp(&differences[*x].abs()));
    assert!(text.starts_with("“may” (output 12) minus “and” (output 4)\n"), "{text}");
    let head: Vec<&str> = text.lines().nth(2).unwrap().split_whitespace().collect();
    assert_eq!(head, ["#", "may", "and", "difference", "word"]);
    for (rank, line) in text.lines().skip(3).take(9).enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let at: usize = fields[0].parse().unwrap();
        assert_eq!(at, order[rank], "{line}");
        let percent = |field: &str| field.replace('−', "-").parse::<f64>().unwrap() / 100.0;
        for (field, expected) in [(fields[1], a[at]), (fields[3], b[at]), (fields[5], differences[at])] {
            assert!((percent(field) - expected).abs() <= 0.05 * expected.abs(), "{line}: {expected}");
        }
    }
    let held = order[..9].iter().map(|&i| differences[i].abs()).sum::<f64>();
    let held = 100.0 * held / differences.iter().map(|d| d.abs()).sum::<f64>();
    let rest = format!("these 9 of 196 hold {held:.0}\u{a0}% of the differences");
    assert!(text.trim_end().ends_with(&rest), "{rest}: {text}");
}

#[test]
fn every_pixel_of_a_long_continuation_has_the_colour_of_its_number() {
    let records = runs_3x100();
    let scene = chart("long-output").unwrap().draw(&records, &notebook(Options::default())).unwrap();
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
