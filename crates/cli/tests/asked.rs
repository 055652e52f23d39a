//! What can be asked of methods, targets and records, and how a run is estimated, limited and interrupted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const TEXT: &[&str] = &["attribute", "--text", "The race to Mars is", "--generate", "3"];

fn saliency(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saliency"))
        .args(arguments)
        // Tests run side by side: threads of each would only wait for each other.
        .env("OMP_NUM_THREADS", "1")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = saliency(folder.path(), arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?} left a file");
    String::from_utf8(output.stdout).unwrap()
}

/// The record of the short text with these arguments.
fn record(more: &[&str]) -> Value {
    serde_json::from_str(&printed(&[TEXT, more].concat())).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The numbers of each row; what is missing counts nothing.
fn rows(record: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(0.0)).collect();
    record["attributions"].as_array().unwrap().iter().map(row).collect()
}

fn texts<'a>(record: &'a Value, kind: &str) -> Vec<&'a str> {
    let tokens = record["tokens"].as_array().unwrap();
    tokens.iter().filter(|t| t["kind"] == kind).map(|t| t["text"].as_str().unwrap()).collect()
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-5 * (1.0 + a.abs().max(b.abs())), "{a} and {b}");
}

#[test]
fn a_chats_date_is_given_and_its_parts_are_ablated_together() {
    let folder = tempfile::tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo-model/model");
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(model.join(file), folder.path().join(file)).unwrap();
    }
    let template = "{{ strftime_now('%d %b %Y') }}: {% for m in messages %}{{ m.content }} {% endfor %}";
    std::fs::write(folder.path().join("chat_template.jinja"), template).unwrap();
    let ask = [
        "attribute",
        "--model",
        ".",
        "--text",
        "The race to Mars",
        "--generate",
        "1",
        "--chat",
        "--system",
        "Be brief.",
    ];
    let parts = ["--method", "shapley", "--segments", "parts"];
    let run = |more: &[&str]| saliency(folder.path(), &[&ask[..], &parts, more].concat());

    let undated = run(&[]);
    let error = String::from_utf8_lossy(&undated.stderr).into_owned();
    assert!(undated.status.code() == Some(2) && error.contains("--date"), "{error}");
    let dated = run(&["--date", "2026-11-06"]);
    assert_eq!(dated.status.code(), Some(0), "{}", String::from_utf8_lossy(&dated.stderr));
    let record: Value = serde_json::from_slice(&dated.stdout).unwrap();
    assert_eq!(texts(&record, "input").concat(), "06 Nov 2026: Be brief. The race to Mars ");
    assert_eq!(record["prompt"]["template"], "chat, date: 2026-11-06, system: Be brief.");
    // A part's tokens are one player, whose number is spread evenly over them.
    let places = |name: &str| {
        let parts = record["prompt"]["parts"].as_array().unwrap();
        let part = parts.iter().find(|part| part["name"] == name).unwrap();
        let (start, end) = (part["start"].as_u64().unwrap(), part["end"].as_u64().unwrap());
        let tokens = record["tokens"].as_array().unwrap().iter().enumerate();
        let inside = tokens.filter(|(_, token)| {
            let white = token["text"].as_str().unwrap().starts_with(' ');
            (start..end).contains(&(token["start"].as_u64().unwrap() + u64::from(white)))
        });
        inside.map(|(position, _)| position).collect::<Vec<_>>()
    };
    let row = &rows(&record)[0];
    for name in ["system", "user"] {
        let places = places(name);
        assert!(
            places.len() > 1 && places.iter().all(|&place| row[place].to_bits() == row[places[0]].to_bits()),
            "{name}: {row:?}"
        );
    }
}

#[test]
fn a_tolerance_chooses_steps_and_says_where_it_fails() {
    let ask = ["--method", "ig", "--target", "log-probability", "--tolerance"];
    let text = ["attribute", "--text", "The race", "--generate", "1"];
    let record = |tolerance: &str| -> Value {
        serde_json::from_str(&printed(&[&text[..], &ask, &[tolerance]].concat())).unwrap()
    };
    let (loose, tight) = (record("0.3"), record("0.01"));
    assert_eq!(tight["method"]["tolerance"], 0.01);
    assert!(tight["method"]["steps"].is_null(), "steps are each output's own: {}", tight["method"]);
    for (k, output) in tight["outputs"].as_array().unwrap().iter().enumerate() {
        assert!(number(&output["steps"]) >= number(&loose["outputs"][k]["steps"]));
        let change = number(&output["value"]) - number(&output["baseline_value"]);
        close(number(&output["sum"]) - change, number(&output["delta"]));
        let noted = tight["notes"].to_string().contains("did not converge");
        assert!(number(&output["delta"]).abs() <= 0.01 * change.abs() + 1e-6 || noted, "{output}");
    }
    // What no number of points can do is said.
    let hopeless = record("1e-12");
    assert!(hopeless["notes"].to_string().contains("did not converge: the relative delta is"), "{hopeless}");
}

