//! The row in hand in a sentence. The script says the same of every other row (`script/words.js`).

use crate::page::escape::marked_up;
use crate::paint::scale::Value;
use crate::values::explained;
use crate::values::kind::Unit;
use crate::values::number::{percent, times};
use crate::values::rows::Rows;

/// Words that are named.
const MOST: usize = 3;

/// A sentence in pieces; some are set off.
pub(crate) struct Sentence {
    pieces: Vec<(String, bool)>,
    /// What the row's columns are: `word`, `token`.
    unit: &'static str,
}

impl Sentence {
    /// What the hovered row drew most on, or where it differs most from the locked one.
    pub(crate) fn of(rows: &Rows<'_>, unit: &'static str) -> Self {
        let mut said = Self { pieces: Vec::new(), unit };
        let Some(row) = rows.hover() else {
            said.say("The record holds no output.");
            return said;
        };
        let (up, down) = most(rows, row);
        let name = rows.label(row);
        let after = match rows.unit() {
            Unit::Relative => " the median at that distance".to_owned(),
            _ if rows.after_number().is_empty() => String::new(),
            _ => format!(" {}", rows.after_number()),
        };
        if rows.compares() {
            said.name(&name);
            said.say(" drew more than ");
            said.name(&locked(rows));
            let of = if rows.unit() == Unit::Share { " of the row" } else { &*after };
            if !up.is_empty() {
                said.say(" on ");
                said.list(rows, &up, |rows, column, first| {
                    rows.spelled(rows.shown(row, column)) + if first { of } else { "" }
                });
            }
            if !down.is_empty() {
                said.say(if up.is_empty() { " on nothing, less on " } else { "; less on " });
                said.list(rows, &down, |rows, column, _| rows.spelled(rows.shown(row, column)));
            }
            said.say(".");
            return said;
        }
        if up.is_empty() && down.is_empty() {
            said.name(&name);
            said.say(" drew on nothing that can be shown.");
            return said;
        }
        let plain = |rows: &Rows<'_>, column: usize, first: bool| {
            rows.spelled(rows.shown(row, column)) + if first { &*after } else { "" }
        };
        if rows.unit() == Unit::Relative {
            said.say("Against distance, ");
            said.name(&name);
            said.say(" drew most on ");
            said.list(rows, &up, plain);
            said.say(".");
            return said;
        }
        let later: f64 = (rows.n_input()..rows.length(row)).filter_map(|token| rows.share(row, token)).sum();
        said.name(&name);
        if rows.unit() == Unit::Share {
            said.say(" drew most on ");
            said.list(rows, &up, |rows, column, first| {
                let even = rows.even(row, column).filter(|_| first);
                let even = even.map(|even| format!(", {} an even share", times(even))).unwrap_or_default();
                rows.spelled(rows.shown(row, column)) + &even
            });
            said.say(&if later > 0.0 {
                format!("; {} went to earlier outputs.", percent(later))
            } else {
                ".".to_owned()
            });
            return said;
        }
        if !up.is_empty() {
            said.say(" was raised most by ");
            said.list(rows, &up, plain);
        }
        if !down.is_empty() {
            said.say(if up.is_empty() { " was lowered most by " } else { ", lowered most by " });
            said.list(rows, &down, |rows, column, first| plain(rows, column, first && up.is_empty()));
        }
        said.say(&if later > 0.0 {
            format!("; {} of Σ|value| went to earlier outputs.", percent(later))
        } else {
            ".".to_owned()
        });
        said
    }

    fn say(&mut self, text: &str) {
        self.pieces.push((text.to_owned(), false));
    }

    fn name(&mut self, name: &str) {
        // A name that is a sign alone stands in quotes.
        let named = name.chars().any(char::is_alphanumeric);
        self.pieces.push((if named { name.to_owned() } else { format!("“{name}”") }, true));
    }

    /// Words with what stands behind each, and how many of the row's words back they are.
    fn list(
        &mut self,
        rows: &Rows<'_>,
        columns: &[usize],
        behind: impl Fn(&Rows<'_>, usize, bool) -> String,
    ) {
        for (i, &column) in columns.iter().enumerate() {
            if i > 0 {
                self.say(if i + 1 == columns.len() { " and " } else { ", " });
            }
            self.name(&rows.label_of(column));
            let back = rows.n_input() + rows.hover().unwrap_or(0) - column;
            let unit = match (i, back) {
                (0, 1) => format!(" {}", self.unit),
                (0, _) => format!(" {}s", self.unit),
                _ => String::new(),
            };
            self.say(&format!(" ({}, {back}{unit} back)", behind(rows, column, i == 0)));
        }
    }

    /// As plain text.
    pub(crate) fn text(&self) -> String {
        self.pieces.iter().map(|(piece, _)| piece.as_str()).collect()
    }

    /// As HTML.
    pub(crate) fn html(&self) -> String {
        let piece = |(piece, bold): &(String, bool)| {
            let piece = marked_up(piece);
            if *bold { format!("<b>{piece}</b>") } else { piece }
        };
        self.pieces.iter().map(piece).collect()
    }
}

/// The columns that show the most above 0, and the most below; against distance, the most of all.
fn most(rows: &Rows<'_>, row: usize) -> (Vec<usize>, Vec<usize>) {
    let relative = rows.unit() == Unit::Relative && !rows.compares();
    let number = |column: usize| match rows.shown(row, column) {
        Value::Relative { log2, .. } => Some(log2),
        value => value.number(),
    };
    let numbers =
        (0..rows.length(row)).filter_map(|column| Some((column, number(column).filter(|x| x.is_finite())?)));
    let (mut up, mut down): (Vec<_>, Vec<_>) =
        numbers.filter(|(_, x)| *x != 0.0 || relative).partition(|(_, x)| *x > 0.0 || relative);
    for side in [&mut up, &mut down] {
        side.sort_by(|a, b| {
            if relative { b.1.total_cmp(&a.1) } else { b.1.abs().total_cmp(&a.1.abs()) }.then(a.0.cmp(&b.0))
        });
        side.truncate(MOST);
    }
    let columns = |side: Vec<(usize, f64)>| side.into_iter().map(|(column, _)| column).collect();
    (columns(up), columns(down))
}

/// The locked row's name.
fn locked(rows: &Rows<'_>) -> String {
    match (rows.lock(), rows.foreign) {
        (Some(row), _) => rows.label(row),
        (None, Some(foreign)) => explained::row(foreign.record, foreign.row),
        (None, None) => String::new(),
    }
}
