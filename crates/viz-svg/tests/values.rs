//! What is shown of a record: words and the numbers of its outputs, shares, the resting output, what is compared.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, draw, run_30, runs_3x30, state};
use saliency_schema::{DistanceProfile, Kind, Prompt, Record, Token};
use saliency_viz_svg::{
    Chart, Error, Figure, Highlight, Look, Options, Scatter, Scene, TallMultiple, Tokens, chart,
};
use std::sync::Mutex;

/// A record of inputs and outputs, with 1 for each value.
fn record(inputs: &[&str], outputs: &[&str]) -> Record {
    let token = |kind| move |text: &&str| Token::new(0, *text, kind);
    let tokens: Vec<_> =
        inputs.iter().map(token(Kind::Input)).chain(outputs.iter().map(token(Kind::Output))).collect();
    let rows = (0..outputs.len()).map(|row| vec![Some(1.0); inputs.len() + row]).collect();
    Record::new(tokens, rows).unwrap()
}

/// The record that a chart is given to draw.
struct Given(Mutex<Vec<Record>>);

impl Chart for Given {
    fn name(&self) -> &'static str {
        "given"
    }

    fn summary(&self) -> &'static str {
        "keeps what it is given"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        *self.0.lock().unwrap() = records.to_vec();
        chart("highlight")?.lay_out(records, options)
    }
}

fn drawn(record: &Record, options: &Options) -> Record {
    let given = Given(Mutex::new(Vec::new()));
    given.draw(std::slice::from_ref(record), options).unwrap();
    given.0.into_inner().unwrap().remove(0)
}

fn words(record: &Record) -> Vec<String> {
    drawn(record, &Options::default()).tokens.iter().map(|token| token.text.clone()).collect()
}

/// By hand, from the rules of UAX #29: letters stay together (WB5), with an apostrophe or a full stop between them
/// (WB6, WB7), and digits with a comma or a full stop (WB11, WB12); a hyphen ends a word, and so does white space.
#[test]
fn fragments_of_a_word_are_one_token() {
    for (tokens, expected) in [
        (&["NASA", " dem", "urred", "."] as &[&str], &["NASA", " demurred", "."] as &[&str]),
        (&[" Aer", "on", "aut", "ics"], &[" Aeronautics"]),
        (&[" SpaceX", "'s", " U", ".", "S", "."], &[" SpaceX's", " U.S", "."]),
        (&["1", ",", "000", ".", "5", "%"], &["1,000.5", "%"]),
        (&["head", "-", "to", "-", "head"], &["head", "-", "to", "-", "head"]),
        (&["a", " ", " b", "\n", "\n"], &["a", " ", " b", "\n", "\n"]),
        (&["e", "\u{301}", "t", "é"], &["e\u{301}té"]),
        (&["👩", "\u{200d}", "🚀", "!"], &["👩\u{200d}🚀", "!"]),
        // Text that is not there parts what stands around it.
        (&["dem", "", "urred"], &["dem", "", "urred"]),
        (&["<s>", "The", "</s>"], &["<s>", "The", "</s>"]),
    ] {
        // As inputs, and as outputs.
        let of_inputs = words(&record(tokens, &[" x"]));
        assert_eq!(of_inputs[..of_inputs.len() - 1], *expected);
        assert_eq!(words(&record(&["x "], tokens))[1..], *expected);
    }
    // An input and an output are never one.
    assert_eq!(words(&record(&["Aer", "on"], &["aut", "ics"])), ["Aeron", "autics"]);
    // Nor is the token that was put before the text.
    let with_bos = record(&["begin", "ning"], &[" x"]).with_prompt(Prompt::new(true));
    assert_eq!(words(&with_bos), ["begin", "ning", " x"]);
    // Nor what an encoder read, the decoder's start token, and what the decoder begins with.
    let answer = record(&["Aer", "on", "pad", "aut", "ics"], &[" x"]).with_source(2);
    assert_eq!(words(&answer), ["Aeron", "pad", "autics", " x"]);
}

#[test]
fn tokens_that_hold_part_of_a_character_are_never_apart() {
    let piece = |bytes: &[u8], kind| Token::from_bytes(0, bytes.to_vec(), kind);
    // 神は of UTF-8 bytes E7 A5 9E and E3 81 AF, and a text that ends within a character.
    let tokens = vec![
        piece(b"\xe7", Kind::Input),
        piece(b"\xa5\x9e", Kind::Input),
        piece(b"\xe3\x81\xaf", Kind::Input),
        piece(b" a\xe7", Kind::Output),
        piece(b"\xa5", Kind::Output),
    ];
    let rows = vec![vec![Some(1.0); 3], vec![Some(1.0); 4]];
    let record = Record::new(tokens, rows).unwrap();
    let drawn = drawn(&record, &Options::default());
    let bytes: Vec<_> = drawn.tokens.iter().map(Token::exact_bytes).collect();
    assert_eq!(bytes, ["神".as_bytes(), "は".as_bytes(), b" a\xe7\xa5"]);
}

