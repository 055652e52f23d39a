//! What is read comes back: the notebook's runs to the last digit, our records byte for byte.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{Kind, Method, Model, Output, Record, Target, Token, read, write, write_notebook};
use serde_json::Value;

const RUNS: [(&str, &[u8], usize, usize); 3] = [
    ("run-30", include_bytes!("data/run-30.json"), 1, 30),
    ("runs-3x30", include_bytes!("data/runs-3x30.json"), 3, 30),
    ("runs-3x100", include_bytes!("data/runs-3x100.json"), 3, 100),
];

/// Every number in a JSON text outside strings, by the standard library's parser.
fn numbers(json: &str) -> Vec<f64> {
    let (mut numbers, mut number, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in json.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '0'..='9' | '-' | '+' | '.' | 'e' | 'E' if !quoted => number.push(c),
            _ => {
                if !quoted && let Ok(x) = number.parse() {
                    numbers.push(x);
                }
                number.clear();
            }
        }
    }
    numbers
}

fn bits(json: &str) -> Vec<u64> {
    numbers(json).into_iter().map(f64::to_bits).collect()
}

/// The JSON without its numbers: structure and strings.
fn without_numbers(json: &[u8]) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Number(_) => *value = Value::Null,
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(fields) => fields.values_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(json).unwrap();
    strip(&mut value);
    value
}

#[test]
fn the_notebooks_runs_come_back_to_the_last_digit() {
    for (name, json, count, n_output) in RUNS {
        let records = read(json).unwrap();
        assert_eq!(
            (records.len(), records[0].n_input(), records[0].n_output()),
            (count, 184, n_output),
            "{name}"
        );
        let mut ours = Vec::new();
        write(&records, &mut ours).unwrap();
        let mut theirs = Vec::new();
        write_notebook(&read(&ours).unwrap(), &mut theirs).unwrap();
        let (before, after) = (std::str::from_utf8(json).unwrap(), std::str::from_utf8(&theirs).unwrap());
        assert!(bits(before).len() > count * (184 + n_output) * n_output / 2);
        assert!(bits(before) == bits(after), "{name}: a number changed");
        assert!(without_numbers(json) == without_numbers(&theirs), "{name}: a string changed");
    }
}

#[test]
fn a_reader_without_exact_numbers_would_fail_here() {
    // 0.0033451598137617111 needs correct rounding: its neighbours differ in the last bit.
    let record = |x: &str| {
        format!(
            r#"{{"format":"saliency-record","version":1,"tokens":[{{"id":1,"text":"a","kind":"input"}},{{"id":2,"text":"b","kind":"output"}}],"attributions":[[{x}]]}}"#
        )
    };
    for (_, json, _, _) in RUNS {
        for spelled in
            std::str::from_utf8(json).unwrap().split(['[', ']', ',', ' ']).filter(|s| s.starts_with("0."))
        {
            let expected: f64 = spelled.parse().unwrap();
            let found = read(record(spelled).as_bytes()).unwrap()[0].attributions[0][0].unwrap();
            assert_eq!(found.to_bits(), expected.to_bits(), "{spelled}");
        }
    }
}

fn small() -> Record {
    let token = |id, text: &str, kind, start, end| Token {
        start: Some(start),
        end: Some(end),
        ..Token::new(id, text, kind)
    };
    let tokens = vec![
        token(464, "The", Kind::Input, 0, 3),
        Token { bytes: Some(vec![0xf0, 0x9f]), ..token(8582, "\u{fffd}", Kind::Input, 3, 5) },
        token(3, " x", Kind::Output, 5, 7),
    ];
    let mut record = Record::new(tokens, vec![vec![Some(0.1), None]]).unwrap();
    record.model = Some(Model { name: "gpt2".into(), sha256: Some("ab".into()) });
    let mut method = Method::new("integrated-gradients");
    (method.steps, method.baseline) = (Some(50), Some("zero".into()));
    record.method = Some(method);
    record.target = Some(Target::new("probability"));
    record.aggregate = Some("l2".into());
    record.normalize = Some("sum".into());
    record.signed = Some(false);
    record.outputs = vec![Output {
        token: 2,
        probability: Some(0.03),
        logit: Some(f64::INFINITY),
        value: Some(0.03),
        baseline_value: Some(0.001),
        sum: Some(0.029),
        delta: Some(1e-9),
        steps: Some(50),
    }];
    record
}

