//! Tokens that a model finds likely in the place of a piece of the text, seen from what stands before it.

use crate::error::Error;
use crate::method::replaced::Replaced;
use crate::model::{TokenId, checked};
use crate::problem::Problem;
use saliency_schema::Token;
use std::ops::Range;
use tch::Kind;

/// The most probable tokens in each segment's place that are of its kind.
/// Segments begin after the first token, which has no prediction.
///
/// # Errors
/// An encoder–decoder, whose encoder predicts nothing; a failing model.
pub(crate) fn likely(
    problem: &Problem<'_>,
    segments: &[Range<usize>],
    count: usize,
) -> Result<Vec<Replaced>, Error> {
    let (model, sequence) = (problem.model(), problem.sequence());
    if model.kept_inputs() > 0 {
        let range = "texts of yours or deletion here: an encoder does not predict its source";
        return Err(Error::Parameter { name: "replace-by", value: format!("likely:{count}"), range });
    }
    let _no_gradient = tch::no_grad_guard();
    let n_input = problem.n_input();
    let embeddings = problem.embeddings().f_narrow(1, 0, n_input as i64)?;
    let logits = checked::logits(model, &embeddings, n_input, 0..n_input)?.f_select(0, 0)?;
    let ends = model.ends_of_text();
    let mut found = Vec::new();
    for segment in segments {
        let logits = logits.f_select(0, segment.start as i64 - 1)?.f_to_kind(Kind::Double)?;
        let (shares, ids) = logits.f_softmax(0, None)?.f_sort(0, true)?;
        let (shares, ids): (Vec<f64>, Vec<i64>) = (Vec::try_from(shares)?, Vec::try_from(ids)?);
        let original = Token::joined(&sequence.tokens()[segment.clone()]).text;
        let own = &sequence.ids()[segment.clone()];
        let is_other = |id: TokenId| {
            let text = sequence.named(id).text;
            own != [id] && !ends.contains(&id) && is_alike(&text, &original)
        };
        let ids = ids.into_iter().map(|id| id as TokenId).zip(shares).filter(|(id, _)| is_other(*id));
        let by =
            |(id, share): (TokenId, f64)| Replaced::new(segment.clone(), vec![id]).with_probability(share);
        found.extend(ids.take(count).map(by));
    }
    Ok(found)
}

/// Whether a text can stand where another does: with white space before it or not, of letters and digits or not; and is
/// another, whatever its case.
fn is_alike(text: &str, original: &str) -> bool {
    let kind = |text: &str| {
        let word = text.trim();
        (text.starts_with(char::is_whitespace), word.chars().next().map(char::is_alphanumeric))
    };
    let one_word = !text.trim().contains(char::is_whitespace) && !text.contains('\u{fffd}');
    one_word && kind(text) == kind(original) && text.trim().to_lowercase() != original.trim().to_lowercase()
}
