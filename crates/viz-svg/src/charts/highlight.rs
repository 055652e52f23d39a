//! `highlight`: the text, with one output's attributions as its background.

use crate::cells::Cells;
use crate::legend::{Ends, Legend};
use crate::options::{States, one};
use crate::paragraph::Paragraph;
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Item, Rect, Scene};
use crate::{Chart, Color, Error, Options, Paint};
use saliency_schema::Record;

const MARGIN: f64 = 24.0;
const WIDTH: f64 = 640.0;
const PADDING: f64 = 12.0;
const SIZE: f64 = 13.0;
const LINE: f64 = 22.0;

/// The paragraph and its continuation, coloured by what one output took from each token before it.
///
/// `hover` chooses the output (the first by default); `lock` alone chooses and marks it; both together show
/// hovered − locked. Tokens that come later than the output are set in muted ink.
#[derive(Debug, Clone, Copy, Default)]
pub struct Highlight;

impl Chart for Highlight {
    fn name(&self) -> &'static str {
        "highlight"
    }

    fn summary(&self) -> &'static str {
        "the text, coloured by what one output took from each token before it"
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        // A lock alone chooses the output; only both together compare.
        let chosen = Rows {
            record,
            hover: states.hover.or(states.lock).or((record.n_output() > 0).then_some(0)),
            lock: states.lock.filter(|_| states.hover.is_some()),
            foreign: None,
        };
        let theme = options.theme;
        // One scale for every output, so that pictures of two outputs can be compared.
        let scale = Scale::of(chosen.all_shown(), chosen.is_signed(), options)?;
        let value = |token: usize| chosen.hover.map(|row| (chosen.shown(row, token), chosen.length(row)));
        let paint = |token: usize| match value(token) {
            Some((shown, length)) if token < length => Some(scale.paint(shown)),
            _ => None,
        };
        let paragraph = Paragraph::set(&record.tokens, WIDTH - 2.0 * PADDING, SIZE, LINE);
        let title = options.title.clone().unwrap_or_else(|| heading(&chosen));
        let output_token = |row: Option<usize>| row.map(|row| record.n_input() + row);

        let mut cells = Cells::default();
        let pieces = paragraph.pieces(0.0, 0.0);
        for piece in &pieces {
            if let Some(paint) = paint(piece.token) {
                cells.add(paint, piece.rect);
            }
        }
        let ends = ends(&chosen);
        let room = (MARGIN, MARGIN, WIDTH);
        let legend = Legend::new(room, &title, record, options, &scale, &ends, &cells.patterns());
        let (left, top) = (MARGIN + PADDING, MARGIN + legend.height + 12.0 + PADDING);

        let mut items = legend.items;
        let panel = Rect::new(MARGIN, top - PADDING, WIDTH, paragraph.height() + 2.0 * PADDING);
        let mut text: Vec<Item> =
            vec![Item::Cells { paint: Paint::Color(theme.panel()), cells: vec![panel] }];
        text.extend(cells.into_items().map(|item| item.moved(left, top)));
        let ink = |token: usize| match paint(token) {
            Some(paint) => scale.backdrop(paint).ink(),
            None if Some(token) == output_token(chosen.hover) => theme.ink(),
            None if token >= record.n_input() => theme.muted(),
            None => theme.ink(),
        };
        text.extend(paragraph.runs(left, top, ink).into_iter().map(Item::from));
        for (row, color, width) in frames(&states, &chosen, theme.ink(), theme.mark()) {
            for piece in pieces.iter().filter(|p| Some(p.token) == output_token(Some(row))) {
                let rect =
                    Rect::new(left + piece.rect.x, top + piece.rect.y + 1.0, piece.rect.width, LINE - 2.0);
                text.push(Item::Frame { rect, color, width });
            }
        }
        // A rule where the input ends and the outputs begin.
        if let Some(first) = pieces.iter().find(|p| p.token == record.n_input()) {
            let (x, y) = (left + first.rect.x, top + first.rect.y);
            text.push(Item::Line { from: (x, y), to: (x, y + LINE), color: theme.mark(), width: 2.0 });
        }
        let description = chosen.hover.map(|row| chosen.in_words(&[row]));
        items.push(Item::Group { name: "paragraph", description, items: text });
        Ok(Scene {
            width: WIDTH + 2.0 * MARGIN,
            height: panel.y + panel.height + MARGIN,
            description: sentence(&chosen),
            title,
            theme,
            items,
        })
    }
}

pub(super) fn heading(rows: &Rows<'_>) -> String {
    match (rows.hover, rows.lock) {
        (None, _) => "The record holds no output".to_owned(),
        (Some(row), None) => format!("What “{}” (output {row}) looked at", rows.label(row)),
        (Some(row), Some(lock)) => {
            format!("“{}” (output {row}) minus “{}” (output {lock})", rows.label(row), rows.label(lock))
        }
    }
}

/// What the colours mean.
pub(super) fn ends(rows: &Rows<'_>) -> Ends {
    match (rows.locked_name(), rows.record.signed) {
        (Some(locked), _) => {
            Ends { low: format!("more to the locked {locked}"), high: "more to the row itself".into() }
        }
        (None, Some(true)) => Ends { low: "lowers the target".into(), high: "raises the target".into() },
        (None, Some(false)) => Ends { low: "no attribution".into(), high: "most (the sign is lost)".into() },
        (None, None) => Ends { low: "least".into(), high: "most".into() },
    }
}

fn frames(states: &States, rows: &Rows<'_>, ink: Color, mark: Color) -> Vec<(usize, Color, f64)> {
    let hovered = rows.hover.filter(|row| states.lock != Some(*row)).map(|row| (row, mark, 1.5));
    hovered.into_iter().chain(states.lock.map(|row| (row, ink, 2.5))).collect()
}

fn sentence(rows: &Rows<'_>) -> String {
    let (n_input, n_output) = (rows.record.n_input(), rows.record.n_output());
    let counts = format!("A text of {n_input} input and {n_output} output tokens.");
    let Some(row) = rows.hover else { return counts };
    let shown = (0..rows.length(row)).filter_map(|i| Some((i, rows.shown(row, i).number()?)));
    let largest = shown.filter(|(_, x)| x.is_finite()).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    match largest {
        Some((i, x)) => format!(
            "{counts} {}; the largest value, {}, is that of “{}” (token {i}).",
            heading(rows),
            crate::number::short(x),
            crate::text::label(&rows.record.tokens[i])
        ),
        None => format!("{counts} {}.", heading(rows)),
    }
}
