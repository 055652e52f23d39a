//! Rotary positions: how fast each pair of dimensions turns with the position.

use tch::{Device, Kind, TchError, Tensor};

/// Rotary position embeddings of one head's width.
///
/// Dimension `i` of the first half and `i` of the second turn together, by the angle `position · ωᵢ` with
/// `ωᵢ = base^(−2i / width)`, which [`Scaling`] changes. The frequencies are float32 numbers in every precision: they
/// are part of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rope {
    /// The base of the frequencies (`rope_theta`).
    pub base: f64,
    /// How the frequencies are changed for longer texts.
    pub scaling: Scaling,
}

/// How frequencies are changed for texts that are longer than those of the first training (`rope_type`).
#[derive(Debug, Clone, PartialEq)]
pub enum Scaling {
    /// They are not: `default`, and `dynamic` up to the model's context.
    None,
    /// `linear`: all are divided by the factor.
    Linear {
        /// The divisor.
        factor: f64,
    },
    /// `llama3`: low frequencies are divided by the factor, high ones stay, and between them it is interpolated.
    Llama3 {
        /// The divisor of low frequencies.
        factor: f64,
        /// Frequencies of fewer turns in the original context are low.
        low_freq_factor: f64,
        /// Frequencies of more turns are high.
        high_freq_factor: f64,
        /// Tokens of the original context.
        original_context: f64,
    },
    /// `yarn` (Peng et al. 2023): the same with a linear ramp over the dimensions, and scaled queries and keys.
    Yarn {
        /// The divisor of low frequencies.
        factor: f64,
        /// What sine and cosine are multiplied by.
        attention_factor: f64,
        /// Dimensions of more turns stay as they are.
        beta_fast: f64,
        /// Dimensions of fewer turns are divided by the factor.
        beta_slow: f64,
        /// Whether the ramp begins and ends at whole dimensions.
        truncate: bool,
        /// Tokens of the original context.
        original_context: f64,
    },
}

impl Scaling {
    /// What `yarn` multiplies sine and cosine by where the configuration does not say: `m(factor, mscale)` over
    /// `m(factor, mscale_all_dim)` with `m(s, c) = 0.1 c ln s + 1`, or `m(factor, 1)` without the two.
    pub fn yarn_attention_factor(factor: f64, mscale: Option<f64>, mscale_all_dim: Option<f64>) -> f64 {
        let m = |scale: f64| if factor <= 1.0 { 1.0 } else { 0.1 * scale * factor.ln() + 1.0 };
        match (mscale, mscale_all_dim) {
            (Some(over), Some(under)) if over != 0.0 && under != 0.0 => m(over) / m(under),
            _ => m(1.0),
        }
    }
}

/// The frequencies of a model, on its device.
#[derive(Debug)]
pub struct Frequencies {
    /// float32, `[width / 2]`.
    omega: Tensor,
    /// What sine and cosine are multiplied by.
    attention_factor: f64,
    kind: Kind,
}

/// Sine and cosine of the angles at some positions: `[tokens, width / 2]` each.
#[derive(Debug)]
pub(crate) struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Frequencies {
    /// For heads of that width. `factors` divide the frequencies, `[width / 2]`: a GGUF file stores the scaling of
    /// `llama3` as such.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn new(
        rope: &Rope,
        width: i64,
        factors: Option<&Tensor>,
        (kind, device): (Kind, Device),
    ) -> Result<Self, TchError> {
        // Step by step as the transformers library does it, so that every frequency is the same float32 number.
        let float = (Kind::Float, Device::Cpu);
        let exponents = Tensor::f_arange_start_step(0, width, 2, float)?.f_div_scalar(width)?;
        let powers = Tensor::f_pow_scalar(rope.base, &exponents)?;
        let omega = powers.f_reciprocal()?;
        let (omega, attention_factor) = match &rope.scaling {
            Scaling::None => (omega, 1.0),
            Scaling::Linear { factor } => (omega.f_div_scalar(*factor)?, 1.0),
            Scaling::Llama3 { factor, low_freq_factor, high_freq_factor, original_context } => {
                let turns = (*low_freq_factor, *high_freq_factor);
                (llama3(&omega, *factor, turns, *original_context)?, 1.0)
            }
            Scaling::Yarn { factor, attention_factor, beta_fast, beta_slow, truncate, original_context } => {
                // The dimension that makes so many turns in the original context.
                let dimension = |turns: f64| {
                    width as f64 * (original_context / (turns * 2.0 * std::f64::consts::PI)).ln()
                        / (2.0 * rope.base.ln())
                };
                let (mut low, mut high) = (dimension(*beta_fast), dimension(*beta_slow));
                if *truncate {
                    (low, high) = (low.floor(), high.ceil());
                }
                let ramp = (low.max(0.0), high.min((width - 1) as f64));
                (yarn(&omega, &powers, *factor, ramp)?, *attention_factor)
            }
        };
        let omega = match factors {
            Some(factors) => {
                omega.f_div(&factors.f_to_kind(Kind::Float)?.f_to(Device::Cpu)?.f_view([-1])?)?
            }
            None => omega,
        };
        Ok(Self { omega: omega.f_to(device)?, attention_factor, kind })
    }

    pub(crate) fn shallow_clone(&self) -> Self {
        Self { omega: self.omega.shallow_clone(), ..*self }
    }

    /// The angles of so many positions from one on, in float32, or in float64 where the model is.
    pub(crate) fn angles(&self, from: i64, tokens: i64) -> Result<Angles, TchError> {
        let wide = if self.kind == Kind::Double { Kind::Double } else { Kind::Float };
        let options = (wide, self.omega.device());
        let positions = Tensor::f_arange_start(from, from + tokens, options)?.f_unsqueeze(1)?;
        let angles = positions.f_mul(&self.omega.f_to_kind(wide)?.f_unsqueeze(0)?)?;
        let scaled = |x: Tensor| -> Result<Tensor, TchError> {
            x.f_mul_scalar(self.attention_factor)?.f_to_kind(self.kind)
        };
        Ok(Angles { cos: scaled(angles.f_cos()?)?, sin: scaled(angles.f_sin()?)? })
    }
}

