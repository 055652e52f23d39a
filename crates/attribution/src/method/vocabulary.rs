//! The mean and the standard deviation of the vocabulary's embeddings.

use crate::error::Error;
use crate::model::TokenId;
use crate::problem::Problem;
use tch::{Kind, Tensor};

/// Tokens looked up in one call.
const TOGETHER: usize = 8192;

/// The mean embedding of the vocabulary, `[1, hidden]`.
pub(crate) fn mean(problem: &Problem<'_>) -> Result<Tensor, Error> {
    let mut total: Option<Tensor> = None;
    for embeddings in each_chunk(problem) {
        let sum = embeddings?.f_sum_dim_intlist(&[0_i64][..], true, None)?;
        total = Some(match total {
            Some(total) => total.f_add(&sum)?,
            None => sum,
        });
    }
    let mean = total.ok_or(Error::NoInput)?.f_div_scalar(problem.vocabulary() as f64)?;
    Ok(mean.f_to_kind(problem.embeddings().kind())?)
}

/// The standard deviation of all numbers in the vocabulary's embeddings.
pub(crate) fn spread(problem: &Problem<'_>) -> Result<f64, Error> {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for embeddings in each_chunk(problem) {
        let embeddings = embeddings?;
        count += embeddings.numel() as f64;
        sum += embeddings.f_sum(None)?.f_double_value(&[])?;
        squares += embeddings.f_square()?.f_sum(None)?.f_double_value(&[])?;
    }
    let mean = sum / count;
    Ok((squares / count - mean * mean).max(0.0).sqrt())
}

fn each_chunk<'p>(problem: &'p Problem<'_>) -> impl Iterator<Item = Result<Tensor, Error>> + 'p {
    let vocabulary = problem.vocabulary();
    (0..vocabulary).step_by(TOGETHER).map(move |begin| {
        let ids: Vec<_> = (begin as TokenId..(begin + TOGETHER).min(vocabulary) as TokenId).collect();
        Ok(problem.embed(&ids)?.f_to_kind(Kind::Double)?)
    })
}
