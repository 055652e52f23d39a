//! Which methods agree? You will see a table of how far four of them do on one continuation, with intervals, a sentence
//! that says what the figures support, and the path of a picture: the text as each of them sees it.
//!
//! `cargo run --release -p saliency --example 9_which_methods_agree`

use saliency::compare::Table;
use saliency::{Aggregate, Attributor, Comparison, Generation, Load, Methods};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let demo = saliency::demo(&Load::default())?;
    let sequence =
        demo.generate("And God said, Let there be light: and there was", &Generation::greedy(12))?;
    let names = ["gradient-x-input", "integrated-gradients", "leave-one-out", "attn-lrp"];
    let record =
        |name| Attributor::new().method(name).aggregate(Aggregate::Sum).record(&demo.model, &sequence);
    let records = names.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let scores = Comparison::of(&records)?.scores()?;
    for table in Table::of(&scores) {
        println!("{}", table.to_text());
    }
    println!("{}", scores.verdict.as_deref().unwrap_or_default());
    let picture = std::env::temp_dir().join("methods.svg");
    std::fs::write(&picture, Methods::new(&records).scores(scores).to_svg()?)?;
    println!("{}", picture.display());
    Ok(())
}
