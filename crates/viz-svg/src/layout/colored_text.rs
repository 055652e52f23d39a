//! A record's text on a panel, coloured by the hovered row: what many charts begin with.

use crate::layout::cells::Cells;
use crate::layout::sheet;
use crate::options::Options;
use crate::options::look::Look;
use crate::paint::color::Color;
use crate::paint::scale::{Paint, Scale};
use crate::redraw::Boxes;
use crate::scene::{Item, Rect};
use crate::text::paragraph::{Paragraph, Piece};
use crate::text::{font, visible};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// Around the text.
const PADDING: f64 = 10.0;
/// Between inputs and outputs that are set apart; a rule stands in its middle.
const BETWEEN: f64 = 12.0;

/// Which tokens are set, and how outputs follow inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// The inputs alone.
    Inputs,
    /// The inputs alone, each token's box with its spaces: as the notebook has it.
    Boxed,
    /// The inputs, and under a rule the outputs.
    Apart,
    /// One text, with a rule where the outputs begin.
    Running,
}

/// A record's text in lines, on a panel.
pub(crate) struct ColoredText {
    blocks: Vec<Block>,
    setting: Setting,
    n_input: usize,
    width: f64,
    size: f64,
    line: f64,
}

/// Some of the tokens, in lines.
struct Block {
    paragraph: Paragraph,
    /// The first token.
    first: usize,
    /// Where it begins, from the text's own corner.
    top: f64,
}

impl Setting {
    /// That of a chart which shows all rows.
    pub(crate) fn of(options: &Options) -> Self {
        if options.look == Look::Notebook { Self::Boxed } else { Self::Apart }
    }
}

/// What stands above a text: in the notebook's look and on a page what it is, or else which row its colours are.
pub(crate) fn heading(rows: &Rows<'_>, width: f64, options: &Options) -> String {
    match (options.look, options.for_page) {
        (Look::Notebook, _) => "Input".to_owned(),
        (Look::Plain, true) => "Text".to_owned(),
        (Look::Plain, false) => font::fitted(&visible(&rows.title()), sheet::HEADING, width),
    }
}

impl ColoredText {
    /// A record's text on a panel of some width, in letters of some size and lines of some height. Where an encoder
    /// read a source, the source is the text, and the target stands under a rule; the start token between them is no
    /// text.
    pub(crate) fn set(record: &Record, setting: Setting, width: f64, (size, line): (f64, f64)) -> Self {
        let n_input = record.n_input();
        let room = width - 2.0 * PADDING;
        let source = record.source();
        let shown = match (setting, source) {
            (_, Some(source)) => &record.tokens[..source],
            (Setting::Running, None) => &record.tokens,
            _ => record.inputs(),
        };
        let paragraph = Paragraph::set(shown, room, size, line);
        let paragraph = if setting == Setting::Boxed { paragraph.with_spaces() } else { paragraph };
        let mut blocks = vec![Block { paragraph, first: 0, top: 0.0 }];
        let apart = setting == Setting::Apart || setting == Setting::Running && source.is_some();
        if apart && record.n_output() > 0 {
            let top = blocks[0].paragraph.height() + BETWEEN;
            let first = source.map_or(n_input, |source| source + 1);
            let paragraph = Paragraph::continuing(&record.tokens[first..], room, size, line);
            blocks.push(Block { paragraph, first, top });
        }
        Self { blocks, setting, n_input, width, size, line }
    }

    /// The panel's height.
    pub(crate) fn height(&self) -> f64 {
        self.blocks.last().map_or(0.0, |last| last.top + last.paragraph.height()) + 2.0 * PADDING
    }

    /// Width and height of the inputs alone, or of the running text.
    pub(crate) fn text_size(&self) -> (f64, f64) {
        let height = if self.setting == Setting::Running {
            self.height() - 2.0 * PADDING
        } else {
            self.blocks[0].paragraph.height()
        };
        (self.width - 2.0 * PADDING, height)
    }

    /// Every stretch of the inputs, or of the running text, from the text's own corner.
    pub(crate) fn pieces_of_inputs(&self) -> Vec<Piece> {
        let blocks = if self.setting == Setting::Running { &self.blocks[..] } else { &self.blocks[..1] };
        Self::pieces_of(blocks, 0.0)
    }

    /// Every token's stretches, from the panel's corner.
    fn pieces(&self) -> Vec<Piece> {
        Self::pieces_of(&self.blocks, PADDING)
    }

    /// The stretches of some blocks, of which the first begins at that distance from the left and the top.
    fn pieces_of(blocks: &[Block], from: f64) -> Vec<Piece> {
        let of = |block: &Block| {
            let first = block.first;
            let pieces = block.paragraph.pieces(from, from + block.top).into_iter();
            pieces.map(move |piece| Piece { token: first + piece.token, ..piece })
        };
        blocks.iter().flat_map(of).collect()
    }

    /// Every token's boxes and letters, from the panel's corner, for a page that colours them.
    pub(crate) fn boxes(&self) -> Boxes {
        let mut boxes = Boxes { size: self.size, ..Boxes::default() };
        boxes.places = self.pieces().iter().map(|piece| (piece.token, self.ground(piece))).collect();
        for block in &self.blocks {
            let runs = block.paragraph.runs_of_tokens(PADDING, PADDING + block.top).into_iter();
            boxes.texts.extend(runs.map(|(token, text)| (block.first + token, text)));
        }
        boxes
    }

