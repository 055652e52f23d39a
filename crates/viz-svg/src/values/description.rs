//! The values of rows in words, for readers who do not see their colours.

use crate::paint::scale::Value;
use crate::values::kind::Unit;
use crate::values::number::short;
use crate::values::rows::Rows;
use std::fmt::Write as _;

impl Rows<'_> {
    /// The values of some rows in words, for readers who do not see the colours: every value if there are at most
    /// 8,000, else each row's largest.
    pub fn in_words(&self, rows: &[usize]) -> String {
        let cells: usize = rows.iter().map(|&row| self.length(row)).sum();
        let what = match self.unit() {
            Unit::Relative => "Log₂ of share ÷ median share at that distance",
            Unit::Share => "Shares",
            _ => "Values",
        };
        if cells > 8_000 {
            return rows.iter().fold("Largest value of each row:".to_owned(), |mut text, &row| {
                let shown = (0..self.length(row)).map(|i| (i, self.shown(row, i)));
                let finite = shown.filter_map(|(i, value)| {
                    Some((i, value, value.number().filter(|x| x.is_finite())?.abs()))
                });
                if let Some((i, value, _)) = finite.max_by(|a, b| a.2.total_cmp(&b.2)) {
                    let (value, from) = (self.spelled(value), self.label_of(i));
                    let _ = write!(text, " {} {value} from {from};", self.label(row));
                }
                text
            });
        }
        let numbers = |row: usize| (0..self.length(row)).map(move |i| self.shown(row, i));
        let largest =
            rows.iter().flat_map(|&row| numbers(row)).filter_map(Value::number).filter(|x| x.is_finite());
        let largest = largest.fold(0.0, |m: f64, x| m.max(x.abs()));
        // Whole numbers of a unit of which the largest has 316 to 3,162: short, and all there.
        let exponent = if largest > 0.0 { largest.log10().round() as i32 - 3 } else { 0 };
        let mut text = format!("{what} of each row in token order, in units of 1e{exponent}.");
        if self.numbers.kept.is_some() {
            text += " A · is hidden by the rule.";
        }
        for &row in rows {
            let _ = write!(text, "\n{}:", self.label(row));
            for value in numbers(row) {
                text.push(' ');
                match value {
                    Value::Number(x) | Value::Relative { log2: x, .. } if x.is_finite() => {
                        // In two steps: 10^−exponent alone can leave the range.
                        let scaled = x / largest * (largest / 10_f64.powi(exponent));
                        let _ =
                            write!(text, "{}", if scaled.is_finite() { scaled.round() as i64 } else { 0 });
                    }
                    Value::Number(x) | Value::Relative { log2: x, .. } => text.push_str(&short(x)),
                    Value::Missing => text.push_str("missing"),
                    Value::NotComparable => text.push('-'),
                    Value::Hidden => text.push('·'),
                }
            }
        }
        text
    }
}
