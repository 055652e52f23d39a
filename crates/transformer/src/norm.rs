//! Norms over the last dimension.

use tch::{Kind, TchError, Tensor};

/// A norm over the last dimension.
#[derive(Debug)]
pub enum Norm {
    /// Layer norm: `w ⊙ (x − mean x) / √(var x + ε) + b`.
    Layer {
        /// `w`.
        weight: Tensor,
        /// `b`.
        bias: Tensor,
        /// `ε`.
        epsilon: f64,
    },
    /// RMS norm: `w ⊙ x / √(mean x² + ε)`; in half precision, in float32 up to the weight.
    Rms {
        /// `w`.
        weight: Tensor,
        /// `ε`.
        epsilon: f64,
    },
}

impl Norm {
    pub(crate) fn weight(&self) -> &Tensor {
        let (Self::Layer { weight, .. } | Self::Rms { weight, .. }) = self;
        weight
    }

    /// The norm of `[…, width]`.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Layer { weight, bias, epsilon } => {
                let width = x.size().last().copied().unwrap_or(0);
                x.f_layer_norm([width], Some(weight), Some(bias), *epsilon, true)
            }
            Self::Rms { weight, epsilon } => {
                let kind = x.kind();
                let wide = if kind == Kind::Double { Kind::Double } else { Kind::Float };
                let x = x.f_to_kind(wide)?;
                let mean = x.f_square()?.f_mean_dim(-1, true, wide)?;
                let normed = x.f_mul(&mean.f_add_scalar(*epsilon)?.f_rsqrt()?)?;
                weight.f_mul(&normed.f_to_kind(kind)?)
            }
        }
    }
}
