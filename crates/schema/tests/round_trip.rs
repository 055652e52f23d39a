//! What is read comes back: the notebook's runs to the last digit, our records byte for byte.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{
    Explained, Interaction, Kind, Ledger, Method, Model, Named, Output, Record, Regrouped, Replacement,
    Target, Token, Vectors, read, write, write_notebook,
};
use serde_json::Value;

const RUNS: [(&str, &[u8], usize, usize); 3] = [
    ("run-30", include_bytes!("data/run-30.json"), 1, 30),
    ("runs-3x30", include_bytes!("data/runs-3x30.json"), 3, 30),
    ("runs-3x100", include_bytes!("data/runs-3x100.json"), 3, 100),
];

/// Every number in a JSON text outside strings, as it is spelled.
fn spelled_numbers(json: &str) -> Vec<String> {
    let (mut numbers, mut number, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in json.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '0'..='9' | '-' | '+' | '.' | 'e' | 'E' if !quoted => number.push(c),
            _ => {
                // The `e` of `true` is no number.
                if number.contains(|c: char| c.is_ascii_digit()) {
                    numbers.push(number.clone());
                }
                number.clear();
            }
        }
    }
    numbers
}

/// Every number in a JSON text, by the standard library's parser.
fn numbers(json: &str) -> Vec<f64> {
    spelled_numbers(json).iter().map(|number| number.parse().unwrap()).collect()
}

fn bits(json: &[u8]) -> Vec<u64> {
    numbers(std::str::from_utf8(json).unwrap()).into_iter().map(f64::to_bits).collect()
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
        let shape = (records.len(), records[0].n_input(), records[0].n_output());
        assert_eq!(shape, (count, 184, n_output), "{name}");
        let mut direct = Vec::new();
        write_notebook(&records, &mut direct).unwrap();
        let mut ours = Vec::new();
        write(&records, &mut ours).unwrap();
        let again = read(&ours).unwrap();
        assert!(again == records, "{name}: a record changed");
        let mut by_record = Vec::new();
        write_notebook(&again, &mut by_record).unwrap();
        for theirs in [&direct, &by_record] {
            assert!(bits(json) == bits(theirs), "{name}: a number changed");
            assert!(without_numbers(json) == without_numbers(theirs), "{name}: a string changed");
        }

        // What was read, too, and not only what was written of it: the rows' numbers, in order.
        let mut read = records.iter().flat_map(|record| record.attributions.iter().flatten());
        let text = std::str::from_utf8(json).unwrap();
        let rows = text.split("\"attributions\"").skip(1).map(|run| &run[..=run.find("]]").unwrap()]);
        for expected in rows.flat_map(numbers) {
            assert_eq!(read.next().unwrap().unwrap().to_bits(), expected.to_bits(), "{name}");
        }
        assert!(read.next().is_none());
    }
}

