//! A text in stretches: what is seen, combining marks without a letter, and characters that are invisible without doing
//! their ordinary job there.

use crate::text::characters::{
    is_brahmic, is_invisible, is_jamo, is_joining, is_mark, is_mongolian, is_unspaced, takes_selector,
};
use unicode_segmentation::UnicodeSegmentation as _;

/// A stretch of a text, as a reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch<'a> {
    /// One user-perceived character; what is invisible in it does its ordinary job.
    Seen(&'a str),
    /// One that begins with a combining mark and has no letter to stand on.
    Mark(&'a str),
    /// A run of characters that nobody sees.
    Hidden(&'a str),
}

/// The stretches of a text, in order.
pub(crate) fn stretches(text: &str) -> Vec<Stretch<'_>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Sight {
        Seen,
        Mark,
        Hidden,
    }
    let mut found: Vec<(Sight, std::ops::Range<usize>)> = Vec::new();
    for (start, cluster) in text.grapheme_indices(true) {
        let end = start + cluster.len();
        // A cluster begins with a mark at the text's beginning and behind controls only.
        let may_be_mark =
            !cluster.is_ascii() && !text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        if !may_be_mark && !cluster.chars().any(is_invisible) {
            found.push((Sight::Seen, start..end));
            continue;
        }
        let mut goes_on = false;
        for (offset, c) in cluster.char_indices() {
            let (at, after) = (start + offset, start + offset + c.len_utf8());
            if is_hidden(text, at, c, end) {
                match found.last_mut() {
                    Some((Sight::Hidden, range)) => range.end = after,
                    _ => found.push((Sight::Hidden, at..after)),
                }
                goes_on = false;
                continue;
            }
            match found.last_mut() {
                Some((Sight::Seen | Sight::Mark, range)) if goes_on || is_invisible(c) => range.end = after,
                _ => found.push((if is_mark(c) { Sight::Mark } else { Sight::Seen }, at..after)),
            }
            goes_on = true;
        }
    }
    let stretch = |(sight, range): (Sight, std::ops::Range<usize>)| match sight {
        Sight::Seen => Stretch::Seen(&text[range]),
        Sight::Mark => Stretch::Mark(&text[range]),
        Sight::Hidden => Stretch::Hidden(&text[range]),
    };
    found.into_iter().map(stretch).collect()
}

/// Whether the character at `at` is invisible without doing its ordinary job there; its cluster goes to `end`.
fn is_hidden(text: &str, at: usize, c: char, end: usize) -> bool {
    if !is_invisible(c) {
        return false;
    }
    let after = at + c.len_utf8();
    let before = text[..at].chars().next_back().filter(|c| !is_invisible(*c));
    let next = text[after..].chars().next().filter(|c| !is_invisible(*c));
    let is = |c: Option<char>, what: fn(char) -> bool| c.is_some_and(what);
    let works = match c {
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => before.is_some_and(|b| takes_selector(b, c)),
        '\u{180b}'..='\u{180f}' => is(before, is_mongolian),
        '\u{200c}' | '\u{200d}' => {
            // Inside a cluster: an emoji of several, a conjunct.
            let inside = after < end && next.is_some_and(|next| !is_mark(next));
            // Between letters that would join, or would not; at a word's end only to make a letter join.
            let joins = is(before, is_joining) && (is(next, is_joining) || c == '\u{200d}');
            let conjunct = is(before, is_brahmic);
            inside && c == '\u{200d}' || after < text.len() && (joins || conjunct)
        }
        '\u{200b}' => is(before, is_unspaced) && is(next, is_unspaced),
        '\u{34f}' => is(before, is_mark) && is(next, is_mark),
        '\u{115f}' | '\u{1160}' => is(before, is_jamo) || is(next, is_jamo),
        '\u{e0020}'..='\u{e007f}' => is_in_flag(text, at),
        _ => false,
    };
    !works
}

