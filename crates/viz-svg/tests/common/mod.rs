//! What the tests of charts share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    missing_docs,
    unreachable_pub,
    reason = "each test takes what it needs, and fails by panicking"
)]

use roxmltree::{Document, Node};
use saliency_schema::{Interaction, Ledger, Output, Record, Replacement, Vectors};
use saliency_viz_svg::{
    Anchor, Chart, Item, Look, Options, Paint, Palette, Rect, Scene, State, Text, Theme, chart,
};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Every chart that draws records without scores of them, those of several only too.
pub fn all_charts() -> impl Iterator<Item = &'static dyn Chart> {
    saliency_viz_svg::charts().iter().copied().filter(|chart| !chart.needs_scores())
}

/// Every chart that draws one record without scores of it.
pub fn charts() -> &'static [&'static dyn Chart] {
    static CHARTS: LazyLock<Vec<&'static dyn Chart>> =
        LazyLock::new(|| all_charts().filter(|chart| !chart.needs_several()).collect());
    &CHARTS
}

pub fn run_30() -> Record {
    complete(saliency_schema::read(include_bytes!("../data/run-30.json")).unwrap().remove(0))
}

/// The record with all that a chart may need: pairs, two replacements of each input by numbers of the record itself,
/// deltas, what the parts of a model add, and what is kept of vectors.
pub fn complete(record: Record) -> Record {
    with_vectors(with_deltas(with_ledgers(with_replacements(with_pairs(record)))))
}

/// The record with what is kept of vectors: numbers of the rows themselves.
pub fn with_vectors(mut record: Record) -> Record {
    let n_input = record.n_input();
    if record.outputs.is_empty() {
        record.outputs = (0..record.n_output()).map(|row| Output::new(n_input + row)).collect();
    }
    for (row, output) in record.attributions.iter().zip(&mut record.outputs) {
        let each = |of: &dyn Fn(f64, f64) -> f64| -> Vec<Option<f64>> {
            row.iter().enumerate().map(|(i, x)| x.map(|x| of(x, (i as f64).sin()))).collect()
        };
        let vectors = Vectors::new(
            each(&|x, _| 2.0 * x.abs()),
            each(&|x, s| -x.abs() * (1.0 + s)),
            each(&|x, _| 1.5 * x.abs()),
        );
        let components = vec![each(&|x, s| 2.0 * x * s), each(&|x, s| x * (0.5 + s))];
        output.vectors = Some(vectors.with_components(components, vec![Some(0.5), Some(0.25)]));
    }
    record
}

/// The record with what the parts of a model of three layers and four heads add to each output, and their sum.
pub fn with_ledgers(mut record: Record) -> Record {
    let n_input = record.n_input();
    if record.outputs.is_empty() {
        record.outputs = (0..record.n_output()).map(|row| Output::new(n_input + row)).collect();
    }
    for (row, output) in record.outputs.iter_mut().enumerate() {
        let number = |k: usize| Some((5.0 * k as f64 + row as f64).sin());
        let heads = (0..3).map(|layer| (0..4).map(|head| number(4 * layer + head)).collect()).collect();
        let ledger = Ledger::new(heads).with_feed_forward((20..23).map(number).collect());
        output.ledger =
            Some(ledger.with_attention_bias(vec![Some(0.1); 3]).with_token(0.5).with_bias(number(30)));
        output.value = output.value.or(output.ledger.as_ref().map(Ledger::total));
    }
    record
}

/// The record with what each row adds up to, what it should, and the difference.
pub fn with_deltas(mut record: Record) -> Record {
    let n_input = record.n_input();
    if record.outputs.is_empty() {
        record.outputs = (0..record.n_output()).map(|row| Output::new(n_input + row)).collect();
    }
    for (row, output) in record.outputs.iter_mut().enumerate() {
        let delta = 0.01 * (3.0 * row as f64 + 1.0).sin();
        (output.sum, output.delta, output.steps) = (Some(1.0 + delta), Some(delta), Some(50));
    }
    record
}

