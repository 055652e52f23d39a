//! Where the colours and frames of words lie in a paragraph.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{draw, group, run_30, state};
use saliency_schema::{Kind, Token};
use saliency_viz_svg::layout::{Paragraph, text_width};
use saliency_viz_svg::{Item, Options, Rect};

fn tokens(texts: &[&str]) -> Vec<Token> {
    texts.iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Input)).collect()
}

/// Each stretch's token, line, and columns: where it begins and how many it takes.
fn places(texts: &[&str], columns: usize) -> Vec<(usize, usize, usize, usize)> {
    let (size, line) = (12.0, 20.0);
    let column = text_width("x", size);
    let paragraph = Paragraph::set(&tokens(texts), (columns as f64 + 0.5) * column, size, line);
    let at = |x: f64| (x / column).round() as usize;
    let place = |token: usize, r: Rect| (token, (r.y / line) as usize, at(r.x), at(r.width));
    paragraph.pieces(0.0, 0.0).into_iter().map(|piece| place(piece.token, piece.rect)).collect()
}

#[test]
fn a_words_box_is_the_word_without_its_spaces() {
    // "The race" in 20 columns: the space between belongs to neither box.
    assert_eq!(places(&["The", " race"], 20), [(0, 0, 0, 3), (1, 0, 4, 4)]);
    // A space at a token's end is left out too; one inside it is part of it.
    assert_eq!(places(&["The ", "race to ", "Mars"], 20), [(0, 0, 0, 3), (1, 0, 4, 7), (2, 0, 12, 4)]);
    // A token of nothing but a space keeps its box: it has a value of its own.
    assert_eq!(places(&["a", " ", " b"], 20), [(0, 0, 0, 1), (1, 0, 1, 1), (2, 0, 3, 1)]);
}

#[test]
fn a_line_ends_between_tokens_and_leaves_no_empty_box_behind() {
    // Nine columns: " race" goes to the next line whole, its space stays and has no box.
    assert_eq!(places(&["The", " big", " race"], 9), [(0, 0, 0, 3), (1, 0, 4, 3), (2, 1, 0, 4)]);
    // Unicode allows a break after the hyphen, but it lies inside a token.
    assert_eq!(places(&["to", " head-on"], 9), [(0, 0, 0, 2), (1, 1, 0, 7)]);
    assert_eq!(places(&["to", " head-", "on"], 9), [(0, 0, 0, 2), (1, 0, 3, 5), (2, 1, 0, 2)]);
    // A sentence as one token breaks at its spaces: a box a line.
    assert_eq!(places(&["The race to Mars."], 8), [(0, 0, 0, 8), (0, 1, 0, 8)]);
    // What is longer than a line has to break: 12 letters in lines of 5.
    assert_eq!(places(&["a", " x-xxxxxxxxxx"], 5).iter().map(|p| p.3).sum::<usize>(), 1 + 12);
}

#[test]
fn paragraphs_of_charts_hold_the_outputs_too() {
    let record = run_30();
    for chart in ["highlight", "minimap", "tall-heatmap", "tall-multiple"] {
        let scene = draw(chart, &record, &Options { token: Some(60), ..state(Some(12), None) });
        let paragraph = group(&scene, "paragraph");
        let mut frames = 0;
        let mut text = String::new();
        for item in paragraph {
            match item {
                Item::Text(run) => text.extend([" ", &run.text]),
                Item::Frame { rect, .. } => {
                    assert!(rect.width > 5.0, "{chart}: an empty frame");
                    frames += 1;
                }
                _ => {}
            }
        }
        // The first and the last words of the continuation.
        assert!(text.contains("SpaceX") && text.ends_with("the"), "{chart}: {text}");
        // The row's own token, and the one under the pointer: one frame each, wherever the lines end.
        assert_eq!(frames, 2, "{chart}");
    }
}