/// Whether the tag at `at` is part of a flag: a black flag, a region in three to six tags, and the tag that ends them
/// (UTS #51, ED-14a).
fn is_in_flag(text: &str, at: usize) -> bool {
    let is_tag = |c: char| ('\u{e0020}'..='\u{e007f}').contains(&c);
    let flag = text[..at].char_indices().rev().take(7).find(|(_, c)| !is_tag(*c));
    let Some((flag, '\u{1f3f4}')) = flag else { return false };
    let mut region = 0;
    for (offset, c) in text[flag..].char_indices().skip(1) {
        match c {
            '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}' if region < 6 => region += 1,
            '\u{e007f}' => return region >= 3 && at <= flag + offset,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stand_in::stand_in;

    /// What stands in a text, with hidden runs as they are shown.
    fn shown(text: &str) -> String {
        let shown = |stretch: Stretch<'_>| match stretch {
            Stretch::Seen(text) => text.to_owned(),
            Stretch::Mark(text) => format!("◌{text}"),
            Stretch::Hidden(text) => stand_in(text),
        };
        stretches(text).into_iter().map(shown).collect()
    }

    #[test]
    fn what_does_its_ordinary_job_stays_as_it_is() {
        let ordinary = [
            "👩\u{200d}👩\u{200d}👧\u{200d}👦",
            "👩🏽\u{200d}🚀 ❤\u{fe0f}\u{200d}🔥 🏳\u{fe0f}\u{200d}🌈",
            "❤\u{fe0f} ✔\u{fe0e} 1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3} ℹ\u{fe0f} ©\u{fe0f} ‼\u{fe0f} Ⓜ\u{fe0f} ㊗\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "من می\u{200c}خواهم کتاب\u{200c}ها را بخوانم.",
            "ه\u{200d} ",
            "क्\u{200d}ष र्\u{200d}य ශ්\u{200d}රී র\u{200c}্য",
            "ภาษา\u{200b}ไทย ភាសា\u{200b}ខ្មែរ",
            "葛\u{e0100} ≨\u{fe00} ᠠ\u{180b} \u{1100}\u{1160} e\u{301} 👍🏽",
        ];
        for text in ordinary {
            assert_eq!(shown(text), text, "{text:?}");
        }
    }

    #[test]
    fn what_hides_is_marked_where_it_is() {
        let tags = |text: &str| text.chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
        let injected: String = tags("ignore all");
        for (text, expected) in [
            (format!("a cat{injected} sat"), "a cat⟨10 hidden⟩ sat"),
            ("co\u{ad}operate".into(), "co⟨SHY⟩operate"),
            ("pass\u{200b}word".into(), "pass⟨ZWSP⟩word"),
            ("pass\u{200c}word a\u{200d}b".into(), "pass⟨ZWNJ⟩word a⟨ZWJ⟩b"),
            ("a\u{2060}\u{feff}b".into(), "a⟨WJ⟩⟨BOM⟩b"),
            ("\u{202e}abc\u{202c}".into(), "⟨RLO⟩abc⟨PDF⟩"),
            ("a\u{fe0f}".into(), "a⟨VS16⟩"),
            ("😀\u{fe0f}\u{fe01}\u{e0101}\u{e0102}".into(), "😀\u{fe0f}⟨3 hidden⟩"),
            ("\u{3164}\u{ffa0}".into(), "⟨U+3164⟩⟨U+FFA0⟩"),
            ("f\u{2061}(x)".into(), "f⟨U+2061⟩(x)"),
            ("𝄞\u{1d173}".into(), "𝄞⟨U+1D173⟩"),
            ("\u{fff9}a\u{fffa}b\u{fffb}".into(), "⟨U+FFF9⟩a⟨U+FFFA⟩b⟨U+FFFB⟩"),
            ("\u{0}\u{1b}\u{7f}\u{80}x".into(), "⟨4 hidden⟩x"),
            ("\u{301}x".into(), "◌\u{301}x"),
            ("a\u{200b}\u{301}".into(), "a⟨ZWSP⟩◌\u{301}"),
            ("\n\u{93e}".into(), "\n◌\u{93e}"),
            // A flag's tags without a flag, without an end, and behind the end.
            (tags("gbeng\u{7f}"), "⟨6 hidden⟩"),
            (format!("🏴{}", tags("gbeng")), "🏴⟨5 hidden⟩"),
            (
                format!("🏴{}", tags("gbeng\u{7f}no")),
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}⟨U+E006E⟩⟨U+E006F⟩",
            ),
        ] {
            assert_eq!(shown(&text), expected, "{text:?}");
        }
    }
}
