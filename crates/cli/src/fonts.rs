//! `--font`: the fonts of PNG and PDF, and remarks about characters that no font has.

use crate::arguments::FontArguments;
use crate::failure::Failure;
use crate::output::remark;
#[cfg(feature = "pdf")]
use saliency::viz::Pdf;
use saliency::viz::{self, Missing, Png};
use std::path::Path;

impl FontArguments {
    /// The PNG writer.
    pub(crate) fn png(&self, scale: f32) -> Result<Png, Failure> {
        self.each(Png::new().scale(scale), Png::font, Png::system_fonts)
    }

    /// The PDF writer.
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

    /// Prints a remark for each script whose characters are drawn as boxes.
    pub(crate) fn say_missing(&self, missing: impl IntoIterator<Item = char>, quiet: bool) {
        let has_system = self.font.iter().any(|path| path == Path::new("system"));
        let or_system = if has_system { "" } else { ", or --font system" };
        for missing in Missing::by_script(missing) {
            let (have, are) = if missing.characters.len() == 1 {
                ("has", "is drawn as a box")
            } else {
                ("have", "are drawn as boxes")
            };
            let text = format!(
                "{missing} {have} no glyph in the available fonts and {are}: give a font with --font FILE{or_system}"
            );
            remark(quiet, &text);
        }
    }
}
