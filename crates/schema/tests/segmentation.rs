//! Tokens in words, sentences, lines, patterns and spans: by hand, and what holds for every text.
#![cfg(feature = "segments")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{Kind, Record, Reduce, Segmentation, Token, read};
use std::ops::Range;

/// A token of these bytes, spelled as a record spells it.
fn token(bytes: &[u8], kind: Kind) -> Token {
    let mut token = Token::new(0, String::from_utf8_lossy(bytes), kind);
    token.bytes = std::str::from_utf8(bytes).is_err().then(|| bytes.to_vec());
    token
}

/// Inputs and outputs, each spelled with `|` between tokens.
fn tokens(inputs: &str, outputs: &str) -> Vec<Token> {
    let side = |text: &str, kind| text.split('|').map(|piece| Token::new(0, piece, kind)).collect::<Vec<_>>();
    let mut tokens = side(inputs, Kind::Input);
    if !outputs.is_empty() {
        tokens.extend(side(outputs, Kind::Output));
    }
    tokens
}

/// The segments, spelled in the same way.
fn segmented(how: &str, tokens: &[Token]) -> Vec<String> {
    let segments = how.parse::<Segmentation>().unwrap().segments(tokens).unwrap();
    let spelled = |range: Range<usize>| tokens[range].iter().map(|t| &*t.text).collect::<Vec<_>>().join("|");
    segments.into_iter().map(spelled).collect()
}

#[test]
fn words_are_what_white_space_separates() {
    for (inputs, outputs, expected) in [
        // As GPT-2 cuts it: the space begins the token.
        ("Life| on| Mars|.", "", &["Life", " on", " Mars|."][..]),
        (
            "The| race| to| M|ars",
            " is|n|'t| over|.",
            &["The", " race", " to", " M|ars", " is|n|'t", " over|."],
        ),
        // An output that goes on with an input's word is one of its own.
        ("un|believ", "able| news", &["un|believ", "able", " news"]),
        // As WordPiece and SentencePiece may put it: the space stands alone or ends the token.
        ("to |the |m|oon", "", &["to ", "the ", "m|oon"]),
        ("to| |the", "", &["to", " |the"]),
        // White space alone belongs to the word after it, at the end to the one before it.
        ("end|.|\n|\n|Next| one", "", &["end|.", "\n|\n|Next", " one"]),
        ("a|\u{3000}|火|に", "", &["a", "\u{3000}|火", "に"]),
        ("a|\u{a0}b|\tc|\r\n|d", "", &["a", "\u{a0}b", "\tc", "\r\n|d"]),
        ("one| |\n", " |two| ", &["one| |\n", " |two| "]),
        (" |\n", "a", &[" |\n", "a"]),
        // A token belongs where it begins, whatever else it holds.
        ("a b|c| d", "", &["a b|c", " d"]),
        // One without text stays with the one before it.
        ("|a||b| ||c", "", &["|a||b", " ||c"]),
        ("|", "", &["|"]),
        ("<|endof|text|>|Once| upon", "", &["<|endof|text|>|Once", " upon"]),
    ] {
        assert_eq!(segmented("words", &tokens(inputs, outputs)), expected, "{inputs}");
    }
}

#[test]
fn sentences_are_unicodes() {
    for (inputs, outputs, expected) in [
        (
            "It| landed|.| We| saw| it|!| Did| you|?",
            " No|.| Yes|.",
            &["It| landed|.", " We| saw| it|!", " Did| you|?", " No|.", " Yes|."][..],
        ),
        // A full stop inside a number or before a small letter ends nothing, and none after a title.
        (
            "It| is| 3|.|14| or| approx|.| three|.| Dr|.| No",
            "",
            &["It| is| 3|.|14| or| approx|.| three|.", " Dr|.| No"],
        ),
        ("He| said| “|Go|.|”| John| left|.", "", &["He| said| “|Go|.|”", " John| left|."]),
        ("火星|へ|行|く|。|遠|い|。", "", &["火星|へ|行|く|。", "遠|い|。"]),
        // The stop and the next word in one token: it belongs where it begins.
        ("One|. Two| three|. Four", "", &["One|. Two", " three|. Four"]),
        // A line ends a sentence; what is white space alone stays with the one before it.
        (
            "A| title|\n|\n|It| is|.|\n| |\n|So|.",
            "\n|Yes|.|\n",
            &["A| title|\n|\n", "It| is|.|\n| |\n", "So|.", "\n|Yes|.|\n"],
        ),
        (" |\n|Now|.", "\n", &[" |\n|Now|.", "\n"]),
    ] {
        assert_eq!(segmented("sentences", &tokens(inputs, outputs)), expected, "{inputs}");
    }
}

