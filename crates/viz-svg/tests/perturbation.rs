//! `perturbation`: where its dots are, which words it shows, and what it says of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, group, run_30, texts};
use saliency_schema::{Kind, Method, Output, Record, Replacement, Target, Token};
use saliency_viz_svg::{Error, Item, Options, Perturbation, Scene, chart};

/// Three inputs, of which two were replaced, and an output.
fn record() -> Record {
    let texts = [" Musk", " of", " Tesla", " said"];
    let token = |(i, text): (usize, &&str)| {
        Token::new(i as u32, *text, if i < 3 { Kind::Input } else { Kind::Output })
    };
    let tokens = texts.iter().enumerate().map(token).collect();
    let record = Record::new(tokens, vec![vec![Some(1.0), None, Some(-0.5)]]).unwrap();
    let mut method = Method::new("replacements");
    method.parameters.insert("replace_by".to_owned(), "likely:3".into());
    record
        .with_signed(true)
        .with_method(method)
        .with_target(Target::new("log-probability"))
        .with_outputs(vec![Output::new(3)])
        .with_replacements(vec![vec![
            Replacement::new(2, " Ford", 1.0).with_probability(0.25),
            Replacement::new(2, " Apple", 0.25),
            Replacement::new(0, " Gates", -4.0).with_continuation(" gave".to_owned()),
            Replacement::new(0, " Bezos", -1.0),
            Replacement::new(0, "", None),
        ]])
}

/// The places of all dots, from the left.
fn dots(scene: &Scene) -> Vec<(f64, f64)> {
    let places = group(scene, "strips").iter().filter_map(|item| match item {
        Item::Dots { places, .. } => Some(places.clone()),
        _ => None,
    });
    let mut places: Vec<_> = places.flatten().collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    // From the corner: the first word's cell is 5 below it.
    let cells = group(scene, "strips").iter().find_map(|item| match item {
        Item::Cells { cells, .. } => cells.first().copied(),
        _ => None,
    });
    let corner = cells.unwrap();
    places.into_iter().map(|(x, y)| (x - corner.x, y - corner.y + 5.0)).collect()
}

// 720 wide; dots between 226 and 624, with 0 at 425: 199 · √(|x| / 4) to either side.
#[test]
fn dots_are_at_the_signed_square_root_of_changes() {
    let scene = Perturbation::new(&record()).scene().unwrap();
    check(&scene);
    // The strip of the widest spread first, 30 high.
    let expected = [(226.0, 15.0), (325.5, 15.0), (474.75, 45.0), (524.5, 45.0)];
    for (found, expected) in dots(&scene).into_iter().zip(expected) {
        assert!((found.0 - expected.0).abs() < 1e-9 && (found.1 - expected.1).abs() < 1e-9, "{found:?}");
    }
    let said = texts(&scene.to_svg()).join(" · ");
    for words in [
        "“Musk” → “Gates”: −4 nats; goes on “gave”",
        "2 of 2 words, those with the widest spread first.",
        "1 texts could not be run.",
        "change of the target in nats (square-root axis)",
        "Apple",
        "Ford",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(scene.title, "Words replaced: What “said” (output 0) looked at");
}

#[test]
fn dots_near_each_other_stand_apart() {
    let mut record = record();
    record.replacements = vec![vec![Replacement::new(0, " a", 1.0); 3]];
    let found = dots(&Perturbation::new(&record).scene().unwrap());
    let mut heights: Vec<_> = found.iter().map(|place| place.1).collect();
    heights.sort_by(f64::total_cmp);
    assert_eq!(heights, [8.5, 15.0, 21.5]);
}

#[test]
fn the_caller_says_how_many_words_and_which_is_marked() {
    let record = record();
    assert_eq!(dots(&Perturbation::new(&record).top(1).scene().unwrap()).len(), 2);
    assert_eq!(dots(&Perturbation::new(&record).top(1).token(2).scene().unwrap()).len(), 4);
}

#[test]
fn the_table_has_every_replacement() {
    let text = chart("perturbation").unwrap().text(&[record()], &Options::default()).unwrap().unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains('→')).collect();
    assert_eq!(
        lines,
        [
            "“Musk” → “Bezos”: −1 nats",
            "“Musk” → “Gates”: −4 nats; goes on “gave”",
            "“Tesla” → “Ford” (25\u{a0}%): +1 nats",
            "“Tesla” → “Apple”: +0.25 nats",
        ]
    );
}

/// `am` of `Hiram` was replaced: it is no replacement of the word, nor of the sentence.
#[test]
fn what_replaced_a_fragment_is_said_of_the_fragment() {
    let texts = [" Hir", "am", " left.", " He"];
    let kind = |i: usize| if i < 3 { Kind::Input } else { Kind::Output };
    let tokens = texts.iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, kind(i))).collect();
    let record = Record::new(tokens, vec![vec![Some(1.0), Some(2.0), Some(3.0)]])
        .unwrap()
        .with_replacements(vec![vec![Replacement::new(1, "om", -1.0)]]);
    let scene = Perturbation::new(&record).scene().unwrap();
    check(&scene);
    let said = "“am” → “om”: −1";
    let largest = format!("1 word replaced, the largest change: {said}.");
    assert!(scene.description.contains(&largest), "{}", scene.description);
    let text = chart("perturbation").unwrap().text(std::slice::from_ref(&record), &Options::default());
    let text = text.unwrap().unwrap();
    assert!(text.lines().any(|line| line == said), "{text}");
    let grouped = record.regroup(&[0..3, 3..4], saliency_schema::Reduce::Sum).unwrap();
    let error = Perturbation::new(&grouped).scene().unwrap_err();
    assert!(error.to_string().contains("leave out --group"), "{error}");
}

#[test]
fn a_record_without_replacements_is_refused_with_the_command() {
    let mut without = run_30();
    without.replacements.clear();
    let error = Perturbation::new(&without).scene().unwrap_err();
    assert!(matches!(error, Error::Lacks { .. }));
    assert_eq!(
        error.to_string(),
        "perturbation: the record holds no replacements; `saliency perturb -o FILE` makes one that does, and so does \
         `saliency attribute --method replacements`"
    );
}
