//! A transformer that differs from GPT-2, to test methods that look inside.

use crate::error::model_error::ModelError;
use crate::method::baseline::Baseline;
use crate::model::inside::{AttentionView, Inside, ReadOut};
use crate::model::{LanguageModel, Limits, TokenId};
use std::ops::Range;
use tch::{Device, Kind, TchError, Tensor};

const HIDDEN: i64 = 6;
/// Attention heads.
const HEADS: i64 = 4;
/// Heads that share a key and a value.
const SHARE: i64 = 2;
/// The width of a query, a key or a value; all heads together are wider than the residual stream.
const WIDTH: i64 = 4;
const INNER: i64 = 10;
const EPSILON: f64 = 1e-6;

/// A decoder with RMS norms, four attention heads of which two share each key and value, rotary positions, a gated
/// feed-forward part, an untied head, and no biases, in float64:
///
/// - `h_{l+1} = a + (silu(N_2(a) G) ⊙ N_2(a) U) D` with `a = h_l + Σ_h A_h N_1(h_l) V_h O_h`, `h_0` the embeddings
/// - `A_h = softmax(ρ(N_1(h_l) Q_h) ρ(N_1(h_l) K_h)ᵀ / √4)` over `j ≤ i`, with `K` and `V` of head `h` those of pair
///   `⌊h/2⌋`; `ρ` rotates dimensions `k` and `k + 2` at position `p` by the angle `p / 10^k`
/// - `N(x) = γ ⊙ x / √(mean x² + 10⁻⁶)`; logits are `N_f(h_L) W`
///
/// Weights come from one formula: matrix number `n` of `r` rows and `c` columns holds `√(2/r) sin(n/2 + (c i + j)²)`,
/// and norm number `n` holds `1 + 0.3 sin(n/2 + j²)`. The embedding is `sin((6 t + j)²)`, `W` number 1 and `N_f` number
/// 2; block `l` has the numbers from `10 (l + 1)`: `N_1, Q, K, V, O, N_2, G, U, D`.
///
/// Paths begin at the mean embedding. It leaves gradients to autograd, and has no prefix cache and no relevance rules.
/// `tests/toy` of this crate has its numbers by an independent program.
#[derive(Debug)]
pub struct Transformer {
    embedding: Tensor,
    blocks: Vec<Block>,
    norm: Tensor,
    head: Tensor,
}

#[derive(Debug)]
struct Block {
    norm_1: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    /// `[heads, width, hidden]`.
    output: Tensor,
    norm_2: Tensor,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
}

impl Transformer {
    /// A model with that many tokens in its vocabulary and that many layers.
    pub fn new(vocabulary: i64, layers: i64) -> Self {
        Self {
            embedding: waves(0, vocabulary * HIDDEN).reshape([vocabulary, HIDDEN]),
            blocks: (0..layers).map(|layer| Block::new(10 * (layer + 1))).collect(),
            norm: scales(2),
            head: matrix(1, HIDDEN, vocabulary),
        }
    }

    fn through(&self, layers: Range<usize>, residual: &Tensor) -> Result<Tensor, TchError> {
        let mut x = residual.shallow_clone();
        for block in &self.blocks[layers] {
            x = block.feed_forward(&block.attention(&x)?.2)?;
        }
        Ok(x)
    }
}

impl Block {
    fn new(number: i64) -> Self {
        Self {
            norm_1: scales(number),
            query: matrix(number + 1, HIDDEN, HEADS * WIDTH),
            key: matrix(number + 2, HIDDEN, HEADS / SHARE * WIDTH),
            value: matrix(number + 3, HIDDEN, HEADS / SHARE * WIDTH),
            output: matrix(number + 4, HEADS * WIDTH, HIDDEN).reshape([HEADS, WIDTH, HIDDEN]),
            norm_2: scales(number + 5),
            gate: matrix(number + 6, HIDDEN, INNER),
            up: matrix(number + 7, HIDDEN, INNER),
            down: matrix(number + 8, INNER, HIDDEN),
        }
    }

    /// The pattern `[batch, heads, tokens, tokens]`, values through the output map `[batch, heads, tokens, hidden]`,
    /// and the residual stream after attention.
    fn attention(&self, residual: &Tensor) -> Result<(Tensor, Tensor, Tensor), TchError> {
        let x = normed(residual, &self.norm_1)?;
        let heads = |weight: &Tensor| -> Result<Tensor, TchError> {
            let (batch, tokens, _) = x.size3()?;
            let own = x.f_matmul(weight)?.f_view([batch, tokens, -1, WIDTH])?.f_transpose(1, 2)?;
            let share = HEADS / own.size()[1];
            own.f_repeat_interleave_self_int(share, 1, None)
        };
        let (query, key) = (rotated(&heads(&self.query)?)?, rotated(&heads(&self.key)?)?);
        let scores = query.f_matmul(&key.f_transpose(2, 3)?)?.f_div_scalar((WIDTH as f64).sqrt())?;
        let later = scores.f_ones_like()?.f_triu(1)?.f_to_kind(Kind::Bool)?;
        let pattern = scores.f_masked_fill(&later, f64::NEG_INFINITY)?.f_softmax(-1, None)?;
        let values = heads(&self.value)?.f_matmul(&self.output)?;
        let brought = pattern.f_matmul(&values)?.f_sum_dim_intlist(&[1_i64][..], false, None)?;
        Ok((pattern, values, residual.f_add(&brought)?))
    }

