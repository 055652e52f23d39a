//! Draws record.json into OUT_DIR/figure.svg.

use saliency_viz_svg::{TallHeatmap, Theme};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=record.json");
    let records = saliency_schema::read(&std::fs::read("record.json")?)?;
    let svg = TallHeatmap::new(&records).theme(Theme::Print).to_svg()?;
    std::fs::write(format!("{}/figure.svg", std::env::var("OUT_DIR")?), svg)?;
    Ok(())
}
