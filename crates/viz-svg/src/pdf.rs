//! PDF: the SVG written by svg2pdf with the embedded fonts (feature `pdf`). Text stays text.

use crate::fonts::Fonts;
use crate::svg::Lettering;
use crate::{Error, Scene, font};
use svg2pdf::usvg::{ImageRendering, Options, Tree};
use svg2pdf::{ConversionOptions, PageOptions};

/// How a picture becomes a PDF: one page of its size, 72 units to an inch.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Pdf {
    fonts: Fonts,
}

impl Pdf {
    /// With the embedded font alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more font, for characters that the embedded one lacks, as in [`Png`](crate::Png). Default: none.
    ///
    /// # Errors
    /// Bytes that are no font.
    pub fn font(mut self, bytes: Vec<u8>) -> Result<Self, Error> {
        self.fonts.add(bytes)?;
        Ok(self)
    }

    /// The picture as PDF.
    ///
    /// # Errors
    /// [`Error::Paint`], where the page could not be written.
    pub fn write(&self, scene: &Scene) -> Result<Vec<u8>, Error> {
        let mut options = Options {
            font_family: font::FAMILY.to_owned(),
            image_rendering: ImageRendering::OptimizeSpeed,
            ..Options::default()
        };
        let database = options.fontdb_mut();
        for file in self.fonts.files() {
            database.load_font_data(file.to_vec());
        }
        database.set_monospace_family(font::FAMILY);
        let svg = scene.written("saliency", Lettering(&|text| self.fonts.have(text)));
        let tree = Tree::from_str(&svg, &options).map_err(|error| Error::Paint(error.to_string()))?;
        let page = PageOptions { dpi: 72.0 };
        svg2pdf::to_pdf(&tree, ConversionOptions::default(), page)
            .map_err(|error| Error::Paint(error.to_string()))
    }
}

impl Scene {
    /// The picture as PDF, with the embedded font. [`Pdf`] has more to choose.
    ///
    /// # Errors
    /// As [`Pdf::write`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, Error> {
        Pdf::new().write(self)
    }
}
