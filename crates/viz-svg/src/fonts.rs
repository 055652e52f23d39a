//! The fonts that a painter has: the embedded ones, and those that the caller adds (features `png` and `pdf`).

use crate::{Error, font};
use ttf_parser::{Face, fonts_in_collection};

/// The embedded fonts' files.
pub(crate) const EMBEDDED: [&[u8]; 2] =
    [include_bytes!("../fonts/DejaVuSansMono.ttf"), include_bytes!("../fonts/DejaVuSansMono-Bold.ttf")];

/// Fonts besides the embedded ones, as the bytes of their files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fonts(Vec<Vec<u8>>);

impl Fonts {
    /// Adds a TrueType or OpenType file, or a collection.
    pub(crate) fn add(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        Face::parse(&bytes, 0).map_err(|_| Error::Font)?;
        self.0.push(bytes);
        Ok(())
    }

    /// The files, the embedded ones first.
    pub(crate) fn files(&self) -> impl Iterator<Item = &[u8]> {
        EMBEDDED.into_iter().chain(self.0.iter().map(Vec::as_slice))
    }

    /// Whether no font was added.
    #[cfg(feature = "png")]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one font has every character of a text.
    pub(crate) fn have(&self, text: &str) -> bool {
        let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
        let has = |face: &Face<'_>| text.chars().all(|c| joins(c) || face.glyph_index(c).is_some());
        let faces = |bytes: &Vec<u8>| {
            let count = fonts_in_collection(bytes).unwrap_or(1);
            (0..count).any(|index| Face::parse(bytes, index).is_ok_and(|face| has(&face)))
        };
        text.chars().all(font::covers) || self.0.iter().any(faces)
    }
}
