//! Draws record.json into OUT_DIR/figure.svg.

use saliency_viz_svg::{Options, chart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=record.json");
    let records = saliency_schema::read(&std::fs::read("record.json")?)?;
    let scene = chart("tall-heatmap")?.draw(&records, &Options::default())?;
    std::fs::write(format!("{}/figure.svg", std::env::var("OUT_DIR")?), scene.to_svg())?;
    Ok(())
}
