//! The way back through a norm.

use crate::norm::Norm;
use saliency_attribution::BackwardRule;
use std::ops::Range;
use tch::{TchError, Tensor};

/// What a norm's way back needs: its input in standard units, `[…, rows, width]`, and what it was multiplied by for
/// them, `[…, rows, 1]`.
#[derive(Debug)]
pub(crate) struct NormRecord {
    standard: Tensor,
    inverse: Tensor,
}

impl NormRecord {
    /// The norm of `[…, rows, width]`, and what its way back needs.
    pub(crate) fn forward(x: &Tensor, norm: &Norm) -> Result<(Tensor, Self), TchError> {
        let mean = |x: &Tensor| x.f_mean_dim(&[-1_i64][..], true, None);
        match norm {
            Norm::Layer { weight, bias, epsilon } => {
                let centered = x.f_sub(&mean(x)?)?;
                let inverse = mean(&centered.f_square()?)?.f_add_scalar(*epsilon)?.f_rsqrt()?;
                let standard = centered.f_mul(&inverse)?;
                let normed = standard.f_mul(weight)?.f_add(bias)?;
                Ok((normed, Self { standard, inverse }))
            }
            Norm::Rms { weight, epsilon } => {
                let inverse = mean(&x.f_square()?)?.f_add_scalar(*epsilon)?.f_rsqrt()?;
                let standard = x.f_mul(&inverse)?;
                let normed = weight.f_mul(&standard)?;
                Ok((normed, Self { standard, inverse }))
            }
        }
    }

    /// From the gradient of the norm's output to that of its input: `[rows, width]`, or `[rows, outputs, width]`.
    ///
    /// With `g` the gradient times the weight, `x̂` the input in standard units and `s` what it was multiplied by:
    /// `s (g − mean(g) − x̂ mean(g ⊙ x̂))` for a layer norm, `s (g − x̂ mean(g ⊙ x̂))` for an RMS norm; without the
    /// term in `x̂` where the scale is held.
    pub(crate) fn back(
        &self,
        gradient: &Tensor,
        norm: &Norm,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let gradient = gradient.f_mul(norm.weight())?;
        let flat = gradient.dim() == 2;
        let mut gradient = if flat { gradient.f_unsqueeze(1)? } else { gradient };
        let inverse = self.inverse.f_unsqueeze(1)?;
        let centred = matches!(norm, Norm::Layer { .. });
        gradient = if rule == BackwardRule::Gradient {
            // The means are products with a column each, and what they take away is a product with a row each.
            let standard = self.standard.shallow_clone();
            let columns = if centred { vec![self.standard.f_ones_like()?, standard] } else { vec![standard] };
            let columns = Tensor::f_stack(&columns, 1)?;
            let means = gradient.f_bmm(&columns.f_transpose(1, 2)?)?.f_div_scalar_(columns.size()[2])?;
            gradient.f_baddbmm(&means.f_neg()?, &columns, 1.0, 1.0)?.f_mul_(&inverse)?
        } else if centred {
            let mean = gradient.f_mean_dim(&[-1_i64][..], true, None)?;
            gradient.f_sub_(&mean)?.f_mul_(&inverse)?
        } else {
            gradient.f_mul_(&inverse)?
        };
        if flat { gradient.f_squeeze_dim(1) } else { Ok(gradient) }
    }

    /// Some rows of it.
    pub(crate) fn rows(&self, rows: &Range<i64>) -> Result<Self, TchError> {
        let narrow = |x: &Tensor| x.f_narrow(-2, rows.start, rows.end - rows.start);
        Ok(Self { standard: narrow(&self.standard)?, inverse: narrow(&self.inverse)? })
    }

    /// With further rows after its own.
    pub(crate) fn with(&self, rest: &Self) -> Result<Self, TchError> {
        let both = |a: &Tensor, b: &Tensor| Tensor::f_cat(&[a, b], -2);
        Ok(Self {
            standard: both(&self.standard, &rest.standard)?,
            inverse: both(&self.inverse, &rest.inverse)?,
        })
    }

    /// As one list of rows.
    pub(crate) fn flat(&self) -> Result<Self, TchError> {
        let flat = |x: &Tensor| x.f_flatten(0, -2);
        Ok(Self { standard: flat(&self.standard)?, inverse: flat(&self.inverse)? })
    }
}
