//! Characters that show nothing by themselves: which they are, where they do their ordinary job, and what stands for
//! them where they do not.

use unicode_segmentation::UnicodeSegmentation;

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

/// What stands for a run of hidden characters in a text: their names, or how many there are.
pub(crate) fn stand_in(hidden: &str) -> String {
    match hidden.chars().count() {
        0..=2 => hidden.chars().map(|c| ["⟨", &name(c), "⟩"].concat()).collect(),
        count => format!("⟨{count} hidden⟩"),
    }
}

/// A character's abbreviation in Unicode's `NameAliases.txt`, or its number.
pub(crate) fn name(c: char) -> String {
    const CONTROLS: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO",
        "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EOM", "SUB", "ESC", "FS", "GS",
        "RS", "US",
    ];
    let fixed = match c {
        '\0'..='\u{1f}' => CONTROLS[c as usize],
        '\u{7f}' => "DEL",
        '\u{85}' => "NEL",
        '\u{a0}' => "NBSP",
        '\u{ad}' => "SHY",
        '\u{34f}' => "CGJ",
        '\u{61c}' => "ALM",
        '\u{180b}' => "FVS1",
        '\u{180c}' => "FVS2",
        '\u{180d}' => "FVS3",
        '\u{180e}' => "MVS",
        '\u{180f}' => "FVS4",
        '\u{200b}' => "ZWSP",
        '\u{200c}' => "ZWNJ",
        '\u{200d}' => "ZWJ",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{202f}' => "NNBSP",
        '\u{205f}' => "MMSP",
        '\u{2060}' => "WJ",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{feff}' => "BOM",
        '\u{fe00}'..='\u{fe0f}' => return format!("VS{}", c as u32 - 0xfe00 + 1),
        '\u{e0100}'..='\u{e01ef}' => return format!("VS{}", c as u32 - 0xe0100 + 17),
        _ => return format!("U+{:04X}", c as u32),
    };
    fixed.to_owned()
}

/// Whether a character shows nothing, changes the direction of others, or may not stand in XML: controls, Unicode's
/// `Default_Ignorable_Code_Point`, annotations, and what is no character.
pub(crate) fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\0'..='\u{7e}' => c < ' ',
        '\u{7f}'..='\u{9f}' | '\u{fff9}'..='\u{fffc}' | '\u{fdd0}'..='\u{fdef}' => true,
        c => is_ignorable(c) || c as u32 & 0xfffe == 0xfffe,
    }
}

/// Unicode's property `Default_Ignorable_Code_Point`: what a font need not show.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character says how the one before it looks.
pub(crate) fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character is a combining mark, which stands on the letter before it.
fn is_mark(c: char) -> bool {
    let mut text = String::from("x");
    text.push(c);
    let is_skin_tone = ('\u{1f3fb}'..='\u{1f3ff}').contains(&c);
    !is_invisible(c) && !is_skin_tone && text.graphemes(true).nth(1).is_none()
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

/// Whether a character may be followed by a variation selector: pictures and symbols by those of emoji, ideographs by
/// their own, and the standardized ones, of which all but 0 lie beyond the alphabets.
fn takes_selector(base: char, selector: char) -> bool {
    match selector {
        _ if base.is_whitespace() => false,
        '\u{fe0e}' | '\u{fe0f}' if base.is_ascii() => matches!(base, '#' | '*' | '0'..='9'),
        '\u{fe0e}' | '\u{fe0f}' => {
            !base.is_alphabetic() && !is_mark(base)
                || matches!(base, 'ℹ' | 'Ⓜ' | '\u{1f100}'..='\u{1f2ff}' | '\u{3297}' | '\u{3299}')
        }
        '\u{fe00}'..='\u{fe0d}' => base == '0' || base >= '\u{1000}',
        _ => matches!(base, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}'),
    }
}

/// Letters and marks of scripts whose letters join.
fn is_joining(c: char) -> bool {
    is_mongolian(c)
        || matches!(c,
            '\u{610}'..='\u{8ff}' | '\u{a840}'..='\u{a877}' | '\u{fb50}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}' | '\u{10ac0}'..='\u{10aff}' | '\u{10b80}'..='\u{10baf}'
            | '\u{10d00}'..='\u{10d3f}' | '\u{10f30}'..='\u{10fdf}' | '\u{1e900}'..='\u{1e95f}')
}

/// Letters and marks of scripts whose consonants form conjuncts.
fn is_brahmic(c: char) -> bool {
    matches!(c,
        '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1700}'..='\u{17ff}' | '\u{1900}'..='\u{1cff}'
        | '\u{a800}'..='\u{a82f}' | '\u{a880}'..='\u{a9df}' | '\u{aa00}'..='\u{aaff}' | '\u{abc0}'..='\u{abff}'
        | '\u{11000}'..='\u{11fff}')
}

/// Letters of scripts that are written without spaces, where an invisible one says that a word ends.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}'
        | '\u{2e80}'..='\u{9fff}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}' | '\u{20000}'..='\u{3fffd}')
}

fn is_mongolian(c: char) -> bool {
    ('\u{1820}'..='\u{18aa}').contains(&c)
}

fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}')
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

    /// What stands in a text, with hidden runs as they are shown.
    fn shown(text: &str) -> String {
        let shown = |stretch: Stretch<'_>| match stretch {
            Stretch::Seen(text) => text.to_owned(),
            Stretch::Mark(text) => format!("◌{text}"),
            Stretch::Hidden(text) => stand_in(text),
        };
        stretches(text).into_iter().map(shown).collect()
    }

    /// Unicode's own table, by way of the crate `regex`.
    #[test]
    fn what_a_font_need_not_show_is_what_unicode_says() -> Result<(), regex::Error> {
        let property = regex::Regex::new(r"^\p{Default_Ignorable_Code_Point}$")?;
        for c in '\0'..=char::MAX {
            assert_eq!(is_ignorable(c), property.is_match(c.encode_utf8(&mut [0; 4])), "{c:?}");
        }
        Ok(())
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