#[test]
fn a_span_is_the_sum_of_its_outputs() {
    let ask = ["--method", "occlusion", "--target", "log-probability"];
    let single = record(&ask);
    let span = record(&[&ask[..], &["--span", "all"]].concat());
    let outputs = single["outputs"].as_array().unwrap();
    assert_eq!(span["attributions"].as_array().unwrap().len(), 1);
    assert_eq!(texts(&span, "output"), [texts(&single, "output").concat()]);
    assert_eq!(span["target"]["span"], serde_json::json!([0, 3]));
    close(number(&span["outputs"][0]["value"]), outputs.iter().map(|o| number(&o["value"])).sum());
    let (one, rows_of_single) = (&rows(&span)[0], rows(&single));
    for (token, found) in one.iter().enumerate() {
        close(*found, rows_of_single.iter().map(|row| row[token]).sum());
    }
    let within: f64 = rows_of_single.iter().flat_map(|row| row.iter().skip(one.len())).sum();
    close(number(&span["outputs"][0]["within"]), within);

    // Outputs before a span are read, and count as input.
    let last = record(&[&ask[..], &["--span", "1-3"]].concat());
    assert_eq!(texts(&last, "input").len(), texts(&single, "input").len() + 1);
    close(number(&last["outputs"][0]["value"]), outputs[1..].iter().map(|o| number(&o["value"])).sum());
}

#[test]
fn a_chosen_token_is_explained_in_every_place_or_in_one() {
    let ask = ["--method", "occlusion", "--target", "logit"];
    let produced = record(&ask);
    let everywhere = record(&[&ask[..], &["--explain", " the"]].concat());
    let once = record(&[&ask[..], &["--explain", "1: the"]].concat());
    assert_eq!(texts(&everywhere, "output"), texts(&produced, "output"));
    let ids = everywhere["target"]["token_ids_by_output"].as_array().unwrap();
    assert_eq!(ids.len(), 3);
    assert!(ids[0].is_u64() && ids.iter().all(|id| *id == ids[0]));
    assert_eq!(once["target"]["token_ids_by_output"], serde_json::json!([null, ids[0], null]));
    for row in 0..3 {
        let expected = if row == 1 { &everywhere } else { &produced };
        assert_eq!(once["attributions"][row], expected["attributions"][row]);
        assert_eq!(once["outputs"][row]["value"], expected["outputs"][row]["value"]);
    }
    // Forced in the first place, the chosen token has the value that was explained.
    let text = ["attribute", "--text", "The race to Mars is", "--continuation", " the", "--target", "logit"];
    let forced: Value = serde_json::from_str(&printed(&text)).unwrap();
    close(number(&forced["outputs"][0]["value"]), number(&everywhere["outputs"][0]["value"]));
}

#[test]
fn context_is_left_out_for_a_divergence() {
    let ask = ["--target", "kl-divergence", "--method", "occlusion", "--without"];
    let some = record(&[&ask[..], &["0-2"]].concat());
    assert_eq!(some["target"]["without"], serde_json::json!([[0, 2]]));
    assert!(some["outputs"].as_array().unwrap().iter().all(|o| number(&o["value"]) > 0.0));
    let apart = record(&[&ask[..], &["0-1,2-3"]].concat());
    assert_eq!(apart["target"]["without"], serde_json::json!([[0, 1], [2, 3]]));
}

