//! PNG: the SVG painted by resvg with the embedded fonts (feature `png`).

use crate::{Error, Scene, font};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageRendering, Options, Tree, fontdb};
use std::sync::{Arc, OnceLock};

/// Pixels across or down at the most.
const MAX_SIDE: f64 = 32_768.0;
/// Pixels in all at the most: 1 GiB of memory.
const MAX_PIXELS: f64 = 268_435_456.0;

impl Scene {
    /// The picture as PNG, with `scale` pixels for each unit.
    ///
    /// # Errors
    /// A scale that is not above 0, or a picture that is too large.
    pub fn to_png(&self, scale: f32) -> Result<Vec<u8>, Error> {
        if !(scale > 0.0 && scale.is_finite()) {
            let value = scale.to_string();
            return Err(Error::Parameter { name: "scale", value, range: "a number above 0".into() });
        }
        let pixels = |units: f64| (units * f64::from(scale)).ceil().max(1.0);
        let (width, height) = (pixels(self.width), pixels(self.height));
        if width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS {
            return Err(Error::TooLarge { width: width as u64, height: height as u64 });
        }
        let options = Options {
            fontdb: fonts(),
            font_family: font::FAMILY.to_owned(),
            // resvg does not know `pixelated`, which a scene's rasters ask for, and takes this instead.
            image_rendering: ImageRendering::OptimizeSpeed,
            ..Options::default()
        };
        let tree =
            Tree::from_str(&self.to_svg(), &options).map_err(|error| Error::Paint(error.to_string()))?;
        let mut pixmap = Pixmap::new(width as u32, height as u32)
            .ok_or(Error::TooLarge { width: width as u64, height: height as u64 })?;
        let [red, green, blue] = self.theme.background().0;
        pixmap.fill(resvg::tiny_skia::Color::from_rgba8(red, green, blue, 255));
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| Error::Paint(error.to_string()))
    }
}

/// The embedded fonts, read once.
fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(include_bytes!("../fonts/DejaVuSansMono.ttf").to_vec());
        fonts.load_font_data(include_bytes!("../fonts/DejaVuSansMono-Bold.ttf").to_vec());
        fonts.set_monospace_family(font::FAMILY);
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(load))
}