pub fn with_replacements(mut record: Record) -> Record {
    // What a decoder begins with can't be replaced.
    let n_input = record.source().unwrap_or(record.n_input());
    let of_row = |row: &Vec<Option<f64>>| {
        let pair = |(at, value): (usize, &Option<f64>)| {
            let change = value.map(|x| -10.0 * x);
            let longer = Replacement::new(at, " another word", value.map(|x| 5.0 * x));
            [Replacement::new(at, " other", change).with_probability(0.5), longer]
        };
        row.iter().take(n_input).enumerate().flat_map(pair).collect()
    };
    record.replacements = record.attributions.iter().map(of_row).collect();
    record
}

fn all_complete(records: Vec<Record>) -> Vec<Record> {
    records.into_iter().map(complete).collect()
}

/// The record with pairs of at most a dozen of its inputs, so that every chart has something to draw.
fn with_pairs(record: Record) -> Record {
    let count = record.n_input().min(12);
    let token = |k: usize| k * record.n_input() / count.max(1);
    let value = |row: usize, i: usize, j: usize| {
        let size = if i == j { 0.5 } else { 0.1 };
        size * (3.0 * i as f64 + 7.0 * j as f64 + row as f64).sin()
    };
    let of = |row: usize| -> Vec<Interaction> {
        let places = (0..count).flat_map(|j| (0..=j).map(move |i| (i, j)));
        places.map(|(i, j)| Interaction::new(token(i), token(j), value(row, i, j))).collect()
    };
    let interactions = (0..record.n_output()).map(of).collect();
    record.with_interactions(interactions)
}

pub fn state(hover: Option<usize>, lock: Option<usize>) -> Options {
    Options { hover: hover.map(State::output), lock: lock.map(State::output), ..Options::default() }
}

pub fn draw(name: &str, record: &Record, options: &Options) -> Scene {
    chart(name).unwrap().draw(std::slice::from_ref(record), options).unwrap()
}

pub fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let text = |n: Node<'_, '_>| n.text().unwrap_or_default().to_owned();
    document.descendants().filter(|n| n.has_tag_name("text")).map(text).collect()
}

pub fn group<'a>(scene: &'a Scene, name: &str) -> &'a [Item] {
    let of_name = |item: &'a Item| match item {
        Item::Group { name: found, items, .. } if *found == name => Some(&items[..]),
        _ => None,
    };
    scene.items.iter().find_map(of_name).unwrap()
}

/// The paint of the cell whose middle is at `(x, y)`.
pub fn paint_at(items: &[Item], x: f64, y: f64) -> Option<Paint> {
    let holds = |item: &Item| match item {
        Item::Cells { paint, cells } => {
            let inside = |r: &&Rect| r.x < x && x < r.x + r.width && r.y < y && y < r.y + r.height;
            cells.iter().find(inside).map(|_| *paint)
        }
        _ => None,
    };
    items.iter().rev().find_map(holds)
}

/// The same options in the notebook's look.
pub fn notebook(options: Options) -> Options {
    Options { look: Look::Notebook, ..options }
}

/// A record's rows as shares: each value's size over the sum of its row's.
pub fn shares(record: &Record) -> Vec<Vec<f64>> {
    let share = |row: &Vec<Option<f64>>| {
        let sum: f64 = row.iter().map(|x| x.unwrap().abs()).sum();
        row.iter().map(|x| x.unwrap().abs() / sum).collect()
    };
    record.attributions.iter().map(share).collect()
}

/// The plain scale as the documentation defines it: ± √(|x| / end), below the cut times |x| / cut, in 31 levels.
pub fn expected_plain(x: f64, end: f64, cut: Option<f64>, palette: Palette) -> Paint {
    let strength = (x.abs() / end).min(1.0).sqrt() * cut.map_or(1.0, |cut| (x.abs() / cut).min(1.0));
    Paint::Color(palette.color((strength * 31.0).round() / 31.0 * x.signum(), Theme::Light, Look::Plain))
}