impl Angles {
    /// The same from one position on.
    pub(crate) fn narrow(&self, from: i64, tokens: i64) -> Result<Self, TchError> {
        Ok(Self { cos: self.cos.f_narrow(0, from, tokens)?, sin: self.sin.f_narrow(0, from, tokens)? })
    }

    /// `(a cos − b sin, b cos + a sin)` of the first and the second half, `a` and `b`, of each head.
    ///
    /// # Shapes
    /// - `x`: `[…, tokens, width]`; returns the same
    pub(crate) fn turn(&self, x: &Tensor) -> Result<Tensor, TchError> {
        turn(x, &self.cos, &self.sin)
    }

    /// From the gradient of what was turned to that of what it was before: turned by the opposite angles.
    ///
    /// # Shapes
    /// - `gradient`: `[…, tokens, outputs, width]`; returns the same
    pub(crate) fn turn_back(&self, gradient: &Tensor) -> Result<Tensor, TchError> {
        turn(gradient, &self.cos.f_unsqueeze(1)?, &self.sin.f_neg()?.f_unsqueeze(1)?)
    }

    /// With those of further positions.
    pub(crate) fn with(&self, rest: &Self) -> Result<Self, TchError> {
        Ok(Self {
            cos: Tensor::f_cat(&[&self.cos, &rest.cos], 0)?,
            sin: Tensor::f_cat(&[&self.sin, &rest.sin], 0)?,
        })
    }

    pub(crate) fn shallow_clone(&self) -> Self {
        Self { cos: self.cos.shallow_clone(), sin: self.sin.shallow_clone() }
    }
}

fn turn(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor, TchError> {
    let half = x.size().last().copied().unwrap_or(0) / 2;
    let (a, b) = (x.f_narrow(-1, 0, half)?, x.f_narrow(-1, half, half)?);
    let first = a.f_mul(cos)?.f_sub(&b.f_mul(sin)?)?;
    let second = b.f_mul(cos)?.f_add(&a.f_mul(sin)?)?;
    Tensor::f_cat(&[first, second], -1)
}

/// Wavelengths above the original context over `low` are divided by the factor, those below it over `high` stay.
fn llama3(omega: &Tensor, factor: f64, (low, high): (f64, f64), context: f64) -> Result<Tensor, TchError> {
    let wavelengths = omega.f_reciprocal()?.f_mul_scalar(2.0 * std::f64::consts::PI)?;
    let long = wavelengths.f_gt(context / low)?;
    let short = wavelengths.f_lt(context / high)?;
    let smooth = wavelengths.f_reciprocal()?.f_mul_scalar(context)?.f_sub_scalar(low)?;
    let smooth = smooth.f_div_scalar(high - low)?;
    let scaled = omega.f_div_scalar(factor)?.f_where_self(&long, omega)?;
    let rest = smooth.f_neg()?.f_add_scalar(1.0)?;
    let between = rest.f_mul(&scaled)?.f_div_scalar(factor)?.f_add(&smooth.f_mul(&scaled)?)?;
    let medium = short.f_logical_or(&long)?.f_logical_not()?;
    between.f_where_self(&medium, &scaled)
}

/// Between the dimensions `low` and `high` from the frequencies as they are to those divided by the factor.
#[expect(clippy::float_cmp, reason = "as the transformers library compares them")]
fn yarn(omega: &Tensor, powers: &Tensor, factor: f64, (low, high): (f64, f64)) -> Result<Tensor, TchError> {
    let scaled = powers.f_mul_scalar(factor)?.f_reciprocal()?;
    let high = if low == high { high + 0.001 } else { high };
    let n = omega.size().first().copied().unwrap_or(0);
    let ramp = Tensor::f_arange(n, (Kind::Float, Device::Cpu))?.f_sub_scalar(low)?;
    let ramp = ramp.f_div_scalar(high - low)?.f_clamp(0.0, 1.0)?;
    let kept = ramp.f_neg()?.f_add_scalar(1.0)?;
    let changed = kept.f_neg()?.f_add_scalar(1.0)?;
    scaled.f_mul(&changed)?.f_add(&omega.f_mul(&kept)?)
}
