//! Part of a record's inputs, and parts of its prompt as one cell: in every chart, with what lies outside said.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, check, complete, draw, run_30, state, texts};
use saliency_schema::{Kind, Part, Prompt, Record, Token};
use saliency_viz_svg::{Chart, Error, Figure, Highlight, Options, Page, Scene, ToHtml, Tokens, chart};
use std::ops::Range;

/// Four inputs and two outputs. Of the first row 10 of 16 lie on the middle two, of the second 5 of 20.
fn small() -> Record {
    let texts = ["<sys>", " one", " two", " end", " A", " B"];
    let mut reached = 0;
    let token = |(i, text): (usize, &&str)| {
        let start = reached;
        reached += text.len();
        let kind = if i < 4 { Kind::Input } else { Kind::Output };
        Token::new(i as u32, *text, kind).with_span(start..reached)
    };
    let tokens = texts.iter().enumerate().map(token).collect();
    let rows: [&[f64]; 2] = [&[6.0, -2.0, 8.0, 0.0], &[11.0, 4.0, -1.0, 1.0, 3.0]];
    let rows = rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
    let mut record = Record::new(tokens, rows).unwrap();
    record.signed = Some(true);
    let parts = vec![Part::new("template", 0..5), Part::new("user", 5..13), Part::new("template", 13..17)];
    record.prompt = Some(Prompt::new(false).with_template("chat").with_text(5..13).with_parts(parts));
    complete(record)
}

/// Every chart that a record of folded parts has all for: pairs of tokens are not those of a fold.
fn of_folds() -> impl Iterator<Item = &'static &'static dyn Chart> {
    charts().iter().filter(|chart| chart.name() != "interactions")
}

fn some(inputs: Range<usize>) -> Options {
    Options { inputs: Some(inputs), ..Options::default() }
}

#[test]
fn every_chart_says_which_inputs_are_shown_and_how_much_lies_outside() {
    let record = small();
    let one = std::slice::from_ref(&record);
    for chart in charts() {
        let whole = chart.draw(one, &Options::default()).unwrap();
        let scene = chart.draw(one, &some(1..3)).unwrap();
        check(&scene);
        let (all, svg) = (texts(&scene.to_svg()), scene.to_svg());
        let said = all.join(" · ");
        assert!(said.contains("shown: inputs 1 to 2 of 4"), "{}: {said}", chart.name());
        let words =
            "Only inputs 1 to 2 of 4 are shown; outside lie, of each output's sum of |value|: 38 %, 60 %.";
        assert!(scene.description.contains(words), "{}: {}", chart.name(), scene.description);
        // What is left out is in no picture: no text, no value.
        assert!(!svg.contains("sys") && !svg.contains("end<"), "{}: {said}", chart.name());
        let numbers = match chart.name() {
            "highlight" | "methods" | "tokens" | "perturbation" | "ledger" | "vectors" => {
                ["outside: 38 % of the row's Σ|value|"].as_slice()
            }
            "scatter" => &["outside: 38 % of the row's Σ|value|", "outside: 60 % of the locked row's"],
            "minimap" => &["38 % outside", "60 % outside"],
            "long-output" | "input-focused" | "profile" | "interactions" | "segments" | "convergence" => {
                &["outside, of each output's Σ|value|: 38 % to 60 %"]
            }
            _ => &["38 %", "60 %"],
        };
        // A narrow picture has no room for all of it.
        let narrow = chart.name() == "scatter";
        let said = if narrow { said + " · " + &scene.description } else { said };
        for number in numbers {
            assert!(said.contains(number), "{}: {number} in {said}", chart.name());
        }
        // And where all is shown nothing is said of it.
        assert_eq!(chart.draw(one, &some(0..4)).unwrap(), whole, "{}", chart.name());
        assert!(!texts(&whole.to_svg()).join(" ").contains("outside"), "{}", chart.name());
    }
}

/// The scale is that of what is shown, and nothing is scaled anew.
#[test]
fn values_stay_as_they_are() {
    let record = small();
    let table = |options: &Options| Tokens.text_of(&record, options);
    let shown = table(&some(1..3));
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(
        lines.contains(&vec!["2", "+8", "50", "%", "two"])
            && lines.contains(&vec!["1", "−2", "12", "%", "one"]),
        "{shown}"
    );
    assert!(shown.contains("shown: inputs 1 to 2 of 4; outside: 38 % of the row's Σ|value|"), "{shown}");
    // 10 of 16.
    assert!(shown.contains("these 2 hold 62\u{a0}% of the row"), "{shown}");
    // Of the second output, whose own table counts the earlier output where it stands in the whole.
    let second = table(&Options { hover: Some(1.into()), ..some(1..3) });
    let lines: Vec<Vec<&str>> = second.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines.contains(&vec!["4", "+3", "15", "%", "A"]), "{second}");
    let scene = Highlight::new(&record).inputs(1..3).scene().unwrap();
    assert!(
        scene.description.contains("the largest value, 8, is that of “two” (token 2)"),
        "{}",
        scene.description
    );
    let ends = texts(&scene.to_svg());
    assert!(
        ends.iter().any(|text| text.contains('8')) && !ends.iter().any(|text| text.contains("11")),
        "{ends:?}"
    );
}

