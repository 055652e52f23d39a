//! The activation of the gate.

use saliency_checkpoint::Error;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The activation of the feed-forward part's gate, by the names of the transformers library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Activation {
    /// `x / (1 + e⁻ˣ)`: Llama's own.
    #[default]
    #[serde(rename = "silu", alias = "swish")]
    Silu,
    /// `xΦ(x)`, exact.
    #[serde(rename = "gelu", alias = "gelu_python")]
    Gelu,
    /// `½x(1 + tanh(√(2/π)(x + 0.044715x³)))`.
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
}

impl Activation {
    pub(crate) fn apply(self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Self::Silu => x.f_silu()?,
            Self::Gelu => x.f_gelu("none")?,
            Self::GeluTanh => x.f_gelu("tanh")?,
            Self::Relu => x.f_relu()?,
            Self::ReluSquared => x.f_relu()?.f_square()?,
        })
    }
}
