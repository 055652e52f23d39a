//! Bad input: one sentence on standard error that names the file or flag and the repair, exit code 1 or 2, no
//! panic, and no file left behind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn parity() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../model-gpt2/tests/parity/gpt2-b")
}

/// A folder with a record, a text and a copy of a small model.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let parity = parity();
        std::fs::create_dir(place.path("model")).unwrap();
        for file in ["config.json", "model.safetensors", "tokenizer.json", "vocab.json", "merges.txt"] {
            std::fs::copy(parity.join(file), place.path("model").join(file)).unwrap();
        }
        place.write("text.txt", b"The race to Mars\n");
        place.write(
            "record.json",
            br#"{"format":"saliency-record","version":1,"tokens":[{"id":1,"text":"a","kind":"input"},{"id":2,"text":"b","kind":"output"}],"attributions":[[1.0]]}"#,
        );
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            std::fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Runs, and checks everything that a refusal owes.
    fn refused(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let before = self.files();
        let output = Command::new(env!("CARGO_BIN_EXE_saliency"))
            .args(arguments)
            // Tests run side by side: threads of each would only wait for each other.
            .env("OMP_NUM_THREADS", "1")
            // Nobody answers there.
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .env("HF_HOME", self.path("no-cache"))
            .env_remove("HF_HUB_OFFLINE")
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("frame #"), "{said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {word:?} in {said:?}");
        }
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty());
        assert_eq!(self.files(), before, "{arguments:?} left something behind");
    }

    fn model(&self, code: i32, words: &[&str]) {
        self.refused(
            &["attribute", "--model", "model", "--text", "abc", "--generate", "2", "-o", "o.json"],
            code,
            words,
        );
    }

    /// Replaces a field of the model's configuration.
    fn configure(&self, field: &str, value: serde_json::Value) {
        let path = self.path("model/config.json");
        let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        config[field] = value;
        std::fs::write(path, config.to_string()).unwrap();
    }
}

#[test]
fn texts() {
    let place = Place::new();
    place.refused(&["attribute"], 2, &["no text", "--text-file"]);
    place.refused(&["attribute", "--text", ""], 2, &["text is empty", "at least one word"]);
    place.write("empty.txt", b"\n");
    place.refused(&["attribute", "--text-file", "empty.txt"], 2, &["empty.txt", "empty"]);
    place.refused(&["attribute", "--text-file", "none.txt"], 1, &["none.txt", "No such file"]);
    place.write("latin1.txt", b"caf\xe9");
    place.refused(
        &["attribute", "--text-file", "latin1.txt"],
        1,
        &["latin1.txt", "byte 3 is not UTF-8", "convert"],
    );
    place.refused(&["attribute", "--text", "a", "--continuation", ""], 2, &["continuation is empty"]);
    let long = "word ".repeat(2000);
    place.refused(&["attribute", "--text", &long], 1, &["at most 512", "shorten the text"]);
    let longer_by_a_token = "a ".repeat(512);
    place.refused(&["attribute", "--text", &longer_by_a_token], 1, &["at most 512", "shorten the text"]);
    place.refused(
        &["attribute", "--text", "abc", "--generate", "600"],
        1,
        &["600 output tokens", "at most 512"],
    );
    place.refused(&["attribute", "record.json"], 2, &["record.json", "neither a flag nor"]);
}