#[test]
fn groups_keep_a_rows_total() {
    let ask = ["--method", "ig", "--steps", "4", "--target", "logit"];
    let single = record(&ask);
    let grouped = record(&[&ask[..], &["--group", "words", "--reduce", "sum"]].concat());
    // Words begin at a space, and inputs and outputs each for themselves.
    let words = |kind: &str| {
        let mut words: Vec<Vec<usize>> = Vec::new();
        let tokens = single["tokens"].as_array().unwrap().iter().enumerate();
        for (place, token) in tokens.filter(|(_, token)| token["kind"] == kind) {
            let begins = token["text"].as_str().unwrap().starts_with(' ');
            match words.last_mut() {
                Some(word) if !begins => word.push(place),
                _ => words.push(vec![place]),
            }
        }
        words
    };
    let (inputs, outputs) = (words("input"), words("output"));
    let n_input: usize = inputs.iter().map(Vec::len).sum();
    assert!(inputs.len() < n_input, "some word of this text has several tokens");
    assert_eq!(texts(&grouped, "input"), ["The", " race", " to", " Mars", " is"]);
    assert_eq!(texts(&grouped, "output").len(), outputs.len());
    let (single, grouped_rows) = (rows(&single), rows(&grouped));
    let columns = [&inputs[..], &outputs[..]].concat();
    for (k, word) in outputs.iter().enumerate() {
        let members = || word.iter().map(|place| &single[place - n_input]);
        for (column, tokens) in columns[..inputs.len() + k].iter().enumerate() {
            let expected = members().map(|row| tokens.iter().map(|t| row[*t]).sum::<f64>()).sum();
            close(grouped_rows[k][column], expected);
        }
        let within = grouped["outputs"][k]["within"].as_f64().unwrap_or(0.0);
        let total: f64 = members().flatten().sum();
        close(grouped_rows[k].iter().sum::<f64>() + within, total);
    }
    assert_eq!(grouped["regrouped"]["by"], "words");
    let mean = record(&[&ask[..], &["--group", "words", "--reduce", "mean"]].concat());
    assert_eq!(mean["regrouped"]["reduce"], "mean");
}

#[test]
fn a_record_that_is_there_is_grouped_for_a_chart() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = saliency(folder.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    };
    let signed = ["--aggregate", "sum", "--normalize", "none"];
    run(&[TEXT, &signed, &["-o", "tokens.json"]].concat());
    run(&[TEXT, &signed, &["--group", "words", "-o", "words.json"]].concat());
    // The same table as of a record that was grouped when it was made, and a group can be grouped again.
    let made = run(&["draw", "tokens", "words.json"]);
    assert!(made.lines().any(|line| line.ends_with("  Mars")), "{made}");
    assert_eq!(run(&["draw", "tokens", "tokens.json", "--group", "words"]), made);
    let sentence = run(&["draw", "tokens", "words.json", "--group", "sentences"]);
    assert!(sentence.contains("these 1 hold"), "{sentence}");
    let largest = run(&["draw", "tokens", "tokens.json", "--group", "spans:0-3", "--reduce", "max-abs"]);
    let rows = largest.lines().filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    // Three of the tokens as one, and the others as they are.
    let single = texts(&record(&[]), "input").len();
    assert_eq!(rows.count(), single - 2, "{largest}");
    run(&["report", "tokens.json", "words.json", "--group", "words", "-o", "page"]);
    let svg = |name: &str| std::fs::read_to_string(folder.path().join("page").join(name)).unwrap();
    assert_eq!(svg("minimap-0.svg"), svg("minimap-1.svg"));
}

