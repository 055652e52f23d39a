//! A table of words against columns of bars: one output in several records.

use crate::options::State;
use crate::paint::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, visible};
use crate::values::explained;
use crate::values::kind::Unit;
use crate::values::rows::Rows;
use saliency_schema::{Kind, Record, labels};

const SIZE: f64 = 11.0;
const ROW: f64 = 20.0;
/// Two lines of heads, and each further one.
const HEADS: f64 = 34.0;
const HEAD: f64 = 15.0;
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
    /// What heads each column, in as many lines as the others.
    heads: Vec<Vec<String>>,
    /// How many words the output has read, and how many of the strongest are shown.
    all: usize,
    strongest: usize,
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
        let (words, heads) = ((0..all).collect(), heads(rows, state));
        let mut table = Self { rows, scales, state, words, partners, heads, all, strongest: 0, token };
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
        table.strongest = words.len();
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
        let (shown, all) = (self.strongest, self.all);
        let marked = self.words.get(shown).map(|word| format!(", and “{}”", visible(&self.name(*word))));
        let marked = marked.unwrap_or_default();
        let bars = self.what_bars_are();
        format!("The {shown} strongest of {all} words that the output has read{marked}. Bars: {bars}.")
    }

    /// What both sides of a column mean.
    fn what_bars_are(&self) -> String {
        if let Some(locked) = self.rows.iter().find_map(Rows::locked_name) {
            return format!(
                "to the right what got more than for {}, to the left what got less",
                visible(&locked)
            );
        }
        if self.rows.iter().any(|rows| rows.unit() == Unit::Relative) {
            return "to the right what got more than is usual at its distance (1×), to the left what got less".to_owned();
        }
        let is_signed =
            |column: &usize| self.rows[*column].is_signed() && self.scales[*column].palette.is_diverging();
        let unsigned: Vec<String> = (0..self.rows.len())
            .filter(|column| !is_signed(column))
            .map(|column| column.to_string())
            .collect();
        if unsigned.len() == self.rows.len() {
            return "how much, without a sign".to_owned();
        }
        let is_contrast = self.rows.iter().all(|rows| !heading(rows, self.state)[1].is_empty());
        let sides = if is_contrast {
            "to the right what speaks for the token above it, to the left what speaks for its rival"
        } else {
            "to the right what raises the value, to the left what lowers it"
        };
        match &unsigned[..] {
            [] => sides.to_owned(),
            [one] => format!("{sides}; in panel {one} how much, without a sign"),
            several => format!("{sides}; in panels {} how much, without a sign", several.join(", ")),
        }
    }

    /// How high the heads are.
    fn top(&self) -> f64 {
        HEADS + HEAD * self.heads.first().map_or(0, Vec::len).saturating_sub(2) as f64
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
        let mut items = vec![Text::new("word", 0.0, self.top() - 8.0, SIZE, theme.muted()).into()];
        for (column, lines) in self.heads.iter().enumerate() {
            for (line, said) in lines.iter().enumerate() {
                let said = text(said, left(column), 11.0 + HEAD * line as f64, each);
                items.push(if line == 0 { said.bold().into() } else { said.into() });
            }
        }
        items.push(Item::Line {
            from: (0.0, self.top() - 2.0),
            to: (right, self.top() - 2.0),
            color: theme.muted(),
            width: 1.0,
        });
        for (line, &word) in self.words.iter().enumerate() {
            let top = self.top() + line as f64 * ROW;
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
        let bottom = self.top() + self.words.len() as f64 * ROW;
        for column in 0..self.rows.len() {
            let zero = self.zero(column, left(column), each - NUMBER);
            let (from, to) = ((zero, self.top() + 2.0), (zero, bottom));
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
            let head: Vec<&str> =
                self.heads[column].iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
            let head = head.join(" ");
            let number = self.rows[column].spelled(self.value(column, word));
            Some(format!("{head}: most from “{}”, {number}", self.name(word)))
        };
        let said: Vec<_> = (0..self.rows.len()).filter_map(strongest).collect();
        if said.is_empty() {
            "There is nothing to compare.".to_owned()
        } else {
            format!("{}.", said.join("; "))
        }
    }
}

/// What a record explains, in two lines.
fn heading(rows: &Rows<'_>, state: State) -> [String; 2] {
    if state.output < rows.n_output() {
        explained::heading(rows.record, state.output)
    } else {
        ["no such output".to_owned(), String::new()]
    }
}

/// What heads each column; where two are alike, the number and the method of each as well.
fn heads(rows: &[Rows<'_>], state: State) -> Vec<Vec<String>> {
    let headings: Vec<[String; 2]> = rows.iter().map(|rows| heading(rows, state)).collect();
    let are_alike = (1..rows.len()).any(|column| headings[..column].contains(&headings[column]));
    let no_rivals = headings.iter().all(|[_, other]| other.is_empty());
    let names = if are_alike {
        labels(&rows.iter().map(|rows| rows.record.clone()).collect::<Vec<Record>>())
    } else {
        vec![String::new(); rows.len()]
    };
    let lines = |(column, ([own, other], name)): (usize, ([String; 2], String))| {
        let name = format!("{column} {}", visible(&name));
        match (are_alike, no_rivals) {
            (true, true) => vec![own, name],
            (true, false) => vec![own, other, name],
            (false, _) => vec![own, other],
        }
    };
    headings.into_iter().zip(names).enumerate().map(lines).collect()
}
