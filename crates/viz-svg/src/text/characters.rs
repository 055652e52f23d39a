//! Kinds of characters: which are invisible, and in which scripts an invisible one has a job.

use unicode_segmentation::UnicodeSegmentation as _;

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
pub(crate) fn is_mark(c: char) -> bool {
    let mut text = String::from("x");
    text.push(c);
    let is_skin_tone = ('\u{1f3fb}'..='\u{1f3ff}').contains(&c);
    !is_invisible(c) && !is_skin_tone && text.graphemes(true).nth(1).is_none()
}

/// Whether a character may be followed by a variation selector: pictures and symbols by those of emoji, ideographs by
/// their own, and the standardized ones, of which all but 0 lie beyond the alphabets.
pub(crate) fn takes_selector(base: char, selector: char) -> bool {
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
pub(crate) fn is_joining(c: char) -> bool {
    is_mongolian(c)
        || matches!(c,
            '\u{610}'..='\u{8ff}' | '\u{a840}'..='\u{a877}' | '\u{fb50}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}' | '\u{10ac0}'..='\u{10aff}' | '\u{10b80}'..='\u{10baf}'
            | '\u{10d00}'..='\u{10d3f}' | '\u{10f30}'..='\u{10fdf}' | '\u{1e900}'..='\u{1e95f}')
}

/// Letters and marks of scripts whose consonants form conjuncts.
pub(crate) fn is_brahmic(c: char) -> bool {
    matches!(c,
        '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1700}'..='\u{17ff}' | '\u{1900}'..='\u{1cff}'
        | '\u{a800}'..='\u{a82f}' | '\u{a880}'..='\u{a9df}' | '\u{aa00}'..='\u{aaff}' | '\u{abc0}'..='\u{abff}'
        | '\u{11000}'..='\u{11fff}')
}

/// Letters of scripts that are written without spaces, where an invisible one says that a word ends.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}'
        | '\u{2e80}'..='\u{9fff}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}' | '\u{20000}'..='\u{3fffd}')
}

pub(crate) fn is_mongolian(c: char) -> bool {
    ('\u{1820}'..='\u{18aa}').contains(&c)
}

pub(crate) fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}')
}

#[cfg(test)]
mod tests {
    use super::is_ignorable;

    /// Unicode's own table, by way of the crate `regex`.
    #[test]
    fn what_a_font_need_not_show_is_what_unicode_says() -> Result<(), regex::Error> {
        let property = regex::Regex::new(r"^\p{Default_Ignorable_Code_Point}$")?;
        for c in '\0'..=char::MAX {
            assert_eq!(is_ignorable(c), property.is_match(c.encode_utf8(&mut [0; 4])), "{c:?}");
        }
        Ok(())
    }
}