#[test]
fn part_of_a_prompt_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], code: i32| {
        let output = saliency(folder.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap() + &error
    };
    let filled = ["--template", "In the beginning {text} And then"];
    run(&[TEXT, &filled, &["-q", "-o", "r.json"]].concat(), 0);
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let text: String = texts(&record, "input").concat();
    let parts = record["prompt"]["parts"].as_array().unwrap().iter();
    let place = |at: &Value| at.as_u64().unwrap() as usize;
    let parts: Vec<_> = parts
        .map(|part| (part["name"].as_str().unwrap(), &text[place(&part["start"])..place(&part["end"])]))
        .collect();
    let expected =
        [("template", "In the beginning "), ("user", "The race to Mars is"), ("template", " And then")];
    assert_eq!(parts, expected);
    let table = run(&["draw", "tokens", "r.json", "--fold", "user", "--hover", "0"], 0);
    assert!(table.contains("[user, ") && !table.contains("race"), "{table}");
    let table = run(&["draw", "tokens", "r.json", "--inputs", "1-3", "--tokens", "--hover", "0"], 0);
    let row = &rows(&record)[0];
    let share = 1.0 - (row[1].abs() + row[2].abs()) / row.iter().map(|x| x.abs()).sum::<f64>();
    let said = format!("shown: inputs 1 to 2 of {}; outside: {:.0} % of the row's", row.len(), 100.0 * share);
    assert!(table.contains(&said), "{said}: {table}");
    for form in ["x.svg", "x.png", "x.pdf", "x.html"] {
        run(&["draw", "minimap", "r.json", "--inputs", "1-9", "--fold", "template", "-o", form], 0);
    }
    run(&["report", "r.json", "--inputs", "1-9", "-o", "page"], 0);
    run(&["report", "r.json", "--drop", "punctuation,below:2x", "--keep-share", "0.9", "-o", "ruled"], 0);
    let page = std::fs::read_to_string(folder.path().join("ruled/index.html")).unwrap();
    let rule =
        "\"rule\":\"no punctuation, 2× an even share or more, the largest that hold 90\u{a0}% of a row\"";
    assert!(page.contains(rule), "the page's rule");
    run(&["draw", "minimap", "r.json", "--drop", "below:2x", "-o", "ruled.html"], 0);
    let parts = run(&["draw", "tokens", "r.json", "--group", "parts", "--hover", "0"], 0);
    assert!(parts.contains("these 3 hold 100\u{a0}%"), "{parts}");
    // What is taken away together can be a part too.
    let game = [TEXT, &filled, &["--method", "occlusion", "--segments", "parts", "--target", "logit", "-q"]]
        .concat();
    let game: Value = serde_json::from_str(&run(&game, 0)).unwrap();
    assert!(rows(&game).iter().all(|row| row[0].to_bits() == row[1].to_bits()));
    for (arguments, words) in [
        (["--inputs", "0-99"], "inputs 0-99 are not among the record's"),
        (["--inputs", "3"], "--inputs \"3\" is not a range"),
        (["--fold", "system"], "unknown part \"system\"; there are: template, user"),
    ] {
        let error = run(&[&["draw", "tokens", "r.json"], &arguments[..]].concat(), 2);
        assert!(error.contains(words), "{error}");
    }
    run(&[TEXT, &["-q", "-o", "plain.json"]].concat(), 0);
    assert!(run(&["draw", "tokens", "plain.json", "--fold", "user"], 2).contains("--chat"));
    // What earlier outputs were given lies on the input after enough hops; lime leaves those out.
    let table = run(&["draw", "tokens", "plain.json", "--hops", "99", "--tokens", "--hover", "1"], 0);
    assert!(table.contains("(99 hops)") && table.contains("0\u{a0}%              0×  the\n"), "{table}");
    run(&[TEXT, &["--method", "lime", "--samples", "9", "-q", "-o", "inputs.json"]].concat(), 0);
    let refused = run(&["draw", "tokens", "inputs.json", "--hops", "1"], 2);
    assert!(refused.contains("no row gives anything to an earlier output"), "{refused}");
}

#[test]
fn words_are_found_in_every_script() {
    let made = |text: &str| -> Vec<String> {
        let asked = ["attribute", "--text", text, "--continuation", ".", "--group", "words"];
        let record: Value = serde_json::from_str(&printed(&asked)).unwrap();
        texts(&record, "input").into_iter().map(str::to_owned).collect()
    };
    // By dictionaries, as ICU has them.
    assert_eq!(made("你好世界"), ["你好", "世界"]);
    assert_eq!(made("to  go"), ["to", "  go"]);
}

#[test]
fn segments_are_taken_away_together() {
    let words = record(&["--method", "occlusion", "--segments", "words", "--target", "logit"]);
    assert_eq!(words["method"]["segments"], "words");
    // " Mars" is one word of several tokens: they share its number evenly.
    let tokens = texts(&words, "input");
    let place = tokens.iter().position(|t| *t == " M").unwrap();
    assert_eq!(tokens[place + 1], "ars");
    for row in rows(&words) {
        assert!(row[place].to_bits() == row[place + 1].to_bits() && row[place] != 0.0);
    }
    let spans = record(&["--method", "occlusion", "--segments", "spans:0-2", "--target", "logit"]);
    assert!(rows(&spans).iter().all(|row| row[0].to_bits() == row[1].to_bits()));
    // What no span names goes by itself.
    let tokens = record(&["--method", "occlusion", "--target", "logit"]);
    for (spans, tokens) in rows(&spans).iter().zip(rows(&tokens)) {
        for (a, b) in spans[2..].iter().zip(&tokens[2..]) {
            close(*a, *b);
        }
    }
}

