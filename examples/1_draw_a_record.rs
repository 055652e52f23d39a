//! Draws a record that was computed elsewhere. You will see `tall-heatmap.svg` in the current folder.
//!
//! `cargo run -p saliency --example 1_draw_a_record -- crates/viz-svg/tests/data/run-30.json`

use saliency::{Options, chart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give a record file")?;
    let records = saliency::read(&std::fs::read(path)?)?;
    let options =
        Options { record: Some(0), method: Some("grad_x_input (ecco)".into()), ..Options::default() };
    let scene = chart("tall-heatmap")?.draw(&records, &options)?;
    std::fs::write("tall-heatmap.svg", scene.to_svg())?;
    println!("{}", scene.description);
    Ok(())
}
