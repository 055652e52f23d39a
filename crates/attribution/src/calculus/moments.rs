//! Streaming mean and variance.
//!
//! Welford 1962, "Note on a Method for Calculating Corrected Sums of Squares and Products": deviations are taken from
//! the mean so far, so that a small variance around a large mean keeps its digits.

use crate::error::Error;
use tch::{Kind, Tensor};

/// Streaming mean and variance of numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    deviations: f64,
}

impl Moments {
    pub(crate) fn add(&mut self, x: f64) {
        self.count += 1.0;
        let deviation = x - self.mean;
        self.mean += deviation / self.count;
        self.deviations += deviation * (x - self.mean);
    }

    /// Whether there is no number.
    pub(crate) fn is_empty(&self) -> bool {
        self.count <= 0.0
    }

    /// `NaN` of no number.
    pub(crate) fn mean(&self) -> f64 {
        if self.count > 0.0 { self.mean } else { f64::NAN }
    }

    /// The mean's standard error; `NaN` of fewer than two numbers.
    pub(crate) fn error(&self) -> f64 {
        if self.count > 1.0 { (self.deviations / (self.count - 1.0) / self.count).sqrt() } else { f64::NAN }
    }
}

/// Streaming mean and variance of tensors of one shape, entry by entry.
#[derive(Debug)]
pub(crate) struct TensorMoments {
    count: f64,
    mean: Tensor,
    deviations: Tensor,
}

impl TensorMoments {
    /// Of no tensor yet, in the dtype and on the device of `like`.
    pub(crate) fn of(size: &[i64], like: (Kind, tch::Device)) -> Result<Self, Error> {
        let zeros = || Tensor::f_zeros(size, like);
        Ok(Self { count: 0.0, mean: zeros()?, deviations: zeros()? })
    }

    pub(crate) fn add(&mut self, x: &Tensor) -> Result<(), Error> {
        self.count += 1.0;
        let deviation = x.f_sub(&self.mean)?;
        let _ = self.mean.f_add_(&deviation.f_div_scalar(self.count)?)?;
        let _ = self.deviations.f_add_(&deviation.f_mul(&x.f_sub(&self.mean)?)?)?;
        Ok(())
    }

    pub(crate) fn mean(&self) -> &Tensor {
        &self.mean
    }

    /// The variance, as the mean of the squared deviations.
    pub(crate) fn variance(&self) -> Result<Tensor, Error> {
        Ok(self.deviations.f_div_scalar(self.count.max(1.0))?)
    }

    /// The mean's standard errors, of all entries in order; `None` of fewer than two tensors.
    pub(crate) fn errors(&self) -> Result<Option<Vec<f64>>, Error> {
        if self.count < 2.0 {
            return Ok(None);
        }
        let squares = self.deviations.f_to_kind(Kind::Double)?.f_flatten(0, -1)?;
        Ok(Some(Vec::try_from(squares.f_div_scalar((self.count - 1.0) * self.count)?.f_sqrt()?)?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{Moments, TensorMoments};
    use tch::{Device, Kind, Tensor};

    /// 1, 2, 3 and 4 beside a large number: mean 2.5, variance 5/4, standard error √(5/3/4).
    #[test]
    fn a_small_spread_around_a_large_mean_keeps_its_digits() {
        let mut one = Moments::default();
        let mut many = TensorMoments::of(&[2], (Kind::Float, Device::Cpu)).unwrap();
        for x in [1.0, 2.0, 3.0, 4.0] {
            one.add(1e9 + x);
            // In single precision 2²² has a neighbour a half away, and its square none nearer than a million.
            many.add(&(Tensor::from_slice(&[x as f32, 4_194_304.0 + x as f32]))).unwrap();
        }
        assert!((one.mean() - (1e9 + 2.5)).abs() < 1e-6);
        assert!((one.error() - (5.0_f64 / 12.0).sqrt()).abs() < 1e-9);
        assert_eq!(Vec::<f32>::try_from(many.variance().unwrap()).unwrap(), [1.25, 1.25]);
        let errors = many.errors().unwrap().unwrap();
        assert!(errors.iter().all(|x| (x - (5.0_f64 / 12.0).sqrt()).abs() < 1e-6), "{errors:?}");
        assert!(Moments::default().mean().is_nan() && Moments::default().error().is_nan());
    }
}
