//! `ledger`: where its cells are, which numbers it says, whether they add up, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, expected_plain, gather, group, notebook, paint_at, run_30, state, texts};
use saliency_schema::{Kind, Method, Output, Record, Target, Token};
use saliency_viz_svg::{Chart, Error, Item, Ledger, Options, Page, Palette, Rect, Scene, Theme, ToHtml};

/// Two layers of three heads and two outputs: 7.1 and 1, of which the second one's parts leave 0.5.
fn record() -> Record {
    let texts = ["Mars", " is", " red", ".", " Venus"];
    let kind = |i: usize| if i < 3 { Kind::Input } else { Kind::Output };
    let tokens = texts.iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i)));
    let rows = vec![vec![Some(1.0), Some(-0.5), Some(2.0)], vec![Some(0.5); 4]];
    let record = Record::new(tokens.collect(), rows).unwrap();
    let list = |numbers: &[f64]| numbers.iter().copied().map(Some).collect::<Vec<_>>();
    let heads = |numbers: [[f64; 3]; 2]| numbers.iter().map(|layer| list(layer)).collect();
    // 1 + 2 − 3 + 0.25 = 0.25 and 4 + 0 + 0.5 + 0 = 4.5; 0.75, 0.1 and 1.5 besides.
    let first = saliency_schema::Ledger::new(heads([[1.0, 2.0, -3.0], [4.0, 0.0, 0.5]]))
        .with_feed_forward(list(&[0.25, 0.0]))
        .with_attention_bias(list(&[0.0, 0.0]))
        .with_token(0.75)
        .with_position(0.1)
        .with_bias(1.5);
    let second = saliency_schema::Ledger::new(heads([[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]))
        .with_feed_forward(list(&[0.0, 0.0]))
        .with_attention_bias(list(&[0.0, 0.0]))
        .with_token(0.0)
        .with_position(0.0)
        .with_bias(0.0);
    let output = |token, value, ledger| Output::new(token).with_value(value).with_ledger(ledger);
    let outputs = vec![output(3, 7.1, first), output(4, 1.0, second)];
    record.with_target(Target::new("logit")).with_signed(true).with_normalize("none").with_outputs(outputs)
}

fn cells(items: &[Item]) -> Vec<Rect> {
    let mut cells: Vec<Rect> = Vec::new();
    for item in items {
        if let Item::Cells { cells: found, .. } = item {
            cells.extend(found);
        }
    }
    cells.sort_by(|a, b| (a.y, a.x).partial_cmp(&(b.y, b.x)).unwrap());
    cells
}

/// The texts of a group, each with its place.
fn said(scene: &Scene, name: &str) -> Vec<String> {
    let mut texts = Vec::new();
    gather(group(scene, name), &mut texts);
    texts.into_iter().map(|text| text.text).collect()
}

#[test]
fn a_cell_is_where_layer_and_head_meet() {
    let scene = draw("ledger", &record(), &state(Some(0), None));
    check(&scene);
    let found = cells(group(&scene, "parts"));
    // Three heads of 22 and a feed-forward part in each of two lines of 18; no layer's attention has a bias.
    assert_eq!(found.len(), 2 * 4);
    let (left, top) = (found[0].x, found[0].y);
    for layer in 0..2 {
        for (column, x) in [0.0, 22.0, 44.0, 72.0].into_iter().enumerate() {
            let cell = found[layer * 4 + column];
            assert!(
                (cell.x - left - x).abs() < 1e-9 && (cell.y - top - 18.0 * layer as f64).abs() < 1e-9,
                "{cell:?}"
            );
        }
    }
    // The .99 quantile of eight parts and two biases of 0 is the largest: 4.
    let paint =
        |x: f64, layer: f64| paint_at(group(&scene, "parts"), left + x, top + 18.0 * layer + 8.0).unwrap();
    for (x, layer, value) in
        [(10.0, 0.0, 1.0), (54.0, 0.0, -3.0), (10.0, 1.0, 4.0), (32.0, 1.0, 0.0), (85.0, 0.0, 0.25)]
    {
        assert_eq!(paint(x, layer), expected_plain(value, 4.0, None, Palette::Puor), "{value}");
    }
}

