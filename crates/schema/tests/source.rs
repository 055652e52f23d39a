//! Records of an encoder and a decoder: what is the source's, and what groups, excerpts and alignments make of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{AlignedBy, Error, Kind, Part, Prompt, Record, Reduce, Token, read, write};

/// `Sum up: a b</s>`, read by an encoder, `<pad>`, with which the decoder starts, and its ` x y`.
fn summary() -> Record {
    let texts = ["Sum", " up:", " a", " b", "</s>", "<pad>", " x", " y"];
    let mut reached = 0;
    let tokens = texts.iter().zip(0..).map(|(text, id)| {
        let start = reached;
        reached += if text.starts_with('<') { 0 } else { text.len() };
        let kind = if id < 6 { Kind::Input } else { Kind::Output };
        Token::new(id, *text, kind).with_span(start..reached)
    });
    let rows: [&[f64]; 2] = [&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], &[0.0, 1.0, 0.5, 0.25, 0.125, 2.0, -4.0]];
    let rows = rows.iter().map(|row| row.iter().copied().map(Some).collect());
    Record::new(tokens.collect(), rows.collect()).unwrap().with_source(5)
}

fn texts(record: &Record) -> Vec<&str> {
    record.tokens.iter().map(|token| &*token.text).collect()
}

fn written(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(std::slice::from_ref(record), &mut bytes).unwrap();
    bytes
}

#[test]
fn source_start_token_and_target() {
    let record = summary();
    assert_eq!((record.source(), record.source_bytes()), (Some(5), Some(11)));
    assert_eq!(record.prefix(), &record.tokens[5..6]);
    assert_eq!(read(&written(&record)).unwrap(), std::slice::from_ref(&record));
    // A decoder alone has none of it, whatever its inputs are.
    let plain = Record::new(record.tokens.clone(), record.attributions.clone()).unwrap();
    assert_eq!((plain.source(), plain.prefix(), plain.source_bytes()), (None, &[][..], None));
    let mut bare = record;
    (bare.tokens[5].start, bare.tokens[5].end) = (None, None);
    assert_eq!((bare.source(), bare.source_bytes(), bare.prefix().len()), (Some(5), None, 1));
}