#[test]
fn every_absence_is_another_question() {
    let mut seen = std::collections::BTreeSet::new();
    for baseline in
        ["zero", "eos", "mean", "token:5", "ids:5,6,7", "sampled:3", "sampled:3:8", "deletion", "masking"]
    {
        let made = record(&["--method", "occlusion", "--target", "logit", "--baseline", baseline]);
        assert_eq!(made["method"]["baseline"], baseline);
        assert!(seen.insert(made["attributions"].to_string()), "{baseline} gives another's numbers");
    }
    let text = record(&["--method", "ig", "--steps", "2", "--baseline-text", " the the"]);
    let ids: Vec<_> =
        text["method"]["baseline"].as_str().unwrap().strip_prefix("ids:").unwrap().split(',').collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let same = record(&["--method", "ig", "--steps", "2", "--baseline", &format!("token:{}", ids[0])]);
    assert_eq!(same["attributions"], text["attributions"]);
    // Over all tokens, deletion leaves nothing to read; one at a time it does not.
    let input = texts(&text, "input").len();
    let deleted = record(&["--method", "leave-one-out", "--target", "logit"]);
    assert_eq!(rows(&deleted)[0].len(), input);
}

#[test]
fn times_are_asked_for_and_add_up_to_no_more_than_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let begun = std::time::Instant::now();
    let output = saliency(folder.path(), &[TEXT, &["--times", "-o", "record.json"]].concat());
    let whole = begun.elapsed().as_secs_f64();
    let said = String::from_utf8(output.stderr).unwrap();
    let times: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let parts = ["loading", "text", "attribution"].map(|part| number(&times[part]));
    assert!(
        parts.iter().all(|seconds| *seconds > 0.0) && parts.iter().sum::<f64>() < whole,
        "{said} of {whole}"
    );
}

#[test]
fn an_estimate_counts_the_passes_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let estimate = |more: &[&str]| {
        let arguments = [TEXT, &["--dry-run", "-o", "record.json"], more].concat();
        let output = saliency(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.lines().count(), 3, "{said}");
        assert!(said.contains(" s and ") && said.ends_with(" MB\n") && said.contains("generation: about"));
        said.lines().last().unwrap().to_owned()
    };
    // One forward pass of the real text, and a way back for each of three outputs.
    assert!(estimate(&[]).starts_with("gradient-x-input: 1 forward and 3 backward passes"));
    // The real text, the baseline and 50 points; three ways back at each point.
    let path = estimate(&["--method", "ig"]);
    assert!(
        path.starts_with("ig: 52 forward and 150 backward passes from the baseline zero, about "),
        "{path}"
    );
    let of_eight = estimate(&["--method", "integrated-gradients", "--steps", "8", "--baseline", "sampled:2"]);
    let passes =
        "integrated-gradients: 19 forward and 48 backward passes from the baseline sampled:2, about ";
    assert!(of_eight.starts_with(passes), "{of_eight}");
    // Five words: 2⁵ coalitions, of which the whole one is the real text.
    let words = estimate(&["--method", "shapley", "--segments", "words"]);
    assert!(words.starts_with("shapley: 32 forward and 0 backward passes"), "{words}");
    // What is refined is known only when it runs.
    let coarse = estimate(&["--method", "coarse-to-fine", "--refine", "sentences,words", "--keep", "1"]);
    assert!(
        coarse.starts_with("coarse-to-fine: at most ") && coarse.contains(" forward and 0 backward"),
        "{coarse}"
    );
    // Parts of the prompt are known before anything is generated.
    let held = ["--template", "Say: {text}", "--method", "coarse-to-fine", "--hold", "template"];
    assert!(estimate(&held).starts_with("coarse-to-fine: at most "));
    assert!(estimate(&["--method", "random"]).starts_with("random: 1 forward and 0 backward passes"));
    // What would take hours is estimated at once.
    let begun = std::time::Instant::now();
    let long = estimate(&["--method", "shapley", "--samples", "1000000"]);
    assert!(begun.elapsed().as_secs() < 60 && long.starts_with("shapley: 1"), "{long}");
}

#[test]
fn memory_changes_no_number() {
    let ask = ["--method", "occlusion", "--target", "logit"];
    let (free, bound) = (rows(&record(&ask)), rows(&record(&[&ask[..], &["--memory", "1MB"]].concat())));
    for (free, bound) in free.iter().flatten().zip(bound.iter().flatten()) {
        close(*free, *bound);
    }
}

