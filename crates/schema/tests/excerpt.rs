//! Part of a record's inputs, and a part of its prompt as one token: numbers by hand, and what holds for every record.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{
    Error, Interaction, Kind, Part, Prompt, Record, Reduce, Replacement, Token, read, write,
};

/// `<s>Be brief.\nHi! x y`: six inputs, two outputs; the system's text, the user's, and the template around them.
fn chat() -> Record {
    let texts = ["<s>", "Be", " brief.", "\nHi", "!", " ", "x", " y"];
    let mut reached = 0;
    let tokens = texts.iter().zip(0..).map(|(text, id)| {
        let start = reached;
        reached += text.len();
        let kind = if id < 6 { Kind::Input } else { Kind::Output };
        Token::new(id, *text, kind).with_span(start..reached)
    });
    let rows: [&[f64]; 2] = [&[1.0, -2.0, 3.0, 4.0, 0.0, -6.0], &[0.0, 0.5, 0.25, 0.0, 0.25, 1.0, -2.0]];
    let rows = rows.iter().map(|row| row.iter().copied().map(Some).collect());
    let mut record = Record::new(tokens.collect(), rows.collect()).unwrap();
    let part = |name: &str, bytes| Part::new(name, bytes);
    let parts = vec![
        part("template", 0..3),
        part("system", 3..12),
        part("template", 12..13),
        part("user", 13..16),
        part("template", 16..17),
    ];
    record.prompt = Some(Prompt::new(false).with_template("chat").with_text(13..16).with_parts(parts));
    record.signed = Some(true);
    record
}

fn values(record: &Record) -> Vec<Vec<f64>> {
    record.attributions.iter().map(|row| row.iter().map(|x| x.unwrap()).collect()).collect()
}

fn texts(record: &Record) -> Vec<&str> {
    record.tokens.iter().map(|token| &*token.text).collect()
}

fn written(record: &Record) -> Record {
    let mut bytes = Vec::new();
    write(std::slice::from_ref(record), &mut bytes).unwrap();
    read(&bytes).unwrap().remove(0)
}

#[test]
fn pairs_stay_of_which_both_tokens_are_there() {
    let mut record = chat();
    let pairs = [(0, 2), (2, 2), (2, 4), (3, 5), (4, 4)].map(|(i, j)| Interaction::new(i, j, (i + j) as f64));
    let mut second = pairs.to_vec();
    second.push(Interaction::new(4, 6, 0.5));
    record.interactions = vec![pairs.to_vec(), second];
    let part = record.with_inputs(2..5).unwrap();
    // Inputs 2, 3 and 4 are 0, 1 and 2 here, and the first output, 6, is 3.
    let pairs = [(0, 0, 4.0), (0, 2, 6.0), (2, 2, 8.0)].map(|(i, j, value)| Interaction::new(i, j, value));
    let mut second = pairs.to_vec();
    second.push(Interaction::new(2, 3, 0.5));
    assert_eq!(part.interactions, [pairs.to_vec(), second]);
    assert_eq!(written(&part), part);
}

#[test]
fn replacements_stay_of_which_all_tokens_are_there() {
    let mut record = chat();
    let all = [(0, 1), (2, 1), (2, 3), (3, 2), (4, 2), (5, 1)]
        .map(|(at, count)| Replacement::new(at, "x", at as f64).with_count(count));
    record.replacements = vec![all.to_vec(), Vec::new()];
    let part = record.with_inputs(2..5).unwrap();
    let left = [(0, 1, 2.0), (0, 3, 2.0), (1, 2, 3.0)];
    let left = left.map(|(at, count, change)| Replacement::new(at, "x", change).with_count(count));
    assert_eq!(part.replacements, [left.to_vec(), Vec::new()]);
    assert_eq!(written(&part), part);
}

#[test]
fn some_inputs_and_how_much_lies_outside() {
    let record = chat();
    let part = record.with_inputs(2..5).unwrap();
    assert_eq!(texts(&part), [" brief.", "\nHi", "!", "x", " y"]);
    assert_eq!(values(&part), [vec![3.0, 4.0, 0.0], vec![0.25, 0.0, 0.25, -2.0]]);
    let excerpt = part.excerpt.clone().unwrap();
    assert_eq!((excerpt.inputs, excerpt.of, excerpt.is_part()), ([2, 5], 6, true));
    assert_eq!(excerpt.positions, [2, 3, 4, 6, 7]);
    // (1 + 2 + 6) of 16, and (0 + 0.5 + 1) of 4: earlier outputs count in the whole.
    assert_eq!(excerpt.outside, [Some(9.0 / 16.0), Some(1.5 / 4.0)]);
    assert_eq!(part.position(3), 6);
    assert_eq!(written(&part), part);
    // All of it is the record itself; a part of a part is one of the whole.
    assert_eq!(record.with_inputs(0..6).unwrap(), record);
    let twice = record.with_inputs(1..6).unwrap().with_inputs(1..4).unwrap();
    let excerpt = twice.excerpt.as_ref().unwrap();
    assert_eq!((excerpt.inputs, excerpt.of, excerpt.positions.as_slice()), ([2, 5], 6, &[2, 3, 4, 6, 7][..]));
    for (a, b) in excerpt.outside.iter().zip([9.0 / 16.0, 1.5 / 4.0]) {
        assert!((a.unwrap() - b).abs() < 1e-15);
    }
    for (start, end) in [(3, 3), (4, 2), (0, 7), (6, 8), (0, usize::MAX)] {
        let error = record.with_inputs(start..end).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "inputs {start}-{end} are not among the record's 6; write FROM-TO within 0-6, TO left out"
            )
        );
    }
}

