//! A chart of your own, outside the crate: what one output took from each token, as stems over their positions.

use saliency_schema::Record;
use saliency_viz_svg::layout::{Rows, Scale, Sheet, text_width};
use saliency_viz_svg::{Anchor, Chart, Error, Figure, Item, Options, Rect, Scene, Text};

/// How high the longest stem is, and how wide each.
const HEIGHT: f64 = 160.0;
const STEM: f64 = 6.0;

struct Stems;

impl Chart for Stems {
    fn name(&self) -> &'static str {
        "stems"
    }

    fn summary(&self) -> &'static str {
        "what one output took from each token, as stems over their positions"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        // The record in the state that was asked for, and the colours of its values.
        let rows = Rows::one(records, options)?;
        let scale = Scale::of(&rows, options)?;
        let mut items = Vec::new();
        let mut taken = f64::MIN;
        for (position, value) in rows.hovered() {
            // Non-finite values get a full-height stem in their pattern.
            let share = value.number().filter(|x| x.is_finite()).map_or(1.0, |x| scale.share(x));
            let (left, height) = (position as f64 * STEM, HEIGHT * share.abs().max(0.01));
            let top = if share < 0.0 { HEIGHT } else { HEIGHT - height };
            let stem = Rect::new(left, top, STEM - 1.0, height);
            items.push(Item::Cells { paint: scale.paint(value), cells: vec![stem] });
            let name = rows.label_of(position);
            let half = text_width(&name, 11.0) / 2.0;
            if share > 0.5 && left - half > taken + 6.0 {
                let text = Text::new(name, left + STEM / 2.0, top - 4.0, 11.0, options.theme.ink());
                items.push(text.anchored(Anchor::Middle).into());
                taken = left + half;
            }
        }
        // The sheet adds legend, margins and size.
        let mut sheet = Sheet::of_row(&rows, &scale, options, rows.title());
        sheet.group("stems", rows.hover().map(|row| rows.in_words(&[row])), items, (0.0, 16.0));
        let description = format!("{}: a stem for each token.", sheet.title());
        Ok(sheet.scene(description))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/run-30.json");
    let record = saliency_schema::read(&std::fs::read(path)?)?.remove(0);
    let svg = Figure::new(Stems, &record).hover(3).to_svg()?;
    let picture = std::env::temp_dir().join("stems.svg");
    std::fs::write(&picture, svg)?;
    println!("{}", picture.display());
    Ok(())
}