#[test]
fn every_method_runs_and_is_listed_with_what_it_is() {
    let list = printed(&["methods"]);
    let json: Value = serde_json::from_str(&printed(&["methods", "--json"])).unwrap();
    let json = json.as_array().unwrap();
    let methods = saliency::methods();
    assert_eq!(json.len(), methods.len());
    for (method, listed) in methods.iter().zip(json) {
        let card = method.card();
        assert_eq!(listed["name"], card.name);
        for (field, value) in [
            ("summary", card.summary),
            ("family", card.family.name()),
            ("needs", card.needs.name()),
            ("cost", card.cost),
            ("source", card.source),
        ] {
            assert!(!value.is_empty(), "{}: {field}", card.name);
            assert_eq!(listed[field], value, "{}: {field}", card.name);
        }
        let axioms: Vec<_> = card.axioms.iter().map(|a| a.name()).collect();
        assert_eq!(listed["axioms"], Value::from(axioms.clone()));
        assert_eq!(listed["parameters"], Value::from(card.parameters.to_vec()));
        let entry = list.split("\n\n").find(|entry| entry.lines().next() == Some(card.name));
        let entry = entry.unwrap_or_else(|| panic!("{} is not listed", card.name));
        let middle = format!("{} · {} · {}", card.family.name(), card.needs.name(), card.cost);
        assert!(entry.contains(card.summary) && entry.contains(&middle) && entry.contains(card.source));
        assert!(axioms.is_empty() || entry.contains(&axioms.join(", ")), "{entry}");
        assert!(card.parameters.iter().all(|p| entry.contains(&format!("--{p}"))), "{entry}");
        // The target logit is one that every method takes.
        let text = ["attribute", "--text", "The race", "--generate", "2", "--target", "logit", "--method"];
        let made: Value = serde_json::from_str(&printed(&[&text[..], &[card.name]].concat())).unwrap();
        assert_eq!(made["method"]["name"], card.name);
        assert_eq!(made["attributions"].as_array().unwrap().len(), 2);
        // Controls describe nothing, and say nothing of what they do not use.
        let describes = !card.uses_target && !["random", "position"].contains(&card.name);
        assert_eq!(made["notes"].to_string().contains("does not depend on the target"), describes);
    }
}

#[test]
fn a_report_of_several_methods_gives_each_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let text = ["report", "-q", "--text", "The race to Mars", "--generate", "2", "-o", "page"];
    let output =
        saliency(folder.path(), &[&text[..], &["--methods", "gradient,ig", "--steps", "8"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(folder.path().join("page/index.html")).unwrap();
    assert!(
        page.contains("integrated-gradients (8 steps, zero baseline)") && page.contains("method: gradient")
    );
}

/// Linux says which signals a program has taken for itself.
#[cfg(target_os = "linux")]
mod interrupted {
    use std::path::Path;
    use std::process::{Child, Command, Output, Stdio};
    use std::time::{Duration, Instant};

    /// One maximum flow after another: a row after the other, and in all far more than anybody waits for.
    const TEXT: &str = "The race to Mars involves competition between manufacturers and nations. NASA has demurred in a \
                        potential rivalry with SpaceX or other manufacturers in any possible race to be first to Mars.";
    const ARGUMENTS: &[&str] = &[
        "attribute",
        "--text",
        TEXT,
        "--continuation",
        TEXT,
        "--method",
        "attention-flow",
        "-o",
        "record.json",
    ];

    fn begin(folder: &Path, more: &[&str]) -> Child {
        let child = Command::new(env!("CARGO_BIN_EXE_saliency"))
            .args(ARGUMENTS)
            .args(more)
            .env("OMP_NUM_THREADS", "1")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !listens(child.id()) {
            assert!(begun.elapsed() < Duration::from_mins(2), "the program never listened");
            std::thread::sleep(Duration::from_millis(20));
        }
        child
    }

    /// Whether the process has a handler of its own for signal 2.
    fn listens(process: u32) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & 0b10 != 0)
    }

    fn interrupt(child: Child) -> Output {
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        child.wait_with_output().unwrap()
    }

    #[test]
    fn an_interrupt_ends_a_run_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let output = interrupt(begin(folder.path(), &[]));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(said.contains("interrupted; nothing was written") && said.contains("--partial"), "{said}");
        assert!(output.stdout.is_empty());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_interrupt_keeps_finished_rows_where_they_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        let mut wait = Duration::from_millis(500);
        // Before the first row there is nothing to keep: wait for longer then.
        let said = loop {
            let child = begin(folder.path(), &["--partial"]);
            std::thread::sleep(wait);
            let output = interrupt(child);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(130), "{said}");
            if path.is_file() {
                break said;
            }
            assert!(said.contains("nothing was written"), "{said}");
            wait *= 2;
            assert!(wait < Duration::from_mins(5));
        };
        assert!(said.contains("interrupted; the finished rows were written"), "{said}");
        let record = saliency::read(&std::fs::read(&path).unwrap()).unwrap().remove(0);
        let rows = record.n_output();
        assert!(rows > 0 && record.attributions.len() == rows && record.outputs.len() == rows);
        let note = record.notes.iter().find(|n| n.starts_with(&format!("stopped after {rows} of "))).unwrap();
        assert!(note.ends_with("outputs: the others are left out"), "{note}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
    }
}