#[test]
fn a_share_of_nothing_or_of_no_number_is_not_known() {
    let mut record = chat();
    record.attributions[0] = vec![Some(0.0); 6];
    record.attributions[1][6] = Some(f64::INFINITY);
    assert_eq!(record.with_inputs(0..1).unwrap().excerpt.unwrap().outside, [None, None]);
    record.attributions[1] = vec![Some(f64::MAX), None, Some(-f64::MAX), None, None, None, None];
    assert_eq!(record.with_inputs(0..1).unwrap().excerpt.unwrap().outside, [None, Some(0.5)]);
}

#[test]
fn a_part_of_the_prompt_becomes_one_token() {
    let record = chat();
    let folded = record.fold("system").unwrap();
    assert_eq!(texts(&folded), ["<s>", "[system, 2 tokens]", "\nHi", "!", " ", "x", " y"]);
    assert_eq!(values(&folded), [vec![1.0, 1.0, 4.0, 0.0, -6.0], vec![0.0, 0.75, 0.0, 0.25, 1.0, -2.0]]);
    let excerpt = folded.excerpt.clone().unwrap();
    assert!(!excerpt.is_part());
    assert_eq!(excerpt.positions, [0, 1, 3, 4, 5, 6, 7]);
    let regrouped = folded.regrouped.clone().unwrap();
    assert_eq!((regrouped.by.as_deref(), regrouped.reduce.as_str()), (Some("fold:system"), "sum"));
    assert_eq!(written(&folded), folded);
    // A token belongs where its first character that is no white space lies, and one of white space where it begins; a
    // name may have several places.
    let all = folded.fold("user").unwrap().fold("template").unwrap();
    let expected =
        ["[template, 1 token]", "[system, 2 tokens]", "[user, 2 tokens]", "[template, 1 token]", "x", " y"];
    assert_eq!(texts(&all), expected);
    // Of a part of the inputs, what is there of it.
    let part = record.with_inputs(2..5).unwrap().fold("user").unwrap();
    assert_eq!(texts(&part), [" brief.", "[user, 2 tokens]", "x", " y"]);
    let excerpt = part.excerpt.unwrap();
    assert_eq!((excerpt.inputs, excerpt.positions.as_slice()), ([2, 5], &[2, 3, 6, 7][..]));
    assert_eq!(excerpt.outside, [Some(9.0 / 16.0), Some(1.5 / 4.0)]);
    // Of both outputs as one: 9 of 16 and 1.5 of 4 lie outside, and 2 of the 20 inside the group. Known without a sign.
    let groups = [0..1, 1..2, 2..3, 3..5];
    let both =
        |signed| record.clone().with_signed(signed).with_inputs(2..5).unwrap().regroup(&groups, Reduce::Sum);
    let unsigned = both(false).unwrap();
    assert!((unsigned.excerpt.as_ref().unwrap().outside[0].unwrap() - 10.5 / 18.0).abs() < 1e-12);
    assert!((unsigned.row_total(0) - 20.0).abs() < 1e-12);
    assert_eq!(both(true).unwrap().excerpt.unwrap().outside, [None]);
    // As where the record does not say, and none is below 0.
    let mut unsaid = record.clone();
    unsaid.signed = None;
    for value in unsaid.attributions.iter_mut().flatten().flatten() {
        *value = value.abs();
    }
    let group = |record: &Record| record.with_inputs(2..5).unwrap().regroup(&groups, Reduce::Sum).unwrap();
    assert!((group(&unsaid).excerpt.unwrap().outside[0].unwrap() - 10.5 / 18.0).abs() < 1e-12);
    unsaid.attributions[1][6] = Some(-2.0);
    assert_eq!(group(&unsaid).excerpt.unwrap().outside, [None]);
    // Without a sign there is a note.
    let unsigned = record.clone().with_signed(false);
    assert!(unsigned.fold("system").unwrap().notes[0].contains("without a sign"));
    let error = record.fold("question").unwrap_err().to_string();
    assert_eq!(error, "unknown part \"question\"; there are: template, system, user");
    for prompt in [None, Some(record.prompt.clone().unwrap().with_parts(Vec::new()))] {
        let mut bare = record.clone();
        bare.prompt = prompt;
        let error = bare.fold("system").unwrap_err();
        assert!(matches!(error, Error::NoParts) && error.to_string().contains("Prompt::parts"), "{error}");
    }
}

