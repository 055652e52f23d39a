//! Characters that no font at hand has a glyph for (features `png` and `pdf`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use unicode_script::{Script, UnicodeScript};

/// Characters of one script that no available font has; they are drawn as boxes.
///
/// [`Png::missing`](crate::Png::missing) and [`Pdf::missing`](crate::Pdf::missing) find them. Displayed, they are
/// counted: "3 characters of Devanagari", "1 emoji".
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// The script's name in Unicode, `Devanagari`; `emoji`, `symbol` or `private use` where a character has none.
    pub script: &'static str,
    /// The characters.
    pub characters: BTreeSet<char>,
}

impl Missing {
    /// Characters by their script, in the order of the scripts' names. What several scripts share counts to one that is
    /// there by itself, where it is.
    pub fn by_script(characters: impl IntoIterator<Item = char>) -> Vec<Self> {
        let (shared, own): (Vec<char>, Vec<char>) =
            characters.into_iter().partition(|c| matches!(c.script(), Script::Common | Script::Inherited));
        let mut scripts: BTreeMap<&'static str, BTreeSet<char>> = BTreeMap::new();
        let mut there: Vec<Script> = Vec::new();
        for c in own {
            there.push(c.script());
            scripts.entry(unshared(c)).or_default().insert(c);
        }
        for c in shared {
            let of =
                c.script_extension().iter().filter(|of| !matches!(of, Script::Common | Script::Inherited));
            let of: Vec<Script> = of.collect();
            let script = of.iter().find(|script| there.contains(script)).or(of.first());
            let name = script.map_or_else(|| unshared(c), |script| script.full_name());
            scripts.entry(name).or_default().insert(c);
        }
        scripts.into_iter().map(|(script, characters)| Self { script, characters }).collect()
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.characters.len();
        let s = if count == 1 { "" } else { "s" };
        match self.script {
            "emoji" => write!(f, "{count} emoji"),
            "symbol" => write!(f, "{count} symbol{s}"),
            "private use" => write!(f, "{count} character{s} for private use"),
            script => write!(f, "{count} character{s} of {}", script.replace('_', " ")),
        }
    }
}

/// The name of a character's script, or of what it is where it has none.
fn unshared(c: char) -> &'static str {
    match c.script() {
        Script::Common | Script::Inherited | Script::Unknown => match c {
            // The blocks that hold them; the signs of keycaps and regions among them.
            '\u{20e3}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' => {
                "emoji"
            }
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => "private use",
            _ => "symbol",
        },
        script => script.full_name(),
    }
}