#[test]
fn a_reader_that_rounds_twice_would_fail_on_these_runs() {
    // What serde_json does without `float_roundtrip`: the digits as a float, divided by a power of ten.
    let rounds_twice = |spelled: &str| -> f64 {
        let (digits, exponent) = spelled.split_once(['e', 'E']).unwrap_or((spelled, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let significand: u64 = format!("{whole}{fraction}").parse().unwrap();
        let exponent = exponent.parse::<i32>().unwrap() - fraction.len() as i32;
        let power = 10_f64.powi(exponent.abs());
        if exponent < 0 { significand as f64 / power } else { significand as f64 * power }
    };
    let json = std::str::from_utf8(RUNS[0].1).unwrap();
    let rows = spelled_numbers(&json[json.find("\"attributions\"").unwrap()..]);
    let misread = rows.iter().filter(|x| rounds_twice(x).to_bits() != x.parse::<f64>().unwrap().to_bits());
    assert_eq!((rows.len(), misread.count()), (5955, 636));
}

fn small() -> Record {
    let token = |id, text: &str, kind, start, end| Token::new(id, text, kind).with_span(start..end);
    let tokens = vec![
        token(464, "The", Kind::Input, 0, 3),
        token(8582, "\u{fffd}", Kind::Input, 3, 5).with_bytes(vec![0xf0, 0x9f]),
        token(3, " x", Kind::Output, 5, 7),
    ];
    let output = Output::new(2)
        .with_probability(0.03)
        .with_logit(f64::INFINITY)
        .with_value(0.03)
        .with_baseline_value(0.001)
        .with_sum(0.029)
        .with_delta(1e-9)
        .with_steps(50);
    Record::new(tokens, vec![vec![Some(0.1), None]])
        .unwrap()
        .with_model(Model::new("gpt2").with_sha256("ab"))
        .with_method(Method::new("integrated-gradients").with_steps(50).with_baseline("zero"))
        .with_target(Target::new("probability"))
        .with_aggregate("l2")
        .with_normalize("sum")
        .with_signed(false)
        .with_standard_errors(vec![vec![Some(0.01), None]])
        .with_outputs(vec![output])
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
        r#""attributions":[[0.1,null]],"standard_errors":[[0.01,null]],"#,
        r#""outputs":[{"token":2,"probability":0.03,"logit":"Infinity","value":0.03,"baseline_value":0.001,"#,
        r#""sum":0.029,"delta":1e-9,"steps":50}]}"#,
        "\n"
    );
    assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    assert_eq!(read(&bytes).unwrap(), [small()]);
}

#[test]
fn interactions_have_exactly_these_bytes() {
    let pairs = vec![
        Interaction::new(1, 0, -0.5).with_standard_error(0.25),
        Interaction::new(1, 1, None),
        Interaction::new(0, 0, f64::NAN),
    ];
    assert_eq!((pairs[0].i, pairs[0].j), (0, 1));
    let record = small().with_interactions(vec![pairs]);
    let written = spelled_out(&record);
    let expected = concat!(
        r#""standard_errors":[[0.01,null]],"interactions":[[{"i":0,"j":1,"value":-0.5,"standard_error":0.25},"#,
        r#"{"i":1,"j":1,"value":null},{"i":0,"j":0,"value":"NaN"}]],"outputs":"#
    );
    assert!(std::str::from_utf8(&written).unwrap().contains(expected));
    assert_eq!(apart(read(&written).unwrap().remove(0)), apart(record));
}

#[test]
fn sums_by_layer_have_exactly_these_bytes() {
    let record = small();
    let output = record.outputs[0].clone().with_by_layer(vec![Some(0.5), None, Some(f64::INFINITY)]);
    let written = spelled_out(&record.with_outputs(vec![output]));
    let expected = r#""steps":50,"by_layer":[0.5,null,"Infinity"]}]}"#;
    assert!(String::from_utf8_lossy(&written).contains(expected), "{}", String::from_utf8_lossy(&written));
    assert_eq!(spelled_out(&read(&written).unwrap().remove(0)), written);
}

#[test]
fn ledgers_have_exactly_these_bytes() {
    let ledger = Ledger::new(vec![vec![Some(0.5), None], vec![Some(f64::NAN), Some(-1.0)]]);
    let ledger = ledger.with_feed_forward(vec![Some(f64::INFINITY), Some(2.0)]).with_position(-0.25);
    let record = small();
    let output = record.outputs[0].clone().with_ledger(ledger);
    let written = spelled_out(&record.with_outputs(vec![output]));
    let expected = concat!(
        r#""steps":50,"ledger":{"heads":[[0.5,null],["NaN",-1.0]],"feed_forward":["Infinity",2.0],"position":-0.25}}"#,
        "]}"
    );
    assert!(
        std::str::from_utf8(&written).unwrap().contains(expected),
        "{}",
        String::from_utf8_lossy(&written)
    );
    assert_eq!(spelled_out(&read(&written).unwrap().remove(0)), written);
}

#[test]
fn vectors_have_exactly_these_bytes() {
    let record = small();
    let row = vec![None, Some(0.5)];
    let vectors = Vectors::new(row.clone(), row.clone(), row.clone());
    let vectors = vectors.with_components(vec![row.clone(), row], vec![Some(0.75), Some(f64::NAN)]);
    let output = record.outputs[0].clone().with_vectors(vectors);
    let written = spelled_out(&record.with_outputs(vec![output]));
    let expected = concat!(
        r#""steps":50,"vectors":{"positive":[null,0.5],"negative":[null,0.5],"norm":[null,0.5],"#,
        r#""components":[[null,0.5],[null,0.5]],"explained":[0.75,"NaN"]}}"#,
    );
    assert!(
        std::str::from_utf8(&written).unwrap().contains(expected),
        "{}",
        String::from_utf8_lossy(&written)
    );
    assert_eq!(spelled_out(&read(&written).unwrap().remove(0)), written);
}

#[test]
fn replacements_have_exactly_these_bytes() {
    let all = vec![
        Replacement::new(0, " a", -0.5).with_probability(0.25).with_continuation(" b".to_owned()),
        Replacement::new(0, "", None).with_count(2),
    ];
    let record = small().with_replacements(vec![all]);
    let written = spelled_out(&record);
    let expected = concat!(
        r#""replacements":[[{"at":0,"text":" a","probability":0.25,"change":-0.5,"continuation":" b"},"#,
        r#"{"at":0,"count":2,"text":"","change":null}]],"outputs":"#
    );
    assert!(std::str::from_utf8(&written).unwrap().contains(expected));
    assert_eq!(read(&written).unwrap(), [record]);
}

#[test]
fn arrays_lines_and_unknown_fields_are_read() {
    let mut one = Vec::new();
    write(&[small()], &mut one).unwrap();
    let one = String::from_utf8(one).unwrap();
    let two = [small(), small()];
    assert_eq!(read(format!("\u{feff}[{one},{one}]").as_bytes()).unwrap(), two);
    for between in ["", "\n", "\n\n", "\r\n \t\r\n"] {
        assert_eq!(read(format!("\n{one}{between}{one}\n\n").as_bytes()).unwrap(), two);
        assert_eq!(read(format!("[{one}]{between}{one}").as_bytes()).unwrap(), two);
    }
    // Ours and the notebook's, side by side.
    let mixed = format!("{one}\n{}", std::str::from_utf8(RUNS[0].1).unwrap());
    assert_eq!(read(mixed.as_bytes()).unwrap()[1], read(RUNS[0].1).unwrap()[0]);
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

#[test]
fn numbers_at_the_edges_come_back() {
    for (spelled, expected) in [
        ("0", 0.0),
        ("-0", -0.0),
        ("-0.0", -0.0),
        ("5e-324", 5e-324),
        ("2.4703282292062328e-324", 5e-324),
        ("1e-400", 0.0),
        ("2.2250738585072011e-308", 2.225_073_858_507_201e-308),
        ("1.7976931348623157e308", f64::MAX),
        ("9007199254740993", 9_007_199_254_740_992.0),
        ("18446744073709551615", 18_446_744_073_709_551_615.0),
        ("123456789012345678901234567890", 123_456_789_012_345_680_000_000_000_000.0),
        ("\"Infinity\"", f64::INFINITY),
        ("\"-Infinity\"", f64::NEG_INFINITY),
    ] {
        let json =
            String::from_utf8(spelled_out(&small())).unwrap().replace("[[0.1,", &format!("[[{spelled},"));
        let mut record = read(json.as_bytes()).unwrap().remove(0);
        assert_eq!(record.attributions[0][0].unwrap().to_bits(), expected.to_bits(), "{spelled}");
        record = read(&spelled_out(&record)).unwrap().remove(0);
        assert_eq!(record.attributions[0][0].unwrap().to_bits(), expected.to_bits(), "{spelled}");
    }
}

fn spelled_out(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(std::slice::from_ref(record), &mut bytes).unwrap();
    bytes
}

/// Any number there is, and more of the odd ones than chance would give; or none.
fn any_value() -> impl Strategy<Value = Option<f64>> {
    let odd = prop::sample::select(vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        5e-324,
        -f64::MIN_POSITIVE / 2.0,
        f64::MAX,
        f64::EPSILON,
    ]);
    prop_oneof![
        4 => prop::num::f64::ANY.prop_map(Some),
        2 => (-1.0..1.0).prop_map(Some),
        2 => odd.prop_map(Some),
        1 => Just(None),
    ]
}

fn any_parameters() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let value = prop_oneof![
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<Option<bool>>().prop_map(Value::from),
        prop::collection::vec(any::<i64>(), 0..3).prop_map(Value::from),
    ];
    let key = any::<String>().prop_filter("a field", |key| !["name", "steps", "baseline"].contains(&&**key));
    prop::collection::btree_map(key, value, 0..3).prop_map(|map| map.into_iter().collect())
}