/// The notebook's scale: linear up to the 0.99 quantile of |value|, in 31 levels above zero.
pub fn expected_color(x: f64, end: f64, palette: Palette) -> Paint {
    Paint::Color(palette.color(
        ((x / end).clamp(-1.0, 1.0) * 31.0).round() / 31.0,
        Theme::Light,
        Look::Notebook,
    ))
}

pub fn quantile(mut sizes: Vec<f64>) -> f64 {
    sizes.sort_by(f64::total_cmp);
    sizes[((sizes.len() as f64 * 0.99).ceil() as usize).max(1) - 1]
}

/// Checks what every SVG owes, whatever is in the record.
pub fn check(scene: &Scene) {
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
    let mut labels = Vec::new();
    gather(&scene.items, &mut labels);
    for (i, one) in labels.iter().enumerate() {
        for other in &labels[i + 1..] {
            assert!(!ink(one).overlaps(&ink(other)), "{one:?} and {other:?} overlap");
        }
    }
}

/// Where a text's letters are: its width, and nothing of the room between lines.
fn ink(text: &Text) -> Rect {
    let r = text.bounds();
    if text.upward {
        Rect { x: r.x + 0.5, width: r.width - 1.0, ..r }
    } else {
        Rect { y: r.y + 0.5, height: r.height - 1.0, ..r }
    }
}

pub fn gather(items: &[Item], texts: &mut Vec<Text>) {
    for item in items {
        match item {
            Item::Group { items, .. } => gather(items, texts),
            Item::Text(text) => texts.push(text.clone()),
            _ => {}
        }
    }
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
                let before = match text.anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => text.width / 2.0,
                    _ => text.width,
                };
                if text.upward {
                    within(text.x, text.y - text.width + before);
                    within(text.x, text.y + before);
                } else {
                    within(text.x - before, text.y);
                    within(text.x - before + text.width, text.y);
                }
            }
            _ => panic!("an item that this check does not know: {item:?}"),
        }
    }
}

/// The notebook's runs, three continuations each.
pub fn runs_3x30() -> Vec<Record> {
    all_complete(saliency_schema::read(include_bytes!("../../../schema/tests/data/runs-3x30.json")).unwrap())
}

pub fn runs_3x100() -> Vec<Record> {
    all_complete(saliency_schema::read(include_bytes!("../../../schema/tests/data/runs-3x100.json")).unwrap())
}

pub fn draw_all(name: &str, records: &[Record], options: &Options) -> Scene {
    chart(name).unwrap().draw(records, options).unwrap()
}

/// Every group of a name: one for each panel.
pub fn groups<'a>(scene: &'a Scene, name: &str) -> Vec<&'a [Item]> {
    let of_name = |item: &'a Item| match item {
        Item::Group { name: found, items, .. } if *found == name => Some(&items[..]),
        _ => None,
    };
    scene.items.iter().filter_map(of_name).collect()
}

/// The last inputs and the first outputs of a run, with their own values: small enough to read a picture of.
pub fn cut(record: &Record, inputs: usize, outputs: usize) -> Record {
    let (first, n_input) = (record.n_input() - inputs, record.n_input());
    let tokens = record.tokens[first..n_input + outputs].to_vec();
    let rows = record.attributions[..outputs].iter().map(|row| row[first..].to_vec()).collect();
    complete(Record::new(tokens, rows).unwrap())
}

/// The records that small pictures are drawn of: two continuations, or the first of them for a chart of one.
pub fn small(takes_several: bool) -> Vec<Record> {
    let runs = runs_3x30();
    runs[..if takes_several { 2 } else { 1 }].iter().map(|run| with_pairs(cut(run, 14, 5))).collect()
}

/// Every state of a chart that a pointer can reach, with its name.
pub fn states() -> [(&'static str, Options); 4] {
    let hover = Some(State::output(3));
    let lock = Some(State::output(1));
    let token = Some(4);
    [
        ("rest", Options::default()),
        ("hovered", Options { hover, token, ..Options::default() }),
        ("locked", Options { lock, ..Options::default() }),
        ("both", Options { hover, lock, token, ..Options::default() }),
    ]
}

/// What CHROME names, or the first Chromium on the PATH.
pub fn browser() -> Option<std::path::PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file())
}
