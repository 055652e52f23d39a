//! One test for each way a file can be wrong: the message names the place.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{Error, Kind, Output, Record, Token, read, write, write_notebook};

fn message(json: &str) -> String {
    read(json.as_bytes()).unwrap_err().to_string()
}

/// A record with a field replaced; `""` takes it out.
fn with(field: &str, value: &str) -> String {
    let mut fields = vec![
        ("format", r#""saliency-record""#.to_owned()),
        ("version", "1".to_owned()),
        (
            "tokens",
            r#"[{"id":1,"text":"a","kind":"input"},{"id":2,"text":"b","kind":"output"},{"id":3,"text":"c","kind":"output"}]"#
                .to_owned(),
        ),
        ("attributions", "[[0.5],[0.25,0.75]]".to_owned()),
    ];
    fields.retain(|(name, _)| *name != field);
    if !value.is_empty() {
        fields.push((field, value.to_owned()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn the_template_itself_is_fine() {
    assert_eq!(read(with("", "").replace(",\"\":", "").as_bytes()).unwrap().len(), 1);
}

#[test]
fn nothing_at_all() {
    for empty in ["", "  \n\t "] {
        assert_eq!(message(empty), "no record: the input is empty");
    }
    assert_eq!(message("[]"), "no record: the JSON array is empty");
}

#[test]
fn what_is_not_json_or_is_cut_says_where() {
    let whole = with("outputs", "[]");
    for cut in [1, 10, whole.len() / 2, whole.len() - 1] {
        let message = message(&whole[..cut]);
        assert!(message.starts_with("record 0: not valid JSON: EOF"), "{message}");
        assert!(message.contains("line 1 column"), "{message}");
    }
    assert!(message(&format!("{whole}\n{{\"form")).starts_with("record 1: not valid JSON"));
    assert!(message(&format!("{whole} trailing")).starts_with("record 1: not valid JSON"));
    let invalid = [b"{\"format\": \"".as_slice(), &[0xff], b"\"}"].concat();
    assert!(read(&invalid).unwrap_err().to_string().starts_with("record 0: not valid JSON"));
}

#[test]
fn a_wrong_shape_says_what_was_expected_where() {
    for (json, place) in [
        ("3".to_owned(), "record 0: the record: invalid type: integer `3`"),
        ("null".to_owned(), "record 0: the record: invalid type: null"),
        ("{}".to_owned(), "record 0: the record: missing field `tokens`"),
        ("[3]".to_owned(), "record 0: the record: invalid type"),
        (with("tokens", "7"), "record 0: tokens: invalid type: integer `7`, expected a sequence"),
        (with("tokens", r#"[{"id":1,"text":"a"}]"#), "record 0: tokens[0]: missing field `kind`"),
        (
            with("tokens", r#"[{"id":-1,"text":"a","kind":"input"}]"#),
            "record 0: tokens[0].id: invalid value: integer `-1`",
        ),
        (
            with("tokens", r#"[{"id":1,"text":"a","kind":"prompt"}]"#),
            "record 0: tokens[0].kind: unknown variant `prompt`",
        ),
        (with("tokens", r#"[{"id":1,"text":"\ud800","kind":"input"}]"#), "record 0: tokens[0].text: "),
        (with("attributions", r#"[[0.5],[0.25,"x"]]"#), "record 0: attributions"),
        (with("attributions", "[[0.5],[0.25,1e999]]"), "record 0: attributions"),
        (with("attributions", ""), "record 0: the record: missing field `attributions`"),
        (with("version", r#""1""#), "record 0: version: invalid type: string \"1\""),
        (with("version", ""), "record 0: the record: missing field `version`"),
    ] {
        let message = message(&json);
        assert!(message.starts_with(place), "{json}\n{message}");
    }
    let line_two = format!("{}\n{}", with("outputs", "[]"), with("tokens", "7"));
    assert!(message(&line_two).starts_with("record 1: tokens: invalid type"));
}

#[test]
fn a_hundred_thousand_brackets_do_not_overflow_the_stack() {
    let deep = "[".repeat(100_000);
    assert!(message(&deep).contains("not valid JSON"));
    let closed = format!("{deep}{}", "]".repeat(100_000));
    assert!(!message(&closed).is_empty());
    assert!(message(&with("attributions", &closed)).contains("record 0: attributions"));
    // In a field that nobody knows, too: it is skipped or refused, without harm.
    let _ = read(with("later", &closed).as_bytes());
}

#[test]
fn other_formats_and_newer_versions_are_refused() {
    assert_eq!(message(&with("format", r#""other""#)), "format is \"other\", not \"saliency-record\"");
    assert!(message(&with("version", "2")).starts_with("version 2 is not one this reader knows (1 to 1)"));
    assert!(message(&with("version", "0")).starts_with("version 0 is not one"));
    // A newer version may hold anything; it is refused for its number, not for its fields.
    assert!(message(r#"{"format":"saliency-record","version":7,"rows":{}}"#).starts_with("version 7"));
}

#[test]
fn tokens_rows_and_outputs_have_to_fit() {
    assert!(message(&with("tokens", "[]")).starts_with("tokens: the list is empty"));
    let mixed = r#"[{"id":1,"text":"a","kind":"output"},{"id":2,"text":"b","kind":"input"}]"#;
    assert!(message(&with("tokens", mixed)).starts_with("tokens[1]: an input token after an output token"));
    assert_eq!(message(&with("attributions", "[[0.5]]")), "attributions: 1 rows for 2 output tokens");
    assert_eq!(message(&with("attributions", "[[0.5],[0.25]]")), "attributions[1]: 1 values for 2 tokens");
    assert_eq!(
        message(&with("attributions", "[[0.5,1],[0.25,1]]")),
        "attributions[0]: 2 values for 1 tokens"
    );
    assert_eq!(message(&with("outputs", r#"[{"token":1}]"#)), "outputs: 1 entries for 2 output tokens");
    assert_eq!(
        message(&with("outputs", r#"[{"token":1},{"token":3}]"#)),
        "outputs[1].token: 3, and this output is token 2"
    );
    let spans = |a: &str, b: &str| {
        with(
            "tokens",
            &format!(
                r#"[{{"id":1,"text":"a","kind":"input"{a}}},{{"id":2,"text":"b","kind":"output"{b}}},{{"id":3,"text":"c","kind":"output"}}]"#
            ),
        )
    };
    assert!(
        message(&spans(r#","start":3,"end":1"#, ""))
            .contains("tokens[0]: bytes 3..1 of the text: `end` lies")
    );
    assert!(
        message(&spans(r#","start":0,"end":2"#, r#","start":1,"end":3"#))
            .starts_with("tokens[1]: bytes 1..3")
    );
    assert!(message(&spans(r#","start":0"#, "")).contains("one of `start` and `end` is missing"));
}

#[test]
fn the_notebooks_runs_are_checked_too() {
    let run = |rows: &str, kind: &str| {
        format!(
            r#"{{"tokens":[{{"token":"a","token_id":1,"type":"input","value":"0","position":0}},{{"token":"b","token_id":2,"type":"{kind}","value":"0","position":1}}],"attributions":{rows}}}"#
        )
    };
    assert!(read(run("[[1]]", "output").as_bytes()).is_ok());
    assert_eq!(message(&run("[[]]", "output")), "attributions[0]: 0 values for 1 tokens");
    assert!(
        message(&run("[[1]]", "answer")).starts_with("record 0: tokens[1].type: unknown variant `answer`")
    );
    let moved = run("[[1]]", "output").replace(r#""position":1"#, r#""position":5"#);
    assert_eq!(message(&moved), "tokens[1].position: 5, and this token is number 1");
}

#[test]
fn what_is_too_large_names_the_cap() {
    let long =
        with("tokens", &format!(r#"[{{"id":1,"text":"{}","kind":"input"}}]"#, "x".repeat((1 << 20) + 1)));
    assert_eq!(message(&long), "tokens[0].text: 1048577 bytes, and at most 1048576 are allowed");
    let many = vec![Token::new(0, "", Kind::Input); 1_000_001];
    let error = Record::new(many, Vec::new()).unwrap_err().to_string();
    assert_eq!(error, "tokens: 1000001 tokens, and at most 1000000 are allowed");
}

#[test]
fn what_cannot_be_written_is_refused_before_a_byte_is() {
    let tokens = vec![Token::new(1, "a", Kind::Input), Token::new(2, "b", Kind::Output)];
    let mut record = Record::new(tokens, vec![vec![None]]).unwrap();
    let mut out = Vec::new();
    assert!(matches!(
        write_notebook(&[record.clone()], &mut out),
        Err(Error::NotebookValue { row: 0, column: 0 })
    ));
    record.outputs = vec![Output { token: 9, ..Output::default() }];
    assert!(matches!(write(&[record], &mut out), Err(Error::OutputToken { .. })));
    assert!(matches!(write(&[], &mut out), Err(Error::EmptyArray)));
    assert!(out.is_empty());
    let fine = Record::new(vec![Token::new(1, "a", Kind::Input)], Vec::new()).unwrap();
    assert!(write(&[fine], Full).unwrap_err().to_string().starts_with("could not write the record"));
}

/// A disk without room.
struct Full;
impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