/// How often the text's sentences end, each character a token; what is found is joined with `¦`.
fn sentences(text: &str) -> String {
    let tokens: Vec<_> = text.chars().map(|c| Token::new(0, c, Kind::Input)).collect();
    let segments = Segmentation::Sentences.segments(&tokens).unwrap();
    let spelled = |range: Range<usize>| tokens[range].iter().map(|t| &*t.text).collect::<String>();
    segments.into_iter().map(spelled).collect::<Vec<_>>().join("¦")
}

/// What a reader of each language says, with `¦` where a sentence ends.
#[test]
fn abbreviations_end_no_sentence_and_full_stops_do() {
    for expected in [
        // English.
        "He saw Dr. Smith. ¦Then he left.",
        "Mr. and Mrs. Jones met Prof. Lee in St. Louis. ¦It rained.",
        "It was Kramer vs. Kramer. ¦They won.",
        "Some fruit, e.g. Granny Smith apples, keeps. ¦Most does not.",
        "The first, i.e. The Hobbit, was short.",
        "Apples, pears, etc. are fruit. ¦Bread is not.",
        "He sold apples, pears, etc. ¦They were ripe.",
        "J. R. R. Tolkien wrote it. ¦C.S. Lewis read it.",
        "(J.R.R. Tolkien wrote it.) ¦He did.",
        "The U.S. Army left. ¦He lives in the U.S. ¦They do not.",
        "He lives at No. 5 Main Street. ¦No. ¦That is wrong.",
        "See Fig. 2 Left. ¦Look at the fig. ¦It is ripe.",
        "We met on Jan. 5 Anno 1900.",
        "They left at 5 p.m. ¦Mary stayed.",
        "Take vitamin C. ¦It helps.",
        "So did I. ¦Mary stayed.",
        "He is a doctor. ¦She is a nurse.",
        "I saw the saint. ¦Louis did not.",
        "The end. ¦Really? ¦Yes! ¦He said so.",
        // A title stands before a name, and He is one: what cannot be told goes on.
        "I came with Dr. He left.",
        // A line ends a sentence, whatever stands before it, and a list's number begins one.
        "Signed, Dr.\n¦Smith came.",
        "1. Buy milk.\n¦2. Go home.\n¦A. The cat.",
        "It was 3. ¦Then it was 4.",
        // German.
        "Viele Städte, z. B. Berlin und z.B. Köln, wachsen. ¦Andere nicht.",
        "Das heißt, d. h. Er kommt.",
        "Siehe Nr. 5 Absatz 2. ¦Er kam.",
        "Äpfel, Birnen usw. ¦Er aß alles.",
        "Äpfel, Birnen usw. sind Obst. ¦Brot nicht.",
        "Am 3. Mai kam Hr. Schmidt. ¦Er blieb bis zum 12. Juni.",
        "Es waren 3. ¦Dann kam er.",
        "Es kam, u. a. Herr Meier. ¦Vgl. Müller bzw. Schulze.",
        // French.
        "M. Dupont et Mme Durand sont là. ¦Ils partent.",
        "MM. Dupont et Durand, p. ex. Jean, sont là. ¦Ils partent.",
        "Il arrive. ¦Elle part. ¦C'est fini.",
        // Spanish.
        "El Sr. García y la Sra. López salen. ¦Ellos vuelven.",
        "Hay fruta, p. ej. Manzanas. ¦Pero no hay pan.",
        "Vive en EE. UU. ¦Ella se fue.",
        "En 44 a. C. Roma cambió. ¦¿Por qué? ¦Nadie lo sabe.",
    ] {
        let text = expected.replace('¦', "");
        assert_eq!(sentences(&text), expected);
    }
}