#[test]
fn a_report_is_estimated_as_a_record_is() {
    let text = printed(&[
        "report",
        "--text",
        "The race to Mars is",
        "--methods",
        "gxi,occlusion",
        "--dry-run",
        "-o",
        "folder",
    ]);
    assert!(text.contains("occlusion") && text.contains("pass"), "{text}");
}

/// A tensor's name, size and numbers.
type Named = (String, Vec<usize>, Vec<f32>);

/// The metadata and the tensors of a safetensors file: by the format's own description: eight bytes of
/// length, a JSON header, numbers.
fn safetensors(path: &Path) -> (Value, Vec<Named>) {
    let bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let tensors = header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__");
    let tensors = tensors.map(|(name, about)| {
        assert_eq!(about["dtype"], "F32");
        let ends: Vec<usize> = serde_json::from_value(about["data_offsets"].clone()).unwrap();
        let numbers = bytes[8 + length + ends[0]..8 + length + ends[1]].chunks(4);
        let numbers = numbers.map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
        (name.clone(), serde_json::from_value(about["shape"].clone()).unwrap(), numbers)
    });
    (header["__metadata__"].clone(), tensors.collect())
}

#[test]
fn the_vectors_behind_the_rows_add_up_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--runs", "2", "--sample", "--vectors", "v.safetensors", "-o", "r.jsonl"];
    let reduced = ["--aggregate", "sum", "--normalize", "none", "--group", "words"];
    let output = saliency(folder.path(), &[TEXT, &more, &reduced].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let records = std::fs::read_to_string(folder.path().join("r.jsonl")).unwrap();
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (metadata, vectors) = safetensors(&folder.path().join("v.safetensors"));
    assert_eq!(vectors.len(), 2);
    let about: Value = serde_json::from_str(metadata["records"].as_str().unwrap()).unwrap();
    for (number, (name, size, numbers)) in vectors.iter().enumerate() {
        assert_eq!(*name, format!("attributions.{number}"));
        assert_eq!(about[number]["model"], records[number]["model"]);
        assert_eq!(about[number]["method"]["name"], "gradient-x-input");
        let [outputs, tokens, hidden] = size[..] else { panic!("{size:?}") };
        // Tokens' own, though the record's are grouped: three outputs, the last of which has read two of them.
        let members: usize = records[number]["regrouped"]["members"]
            .as_array()
            .map_or(0, |all| all.iter().map(|members| members.as_u64().unwrap() as usize).sum());
        assert_eq!((outputs, tokens + 1), (3, members));
        let mut total = 0.0;
        for output in 0..outputs {
            for token in 0..tokens {
                let at = (output * tokens + token) * hidden;
                let own = &numbers[at..at + hidden];
                let read = token < tokens + 1 - outputs + output;
                assert!(own.iter().all(|x| x.is_nan() != read), "{name}, {output}, {token}");
                total += own.iter().filter(|x| !x.is_nan()).map(|x| f64::from(*x)).sum::<f64>();
            }
        }
        let record = &records[number];
        let within = record["outputs"].as_array().unwrap().iter().filter_map(|o| o["within"].as_f64());
        let expected = rows(record).iter().flatten().sum::<f64>() + within.sum::<f64>();
        close(total, expected);
    }
}