/// All that stands beside tokens and rows.
fn any_description() -> impl Strategy<Value = Record> {
    let method = (any::<String>(), any::<Option<u32>>(), any::<Option<String>>(), any_parameters()).prop_map(
        |(name, steps, baseline, parameters)| {
            let mut method = Method::new(name).with_parameters(parameters);
            (method.steps, method.baseline) = (steps, baseline);
            method
        },
    );
    let target = (any::<String>(), any_parameters())
        .prop_map(|(name, parameters)| Target::new(name).with_parameters(parameters));
    let model = any::<(String, Option<String>)>().prop_map(|(name, sha256)| {
        let mut model = Model::new(name);
        model.sha256 = sha256;
        model
    });
    let words = any::<(Option<String>, Option<String>, Option<bool>, Vec<String>)>();
    (prop::option::of(model), prop::option::of(method), prop::option::of(target), words).prop_map(
        |(model, method, target, (aggregate, normalize, signed, notes))| {
            let token = Token::new(0, "", Kind::Input);
            let mut record = Record::new(vec![token], Vec::new()).unwrap().with_notes(notes);
            (record.model, record.method, record.target) = (model, method, target);
            (record.aggregate, record.normalize, record.signed) = (aggregate, normalize, signed);
            record
        },
    )
}

fn any_token() -> impl Strategy<Value = Token> {
    let span = prop::option::of((0_usize..3, 0_usize..5));
    (any::<u32>(), any::<String>(), span, any::<Option<Vec<u8>>>(), any::<Option<String>>()).prop_map(
        |(id, text, span, bytes, value)| {
            let mut token = Token::new(id, text, Kind::Input);
            (token.start, token.end) = span.unzip();
            (token.bytes, token.value) = (bytes, value);
            token
        },
    )
}