#[test]
fn one_record_has_exactly_these_bytes() {
    let mut bytes = Vec::new();
    write(&[small()], &mut bytes).unwrap();
    let expected = concat!(
        r#"{"format":"saliency-record","version":1,"model":{"name":"gpt2","sha256":"ab"},"#,
        r#""method":{"name":"integrated-gradients","steps":50,"baseline":"zero"},"target":{"name":"probability"},"#,
        r#""aggregate":"l2","normalize":"sum","signed":false,"#,
        r#""tokens":[{"id":464,"text":"The","kind":"input","start":0,"end":3},"#,
        r#"{"id":8582,"text":"�","kind":"input","start":3,"end":5,"bytes":[240,159]},"#,
        r#"{"id":3,"text":" x","kind":"output","start":5,"end":7}],"#,
        r#""attributions":[[0.1,null]],"#,
        r#""outputs":[{"token":2,"probability":0.03,"logit":"Infinity","value":0.03,"baseline_value":0.001,"#,
        r#""sum":0.029,"delta":1e-9,"steps":50}]}"#,
        "\n"
    );
    assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    assert_eq!(read(&bytes).unwrap(), [small()]);
}

#[test]
fn arrays_lines_and_unknown_fields_are_read() {
    let mut one = Vec::new();
    write(&[small()], &mut one).unwrap();
    let one = String::from_utf8(one).unwrap();
    let two = [small(), small()];
    assert_eq!(read(format!("\u{feff}[{one},{one}]").as_bytes()).unwrap(), two);
    assert_eq!(read(format!("{one}\n\n{one}").as_bytes()).unwrap(), two);
    let extended = one
        .replacen('{', r#"{"later":{"deep":[1,2]},"#, 1)
        .replace(r#""id":3,"#, r#""id":3,"colour":"red","#);
    assert_eq!(read(extended.as_bytes()).unwrap(), [small()]);
    let mut array = Vec::new();
    write(&two, &mut array).unwrap();
    assert_eq!(read(&array).unwrap(), two);
}

#[test]
fn the_notebooks_value_of_a_computed_record_is_its_first_rows() {
    let tokens = vec![
        Token::new(1, "a", Kind::Input),
        Token::new(2, "b", Kind::Output),
        Token::new(3, "c", Kind::Output),
    ];
    let record = Record::new(tokens, vec![vec![Some(0.25)], vec![Some(0.5), Some(0.5)]]).unwrap();
    let mut bytes = Vec::new();
    write_notebook(&[record], &mut bytes).unwrap();
    assert_eq!(
        std::str::from_utf8(&bytes).unwrap().trim_end(),
        concat!(
            r#"{"tokens":[{"token":"a","token_id":1,"type":"input","value":"0.25","position":0},"#,
            r#"{"token":"b","token_id":2,"type":"output","value":"0","position":1},"#,
            r#"{"token":"c","token_id":3,"type":"output","value":"0","position":2}],"#,
            r#""attributions":[[0.25],[0.5,0.5]]}"#
        )
    );
}

prop_compose! {
    fn any_record()(n_input in 0_usize..4, n_output in 0_usize..4)
        (
            texts in prop::collection::vec(any::<String>(), (n_input + n_output).max(1)),
            ids in prop::collection::vec(any::<u32>(), 8),
            values in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, any::<f64>()), 8), n_output),
            n_input in Just(n_input),
            outputs in any::<bool>(),
        ) -> Record {
        let tokens = texts.iter().enumerate().map(|(i, text)| {
            let kind = if i < n_input || values.is_empty() { Kind::Input } else { Kind::Output };
            Token::new(ids[i], text.clone(), kind)
        }).collect();
        let rows = values.iter().enumerate().map(|(r, v)| v[..n_input + r].to_vec()).collect();
        let mut record = Record::new(tokens, rows).unwrap();
        if outputs {
            record.outputs = (0..values.len())
                .map(|r| Output { token: n_input + r, value: values[r][7], ..Output::default() })
                .collect();
        }
        record
    }
}

/// Equality in which NaN is NaN: by what is written.
fn spelled(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(std::slice::from_ref(record), &mut bytes).unwrap();
    bytes
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_again(record in any_record()) {
        let bytes = spelled(&record);
        let again = read(&bytes).unwrap().remove(0);
        prop_assert_eq!(spelled(&again), bytes);
        prop_assert_eq!(&again.tokens, &record.tokens);
        for (a, b) in again.attributions.iter().flatten().zip(record.attributions.iter().flatten()) {
            let same = match (a, b) {
                (Some(a), Some(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
                (a, b) => a.is_none() && b.is_none(),
            };
            prop_assert!(same, "{:?} {:?}", a, b);
        }
    }

    #[test]
    fn damaged_records_never_panic(at in 0_usize..900, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = spelled(&small());
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = read(&bytes);
    }
}
