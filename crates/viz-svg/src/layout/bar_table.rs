//! A table of words against columns of bars: one output in several records.

use crate::options::State;
use crate::paint::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::explained;
use crate::values::rows::Rows;
use saliency_schema::Kind;

const SIZE: f64 = 11.0;
const ROW: f64 = 20.0;
/// Two lines of heads.
const HEADS: f64 = 34.0;
/// The words' column.
const WORDS: f64 = 150.0;
/// A column's width, at its widest and at its narrowest, with the number at its end.
const WIDEST: f64 = 190.0;
const NARROWEST: f64 = 104.0;
const NUMBER: f64 = 58.0;
const GAP: f64 = 10.0;

/// A row for each word, a column for each record.
pub(crate) struct BarTable<'a> {
    rows: &'a [Rows<'a>],
    scales: &'a [&'a Scale],
    state: State,
    /// The words, by token of the hovered record, the strongest first.
    words: Vec<usize>,
    /// Of each record, the counterparts of the hovered record's tokens.
    partners: Vec<Vec<Option<usize>>>,
    /// How many words the output has read.
    all: usize,
    token: Option<usize>,
}

impl<'a> BarTable<'a> {
    pub(crate) fn new(
        rows: &'a [Rows<'a>],
        scales: &'a [&'a Scale],
        state: State,
        top: usize,
        token: Option<usize>,
    ) -> Self {
        let hovered = &rows[state.panel];
        let partners: Vec<_> =
            rows.iter().map(|other| hovered.record.align(other.record).partners().to_vec()).collect();
        let all = hovered.length(state.output);
        let mut table = Self { rows, scales, state, words: (0..all).collect(), partners, all, token };
        // In units of each column's scale, so that columns of different units can be ranked together.
        let size = |word: &usize| {
            let sizes = (0..rows.len()).filter_map(|column| {
                let x = table.value(column, *word).number().filter(|x| !x.is_nan())?;
                Some(x.abs() / scales[column].end.abs().max(f64::MIN_POSITIVE))
            });
            sizes.fold(f64::NEG_INFINITY, f64::max)
        };
        let mut ranked: Vec<(usize, f64)> = table.words.iter().map(|word| (*word, size(word))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut words: Vec<usize> = ranked.into_iter().map(|(word, _)| word).take(top).collect();
        if let Some(token) = token.filter(|token| *token < all && !words.contains(token)) {
            words.push(token);
        }
        table.words = words;
        table
    }

    /// What a record shows at one of the hovered record's tokens.
    fn value(&self, column: usize, word: usize) -> Value {
        let rows = &self.rows[column];
        let token = self.partners[column].get(word).copied().flatten();
        match token.filter(|_| self.state.output < rows.n_output()) {
            Some(token) if token < rows.length(self.state.output) => rows.shown(self.state.output, token),
            _ => Value::NotComparable,
        }
    }

    /// The same as a reader sees it. A share relative to distance says where the value is negative.
    fn number(&self, column: usize, word: usize) -> String {
        let (rows, value) = (&self.rows[column], self.value(column, word));
        let token = self.partners[column].get(word).copied().flatten();
        let hidden =
            value.number().is_some() && token.is_some_and(|token| rows.hides_sign(self.state.output, token));
        rows.spelled(value) + if hidden { " (−)" } else { "" }
    }

    /// How wide it is drawn where there is room.
    pub(crate) fn width(&self) -> f64 {
        WORDS + self.rows.len() as f64 * (WIDEST + GAP)
    }

    /// The least width that it needs.
    pub(crate) fn least(&self) -> f64 {
        WORDS + self.rows.len() as f64 * (NARROWEST + GAP)
    }

    /// What the table holds.
    pub(crate) fn caption(&self) -> String {
        let (shown, all) = (self.words.len(), self.all);
        let signed = self.scales.iter().any(|scale| scale.palette.is_diverging());
        let bars = match (signed, self.is_contrast()) {
            (true, true) => {
                "to the right what speaks for the token above it, to the left what speaks for its rival"
            }
            (true, false) => "to the right what raises the value, to the left what lowers it",
            (false, _) => "how much, without a sign",
        };
        format!("The {shown} strongest of {all} words that the output has read. Bars: {bars}.")
    }

    /// Whether every column has a rival.
    fn is_contrast(&self) -> bool {
        self.rows.iter().all(|rows| !self.heading(rows)[1].is_empty())
    }

    fn heading(&self, rows: &Rows<'_>) -> [String; 2] {
        if self.state.output < rows.n_output() {
            explained::heading(rows.record, self.state.output)
        } else {
            ["no such output".to_owned(), String::new()]
        }
    }

    pub(crate) fn items(&self, width: f64) -> Vec<Item> {
        let theme = self.scales[0].theme;
        let text = |text: &str, x: f64, y: f64, room: f64| {
            let text = font::fitted(text, SIZE, room);
            Text::new(text, x, y, SIZE, theme.ink())
        };
        let each = ((width - WORDS) / self.rows.len() as f64 - GAP).min(WIDEST);
        let left = |column: usize| WORDS + column as f64 * (each + GAP);
        let right = left(self.rows.len()) - GAP;
        let mut items = vec![Text::new("word", 0.0, HEADS - 8.0, SIZE, theme.muted()).into()];
        for (column, rows) in self.rows.iter().enumerate() {
            let [own, other] = self.heading(rows);
            items.push(text(&own, left(column), 11.0, each).bold().into());
            items.push(text(&other, left(column), HEADS - 8.0, each).into());
        }
        items.push(Item::Line {
            from: (0.0, HEADS - 2.0),
            to: (right, HEADS - 2.0),
            color: theme.muted(),
            width: 1.0,
        });
        for (line, &word) in self.words.iter().enumerate() {
            let top = HEADS + line as f64 * ROW;
            items.push(text(&self.name(word), 0.0, top + 14.0, WORDS - GAP).into());
            for column in 0..self.rows.len() {
                let cell = Rect::new(left(column), top + 4.0, each - NUMBER, ROW - 8.0);
                items.push(self.bar(column, word, cell));
                let number = font::fitted(&self.number(column, word), SIZE, NUMBER - 4.0);
                let number = Text::new(number, left(column) + each, top + 14.0, SIZE, theme.ink());
                items.push(number.anchored(Anchor::End).into());
            }
            if self.token == Some(word) {
                let rect = Rect::new(-4.0, top + 1.0, WORDS - GAP + 4.0, ROW - 2.0);
                items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
            }
        }
        let bottom = HEADS + self.words.len() as f64 * ROW;
        for column in 0..self.rows.len() {
            let zero = self.zero(column, left(column), each - NUMBER);
            let (from, to) = ((zero, HEADS + 2.0), (zero, bottom));
            items.push(Item::Line { from, to, color: theme.muted(), width: 1.0 });
        }
        items
    }

    /// Where a column's zero is.
    fn zero(&self, column: usize, left: f64, room: f64) -> f64 {
        if self.scales[column].palette.is_diverging() { left + room / 2.0 } else { left }
    }

    /// A value as a bar in its cell; what is no number fills the cell with its pattern.
    fn bar(&self, column: usize, word: usize, cell: Rect) -> Item {
        let (scale, value) = (self.scales[column], self.value(column, word));
        let zero = self.zero(column, cell.x, cell.width);
        let side = if scale.palette.is_diverging() { cell.width / 2.0 } else { cell.width };
        let rect = match value.number() {
            Some(x) if x.is_finite() => {
                let length = (side * (x.abs() / self.longest(column)).min(1.0)).max(0.5);
                Rect::new(
                    if x < 0.0 && side < cell.width { zero - length } else { zero },
                    cell.y,
                    length,
                    cell.height,
                )
            }
            _ => cell,
        };
        Item::Cells { paint: scale.paint(value), cells: vec![rect] }
    }

    /// The longest bar's value: of all columns that share a column's scale.
    fn longest(&self, column: usize) -> f64 {
        let alike =
            (0..self.rows.len()).filter(|other| std::ptr::eq(self.scales[*other], self.scales[column]));
        let values = alike.flat_map(|column| self.words.iter().map(move |word| self.value(column, *word)));
        let finite = values.filter_map(Value::number).filter(|x| x.is_finite()).map(f64::abs);
        finite.fold(f64::MIN_POSITIVE, f64::max)
    }

    fn name(&self, word: usize) -> String {
        let hovered = &self.rows[self.state.panel];
        let label = hovered.label_of(word);
        if hovered.record.tokens[word].kind == Kind::Output { format!("{label} (output)") } else { label }
    }

    /// The strongest word of each column, in a sentence.
    pub(crate) fn in_words(&self) -> String {
        let strongest = |column: usize| {
            let size = |word: &usize| {
                Some((*word, self.value(column, *word).number().filter(|x| x.is_finite())?.abs()))
            };
            let (word, _) =
                self.words.iter().filter_map(size).reduce(|a, b| if b.1 > a.1 { b } else { a })?;
            let [own, other] = self.heading(&self.rows[column]);
            let other = if other.is_empty() { other } else { format!(" {other}") };
            let number = self.rows[column].spelled(self.value(column, word));
            Some(format!("{own}{other}: most from “{}”, {number}", self.name(word)))
        };
        let said: Vec<_> = (0..self.rows.len()).filter_map(strongest).collect();
        if said.is_empty() {
            "There is nothing to compare.".to_owned()
        } else {
            format!("{}.", said.join("; "))
        }
    }
}
