//! PDF: the SVG written by svg2pdf with the embedded fonts (feature `pdf`). Text stays text.

use crate::error::Error;
use crate::scene::Scene;
use crate::text::font;
use crate::write::fonts::Fonts;
use crate::write::lettering::Lettering;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::{BTreeMap, BTreeSet};
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

    /// The machine's own fonts as well, as in [`Png`](crate::Png): the file's bytes then depend on them. Default:
    /// without.
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
        let fonts = self.fonts.of(scene);
        let database = options.fontdb_mut();
        fonts.files.iter().for_each(|file| database.load_font_data(file.to_vec()));
        database.set_monospace_family(font::FAMILY);
        let painted = |text: &str| fonts.glyphs.painted(text);
        let svg = scene.written("saliency", Lettering { painted: &painted, squeezes: false });
        let tree = Tree::from_str(&svg, &options).map_err(|error| Error::Paint(error.to_string()))?;
        let page = PageOptions { dpi: 72.0 };
        let pdf = svg2pdf::to_pdf(&tree, ConversionOptions::default(), page)
            .map_err(|error| Error::Paint(error.to_string()))?;
        ordered(&pdf).map_err(|error| Error::Paint(error.to_string()))
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

/// The same file with its objects numbered in the order in which they are met from the trailer, and every dictionary
/// sorted: svg2pdf leaves both to its hash tables.
fn ordered(pdf: &[u8]) -> lopdf::Result<Vec<u8>> {
    let mut document = Document::load_mem(pdf)?;
    let mut numbers = BTreeMap::new();
    let mut trailer = Object::Dictionary(document.trailer.clone());
    let mut objects = BTreeMap::new();
    renumber(&mut trailer, &mut numbers, &mut document, &mut objects);
    if let Object::Dictionary(trailer) = trailer {
        document.trailer = trailer;
    }
    document.max_id = numbers.len() as u32;
    document.objects = objects;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}

/// Sorts the dictionaries of an object, and follows its references in that order.
fn renumber(
    object: &mut Object,
    numbers: &mut BTreeMap<ObjectId, ObjectId>,
    document: &mut Document,
    objects: &mut BTreeMap<ObjectId, Object>,
) {
    match object {
        Object::Reference(id) => {
            if let Some(number) = numbers.get(id) {
                *id = *number;
                return;
            }
            let number = (numbers.len() as u32 + 1, 0);
            numbers.insert(*id, number);
            if let Some(mut held) = document.objects.remove(id) {
                renumber(&mut held, numbers, document, objects);
                objects.insert(number, held);
            }
            *id = number;
        }
        Object::Array(items) => items.iter_mut().for_each(|item| renumber(item, numbers, document, objects)),
        Object::Dictionary(entries) => sort(entries, numbers, document, objects),
        Object::Stream(stream) => sort(&mut stream.dict, numbers, document, objects),
        _ => {}
    }
}

fn sort(
    dictionary: &mut Dictionary,
    numbers: &mut BTreeMap<ObjectId, ObjectId>,
    document: &mut Document,
    objects: &mut BTreeMap<ObjectId, Object>,
) {
    let entries: BTreeMap<Vec<u8>, Object> =
        dictionary.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    *dictionary = Dictionary::new();
    for (key, mut value) in entries {
        renumber(&mut value, numbers, document, objects);
        dictionary.set(key, value);
    }
}