trait TextOf {
    fn text_of(&self, record: &Record, options: &Options) -> String;
}

impl TextOf for Tokens {
    fn text_of(&self, record: &Record, options: &Options) -> String {
        chart("tokens").unwrap().text(std::slice::from_ref(record), options).unwrap().unwrap()
    }
}

#[test]
fn a_part_of_the_prompt_is_one_cell() {
    let record = small();
    let fold = Options { fold: vec!["user".into()], ..Options::default() };
    let why = chart("interactions").unwrap().draw(std::slice::from_ref(&record), &fold).unwrap_err();
    assert!(matches!(why, Error::Lacks { .. }) && why.is_usage(), "{why}");
    for chart in of_folds() {
        let options = Options { fold: vec!["user".into()], ..Options::default() };
        let scene = chart.draw(std::slice::from_ref(&record), &options).unwrap();
        check(&scene);
        let said = texts(&scene.to_svg()).join(" · ");
        // Charts of cells alone have no names of inputs, and what replaced a token of a part did not replace the part.
        if !["long-output", "profile", "convergence", "perturbation"].contains(&chart.name())
            || said.contains("user")
        {
            assert!(said.contains("[user, 2 tokens]"), "{}: {said}", chart.name());
        }
        assert!(!said.contains("outside"), "{}: {said}", chart.name());
    }
    let folded = Tokens::new(&record).hover(0).fold("user").to_text().unwrap();
    let lines: Vec<Vec<&str>> = folded.lines().map(|line| line.split_whitespace().collect()).collect();
    // −2 + 8, and the tokens after it keep their positions.
    assert!(lines.contains(&vec!["1", "+6", "50", "%", "[user,", "2", "tokens]"]), "{folded}");
    assert!(lines.contains(&vec!["3", "0", "0", "%", "end"]), "{folded}");
    let both = Tokens::new(&record).hover(0).fold("user").fold("template").inputs(1..4).to_text().unwrap();
    assert!(
        both.contains("[template, 1 token]") && both.contains("shown: inputs 1 to 3 of 4; outside: 38 %"),
        "{both}"
    );
}

#[test]
fn positions_are_the_records_own() {
    let record = small();
    let one = std::slice::from_ref(&record);
    let frames = |options: &Options| -> Vec<Scene> {
        of_folds().map(|chart| chart.draw(one, options).unwrap()).collect()
    };
    // Token 2 of the record is the second that is shown; in the folded record it is in the same cell as token 1.
    let marked = frames(&Options { token: Some(2), ..some(1..3) });
    let part = record.with_inputs(1..3).unwrap();
    let at = |record: &Record, token: usize| -> Vec<Scene> {
        let options = Options { token: Some(token), ..Options::default() };
        of_folds().map(|chart| chart.draw(std::slice::from_ref(record), &options).unwrap()).collect()
    };
    assert_eq!(marked, at(&part, 1));
    let folded = record.fold("user").unwrap();
    for (token, cell) in [(0, 0), (1, 1), (2, 1), (3, 2)] {
        let options = Options { token: Some(token), fold: vec!["user".into()], ..Options::default() };
        assert_eq!(frames(&options), at(&folded, cell), "{token}");
    }
    // Outputs are counted as ever.
    for chart in charts() {
        let options = Options { inputs: Some(1..3), ..state(Some(1), Some(0)) };
        assert!(chart.draw(one, &options).is_ok());
    }
}