#[test]
fn lines_end_with_their_newline() {
    for (inputs, outputs, expected) in [
        ("one| line|\n|two|\n", "three|\n|four", &["one| line|\n", "two|\n", "three|\n", "four"][..]),
        // However an empty line was cut, it belongs to the line before it.
        ("a|\n|\n|b", "", &["a|\n|\n", "b"]),
        ("a|\n\n|b", "", &["a|\n\n", "b"]),
        ("a|.\n\n|b", "", &["a|.\n\n", "b"]),
        // And white space before a line belongs to it.
        ("if| x|:|\n| | | return|\n", "", &["if| x|:|\n", " | | return|\n"]),
        ("if| x|:|\n   | return|\n", "", &["if| x|:|\n   ", " return|\n"]),
        ("a|\nb|\r\n|c", "", &["a", "\nb|\r\n", "c"]),
        ("\n|\n|a|\n", "\n|\n", &["\n|\n|a|\n", "\n|\n"]),
        ("\u{2028}|a|\u{2028}|b", "", &["\u{2028}|a|\u{2028}|b"]),
    ] {
        assert_eq!(segmented("lines", &tokens(inputs, outputs)), expected, "{inputs}");
    }
}

#[test]
fn paragraphs_begin_after_empty_lines() {
    for (inputs, outputs, expected) in [
        ("One|.|\n|Two|.|\n\n|Three|.", "", &["One|.|\n|Two|.|\n\n", "Three|."][..]),
        // A line of white space alone is empty, several are one border, and a newline may be a token of its own.
        ("a|\n| \t|\n|\n|b|\r\n|\r\n|c", "", &["a|\n| \t|\n|\n", "b|\r\n|\r\n", "c"]),
        // None begins the text, none is left at its end, and a token belongs where its first letter lies.
        ("\n\n|a|\n\nb|\n|\n", "", &["\n\n|a", "\n\nb|\n|\n"]),
        ("a|\n|b", "\n\n|c|\n|\n|d", &["a|\n|b", "\n\n|c|\n|\n", "d"]),
        ("one| line", "", &["one| line"]),
    ] {
        assert_eq!(segmented("paragraphs", &tokens(inputs, outputs)), expected, "{inputs:?}");
    }
}

#[test]
fn a_pattern_separates() {
    for (pattern, inputs, outputs, expected) in [
        ("regex:, ", "one|,| two|,| three", " a|,|b", &["one|,", " two|,", " three", " a|,|b"][..]),
        ("regex:,", "one|,| two|,|,| three|,", "", &["one|,", " two|,", ",", " three|,"]),
        (r"regex:\n", "a|\n|\n|b", "", &["a|\n|\n", "b"]),
        (
            r"regex:(?i)\s+and\b",
            "you| And| me| and|roid| and| us",
            "",
            &["you| And", " me| and|roid| and", " us"],
        ),
        // Nothing of it there, and a match of nothing at all: everywhere.
        ("regex:;", "a|b", "c", &["a|b", "c"]),
        ("regex:", "a|b| c|火", "d", &["a", "b", " c", "火", "d"]),
        // The match that begins in the inputs does not go on in the outputs.
        ("regex:bc", "a|b", "c|d", &["a|b", "c|d"]),
        (r"regex:\p{P}", "a|!|b|—|c", "", &["a|!", "b|—", "c"]),
    ] {
        assert_eq!(segmented(pattern, &tokens(inputs, outputs)), expected, "{pattern} {inputs}");
    }
}

#[test]
fn spans_are_kept_and_other_tokens_stay_single() {
    let tokens = tokens("0|1|2|3|4", "5|6|7|8");
    for (spans, expected) in [
        ("0-5,5-9", &["0|1|2|3|4", "5|6|7|8"][..]),
        ("1-3", &["0", "1|2", "3", "4", "5", "6", "7", "8"]),
        ("1-2, 2-4 ,6-8", &["0", "1", "2|3", "4", "5", "6|7", "8"]),
        ("8-9", &["0", "1", "2", "3", "4", "5", "6", "7", "8"]),
    ] {
        assert_eq!(segmented(&format!("spans:{spans}"), &tokens), expected, "{spans}");
    }
    let single: Vec<_> = (0..9).map(|token| token..token + 1).collect();
    assert_eq!(Segmentation::Spans(Vec::new()).segments(&tokens).unwrap(), single);
}

