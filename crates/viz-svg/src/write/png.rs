//! PNG: the SVG painted by resvg with the embedded fonts (feature `png`).

use crate::error::Error;
use crate::scene::Scene;
use crate::text::font;
use crate::write::fonts::{Chosen, EMBEDDED, Fonts};
use crate::write::lettering::Lettering;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageRendering, Options, Tree, fontdb};
use std::collections::BTreeSet;
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
    fonts: Fonts,
}

impl Default for Png {
    fn default() -> Self {
        Self { scale: 1.0, fonts: Fonts::default() }
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

    /// Adds a font, the bytes of a TrueType or OpenType file or collection, for characters that the embedded one lacks
    /// and that are boxes otherwise. Each keeps the width of its Unicode width class. Default: none.
    ///
    /// # Errors
    /// Bytes that are not a font.
    pub fn font(mut self, bytes: Vec<u8>) -> Result<Self, Error> {
        self.fonts.add(bytes)?;
        Ok(self)
    }

    /// Adds the machine's fonts, for characters that neither the embedded font nor those that were given have. The same
    /// scene then gives the same bytes only on machines with the same fonts. Default: not used.
    ///
    /// # Errors
    /// A machine without fonts.
    pub fn system_fonts(mut self) -> Result<Self, Error> {
        self.fonts.add_system()?;
        Ok(self)
    }

    /// The characters of a picture that no available font has; they are drawn as boxes. [`Missing`](crate::Missing)
    /// groups them by script.
    pub fn missing(&self, scene: &Scene) -> BTreeSet<char> {
        self.fonts.of(scene).missing
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
        let fonts = self.fonts.of(scene);
        let options = Options {
            fontdb: database(&fonts),
            font_family: font::FAMILY.to_owned(),
            // resvg does not know `pixelated`, which a scene's rasters ask for, and takes this instead.
            image_rendering: ImageRendering::OptimizeSpeed,
            ..Options::default()
        };
        let painted = |text: &str| fonts.glyphs.painted(text);
        let svg = scene.written("saliency", Lettering { painted: &painted, squeezes: false });
        let tree = Tree::from_str(&svg, &options).map_err(|error| Error::Paint(error.to_string()))?;
        let mut pixmap = Pixmap::new(width as u32, height as u32)
            .ok_or(Error::TooLarge { width: width as u64, height: height as u64 })?;
        let [red, green, blue] = scene.theme.background().0;
        pixmap.fill(resvg::tiny_skia::Color::from_rgba8(red, green, blue, 255));
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| Error::Paint(error.to_string()))
    }
}

impl Scene {
    /// The picture as PNG, with `scale` pixels for each unit. [`Png`] has more options.
    ///
    /// # Errors
    /// A scale that is not above 0, or a picture that is too large.
    pub fn to_png(&self, scale: f32) -> Result<Vec<u8>, Error> {
        Png::new().scale(scale).paint(self)
    }
}

/// Fonts as resvg wants them; the embedded ones alone are read once.
fn database(fonts: &Chosen<'_>) -> Arc<fontdb::Database> {
    static ALONE: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    if fonts.is_embedded_alone() {
        return Arc::clone(ALONE.get_or_init(|| read(EMBEDDED.into_iter())));
    }
    read(fonts.files.iter().map(AsRef::as_ref))
}

fn read<'a>(files: impl Iterator<Item = &'a [u8]>) -> Arc<fontdb::Database> {
    let mut fonts = fontdb::Database::new();
    files.for_each(|file| fonts.load_font_data(file.to_vec()));
    fonts.set_monospace_family(font::FAMILY);
    Arc::new(fonts)
}
