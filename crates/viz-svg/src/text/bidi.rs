//! The order in which characters stand on a line (UAX #9).

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};

/// A character's place in the order from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Its number in the order in which it is read.
    pub(crate) index: usize,
    /// Whether it is part of a word that is read to the left.
    pub(crate) leftward: bool,
    /// Whether it stands between such words, where a bracket opens to the other side.
    pub(crate) mirrored: bool,
}

impl Placed {
    /// The character as it stands there.
    pub(crate) fn shown(self, text: &str) -> &str {
        if self.mirrored { mirrored(text) } else { text }
    }
}

/// Which way a text runs as a whole: as its first letter does.
pub(crate) fn base(text: &str) -> Level {
    let strong =
        text.chars().map(bidi_class).find(|c| matches!(c, BidiClass::L | BidiClass::R | BidiClass::AL));
    if strong.is_some_and(|c| c != BidiClass::L) { Level::rtl() } else { Level::ltr() }
}

/// The characters of one line from left to right; `None` where that is the order in which they are read.
pub(crate) fn visual(clusters: &[&str], base: Level) -> Option<Vec<Placed>> {
    let is_leftward =
        |text: &str| text.chars().any(|c| matches!(bidi_class(c), BidiClass::R | BidiClass::AL));
    let plain = |text: &&str| text.is_ascii() || !is_leftward(text);
    if base == Level::ltr() && clusters.iter().all(plain) {
        return None;
    }
    let text = clusters.concat();
    let info = BidiInfo::new(&text, Some(base));
    let mut at = 0;
    let levels: Vec<Level> = clusters
        .iter()
        .map(|cluster| {
            let level = info.levels.get(at).copied().unwrap_or(base);
            at += cluster.len();
            level
        })
        .collect();
    let order = BidiInfo::reorder_visual(&levels);
    let placed = |index: usize| {
        let leftward = is_leftward(clusters[index]);
        Placed { index, leftward, mirrored: levels[index].is_rtl() && !leftward }
    };
    Some(order.into_iter().map(placed).collect())
}

/// A bracket as it is read to the left.
fn mirrored(text: &str) -> &str {
    match text {
        "(" => ")",
        ")" => "(",
        "[" => "]",
        "]" => "[",
        "{" => "}",
        "}" => "{",
        "<" => ">",
        ">" => "<",
        "«" => "»",
        "»" => "«",
        "⟨" => "⟩",
        "⟩" => "⟨",
        "‹" => "›",
        "›" => "‹",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(text: &str) -> String {
        let clusters: Vec<String> = text.chars().map(String::from).collect();
        let clusters: Vec<&str> = clusters.iter().map(String::as_str).collect();
        match visual(&clusters, base(text)) {
            None => text.to_owned(),
            Some(placed) => placed.iter().map(|p| p.shown(clusters[p.index])).collect(),
        }
    }

    /// The reordering that UAX #9 shows in its section 3.4, with Hebrew letters for its capitals.
    #[test]
    fn lines_are_ordered_as_uax_9_shows() {
        assert_eq!(order("car means"), "car means");
        assert_eq!(order("car means אבג."), "car means גבא.");
        assert_eq!(order("אבג means car."), ".means car גבא");
        assert_eq!(order("אבג 12 דה"), "הד 12 גבא");
        assert_eq!(order("אבג (דה)"), "(הד) גבא");
        // A stand-in behind a word that is read to the left stays a name in brackets.
        assert_eq!(order("אבג⟨ZWJ⟩"), "⟨ZWJ⟩גבא");
    }
}