#[test]
fn what_is_not_there_is_refused() {
    let record = small();
    let one = std::slice::from_ref(&record);
    for chart in charts() {
        let refused = |options: &Options| chart.draw(one, options).unwrap_err();
        for inputs in [0..5, 4..6, 2..2] {
            let why = refused(&some(inputs.clone()));
            assert!(why.is_usage());
            let expected = format!(
                "inputs {}-{} are not among the record's 4; write FROM-TO within 0-4, TO left out",
                inputs.start, inputs.end
            );
            assert_eq!(why.to_string(), expected);
        }
        let token = |token| refused(&Options { token: Some(token), ..some(1..3) }).to_string();
        assert_eq!(token(0), "token is 0, and must be one of the inputs that are shown, 1 to 2");
        assert_eq!(token(4), "token 4 is outside the record, which has 4 input tokens (numbers from 0)");
        let fold = Options { fold: vec!["question".into()], ..Options::default() };
        assert_eq!(refused(&fold).to_string(), "unknown part \"question\"; there are: template, user");
        let plain = run_30();
        let fold = Options { fold: vec!["user".into()], ..Options::default() };
        let why = chart.draw(std::slice::from_ref(&plain), &fold).unwrap_err().to_string();
        assert!(why.contains("no parts") && why.contains("chat template"), "{why}");
        // A fold may leave a token in different places of several records.
        let mut other = small();
        let parts = vec![Part::new("template", 0..5), Part::new("user", 5..9), Part::new("template", 9..17)];
        other.prompt = Some(Prompt::new(false).with_template("chat").with_text(5..11).with_parts(parts));
        let fold = Options { fold: vec!["user".into()], token: Some(3), ..Options::default() };
        let why = chart.draw(&[small(), other], &fold).unwrap_err().to_string();
        assert_eq!(
            why,
            "token 3 is not in the same place of every record; choose one with `Options::record`"
        );
        let two = [small(), small()];
        let why = chart.draw(&two, &some(2..9)).unwrap_err().to_string();
        assert!(why.starts_with("record 0: inputs 2-9"), "{why}");
        // A record that is not drawn is not looked at.
        let mixed = [plain, small()];
        let fold = if chart.name() == "interactions" { Options::default() } else { fold };
        assert!(chart.draw(&mixed, &Options { record: Some(1), ..fold }).is_ok());
    }
}

#[test]
fn several_records_are_cut_alike_or_say_that_they_are_not() {
    let (a, b) = (small(), small());
    let several = charts().iter().filter(|chart| chart.takes_several());
    for chart in several {
        let scene = chart.draw(&[a.clone(), b.clone()], &some(1..3)).unwrap();
        assert!(texts(&scene.to_svg()).join(" ").contains("shown: inputs 1 to 2 of 4"));
        assert!(scene.description.contains("are shown in panel 1; outside lie"), "{}", scene.description);
        let mixed = chart.draw(&[a.with_inputs(1..3).unwrap(), b.clone()], &Options::default()).unwrap();
        assert!(texts(&mixed.to_svg()).join(" ").contains("shown: some of the inputs, by panel"));
    }
    // Folded differently, a token has no one place.
    let mut other = small();
    other.prompt.as_mut().unwrap().parts = vec![Part::new("user", 0..13)];
    let options = Options { token: Some(3), fold: vec!["user".into()], ..Options::default() };
    let why = chart("tall-multiple").unwrap().draw(&[a, other], &options).unwrap_err().to_string();
    assert!(why.contains("in the same place of every record"), "{why}");
}

/// No output, a row of nothing, a row that is not finite, one input.
#[test]
fn what_has_no_share_is_drawn_too() {
    let tokens = small().tokens[..4].to_vec();
    let none = Record::new(tokens, Vec::new()).unwrap();
    let mut odd = small();
    odd.attributions[0] = vec![Some(0.0); 4];
    odd.attributions[1][0] = Some(f64::NAN);
    for chart in charts() {
        for (record, says) in [(&none, ""), (&odd, "–")] {
            if chart.lacks(record).is_some() {
                assert_eq!((chart.name(), record.n_output()), ("interactions", 0));
                continue;
            }
            let scene = chart.draw(std::slice::from_ref(record), &some(1..2)).unwrap();
            check(&scene);
            let said = texts(&scene.to_svg()).join(" · ");
            assert!(said.contains("shown: input 1 of 4") && said.contains(says), "{}: {said}", chart.name());
        }
    }
}

#[test]
fn a_width_is_kept() {
    let record = run_30();
    for chart in charts() {
        for width in [1100.0, 1400.0] {
            let options = Options { width: Some(width), ..some(20..60) };
            let scene = chart.draw(std::slice::from_ref(&record), &options).unwrap();
            assert!((scene.width - width).abs() < 1.0, "{}: {}", chart.name(), scene.width);
        }
    }
}

#[test]
fn the_page_holds_what_is_shown() {
    let record = small();
    let page = Page::new(&record).every_chart().options(some(1..3)).to_html().unwrap();
    assert!(!page.contains("sys>") && page.contains("\"positions\":[1,2,4,5]"), "{page}");
    // 6 of 16 and 12 of 20 lie outside.
    assert!(page.contains("\"inside\":[0.625,0.4]"), "{page}");
    let figure = Figure::new(Highlight, &record).fold("user").to_html().unwrap();
    assert!(figure.contains("[user, 2 tokens]") && !figure.contains("\"inside\""));
}

#[test]
fn one_output_has_one_share_outside() {
    let kind = |i: usize| if i < 3 { Kind::Input } else { Kind::Output };
    let tokens = ["a", " b", " c", " d"].iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i)));
    let record = Record::new(tokens.collect(), vec![vec![Some(1.0), Some(2.0), Some(1.0)]]).unwrap();
    let scene = draw("segments", &record, &Options { inputs: Some(0..1), ..Options::default() });
    assert!(scene.description.contains("Σ|value|: 75 %"), "{}", scene.description);
    assert!(!scene.description.contains("75 % to"), "{}", scene.description);
}
