//! The rows that charts show where the caller names none, and the row that is the most different from one.

use crate::error::Error;
use crate::options::States;
use crate::options::look::Look;
use crate::values::rows::Rows;

/// The states of a chart of these rows: what is asked for, and where no output is hovered, the resting one; where that
/// is the locked one, the row most different from it. The notebook's charts rest at the first output, or at the last
/// where the first is locked.
///
/// # Errors
/// A row that would be compared with itself.
pub(crate) fn states(rows: &Rows<'_>, asked: States, look: Look) -> Result<States, Error> {
    if look == Look::Notebook {
        let last = rows.n_output().checked_sub(1);
        let hover = if asked.lock == Some(0) { last } else { last.map(|_| 0) };
        return Ok(States { hover: asked.hover.or(hover), ..asked });
    }
    let hover = match asked {
        States { hover: Some(hover), .. } => Some(hover),
        States { lock: Some(lock), .. } => {
            row(rows).filter(|row| *row != lock).or_else(|| most_different(rows, lock)).or(Some(lock))
        }
        States { .. } => row(rows),
    };
    match asked.lock.filter(|lock| Some(*lock) == hover) {
        Some(lock) => Err(Error::Itself { row: rows.name(lock) }),
        None => Ok(States { hover, ..asked }),
    }
}

/// The states of a chart that sets two rows against each other: where none is locked, the row most different from the
/// hovered one is. The notebook's sets the last output against the first.
///
/// # Errors
/// As [`states`].
pub(crate) fn pair(rows: &Rows<'_>, asked: States, look: Look) -> Result<States, Error> {
    if look == Look::Notebook {
        let last = rows.n_output().checked_sub(1);
        return Ok(States { hover: asked.hover.or(last), lock: asked.lock.or(last.map(|_| 0)) });
    }
    let states = states(rows, asked, look)?;
    Ok(States { lock: states.lock.or_else(|| most_different(rows, states.hover?)), ..states })
}

/// The resting output: the row with the largest input cell against an even share of its row; the first of several. Of
/// outputs that hold a letter or a digit and are no marks such as `</s>`, if any is: what a line break drew on answers
/// no one's question.
pub(crate) fn row(rows: &Rows<'_>) -> Option<usize> {
    let says = |row: &usize| {
        let token = rows.record().tokens.get(rows.n_input() + row);
        let is_mark =
            |text: &str| text.starts_with('<') && text.ends_with('>') && !text.contains(char::is_whitespace);
        token.is_some_and(|token| token.text.contains(char::is_alphanumeric) && !is_mark(token.text.trim()))
    };
    strongest(rows, (0..rows.n_output()).filter(says)).or_else(|| strongest(rows, 0..rows.n_output()))
}

/// The row with the largest input cell against an even share of its row; the first of several.
fn strongest(rows: &Rows<'_>, among: impl Iterator<Item = usize>) -> Option<usize> {
    let largest = |row: usize| {
        let inputs = (0..rows.n_input().min(rows.length(row))).filter_map(|token| rows.even(row, token));
        inputs.fold(0.0, f64::max)
    };
    let (mut best, mut most) = (None, f64::NEG_INFINITY);
    for row in among {
        let own = largest(row);
        if own > most {
            (best, most) = (Some(row), own);
        }
    }
    best
}

/// The row most different from one: with the largest `½ Σ |difference of the shares|` over the inputs, where a share
/// of signed values keeps its sign; the first of several. `None` where there is no other.
pub(crate) fn most_different(rows: &Rows<'_>, from: usize) -> Option<usize> {
    let share = |row: usize, token: usize| rows.signed_share(row, token).unwrap_or(0.0);
    let difference = |row: usize| {
        let inputs = 0..rows.n_input();
        inputs.map(|token| (share(row, token) - share(from, token)).abs()).sum::<f64>() / 2.0
    };
    let (mut best, mut most) = (None, f64::NEG_INFINITY);
    for row in (0..rows.n_output()).filter(|row| *row != from) {
        let own = difference(row);
        if own > most {
            (best, most) = (Some(row), own);
        }
    }
    best
}
