//! PNG: the SVG painted by resvg with the embedded fonts (feature `png`).

use crate::svg::Lettering;
use crate::{Error, Scene, font};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageRendering, Options, Tree, fontdb};
use std::sync::{Arc, OnceLock};

/// Pixels across or down at the most.
const MAX_SIDE: f64 = 32_768.0;
/// Pixels in all at the most: 1 GiB of memory.
const MAX_PIXELS: f64 = 268_435_456.0;

/// How a picture becomes a PNG.
#[derive(Debug, Clone)]
#[must_use]
pub struct Png {
    scale: f32,
    fonts: Arc<fontdb::Database>,
    more_fonts: bool,
}

impl Default for Png {
    fn default() -> Self {
        Self { scale: 1.0, fonts: fonts(), more_fonts: false }
    }
}

impl Png {
    /// One pixel for each unit, and the embedded font alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pixels for each unit. Default: 1.
    pub fn scale(self, scale: f32) -> Self {
        Self { scale, ..self }
    }

    /// One more font, as the bytes of a TrueType or OpenType file or collection: for characters that the embedded
    /// one lacks, which are boxes otherwise. Each keeps the room of its Unicode width class. Default: none.
    ///
    /// # Errors
    /// Bytes that are no font.
    pub fn font(mut self, bytes: Vec<u8>) -> Result<Self, Error> {
        let fonts = Arc::make_mut(&mut self.fonts);
        let before = fonts.len();
        fonts.load_font_data(bytes);
        if fonts.len() == before {
            return Err(Error::Font);
        }
        self.more_fonts = true;
        Ok(self)
    }

    /// The picture as PNG.
    ///
    /// # Errors
    /// A scale that is not above 0, or a picture that is too large.
    pub fn paint(&self, scene: &Scene) -> Result<Vec<u8>, Error> {
        let scale = self.scale;
        if !(scale > 0.0 && scale.is_finite()) {
            let value = scale.to_string();
            return Err(Error::Parameter { name: "scale", value, range: "a number above 0".into() });
        }
        let pixels = |units: f64| (units * f64::from(scale)).ceil().max(1.0);
        let (width, height) = (pixels(scene.width), pixels(scene.height));
        if width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS {
            return Err(Error::TooLarge { width: width as u64, height: height as u64 });
        }
        let options = Options {
            fontdb: Arc::clone(&self.fonts),
            font_family: font::FAMILY.to_owned(),
            // resvg does not know `pixelated`, which a scene's rasters ask for, and takes this instead.
            image_rendering: ImageRendering::OptimizeSpeed,
            ..Options::default()
        };
        let svg = scene.written("saliency", Lettering(&|text| self.has(text)));
        let tree = Tree::from_str(&svg, &options).map_err(|error| Error::Paint(error.to_string()))?;
        let mut pixmap = Pixmap::new(width as u32, height as u32)
            .ok_or(Error::TooLarge { width: width as u64, height: height as u64 })?;
        let [red, green, blue] = scene.theme.background().0;
        pixmap.fill(resvg::tiny_skia::Color::from_rgba8(red, green, blue, 255));
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| Error::Paint(error.to_string()))
    }

    /// Whether one of the added fonts has every character of a text.
    fn has(&self, text: &str) -> bool {
        let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
        let whole = |data: &[u8], index: u32| {
            let face = ttf_parser::Face::parse(data, index).ok()?;
            Some(text.chars().all(|c| joins(c) || face.glyph_index(c).is_some()))
        };
        self.more_fonts
            && self
                .fonts
                .faces()
                .any(|face| self.fonts.with_face_data(face.id, whole).flatten() == Some(true))
    }
}

impl Scene {
    /// The picture as PNG, with `scale` pixels for each unit. [`Png`] has more to choose.
    ///
    /// # Errors
    /// A scale that is not above 0, or a picture that is too large.
    pub fn to_png(&self, scale: f32) -> Result<Vec<u8>, Error> {
        Png::new().scale(scale).paint(self)
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
