//! Records with bytes changed, cut, doubled and put in: `read` answers, and never panics.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{read, write};

const TOKENS: &str = r#"[{"id":464,"text":"The","kind":"input","start":0,"end":3},{"id":8582,"text":"\ud83d\ude00 \u00e9","kind":"input","start":3,"end":9,"bytes":[240,159]},{"id":3,"text":" x","kind":"output","start":9,"end":11,"value":"0"}]"#;

/// What is damaged: a record, two lines, an array, a notebook's run.
fn seeds() -> Vec<Vec<u8>> {
    let record = format!(
        r#"{{"format":"saliency-record","version":1,"model":{{"name":"gpt2","sha256":"ab"}},"method":{{"name":"ig","steps":50,"rule":["x",{{"y":1e-3}}]}},"target":{{"name":"logit"}},"aggregate":"l2","normalize":"sum","signed":false,"notes":["n"],"tokens":{TOKENS},"attributions":[[0.1,null]],"interactions":[[{{"i":0,"j":1,"value":-0.5,"standard_error":0.1}}]],"outputs":[{{"token":2,"probability":0.03,"logit":"Infinity","delta":-1e-9,"steps":50}}]}}"#
    );
    let run = r#"{"tokens":[{"token":"a","token_id":1,"type":"input","value":"0.5","position":0},{"token":"b","token_id":2,"type":"output","value":"0","position":1}],"attributions":[[0.5]]}"#;
    let texts = [record.clone(), format!("{record}\n{run}\n"), format!("[{run},{record}]"), run.to_owned()];
    texts.into_iter().map(String::into_bytes).collect()
}

/// One thing that happens to a text, at a place given as a share of its length.
#[derive(Debug, Clone)]
enum Damage {
    Replace(u8),
    Remove(usize),
    Double(usize),
    Cut,
    Insert(&'static [u8]),
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>, place: f64) {
        let at = (place * bytes.len() as f64) as usize;
        let upto = |n: usize| (at + n).min(bytes.len());
        match self {
            Self::Replace(byte) => drop(bytes.splice(at..upto(1), [*byte])),
            Self::Remove(n) => drop(bytes.drain(at..upto(*n))),
            Self::Double(n) => {
                let twice = bytes[at..upto(*n)].to_vec();
                bytes.splice(at..at, twice);
            }
            Self::Cut => bytes.truncate(at),
            Self::Insert(piece) => drop(bytes.splice(at..at, piece.iter().copied())),
        }
    }
}

/// What a JSON reader or this one could stumble over.
const PIECES: [&[u8]; 24] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"-",
    b"e999",
    b"NaN",
    b"-Infinity",
    b"null",
    b"\\ud800",
    b"\\u0000",
    b"\xff",
    b"\xEF\xBB\xBF",
    b"\0",
    b"\n",
    b"99999999999999999999",
    b"\"format\":null,",
    b"\"version\":2,",
    b"[[[[",
    b"{\"\":",
];

fn any_damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<u8>().prop_map(Damage::Replace),
        (1_usize..80).prop_map(Damage::Remove),
        (1_usize..80).prop_map(Damage::Double),
        Just(Damage::Cut),
        prop::sample::select(PIECES.to_vec()).prop_map(Damage::Insert),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_records_never_panic(
        seed in prop::sample::select(seeds()),
        damages in prop::collection::vec((0.0..1.0, any_damage()), 1..4),
    ) {
        let mut bytes = seed;
        for (place, damage) in damages {
            damage.to(&mut bytes, place);
        }
        match read(&bytes) {
            // What is still a record is a whole one: it can be written, and comes back.
            Ok(records) => {
                let mut written = Vec::new();
                write(&records, &mut written).unwrap();
                let mut again = Vec::new();
                write(&read(&written).unwrap(), &mut again).unwrap();
                prop_assert_eq!(again, written);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn what_is_no_json_at_all_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = read(&bytes);
    }
}

#[test]
fn the_undamaged_ones_are_fine() {
    assert_eq!(seeds().iter().map(|seed| read(seed).unwrap().len()).collect::<Vec<_>>(), [1, 2, 2, 1]);
}