/// Words as ICU 78's dictionaries have them (`Intl.Segmenter` of Node.js 20.20), punctuation put to its word.
#[cfg(feature = "segments-all-scripts")]
#[test]
fn words_of_scripts_without_spaces_are_found_by_dictionaries() {
    for expected in [
        "你好|世界",
        "北京|大学|的|学生|在|图书|馆|学习。",
        "起初，|神|创造|天地。",
        "こんにちは|世界",
        "日本|の|首都|は|東京|です。",
        "火星|へ|行く。|遠い。",
        "東京|（日本）|に|「行く」",
        "私|は|GPT|が|好き",
        "3|月|5|日",
        "ภาษา|ไทย|ง่าย|นิด|เดียว",
        "สวัสดี|ชาว|โลก",
        "ສະບາຍດີ|ຊາວໂລກ",
        "មនុស្ស|ទាំងអស់",
        "မြန်မာဘာသာ|စကား",
        // And Latin words are what white space separates.
        "It's| semi-automatic,| isn't| it?| 火星|へ| 3.14|です|“と”",
    ] {
        let text = expected.replace('|', "");
        let tokens: Vec<_> = text.chars().map(|c| Token::new(0, c, Kind::Input)).collect();
        assert_eq!(words(&tokens), expected);
    }
}

/// Without dictionaries, by UAX #29: each ideograph and kana, runs of katakana, each Thai letter with its marks.
#[cfg(not(feature = "segments-all-scripts"))]
#[test]
fn words_of_scripts_without_spaces_are_unicodes() {
    for expected in
        ["你|好，|世|界。", "火|星|へ|行|く。", "（火）|シャトル|GPT|は", "ที่|นี่", "It's| semi-automatic| 火!"]
    {
        let text = expected.replace('|', "");
        let tokens: Vec<_> = text.chars().map(|c| Token::new(0, c, Kind::Input)).collect();
        assert_eq!(words(&tokens), expected);
    }
}

/// The words of tokens of a character each, with `|` between them.
fn words(tokens: &[Token]) -> String {
    let segments = Segmentation::Words.segments(tokens).unwrap();
    let spelled = |range: Range<usize>| tokens[range].iter().map(|t| &*t.text).collect::<String>();
    segments.into_iter().map(spelled).collect::<Vec<_>>().join("|")
}

#[test]
fn a_word_begins_at_a_token() {
    // Tokens over a word's edge belong where they begin, in every script; parts of a character stay together.
    let split =
        [("火".as_bytes(), 0), (&"火".as_bytes()[..1], 1), (&"火".as_bytes()[1..], 1), ("a b".as_bytes(), 2)];
    let tokens: Vec<_> = split.iter().map(|(bytes, _)| token(bytes, Kind::Input)).collect();
    assert_eq!(Segmentation::Words.segments(&tokens).unwrap(), [0..1, 1..3, 3..4]);
    let found = segmented("words", &self::tokens("火星へ|行|く。", ""));
    if cfg!(feature = "segments-all-scripts") {
        assert_eq!(found, ["火星へ", "行|く。"]);
    } else {
        assert_eq!(found, ["火星へ", "行", "く。"]);
    }
}

#[test]
fn each_token_by_itself() {
    assert_eq!(segmented("tokens", &tokens("a||\n", " b|c")), ["a", "", "\n", " b", "c"]);
}

#[test]
fn a_character_over_several_tokens_stays_whole() {
    // 🚀 is f0 9f 9a 80; U+3000, a space, is e3 80 80.
    let pieces = |pieces: &[&[u8]]| pieces.iter().map(|p| token(p, Kind::Input)).collect::<Vec<_>>();
    for (how, bytes, expected) in [
        ("words", pieces(&[b"go", b" \xf0\x9f", b"\x9a", b"\x80", b" up"]), vec![0..1, 1..4, 4..5]),
        ("words", pieces(&[b"a", b"\xe3\x80", b"\x80", b"b"]), vec![0..1, 1..4]),
        // The cut lies inside a token: what the token began stays with it.
        ("lines", pieces(&[b"a\n\xf0\x9f", b"\x9a\x80", b"b"]), vec![0..2, 2..3]),
        ("lines", pieces(&[b"a", b"\n\xf0\x9f", b"\x9a\x80", b"b"]), vec![0..1, 1..4]),
        ("regex:", pieces(&[b"a", b"\xf0", b"\x9f", b"\x9a", b"\x80b", b"c"]), vec![0..1, 1..5, 5..6]),
        // What never becomes a character is told apart by no one.
        ("words", pieces(&[b"\x80", b" \xff", b"\xfe", b" a"]), vec![0..1, 1..3, 3..4]),
        ("sentences", pieces(&[b"\xf0\x9f", b"!", b" A"]), vec![0..2, 2..3]),
    ] {
        let how: Segmentation = how.parse().unwrap();
        assert_eq!(how.segments(&bytes).unwrap(), expected, "{how}");
    }
    // Where outputs begin inside it, a segment ends all the same.
    let tokens =
        [token(b"a \xf0\x9f", Kind::Input), token(b"\x9a\x80", Kind::Output), token(b"b", Kind::Output)];
    assert_eq!(Segmentation::Words.segments(&tokens).unwrap(), [0..1, 1..3]);
}