    /// A stretch's ground.
    fn ground(&self, piece: &Piece) -> Rect {
        Rect { y: piece.rect.y + 2.0, height: self.line - 4.0, ..piece.rect }
    }

    /// Where the outputs begin: a standing line in a running text, or a lying one between the two.
    fn rule(&self, pieces: &[Piece]) -> Option<Rect> {
        match (self.setting, self.blocks.get(1)) {
            (Setting::Running, None) => {
                let first = pieces.iter().find(|piece| piece.token == self.n_input)?;
                Some(Rect { width: 0.0, x: first.rect.x - 2.0, ..first.rect })
            }
            (_, Some(outputs)) => {
                let y = PADDING + outputs.top - BETWEEN / 2.0;
                Some(Rect::new(PADDING, y, self.width - 2.0 * PADDING, 0.0))
            }
            _ => None,
        }
    }

    /// The text, from the panel's corner, coloured by the hovered row; the tokens of the hovered and of the locked
    /// output and the one under the pointer in frames, and outputs after the hovered one in muted ink.
    pub(crate) fn items(&self, rows: &Rows<'_>, scale: &Scale, token: Option<usize>) -> Vec<Item> {
        let theme = scale.theme;
        let paint = |token: usize| -> Option<Paint> {
            let row = rows.hover.filter(|row| token < rows.length(*row))?;
            Some(scale.paint(rows.shown(row, token)))
        };
        let own = rows.hover.map(|row| self.n_input + row);
        let ink = |token: usize| match paint(token) {
            Some(paint) => scale.backdrop(paint).ink(),
            None if own.is_some_and(|own| token > own) => theme.muted(),
            None => theme.ink(),
        };
        self.drawn(rows, scale, token, paint, ink)
    }

    /// The same in muted ink, but for what the rule keeps of any row, which is bold; colours of nothing that is hidden.
    pub(crate) fn kept(&self, rows: &Rows<'_>, scale: &Scale, token: Option<usize>) -> Vec<Item> {
        let theme = scale.theme;
        let mut kept = vec![false; rows.record.tokens.len()];
        for row in 0..rows.n_output() {
            for (token, kept) in kept.iter_mut().enumerate().take(rows.length(row)) {
                *kept |= !rows.hides(row, token);
            }
        }
        let paint = |token: usize| -> Option<Paint> {
            let row = rows.hover.filter(|row| token < rows.length(*row) && !rows.hides(*row, token))?;
            Some(scale.paint(rows.shown(row, token)))
        };
        let ink = |token: usize| match paint(token) {
            Some(paint) => scale.backdrop(paint).ink(),
            None if kept[token] => theme.ink(),
            None => theme.muted(),
        };
        let items = self.drawn(rows, scale, token, paint, ink).into_iter();
        let bold = |item| match item {
            Item::Text(text) if text.color != theme.muted() => text.bold().into(),
            item => item,
        };
        items.map(bold).collect()
    }

    /// The text in some paints and inks.
    fn drawn(
        &self,
        rows: &Rows<'_>,
        scale: &Scale,
        token: Option<usize>,
        paint: impl Fn(usize) -> Option<Paint>,
        ink: impl Fn(usize) -> Color,
    ) -> Vec<Item> {
        let theme = scale.theme;
        let mut items = vec![Item::filled(Rect::new(0.0, 0.0, self.width, self.height()), theme.panel())];
        let pieces = self.pieces();
        let mut cells = Cells::default();
        for piece in &pieces {
            if let Some(paint) = paint(piece.token) {
                cells.add(paint, self.ground(piece));
            }
        }
        items.extend(cells.into_items());
        let hidden = |piece: &&Piece| {
            let row = rows.hover.filter(|row| piece.token < rows.length(*row));
            row.is_some_and(|row| rows.hides_sign(row, piece.token))
        };
        let ticks: Vec<Rect> = pieces.iter().filter(hidden).map(|piece| self.ground(piece).tick()).collect();
        if !ticks.is_empty() {
            items.push(Item::Cells { paint: Paint::Color(theme.ink()), cells: ticks });
        }
        let of_output = |row: Option<usize>| row.map(|row| self.n_input + row);
        for block in &self.blocks {
            let of_block = |token: usize| ink(block.first + token);
            let runs = block.paragraph.runs(PADDING, PADDING + block.top, of_block);
            items.extend(runs.into_iter().map(Item::from));
        }
        let mut frame = |token: Option<usize>, color: Color, width: f64| {
            for piece in pieces.iter().filter(|piece| Some(piece.token) == token) {
                let rect = Rect { y: piece.rect.y + 1.0, height: self.line - 2.0, ..piece.rect };
                items.push(Item::Frame { rect, color, width });
            }
        };
        frame(of_output(rows.hover.filter(|row| rows.lock != Some(*row))), scale.marks().0, 1.5);
        frame(of_output(rows.lock), scale.marks().1, 2.5);
        frame(token, theme.mark(), 2.5);
        if let Some(rule) = self.rule(&pieces) {
            let (from, to) = ((rule.x, rule.y), (rule.x + rule.width, rule.y + rule.height));
            let (color, width) = if rule.width > 0.0 { (theme.muted(), 1.0) } else { (theme.mark(), 2.0) };
            items.push(Item::Line { from, to, color, width });
        }
        items
    }
}
