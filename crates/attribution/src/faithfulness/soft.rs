//! Soft removal: single numbers of the embeddings go, the more of a token's the less relevant it is.

use crate::calculus::noise::generator;
use crate::error::Error;
use crate::faithfulness::order::Order;
use crate::model::Pass;
use crate::problem::Problem;
use rand::Rng;
use tch::{Kind, Tensor};

/// The name that measurements give to this way of removing.
pub(super) const OPERATOR: &str = "bernoulli";
/// The share of the numbers that every method keeps, on the average.
const KEPT: f64 = 0.5;
/// Beyond the streams of random orders and subsets.
const STREAM: u64 = 3 << 62;

/// Masks of one output, the same uniform numbers for every method.
pub(super) struct Soft<'p, 'a> {
    problem: &'p Problem<'a>,
    output: usize,
    removable: Tensor,
    /// `[samples, removable, hidden]`, uniform between 0 and 1.
    uniform: Tensor,
    /// Square roots of the probabilities at the clean input.
    clean: Tensor,
    /// The Hellinger distance without anything.
    nothing: f64,
}

impl<'p, 'a> Soft<'p, 'a> {
    pub(super) fn new(
        problem: &'p Problem<'a>,
        output: usize,
        removable: &[usize],
        (samples, seed): (usize, u64),
    ) -> Result<Self, Error> {
        let input = problem.embeddings();
        let (device, hidden) = (input.device(), input.size()[2]);
        let mut numbers = generator(seed, STREAM | output as u64);
        let size = [samples as i64, removable.len() as i64, hidden];
        let count = size.iter().product::<i64>();
        let uniform: Vec<f64> = (0..count).map(|_| numbers.random()).collect();
        let uniform = Tensor::f_from_slice(&uniform)?.f_reshape(size)?.f_to(device)?;
        let places: Vec<i64> = removable.iter().map(|token| *token as i64).collect();
        let removable = Tensor::f_from_slice(&places)?.f_to(device)?;
        let clean = roots(&problem.input().logits_of(output)?.f_detach()?)?;
        let mut soft = Self { problem, output, removable, uniform, clean, nothing: 0.0 };
        let none = Tensor::f_zeros([1, size[1], hidden], (Kind::Bool, device))?;
        soft.nothing = soft.distance(&none)?;
        Ok(soft)
    }

    /// `soft-nc` and `soft-ns` of a row of sizes, 0 or more; undefined where the prediction needs nothing of the text.
    pub(super) fn metrics(&self, sizes: &[f64]) -> Result<[(&'static str, Option<f64>); 2], Error> {
        let kept = Tensor::f_from_slice(&kept(sizes, KEPT))?.f_to(self.uniform.device())?;
        let kept = self.uniform.f_lt_tensor(&kept.f_reshape([1, -1, 1])?)?;
        let (alone, without) = (self.distance(&kept)?, self.distance(&kept.f_logical_not()?)?);
        let of = |x: f64| Some(x / self.nothing).filter(|x| x.is_finite());
        Ok([("soft-nc", of(without)), ("soft-ns", of((self.nothing - alone).max(0.0)))])
    }

    /// The mean Hellinger distance to the clean prediction, with the numbers kept that a mask keeps.
    fn distance(&self, kept: &Tensor) -> Result<f64, Error> {
        let _no_gradient = tch::no_grad_guard();
        let input = self.problem.embeddings();
        let tokens = self.problem.row_length(self.output);
        let batch = self.problem.batch(Pass { tokens, positions: 1, backward: false }) as i64;
        let samples = kept.size()[0];
        let mut sum = 0.0;
        for begin in (0..samples).step_by(batch as usize) {
            let length = batch.min(samples - begin);
            let mask = kept.f_narrow(0, begin, length)?.f_to_kind(input.kind())?;
            let own = input.f_index_select(1, &self.removable)?.f_mul(&mask)?;
            let text = input.f_expand([length, -1, -1], false)?;
            let text = text.f_index_copy(1, &self.removable, &own)?;
            let forward = self.problem.forward(&text, self.output..self.output + 1)?;
            let overlap = roots(&forward.logits_of(self.output)?)?.f_mul(&self.clean)?;
            let overlap = overlap.f_sum_dim_intlist(&[-1_i64][..], false, Kind::Double)?;
            let distances = overlap.f_neg()?.f_add_scalar(1.0)?.f_clamp_min(0.0)?.f_sqrt()?;
            sum += distances.f_sum(Kind::Double)?.f_double_value(&[])?;
        }
        Ok(sum / samples as f64)
    }
}

/// Square roots of the probabilities: `[batch, vocabulary]`, in double precision.
fn roots(logits: &Tensor) -> Result<Tensor, Error> {
    Ok(logits.f_to_kind(Kind::Double)?.f_log_softmax(-1, Kind::Double)?.f_mul_scalar(0.5)?.f_exp()?)
}

/// The probability that a token's numbers are kept: in proportion to its size, at most 1, and `share` on the average.
/// Where too few tokens have a size for that, the others share the rest equally.
fn kept(sizes: &[f64], share: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    let mut probabilities = vec![0.0; sizes.len()];
    let mut left = share * sizes.len() as f64;
    let mut sum: f64 = sizes.iter().sum();
    for (place, token) in order.iter().enumerate() {
        let rest = (sizes.len() - place) as f64;
        let own = if sum > 0.0 { left * sizes[*token] / sum } else { left / rest };
        probabilities[*token] = own.min(1.0);
        left -= probabilities[*token];
        sum = order[place + 1..].iter().map(|other| sizes[*other]).sum();
    }
    probabilities
}

/// The sizes that a random order stands for: evenly from the first to the last.
pub(super) fn sizes_of(order: &Order) -> Vec<f64> {
    let mut sizes = vec![0.0; order.0.len()];
    for (rank, token) in order.0.iter().enumerate() {
        sizes[*token] = (order.0.len() - rank) as f64;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::kept;

    /// Checks every condition that makes the probabilities unique.
    #[test]
    fn every_row_keeps_the_same_share_on_the_average() {
        for numbers in 0..4_usize.pow(5) {
            let sizes: Vec<f64> =
                (0..5).map(|place| [0.0, 0.5, 1.0, 7.0][numbers / 4_usize.pow(place) % 4]).collect();
            let found = kept(&sizes, 0.5);
            assert!((found.iter().sum::<f64>() - 2.5).abs() < 1e-12, "{sizes:?}: {found:?}");
            assert!(found.iter().all(|p| (-1e-12..=1.0).contains(p)), "{sizes:?}: {found:?}");
            // Below 1, in proportion to the sizes: one factor for all.
            let below = || sizes.iter().zip(&found).filter(|(size, p)| **p < 1.0 - 1e-12 && **size > 0.0);
            let factors: Vec<f64> = below().map(|(size, p)| p / size).collect();
            assert!(factors.windows(2).all(|two| (two[0] - two[1]).abs() < 1e-12), "{sizes:?}: {found:?}");
            // Those without a size have what others can't take, and the same.
            let zeros: Vec<f64> =
                sizes.iter().zip(&found).filter(|(size, _)| **size == 0.0).map(|x| *x.1).collect();
            assert!(zeros.windows(2).all(|two| (two[0] - two[1]).abs() < 1e-12));
            assert!(below().count() == 0 || zeros.iter().all(|p| p.abs() < 1e-12), "{sizes:?}: {found:?}");
        }
        assert_eq!(kept(&[3.0, 3.0, 0.0, 0.0], 0.5), [1.0, 1.0, 0.0, 0.0]);
    }
}
