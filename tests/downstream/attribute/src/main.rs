//! Attributes a continuation by the bundled model and prints the strongest token.

use saliency::{Attributor, Generation, Load};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let demo = saliency::demo(&Load::default())?;
    let sequence = demo.generate("In the beginning God created", &Generation::greedy(3))?;
    let record = Attributor::new().record(&demo.model, &sequence)?;
    let row = &record.attributions[0];
    let sum: f64 = row.iter().flatten().sum();
    assert!((sum - 1.0).abs() < 1e-9, "a row sums to {sum}");
    let largest = row.iter().enumerate().max_by(|a, b| a.1.unwrap_or(0.0).total_cmp(&b.1.unwrap_or(0.0)));
    let (token, share) = largest.ok_or("an empty row")?;
    println!(
        "{:?} took most from {:?}: {:.3}",
        record.tokens[row.len()].text,
        record.tokens[token].text,
        share.unwrap_or(0.0)
    );
    Ok(())
}