#[test]
fn words_hold_the_sum_of_their_tokens_and_what_fell_inside() {
    let mut record = record(&["a", " dem", "urred"], &[" Aer", "on", "autics", " x"]);
    record.attributions = vec![
        vec![Some(1.0), Some(2.0), Some(3.0)],
        vec![Some(4.0), Some(5.0), Some(6.0), Some(7.0)],
        vec![Some(1.0), Some(1.0), Some(1.0), Some(2.0), Some(3.0)],
        vec![Some(1.0), Some(1.0), None, Some(2.0), Some(3.0), Some(f64::NAN)],
    ];
    record.notes = vec!["a note".to_owned()];
    let words = drawn(&record, &Options::default());
    assert_eq!(words.attributions[0], [Some(6.0), Some(18.0)]);
    assert_eq!(words.outputs[0].within, Some(12.0));
    assert_eq!(Some(words.row_total(0)), Some(36.0));
    assert_eq!(words.attributions[1][..2], [Some(1.0), Some(1.0)]);
    assert!(words.attributions[1][2].is_some_and(f64::is_nan));
    // What is said of groups that someone asked for is not said of words.
    assert_eq!(words.notes, record.notes);
    // Tokens, groups that someone made, and the notebook's look stay as they are.
    for options in [
        Options { tokens: true, ..Options::default() },
        Options { look: Look::Notebook, ..Options::default() },
    ] {
        // As they are spelled, because a NaN is not equal to itself.
        assert_eq!(format!("{:?}", drawn(&record, &options)), format!("{record:?}"));
    }
    let groups = record.regroup(&[0..1, 1..2, 2..3, 3..4, 4..5, 5..7], saliency_schema::Reduce::Sum).unwrap();
    assert_eq!(format!("{:?}", drawn(&groups, &Options::default())), format!("{groups:?}"));
}

/// Outputs 0 to 2 are one word: each of them chooses it, and it says which they are.
#[test]
fn numbers_are_the_record_s() {
    let record = record(&["a", " dem", "urred"], &[" Aer", "on", "autics", " x", " y"]);
    let title = |options: &Options| draw("highlight", &record, options).title;
    for output in 0..3 {
        assert_eq!(title(&state(Some(output), None)), "What “Aeronautics” (output 0–2) looked at");
    }
    assert_eq!(title(&state(Some(4), None)), "What “y” (output 4) looked at");
    assert_eq!(title(&state(Some(4), Some(1))), "“y” (output 4) minus “Aeronautics” (output 0–2)");
    let tokens = Options { tokens: true, ..state(Some(1), Some(0)) };
    assert_eq!(title(&tokens), "“on” (output 1) minus “Aer” (output 0)");
    let record = common::complete(record);
    for chart in charts() {
        let refused =
            |options: &Options| chart.draw(std::slice::from_ref(&record), options).unwrap_err().to_string();
        assert_eq!(
            refused(&state(Some(5), None)),
            "hovered output 5 is outside the record, which has 5 outputs (numbers from 0)"
        );
        // A word is not compared with itself.
        for (hover, lock) in [(1, 2), (4, 4)] {
            // Pairs, entries, errors and replacements are of tokens, also where words are drawn.
            let of_tokens = ["interactions", "vectors", "convergence", "perturbation"];
            if of_tokens.contains(&chart.name()) && hover != lock {
                continue;
            }
            let why = refused(&state(Some(hover), Some(lock)));
            assert!(
                why.contains("would be compared with itself") && why.contains("Options::tokens"),
                "{why}"
            );
        }
        assert!(refused(&Options { token: Some(3), ..Options::default() }).contains("3 input tokens"));
    }
    // Both tokens of a word mark it, and the table has the first one's position.
    let marked = |token| draw("highlight", &record, &Options { token: Some(token), ..state(Some(4), None) });
    assert_eq!(marked(1), marked(2));
    assert!(marked(0) != marked(1));
    let table = Tokens::new(&record).hover(4).to_text().unwrap();
    let rows = rows_of_table(&table);
    let expected = [("0", "a"), ("1", "demurred"), ("3", "Aeronautics"), ("6", "x")];
    let mut found: Vec<_> = rows.iter().map(|row| (&*row[0], &*row[row.len() - 1])).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{table}");
}