#[test]
fn lines_are_layers_and_add_up() {
    let scene = draw("ledger", &record(), &state(Some(0), None));
    assert_eq!(
        said(&scene, "lines"),
        [
            "heads 0–2",
            "FF",
            "token",
            "+0.75",
            "position",
            "+0.1",
            "layer 0",
            "+0.25",
            "layer 1",
            "+4.5",
            "last biases",
            "+1.5",
            "together",
            "+7.1"
        ]
    );
    // Bars from the middle, the longest 90: 0.75, 0.1, 0.25, 4.5 and 1.5 of 4.5.
    let lengths: Vec<f64> = cells(group(&scene, "bars")).iter().map(|bar| bar.width).collect();
    for (found, expected) in lengths.iter().zip([15.0, 2.0, 5.0, 90.0, 30.0]) {
        assert!((found - expected).abs() < 1e-9, "{lengths:?}");
    }
    assert_eq!(lengths.len(), 5);
    let caption = said(&scene, "caption").join(" ");
    for words in [
        "All parts together: +7.1 logits; the output's: +7.1 logits.",
        "The largest: head 0 of layer 1: +4 logits; head 2 of layer 0: −3 logits; head 1 of layer 0: +2 logits.",
    ] {
        assert!(caption.contains(words), "{words}: {caption}");
    }
    assert_eq!(scene.title, "Parts of the model: What “.” (output 0) looked at");
    assert!(scene.description.contains("2 layers of 3 heads"), "{}", scene.description);
    // What is not accounted for is said.
    let second = draw("ledger", &record(), &state(Some(1), None));
    check(&second);
    let lines = said(&second, "lines");
    assert_eq!(lines[2..], ["layer 0", "+0.5", "layer 1", "0", "the rest", "+0.5", "together", "+1"]);
    let caption = said(&second, "caption").join(" ");
    assert!(caption.contains("All parts together: +0.5 logits; the output's: +1 logits."), "{caption}");
    // As the notebook spells numbers.
    assert!(
        said(&draw("ledger", &record(), &notebook(state(Some(0), None))), "lines")
            .contains(&"4.5".to_owned())
    );
}

/// The same two outputs with sums from three layers, none of which is known of the second one's last.
fn layered() -> Record {
    let mut record = record();
    let list = |numbers: &[f64]| numbers.iter().copied().map(Some).collect::<Vec<_>>();
    for (output, sums) in record.outputs.iter_mut().zip([&[1.0, -4.0, 0.5][..], &[0.5, 1.0]]) {
        output.ledger = None;
        output.by_layer = list(sums);
    }
    record.outputs[1].by_layer.push(None);
    let mut method = Method::new("layer-gradient-x-activation");
    method.parameters.insert("layer".to_owned(), 1.into());
    record.method = Some(method);
    record
}

#[test]
fn sums_by_layer_are_bars_that_do_not_add_up() {
    let scene = draw("ledger", &layered(), &state(Some(0), None));
    check(&scene);
    let lines = said(&scene, "lines");
    assert_eq!(lines, ["layer 0", "+1", "layer 1", "−4", "layer 2", "+0.5"]);
    // From the middle, the longest 90: 1, −4 and 0.5 of 4.
    let bars = cells(group(&scene, "bars"));
    let middle = bars[0].x;
    let ends: Vec<f64> =
        bars.iter().map(|bar| bar.width.copysign(bar.x + bar.width / 2.0 - middle)).collect();
    for (found, expected) in ends.iter().zip([22.5, -90.0, 11.25]) {
        assert!((found - expected).abs() < 1e-9, "{ends:?}");
    }
    let caption = said(&scene, "caption").join(" ");
    for words in [
        "from the residual stream before each layer (layer 2: what the last norm reads)",
        "so they don't add up.",
        "The largest: layer 1: −4 logits; layer 0: +1 logits; layer 2: +0.5 logits.",
    ] {
        assert!(caption.contains(words), "{words}: {caption}");
    }
    assert!(!caption.contains("together:"), "{caption}");
    let heading = said(&scene, "heading").join(" ");
    assert!(
        heading.contains("layer-gradient-x-activation gives each token from layer 1, bold above"),
        "{heading}"
    );
    let mut found = Vec::new();
    gather(group(&scene, "lines"), &mut found);
    assert_eq!(
        found.iter().filter(|text| text.bold).map(|text| &*text.text).collect::<Vec<_>>(),
        ["layer 1", "−4"]
    );
    assert_eq!(scene.title, "Layers of the model: What “.” (output 0) looked at");
    // Against the other output, where both are known.
    let scene = draw("ledger", &layered(), &state(Some(0), Some(1)));
    check(&scene);
    assert_eq!(said(&scene, "lines")[..4], ["layer 0", "+0.5", "layer 1", "−5"]);
    assert_eq!(cells(group(&scene, "bars")).len(), 2);
    let mut other = layered();
    other.outputs[1].by_layer.pop();
    let scene = draw("ledger", &other, &state(Some(0), Some(1)));
    assert!(said(&scene, "caption").contains(&"These outputs have no parts to compare.".to_owned()));
}