fn any_explained() -> impl Strategy<Value = Explained> {
    let named = any::<(u32, String, Option<Vec<u8>>)>().prop_map(|(id, text, bytes)| {
        let mut named = Named::new(id, text);
        named.bytes = bytes;
        named
    });
    (prop::option::of(named.clone()), prop::collection::vec(named, 0..3)).prop_map(|(token, alternatives)| {
        let explained = Explained::new().with_alternatives(alternatives);
        token.map_or(explained.clone(), |token| explained.with_token(token))
    })
}

prop_compose! {
    fn any_output()(
        token in Just(0), steps in any::<Option<u32>>(), samples in any::<Option<u32>>(),
        probability in any_value(), logit in any_value(), value in any_value(),
        baseline_value in any_value(), sum in any_value(), delta in any_value(),
        within in any_value(), explained in prop::option::of(any_explained()),
        ledger in prop::option::of(any_ledger()), by_layer in prop::collection::vec(any_known(), 0..4),
    ) -> Output {
        Output::new(token)
            .with_probability(probability)
            .with_logit(logit)
            .with_value(value)
            .with_baseline_value(baseline_value)
            .with_sum(sum)
            .with_delta(delta)
            .with_steps(steps)
            .with_samples(samples)
            .with_within(within)
            .with_explained(explained)
            .with_ledger(ledger)
            .with_by_layer(by_layer)
    }
}

/// Finite numbers and missing ones: how others are spelled is tested for each.
fn any_known() -> impl Strategy<Value = Option<f64>> {
    prop::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO)
}

fn any_ledger() -> impl Strategy<Value = Ledger> {
    let layers = prop::collection::vec((prop::collection::vec(any_known(), 2), any_known()), 0..3);
    (layers, any_known(), any_known()).prop_map(|(layers, token, bias)| {
        let (heads, parts): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
        Ledger::new(heads).with_feed_forward(parts).with_token(token).with_bias(bias)
    })
}

