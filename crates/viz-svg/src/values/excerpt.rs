//! What a chart says of a record that holds only some of another's inputs: which, and how much of each row lies
//! outside.

use crate::values::rows::Rows;
use saliency_schema::{Excerpt, Record};
use std::fmt::Write as _;

/// Rows beyond which a description says the least and the most instead of each.
const EACH: usize = 100;

/// The excerpt that a record is, where inputs are left out.
fn part(record: &Record) -> Option<&Excerpt> {
    record.excerpt.as_ref().filter(|excerpt| excerpt.is_part())
}

/// Which inputs are shown, of how many; positions are those of the whole record. `None` where all are.
pub(crate) fn inputs(record: &Record) -> Option<String> {
    part(record).map(|Excerpt { inputs: [from, to], of, .. }| match to - from {
        1 => format!("input {from} of {of}"),
        _ => format!("inputs {from} to {} of {of}", to.saturating_sub(1)),
    })
}

/// The same of several records.
pub(crate) fn inputs_of_all(records: &[Record]) -> Option<String> {
    let first = inputs(records.first()?);
    if records.iter().all(|record| inputs(record) == first) {
        first.map(|inputs| format!("shown: {inputs}"))
    } else {
        Some("shown: some of the inputs, by panel".to_owned())
    }
}

/// How much of a row's Σ|value| lies on inputs that are not shown, where some are not.
pub(crate) fn outside(record: &Record, row: usize) -> Option<String> {
    part(record).map(|excerpt| percent(excerpt.outside.get(row).copied().flatten()))
}

/// The same of the hovered row, and of the locked one, for a chart of them: a line each.
pub(crate) fn outside_of_shown(rows: &Rows<'_>) -> Vec<String> {
    let own = rows.hover.and_then(|row| outside(rows.record, row));
    let locked = rows.lock.and_then(|lock| outside(rows.record, lock));
    let own = own.map(|share| format!("outside: {share} of the row's Σ|value|"));
    let locked = locked.map(|share| format!("outside: {share} of the locked row's"));
    own.into_iter().chain(locked).collect()
}

/// The least and the most that lies outside, over all rows.
pub(crate) fn outside_of_all(record: &Record) -> Option<String> {
    let known = part(record)?.outside.iter().flatten().copied();
    let (least, most) = known.fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    if least > most {
        return Some(percent(None));
    }
    let [least, most] = [least, most].map(|share| percent(Some(share)));
    Some(if least == most { least } else { format!("{least} to {most}") })
}

/// What is shown, and how much of each row lies outside, for who does not see it.
pub(crate) fn in_words(records: &[Record]) -> String {
    let several = records.len() > 1;
    let mut said = String::new();
    for (panel, record) in records.iter().enumerate() {
        let Some(inputs) = inputs(record) else { continue };
        let of = if several { format!(" in panel {panel}") } else { String::new() };
        let n_output = record.n_output();
        let shares = if n_output > EACH {
            outside_of_all(record).unwrap_or_default()
        } else {
            (0..n_output).filter_map(|row| outside(record, row)).collect::<Vec<_>>().join(", ")
        };
        let _ = write!(
            said,
            " Only {inputs} are shown{of}; outside lie, of each output's sum of |value|: {shares}."
        );
    }
    said
}

/// A share in whole percent; what is not quite nothing or all is not rounded to it.
fn percent(share: Option<f64>) -> String {
    match share {
        None => "–".to_owned(),
        Some(x) if x > 0.0 && x < 0.01 => "< 1 %".to_owned(),
        Some(x) if x < 1.0 && x > 0.99 => "> 99 %".to_owned(),
        Some(x) => format!("{:.0} %", 100.0 * x),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_little_is_not_nothing_and_nearly_all_is_not_all() {
        let spelled =
            [None, Some(0.0), Some(1e-9), Some(0.006), Some(0.375), Some(0.99), Some(0.9999), Some(1.0)]
                .map(percent);
        assert_eq!(spelled, ["–", "0 %", "< 1 %", "< 1 %", "38 %", "99 %", "> 99 %", "100 %"]);
    }
}
