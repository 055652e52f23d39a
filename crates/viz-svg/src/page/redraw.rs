//! What the page's script is told of the groups that it redraws.

use crate::layout::axis::Form;
use crate::redraw::{Boxes, Part, Place, Redraw, Unfolding};
use crate::scene::{Anchor, Rect, Text};
use serde_json::{Map, Value, json};

/// What the script is told of a group.
pub(crate) fn part(redraw: &Redraw) -> Value {
    let mut part = Map::new();
    let mut set = |name: &str, value: Value| part.insert(name.to_owned(), value);
    set("at", json!([number(redraw.at.0), number(redraw.at.1)]));
    if let Some(panel) = redraw.panel {
        set("panel", json!(panel));
    }
    match &redraw.part {
        Part::Tokens(boxes) => {
            set("kind", json!("tokens"));
            for (name, on) in [("ground", boxes.ground), ("bold", boxes.bold)] {
                if on {
                    set(name, json!(1));
                }
            }
            texts_in_boxes(boxes, &mut set);
        }
        Part::Grid { cell, gap, free, turned, on_panel } => {
            set("kind", json!("grid"));
            set("cell", json!([cell.0, cell.1]));
            set("gap", number(*gap));
            set("free", number(*free));
            set("turned", json!(turned));
            set("panelled", json!(on_panel));
        }
        Part::Thumbnails { boxes, places } => {
            set("kind", json!("thumbnails"));
            set("boxes", tokens(boxes));
            let place = |r: &Rect| json!([number(r.x), number(r.y), number(r.width), number(r.height)]);
            set("places", places.iter().map(place).collect());
        }
        Part::ScatterPlot { plot, axis, titles } => {
            set("kind", json!("pair"));
            set("plot", json!([number(plot.x), number(plot.y), number(plot.width)]));
            let form = match axis.form {
                Form::Root => "root",
                Form::SignedRoot => "signed",
                Form::Linear => "linear",
                Form::FromZero => "zero",
            };
            set("form", json!(form));
            set("reach", json!(axis.reach));
            let tick = |(at, text): &(f64, String)| json!([(at * 1e4).round() / 1e4, text]);
            set("ticks", axis.ticks.iter().map(tick).collect());
            set("titles", json!(titles));
        }
        Part::Marks => {
            set("kind", json!("marks"));
        }
        Part::Places { places, by_tokens } => {
            set("kind", json!("places"));
            set("boxes", places.iter().map(place).collect());
            if *by_tokens {
                set("grain", json!("tokens"));
            }
        }
        Part::Rows(Unfolding { rows, label, text, boxes }) => {
            set("kind", json!("rows"));
            let row = |(row, top, height): &(Option<usize>, f64, f64)| {
                json!([row.map_or(-1, |row| row as i64), number(*top), number(*height)])
            };
            set("rows", rows.iter().map(row).collect());
            set("label", json!([number(label.0), number(label.1)]));
            set("text", json!([number(text.0), number(text.1), number(text.2)]));
            texts_in_boxes(boxes, &mut set);
        }
    }
    Value::Object(part)
}

fn texts_in_boxes(boxes: &Boxes, set: &mut impl FnMut(&str, Value) -> Option<Value>) {
    set("size", number(boxes.size));
    set("boxes", tokens(&boxes.places));
    set("texts", boxes.texts.iter().map(|(token, text)| written(*token, text)).collect());
}

fn place(place: &Place) -> Value {
    let r = place.rect;
    let mut written = vec![json!(place.token), number(r.x), number(r.y), number(r.width), number(r.height)];
    written.extend(place.replacement.as_ref().map(|name| json!(name)));
    Value::Array(written)
}

fn tokens(boxes: &[(usize, Rect)]) -> Value {
    let boxed = |(token, r): &(usize, Rect)| {
        json!([token, number(r.x), number(r.y), number(r.width), number(r.height)])
    };
    boxes.iter().map(boxed).collect()
}

fn written(token: usize, text: &Text) -> Value {
    let mut written =
        vec![json!(token), number(text.x), number(text.y), number(text.width), json!(text.text)];
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => written.push(json!("middle")),
        Anchor::End => written.push(json!("end")),
    }
    Value::Array(written)
}

/// A place, in hundredths.
fn number(x: f64) -> Value {
    let hundredths = (x * 100.0).round() as i64;
    if hundredths % 100 == 0 { json!(hundredths / 100) } else { json!(hundredths as f64 / 100.0) }
}
