//! `--font`: what PNG and PDF are painted with, and what is said of characters that no font has.

use crate::arguments::FontArguments;
use crate::failure::Failure;
use crate::output::remark;
#[cfg(feature = "pdf")]
use saliency::viz::Pdf;
use saliency::viz::{self, Missing, Png};
use std::path::Path;

impl FontArguments {
    /// The painter of PNG.
    pub(crate) fn png(&self, scale: f32) -> Result<Png, Failure> {
        self.each(Png::new().scale(scale), Png::font, Png::system_fonts)
    }

    /// The writer of PDF.
    #[cfg(feature = "pdf")]
    pub(crate) fn pdf(&self) -> Result<Pdf, Failure> {
        self.each(Pdf::new(), Pdf::font, Pdf::system_fonts)
    }

    fn each<P>(
        &self,
        painter: P,
        add: impl Fn(P, Vec<u8>) -> Result<P, viz::Error>,
        add_system: impl Fn(P) -> Result<P, viz::Error>,
    ) -> Result<P, Failure> {
        self.font.iter().try_fold(painter, |painter, path| {
            let added = if path == Path::new("system") {
                add_system(painter)
            } else {
                let bytes = std::fs::read(path);
                add(painter, bytes.map_err(|source| Failure::Read { path: path.clone(), source })?)
            };
            added.map_err(|source| Failure::Font { path: path.clone(), source })
        })
    }

    /// Says which characters are boxes: a remark for each script.
    pub(crate) fn say_missing(&self, missing: impl IntoIterator<Item = char>, quiet: bool) {
        let has_system = self.font.iter().any(|path| path == Path::new("system"));
        let or_system = if has_system { "" } else { ", or --font system" };
        for missing in Missing::by_script(missing) {
            let (have, are) =
                if missing.characters.len() == 1 { ("has", "is a box") } else { ("have", "are boxes") };
            let text = format!(
                "{missing} {have} no glyph in the fonts at hand and {are}: give a font with --font FILE{or_system}"
            );
            remark(quiet, &text);
        }
    }
}
