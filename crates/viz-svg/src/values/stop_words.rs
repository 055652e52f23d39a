//! Which tokens say little by themselves: stop words, and punctuation.

use crate::error::Error;
use crate::options::rule::Rule;
use saliency_schema::Record;
use std::ops::RangeInclusive;
use unicode_segmentation::UnicodeSegmentation as _;

/// The language that is assumed of a text in Latin script.
const ASSUMED: &str = "en";

/// The stop words of a language: NLTK's list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StopWords(&'static [&'static str]);

impl StopWords {
    /// Those of the rule's language, or English ones for a record whose text is mostly in Latin script.
    pub(crate) fn of(record: &Record, rule: &Rule) -> Result<Self, Error> {
        let known = || stop_words::available_languages().join(", ");
        let language = match &rule.language {
            Some(language) => language,
            None if is_latin(record) => ASSUMED,
            None => return Err(Error::NoLanguage { known: known() }),
        };
        let unknown = || Error::Unknown { what: "language", name: language.to_owned(), known: known() };
        stop_words::lookup(language).map(Self).ok_or_else(unknown)
    }

    /// Whether a text holds a word, and every word of it is a stop word.
    pub(crate) fn hold(self, text: &str) -> bool {
        let text = text.replace('’', "'").to_lowercase();
        let mut words = text.unicode_words().peekable();
        words.peek().is_some() && words.all(|word| self.0.contains(&word))
    }
}

/// Whether no letter or more than half of a record's letters are Latin.
pub(crate) fn is_latin(record: &Record) -> bool {
    let letters = || record.tokens.iter().flat_map(|token| token.text.chars()).filter(|c| c.is_alphabetic());
    letters().filter(|c| is_latin_letter(*c)).count() * 2 > letters().count() || letters().next().is_none()
}

/// By the blocks of Unicode that hold Latin letters.
fn is_latin_letter(c: char) -> bool {
    let blocks = ['\u{0}'..='\u{24f}', '\u{1e00}'..='\u{1eff}', '\u{2c60}'..='\u{2c7f}'];
    let further = ['\u{a720}'..='\u{a7ff}', '\u{fb00}'..='\u{fb06}', '\u{ff21}'..='\u{ff5a}'];
    blocks.iter().chain(&further).any(|block| block.contains(&c))
}

/// Punctuation beyond ASCII: Latin-1's, General Punctuation, East Asia's with its full-width forms, Arabic's and
/// Devanagari's.
const MARKS: [RangeInclusive<char>; 22] = [
    '¡'..='¡',
    '§'..='§',
    '«'..='«',
    '¶'..='·',
    '»'..='»',
    '¿'..='¿',
    '،'..='،',
    '؛'..='؛',
    '؟'..='؟',
    '٪'..='٭',
    '۔'..='۔',
    '।'..='॥',
    '\u{2010}'..='\u{2027}',
    '\u{2030}'..='\u{205e}',
    '\u{3001}'..='\u{3003}',
    '\u{3008}'..='\u{3011}',
    '\u{3014}'..='\u{301f}',
    '\u{3030}'..='\u{3030}',
    '\u{ff01}'..='\u{ff0f}',
    '\u{ff1a}'..='\u{ff20}',
    '\u{ff3b}'..='\u{ff40}',
    '\u{ff5b}'..='\u{ff65}',
];

/// Whether a text is nothing but white space and punctuation, ASCII's with its symbols included.
pub(crate) fn is_punctuation(text: &str) -> bool {
    let is_mark = |c: char| {
        c.is_whitespace() || c.is_ascii_punctuation() || MARKS.iter().any(|marks| marks.contains(&c))
    };
    !text.is_empty() && text.chars().all(is_mark)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{StopWords, is_latin, is_punctuation};
    use crate::options::rule::Rule;
    use saliency_schema::{Kind, Record, Token};

    fn record(texts: &[&str]) -> Record {
        let tokens = texts.iter().map(|text| Token::new(0, *text, Kind::Input));
        Record::new(tokens.collect(), Vec::new()).unwrap()
    }

    #[test]
    fn a_stop_word_is_one_without_its_space_and_its_case() {
        let english = StopWords::of(&record(&["text"]), &Rule::new()).unwrap();
        for text in ["the", " The", " of", "don't", " don’t", "of the", " and,"] {
            assert!(english.hold(text), "{text}");
        }
        for text in ["rocket", " SpaceX", ",", "", " ", "the rocket", "\n"] {
            assert!(!english.hold(text), "{text}");
        }
        let german = Rule { language: Some("de".into()), ..Rule::new() };
        let german = StopWords::of(&record(&["text"]), &german).unwrap();
        assert!(german.hold(" und") && !german.hold(" the"));
    }

    #[test]
    fn punctuation_holds_no_letter_no_digit_and_no_symbol_of_its_own() {
        for text in [",", " .", "\n", "…", "“", "、", "$", " --", "؟", "।"] {
            assert!(is_punctuation(text), "{text:?}");
        }
        for text in ["", "a", " 3", "😀", "→", "½", "日"] {
            assert!(!is_punctuation(text), "{text:?}");
        }
    }

    #[test]
    fn a_text_is_latin_where_most_of_its_letters_are() {
        assert!(is_latin(&record(&["Ünïcode", "日本"])) && is_latin(&record(&["1 + 1"])));
        assert!(!is_latin(&record(&["日本語", " ab"])) && !is_latin(&record(&["Россия", " x"])));
    }
}