    /// The second half: from the residual stream after attention to the block's output.
    fn feed_forward(&self, attended: &Tensor) -> Result<Tensor, TchError> {
        let x = normed(attended, &self.norm_2)?;
        let gated = x.f_matmul(&self.gate)?.f_silu()?.f_mul(&x.f_matmul(&self.up)?)?;
        attended.f_add(&gated.f_matmul(&self.down)?)
    }
}

impl LanguageModel for Transformer {
    fn name(&self) -> &'static str {
        "toy transformer"
    }
    fn limits(&self) -> Limits {
        Limits { context: 64, vocabulary: self.embedding.size()[0] as usize }
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        Ok(self.embedding.f_index_select(0, &Tensor::f_from_slice(&ids)?)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        self.logits_from(0, embeddings, positions)
    }
    fn inside(&self) -> Option<&dyn Inside> {
        Some(self)
    }
    fn suited_baseline(&self) -> Baseline {
        Baseline::Mean
    }
}

impl Inside for Transformer {
    fn layers(&self) -> usize {
        self.blocks.len()
    }
    fn heads(&self) -> usize {
        HEADS as usize
    }
    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.through(0..layer, embeddings)?)
    }
    fn block(&self, layer: usize, residual: &Tensor) -> Result<Option<Tensor>, ModelError> {
        Ok(Some(self.through(layer..layer + 1, residual)?))
    }
    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let last = self.through(layer..self.blocks.len(), residual)?;
        let states = last.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        Ok(normed(&states, &self.norm)?.f_matmul(&self.head)?)
    }
    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError> {
        let block = &self.blocks[layer];
        let (pattern, values, attended) = block.attention(&residual.f_unsqueeze(0)?)?;
        let attended = attended.f_squeeze_dim(0)?;
        Ok(AttentionView {
            pattern: pattern.f_squeeze_dim(0)?,
            values: values.f_squeeze_dim(0)?,
            bias: Tensor::f_zeros([HIDDEN], (Kind::Double, Device::Cpu))?,
            output: block.feed_forward(&attended)?,
            attended,
        })
    }
    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.blocks[layer].feed_forward(attended)?)
    }
    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError> {
        let direction = self.head.f_mv(weights)?.f_mul(&self.norm)?;
        Ok(ReadOut { direction: direction.f_mul(&inverse_rms(residual)?)?, constant: 0.0 })
    }
}

/// `γ ⊙ x / rms x` over the last dimension.
fn normed(x: &Tensor, weight: &Tensor) -> Result<Tensor, TchError> {
    x.f_mul(&inverse_rms(x)?)?.f_mul(weight)
}

fn inverse_rms(x: &Tensor) -> Result<Tensor, TchError> {
    x.f_square()?.f_mean_dim(&[-1_i64][..], true, None)?.f_add_scalar(EPSILON)?.f_rsqrt()
}

/// Queries or keys `[batch, heads, tokens, width]`, each rotated by its position.
fn rotated(x: &Tensor) -> Result<Tensor, TchError> {
    let half = WIDTH / 2;
    let axis = |n: i64| Tensor::f_arange(n, (Kind::Double, Device::Cpu));
    let slowness = axis(half)?.f_mul_scalar(10_f64.ln())?.f_exp()?;
    let angles = axis(x.size()[2])?.f_unsqueeze(1)?.f_div(&slowness)?;
    let (cos, sin) = (angles.f_cos()?, angles.f_sin()?);
    let (a, b) = (x.f_narrow(3, 0, half)?, x.f_narrow(3, half, half)?);
    let rotated_a = a.f_mul(&cos)?.f_sub(&b.f_mul(&sin)?)?;
    let rotated_b = b.f_mul(&cos)?.f_add(&a.f_mul(&sin)?)?;
    Tensor::f_cat(&[rotated_a, rotated_b], 3)
}

/// `sin(n/2 + k²)` for `k` from 0.
fn waves(number: i64, count: i64) -> Tensor {
    (Tensor::arange(count, (Kind::Double, Device::Cpu)).square() + 0.5 * number as f64).sin()
}

fn matrix(number: i64, rows: i64, columns: i64) -> Tensor {
    waves(number, rows * columns).reshape([rows, columns]) * (2.0 / rows as f64).sqrt()
}

fn scales(number: i64) -> Tensor {
    waves(number, HIDDEN) * 0.3 + 1.0
}
