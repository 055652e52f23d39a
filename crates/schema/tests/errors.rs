//! Hostile input: each variant of `Error`, with its message. It names the place, and the repair where there is one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "segments")]
use saliency_schema::Segmentation;
use saliency_schema::{
    Error, Interaction, Kind, Ledger, Method, Output, Record, Reduce, Replacement, Target, Token, read,
    write, write_notebook,
};
use std::time::{Duration, Instant};

const TOKENS: &str = r#"[{"id":1,"text":"a","kind":"input"},{"id":2,"text":"b","kind":"output"},{"id":3,"text":"c","kind":"output"}]"#;

fn message(json: &str) -> String {
    read(json.as_bytes()).unwrap_err().to_string()
}

/// A record with a field replaced; `""` takes it out.
fn with(field: &str, value: &str) -> String {
    let mut fields = vec![
        ("format", r#""saliency-record""#),
        ("version", "1"),
        ("tokens", TOKENS),
        ("attributions", "[[0.5],[0.25,0.75]]"),
    ];
    fields.retain(|(name, _)| *name != field);
    if !value.is_empty() {
        fields.push((field, value));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn whole() -> String {
    with("outputs", "[]")
}

/// A notebook's run with these rows and this second token.
fn run(rows: &str, second: &str) -> String {
    let first = r#"{"token":"a","token_id":1,"type":"input","value":"0","position":0}"#;
    format!(r#"{{"tokens":[{first},{second}],"attributions":{rows}}}"#)
}

const SECOND: &str = r#"{"token":"b","token_id":2,"type":"output","value":"0","position":1}"#;

fn two_tokens() -> Record {
    let tokens = vec![Token::new(1, "a", Kind::Input), Token::new(2, "b", Kind::Output)];
    Record::new(tokens, vec![vec![Some(0.5)]]).unwrap()
}

/// What `write` says to it.
fn refusal(record: &Record) -> String {
    let mut out = Vec::new();
    let message = write(std::slice::from_ref(record), &mut out).unwrap_err().to_string();
    assert!(out.is_empty(), "refused after it was written");
    message
}

// --- the text

#[test]
fn the_template_itself_is_fine() {
    for json in [whole(), with("notes", "[]"), run("[[1]]", SECOND)] {
        assert_eq!(read(json.as_bytes()).unwrap().len(), 1);
    }
}

#[test]
fn nothing_at_all() {
    for empty in ["", "  \n\t\r ", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(message(empty), "no record: the input is empty");
    }
    for empty in ["[]", " [ ] ", &format!("{}\n[]", whole())] {
        assert_eq!(message(empty), "no record: the JSON array is empty");
    }
}

#[test]
fn a_gigabyte_and_a_byte_are_too_large() {
    // The length alone is looked at: the memory is never touched.
    let error = read(&vec![0; (1 << 30) + 1]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { bytes: 1_073_741_825, cap: 1_073_741_824 }));
    assert_eq!(error.to_string(), "the input has 1073741825 bytes, and at most 1073741824 are read");
}

#[test]
fn cut_json_says_where_it_ends() {
    let whole = whole();
    for cut in 1..whole.len() {
        let message = message(&whole[..cut]);
        // "0." is the one thing that is wrong by itself.
        let why = if whole[..cut].ends_with('.') { "invalid number" } else { "EOF while parsing " };
        assert!(message.starts_with(&format!("record 0: not valid JSON: {why}")), "{message}");
        assert!(message.ends_with(&format!(" at line 1 column {cut}")), "{message}");
    }
    assert!(matches!(read(&whole.as_bytes()[..9]), Err(Error::Json { record: 0, .. })));
}

#[test]
fn the_broken_one_of_several_is_named_with_its_line() {
    let whole = whole();
    for (json, expected) in [
        (
            format!("{whole}\n{whole}\n{{\"form"),
            "record 2: not valid JSON: EOF while parsing a string at line 3 column 6",
        ),
        (format!("{whole}\n\n\n{{]"), "record 1: not valid JSON: key must be a string at line 4 column 2"),
        (format!("{whole} trailing"), "record 1: not valid JSON: expected ident at line 1 column "),
        (format!("{whole},"), "record 1: not valid JSON: expected value at line 1 column "),
        (format!("{whole}]"), "record 1: not valid JSON: expected value at line 1 column "),
        (
            format!("[{whole},\n{whole},\n{{\"form"),
            "record 2: not valid JSON: EOF while parsing a string at line 3 column 6",
        ),
        (format!("[{whole}"), "record 1: not valid JSON: EOF while parsing a list at line 1 column "),
        (format!("[{whole},]"), "record 1: not valid JSON: "),
        (
            format!("{whole}\n[{whole},\n{whole}"),
            "record 3: not valid JSON: EOF while parsing a list at line 3 column ",
        ),
        (
            format!("{whole}\n{}", with("tokens", "7")),
            "record 1: tokens: invalid type: integer `7`, expected a sequence of objects at line 2 column ",
        ),
        (
            format!("[{whole},\r\n\r\n 7]"),
            "record 1: the record: invalid type: integer `7`, expected an object at line 3 column 2",
        ),
        (
            format!("{whole}\n{}", with("attributions", "[[0.5],[0.25]]")),
            "record 1: attributions[1]: 1 values for 2 tokens",
        ),
        (format!("[{},{whole}]", with("version", "2")), "record 0: version 2 is not one"),
        (format!("{whole}{}", with("format", r#""x""#)), "record 1: format is \"x\""),
        (format!("{whole}{}", run("[]", SECOND)), "record 1: attributions: 0 rows for 1 output tokens"),
    ] {
        let message = message(&json);
        assert!(message.starts_with(expected), "{json}\n{message}");
    }
    let wrapped = read(format!("[{whole},{}]", with("tokens", "[]")).as_bytes()).unwrap_err();
    assert!(matches!(wrapped, Error::Record { record: 1, source } if matches!(*source, Error::NoTokens)));
}

#[test]
fn what_is_not_utf_8_is_not_read() {
    for (place, field) in [("text", "tokens"), ("a field that nobody knows", "later")] {
        let json = with(field, r#"[{"id":1,"text":"@","kind":"input"}]"#);
        let at = json.find('@').unwrap();
        for invalid in [&[0xff_u8][..], &[0xc3], &[0xed, 0xa0, 0x80], &[0xc0, 0x80]] {
            let bytes = [&json.as_bytes()[..at], invalid, &json.as_bytes()[at + 1..]].concat();
            let message = read(&bytes).unwrap_err().to_string();
            assert!(
                message.starts_with("record 0: not valid JSON: invalid unicode code point at line 1 column "),
                "{place}: {message}"
            );
        }
    }
    let utf_16: Vec<u8> = whole().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(read(&utf_16), Err(Error::Json { record: 0, .. })));
}

#[test]
fn a_bare_nan_is_told_how_to_be_spelled() {
    for found in ["NaN", "Infinity", "-Infinity"] {
        let message = message(&with("attributions", &format!("[[0.5],\n[0.25, {found}]]")));
        assert!(message.starts_with("record 0: not valid JSON: "), "{message}");
        assert!(message.contains(" at line 2 column "), "{message}");
        assert!(message.ends_with(&format!("; {found} has to be in quotes: \"{found}\"")), "{message}");
    }
    let array = format!("[{},{}]", whole(), with("attributions", "[[NaN]]"));
    assert!(matches!(read(array.as_bytes()), Err(Error::BareNumber { record: 1, found: "NaN", .. })));
    for not_json in ["nan", "inf", "-inf", "+1", "01", ".5", "1.", "0x1", "'NaN'"] {
        let message = message(&with("attributions", &format!("[[0.5],[0.25,{not_json}]]")));
        assert!(message.starts_with("record 0: not valid JSON: "), "{not_json}: {message}");
    }
}

// --- the shape

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_wrong_shape_says_what_was_expected_where() {
    let token = |token: &str| with("tokens", &format!("[{token}]"));
    let output = |output: &str| with("outputs", &format!("[{output}]"));
    for (json, expected) in [
        ("3".to_owned(), "the record: invalid type: integer `3`, expected an object at line 1 column 1"),
        ("null".to_owned(), "the record: invalid type: null, expected an object"),
        (r#""x""#.to_owned(), "the record: invalid type: string \"x\", expected an object"),
        ("[3]".to_owned(), "the record: invalid type: integer `3`, expected an object at line 1 column 2"),
        ("[[]]".to_owned(), "the record: invalid type: sequence, expected an object"),
        // An array of the fields' values is no object, here or below.
        (
            format!("[[\"saliency-record\",1,null,null,null,null,null,null,[],{TOKENS},[[1],[1,1]],[]]]"),
            "the record: invalid type: sequence",
        ),
        (with("tokens", r#"[[1,"a","input"]]"#), "tokens[0]: invalid type: sequence, expected an object"),
        (with("model", r#"["gpt2"]"#), "model: invalid type: sequence, expected an object"),
        (with("method", r#"["ig"]"#), "method: invalid type: sequence, expected an object"),
        (with("outputs", "[[1],[2]]"), "outputs[0]: invalid type: sequence, expected an object"),
        (with("tokens", "7"), "tokens: invalid type: integer `7`, expected a sequence of objects"),
        (with("tokens", ""), "the record: missing field `tokens`"),
        (token(r#"{"id":1,"text":"a"}"#), "tokens[0]: missing field `kind`"),
        (token(r#"{"id":-1,"text":"a","kind":"input"}"#), "tokens[0].id: invalid value: integer `-1`"),
        (
            token(r#"{"id":4294967296,"text":"a","kind":"input"}"#),
            "tokens[0].id: invalid value: integer `4294967296`",
        ),
        (token(r#"{"id":1e30,"text":"a","kind":"input"}"#), "tokens[0].id: invalid type: floating point `1e"),
        (
            token(r#"{"id":999999999999999999999999999,"text":"a","kind":"input"}"#),
            "tokens[0].id: invalid type: floating point",
        ),
        (
            token(r#"{"id":1.5,"text":"a","kind":"input"}"#),
            "tokens[0].id: invalid type: floating point `1.5`",
        ),
        (
            token(r#"{"id":1,"text":"a","kind":"prompt"}"#),
            "tokens[0].kind: unknown variant `prompt`, expected `input` or `output`",
        ),
        (
            token(r#"{"id":1,"text":"a","kind":{"input":null}}"#),
            "tokens[0].kind: invalid type: map, expected a string",
        ),
        (token(r#"{"id":1,"text":"\ud800","kind":"input"}"#), "tokens[0].text: unexpected end of hex escape"),
        (
            token(r#"{"id":1,"text":"\udc00","kind":"input"}"#),
            "tokens[0].text: lone leading surrogate in hex escape",
        ),
        (
            token(r#"{"id":1,"text":"\ud800\u0041","kind":"input"}"#),
            "tokens[0].text: lone leading surrogate in hex escape",
        ),
        (
            token(r#"{"id":1,"text":"a","kind":"input","start":-1,"end":2}"#),
            "tokens[0].start: invalid value: integer `-1`",
        ),
        (
            token(r#"{"id":1,"text":"a","kind":"input","bytes":[256]}"#),
            "tokens[0].bytes[0]: invalid value: integer `256`",
        ),
        (with("attributions", ""), "the record: missing field `attributions`"),
        (with("attributions", "null"), "attributions: invalid type: null, expected a sequence of rows"),
        (
            with("attributions", "[0.5]"),
            "attributions[0]: invalid type: floating point `0.5`, expected a sequence of numbers",
        ),
        (
            with("attributions", r#"[[0.5],[0.25,"x"]]"#),
            "attributions[1][1]: invalid value: string \"x\", expected a number, null, \"NaN\", \"Infinity\" or \"-Infinity\"",
        ),
        (
            with("attributions", r#"[[0.5],[0.25,"nan"]]"#),
            "attributions[1][1]: invalid value: string \"nan\"",
        ),
        (with("attributions", "[[0.5],[0.25,true]]"), "attributions[1][1]: invalid type: boolean `true`"),
        (
            with("attributions", r#"[[0.5],[0.25,{"x":1}]]"#),
            "attributions[1][1]: invalid type: map, expected a number",
        ),
        (
            with("attributions", "[[0.5],[0.25,1e999]]"),
            "attributions[1][1]: number out of range at line 1 column ",
        ),
        (with("attributions", "[[0.5],[0.25,-1e999]]"), "attributions[1][1]: number out of range"),
        (output(r#"{"token":1,"delta":"x"}"#), "outputs[0].delta: invalid value: string \"x\""),
        (output(r#"{"probability":1}"#), "outputs[0]: missing field `token`"),
        (with("notes", "null"), "notes: invalid type: null, expected a sequence"),
        (with("signed", "1"), "signed: invalid type: integer `1`, expected a boolean"),
        (with("method", r#"{"steps":3}"#), "method: missing field `name`"),
        (with("method", r#"{"name":"ig","steps":-1}"#), "method.steps: invalid value: integer `-1`"),
        (with("version", r#""1""#), "version: invalid type: string \"1\", expected u64"),
        (with("version", "1.0"), "version: invalid type: floating point `1.0`, expected u64"),
        (with("version", "-1"), "version: invalid value: integer `-1`, expected u64"),
        (with("version", ""), "the record: missing field `version`"),
        (with("format", "3"), "format: invalid type: integer `3`, expected a string"),
        // The same field twice: either could be meant.
        (with("tokens", &format!("{TOKENS},\"tokens\":[]")), "the record: duplicate field `tokens`"),
        (with("version", "1,\"version\":2"), "the record: duplicate field `version`"),
        (token(r#"{"id":1,"id":1,"text":"a","kind":"input"}"#), "tokens[0]: duplicate field `id`"),
        (with("\\ud800", "1").replace("\\\\", "\\"), "the record: unexpected end of hex escape"),
    ] {
        let error = read(json.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Shape { record: 0, .. }), "{json}\n{error:?}");
        let message = error.to_string();
        assert!(message.starts_with(&format!("record 0: {expected}")), "{json}\n{message}");
        assert!(message.contains(" at line 1 column "), "{message}");
    }
}

#[test]
fn without_a_format_it_is_a_notebooks_run() {
    let repair = r#"; a record has "format": "saliency-record""#;
    for (json, expected) in [
        ("{}".to_owned(), "the record: missing field `tokens` at line 1 column 2"),
        (with("format", ""), "tokens[0]: missing field `token` at line 1 column "),
        (with("format", "null"), "tokens[0]: missing field `token` at line 1 column "),
        (
            run("[[1]]", &SECOND.replace("output", "answer")),
            "tokens[1].type: unknown variant `answer`, expected `input` or `output` at ",
        ),
        (run("[[1]]", &SECOND.replace(":2", ":-2")), "tokens[1].token_id: invalid value: integer `-2`"),
        (
            run("[[1]]", &SECOND.replace(r#""value":"0""#, r#""value":0"#)),
            "tokens[1].value: invalid type: integer `0`, expected a string",
        ),
        (run("[[1]]", r#"["b",2,"output","0",1]"#), "tokens[1]: invalid type: sequence, expected an object"),
        (run("[[1e999]]", SECOND), "attributions[0][0]: number out of range"),
    ] {
        let error = read(json.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::NoFormat { record: 0, .. }), "{json}\n{error:?}");
        let message = error.to_string();
        let expected = format!("record 0: no `format`, so it is read as a notebook's run: {expected}");
        assert!(message.starts_with(&expected) && message.ends_with(repair), "{json}\n{message}");
    }
}

#[test]
fn unknown_fields_are_ignored_whatever_they_hold() {
    let expected = read(whole().as_bytes()).unwrap();
    for later in ["null", "1e999", r#""\ud800""#, r#"{"a":1,"a":2}"#, "[[[[]]]]", &"9".repeat(1000)] {
        assert_eq!(read(with("later", later).as_bytes()).unwrap(), expected);
        assert_eq!(read(with("later", &format!("{later},\"later\":{later}")).as_bytes()).unwrap(), expected);
    }
    let inside = whole().replace(r#""id":"#, r#""colour":{"r":[1]},"id":"#);
    assert_eq!(read(inside.as_bytes()).unwrap(), expected);
    let in_a_run = run("[[1]]", &SECOND.replace(r#""token":"#, r#""later":[],"token":"#));
    assert_eq!(read(in_a_run.as_bytes()).unwrap(), read(run("[[1]]", SECOND).as_bytes()).unwrap());
}

#[test]
fn a_hundred_thousand_brackets_are_quick_and_do_not_overflow_the_stack() {
    let start = Instant::now();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let cut = open.repeat(100_000);
        assert!(message(&cut).starts_with("record 0: not valid JSON: EOF while parsing "));
        let deep = format!("{cut}1{}", close.repeat(100_000));
        // Alone, in a field, and where anything may stand.
        for json in [&deep, &with("tokens", &deep), &with("attributions", &deep), &with("notes", &deep)] {
            let message = message(json);
            assert!(message.starts_with("record 0: ") && message.len() < 300, "{message}");
        }
        let in_method = with("method", &format!(r#"{{"name":"ig","later":{deep}}}"#));
        assert!(message(&in_method).starts_with("record 0: method"), "{}", message(&in_method));
        // In a field that nobody knows it is skipped.
        assert_eq!(read(with("later", &deep).as_bytes()).unwrap(), read(whole().as_bytes()).unwrap());
        assert!(
            read(
                run("[[1]]", &SECOND.replace(r#""token":"#, &format!(r#""later":{deep},"token":"#)))
                    .as_bytes()
            )
            .is_ok()
        );
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

// --- the version

#[test]
fn other_formats_and_newer_versions_are_refused() {
    assert_eq!(message(&with("format", r#""other""#)), "format is \"other\", not \"saliency-record\"");
    for version in [0_u64, 2, u64::from(u32::MAX) + 2, u64::MAX] {
        let expected =
            format!("version {version} is not one this reader knows (1 to 1); a newer release may read it");
        assert_eq!(message(&with("version", &version.to_string())), expected);
    }
    // A newer version may hold anything; it is refused for its number, not for its fields.
    assert!(message(r#"{"format":"saliency-record","version":7,"rows":{}}"#).starts_with("version 7"));
    for (format, version, expected) in
        [("x", 1, "format is \"x\""), (saliency_schema::FORMAT, 2, "version 2")]
    {
        // Past the reader, as another deserialiser would take it.
        let mut json = serde_json::to_value(two_tokens()).unwrap();
        (json["format"], json["version"]) = (format.into(), version.into());
        let record: Record = serde_json::from_value(json).unwrap();
        assert!(refusal(&record).starts_with(expected));
    }
}

// --- consistency

#[test]
fn tokens_come_inputs_first_and_there_is_one() {
    assert_eq!(
        message(&with("tokens", "[]")),
        "tokens: the list is empty; a record holds at least one token"
    );
    let mixed =
        TOKENS.replacen("input", "output", 1).replacen(r#""b","kind":"output""#, r#""b","kind":"input""#, 1);
    let expected = "tokens[1]: an input token after an output token; all inputs come first";
    assert_eq!(message(&with("tokens", &mixed)), expected);
    let outputs_only = with("tokens", &TOKENS.replace("input", "output"))
        .replace("[[0.5],[0.25,0.75]]", "[[],[0.5],[0.25,0.75]]");
    assert_eq!(read(outputs_only.as_bytes()).unwrap()[0].n_output(), 3);
}

#[test]
fn rows_fit_the_tokens() {
    for (rows, expected) in [
        ("[]", "attributions: 0 rows for 2 output tokens"),
        ("[[0.5]]", "attributions: 1 rows for 2 output tokens"),
        ("[[0.5],[0.25,1],[1,1,1]]", "attributions: 3 rows for 2 output tokens"),
        ("[[0.5],[0.25]]", "attributions[1]: 1 values for 2 tokens"),
        ("[[0.5,1],[0.25,1]]", "attributions[0]: 2 values for 1 tokens"),
        ("[[],[0.25,1]]", "attributions[0]: 0 values for 1 tokens"),
    ] {
        assert_eq!(message(&with("attributions", rows)), expected);
    }
    let mut record = read(include_bytes!("data/run-30.json")).unwrap().remove(0);
    record.attributions[3].pop();
    assert_eq!(refusal(&record), "attributions[3]: 186 values for 187 tokens");
    record.attributions.pop();
    assert_eq!(refusal(&record), "attributions: 29 rows for 30 output tokens");
}

#[test]
fn standard_errors_fit_the_rows() {
    for (errors, row) in [
        ("[[0.5]]", 1),
        ("[[0.5],[1]]", 1),
        ("[[],[1,2]]", 0),
        ("[[0.5],[1,2,3]]", 1),
        ("[[0.5],[1,2],[1,2,3]]", 2),
    ] {
        let expected = format!(
            "standard_errors[{row}]: it is not as long as attributions[{row}]; leave standard_errors out, or give one for each value"
        );
        assert_eq!(message(&with("standard_errors", errors)), expected);
    }
    for fits in ["[]", "[[0.5],[null,\"Infinity\"]]"] {
        assert!(read(with("standard_errors", fits).as_bytes()).is_ok(), "{fits}");
    }
    let mut record = two_tokens();
    record.standard_errors = vec![vec![Some(0.1), None]];
    assert!(refusal(&record).starts_with("standard_errors[0]"));
}

#[test]
fn interactions_are_pairs_of_earlier_tokens() {
    let pair = |i: i64, j: i64| format!(r#"{{"i":{i},"j":{j},"value":1}}"#);
    let lists = |second: &str| format!("[[{}],[{second}]]", pair(0, 0));
    for (interactions, expected) in [
        ("[[]]".to_owned(), "interactions: 1 lists for 2 output tokens"),
        ("[[],[],[]]".to_owned(), "interactions: 3 lists for 2 output tokens"),
        (
            lists(&pair(1, 0)),
            "interactions[1][0]: tokens 1 and 0: a pair is written with the smaller position as `i`",
        ),
        (
            format!("[[{}],[]]", pair(0, 1)),
            "interactions[0][0]: tokens 0 and 1: a pair's tokens come before the output",
        ),
        (
            lists(&pair(0, i64::MAX)),
            "interactions[1][0]: tokens 0 and 9223372036854775807: a pair's tokens come before the output",
        ),
        (
            lists(&format!("{},{},{}", pair(0, 1), pair(0, 0), pair(0, 1))),
            "interactions[1][2]: tokens 0 and 1: a pair stands once",
        ),
    ] {
        assert_eq!(message(&with("interactions", &interactions)), expected);
    }
    for (interactions, expected) in [
        ("null", "interactions: invalid type: null, expected a sequence of rows"),
        ("[3]", "interactions[0]: invalid type: integer `3`, expected a sequence of objects"),
        ("[[[0,0,1]]]", "interactions[0][0]: invalid type: sequence, expected an object"),
        (r#"[[{"i":0,"value":1}]]"#, "interactions[0][0]: missing field `j`"),
        (r#"[[{"i":0,"j":0}]]"#, "interactions[0][0]: missing field `value`"),
        (r#"[[{"i":-1,"j":0,"value":1}]]"#, "interactions[0][0].i: invalid value: integer `-1`"),
        (r#"[[{"i":0,"j":0,"value":"x"}]]"#, "interactions[0][0].value: invalid value: string"),
    ] {
        let found = message(&with("interactions", interactions));
        assert!(found.starts_with(&format!("record 0: {expected}")), "{found}");
    }
    for fits in ["[]".to_owned(), "[[],[]]".to_owned(), lists(&format!("{},{}", pair(0, 1), pair(1, 1)))] {
        assert!(read(with("interactions", &fits).as_bytes()).is_ok(), "{fits}");
    }
    let mut record = two_tokens();
    record.interactions = vec![vec![Interaction::new(0, 1, 0.5)]];
    assert!(refusal(&record).starts_with("interactions[0][0]"));
    record.interactions = vec![vec![Interaction::new(0, 0, 0.5); 10_000_001]];
    assert_eq!(refusal(&record), "interactions: 10000001 interactions, and at most 10000000 are allowed");
}

#[test]
fn sums_by_layer_are_numbers_and_not_too_many() {
    let outputs =
        |sums: &str| with("outputs", &format!(r#"[{{"token":1,"by_layer":{sums}}},{{"token":2}}]"#));
    for (sums, expected) in [
        ("{}", ": invalid type: map, expected a sequence of numbers"),
        ("null", ": invalid type: null, expected a sequence of numbers"),
        (r#"[0.5,"x"]"#, "[1]: invalid value: string"),
    ] {
        let found = message(&outputs(sums));
        assert!(found.starts_with(&format!("record 0: outputs[0].by_layer{expected}")), "{found}");
    }
    assert!(read(outputs(r#"[0.5,null,"NaN"]"#).as_bytes()).is_ok());
    let mut record = two_tokens();
    record.outputs = vec![Output::new(1).with_by_layer(vec![None; 1_000_001])];
    assert_eq!(refusal(&record), "outputs[0].by_layer: 1000001 numbers, and at most 1000000 are allowed");
}

#[test]
fn a_ledgers_parts_fit_each_other() {
    let outputs =
        |ledger: &str| with("outputs", &format!(r#"[{{"token":1,"ledger":{ledger}}},{{"token":2}}]"#));
    let each = "`feed_forward` and `attention_bias` have a number for each layer, or none";
    for (ledger, expected) in [
        (r#"{"heads":[[1],[1,2]]}"#, "every layer has as many heads"),
        (r#"{"heads":[[],[0]]}"#, "every layer has as many heads"),
        (r#"{"heads":[[1]],"feed_forward":[1,2]}"#, each),
        (r#"{"heads":[],"attention_bias":[1]}"#, each),
    ] {
        assert_eq!(message(&outputs(ledger)), format!("outputs[0].ledger: {expected}"));
    }
    for (ledger, expected) in [
        ("[]", ": invalid type: sequence, expected an object"),
        ("{}", ": missing field `heads`"),
        (r#"{"heads":null}"#, ".heads: invalid type: null, expected a sequence of rows"),
        (r#"{"heads":[1]}"#, ".heads[0]: invalid type: integer `1`, expected a sequence of numbers"),
        (r#"{"heads":[["x"]]}"#, ".heads[0][0]: invalid value: string"),
        (r#"{"heads":[],"bias":[]}"#, ".bias: invalid type: sequence"),
    ] {
        let found = message(&outputs(ledger));
        assert!(found.starts_with(&format!("record 0: outputs[0].ledger{expected}")), "{found}");
    }
    for fits in ["null", r#"{"heads":[]}"#, r#"{"heads":[[],[]],"feed_forward":["NaN",null]}"#] {
        assert!(read(outputs(fits).as_bytes()).is_ok(), "{fits}");
    }
    let mut record = two_tokens();
    let large = Ledger::new(vec![vec![None; 1_001]; 1_000]);
    record.outputs = vec![Output::new(1).with_ledger(large)];
    assert_eq!(refusal(&record), "outputs[0].ledger: 1001000 numbers, and at most 1000000 are allowed");
}

#[test]
fn what_is_kept_of_vectors_fits_the_row() {
    let outputs =
        |vectors: &str| with("outputs", &format!(r#"[{{"token":1,"vectors":{vectors}}},{{"token":2}}]"#));
    let lists = |more: &str| format!(r#"{{"positive":[1],"negative":[0],"norm":[1]{more}}}"#);
    let length = "every list has a number for each value of the row";
    let each = "`explained` has a number for each of `components`";
    for (vectors, expected) in [
        (r#"{"positive":[1,2],"negative":[0],"norm":[1]}"#, length),
        (r#"{"positive":[1],"negative":[],"norm":[1]}"#, length),
        (r#"{"positive":[1],"negative":[0],"norm":[]}"#, length),
        (&lists(r#","components":[[1],[]],"explained":[1,0]"#), length),
        (&lists(r#","components":[[1]]"#), each),
        (&lists(r#","explained":[1]"#), each),
    ] {
        assert_eq!(message(&outputs(vectors)), format!("outputs[0].vectors: {expected}"));
    }
    for (vectors, expected) in [
        ("[]", ": invalid type: sequence, expected an object"),
        (r#"{"positive":[1],"negative":[0]}"#, ": missing field `norm`"),
        (r#"{"positive":null}"#, ".positive: invalid type: null, expected a sequence of numbers"),
        (&lists(r#","components":[1]"#), ".components[0]: invalid type: integer `1`, expected a sequence"),
        (&lists(r#","components":[["x"]]"#), ".components[0][0]: invalid value: string"),
    ] {
        let found = message(&outputs(vectors));
        assert!(found.starts_with(&format!("record 0: outputs[0].vectors{expected}")), "{found}");
    }
    for fits in ["null", &lists(""), &lists(r#","components":[["NaN"],[null]],"explained":[1,null]"#)] {
        assert!(read(outputs(fits).as_bytes()).is_ok(), "{fits}");
    }
}

#[test]
fn replacements_are_of_inputs() {
    let one = |at: i64, count: i64| format!(r#"{{"at":{at},"count":{count},"text":"x","change":1}}"#);
    for (replacements, expected) in [
        ("[[]]".to_owned(), "replacements: 1 lists for 2 output tokens"),
        (format!("[[],[{}]]", one(0, 2)), "replacements[1][0]: 2 tokens from 0 on, and there are 1 inputs"),
        (
            format!("[[{},{}],[]]", one(0, 1), one(0, 0)),
            "replacements[0][1]: 0 tokens from 0 on, and there are 1 inputs",
        ),
        (
            format!("[[{}],[]]", one(1, i64::MAX)),
            "replacements[0][0]: 9223372036854775807 tokens from 1 on, and there are 1 inputs",
        ),
    ] {
        assert_eq!(message(&with("replacements", &replacements)), expected);
    }
    for (replacements, expected) in [
        ("null", "replacements: invalid type: null, expected a sequence of rows"),
        ("[[[0,1]]]", "replacements[0][0]: invalid type: sequence, expected an object"),
        (r#"[[{"at":0,"text":"x"}]]"#, "replacements[0][0]: missing field `change`"),
        (r#"[[{"at":0,"change":1}]]"#, "replacements[0][0]: missing field `text`"),
        (r#"[[{"at":-1,"text":"x","change":1}]]"#, "replacements[0][0].at: invalid value: integer `-1`"),
    ] {
        let found = message(&with("replacements", replacements));
        assert!(found.starts_with(&format!("record 0: {expected}")), "{found}");
    }
    assert!(read(with("replacements", &format!("[[{}],[]]", one(0, 1))).as_bytes()).is_ok());
    let mut record = two_tokens();
    record.replacements = vec![vec![Replacement::new(0, "x".repeat(1 << 21), 0.5)]];
    assert!(refusal(&record).starts_with("replacements[0][0]: 2097152 bytes"), "{}", refusal(&record));
    record.replacements = vec![vec![Replacement::new(0, "", 0.5); 10_000_001]];
    assert_eq!(refusal(&record), "replacements: 10000001 replacements, and at most 10000000 are allowed");
}

#[test]
fn outputs_fit_the_tokens() {
    for (outputs, expected) in [
        (r#"[{"token":1}]"#, "outputs: 1 entries for 2 output tokens"),
        (r#"[{"token":1},{"token":2},{"token":3}]"#, "outputs: 3 entries for 2 output tokens"),
        (r#"[{"token":1},{"token":3}]"#, "outputs[1].token: 3, and this output is token 2"),
        (r#"[{"token":0},{"token":1}]"#, "outputs[0].token: 0, and this output is token 1"),
    ] {
        assert_eq!(message(&with("outputs", outputs)), expected);
    }
}

#[test]
fn spans_go_forward() {
    let spans = |a: &str, b: &str| {
        let tokens = TOKENS.replacen(r#""kind""#, &format!(r#"{a}"KIND""#), 1);
        with("tokens", &tokens.replacen(r#""kind""#, &format!(r#"{b}"kind""#), 1).replace("KIND", "kind"))
    };
    for (a, b, expected) in [
        (r#""start":3,"end":1,"#, "", "tokens[0]: bytes 3..1 of the text: `end` lies before `start`"),
        (
            r#""start":0,"end":2,"#,
            r#""start":1,"end":3,"#,
            "tokens[1]: bytes 1..3 of the text: it begins before the token before it ends",
        ),
        (r#""start":5,"#, "", "tokens[0]: bytes 5..0 of the text: one of `start` and `end` is missing"),
        ("", r#""end":5,"#, "tokens[1]: bytes 0..5 of the text: one of `start` and `end` is missing"),
    ] {
        assert_eq!(message(&spans(a, b)), expected);
    }
    for (a, b) in [(r#""start":0,"end":0,"#, r#""start":0,"end":7,"#), ("", r#""start":9,"end":9,"#)] {
        assert!(read(spans(a, b).as_bytes()).is_ok());
    }
}

#[test]
fn the_notebooks_runs_are_checked_too() {
    assert_eq!(message(&run("[[]]", SECOND)), "attributions[0]: 0 values for 1 tokens");
    let moved = SECOND.replace(r#""position":1"#, r#""position":5"#);
    assert_eq!(message(&run("[[1]]", &moved)), "tokens[1].position: 5, and this token is number 1");
    assert!(message(r#"{"tokens":[],"attributions":[]}"#).starts_with("tokens: the list is empty"));
}

#[test]
fn what_is_too_large_names_the_cap() {
    let long = |n: usize| format!(r#"[{{"id":1,"text":"{}","kind":"input"}}]"#, "x".repeat(n));
    let expected = "tokens[0].text: 1048577 bytes, and at most 1048576 are allowed";
    assert_eq!(message(&with("tokens", &long((1 << 20) + 1))), expected);
    assert_eq!(message(&with("tokens", &long(1 << 20))), "attributions: 2 rows for 0 output tokens");

    let many = vec![Token::new(0, "", Kind::Input); 1_000_001];
    let error = Record::new(many, Vec::new()).unwrap_err().to_string();
    assert_eq!(error, "tokens: 1000001 tokens, and at most 1000000 are allowed");
    let entries = format!("[{}{{}}]", "{\"token\":1},".repeat(1_000_000));
    let message_ = message(&with("outputs", &entries));
    assert!(message_.starts_with("record 0: outputs"), "{message_}");

    // Read, these few bytes would take sixteen times the memory; so they are refused unread.
    let ones = format!(r#"{{"name":"x","later":[{}1]}}"#, "1,".repeat(1 << 19));
    for place in ["method", "target"] {
        let expected = format!("{place}: {} bytes, and at most 1048576 are allowed", ones.len());
        assert_eq!(message(&with(place, &ones)), expected);
    }
    let mut record = two_tokens();
    record.target = Some(Target::new("x".repeat(1 << 20)));
    assert_eq!(refusal(&record), "target: 1048587 bytes, and at most 1048576 are allowed");
}

#[test]
fn parameters_that_would_not_come_back_are_refused() {
    let expected = |place| {
        format!(
            "{place}: the parameters would not be read as they are written; they must not repeat a field's name, nor nest a hundred levels deep"
        )
    };
    let mut record = two_tokens();
    for (key, value) in
        [("name", "x".into()), ("steps", 3.into()), ("steps", "many".into()), ("baseline", "zero".into())]
    {
        let mut method = Method::new("ig");
        method.parameters.insert(key.to_owned(), value);
        record.method = Some(method);
        assert_eq!(refusal(&record), expected("method"));
    }
    record.method = None;
    let nested = |depth: usize| {
        let mut target = Target::new("logit");
        let deep = (0..depth).fold(serde_json::Value::Null, |inside, _| vec![inside].into());
        target.parameters.insert("deep".to_owned(), deep);
        Some(target)
    };
    record.target = nested(100);
    let mut bytes = Vec::new();
    write(&[record.clone(), record.clone()], &mut bytes).unwrap();
    assert_eq!(read(&bytes).unwrap(), [record.clone(), record.clone()]);
    record.target = nested(200);
    assert_eq!(refusal(&record), expected("target"));
    // Wherever the line lies: what is written is read.
    for depth in 100..200 {
        record.target = nested(depth);
        bytes.clear();
        if write(std::slice::from_ref(&record), &mut bytes).is_ok() {
            assert_eq!(read(&bytes).unwrap(), std::slice::from_ref(&record), "{depth}");
        }
    }
}

#[test]
fn groups_are_as_many_as_tokens_and_none_is_empty() {
    let with_members =
        |members: &str| with("regrouped", &format!(r#"{{"reduce":"sum","members":{members}}}"#));
    for (members, expected) in [
        ("[]", "regrouped.members: 0 entries for 3 tokens"),
        ("[1,2,3,4]", "regrouped.members: 4 entries for 3 tokens"),
        ("[1,2,0]", "regrouped.members[2]: 0, and a group holds at least one token"),
    ] {
        assert_eq!(message(&with_members(members)), expected);
    }
    assert!(read(with_members("[1,2,3]").as_bytes()).is_ok());
    let many = with_members(&format!("[{}1]", "1,".repeat(1_000_000)));
    let message = message(&many);
    let expected = "record 0: regrouped.members: more than 1000000 entries are not read at line 1 column ";
    assert!(message.starts_with(expected), "{message}");
}

// --- regrouping

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "it is refused")]
#[expect(clippy::single_range_in_vec_init, reason = "one segment")]
fn segments_hold_every_token_once() {
    // One input, two outputs.
    let record = read(whole().as_bytes()).unwrap().remove(0);
    let gap = "; segments follow each other without gap and overlap";
    for (segments, expected) in [
        (&[0..1, 2..3][..], format!("segments[1]: tokens 2..3: it does not begin at token 1{gap}")),
        (&[1..3], format!("segments[0]: tokens 1..3: it does not begin at token 0{gap}")),
        (&[0..1, 0..3], format!("segments[1]: tokens 0..3: it does not begin at token 1{gap}")),
        (
            &[0..1, 1..1, 1..3],
            "segments[1]: tokens 1..1: it holds no token; its end is one past its last token".into(),
        ),
        (
            &[0..1, 1..0],
            "segments[1]: tokens 1..0: it holds no token; its end is one past its last token".into(),
        ),
        (&[0..1, 1..4], "segments[1]: tokens 1..4: there are 3 tokens; end it at 3 or before".into()),
        (
            &[0..2, 2..3],
            "segments[0]: tokens 0..2: it holds inputs and outputs; split it at token 1, the first output"
                .into(),
        ),
        (&[0..1, 1..2], "segments: they end before token 2 of 3; every token belongs to one".into()),
        (&[], "segments: they end before token 0 of 3; every token belongs to one".into()),
    ] {
        let error = record.regroup(segments, Reduce::Sum).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, Error::Segment { what: "segments", .. } | Error::SegmentsEnd { .. }));
    }
}

#[test]
#[expect(clippy::single_range_in_vec_init, reason = "one segment")]
fn a_record_is_checked_before_and_after_it_is_regrouped() {
    let mut record = two_tokens();
    record.outputs = vec![Output::new(9)];
    let error = record.regroup(&[0..1, 1..2], Reduce::Sum).unwrap_err();
    assert_eq!(error.to_string(), "outputs[0].token: 9, and this output is token 1");
    let long = || Token::new(1, "x".repeat(1 << 19), Kind::Input);
    let record = Record::new(vec![long(), long(), long()], Vec::new()).unwrap();
    let error = record.regroup(&[0..3], Reduce::Sum).unwrap_err();
    assert_eq!(error.to_string(), "tokens[0].text: 1572864 bytes, and at most 1048576 are allowed");
}

#[test]
fn an_unknown_reduction_lists_what_there_is() {
    let error = "absmax".parse::<Reduce>().unwrap_err();
    assert_eq!(error.to_string(), "unknown reduction \"absmax\"; there are: sum, mean, max-abs");
    assert!(matches!(error, Error::Unknown { what: "reduction", .. }));
}

#[cfg(feature = "segments")]
#[test]
fn an_unknown_segmentation_lists_what_there_is() {
    let refused = |spelled: &str| spelled.parse::<Segmentation>().unwrap_err();
    let known = "tokens, words, sentences, lines, paragraphs, regex:R, spans:0-5,5-9, parts";
    for name in ["word", "", "Words", "regex", "spans", "sentence "] {
        let expected = format!("unknown segmentation {name:?}; there are: {known}");
        assert_eq!(refused(name).to_string(), expected);
    }
    let error = refused("regex:(a");
    assert!(matches!(&error, Error::Pattern { pattern, .. } if pattern == "(a"));
    let message = error.to_string();
    assert!(message.starts_with("regex:(a: ") && message.contains("unclosed group"), "{message}");
    for (spelled, found) in [
        ("spans:", ""),
        ("spans:5", "5"),
        ("spans:0-5,", ""),
        ("spans:0-5,a-b", "a-b"),
        ("spans:0-5;5-9", "0-5;5-9"),
        ("spans:-1-5", "-1-5"),
        ("spans:0-99999999999999999999999", "0-99999999999999999999999"),
    ] {
        let expected = format!(
            "spans: {found:?} is no span of tokens; write the first token, a hyphen, and one past the last, as in spans:0-5,5-9"
        );
        let error = refused(spelled);
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, Error::SpanSpelling { .. }));
    }
}

#[cfg(feature = "segments")]
#[test]
fn spans_that_do_not_fit_the_tokens_are_refused() {
    let record = read(whole().as_bytes()).unwrap().remove(0);
    let refused = |spans: &str, tokens: &[Token]| {
        let spans: Segmentation = format!("spans:{spans}").parse().unwrap();
        spans.segments(tokens).unwrap_err()
    };
    for (spans, expected) in [
        ("0-2", "spans[0]: tokens 0..2: it holds inputs and outputs; split it at token 1, the first output"),
        ("0-1,1-4", "spans[1]: tokens 1..4: there are 3 tokens; end it at 3 or before"),
        ("1-1", "spans[0]: tokens 1..1: it holds no token; its end is one past its last token"),
        ("2-1", "spans[0]: tokens 2..1: it holds no token; its end is one past its last token"),
        (
            "1-3,2-3",
            "spans[1]: tokens 2..3: it begins before token 3, where the one before ends; spans ascend and do not overlap",
        ),
        (
            "2-3,0-1",
            "spans[1]: tokens 0..1: it begins before token 3, where the one before ends; spans ascend and do not overlap",
        ),
    ] {
        let error = refused(spans, &record.tokens);
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, Error::Segment { what: "spans", .. }));
    }
    let mut tokens = record.tokens;
    tokens[2].kind = Kind::Input;
    assert!(matches!(refused("0-1", &tokens), Error::TokenOrder { index: 2 }));
}

// --- writing

#[test]
fn what_cannot_be_written_is_refused_before_a_byte_is() {
    let fine = two_tokens();
    let with_row = |row| {
        let mut record = two_tokens();
        record.attributions = vec![row];
        record
    };
    let mut out = Vec::new();
    let missing = with_row(vec![None]);
    let wrong = fine.clone().with_outputs(vec![Output::new(9)]);
    let missing_says = "attributions[0][0] is missing or not finite, and the notebook's format has no spelling for that; write a record instead";
    for value in [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY)] {
        let missing = with_row(vec![value]);
        assert_eq!(write_notebook(&[missing], &mut out).unwrap_err().to_string(), missing_says);
    }
    assert_eq!(
        write_notebook(&[fine.clone(), missing], &mut out).unwrap_err().to_string(),
        format!("record 1: {missing_says}")
    );
    let wrong_says = "outputs[0].token: 9, and this output is token 1";
    assert_eq!(write_notebook(std::slice::from_ref(&wrong), &mut out).unwrap_err().to_string(), wrong_says);
    assert_eq!(refusal(&wrong), wrong_says);
    let error = write(&[fine.clone(), fine.clone(), wrong], &mut out).unwrap_err().to_string();
    assert_eq!(error, format!("record 2: {wrong_says}"));
    assert!(matches!(write(&[], &mut out), Err(Error::Empty)));
    assert!(matches!(write_notebook(&[], &mut out), Err(Error::Empty)));
    assert!(out.is_empty());
    assert_eq!(write(&[fine], Full).unwrap_err().to_string(), "could not write the record: no storage space");
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
