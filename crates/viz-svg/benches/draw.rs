//! Drawing, by named shapes: how long, and how many bytes.
//!
//! | shape | why |
//! | --- | --- |
//! | `run-30` | the notebook's own run: 184 inputs, 30 outputs, 5,955 cells |
//! | `100x200` | a long continuation: 100 inputs, 200 outputs, about 40,000 cells |
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{Criterion, criterion_group, criterion_main};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Options, chart, charts};

fn run_30() -> Record {
    saliency_schema::read(include_bytes!("../tests/data/run-30.json")).unwrap().remove(0)
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
    for (name, record) in [("run-30", run_30()), ("100x200", shape(100, 200))] {
        let records = [record];
        let mut group = criterion.benchmark_group(name);
        for chart in charts() {
            let svg = || chart.draw(&records, &Options::default()).unwrap().to_svg();
            println!("{name}/{}: {} bytes of SVG", chart.name(), svg().len());
            group.bench_function(format!("{}/svg", chart.name()), |b| b.iter(svg));
        }
        group.finish();
    }
    let (records, heatmap) = ([run_30()], chart("tall-heatmap").unwrap());
    let scene = heatmap.draw(&records, &Options::default()).unwrap();
    let mut group = criterion.benchmark_group("run-30");
    group.sample_size(20);
    group.bench_function("tall-heatmap/png at 2×", |b| b.iter(|| scene.to_png(2.0).unwrap()));
    group.finish();
}

criterion_group!(benches, draw);
criterion_main!(benches);