#[test]
fn flags() {
    let place = Place::new();
    for (arguments, words) in [
        (&["--template", "no place"][..], &["{text} once"][..]),
        (&["--chat"], &["no chat template"]),
        (&["--sample", "--runs", "18446744073709551615"], &["--runs", "from 1 to 10000"]),
        (&["--stop", ""], &["stop"]),
        (&["--generate", "3", "--at-least", "4"], &["at-least is 4"]),
        (&["--repetition-penalty", "0"], &["repetition-penalty is 0"]),
        (&["--sample", "--min-p", "2"], &["min-p is 2"]),
        (&["--bos", "maybe"], &["--bos"]),
        (&["--system", "x"], &["--chat"]),
        (&["--date", "2026-11-26"], &["--chat"]),
        (&["--chat", "--date", "26/11/2026"], &["26/11/2026", "YYYY-MM-DD"]),
    ] {
        place.refused(&[&["attribute", "--text", "a"], arguments].concat(), 2, words);
    }
    for more in [&[][..], &["--dry-run"]] {
        let huge = &["attribute", "--text", "a", "--generate", "18446744073709551615"];
        place.refused(&[&huge[..], more].concat(), 1, &["512"]);
    }

    let text = ["attribute", "--text", "a"];
    let with = |more: &[&'static str]| [&text[..], more].concat();
    place.refused(
        &with(&["--method", "magic"]),
        2,
        &["unknown method \"magic\"", "gradient-x-input, gradient"],
    );
    place.refused(
        &with(&["--target", "loss"]),
        2,
        &["unknown target", "probability, logit, log-probability"],
    );
    place.refused(&with(&["--aggregate", "l7"]), 2, &["unknown aggregate", "max-abs"]);
    place.refused(&with(&["--normalize", "x"]), 2, &["unknown normalization", "sum-abs"]);
    place.refused(&with(&["--aggregate", "sum", "--normalize", "sum"]), 2, &["\"sum-abs\""]);
    place.refused(&with(&["--steps", "5"]), 2, &["gradient-x-input has no parameter steps", "it has: none"]);
    place.refused(&with(&["--method", "ig", "--steps", "0"]), 2, &["steps is 0"]);
    place.refused(&with(&["--method", "ig", "--baseline", "x"]), 2, &["unknown baseline", "zero, eos"]);
    place.refused(
        &with(&["--target", "logit", "--alternative", " b"]),
        2,
        &["--alternative needs a contrast- target", "--target is logit"],
    );
    place.refused(
        &with(&["--target", "contrast-logit", "--alternative", " the Lord"]),
        2,
        &["is 2 tokens", "must be one"],
    );
    place.refused(&with(&["--generate", "0"]), 2, &["--generate is 0"]);
    place.refused(&with(&["--threads", "0"]), 2, &["--threads is 0"]);
    place.refused(&with(&["--runs", "2"]), 2, &["add --sample"]);
    place.refused(&with(&["--sample", "--temperature", "0"]), 2, &["temperature is 0"]);
    place.refused(&with(&["--sample", "--top-p", "2"]), 2, &["top-p is 2"]);
    place.refused(&with(&["--sample", "--top-k", "0"]), 2, &["top-k is 0"]);
    place.refused(&with(&["--device", "abacus"]), 2, &["--device \"abacus\"", "cuda:N"]);
    place.refused(&with(&["--dtype", "f8"]), 2, &["--dtype", "f32"]);
    place.refused(&with(&["--colour"]), 2, &["--colour"]);
    place.refused(
        &["draw", "pie", "record.json", "-o", "x.svg"],
        2,
        &["unknown chart \"pie\"", "tall-heatmap"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.gif"],
        2,
        &["x.gif", ".svg, .png, .pdf, .html"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.svg", "--theme", "sepia"],
        2,
        &["light, dark, print"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.svg", "--hover", "7"],
        2,
        &["hovered output 7", "1 outputs"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.svg", "--token", "1"],
        2,
        &["token 1 is outside"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "record.json", "-o", "x.svg"],
        2,
        &["--record K (0 to 1)"],
    );
    place.refused(&["draw", "highlight", "record.json", "-o", "x.png", "--scale", "0"], 2, &["scale is 0"]);
    place.refused(&["report", "-o", "page"], 2, &["nothing to report on"]);
}

#[test]
fn what_shares_are_set_against() {
    let place = Place::new();
    let draw = ["draw", "highlight", "record.json", "-o", "x.svg"];
    let refused =
        |flags: &[&str], code, words: &[&str]| place.refused(&[&draw[..], flags].concat(), code, words);
    refused(&["--relative", "nearness"], 2, &["--relative", "unknown kind \"nearness\"", "write distance"]);
    refused(&["--relative", "distance:"], 2, &["--relative", "a file has no name"]);
    refused(&["--relative", "distance:record.json,none.json"], 1, &["none.json", "No such file"]);
    refused(&["--relative", "distance:text.txt"], 1, &["text.txt"]);
    refused(
        &["--relative", "distance", "--look", "notebook"],
        2,
        &["relative", "left out in the notebook's look"],
    );
    refused(&["--relative", "distance", "--scale-max", "0.5"], 2, &["scale_max is 0.5", "above 1"]);
    refused(&["--look", "fancy"], 2, &["--look", "plain, notebook"]);
    refused(&["--intensity", "0"], 2, &["intensity is 0"]);
    refused(&["--lock", "0"], 2, &["would be compared with itself"]);
    place.refused(
        &["report", "record.json", "--relative", "distance:none.json", "-o", "page"],
        1,
        &["none.json"],
    );
    place.refused(
        &["draw", "tokens", "record.json", "--relative", "distance", "-o", "x.csv"],
        2,
        &["--relative is for pictures"],
    );
}

#[test]
fn what_is_shown_of_a_record() {
    let place = Place::new();
    let draw = |more: &[&str], words: &[&str]| {
        let arguments = [&["draw", "tall-heatmap", "record.json", "-o", "x.svg"], more].concat();
        place.refused(&arguments, 2, words);
    };
    draw(&["--drop", "stopwords"], &["stopwords", "stop-words, punctuation, below:N"]);
    draw(&["--drop", "below:-1"], &["below is -1", "above 0"]);
    draw(&["--keep-share", "2"], &["keep_share is 2", "at most 1"]);
    draw(&["--drop", "stop-words", "--language", "xx"], &["unknown language \"xx\"", "de, "]);
    draw(&["--language", "de"], &["language", "stop words"]);
    draw(&["--expand", "0"], &["tall-heatmap has no option expand"]);
    draw(&["--x", "0", "--y", "0"], &["tall-heatmap has no option x"]);
    let table = ["draw", "tokens", "record.json", "--drop", "punctuation", "-o", "x.csv"];
    place.refused(&table, 2, &["--drop is for pictures"]);
    place.refused(&["draw", "map", "record.json", "--x", "0", "-o", "x.svg"], 2, &["x is 0", "x and y"]);
    place.refused(
        &["draw", "interesting", "record.json", "--expand", "4", "-o", "x.svg"],
        2,
        &["expanded output 4"],
    );
    let russian = br#"{"format":"saliency-record","version":1,"tokens":[{"id":1,"text":"\u043d\u0430","kind":"input"},{"id":2,"text":"b","kind":"output"}],"attributions":[[1.0]]}"#;
    place.write("russian.json", russian);
    let words = ["draw", "tall-heatmap", "russian.json", "--drop", "stop-words", "-o", "x.svg"];
    place.refused(&words, 2, &["not mostly in Latin script", "--language CODE, one of: ar"]);
}

#[test]
fn ids_and_tables() {
    let place = Place::new();
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.svg", "--id-prefix", "1"],
        2,
        &["id_prefix is \"1\"", "a letter or _"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.png", "--id-prefix", "a"],
        2,
        &["--id-prefix is for .svg"],
    );
    place.refused(
        &["draw", "highlight", "record.json", "-o", "x.csv"],
        2,
        &["highlight has no table", "saliency draw tokens"],
    );
}

#[test]
fn what_methods_take() {
    let place = Place::new();
    let refused = |more: &[&'static str], words: &[&str]| {
        let text =
            ["attribute", "--text", "The race to Mars is", "--generate", "2", "-o", "o.json", "--method"];
        place.refused(&[&text[..], more].concat(), 2, words);
    };
    refused(
        &["ig", "--rule", "simpson"],
        &["--rule <R>", "unknown rule \"simpson\"", "gauss-legendre, trapezoid"],
    );
    refused(&["ig", "--rule", "trapezoid", "--tolerance", "0.1"], &["rule is trapezoid", "gauss-legendre"]);
    refused(&["ig", "--baseline", "void"], &["unknown baseline \"void\"", "zero, eos, mean", "masking"]);
    refused(&["ig", "--baseline", "sampled:0"], &["unknown baseline \"sampled:0\"", "sampled:K"]);
    refused(&["ig", "--baseline", "deletion"], &["baseline is deletion", "an embedding for this method"]);
    refused(&["ig", "--baseline", "mask"], &["baseline is mask", "no mask token"]);
    refused(
        &["ig", "--baseline", "token:99999"],
        &["baseline is token:99999", "below the vocabulary's size"],
    );
    refused(
        &["ig", "--baseline", "ids:5,99999"],
        &["baseline is ids:5,99999", "below the vocabulary's size"],
    );
    refused(&["ig", "--baseline-text", ""], &["an empty text", "at least one token"]);
    refused(
        &["ig", "--baseline-text", "a", "--baseline", "zero"],
        &["--baseline-text", "cannot be used with"],
    );
    refused(&["ig", "--positions", "fly"], &["unknown choice of positions", "stay, move"]);
    for (tolerance, word) in
        [("0", "tolerance is 0"), ("1", "tolerance is 1"), ("-1", "tolerance is -1"), ("NaN", "NaN")]
    {
        refused(&["ig", "--tolerance", tolerance], &[word, "above 0 and below 1"]);
    }
    refused(&["ig", "--steps", "0"], &["steps is 0", "from 1 to 10000"]);
    refused(
        &["occlusion", "--steps", "5"],
        &["occlusion has no parameter steps", "it has: baseline, segments"],
    );
    refused(
        &["ig", "--segments", "words"],
        &["no parameter segments", "steps, tolerance, rule, baseline, positions"],
    );
    refused(&["random", "--head", "1"], &["random has no parameter head", "it has: seed"]);
    refused(
        &["occlusion", "--segments", "chapters"],
        &["unknown segmentation \"chapters\"", "words, sentences"],
    );
    refused(&["occlusion", "--segments", "regex:("], &["--segments", "unclosed group"]);
    refused(&["occlusion", "--segments", "spans:0-99"], &["spans[0]", "tokens 0..99", "end it at"]);
    refused(&["shapley", "--players", "both"], &["unknown choice of players", "input, all"]);
    refused(&["shapley", "--samples", "0"], &["samples is 0", "from 1 to 1000000"]);
    refused(
        &["shapley-interaction", "--interaction", "sti"],
        &["unknown interaction index", "sii, shapley-taylor"],
    );
    refused(&["shapley-interaction", "--exact", "13"], &["exact is 13", "from 0 to 12"]);
    refused(&["coarse-to-fine", "--keep", "0"], &["keep is 0", "from 1 to 10000"]);
    refused(&["coarse-to-fine", "--refine", "chapters"], &["--refine", "chapters", "paragraphs"]);
    refused(&["coarse-to-fine", "--refine", "words,lines"], &["refine is", "from coarse to fine"]);
    refused(&["coarse-to-fine", "--hold", "question"], &["no parts", "template"]);
    refused(&["coarse-to-fine", "--hold", "0-99"], &["hold is 0-99", "input tokens"]);
    refused(&["occlusion", "--hold", "0-1"], &["occlusion has no parameter hold"]);
    refused(&["occlusion-pairs", "--strongest", "1"], &["strongest is 1", "from 2 to 128"]);
    refused(&["smoothgrad", "--noise", "-1"], &["noise is -1", "from 0 on"]);
    for method in ["shapley", "kernel-shap"] {
        refused(&[method, "--baseline", "deletion"], &["baseline is deletion", "nothing to read"]);
    }
    for method in ["attention", "attention-norms", "value-zeroing"] {
        refused(&[method, "--layer", "99"], &["layer is 99, and this model has 4, from 0 to 3"]);
    }
    for method in ["layer-gradient-x-activation", "layer-integrated-gradients"] {
        refused(&[method, "--layer", "99"], &["layer is 99", "from 0 to 4"]);
    }
    refused(&["attention", "--head", "99"], &["head is 99, and this model has 8, from 0 to 7"]);
    refused(&["value-zeroing", "--rollout", "--layer", "1"], &["layer is 1", "left out with rollout"]);
}

#[test]
fn what_is_explained() {
    let place = Place::new();
    let refused = |more: &[&'static str], words: &[&str]| {
        let text = ["attribute", "--text", "The race to Mars is", "--generate", "2", "-o", "o.json"];
        place.refused(&[&text[..], more].concat(), 2, words);
    };
    refused(&["--target", "kl-divergence"], &["kl-divergence needs --without", "such as 0-5"]);
    refused(
        &["--target", "entropy", "--explain", " the"],
        &["--explain needs a target of a token", "is entropy"],
    );
    refused(&["--layer", "-1", "--method", "attention"], &["-1"]);
    refused(
        &["--target", "logit", "--without", "0-2"],
        &["--without needs the target kl-divergence", "is logit"],
    );
    refused(
        &["--target", "kl-divergence", "--without", "all"],
        &["--without \"all\" is not a range", "FROM-TO"],
    );
    refused(&["--target", "kl-divergence", "--without", "0-99"], &["without is 0-99", "input tokens"]);
    let everything = ["--target", "kl-divergence", "--without", "0-7"];
    refused(&everything, &["the whole input", "at least one must be left"]);
    refused(&["--span", "1-9"], &["span is 1-9 of 2 outputs", "a range of outputs"]);
    refused(&["--span", "some"], &["--span \"some\" is not a range", "FROM-TO"]);
    refused(&["--span", "1-1"], &["--span \"1-1\" is not a range"]);
    for method in [&["random"][..], &["vargrad"], &["gradient", "--absolute"]] {
        refused(
            &[&["--span", "all", "--method"], method].concat(),
            &[method[0], "a span", "use another method"],
        );
    }
    refused(
        &["--explain", " the Lord"],
        &["--explain \" the Lord\" is 2 tokens", "must be one", "leading space"],
    );
    refused(&["--explain", "7: the"], &["--explain names output 7, and there are 2"]);
    for method in ["direct-logit", "alti-logit"] {
        refused(
            &["--method", method],
            &[method, "target probability", "use logit, contrast-logit or contrast-log-probability"],
        );
    }
    refused(&["--group", "chapters"], &["unknown segmentation \"chapters\"", "words, sentences"]);
    refused(&["--group", "spans:0-99"], &["spans[0]", "tokens 0..99"]);
    refused(
        &["--group", "words", "--reduce", "median"],
        &["unknown reduction \"median\"", "sum, mean, max-abs"],
    );
    refused(&["--reduce", "sum"], &["--group <S>"]);
    refused(&["--group", "parts"], &["no parts", "--chat"]);
    for memory in ["lots", "-1", "0", "2 parsecs"] {
        refused(&["--memory", memory], &["--memory"]);
    }
    place.refused(
        &["report", "--text", "a", "--methods", "gradient,occlusion", "--steps", "8", "-o", "page"],
        2,
        &["none of the methods gradient, occlusion has the parameter steps"],
    );
}

#[test]
fn records() {
    let place = Place::new();
    let whole = std::fs::read_to_string(place.path("record.json")).unwrap();
    let deep = "[".repeat(100_000);
    for (bytes, words) in [
        ("", &["the input is empty"][..]),
        ("[]", &["the JSON array is empty"]),
        (&whole[..60], &["not valid JSON", "line 1"]),
        ("{\"tokens\": 3}", &["tokens", "expected a sequence"]),
        (&whole.replace("[[1.0]]", "[[]]"), &["attributions[0]: 0 values for 1 tokens"]),
        (&whole.replace("1.0", "1e999"), &["attributions"]),
        (&deep, &["not valid JSON"]),
        (
            r#"{"format":"saliency-record","version":1,"tokens":[],"attributions":[]}"#,
            &["at least one token"],
        ),
        (&whole.replace("\"version\":1", "\"version\":9"), &["version 9"]),
    ] {
        place.write("bad.json", bytes.as_bytes());
        for command in
            [&["draw", "highlight", "bad.json", "-o", "x.svg"][..], &["report", "bad.json", "-o", "page"]]
        {
            place.refused(command, 1, &[&["bad.json"], words].concat());
        }
    }
    place.refused(&["draw", "highlight", "none.json", "-o", "x.svg"], 1, &["none.json", "No such file"]);
}

#[test]
fn models() {
    let place = Place::new();
    place.refused(
        &["attribute", "--model", "nowhere", "--text", "a"],
        1,
        &["\"nowhere\" is not a folder", "HF_ENDPOINT"],
    );
    for (file, word) in [("config.json", "config.json"), ("model.safetensors", "save_pretrained")] {
        std::fs::rename(place.path("model").join(file), place.path("away")).unwrap();
        place.model(1, &[file, "no such file", word]);
        std::fs::rename(place.path("away"), place.path("model").join(file)).unwrap();
    }
    std::fs::remove_file(place.path("model/tokenizer.json")).unwrap();
    std::fs::remove_file(place.path("model/merges.txt")).unwrap();
    place.model(1, &["merges.txt", "vocab.json with merges.txt"]);
    place.write("model/merges.txt", b"#version: 0.2\nthis is not a merge\n");
    place.model(1, &["vocab.json"]);

    let place = Place::new();
    let weights = std::fs::read(place.path("model/model.safetensors")).unwrap();
    for (bytes, words) in [
        (&[][..], &["model.safetensors", "not a whole safetensors file"][..]),
        (
            &weights[..weights.len() - 9],
            &["model.safetensors", "not a whole safetensors file", "download it again"],
        ),
        (&weights[..100], &["not a whole safetensors file"]),
        (b"PK\x03\x04 something else entirely", &["not a whole safetensors file"]),
    ] {
        place.write("model/model.safetensors", bytes);
        place.model(1, words);
    }
    place.write("model/model.safetensors", &weights);
    for (field, value, words) in [
        ("n_head", 0.into(), &["n_head is 0", "at least 1"][..]),
        ("n_head", 3.into(), &["n_head is 3", "divide n_embd"]),
        ("n_embd", 64.into(), &["has shape", "the configuration calls for"]),
        ("n_layer", 1.into(), &["h.1.", "n_layer = 1"]),
        ("n_layer", 3.into(), &["no tensor \"h.2."]),
        ("n_positions", 99.into(), &["wpe.weight", "[160, 32]", "[99, 32]"]),
        ("vocab_size", 300.into(), &["wte.weight", "[300, 32]"]),
        ("model_type", "bert".into(), &["model_type is \"bert\"", "gpt2"]),
        ("activation_function", "mish".into(), &["config.json", "mish"]),
        ("add_cross_attention", true.into(), &["add_cross_attention is true"]),
        ("tie_word_embeddings", false.into(), &["lm_head.weight"]),
        ("layer_norm_epsilon", (-1.0).into(), &["layer_norm_epsilon is -1"]),
        ("quantization_config", serde_json::json!({"bits": 4}), &["quantization_config", "quantised"]),
        ("pruned_heads", serde_json::json!({"0": [1]}), &["pruned_heads"]),
    ] {
        let config = std::fs::read(place.path("model/config.json")).unwrap();
        place.configure(field, value);
        place.model(1, words);
        place.write("model/config.json", &config);
    }
    place.write("model/config.json", b"{\"n_layer\": ");
    place.model(1, &["config.json", "EOF"]);
    // Other tensors are no GPT-2's; a folder is no file.
    let whole = std::fs::read(place.path("model/model.safetensors")).unwrap();
    let header = br#"{"wte.weight":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}"#;
    let integers = [&(header.len() as u64).to_le_bytes()[..], header, &[1, 2]].concat();
    place.write("model/model.safetensors", &integers);
    place.write("model/config.json", &std::fs::read(parity().join("config.json")).unwrap());
    place.model(1, &["\"wte.weight\" has shape [2]"]);
    std::fs::remove_file(place.path("model/model.safetensors")).unwrap();
    std::fs::create_dir(place.path("model/model.safetensors")).unwrap();
    place.model(1, &["model.safetensors", "it is not a file"]);
    std::fs::remove_dir(place.path("model/model.safetensors")).unwrap();
    place.write("model/model.safetensors", &whole);
    place.refused(
        &["attribute", "--text", "a", "--device", "cuda:99"],
        1,
        &["Cuda(99)", "not available", "GPU"],
    );
    if !cfg!(target_os = "macos") {
        place.refused(&["attribute", "--text", "a", "--device", "mps"], 1, &["not available"]);
    }
}

#[test]
fn places_to_write() {
    let place = Place::new();
    place.refused(
        &["attribute", "--text", "a", "-o", "none/x.json"],
        1,
        &["none/x.json", "nothing was written"],
    );
    place.refused(&["attribute", "--text", "a", "-o", "model"], 2, &["model", "is a folder"]);
    place.refused(&["draw", "highlight", "record.json", "-o", "none/x.svg"], 1, &["none/x.svg"]);
    place.refused(&["draw", "highlight", "record.json", "-o", "/proc/x.svg"], 1, &["/proc/x.svg"]);
    place.refused(&["report", "record.json", "-o", "text.txt"], 1, &["text.txt"]);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_one_sentence() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_saliency"))
        .args(["attribute", "--text", "abc", "--generate", "2"])
        .current_dir(place.0.path())
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("standard output") && said.contains("-o") && said.lines().count() == 1, "{said}");
}

#[test]
fn clients_of_lit() {
    let place = Place::new();
    let lit = |more: &[&str], code: i32, words: &[&str]| {
        let mut arguments = vec!["lit", "record.json"];
        arguments.extend(more);
        place.refused(&arguments, code, words);
    };
    lit(&[], 2, &["--output"]);
    lit(
        &["--client", "model", "-o", "o"],
        2,
        &["--client", "no main.js in model", "cargo xtask lit", "1.3.1", "to --client"],
    );
    place.write("main.js", b"another");
    lit(&["--client", ".", "-o", "o"], 2, &["main.js", "not that of LIT's client 1.3.1", "SHA-256"]);
    lit(&["--client", ".", "-o", "record.json"], 2, &["record.json", "is no folder"]);
}