#[test]
fn no_tokens_are_no_segments() {
    for how in ["tokens", "words", "sentences", "lines", "regex:x"] {
        assert!(how.parse::<Segmentation>().unwrap().segments(&[]).unwrap().is_empty());
    }
}

#[test]
fn each_is_written_as_it_is_read() {
    for spelled in [
        "tokens",
        "words",
        "sentences",
        "lines",
        "paragraphs",
        "regex:",
        "regex:a:,b| ",
        "regex:(?i)x",
        "spans:0-5",
        "spans:0-5,7-9",
        "parts",
    ] {
        assert_eq!(spelled.parse::<Segmentation>().unwrap().to_string(), spelled);
    }
    assert_eq!("spans: 0 - 5, 7-9".parse::<Segmentation>().unwrap().to_string(), "spans:0-5,7-9");
    for spelled in Segmentation::SPELLINGS {
        assert!(spelled.parse::<Segmentation>().is_ok(), "{spelled}");
    }
}

#[test]
fn the_notebooks_runs_have_their_words_and_lines() {
    for record in read(include_bytes!("data/runs-3x100.json")).unwrap() {
        let text = |tokens: &[Token]| tokens.iter().map(|token| &*token.text).collect::<String>();
        for (how, parts) in [
            ("words", (|text| text.split_whitespace().count()) as fn(&str) -> usize),
            ("lines", |text| text.lines().filter(|line| !line.trim().is_empty()).count().max(1)),
        ] {
            let segments = how.parse::<Segmentation>().unwrap().segments(&record.tokens).unwrap();
            let regrouped = record.regroup(&segments, Reduce::Sum).unwrap();
            for (tokens, before) in
                [(regrouped.inputs(), record.inputs()), (regrouped.output_tokens(), record.output_tokens())]
            {
                let visible = tokens.iter().filter(|token| !token.text.trim().is_empty()).count();
                assert_eq!(visible, parts(&text(before)), "{how}");
                assert_eq!(text(tokens), text(before));
            }
        }
    }
}

// --- for every text

/// Characters that end words, sentences and lines, and some of several bytes; one is put together of three.
const CHARACTERS: [&str; 18] = [
    "a",
    "B",
    "é",
    "e\u{301}",
    "火",
    "。",
    "🚀",
    "👩\u{200d}🚀",
    ".",
    "!",
    ",",
    " ",
    " ",
    "\n",
    "\r\n",
    "\u{3000}",
    "\t",
    "7",
];

prop_compose! {
    /// A text, cut into tokens anywhere, also inside characters, and inputs and outputs apart.
    fn any_tokens()(
        text in prop::collection::vec(prop::sample::select(CHARACTERS.to_vec()), 0..24).prop_map(|c| c.concat()),
        cuts in prop::collection::vec(0.0..1.0, 0..20),
        share in 0.0..1.2,
    ) -> Vec<Token> {
        let bytes = text.as_bytes();
        let mut ends: Vec<_> = cuts.iter().map(|cut| (cut * bytes.len() as f64) as usize).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let n_input = (share * ends.len() as f64) as usize;
        let starts = [0].into_iter().chain(ends.clone());
        starts.zip(&ends).enumerate().map(|(index, (start, &end))| {
            token(&bytes[start..end], if index < n_input { Kind::Input } else { Kind::Output })
        }).collect()
    }
}

fn any_segmentation() -> impl Strategy<Value = Segmentation> {
    let spelled =
        ["tokens", "words", "sentences", "lines", "regex:[,.] ?", "regex:", r"regex:\b", r"regex:\s"];
    prop::sample::select(spelled.to_vec()).prop_map(|spelled| spelled.parse().unwrap())
}

/// A record of these tokens with a one in each cell.
fn ones(tokens: &[Token]) -> Record {
    let n_input = tokens.iter().filter(|token| token.kind == Kind::Input).count();
    let rows = (n_input..tokens.len()).map(|length| vec![Some(1.0); length]);
    Record::new(tokens.to_vec(), rows.collect()).unwrap()
}

