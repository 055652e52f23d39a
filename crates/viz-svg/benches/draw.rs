//! Drawing, by named shapes: how long, and how many bytes.
//!
//! | shape | why |
//! | --- | --- |
//! | `run-30` | the notebook's own run: 184 inputs, 30 outputs, 5,955 cells |
//! | `100x200` | a long continuation: 100 inputs, 200 outputs, about 40,000 cells |
//! | `1000x2000` | as long as it gets: 4 million cells, `long-output` alone |
//!
//! Of the first two every chart is drawn. They are given what a chart may need besides rows, made of their own numbers:
//! pairs of 12 words, two replacements of each input, a ledger of 12 layers of 12 heads (GPT-2's), what is kept of
//! vectors, and the tests' scores of methods.
//!
//! `cargo bench -p saliency-viz-svg --bench draw -- --peers` prints medians and bytes of the first two, tab-separated,
//! which `benches/peers.py --ours` sets beside matplotlib's and plotly's in one run.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::Criterion;
use saliency_schema::{Kind, Ledger, Record, Token};
use saliency_viz_svg::{Options, chart, charts};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

fn run_30() -> Record {
    saliency_schema::read(include_bytes!("../tests/data/run-30.json")).unwrap().remove(0)
}

/// The record with all that a chart may need.
fn complete(record: Record) -> Record {
    let mut record = common::complete(record);
    for (row, output) in record.outputs.iter_mut().enumerate() {
        let number = |k: usize| Some((5.0 * k as f64 + row as f64).sin());
        let heads = (0..12).map(|layer| (0..12).map(|head| number(12 * layer + head)).collect()).collect();
        let ledger = Ledger::new(heads).with_feed_forward((200..212).map(number).collect());
        output.value = Some(ledger.total());
        output.ledger = Some(ledger);
    }
    record
}

fn shape(n_input: usize, n_output: usize) -> Record {
    let token = |i: usize| {
        let kind = if i < n_input { Kind::Input } else { Kind::Output };
        Token::new(i as u32, format!(" token{i}"), kind)
    };
    let value = |row: usize, i: usize| Some(((row * 7919 + i * 104_729) % 1000) as f64 / 1e5);
    let row = |row: usize| (0..n_input + row).map(|i| value(row, i)).collect();
    Record::new((0..n_input + n_output).map(token).collect(), (0..n_output).map(row).collect()).unwrap()
}

fn draw(criterion: &mut Criterion) {
    let scores = saliency_schema::scores::read(include_bytes!("../tests/data/scores.json")).unwrap();
    let options = Options { scores: Some(Arc::new(scores)), ..Options::default() };
    for (name, record) in [("run-30", run_30()), ("100x200", shape(100, 200))] {
        let records = vec![complete(record); 5];
        let mut group = criterion.benchmark_group(name);
        for chart in charts() {
            let options = if chart.needs_scores() { &options } else { &Options::default() };
            let records = if chart.needs_several() { &records } else { &records[..1] };
            let svg = || chart.draw(records, options).unwrap().to_svg();
            println!("{name}/{}: {} bytes of SVG", chart.name(), svg().len());
            group.bench_function(format!("{}/svg", chart.name()), |b| b.iter(svg));
        }
        group.finish();
    }
    let (records, long) = ([shape(1000, 2000)], chart("long-output").unwrap());
    let mut group = criterion.benchmark_group("1000x2000");
    group.sample_size(10);
    let svg = || long.draw(&records, &Options::default()).unwrap().to_svg();
    println!("1000x2000/long-output: {} bytes of SVG", svg().len());
    group.bench_function("long-output/svg", |b| b.iter(svg));
    group.finish();
    let (records, heatmap) = ([run_30()], chart("tall-heatmap").unwrap());
    let scene = heatmap.draw(&records, &Options::default()).unwrap();
    let mut group = criterion.benchmark_group("run-30");
    group.sample_size(20);
    group.bench_function("tall-heatmap/png at 2×", |b| b.iter(|| scene.to_png(2.0).unwrap()));
    group.finish();
}

/// One line for each chart and form: shape, chart, form, median milliseconds, bytes.
fn print_for_peers() {
    let median = |draw: &dyn Fn() -> usize| {
        let bytes = draw();
        let mut times: Vec<f64> = (0..15)
            .map(|_| {
                let start = Instant::now();
                black_box(draw());
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2], bytes)
    };
    for (shape, record) in [("run-30", run_30()), ("100x200", shape(100, 200))] {
        for chart in [chart("tall-heatmap").unwrap(), chart("long-output").unwrap()] {
            let scene = || chart.draw(std::slice::from_ref(&record), &Options::default()).unwrap();
            let svg = median(&|| scene().to_svg().len());
            let png = median(&|| scene().to_png(1.0).unwrap().len());
            for (form, (time, bytes)) in [("svg", svg), ("png", png)] {
                println!("{shape}\tsaliency {}\t{form}\t{time:.3}\t{bytes}", chart.name());
            }
        }
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--peers") {
        return print_for_peers();
    }
    let mut criterion = Criterion::default().configure_from_args();
    draw(&mut criterion);
    criterion.final_summary();
}
