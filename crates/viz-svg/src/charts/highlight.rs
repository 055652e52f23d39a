//! `highlight`: the text, with one output's attributions as its background.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::cells::Cells;
use crate::layout::sheet::{MARGIN, Sheet};
use crate::options::Options;
use crate::options::States;
use crate::options::one;
use crate::paint::color::Color;
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::redraw::{Boxes, Part};
use crate::scene::{Item, Rect, Scene};
use crate::text::paragraph::Paragraph;
use crate::values::rows::Rows;
use saliency_schema::Record;

const WIDTH: f64 = 640.0;
const PADDING: f64 = 12.0;
const SIZE: f64 = 13.0;
const LINE: f64 = 22.0;

/// The paragraph and its continuation, coloured by one output's attributions to the tokens before it.
///
/// `hover` chooses the output (the first by default); `lock` alone chooses and marks it; both together show
/// hovered − locked. Tokens after the output are in muted ink.
#[derive(Debug, Clone, Copy, Default)]
pub struct Highlight;

impl Chart for Highlight {
    fn name(&self) -> &'static str {
        "highlight"
    }

    fn summary(&self) -> &'static str {
        "the text, coloured by what one output took from each token before it"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        // A lock alone chooses the output; only both together compare.
        let hover = states.hover.or(states.lock).or((record.n_output() > 0).then_some(0));
        let lock = states.lock.filter(|_| states.hover.is_some());
        let chosen = Rows::of(record, States::new(hover, lock));
        // One scale for every output, so that pictures of two outputs can be compared.
        let scale = Scale::of(chosen.all_shown(), chosen.is_signed(), options)?;
        let mut sheet = Sheet::of_row(&chosen, &scale, options, chosen.title());
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * MARGIN);
        let text = text(&chosen, &scale, &states, options, width);
        let words = chosen.hover.map(|row| chosen.in_words(&[row]));
        sheet.redrawn_group("paragraph", words, text, (0.0, 0.0), || redraw(record, width));
        Ok(sheet.scene(sentence(&chosen)))
    }
}

fn text(rows: &Rows<'_>, scale: &Scale, states: &States, options: &Options, width: f64) -> Vec<Item> {
    let (record, theme) = (rows.record, scale.theme);
    let paragraph = Paragraph::set(&record.tokens, width - 2.0 * PADDING, SIZE, LINE);
    let paint = |token: usize| {
        let row = rows.hover.filter(|row| token < rows.length(*row))?;
        Some(scale.paint(rows.shown(row, token)))
    };
    let n_input = rows.n_input();
    let output_token = |row: Option<usize>| row.map(|row| n_input + row);
    let pieces = paragraph.pieces(PADDING, PADDING);
    let mut cells = Cells::default();
    for piece in &pieces {
        if let Some(paint) = paint(piece.token) {
            cells.add(paint, piece.rect);
        }
    }
    let panel = Rect::new(0.0, 0.0, width, paragraph.height() + 2.0 * PADDING);
    let mut items = vec![Item::filled(panel, theme.panel())];
    items.extend(cells.into_items());
    let ink = |token: usize| match paint(token) {
        Some(paint) => scale.backdrop(paint).ink(),
        None if Some(token) == output_token(rows.hover) => theme.ink(),
        None if token >= n_input => theme.muted(),
        None => theme.ink(),
    };
    items.extend(paragraph.runs(PADDING, PADDING, ink).into_iter().map(Item::from));
    let mut frame = |token: Option<usize>, color: Color, width: f64| {
        for piece in pieces.iter().filter(|p| Some(p.token) == token) {
            let rect = Rect { y: piece.rect.y + 1.0, height: LINE - 2.0, ..piece.rect };
            items.push(Item::Frame { rect, color, width });
        }
    };
    frame(output_token(rows.hover.filter(|row| states.lock != Some(*row))), theme.mark(), 1.5);
    frame(output_token(states.lock), theme.ink(), 2.5);
    frame(options.token, theme.mark(), 2.5);
    // A rule where the input ends and the outputs begin.
    if let Some(first) = pieces.iter().find(|p| p.token == n_input) {
        let (x, y) = (first.rect.x, first.rect.y);
        items.push(Item::Line { from: (x, y), to: (x, y + LINE), color: theme.mark(), width: 2.0 });
    }
    items
}

/// How a page redraws the text.
fn redraw(record: &Record, width: f64) -> Redraw {
    let paragraph = Paragraph::set(&record.tokens, width - 2.0 * PADDING, SIZE, LINE);
    let pieces = paragraph.pieces(PADDING, PADDING);
    let n_input = record.n_input();
    let first = pieces.iter().find(|piece| piece.token == n_input);
    let boxes = Boxes {
        size: SIZE,
        later: true,
        rule: first.map(|piece| piece.rect),
        area: Some((width, paragraph.height() + 2.0 * PADDING)),
        places: pieces.iter().map(|piece| (piece.token, piece.rect)).collect(),
        texts: paragraph.runs_of_tokens(PADDING, PADDING),
        ..Boxes::default()
    };
    Redraw::of(0, Part::Tokens(boxes))
}

fn sentence(rows: &Rows<'_>) -> String {
    let (n_input, n_output) = (rows.n_input(), rows.n_output());
    let counts = format!("A text of {n_input} input and {n_output} output tokens.");
    if rows.hover.is_none() {
        return counts;
    }
    let shown = rows.hovered().filter_map(|(i, value)| Some((i, value.number()?)));
    let largest = shown.filter(|(_, x)| x.is_finite()).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    match largest {
        Some((i, x)) => format!(
            "{counts} {}; the largest value, {}, is that of “{}” (token {}).",
            rows.title(),
            crate::values::number::short(x),
            rows.label_of(i),
            rows.record.position(i)
        ),
        None => format!("{counts} {}.", rows.title()),
    }
}