prop_compose! {
    fn any_record()(n_input in 0_usize..4, n_output in 0_usize..4)
        (
            mut tokens in prop::collection::vec(any_token(), (n_input + n_output).max(1)),
            values in prop::collection::vec(prop::collection::vec(any_value(), 8), n_output),
            mut outputs in prop::collection::vec(any_output(), n_output),
            errors in prop::option::of(prop::collection::vec(prop::collection::vec(any_value(), 8), n_output)),
            pairs in prop::option::of(prop::collection::vec((any_value(), any_value()), 36)),
            (with_outputs, with_source) in any::<(bool, bool)>(),
            description in any_description(),
            regrouped in prop::option::of(any::<(String, Option<String>, usize)>()),
            n_input in Just(n_input),
        ) -> Record {
        let mut reached = 0;
        for (index, token) in tokens.iter_mut().enumerate() {
            // A start token's span is empty.
            if with_source && index + 1 == n_input {
                token.end = token.end.map(|_| 0);
            }
            token.kind = if index < n_input || values.is_empty() { Kind::Input } else { Kind::Output };
            // Gap and length become a span after the one before.
            if let (Some(start), Some(end)) = (&mut token.start, &mut token.end) {
                *start += reached;
                *end += *start;
                reached = *end;
            }
        }
        for (index, output) in outputs.iter_mut().enumerate() {
            output.token = n_input + index;
        }
        let ragged = |rows: Vec<Vec<Option<f64>>>| -> Vec<Vec<_>> {
            rows.into_iter().enumerate().map(|(r, row)| row[..n_input + r].to_vec()).collect()
        };
        let standard_errors = errors.map(ragged).unwrap_or_default();
        let attributions = ragged(values);
        let interactions = pairs.map(|pairs| interactions(n_input, &attributions, &pairs)).unwrap_or_default();
        let outputs = if with_outputs { outputs } else { Vec::new() };
        let regrouped = regrouped.map(|(reduce, by, first)| {
            let members = (0..tokens.len()).map(|index| first.saturating_add(index).max(1)).collect();
            let mut regrouped = Regrouped::new(reduce, members);
            regrouped.by = by;
            regrouped
        });
        let mut record = description.with_standard_errors(standard_errors).with_outputs(outputs);
        record.interactions = interactions;
        (record.tokens, record.attributions, record.regrouped) = (tokens, attributions, regrouped);
        // Where there is room for one.
        if with_source && n_input > 1 { record.with_source(n_input - 1) } else { record }
    }
}

/// A number, and half of the time a standard error, for every pair of tokens before each output.
fn interactions(
    n_input: usize,
    rows: &[Vec<Option<f64>>],
    numbers: &[(Option<f64>, Option<f64>)],
) -> Vec<Vec<Interaction>> {
    let mut numbers = numbers.iter().cycle();
    let of = |row: usize| -> Vec<Interaction> {
        let pairs = (0..n_input + row).flat_map(|j| (0..=j).map(move |i| (i, j)));
        let mut of_pair = |(i, j)| {
            let (value, error) = numbers.next().copied().unwrap_or_default();
            Interaction::new(i, j, value).with_standard_error(error)
        };
        pairs.map(&mut of_pair).collect()
    };
    (0..rows.len()).map(of).collect()
}

/// The record's numbers as bits, in which NaN is NaN and -0.0 is not 0.0; and the record without them.
fn apart(mut record: Record) -> (Vec<Option<u64>>, Record) {
    let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
    let outputs = record.outputs.iter_mut().flat_map(|o| {
        let apart = [&mut o.probability, &mut o.logit, &mut o.within];
        apart.into_iter().chain([&mut o.value, &mut o.baseline_value, &mut o.sum, &mut o.delta])
    });
    let pairs = record.interactions.iter_mut().flatten();
    let pairs = pairs.flat_map(|pair| [&mut pair.value, &mut pair.standard_error]);
    let rows = record.attributions.iter_mut().chain(&mut record.standard_errors);
    let numbers = rows.flatten().chain(pairs).chain(outputs);
    (numbers.map(|x| x.take().map(bits)).collect(), record)
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_again(record in any_record()) {
        let bytes = spelled_out(&record);
        let again = read(&bytes).unwrap();
        prop_assert_eq!(again.len(), 1);
        prop_assert_eq!(&spelled_out(&again[0]), &bytes);
        prop_assert_eq!(&spelled_out(&record.clone()), &bytes);
        prop_assert_eq!(apart(again.into_iter().next().unwrap()), apart(record));
    }

    #[test]
    fn several_are_written_and_read_in_order(records in prop::collection::vec(any_record(), 2..4)) {
        let mut array = Vec::new();
        write(&records, &mut array).unwrap();
        let lines: Vec<u8> = records.iter().flat_map(spelled_out).collect();
        for bytes in [array, lines] {
            let again: Vec<_> = read(&bytes).unwrap().into_iter().map(apart).collect();
            let before: Vec<_> = records.iter().cloned().map(apart).collect();
            prop_assert_eq!(again, before);
        }
    }
}
