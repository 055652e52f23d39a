//! Activations of the feed-forward part.

use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

/// An activation function, by the names of the transformers library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Activation {
    /// `x / (1 + e⁻ˣ)`: Llama's.
    #[serde(rename = "silu", alias = "swish")]
    Silu,
    /// `xΦ(x)`, exact.
    #[serde(rename = "gelu", alias = "gelu_python")]
    Gelu,
    /// `½x(1 + tanh(√(2/π)(x + 0.044715x³)))`: GPT-2's.
    #[serde(
        rename = "gelu_new",
        alias = "gelu_pytorch_tanh",
        alias = "gelu_fast",
        alias = "gelu_accurate",
        alias = "gelu_python_tanh"
    )]
    GeluTanh,
    /// `max(0, x)`.
    #[serde(rename = "relu")]
    Relu,
    /// `max(0, x)²`.
    #[serde(rename = "relu2")]
    ReluSquared,
    /// `x / (1 + e⁻¹·⁷⁰²ˣ)`.
    #[serde(rename = "quick_gelu")]
    QuickGelu,
    /// `tanh x`.
    #[serde(rename = "tanh")]
    Tanh,
}

impl Activation {
    /// The activation of each number.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn apply(self, x: &Tensor) -> Result<Tensor, TchError> {
        Ok(match self {
            Self::Silu => x.f_silu()?,
            Self::Gelu => x.f_gelu("none")?,
            Self::GeluTanh => x.f_gelu("tanh")?,
            Self::Relu => x.f_relu()?,
            Self::ReluSquared => x.f_relu()?.f_square()?,
            Self::QuickGelu => x.f_mul(&x.f_mul_scalar(1.702)?.f_sigmoid()?)?,
            Self::Tanh => x.f_tanh()?,
        })
    }

    /// The activation and its derivative.
    pub(crate) fn with_derivative(self, x: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        tch::with_grad(|| {
            let x = x.f_detach()?.f_set_requires_grad(true)?;
            let y = self.apply(&x)?;
            let sum = y.f_sum(None)?;
            let slope = Tensor::f_run_backward(&[&sum], &[&x], false, false)?.swap_remove(0);
            Ok((y.f_detach()?, slope))
        })
    }
}