#[test]
fn parts_and_excerpts_are_checked() {
    let refused = |change: &dyn Fn(&mut Record)| {
        let mut record = chat().with_inputs(2..5).unwrap();
        change(&mut record);
        record.check().unwrap_err().to_string()
    };
    let parts = |parts: Vec<Part>| refused(&move |r| r.prompt.as_mut().unwrap().parts.clone_from(&parts));
    #[expect(clippy::reversed_empty_ranges, reason = "it is refused")]
    let back = vec![Part::new("a", 0..3), Part::new("b", 5..4)];
    assert_eq!(parts(back), "prompt.parts[1]: bytes 5..4: `end` lies before `start`");
    let over = vec![Part::new("a", 0..3), Part::new("b", 2..4)];
    assert_eq!(parts(over), "prompt.parts[1]: bytes 2..4: it begins before the part before it ends");
    let positions = refused(&|r| r.excerpt.as_mut().unwrap().positions.truncate(4));
    assert_eq!(positions, "excerpt.positions: 4 entries, and there should be 5");
    let outside = refused(&|r| r.excerpt.as_mut().unwrap().outside.push(None));
    assert_eq!(outside, "excerpt.outside: 3 entries, and there should be 2");
    // Empty parts and unknown fields are fine, and a part that holds no token has no place.
    let mut record = chat();
    record.prompt.as_mut().unwrap().parts =
        vec![Part::new("a", 0..0), Part::new("b", 0..1), Part::new("c", 1..1)];
    assert_eq!(record.fold("a").unwrap().tokens, record.tokens);
    let json = r#"{"format":"saliency-record","version":1,"tokens":[{"id":1,"text":"a","kind":"input"}],"attributions":[],
        "prompt":{"bos":true,"parts":[{"name":"user","start":0,"end":1,"role":"x"}]}}"#;
    assert_eq!(read(json.as_bytes()).unwrap()[0].prompt.as_ref().unwrap().parts, [Part::new("user", 0..1)]);
    let long = json.replace("\"end\":1", "\"end\":-1");
    assert!(read(long.as_bytes()).unwrap_err().to_string().contains("prompt.parts[0].end"));
}

#[cfg(feature = "segments")]
#[test]
fn parts_are_a_segmentation() {
    use saliency_schema::{Reduce, Segmentation};
    let record = chat();
    let segments = Segmentation::Parts.segments_in(&record.tokens, record.prompt.as_ref()).unwrap();
    assert_eq!(segments, [0..1, 1..3, 3..5, 5..6, 6..7, 7..8]);
    let grouped = record.group(&Segmentation::Parts, Reduce::Sum).unwrap();
    assert_eq!(texts(&grouped), ["<s>", "Be brief.", "\nHi!", " ", "x", " y"]);
    assert_eq!(grouped.regrouped.as_ref().unwrap().by.as_deref(), Some("parts"));
    // Folding goes on from groups, and counts the model's tokens.
    assert_eq!(texts(&grouped.fold("system").unwrap())[1], "[system, 2 tokens]");
    let refused = Segmentation::Parts.segments(&record.tokens).unwrap_err();
    assert!(matches!(refused, Error::NoParts));
}

proptest! {
    /// What is left of a row and what lies outside are the whole row.
    #[test]
    fn inside_and_outside_are_the_whole(
        row in prop::collection::vec(prop::option::of(-1e6..1e6_f64), 1..20), ends in (0.0..1.0, 0.0..1.0),
    ) {
        let n = row.len();
        let (a, b) = ((ends.0 * n as f64) as usize, (ends.1 * n as f64) as usize);
        let (a, b) = (a.min(b), a.max(b) + 1);
        let mut tokens: Vec<_> = (0..n).map(|_| Token::new(0, "a", Kind::Input)).collect();
        tokens.push(Token::new(0, "b", Kind::Output));
        let record = Record::new(tokens, vec![row.clone()]).unwrap();
        let sum = |row: &[Option<f64>]| row.iter().flatten().map(|x| x.abs()).sum::<f64>();
        let part = record.with_inputs(a..b).unwrap();
        prop_assert_eq!(&part.attributions[0][..], &row[a..b]);
        if let Some(outside) = part.excerpt.as_ref().and_then(|excerpt| excerpt.outside[0]) {
            prop_assert!((sum(&part.attributions[0]) - (1.0 - outside) * sum(&row)).abs() <= 1e-9 * sum(&row));
        }
    }
}
