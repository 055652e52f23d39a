//! What a record keeps of the vectors behind a row: sums of entries, norms and principal components.

use crate::error::Error;
use saliency_schema::Vectors;
use tch::{Kind, Tensor};

/// How many principal components are kept.
const COMPONENTS: usize = 2;

/// Where each of some points lies along a component, and its share of the variance.
type Component = (Vec<f64>, f64);

/// What a record keeps of a row `[tokens, hidden]` on the CPU, as lists of `length` numbers; `None` where a method
/// computes one number a token, which is no vector.
///
/// Tokens with an entry that is no finite number have none, and are left out of the components. Costs
/// `tokens · hidden · min(tokens, hidden)` and the eigenvalues of a symmetric matrix of the smaller of the two.
pub(crate) fn of(row: &Tensor, length: usize) -> Result<Option<Vectors>, Error> {
    let (tokens, hidden) = row.size2()?;
    if hidden < 2 {
        return Ok(None);
    }
    let row = row.f_to_kind(Kind::Double)?;
    let each = |numbers: Tensor| -> Result<Vec<f64>, Error> { Ok(numbers.try_into()?) };
    let along = |numbers: Tensor| numbers.f_sum_dim_intlist(1, false, Kind::Double);
    let positive = each(along(row.f_clamp_min(0.0)?)?)?;
    let negative = each(along(row.f_clamp_max(0.0)?)?)?;
    let norm = each(along(row.f_square()?)?.f_sqrt()?)?;
    let known: Vec<usize> = (0..tokens as usize).filter(|token| norm[*token].is_finite()).collect();
    let at_known = |numbers: &[f64]| {
        let mut all = vec![None; length];
        for token in &known {
            all[*token] = Some(numbers[*token]);
        }
        all
    };
    let vectors = Vectors::new(at_known(&positive), at_known(&negative), at_known(&norm));
    let places: Vec<i64> = known.iter().map(|token| *token as i64).collect();
    let Some(components) = components(&row.f_index_select(0, &Tensor::f_from_slice(&places)?)?)? else {
        return Ok(Some(vectors));
    };
    let places = components.iter().map(|(scores, _)| {
        let mut all = vec![None; length];
        for (token, score) in known.iter().zip(scores) {
            all[*token] = Some(*score);
        }
        all
    });
    let explained = components.iter().map(|(_, explained)| Some(*explained)).collect();
    Ok(Some(vectors.with_components(places.collect(), explained)))
}

/// Where some points `[tokens, hidden]` lie along each of their first principal components, and its share of the
/// variance; `None` of fewer than two points.
///
/// As the chart `map` computes them of other numbers: from the eigenvectors of the smaller Gram matrix of the centred
/// points, with the sign with which the largest loading is positive (of equal ones the first). Along a component
/// without variance all lie at 0. These are libtorch's eigenvectors, in time `min(tokens, hidden)³`: a chart's have to
/// be the same bytes everywhere, and a record's rest on libtorch's numbers anyway.
fn components(points: &Tensor) -> Result<Option<Vec<Component>>, Error> {
    let (tokens, hidden) = points.size2()?;
    if tokens < 2 {
        return Ok(None);
    }
    let centred = points.f_sub(&points.f_mean_dim(0, true, Kind::Double)?)?;
    let turned = centred.f_transpose(0, 1)?;
    let by_features = hidden <= tokens;
    let gram = if by_features { turned.f_matmul(&centred)? } else { centred.f_matmul(&turned)? };
    // From the smallest eigenvalue on, a column for each eigenvector.
    let (values, vectors) = gram.f_linalg_eigh("L")?;
    let number = |tensor: Tensor| tensor.f_double_value(&[]);
    let all = number(centred.f_square()?.f_sum(Kind::Double)?)?;
    // What centring leaves of equal numbers is rounding.
    let size = number(points.f_square()?.f_sum(Kind::Double)?)?;
    let count = values.size1()?;
    let mut found = Vec::new();
    for k in 1..=COMPONENTS as i64 {
        let value = if k <= count { values.f_double_value(&[count - k])? } else { 0.0 };
        if value <= 1e-24 * size || value <= 1e-14 * all {
            found.push((vec![0.0; tokens as usize], 0.0));
            continue;
        }
        let vector = vectors.f_select(1, count - k)?;
        let loadings =
            if by_features { vector } else { turned.f_matmul(&vector)?.f_div_scalar(value.sqrt())? };
        let entries = Vec::<f64>::try_from(&loadings)?;
        let largest = entries.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let first = entries.iter().find(|x| x.abs() >= largest * (1.0 - 1e-9));
        let sign = if first.is_some_and(|x| *x < 0.0) { -1.0 } else { 1.0 };
        let scores = centred.f_matmul(&loadings)?.f_mul_scalar(sign)?;
        found.push((Vec::<f64>::try_from(scores)?, value / all));
    }
    Ok(Some(found))
}
