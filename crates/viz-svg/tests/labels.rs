//! What a token is called, wherever it is named.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{draw, texts};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::layout::{label, label_at};
use saliency_viz_svg::{Item, Options, Page, ToHtml, Tokens};
use std::collections::BTreeSet;

/// A text as byte-level tokens, cut after the given numbers of bytes; the rest is one more token.
fn cut(text: &[u8], lengths: &[usize]) -> Vec<Token> {
    let (mut rest, mut tokens) = (text, Vec::new());
    for &length in lengths.iter().chain(&[usize::MAX]) {
        let (own, further) = rest.split_at(length.min(rest.len()));
        rest = further;
        if length == usize::MAX && own.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(own).into_owned();
        let bytes = std::str::from_utf8(own).is_err().then(|| own.to_vec());
        let mut token = Token::new(tokens.len() as u32, text, Kind::Input);
        token.bytes = bytes;
        tokens.push(token);
    }
    tokens
}

fn labels(tokens: &[Token]) -> Vec<String> {
    (0..tokens.len()).map(|i| label_at(tokens, i)).collect()
}

#[test]
fn part_of_a_character_is_named_by_it() {
    // 神 is E7 A5 9E, は is E3 81 AF (UTF-8, RFC 3629).
    let text = "神は".as_bytes();
    assert_eq!(labels(&cut(text, &[1, 1, 1])), ["神 1/3", "神 2/3", "神 3/3", "は"]);
    assert_eq!(labels(&cut(text, &[2, 1])), ["神 1/2", "神 2/2", "は"]);
    // The end of one and the beginning of another; three of them in one token.
    assert_eq!(labels(&cut(text, &[2, 2])), ["神 1/2", "神 2/2 + は 1/2", "は 2/2"]);
    assert_eq!(labels(&cut("é神ü".as_bytes(), &[1, 5])), ["é 1/2", "é 2/2 + 神 + ü 1/2", "ü 2/2"]);
    // Spaces are left out as they are elsewhere; other text stays.
    assert_eq!(labels(&cut(" 神,ü".as_bytes(), &[2, 4, 1])), ["神 1/2", "神 2/2 + , + ü 1/2", "ü 2/2"]);
    // A token without bytes between two parts holds none of it.
    let mut tokens = cut(text, &[1, 0, 2]);
    tokens[1].text.clear();
    assert_eq!(labels(&tokens), ["神 1/2", "∅", "神 2/2", "は"]);
    // An emoji's joiner and selector, which nobody sees, and a mark.
    let tokens = cut("👩\u{200d}❤\u{fe0f}".as_bytes(), &[3, 1, 2, 1, 3, 1]);
    let expected = ["👩 1/2", "👩 2/2", "⟨ZWJ⟩ 1/2", "⟨ZWJ⟩ 2/2", "❤", "⟨VS16⟩ 1/2", "⟨VS16⟩ 2/2"];
    assert_eq!(labels(&tokens), expected);
    assert_eq!(labels(&cut("स्".as_bytes(), &[3, 2])), ["स", "◌् 1/2", "◌् 2/2"]);
}

#[test]
fn bytes_of_no_known_character_are_spelled() {
    let tokens = cut("神は".as_bytes(), &[2]);
    assert_eq!((label(&tokens[0]), label(&tokens[1])), (r"\xE7\xA5".into(), r"\x9Eは".into()));
    // Neighbours that do not go on with it, and a byte too many.
    assert_eq!(labels(&cut(b"\xe7\xa5x", &[2])), [r"\xE7\xA5", "x"]);
    assert_eq!(labels(&cut(b"\xe7\xa5\x9e\xa5\xff", &[2, 2])), ["神 1/2", r"神 2/2 + \xA5", r"\xFF"]);
    assert_eq!(labels(&cut(b"\x80\x80\x80\x80", &[1, 1, 1])), [r"\x80"; 4]);
    // What UTF-8 does not allow: a surrogate, an overlong letter.
    assert_eq!(labels(&cut(b"\xed\xa0\x80", &[1, 1])), [r"\xED", r"\xA0", r"\x80"]);
    assert_eq!(labels(&cut(b"\xc1\x81", &[1])), [r"\xC1", r"\x81"]);
    // The replacement character as such is a character.
    assert_eq!(label(&Token::new(0, "\u{fffd}", Kind::Input)), "\u{fffd}");
}

