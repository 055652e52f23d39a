//! The page and its folder, without LIT's client.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../tests/common/mod.rs"]
pub(crate) mod common;

use crate::{CLIENT, Client, Error, Page};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{answer, hostile};
use saliency_schema::serde_json::{self, Value, json};
use saliency_schema::{Kind, Method, Model, Record, Token};
use sha2::{Digest, Sha256};
use std::fs;

/// What stands in for LIT's.
pub(crate) fn client() -> Client {
    let files = vec![("main.js".into(), b"main".to_vec()), ("static/favicon.png".into(), b"png".to_vec())];
    Client { files, icons: Some([b"plain".to_vec(), b"outlined".to_vec()]) }
}

fn html(records: &[Record]) -> String {
    Page::new(records).unwrap().to_html(&client())
}

/// What the page's script reads.
fn data(records: &[Record]) -> Value {
    let html = html(records);
    let (_, after) = html.split_once(r#"id="records">"#).unwrap();
    serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap()
}

fn plain(texts: &[&str], inputs: usize) -> Record {
    let token = |(i, text): (usize, &&str)| {
        Token::new(i as u32, *text, if i < inputs { Kind::Input } else { Kind::Output })
    };
    let rows = (inputs..texts.len()).map(|n| (0..n).map(|i| Some(i as f64 / 4.0)).collect()).collect();
    Record::new(texts.iter().enumerate().map(token).collect(), rows).unwrap()
}

#[test]
fn records_of_the_same_tokens_are_one_example() {
    let made = |texts: &[&str], method: &str| {
        plain(texts, 2).with_model(Model::new("gpt2")).with_method(Method::new(method))
    };
    let (first, second) = (["The", " race", " to", " Mars"], ["The", " race", " to", " Venus"]);
    let records = [made(&first, "gim"), made(&second, "alti"), made(&first, "alti"), made(&first, "gim")];
    let data = data(&records);
    let examples = data["models"]["gpt2"].as_object().unwrap();
    assert_eq!(examples.len(), 2);
    let example = &examples["record-0"];
    assert_eq!(example["tokens"], json!(first));
    assert_eq!((&example["prompt"], &example["response"]), (&json!("The race"), &json!(" to Mars")));
    assert_eq!((&example["inputs"], &example["source"]), (&json!(2), &Value::Null));
    let rows = json!([[0.0, 0.25], [0.0, 0.25, 0.5]]);
    assert_eq!(example["methods"], json!({"gim": rows, "alti": rows, "gim 2": rows}));
    // LIT's three models, of which two are hidden, and what it offers for each.
    let models = &data["info"]["models"];
    let outputs =
        |name: &str| models[name]["spec"]["output"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(outputs("gpt2"), ["response"]);
    assert_eq!(outputs("_gpt2_tokenizer"), ["tokens"]);
    let mut methods = outputs("_gpt2_salience");
    methods.sort();
    assert_eq!(methods, ["alti", "gim", "gim 2"]);
    let type_of = &models["_gpt2_salience"]["spec"]["output"]["gim"];
    assert_eq!((&type_of["__class__"], &type_of["__name__"]), (&json!("LitType"), &json!("TokenScores")));
    assert_eq!(
        models["gpt2"]["interpreters"],
        json!(["gim: all outputs", "alti: all outputs", "gim 2: all outputs"])
    );
    assert_eq!(data["info"]["layouts"]["records"]["lower"].as_object().unwrap().len(), 2);
    assert_eq!(data["datasets"]["gpt2"].as_array().unwrap().len(), 2);
    assert_eq!(data["signed"], json!([]));
}

#[test]
fn buttons_stand_in_the_order_of_the_records() {
    let made = |method: &str| plain(&["a", "b"], 1).with_method(Method::new(method));
    let html = html(&[made("occlusion"), made("gim"), made("alti")]);
    assert!(html.contains(r#""methods":{"occlusion":[[0.0]],"gim":[[0.0]],"alti":[[0.0]]}"#));
}

#[test]
fn an_encoder_decoder_has_a_source_and_a_sign_where_it_is_recorded() {
    let made = |sign: f64, method: &str| {
        answer(" Bethel", sign).with_method(Method::new(method)).with_signed(sign < 0.0)
    };
    let data = data(&[made(1.0, "occlusion"), made(-1.0, "gim")]);
    let example = &data["models"]["model"]["record-0"];
    assert_eq!((&example["inputs"], &example["source"]), (&json!(6), &json!(5)));
    assert_eq!((&example["prompt"], &example["response"]), (&json!("Who went Bethel?"), &json!("Mary did")));
    assert_eq!(example["methods"]["gim"][1].as_array().unwrap().len(), 7);
    assert_eq!(data["signed"], json!(["gim"]));
    let metas = &data["info"]["interpreters"]["sequence_salience"]["metaSpec"];
    assert_eq!((&metas["gim"]["signed"], &metas["occlusion"]["signed"]), (&json!(true), &json!(false)));
    assert_eq!(
        data["info"]["models"]["model"]["interpreters"],
        json!(["sequence_salience", "occlusion: all outputs", "gim: all outputs"])
    );
    assert!(data["info"]["layouts"]["records"]["lower"]["Source and target"].is_array());
}

#[test]
fn a_hostile_record_is_data_and_only_finite_numbers_are_written() {
    let records = [hostile().with_model(Model::new("<script>")), hostile().with_model(Model::new("script"))];
    let html = html(&records);
    // The records, the page's own script, and the client's.
    assert_eq!(html.matches("<script").count(), 3);
    assert_eq!(html.matches("</script").count(), 3);
    assert!(!html.contains(['\u{2028}', '\u{2029}']));
    // Names of models are apart when nothing else is left of them.
    let data = data(&records);
    let example = &data["models"]["script 2"]["record-1"];
    let texts: Vec<_> = records[0].tokens.iter().map(|token| &*token.text).collect();
    assert_eq!(example["tokens"], json!(texts));
    let rows = example["methods"]["attribution"].as_array().unwrap();
    assert!(rows.iter().flat_map(|row| row.as_array().unwrap()).all(Value::is_f64));
    assert_eq!(rows[0][4], json!(1e308));
    let notes = data["datasets"]["script"][0]["data"]["notes"].as_str().unwrap();
    // Four of six, in rows of 10, 11, 12 and 13: 8 + 7 + 8 + 9.
    assert_eq!(
        notes,
        "attribution: <b>a note</b>\nattribution: 32 values are missing or not finite; LIT shows them as 0"
    );
}

#[test]
fn the_policy_allows_this_script_and_nothing_from_elsewhere() {
    let html = html(&[answer(" Bethel", 1.0)]);
    let (_, script) = html.split_once("<script>").unwrap();
    let (script, _) = script.split_once("</script>").unwrap();
    assert!(html.contains(&format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))));
    assert!(html.contains("default-src 'none'") && html.contains("connect-src 'none'"));
    assert!(!html.contains("http://") && !html.contains("https://"), "an address on the web");
    // `printf plain | base64`.
    assert!(html.contains("font-family: 'Material Icons'; src: url(data:font/woff2;base64,cGxhaW4=)"));
}

#[test]
fn the_same_records_are_the_same_bytes() {
    let records = [answer(" Bethel", -1.0), hostile()];
    assert_eq!(html(&records), html(&records));
}

#[test]
fn what_shows_nothing_is_refused() {
    assert!(matches!(Page::new(&[]), Err(Error::NoRecord)));
    let records = [answer(" Bethel", 1.0), plain(&["a"], 1)];
    assert!(matches!(Page::new(&records), Err(Error::NoOutput { record: 1 })));
}

#[test]
fn a_folder_is_written_whole_or_not_at_all() {
    let place = tempfile::tempdir().unwrap();
    let page = Page::new(&[answer(" Bethel", 1.0)]).unwrap();
    let names = |folder: &std::path::Path| {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let folder = place.path().join("new/folder");
    page.write(&client(), &folder).unwrap();
    assert_eq!(names(&folder), ["LICENSE", "index.html", "main.js", "static"]);
    assert_eq!(names(folder.parent().unwrap()), ["folder"]);
    assert_eq!(fs::read_to_string(folder.join("index.html")).unwrap(), page.to_html(&client()));
    assert!(fs::read_to_string(folder.join("LICENSE")).unwrap().contains("Apache License"));
    // What else is there stays, and what is older is replaced.
    fs::write(folder.join("own.txt"), "own").unwrap();
    fs::write(folder.join("main.js"), "old").unwrap();
    page.write(&client(), &folder).unwrap();
    assert_eq!(names(&folder), ["LICENSE", "index.html", "main.js", "own.txt", "static"]);
    assert_eq!(fs::read_to_string(folder.join("main.js")).unwrap(), "main");
    // Where a folder should be lies a file.
    let file = place.path().join("file");
    fs::write(&file, "own").unwrap();
    let refused = page.write(&client(), file.join("folder")).unwrap_err();
    assert!(matches!(refused, Error::Write { .. }), "{refused}");
    let half = place.path().join("half");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("static"), "a file").unwrap();
    assert!(page.write(&client(), &half).is_err());
    assert_eq!(names(&half), ["static"]);
    assert_eq!(names(place.path()), ["file", "half", "new"]);
}

#[test]
fn the_client_is_the_one_that_its_error_names() {
    assert!(CLIENT.get.contains(CLIENT.version));
}
