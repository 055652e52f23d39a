//! A paragraph in, a record and a picture out. You will see the continuation, and `record.json` and `highlight.svg` in
//! the current folder.
//!
//! `cargo run --release -p saliency --example 2_attribute_a_paragraph`

use saliency::{Attributor, Generation, Load, Options, chart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = include_str!("abigail.txt").trim_end_matches('\n');
    let demo = saliency::demo(&Load::default())?;
    let sequence = demo.generate(text, &Generation::greedy(32))?;
    println!("{}", sequence.text());

    let record = Attributor::new().record(&demo.model, &sequence)?;
    saliency::write(std::slice::from_ref(&record), std::fs::File::create("record.json")?)?;
    let scene = chart("highlight")?.draw(&[record], &Options::default())?;
    std::fs::write("highlight.svg", scene.to_svg())?;
    Ok(())
}