#[test]
fn what_cannot_be_seen_has_a_visible_name() {
    let name = |text: &str| label(&Token::new(0, text, Kind::Input));
    // The names are abbreviations of Unicode's NameAliases.txt.
    for (text, expected) in [
        ("", "∅"),
        ("   ", "␣␣␣"),
        (" \n", "␣⏎"),
        ("\t\t", "⇥⇥"),
        ("\r", "⟨CR⟩"),
        ("\u{a0}", "⟨NBSP⟩"),
        ("\u{3000}", "⟨U+3000⟩"),
        ("\u{2800}", "⟨U+2800⟩"),
        ("\u{ad}", "⟨SHY⟩"),
        ("\u{200b}", "⟨ZWSP⟩"),
        ("\u{200c}", "⟨ZWNJ⟩"),
        ("\u{200d}", "⟨ZWJ⟩"),
        ("\u{200f}", "⟨RLM⟩"),
        ("\u{2060}", "⟨WJ⟩"),
        ("\u{feff}", "⟨BOM⟩"),
        ("\u{fe00}", "⟨VS1⟩"),
        ("\u{fe0f}", "⟨VS16⟩"),
        ("\u{e0100}", "⟨VS17⟩"),
        ("\u{e01ef}", "⟨VS256⟩"),
        ("\u{3164}", "⟨U+3164⟩"),
        ("\u{e0041}\u{e0042}", "⟨U+E0041 U+E0042⟩"),
        ("می\u{200c}", "می⟨ZWNJ⟩"),
        ("👩\u{200d}", "👩⟨ZWJ⟩"),
        ("co\u{ad}op", "co⟨SHY⟩op"),
        ("\u{301}", "◌\u{301}"),
        (" \u{20e3}", "◌\u{20e3}"),
        ("\u{0}", "⟨NUL⟩"),
        ("❤\u{fe0f}", "❤\u{fe0f}"),
    ] {
        assert_eq!(name(text), expected, "{text:?}");
    }
    // No two of them are called the same, however many there are of one.
    let property =
        regex::Regex::new(r"^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u{2800}]$").unwrap();
    let alone = (0..=0x10_ffff).filter_map(char::from_u32).map(String::from).filter(|c| property.is_match(c));
    let runs = |of: &'static str| (2..40).map(|n| of.repeat(n));
    let all: Vec<String> = alone.chain(runs(" ")).chain(runs("\n")).chain(runs("\u{200b}")).collect();
    assert!(all.len() > 4_000);
    assert_eq!(all.iter().map(|text| name(text)).collect::<BTreeSet<_>>().len(), all.len());
    assert!(
        all.iter().all(|text| !name(text).chars().any(|c| c != ' ' && property.is_match(&c.to_string())))
    );
}

/// Two Chinese characters in eight tokens, the last two of them outputs.
fn of_parts() -> Record {
    let mut tokens = cut("神は天地".as_bytes(), &[1, 1, 1, 2, 1, 1, 2, 2]);
    let n = tokens.len();
    for token in &mut tokens[n - 2..] {
        token.kind = Kind::Output;
    }
    let row = |length: usize| (0..length).map(|i| Some(1.0 + i as f64)).collect();
    common::complete(Record::new(tokens, vec![row(n - 2), row(n - 1)]).unwrap())
}

#[test]
fn every_chart_names_parts_by_their_character() {
    let record = of_parts();
    assert_eq!(record.tokens.len(), 9);
    for chart in common::charts() {
        for (hover, lock) in [(None, None), (Some(1), Some(0)), (None, Some(1))] {
            let options = Options { tokens: true, ..common::state(hover, lock) };
            let scene = chart.draw(std::slice::from_ref(&record), &options).unwrap();
            let mut said = texts(&scene.to_svg());
            said.push(scene.title.clone());
            said.push(scene.description.clone());
            said.extend(scene.items.iter().filter_map(|item| match item {
                Item::Group { description, .. } => description.clone(),
                _ => None,
            }));
            assert!(said.iter().all(|text| !text.contains('\u{fffd}')), "{}: {said:?}", chart.name());
            // The map names inputs.
            let named = if chart.name() == "map" { "天 " } else { "地 " };
            assert!(
                said.iter().any(|text| text.contains(named))
                    || ["long-output", "segments", "convergence"].contains(&chart.name()),
                "{}: {said:?}",
                chart.name()
            );
        }
    }
    let table = Tokens::new(&record).tokens().to_text().unwrap();
    for name in ["神 1/3", "神 2/3", "神 3/3", "は 1/2", "は 2/2", "天 1/2", "天 2/2"] {
        assert!(table.contains(name), "{name}: {table}");
    }
    let tokens = Options { tokens: true, ..Options::default() };
    let page = Page::new(&record).every_chart().options(tokens).to_html().unwrap();
    let named = r#""labels":{"0":"神 1/3","1":"神 2/3","2":"神 3/3","3":"は 1/2","4":"は 2/2","5":"天 1/2","6":"天 2/2""#;
    assert!(page.contains(named), "{page}");
}

#[test]
fn hidden_runs_are_marked_in_the_paragraph_at_their_place() {
    let tags: String = "ignore".chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
    let texts_of = |words: [&str; 3]| {
        let mut tokens: Vec<_> =
            words.iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Input)).collect();
        tokens.push(Token::new(9, " end", Kind::Output));
        let record = Record::new(tokens, vec![vec![Some(1.0), Some(2.0), Some(3.0)]]).unwrap();
        texts(&draw("highlight", &record, &Options::default()).to_svg()).join("|")
    };
    let svg = texts_of(["The cat", &tags, " sat"]);
    assert!(svg.contains("The cat") && svg.contains("⟨6 hidden⟩"), "{svg}");
    assert!(texts_of(["co", "\u{ad}", "op"]).contains("⟨SHY⟩"));
    // Where they do their job, nothing is marked.
    for words in [["می", "\u{200c}", "خواهم"], ["👩", "\u{200d}", "🚀"], ["❤", "\u{fe0f}", " ✔"]]
    {
        let svg = texts_of(words);
        assert!(!svg.contains('⟨'), "{svg}");
    }
}
