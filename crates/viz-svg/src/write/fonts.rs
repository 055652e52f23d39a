//! The fonts that a painter has: the embedded ones, those that the caller adds, and the machine's (features `png` and
//! `pdf`).

use crate::error::Error;
use crate::scene::Scene;
use crate::text::font;
use crate::write::glyphs::{Glyphs, asked, of_face, seen};
use fontdb::{Database, FaceInfo, Style};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use ttf_parser::{Face, fonts_in_collection};

/// The embedded fonts' files.
pub(crate) const EMBEDDED: [&[u8]; 2] =
    [include_bytes!("../../fonts/DejaVuSansMono.ttf"), include_bytes!("../../fonts/DejaVuSansMono-Bold.ttf")];

/// Fonts besides the embedded ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fonts {
    /// The bytes of their files.
    added: Vec<Vec<u8>>,
    /// The machine's.
    system: Option<Arc<Database>>,
}

/// The fonts that one scene is painted with.
#[derive(Debug)]
pub(crate) struct Chosen<'a> {
    pub(crate) glyphs: Glyphs,
    /// Their files, the embedded ones first.
    pub(crate) files: Vec<Cow<'a, [u8]>>,
    /// What no font has.
    pub(crate) missing: BTreeSet<char>,
}

impl Fonts {
    /// Adds a TrueType or OpenType file, or a collection.
    pub(crate) fn add(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        Face::parse(&bytes, 0).map_err(|_| Error::Font)?;
        self.added.push(bytes);
        Ok(())
    }

    /// Adds the fonts that are installed on this machine.
    pub(crate) fn add_system(&mut self) -> Result<(), Error> {
        let mut database = Database::new();
        database.load_system_fonts();
        if database.is_empty() {
            return Err(Error::NoSystemFonts);
        }
        self.system = Some(Arc::new(database));
        Ok(())
    }

    /// The fonts for a scene: the machine's only where the others lack something that they have.
    pub(crate) fn of(&self, scene: &Scene) -> Chosen<'_> {
        let asked = asked(scene);
        let characters: BTreeSet<char> = asked.iter().flat_map(|text| seen(text)).collect();
        let mut files: Vec<Cow<'_, [u8]>> = EMBEDDED.into_iter().map(Cow::Borrowed).collect();
        files.extend(self.added.iter().map(|bytes| Cow::Borrowed(bytes.as_slice())));
        let mut glyphs = Glyphs::default();
        if !characters.is_empty() {
            for bytes in &files {
                for index in 0..fonts_in_collection(bytes).unwrap_or(1) {
                    if let Ok(face) = Face::parse(bytes, index) {
                        glyphs.add(of_face(&face, &characters));
                    }
                }
            }
        }
        let lacks = asked.iter().any(|text| !glyphs.have(text));
        if let Some(database) = self.system.as_deref().filter(|_| lacks) {
            add_of_system(database, &asked, &characters, &mut glyphs, &mut files);
        }
        let missing = glyphs.missing(&asked);
        Chosen { glyphs, files, missing }
    }
}

impl Chosen<'_> {
    /// Whether these are the embedded fonts alone.
    #[cfg(feature = "png")]
    pub(crate) fn is_embedded_alone(&self) -> bool {
        self.files.len() == EMBEDDED.len()
    }
}

/// Adds those of the machine's fonts that have a text which the others lack; for what none has whole, those with most
/// of it. Upright ones of regular weight come first, and among them those that have most of the scene; then by name.
fn add_of_system(
    database: &Database,
    asked: &BTreeSet<String>,
    characters: &BTreeSet<char>,
    glyphs: &mut Glyphs,
    files: &mut Vec<Cow<'_, [u8]>>,
) {
    let has = |face: &FaceInfo| {
        let parsed =
            |bytes: &[u8], index| Face::parse(bytes, index).ok().map(|face| of_face(&face, characters));
        database.with_face_data(face.id, parsed).flatten().unwrap_or_default()
    };
    let mut faces: Vec<_> =
        database.faces().filter(|face| !is_last_resort(face)).map(|face| (face, has(face))).collect();
    faces.retain(|(_, has)| !has.is_empty());
    faces.sort_by_cached_key(|(face, has)| {
        let plain =
            (face.style != Style::Normal, face.weight.0.abs_diff(400), face.stretch.to_number().abs_diff(5));
        (plain, Reverse(has.len()), !face.monospaced, face.post_script_name.clone(), face.index)
    });
    let mut add = |face: &FaceInfo, has: &BTreeSet<char>, glyphs: &mut Glyphs| {
        if let Some(bytes) = database.with_face_data(face.id, |bytes, _| bytes.to_vec()) {
            files.push(Cow::Owned(bytes));
            glyphs.add(has.clone());
        }
    };
    let mut rest: Vec<&String> = asked.iter().filter(|text| !glyphs.have(text)).collect();
    for (face, has) in &faces {
        let all = rest.len();
        rest.retain(|text| !seen(text).all(|c| has.contains(&c)));
        if rest.len() < all {
            add(face, has, glyphs);
        }
    }
    for text in rest {
        let lacks = |glyphs: &Glyphs| glyphs.missing(&BTreeSet::from([text.clone()])).len();
        let before = lacks(glyphs);
        let least = |(_, has): &&(&FaceInfo, BTreeSet<char>)| seen(text).filter(|c| !has.contains(c)).count();
        if let Some((face, has)) = faces.iter().min_by_key(least).filter(|face| least(face) < before) {
            add(face, has, glyphs);
        }
    }
}

/// Fonts that have a box for every character, and others of the embedded one's name.
fn is_last_resort(face: &FaceInfo) -> bool {
    let is = |name: &str| {
        name == font::FAMILY
            || name.trim_start_matches('.').starts_with("LastResort")
            || name.starts_with("Adobe Blank")
    };
    face.families.iter().any(|(name, _)| is(name)) || face.post_script_name.contains("LastResort")
}
