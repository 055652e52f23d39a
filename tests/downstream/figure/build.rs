//! Draws record.json into OUT_DIR/figure.svg, and how four methods of methods.json agree into OUT_DIR/methods.svg.

use saliency_compare::Comparison;
use saliency_viz_svg::{Methods, TallHeatmap, Theme};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::var("OUT_DIR")?;
    println!("cargo:rerun-if-changed=record.json");
    let records = saliency_schema::read(&std::fs::read("record.json")?)?;
    let svg = TallHeatmap::new(&records).theme(Theme::Print).to_svg()?;
    std::fs::write(format!("{folder}/figure.svg"), svg)?;

    println!("cargo:rerun-if-changed=methods.json");
    let records = saliency_schema::read(&std::fs::read("methods.json")?)?;
    let scores = Comparison::of(&records)?.scores()?;
    println!("cargo:rustc-env=VERDICT={}", scores.verdict.as_deref().unwrap_or_default());
    let svg = Methods::new(&records).scores(scores).theme(Theme::Print).to_svg()?;
    std::fs::write(format!("{folder}/methods.svg"), svg)?;
    Ok(())
}