fn bytes(tokens: &[Token]) -> Vec<u8> {
    tokens.iter().flat_map(Token::exact_bytes).copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_token_lies_in_one_segment(tokens in any_tokens(), how in any_segmentation()) {
        let segments = how.segments(&tokens).unwrap();
        prop_assert!(segments.iter().all(|segment| !segment.is_empty()));
        let all: Vec<usize> = segments.iter().cloned().flatten().collect();
        prop_assert_eq!(all, (0..tokens.len()).collect::<Vec<_>>());
        for segment in &segments {
            let of = &tokens[segment.clone()];
            prop_assert!(of.iter().all(|token| token.kind == of[0].kind));
        }
        // A record takes them, and its text is the same.
        let record = ones(&tokens);
        let regrouped = record.regroup(&segments, Reduce::Sum).unwrap();
        prop_assert_eq!(bytes(&regrouped.tokens), bytes(&tokens));
        // Only where outputs begin may a character be cut.
        if !matches!(how, Segmentation::Tokens) {
            let n_input = record.n_input();
            let of_sides = |tokens: &[Token]| String::from_utf8(bytes(tokens)).is_ok();
            if of_sides(&tokens[..n_input]) && of_sides(&tokens[n_input..]) {
                let whole = regrouped.tokens.iter().all(|token| token.bytes.is_none());
                prop_assert!(whole, "{:?}", regrouped.tokens);
            }
        }
    }

    #[test]
    fn inputs_have_the_same_segments_whatever_follows(tokens in any_tokens(), how in any_segmentation()) {
        let n_input = tokens.iter().filter(|token| token.kind == Kind::Input).count();
        let mut apart = how.segments(&tokens[..n_input]).unwrap();
        let outputs = how.segments(&tokens[n_input..]).unwrap();
        apart.extend(outputs.into_iter().map(|segment| segment.start + n_input..segment.end + n_input));
        prop_assert_eq!(how.segments(&tokens).unwrap(), apart);
    }

    /// Where each character is a token, the standard library says what words and lines are.
    #[test]
    fn characters_make_the_words_and_lines_of_the_standard_library(
        text in prop::collection::vec(prop::sample::select(CHARACTERS.to_vec()), 0..30).prop_map(|c| c.concat()),
    ) {
        let tokens: Vec<_> = text.chars().map(|c| Token::new(0, c, Kind::Input)).collect();
        let segments = |how: &str| -> Vec<String> {
            let segments = how.parse::<Segmentation>().unwrap().segments(&tokens).unwrap();
            segments.into_iter().map(|range| tokens[range].iter().map(|t| &*t.text).collect()).collect()
        };
        let visible = |parts: Vec<String>| -> Vec<String> {
            parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        };
        // But for scripts without spaces: what is said of those stands above.
        if !text.contains(['火', '。']) {
            let words: Vec<_> = text.split_whitespace().collect();
            prop_assert_eq!(visible(segments("words")), words);
        }
        let lines: Vec<_> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
        // The white space around a line that begins with some is trimmed with it.
        prop_assert_eq!(visible(segments("lines")), lines);
        for how in ["words", "sentences", "lines", r"regex:\s"] {
            let found = segments(how);
            prop_assert!(found.len() < 2 || found.iter().all(|part| !part.trim().is_empty()), "{how}: {found:?}");
        }
    }

    #[test]
    fn spans_are_segments_as_they_are(tokens in any_tokens(), begins in prop::collection::vec(any::<bool>(), 25)) {
        let n_input = tokens.iter().filter(|token| token.kind == Kind::Input).count();
        // Every other of some ranges.
        let starts: Vec<_> = (0..tokens.len()).filter(|&at| at == n_input || begins[at]).collect();
        let spans: Vec<_> = starts.windows(2).step_by(2).map(|ends| ends[0]..ends[1]).collect();
        let segments = Segmentation::Spans(spans.clone()).segments(&tokens).unwrap();
        prop_assert!(spans.iter().all(|span| segments.contains(span)));
        let single = segments.iter().filter(|segment| !spans.contains(segment)).all(|segment| segment.len() == 1);
        prop_assert!(single, "{segments:?}");
        ones(&tokens).regroup(&segments, Reduce::Sum).unwrap();
    }
}
