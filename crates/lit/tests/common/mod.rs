//! Records that are made by hand.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test uses some of them")]

use saliency_schema::{Kind, Method, Model, Record, Token};

/// An encoder read a question of five tokens; the decoder begins with its start token, and answers with two tokens and
/// the end. Values are multiples of 0.125, so that sums are exact.
pub(crate) fn answer(place: &str, sign: f64) -> Record {
    let texts = ["Who", " went", place, "?", "</s>", "<pad>", "Mary", " did", "</s>"];
    let mut at = 0;
    let token = |(i, text): (usize, &&str)| {
        let kind = if i < 6 { Kind::Input } else { Kind::Output };
        let start = at;
        // Special tokens stand at a place, and hold no text.
        at += if text.starts_with('<') { 0 } else { text.len() };
        Token::new(i as u32, *text, kind).with_span(start..at)
    };
    let tokens = texts.iter().enumerate().map(token).collect();
    let value = |row: usize, i: usize| {
        let value = ((row * 5 + i * 3) % 7 + 1) as f64 / 8.0;
        Some(if (row + i).is_multiple_of(3) { value * sign } else { value })
    };
    let rows = (0..3).map(|row| (0..6 + row).map(|i| value(row, i)).collect()).collect();
    Record::new(tokens, rows).unwrap().with_source(5)
}

/// What would run, load, or end its block if it were taken for anything but text; and what JSON can't say.
pub(crate) fn hostile() -> Record {
    let texts = [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "\u{2028}\u{2029}${alert(1)}`",
        "'\"><iframe src=javascript:alert(1)>",
        "\u{202e}evil",
        "{script}{records}",
        "[a](javascript:alert(1))![b](http://192.0.2.1/b.png)",
        "👩‍👩‍👧 שלום 漢字",
    ];
    let mut tokens: Vec<Token> =
        texts.iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Input)).collect();
    tokens.extend(texts[..4].iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Output)));
    let special =
        [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(1e308), Some(-1e-308)];
    let rows =
        (0..4).map(|row| (0..10 + row).map(|i| special[(i + row) % special.len()]).collect()).collect();
    Record::new(tokens, rows).unwrap().with_notes(vec!["<b>a note</b>".to_owned()])
}

/// What a model of words makes of a prompt: it goes on with " so" and the prompt's last word, unless a target is given.
/// Each of two methods has multiples of 0.125, of which the second's have a sign.
pub(crate) fn continued(prompt: &str, target: Option<&str>) -> Vec<Record> {
    let last = prompt.split(' ').next_back().unwrap_or_default();
    let target = target.map_or_else(|| format!(" so {last}"), str::to_owned);
    let words = |text: &str, kind: Kind| {
        let cut = text.split_inclusive(' ').map(str::to_owned).collect::<Vec<_>>();
        cut.into_iter().map(move |word| Token::new(0, word, kind)).collect::<Vec<_>>()
    };
    let inputs = words(prompt, Kind::Input);
    let n = inputs.len();
    let tokens = [inputs, words(&target, Kind::Output)].concat();
    let made = |method: usize, name: &str| {
        let value = |row: usize, i: usize| {
            let value = ((row * 5 + i * 3 + n + method) % 7 + 1) as f64 / 8.0;
            Some(if method == 1 && (row + i).is_multiple_of(3) { -value } else { value })
        };
        let rows = (0..tokens.len() - n).map(|row| (0..n + row).map(|i| value(row, i)).collect()).collect();
        let record = Record::new(tokens.clone(), rows).unwrap().with_model(Model::new("words"));
        record.with_method(Method::new(name)).with_signed(method == 1)
    };
    vec![made(0, "occlusion"), made(1, "gim")]
}
