//! The row in hand in a sentence. The script says the same of every other row (`script/words.js`).

use crate::page::escape::escaped;
use crate::values::number::{percent, times};
use crate::values::rows::Rows;

/// A sentence in pieces; some are set off.
pub(crate) struct Sentence(Vec<(String, bool)>);

impl Sentence {
    /// What the hovered row drew most on.
    pub(crate) fn of(rows: &Rows<'_>) -> Self {
        let Some(row) = rows.hover() else {
            return Self(vec![("The record holds no output.".to_owned(), false)]);
        };
        let mut columns: Vec<(usize, f64)> =
            (0..rows.length(row)).filter_map(|i| Some((i, rows.shown(row, i).number()?))).filter(|(_, x)| *x > 0.0).collect();
        columns.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        columns.truncate(3);
        let mut said = vec![(rows.label(row), true), (" drew most on ".to_owned(), false)];
        for (i, (column, share)) in columns.iter().enumerate() {
            if i > 0 {
                said.push((if i + 1 == columns.len() { " and " } else { ", " }.to_owned(), false));
            }
            said.push((rows.label_of(*column), true));
            let even = if i == 0 { format!(", {} an even share", times(share * rows.length(row) as f64)) } else { String::new() };
            said.push((format!(" ({}{even})", percent(*share)), false));
        }
        said.push((".".to_owned(), false));
        Self(said)
    }

    /// As plain text.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|(piece, _)| piece.as_str()).collect()
    }

    /// As HTML.
    pub(crate) fn html(&self) -> String {
        let piece = |(piece, bold): &(String, bool)| {
            let piece = escaped(piece);
            if *bold { format!("<b>{piece}</b>") } else { piece }
        };
        self.0.iter().map(piece).collect()
    }
}
