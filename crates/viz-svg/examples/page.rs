//! One interactive page of a chart:
//! `cargo run -p saliency-viz-svg --features html --example page -- CHART RECORD… PAGE`.

use saliency_viz_svg::{Page, ToHtml, chart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, files @ .., page] = &arguments[..] else {
        return Err("usage: page CHART RECORD… PAGE; CHART may be `report` or `all`".into());
    };
    let mut records = Vec::new();
    for file in files {
        records.extend(saliency_schema::read(&std::fs::read(file)?)?);
    }
    let drawn = match &**name {
        "report" => Page::report(&records),
        "all" => Page::new(&records).every_chart(),
        name => Page::new(&records).chart(chart(name)?),
    };
    std::fs::write(page, drawn.to_html()?)?;
    Ok(())
}
