//! The optional view into a transformer: residual stream, attention and read-out.

use crate::error::model_error::ModelError;
use std::ops::Range;
use tch::Tensor;

/// A decoder of blocks along a residual stream, each attention and then a feed-forward part, with a norm before each
/// and one before the head. The kind of norm, where positions are added, whether heads share keys and values, and
/// whether there are biases is up to the model. Blocks with both parts in parallel do not fit.
///
/// *Layer* `l` is block number `l`, from 0. *Residual* `l` is the input of block `l`: residual 0 is the embeddings,
/// with their positions where the model adds any (rotary positions are within attention), and residual
/// [`layers`](Self::layers) is the input of the last norm.
///
/// `testing::check_model` (feature `testing`) checks an implementation.
///
/// The trait may grow, by methods with default implementations.
pub trait Inside {
    /// The number of blocks.
    fn layers(&self) -> usize;

    /// The number of attention heads in a block: those of the queries, even if several share keys and values.
    fn heads(&self) -> usize;

    /// The residual stream before a block, differentiable with respect to `embeddings`.
    ///
    /// # Shapes
    /// - `layer`: up to and including [`layers`](Self::layers)
    /// - `embeddings`: `[batch, tokens, hidden]`, token embeddings before positions; returns the same shape
    ///
    /// # Errors
    /// Any failure to run.
    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError>;

    /// One block: the residual stream after it from the one before it, differentiable. `None` from a model that lacks
    /// it, which a method then goes through from every residual stream anew.
    ///
    /// # Shapes
    /// - `residual`: `[batch, tokens, hidden]`; returns the same shape
    ///
    /// # Errors
    /// Any failure to run.
    fn block(&self, layer: usize, residual: &Tensor) -> Result<Option<Tensor>, ModelError> {
        let _ = (layer, residual);
        Ok(None)
    }

    /// Logits from the residual stream before a block, differentiable with respect to it.
    ///
    /// # Shapes
    /// - `residual`: `[batch, tokens, hidden]`; `positions` within `0..tokens`
    /// - returns `[batch, positions, vocabulary]`
    ///
    /// # Errors
    /// Any failure to run.
    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError>;

    /// A block's attention for one sequence's residual stream, outside any graph.
    ///
    /// # Shapes
    /// - `residual`: `[tokens, hidden]`
    ///
    /// # Errors
    /// Any failure to run.
    #[doc(alias = "look")]
    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError>;

    /// A block's second half: from the residual stream after its attention to the block's output.
    ///
    /// # Shapes
    /// - `attended`: `[…, hidden]`; returns the same shape
    ///
    /// # Errors
    /// Any failure to run.
    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError>;

    /// The last norm and the head as one linear map, with the norm's scale held constant at one position's residual
    /// stream. There the map gives the logits themselves.
    ///
    /// # Shapes
    /// - `residual`: `[hidden]`, residual [`layers`](Self::layers) at that position
    /// - `weights`: `[vocabulary]`: which logits, and how much of each
    ///
    /// # Errors
    /// Any failure to run.
    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError>;
}

/// A block's attention for one sequence: `attended_i = x_i + Σ_h Σ_j A_hij f_h(x_j) + b`.
#[derive(Debug)]
#[non_exhaustive]
#[doc(alias = "Look")]
pub struct AttentionView {
    /// `A`: the attention pattern, `[heads, tokens, tokens]`; row `i` sums to 1 over `j ≤ i`.
    pub pattern: Tensor,
    /// `f_h(x_j)`: each head's value of each token through the output map, `[heads, tokens, hidden]`. Heads that share
    /// values differ here, because each has its own part of the output map.
    pub values: Tensor,
    /// `b`: the output map's bias, `[hidden]`; zeros where it has none.
    pub bias: Tensor,
    /// The residual stream after attention, `[tokens, hidden]`.
    pub attended: Tensor,
    /// The block's output, `[tokens, hidden]`.
    pub output: Tensor,
}

impl AttentionView {
    /// Of its parts, in the order in which a block makes them; their shapes are checked where a method asks for them.
    ///
    /// # Shapes
    /// - `pattern`: `[heads, tokens, tokens]`
    /// - `values`: `[heads, tokens, hidden]`
    /// - `bias`: `[hidden]`
    /// - `attended` and `output`: `[tokens, hidden]`, after attention and after the feed-forward part
    pub fn new(pattern: Tensor, values: Tensor, bias: Tensor, attended: Tensor, output: Tensor) -> Self {
        Self { pattern, values, bias, attended, output }
    }
}

/// A weighted sum of logits as a linear function of the last residual stream: `⟨direction, x⟩ + constant`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReadOut {
    /// `[hidden]`.
    pub direction: Tensor,
    /// What the biases of the norm and of the head add; 0 where there is neither.
    pub constant: f64,
}

impl ReadOut {
    /// A direction, `[hidden]`, and what is added.
    pub fn new(direction: Tensor, constant: f64) -> Self {
        Self { direction, constant }
    }
}

/// What the backward pass through a transformer propagates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackwardRule {
    /// The gradient.
    Gradient,
    /// Relevance by AttnLRP: the scale of norms held constant, activations as `f(z)/z`, half of a product's relevance
    /// to each factor.
    AttnLrp,
    /// Relevance by CP-LRP: the same, with the attention pattern and the gates of feed-forward parts held constant.
    CpLrp,
    /// The gradient with GIM's modifications: the scale of norms held constant, the softmax gone back through at
    /// temperature 2, a quarter to queries and to keys, half to values.
    Gim,
}