#[test]
fn a_reader_that_ignores_it_reads_the_rest() {
    let record = summary();
    let json = String::from_utf8(written(&record)).unwrap();
    assert!(json.contains(r#""source":5,"tokens""#), "{json}");
    let plain = Record::new(record.tokens, record.attributions).unwrap();
    assert_eq!(json.replace(r#""source":5,"#, "").as_bytes(), written(&plain));
    // Of another type it is no record.
    for wrong in ["-1", "1.5", "\"5\"", "[5]"] {
        let json = json.replace(r#""source":5"#, &format!(r#""source":{wrong}"#));
        let error = read(json.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("record 0: source: invalid"), "{error}");
    }
    let null = json.replace(r#""source":5"#, r#""source":null"#);
    assert_eq!(read(null.as_bytes()).unwrap(), [plain]);
}

#[test]
fn it_leaves_a_start_token_to_the_decoder() {
    for source in [0, 6, 7, 8, usize::MAX] {
        let record = summary().with_source(source);
        let says = format!(
            "source: {source} of 6 input tokens; it is at least 1, and less than all of them: the one after it is the decoder's start token"
        );
        assert_eq!(record.check().unwrap_err().to_string(), says);
        assert_eq!(write(&[record], &mut Vec::new()).unwrap_err().to_string(), says);
        let json = String::from_utf8(written(&summary())).unwrap();
        let json = json.replace(r#""source":5"#, &format!(r#""source":{source}"#));
        assert_eq!(read(json.as_bytes()).unwrap_err().to_string(), says);
    }
    // A token of text is no start token: ` b` would be one.
    let error = summary().with_source(3).check().unwrap_err();
    assert!(matches!(error, Error::Span { index: 3, start: 9, end: 11, .. }), "{error}");
}

#[test]
fn no_group_crosses_the_sources_end_and_the_start_token_is_alone() {
    let record = summary();
    let groups = record.regroup(&[0..2, 2..5, 5..6, 6..8], Reduce::Sum).unwrap();
    assert_eq!(texts(&groups), ["Sum up:", " a b</s>", "<pad>", " x y"]);
    assert_eq!((groups.source(), groups.source_bytes()), (Some(2), Some(11)));
    // 1 + 2 + 0 + 1, 4 + 8 + 16 + 0.5 + 0.25 + 0.125, 32 + 2.
    assert_eq!(groups.attributions, [[Some(4.0), Some(28.875), Some(34.0)]]);
    assert_eq!(groups.regroup(&[0..2, 2..3, 3..4], Reduce::Sum).unwrap().source(), Some(1));
    let why = |border| {
        format!("token 5 is the decoder's start token, which stands by itself; split it at token {border}")
    };
    let refused =
        |segments: &[std::ops::Range<usize>]| record.regroup(segments, Reduce::Sum).unwrap_err().to_string();
    assert_eq!(refused(&[0..4, 4..6, 6..8]), format!("segments[1]: tokens 4..6: {}", why(5)));
    assert_eq!(
        refused(&[0..5, 5..8]),
        "segments[1]: tokens 5..8: it holds inputs and outputs; split it at token 6, the first output"
    );
    // A target that was begun for the decoder: its start token is alone all the same, and what follows may be grouped.
    let begun = {
        let mut tokens = record.tokens.clone();
        tokens[6].kind = Kind::Input;
        Record::new(tokens, vec![record.attributions[1].clone()]).unwrap().with_source(5)
    };
    assert_eq!(begun.prefix().len(), 2);
    let error = begun.regroup(&[0..5, 5..7, 7..8], Reduce::Sum).unwrap_err().to_string();
    assert_eq!(error, format!("segments[1]: tokens 5..7: {}", why(6)));
    assert_eq!(begun.regroup(&[0..5, 5..6, 6..7, 7..8], Reduce::Sum).unwrap().prefix().len(), 2);
}

#[cfg(feature = "segments")]
#[test]
fn segmentations_keep_to_it() {
    use saliency_schema::Segmentation;
    let mut record = summary();
    // No white space lies between the source's last word, the start token and the target's first word.
    record.tokens[6].text = "x".to_owned();
    let segments = |by: &str| record.segments(&by.parse().unwrap());
    assert_eq!(segments("words").unwrap(), [0..1, 1..2, 2..3, 3..5, 5..6, 6..7, 7..8]);
    for by in ["lines", "sentences", "regex:never"] {
        assert_eq!(segments(by).unwrap(), [0..5, 5..6, 6..8], "{by}");
        let grouped = record.group(&by.parse().unwrap(), Reduce::Sum).unwrap();
        assert_eq!(grouped.source(), Some(1), "{by}");
        assert_eq!(grouped.regrouped.unwrap().by.as_deref(), Some(by));
    }
    assert_eq!(segments("spans:1-3").unwrap(), [0..1, 1..3, 3..4, 4..5, 5..6, 6..7, 7..8]);
    let error = segments("spans:4-6").unwrap_err().to_string();
    assert!(error.starts_with("spans[0]: tokens 4..6: token 5 is the decoder's start token"), "{error}");
    // Parts are the source's, even where the start token's place is a part's first byte.
    let parts = vec![Part::new("template", 0..7), Part::new("text", 7..11), Part::new("more", 11..13)];
    record.prompt = Some(Prompt::new(false).with_parts(parts));
    let record = record.clone();
    let segments = record.segments(&Segmentation::Parts).unwrap();
    assert_eq!(segments, [0..2, 2..4, 4..5, 5..6, 6..7, 7..8]);
}

#[test]
fn an_excerpt_is_of_the_source() {
    let record = summary();
    for (inputs, kept, source) in [
        (0..2, vec!["Sum", " up:", "<pad>", " x", " y"], 2),
        (1..3, vec![" up:", " a", "<pad>", " x", " y"], 2),
        (3..5, vec![" b", "</s>", "<pad>", " x", " y"], 2),
        (3..6, vec![" b", "</s>", "<pad>", " x", " y"], 2),
    ] {
        let part = record.with_inputs(inputs.clone()).unwrap();
        assert_eq!(texts(&part), kept, "{inputs:?}");
        assert_eq!((part.source(), part.source_bytes()), (Some(source), Some(11)));
        assert_eq!(part.position(source), 5);
        assert!(part.excerpt.as_ref().unwrap().is_part());
        assert_eq!(read(&written(&part)).unwrap(), [part]);
    }
    let part = record.with_inputs(1..3).unwrap();
    assert_eq!(part.attributions[0], [Some(2.0), Some(4.0), Some(32.0)]);
    // 1 + 8 + 16 of 63, and 0 + 0.25 + 0.125 of 7.875.
    let excerpt = part.excerpt.clone().unwrap();
    assert_eq!(excerpt.outside, [Some(25.0 / 63.0), Some(0.375 / 7.875)]);
    assert_eq!((excerpt.inputs, excerpt.of, excerpt.positions), ([1, 3], 6, vec![1, 2, 5, 6, 7]));
    // Of a part, a part; all of the source, with the start token or without, is the record.
    let twice = part.with_inputs(1..2).unwrap();
    assert_eq!((texts(&twice), twice.source()), (vec![" a", "<pad>", " x", " y"], Some(1)));
    assert_eq!(twice.excerpt.unwrap().inputs, [2, 3]);
    assert_eq!(record.with_inputs(0..5).unwrap(), record);
    assert_eq!(record.with_inputs(0..6).unwrap(), record);
    // The start token alone is nothing of the source.
    for (start, end) in [(5, 6), (6, 7), (2, 2), (0, 7)] {
        let error = record.with_inputs(start..end).unwrap_err();
        assert!(matches!(error, Error::Inputs { n_input: 5, .. }), "{error}");
    }
}

#[test]
fn a_part_of_the_source_is_folded_and_counted() {
    let parts = vec![Part::new("template", 0..7), Part::new("text", 7..11), Part::new("text", 11..13)];
    let folded = summary().with_prompt(Prompt::new(false).with_parts(parts)).fold("text").unwrap();
    // The end token lies at byte 11, and so does the start token.
    assert_eq!(texts(&folded)[..4], ["Sum", " up:", "[text, 2 tokens]", "[text, 1 token]"]);
    assert_eq!((folded.source(), texts(&folded)[4]), (Some(4), "<pad>"));
    assert_eq!(folded.attributions[0], [1.0, 2.0, 12.0, 16.0, 32.0].map(Some));
}

#[test]
fn start_tokens_are_counterparts_and_hold_no_text() {
    let record = summary();
    let whole: Vec<_> = (0..8).map(Some).collect();
    assert_eq!(record.align(&record).partners(), whole);
    assert_eq!(record.align(&record).by(), AlignedBy::Tokens);
    // Another start token, and another continuation.
    let mut other = record.clone();
    other.tokens[5].text = "<s>".to_owned();
    other.tokens[7].text = " z".to_owned();
    assert_eq!(record.align(&other).partners()[..7], whole[..7]);
    assert_eq!((record.align(&other).partner(7), record.align(&other).by()), (None, AlignedBy::Tokens));
    // Words of it.
    let words = record.regroup(&[0..2, 2..3, 3..4, 4..5, 5..6, 6..8], Reduce::Sum).unwrap();
    assert_eq!(record.align(&words).partners(), [None, None, Some(1), Some(2), Some(3), Some(4), None, None]);
    assert_eq!(record.align(&words).by(), AlignedBy::Bytes);
}

#[test]
fn a_source_that_no_record_can_have_is_no_panic() {
    let record = summary();
    for source in [0, 6, 7, 8, usize::MAX] {
        let wrong = summary().with_source(source);
        assert_eq!(wrong.prefix().first().and_then(|token| token.start), wrong.source_bytes());
        assert_eq!(wrong.align(&record).partners().len(), 8);
        assert_eq!(record.align(&wrong).partners().len(), 8);
    }
}

#[test]
fn a_decoder_that_read_the_same_text_is_aligned_with_it() {
    let record = summary();
    let decoder = {
        let texts = ["Sum", " up:", " a", " b", " x", " z"];
        let mut reached = 0;
        let tokens = texts.iter().zip(0..).map(|(text, id)| {
            let start = reached;
            reached += text.len();
            let kind = if id < 4 { Kind::Input } else { Kind::Output };
            Token::new(id, *text, kind).with_span(start..reached)
        });
        Record::new(tokens.collect(), vec![vec![Some(0.0); 4], vec![Some(0.0); 5]]).unwrap()
    };
    let expected = [Some(0), Some(1), Some(2), Some(3), None, None, Some(4), None];
    assert_eq!(record.align(&decoder).partners(), expected);
    let expected = [Some(0), Some(1), Some(2), Some(3), Some(6), None];
    assert_eq!(decoder.align(&record).partners(), expected);
}

#[test]
fn other_sources_are_aligned_by_their_words() {
    let record = summary();
    let mut other = record.clone();
    other.tokens[0].text = "In".to_owned();
    other.tokens[6].text = " y".to_owned();
    other.tokens[7].text = " w".to_owned();
    let alignment = record.align(&other);
    assert_eq!(alignment.by(), AlignedBy::Words);
    // ` up:` and ` a` are in both, ` b</s>` is one word, and ` y` of the target moved.
    assert_eq!(alignment.partners(), [None, Some(1), Some(2), Some(3), Some(4), Some(5), None, Some(6)]);
}