#[test]
fn vectors_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |more: &[&str]| {
        let output = saliency(folder.path(), &[TEXT, more].concat());
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["--vectors", "same", "-o", "same"]).contains("name the same file"));
    assert!(refused(&["--vectors", "nowhere/v.safetensors"]).contains("nowhere/v.safetensors"));
    assert!(refused(&["--vectors", ".", "-o", "r.json"]).contains("is a folder"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// What the pattern of `--seed` reaches: a distribution of baselines too, unless it has a seed of its own.
#[test]
fn the_seed_reaches_a_distribution_of_baselines() {
    let of = |more: &[&str]| {
        let text = ["attribute", "--text", "The king", "--generate", "1", "--method", "ig", "--steps", "2"];
        let record: Value = serde_json::from_str(&printed(&[&text[..], more].concat())).unwrap();
        (rows(&record), record["method"]["baseline"].clone())
    };
    let (seven, eight) =
        (["--baseline", "sampled:2", "--seed", "7"], ["--baseline", "sampled:2", "--seed", "8"]);
    assert_ne!(of(&seven).0, of(&eight).0);
    assert_eq!(of(&seven).1, "sampled:2:7");
    assert_eq!(of(&["--baseline", "sampled:2:7"]), of(&seven));
    assert_eq!(of(&["--baseline", "sampled:2:7", "--seed", "8"]), of(&seven));
}

/// What stands at a path stays what it is: a pipe is written to, a link leads on, a file keeps its mode; and `-` is
/// standard output.
#[cfg(unix)]
#[test]
fn results_go_where_the_path_leads() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let done = |output: &str| {
        let output = saliency(folder.path(), &[TEXT, &["-o", output]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let expected = done("-");
    assert!(!at("-").exists() && expected.starts_with(b"{"));
    std::fs::write(at("file.json"), "old").unwrap();
    std::fs::set_permissions(at("file.json"), std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink("file.json", at("link.json")).unwrap();
    done("link.json");
    assert!(at("link.json").is_symlink());
    assert_eq!(std::fs::read(at("file.json")).unwrap(), expected);
    assert_eq!(std::fs::metadata(at("file.json")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let reader = {
        let pipe = at("pipe");
        std::thread::spawn(move || std::fs::read(pipe).unwrap())
    };
    done("pipe");
    assert_eq!(reader.join().unwrap(), expected);
    assert!(std::fs::metadata(at("pipe")).unwrap().file_type().is_fifo());
    // One file by two names is one file.
    for other in ["./file.json", "link.json"] {
        let output = saliency(folder.path(), &[TEXT, &["-o", "file.json", "--vectors", other]].concat());
        assert_eq!(output.status.code(), Some(2), "{other}");
        assert_eq!(std::fs::read(at("file.json")).unwrap(), expected);
    }
}

/// In single precision there is an end to exactness: it is said for what it is, and no row is worse than with a looser
/// tolerance.
#[test]
fn a_tolerance_below_rounding_says_that_it_is_rounding() {
    let of = |tolerance: &str, dtype: &str| -> Value {
        let text = ["attribute", "--text", "The king said unto him.", "--generate", "1", "--method", "ig"];
        let more = ["--tolerance", tolerance, "--dtype", dtype];
        serde_json::from_str(&printed(&[&text[..], &more].concat())).unwrap()
    };
    let relative = |record: &Value| {
        let output = &record["outputs"][0];
        let change = number(&output["value"]) - number(&output["baseline_value"]);
        (number(&output["delta"]) / change).abs()
    };
    let single = of("1e-8", "f32");
    let note = single["notes"][0].as_str().unwrap();
    assert!(note.contains("the rounding of the target; a model in float64"), "{note}");
    assert!(relative(&single) < 1e-5, "{:e}", relative(&single));
    let double = of("1e-8", "f64");
    assert!(double["notes"].as_array().is_none_or(Vec::is_empty) && relative(&double) <= 1e-8);
}

#[test]
fn a_text_that_no_machine_has_memory_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // 100,000 words, each of which attends to each.
    std::fs::write(folder.path().join("long.txt"), "a lamb ".repeat(50_000)).unwrap();
    let ask = ["attribute", "--model", "demo-t5", "--task", "summarize", "--text-file", "long.txt"];
    let refused = saliency(folder.path(), &ask);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains("one pass over it takes about") && error.contains("shorten the text"), "{error}");
}

#[test]
fn a_question_is_asked_from_any_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("story.txt"), "Gideon went to Bethel. Ruth lived in Hebron.\n")
        .unwrap();
    let ask = ["attribute", "--model", "demo-t5", "--task", "qa", "--context-file", "story.txt"];
    let asked = saliency(folder.path(), &[&ask[..], &["--question", "Who lived in Hebron?"]].concat());
    assert_eq!(asked.status.code(), Some(0), "{}", String::from_utf8_lossy(&asked.stderr));
    let record: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let names: Vec<&str> = record["prompt"]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["template", "question", "template", "context"]);
    assert_eq!(record["prompt"]["template"], "question: {question} context: {text}");

    let refused = saliency(folder.path(), &ask);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && error.contains("give one with --question"), "{error}");
    let words = ["attribute", "--task", "summarize", "--text", "a"];
    let error = String::from_utf8_lossy(&saliency(folder.path(), &words).stderr).into_owned();
    assert!(error.contains("no chat template") && error.contains("--template"), "{error}");
}
