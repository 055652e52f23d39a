//! The input text, coloured by the hovered row: what several charts begin with.

use crate::layout::cells::Cells;
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::redraw::{Boxes, Part};
use crate::scene::{Item, Rect};
use crate::text::paragraph::{Paragraph, Piece};
use crate::values::rows::Rows;

const PADDING: f64 = 10.0;
const SIZE: f64 = 12.0;

/// The input text in lines, on a panel.
pub(crate) struct InputText {
    paragraph: Paragraph,
    width: f64,
    line: f64,
}

impl InputText {
    /// The inputs of a record on a panel of some width.
    pub(crate) fn set(rows: &Rows<'_>, width: f64, line: f64) -> Self {
        let paragraph = Paragraph::set(rows.record.inputs(), width - 2.0 * PADDING, SIZE, line);
        Self { paragraph, width, line }
    }

    /// The panel's height.
    pub(crate) fn height(&self) -> f64 {
        self.paragraph.height() + 2.0 * PADDING
    }

    /// Width and height of the text alone.
    pub(crate) fn text_size(&self) -> (f64, f64) {
        (self.width - 2.0 * PADDING, self.paragraph.height())
    }

    /// Every token's stretches, from the text's own corner.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        self.paragraph.pieces(0.0, 0.0)
    }

    /// The text, coloured by the hovered row, from the panel's corner; the token under the pointer in a frame.
    pub(crate) fn colored(&self, rows: &Rows<'_>, scale: &Scale, token: Option<usize>) -> Vec<Item> {
        let theme = scale.theme;
        let panel = Rect::new(0.0, 0.0, self.width, self.height());
        let mut items = vec![Item::filled(panel, theme.panel())];
        let paint = |token: usize| rows.hover.map(|hover| scale.paint(rows.shown(hover, token)));
        let pieces = self.paragraph.pieces(PADDING, PADDING);
        let mut cells = Cells::default();
        for piece in &pieces {
            if let Some(paint) = paint(piece.token) {
                cells.add(paint, Rect { y: piece.rect.y + 2.0, height: self.line - 4.0, ..piece.rect });
            }
        }
        items.extend(cells.into_items());
        let ink = |token: usize| paint(token).map_or(theme.ink(), |paint| scale.backdrop(paint).ink());
        items.extend(self.paragraph.runs(PADDING, PADDING, ink).into_iter().map(Item::from));
        for piece in pieces.iter().filter(|p| Some(p.token) == token) {
            let rect = Rect { y: piece.rect.y + 1.0, height: self.line - 2.0, ..piece.rect };
            items.push(Item::Frame { rect, color: theme.mark(), width: 2.5 });
        }
        items
    }

    /// How a page redraws that, for the panels whose input it is.
    pub(crate) fn redraw(&self, only: Vec<usize>) -> Redraw {
        let boxed = |piece: Piece| {
            (piece.token, Rect { y: piece.rect.y + 2.0, height: self.line - 4.0, ..piece.rect })
        };
        Redraw::of_hovered(Part::Tokens(Boxes {
            size: SIZE,
            only,
            area: Some((self.width, self.height())),
            places: self.paragraph.pieces(PADDING, PADDING).into_iter().map(boxed).collect(),
            texts: self.paragraph.runs_of_tokens(PADDING, PADDING),
            ..Boxes::default()
        }))
    }
}