/// A part of the inputs that begins or ends within a word, and a part of the prompt that does: there words end.
#[test]
fn what_is_left_out_or_folded_ends_a_word() {
    let spans = |record: Record| {
        let mut at = 0;
        let mut record = record;
        for token in &mut record.tokens {
            token.start = Some(at);
            at += token.text.len();
            token.end = Some(at);
        }
        record
    };
    let mut record = spans(record(&["a", " Aer", "on", "aut", "ics", " b"], &[" x", "y"]));
    record.attributions[1] =
        vec![Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(5.0), Some(6.0), Some(9.0)];
    let part = drawn(&record, &Options { inputs: Some(2..5), ..Options::default() });
    let texts = |record: &Record| record.tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&part), ["onautics", " xy"]);
    // Both rows, of 6 and of 21 with 9 inside: 3 + 12 are here, of a whole of 27.
    assert_eq!(part.attributions[0], [Some(15.0)]);
    let excerpt = part.excerpt.clone().unwrap();
    assert_eq!((excerpt.inputs, excerpt.of, &excerpt.positions[..]), ([2, 5], 6, &[2, 6][..]));
    assert!((excerpt.outside[0].unwrap() - 12.0 / 27.0).abs() < 1e-12);
    assert!((part.row_total(0) - 36.0).abs() < 1e-12);
    record.prompt = Some(Prompt::new(false).with_parts(vec![saliency_schema::Part::new("user", 0..7)]));
    let folded = drawn(&record, &Options { fold: vec!["user".into()], ..Options::default() });
    assert_eq!(texts(&folded), ["[user, 3 tokens]", "autics", " b", " xy"]);
    assert_eq!((0..4).map(|token| folded.position(token)).collect::<Vec<_>>(), [0, 3, 5, 6]);
    assert_eq!(
        draw("highlight", &record, &Options { fold: vec!["user".into()], ..state(Some(1), None) }).title,
        "What “xy” (output 0–1) looked at"
    );
}

// NumPy, with `shares` the rows of run-30 (of words: see paint/scale.rs), each over its sum, and n inputs:
//
// rest = max(range(30), key=lambda r: (shares[r][:n] * len(shares[r])).max())  # 3: 12.47 of tokens, 11.74 of words
// max(set(range(30)) - {a}, key=lambda r: abs(shares[r][:n] - shares[a][:n]).sum())  # of a = 3: 0; of 0: 5; of 4: 3
#[test]
fn hover_and_lock_mean_the_same_in_every_chart_of_a_row() {
    let record = run_30();
    for (options, title) in [
        (state(None, None), "What “manufacturers” (output 3) looked at"),
        (state(None, Some(0)), "“manufacturers” (output 3) minus “SpaceX” (output 0)"),
        // The resting output is locked: the one most different from it is shown.
        (state(None, Some(3)), "“SpaceX” (output 0) minus “manufacturers” (output 3)"),
        (state(Some(0), Some(3)), "“SpaceX” (output 0) minus “manufacturers” (output 3)"),
        (state(Some(0), None), "What “SpaceX” (output 0) looked at"),
    ] {
        for tokens in [false, true] {
            let options = Options { tokens, ..options.clone() };
            for name in ["highlight", "tokens"] {
                assert_eq!(draw(name, &record, &options).title, title, "{name}");
            }
            for name in ["minimap", "tall-heatmap", "tall-multiple", "long-output"] {
                let drawn = draw(name, &record, &options).title;
                let expected = if title.contains("minus") {
                    title.replace(" minus ", ", and every output, minus ")
                } else {
                    "What every output looked at".to_owned()
                };
                assert_eq!(drawn, expected, "{name}");
            }
        }
    }
    // A chart of two rows takes the one most different from the first, where none is locked.
    for (options, title) in [
        (state(None, None), "“manufacturers” (output 3) against “SpaceX” (output 0)"),
        (state(Some(0), None), "“SpaceX” (output 0) against “operators” (output 5)"),
        (state(Some(4), None), "“and” (output 4) against “manufacturers” (output 3)"),
        (state(None, Some(4)), "“manufacturers” (output 3) against “and” (output 4)"),
    ] {
        assert_eq!(draw("scatter", &record, &options).title, title);
    }
    // In the notebook's look the first output, or the last where the first is locked; a pair is the last and the first.
    let notebook = |hover, lock| common::notebook(state(hover, lock));
    assert_eq!(draw("highlight", &record, &notebook(None, None)).title, "What “SpaceX” (output 0) looked at");
    assert!(
        draw("highlight", &record, &notebook(None, Some(0))).title.starts_with("“the” (output 29) minus")
    );
    assert!(draw("scatter", &record, &notebook(None, None)).title.contains("output 29"));
}

