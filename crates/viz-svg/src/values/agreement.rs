//! How far methods agree, as charts look it up.

use saliency_schema::scores::Score;
use saliency_schema::{Record, Scores, labels};

/// The mean over all texts of a measure of two methods' values or, unless `signed`, of their sizes.
pub(crate) fn pooled<'s>(
    scores: &'s Scores,
    measure: &str,
    (a, b): (usize, usize),
    signed: bool,
) -> Option<&'s Score> {
    scores.agreement.iter().find(|score| {
        let pair = (score.method, score.other);
        score.measure == measure
            && score.signed == Some(signed)
            && score.text.is_none()
            && (pair == (a, Some(b)) || pair == (b, Some(a)))
    })
}

/// The number of each record's method in some scores, where they have it.
pub(crate) fn methods_of(records: &[Record], scores: &Scores) -> Vec<Option<usize>> {
    let mut taken = vec![false; scores.methods.len()];
    let mut of = |label: &String| {
        // Of several records of one name, the scores number all but the first.
        let is = |name: &str| name == label || name.strip_prefix(label.as_str()).is_some_and(is_number);
        let mut found = scores.methods.iter().enumerate();
        let (place, _) = found.find(|(place, method)| !taken[*place] && is(&method.name))?;
        taken[place] = true;
        Some(place)
    };
    labels(records).iter().map(&mut of).collect()
}

/// Whether it is a space and a number.
fn is_number(text: &str) -> bool {
    text.strip_prefix(' ').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Two decimals, with the minus sign of typography.
pub(crate) fn two_decimals(x: f64) -> String {
    let text = format!("{x:.2}").replace('-', "−");
    if text == "−0.00" { "0.00".to_owned() } else { text }
}