#[test]
fn a_lock_compares_part_by_part() {
    let scene = draw("ledger", &record(), &state(Some(0), Some(1)));
    check(&scene);
    // 0.25 − 0.5 and 4.5; 7.1 − 1.
    let lines = said(&scene, "lines");
    for (name, number) in
        [("layer 0", "−0.25"), ("layer 1", "+4.5"), ("the rest", "−0.5"), ("together", "+6.1")]
    {
        let at = lines.iter().position(|line| line == name).unwrap();
        assert_eq!(lines[at + 1], number, "{name}");
    }
    let mut other = record();
    other.outputs[1].ledger = Some(saliency_schema::Ledger::new(vec![vec![Some(1.0)]]));
    let scene = draw("ledger", &other, &state(Some(0), Some(1)));
    assert!(said(&scene, "caption").contains(&"These outputs have no parts to compare.".to_owned()));
    other.outputs[1].ledger = None;
    let scene = draw("ledger", &other, &state(Some(1), None));
    assert!(said(&scene, "caption").contains(&"This output has no parts.".to_owned()));
    check(&scene);
}

#[test]
fn the_head_whose_row_the_text_shows_is_framed() {
    let with = |layer: Option<usize>, head: Option<usize>| {
        let mut method = Method::new("direct-logit");
        for (name, number) in [("layer", layer), ("head", head)] {
            number.map(|number| method.parameters.insert(name.to_owned(), number.into()));
        }
        let scene = draw("ledger", &record().with_method(method), &state(Some(0), None));
        check(&scene);
        let frame = group(&scene, "parts").iter().find_map(|item| match item {
            Item::Frame { rect, .. } => Some(*rect),
            _ => None,
        });
        let first = cells(group(&scene, "parts"))[0];
        let frame = frame.map(|rect| [rect.x - first.x, rect.y - first.y, rect.width, rect.height]);
        (frame, said(&scene, "heading").join(" "))
    };
    let (none, heading) = with(None, None);
    assert_eq!((none, &*heading), (None, "The text: what direct-logit says each token gave."));
    let (one, heading) = with(Some(1), Some(2));
    assert_eq!(one, Some([43.0, 17.0, 23.0, 19.0]));
    assert_eq!(heading, "The text: what head 2 of layer 1, framed above, brought from each token.");
    assert_eq!(with(Some(0), None).0, Some([-1.0, -1.0, 67.0, 19.0]));
    assert_eq!(with(None, Some(0)).0, Some([-1.0, -1.0, 23.0, 37.0]));
    // A record may say anything of itself.
    assert_eq!((with(Some(7), None).0, with(None, Some(9)).0), (None, None));
}

#[test]
fn large_models_and_odd_numbers_are_drawn() {
    let odd = [Some(f64::NAN), Some(f64::INFINITY), None, Some(f64::NEG_INFINITY), Some(0.5)];
    for (layers, heads) in [(1, 1), (2, 5), (96, 128), (400, 2), (3, 0), (0, 0)] {
        let number = |layer: usize, head: usize| odd[(3 * layer + head) % 5];
        let all = (0..layers).map(|layer| (0..heads).map(|head| number(layer, head)).collect()).collect();
        let mut record = record();
        let ledger = saliency_schema::Ledger::new(all).with_token(f64::NAN).with_bias(1e300);
        record.outputs[0].ledger = Some(ledger.with_feed_forward(vec![None; layers]));
        for theme in Theme::ALL {
            check(&draw("ledger", &record, &Options { theme, ..state(Some(0), None) }));
        }
    }
}

#[test]
fn records_without_parts_are_told_which_command_makes_them() {
    let mut plain = run_30();
    plain.outputs.clear();
    let error = Ledger::new(&plain).to_svg().unwrap_err();
    assert!(error.is_usage() && matches!(error, Error::Lacks { chart: "ledger", .. }));
    assert_eq!(
        error.to_string(),
        "ledger: the record does not say what the model's parts add; `saliency attribute --method direct-logit --target logit` \
         makes one that does, and so does alti-logit"
    );
    let pages = [&plain, &record()].map(|record| Page::new(record).every_chart().to_html().unwrap());
    assert_eq!(pages.map(|page| page.contains("What each attention head (cells)")), [false, true]);
    assert!(Ledger.lacks(&plain).is_some() && Ledger.lacks(&record()).is_none());
    assert!(texts(&Ledger::new(&record()).to_svg().unwrap()).iter().any(|text| text == "parts"));
}