#[test]
fn several_records_rest_at_the_first_one_s_output() {
    let records = runs_3x30();
    // A lock in another panel keeps what is shown; the title names both.
    let scene = TallMultiple::new(&records).lock((1, 5)).scene().unwrap();
    // The first panel is run-30.
    let shown = "“manufacturers” (output 3), and every output, minus";
    assert!(scene.title.starts_with(shown), "{}", scene.title);
    assert!(scene.title.ends_with("minus “focussed” (output 3–5)"), "{}", scene.title);
    // One output that is locked: the next panel's is shown; with no other, there is nothing to compare.
    let one = record(&["a", " b"], &[" x"]);
    let one = common::complete(one);
    let two = [one.clone(), records[1].clone()];
    assert!(TallMultiple::new(&two).lock((0, 0)).scene().is_ok());
    for chart in charts() {
        let why = chart.draw(std::slice::from_ref(&one), &state(None, Some(0))).unwrap_err();
        assert!(matches!(why, Error::Itself { .. }) && why.is_usage(), "{}: {why}", chart.name());
    }
    assert!(Scatter::new(&one).scene().is_ok());
}

/// The lines of a table in plain text, in columns that two spaces or more part: position, numbers, word.
fn rows_of_table(text: &str) -> Vec<Vec<String>> {
    let row = |line: &str| {
        let columns: Vec<_> = line.split("  ").map(|text| text.trim().replace('\u{a0}', " ")).collect();
        let columns: Vec<_> = columns.into_iter().filter(|text| !text.is_empty()).collect();
        columns.first()?.parse::<usize>().ok()?;
        Some(columns)
    };
    text.lines().filter_map(row).collect()
}

// NumPy, of the words of run-30: sorted(zip(shares[3], words), reverse=True)[:4], in percent:
// 6.668 manufacturers, 4.779 SpaceX, 3.749 SpaceX, 2.969 other; times the 176 words of the row:
// 11.736, 8.411, 6.598, 5.225. Positions are the first token's.
#[test]
fn values_without_a_sign_are_shares_of_their_row() {
    let record = run_30();
    let table = rows_of_table(&Tokens::new(&record).to_text().unwrap());
    let expected = [
        ["23", "6.7 %", "12×", "manufacturers"],
        ["184", "4.8 %", "8.4×", "SpaceX"],
        ["20", "3.7 %", "6.6×", "SpaceX"],
        ["186", "3.0 %", "5.2×", "other"],
    ];
    assert_eq!(table[..4], expected);
    // Whatever the unit.
    let mut scaled = record.clone();
    for (row, values) in scaled.attributions.iter_mut().enumerate() {
        for value in values {
            *value = value.map(|x| x * (row + 7) as f64);
        }
    }
    assert_eq!(rows_of_table(&Tokens::new(&scaled).to_text().unwrap()), table);
    assert_eq!(
        Figure::new(Highlight, &scaled).scene().unwrap().title,
        "What “manufacturers” (output 3) looked at"
    );
    // With a sign they are what they are.
    let signed = record.clone().with_signed(true);
    let table = rows_of_table(&Tokens::new(&signed).to_text().unwrap());
    assert!(
        table[0].contains(&"+0.067".to_owned()) && table[0].contains(&"manufacturers".to_owned()),
        "{table:?}"
    );
}

/// The list that the independent program of crates/schema/tests/distance.rs finds: 10.2213, 6.9194, 5.3009, …
#[test]
fn relative_to_distance_the_names_come_first() {
    let record = run_30();
    let profile = DistanceProfile::of(std::slice::from_ref(&record));
    let table = Tokens::new(&record).hover(0).relative(profile.clone()).to_text().unwrap();
    let table = rows_of_table(&table);
    let found: Vec<_> = table[..4].iter().map(|row| (&*row[row.len() - 2], &*row[row.len() - 1])).collect();
    assert_eq!(found, [("10×", "Boeing"), ("6.9×", "SpaceX"), ("5.3×", "Origin"), ("4.9×", "Boeing")]);
    // A pair has no distance, and neither has a sum or an entry.
    for chart in charts().iter().filter(|chart| chart.draws_attributions()) {
        for options in [state(None, None), state(Some(0), Some(3))] {
            let options = Options { relative: Some(profile.clone()), ..options };
            common::check(&chart.draw(std::slice::from_ref(&record), &options).unwrap());
        }
        let options = Options { relative: Some(profile.clone()), look: Look::Notebook, ..Options::default() };
        let why = chart.draw(std::slice::from_ref(&record), &options).unwrap_err();
        assert!(why.is_usage() && why.to_string().contains("notebook"), "{why}");
        let options = Options { relative: Some(profile.clone()), scale_max: Some(1.0), ..Options::default() };
        assert!(chart.draw(std::slice::from_ref(&record), &options).is_err());
    }
}
