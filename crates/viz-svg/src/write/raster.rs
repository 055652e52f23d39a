//! A grid of many cells as an indexed PNG inside the SVG: a pixel for each cell.

use crate::paint::color::Color;
use crate::scene::Rect;
use crate::values::number::coordinate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use svg::node::element::{Element, Image};

/// A grid as an indexed PNG inside the SVG, which stays sharp when it is enlarged.
pub(crate) fn raster(rect: Rect, columns: usize, cells: &[u8], colors: &[Color]) -> Option<Element> {
    let rows = cells.len().checked_div(columns)?;
    let data =
        format!("data:image/png;base64,{}", STANDARD.encode(indexed_png(columns, rows, cells, colors)?));
    let image = Image::new()
        .set("x", coordinate(rect.x))
        .set("y", coordinate(rect.y))
        .set("width", coordinate(rect.width))
        .set("height", coordinate(rect.height))
        .set("preserveAspectRatio", "none")
        .set("image-rendering", "pixelated")
        .set("href", data);
    Some(image.into())
}

/// `None` for a grid without cells, or one that is too large for a PNG.
fn indexed_png(columns: usize, rows: usize, cells: &[u8], colors: &[Color]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, columns.try_into().ok()?, rows.try_into().ok()?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colors.iter().flat_map(|color| color.0).collect::<Vec<u8>>());
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(cells).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
