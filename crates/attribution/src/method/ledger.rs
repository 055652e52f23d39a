//! What each part of a transformer adds directly to a logit: parts that add up to it.

use crate::error::Error;
use crate::model::checked;
use crate::model::inside::AttentionView;
use crate::model::layers::Layers;
use crate::problem::Problem;
use tch::{Kind, Tensor};

/// Everything that adds directly to one output's logit, or weighted sum of logits. In units of logits.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ledger {
    /// What each head of each layer brings from each token: `[layers, heads, tokens]`.
    pub heads: Tensor,
    /// What each layer's feed-forward part adds at the output's position.
    pub feed_forward: Vec<f64>,
    /// What the bias of each layer's attention adds; 0 where it has none.
    pub attention_bias: Vec<f64>,
    /// What the embedding of the token at the output's position adds.
    pub token: f64,
    /// What the position's embedding adds; 0 where positions are not added to embeddings.
    pub position: f64,
    /// What the biases of the last norm and of the head add; 0 where there is neither.
    pub norm_bias: f64,
}

impl Ledger {
    /// All entries together: the logit.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn total(&self) -> Result<f64, Error> {
        let heads = self.heads.f_sum(Kind::Double)?.f_double_value(&[])?;
        Ok(heads + self.token + self.rest())
    }

    /// What belongs to no token: feed-forward parts, biases and the position.
    pub fn rest(&self) -> f64 {
        let layers: f64 = self.feed_forward.iter().chain(&self.attention_bias).sum();
        layers + self.position + self.norm_bias
    }

    /// The same for the record, with each head's sum over the tokens.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn recorded(&self) -> Result<saliency_schema::Ledger, Error> {
        let all = |numbers: &[f64]| numbers.iter().copied().map(Some).collect::<Vec<_>>();
        let sums = self.heads.f_sum_dim_intlist(&[-1_i64][..], false, Kind::Double)?;
        let heads = Vec::<Vec<f64>>::try_from(sums)?.iter().map(|layer| all(layer)).collect();
        Ok(saliency_schema::Ledger::new(heads)
            .with_feed_forward(all(&self.feed_forward))
            .with_attention_bias(all(&self.attention_bias))
            .with_token(self.token)
            .with_position(self.position)
            .with_bias(self.norm_bias))
    }
}

/// The ledgers of all outputs while the layers are gone through.
pub(crate) struct Ledgers<'p, 'a> {
    problem: &'p Problem<'a>,
    /// For each output the direction in the last residual stream that the target depends on: `[outputs, hidden]`.
    directions: Tensor,
    /// And a constant.
    constants: Vec<f64>,
    /// Of each output, a layer's heads: `[heads, context]`.
    heads: Vec<Vec<Tensor>>,
    feed_forward: Vec<Vec<f64>>,
    attention_bias: Vec<Vec<f64>>,
    token: Vec<f64>,
    position: Vec<f64>,
}

impl<'p, 'a> Ledgers<'p, 'a> {
    /// Those of a problem whose targets are weighted sums of logits. Makes a forward pass to the last norm.
    pub(crate) fn new(
        layers: &Layers<'p, 'a>,
        problem: &'p Problem<'a>,
        method: &'static str,
    ) -> Result<Self, Error> {
        let last = layers.last()?;
        let found = directions(layers, problem, method, &last)?;
        let directions = Tensor::f_stack(&found.iter().map(|d| &d.0).collect::<Vec<_>>(), 0)?;
        Ok(Self {
            problem,
            directions,
            heads: found.iter().map(|_| Vec::new()).collect(),
            constants: found.into_iter().map(|d| d.1).collect(),
            feed_forward: Vec::new(),
            attention_bias: Vec::new(),
            token: Vec::new(),
            position: Vec::new(),
        })
    }

    /// Adds a layer, in order: its number, its input `[tokens, hidden]`, and its attention.
    pub(crate) fn add(&mut self, layer: usize, residual: &Tensor, view: &AttentionView) -> Result<(), Error> {
        let positions = self.problem.positions(&(0..self.problem.n_output()));
        let (first, count) = (positions.start as i64, positions.len() as i64);
        let own = |x: &Tensor| x.f_narrow(0, first, count);
        if layer == 0 {
            let embeddings = own(&self.problem.embeddings().f_select(0, 0)?)?;
            self.token = self.dot(&embeddings)?;
            self.position = self.dot(&own(residual)?.f_sub(&embeddings)?)?;
        }
        for (output, one) in directs(view, &self.directions, first)?.into_iter().enumerate() {
            self.heads[output].push(one);
        }
        self.feed_forward.push(self.dot(&own(&view.output)?.f_sub(&own(&view.attended)?)?)?);
        self.attention_bias.push(self.dot(&view.bias.f_unsqueeze(0)?.f_expand_as(&self.directions)?)?);
        Ok(())
    }

    /// What each head of the layer that was added last brings to an output from each token of its context:
    /// `[heads, context]`.
    pub(crate) fn last(&self, output: usize) -> Option<&Tensor> {
        self.heads[output].last()
    }

    /// Each output's direction times a row: from `[outputs, hidden]`.
    fn dot(&self, x: &Tensor) -> Result<Vec<f64>, Error> {
        let products = x.f_mul(&self.directions)?.f_sum_dim_intlist(&[-1_i64][..], false, Kind::Double)?;
        Ok(Vec::try_from(products)?)
    }

    /// One for each output.
    pub(crate) fn finish(self) -> Result<Vec<Ledger>, Error> {
        let ledger = |(output, heads): (usize, &Vec<Tensor>)| -> Result<Ledger, Error> {
            Ok(Ledger {
                heads: Tensor::f_stack(heads, 0)?,
                feed_forward: self.feed_forward.iter().map(|layer| layer[output]).collect(),
                attention_bias: self.attention_bias.iter().map(|layer| layer[output]).collect(),
                token: self.token[output],
                position: self.position[output],
                norm_bias: self.constants[output],
            })
        };
        self.heads.iter().enumerate().map(ledger).collect()
    }
}

/// For each output the direction in the last residual stream that the target depends on, and a constant.
fn directions(
    layers: &Layers<'_, '_>,
    problem: &Problem<'_>,
    method: &'static str,
    last: &Tensor,
) -> Result<Vec<(Tensor, f64)>, Error> {
    let direction = |output: usize| -> Result<(Tensor, f64), Error> {
        let target = problem.target();
        let weights = target.logit_weights(problem.output_token(output))?.ok_or(Error::Target {
            method,
            target: target.name(),
            why: "it accounts for logits; use logit, contrast-logit or contrast-log-probability",
        })?;
        let mut row = vec![0.0; problem.vocabulary()];
        for (id, weight) in weights {
            let size = row.len();
            let range = "a token number below the vocabulary's size";
            let entry = row.get_mut(id as usize).ok_or_else(|| Error::Parameter {
                name: "the target's token",
                value: format!("{id} of {size}"),
                range,
            })?;
            *entry += weight;
        }
        let weights = Tensor::f_from_slice(&row)?.f_to_kind(last.kind())?.f_to(last.device())?;
        let at = last.f_select(0, problem.row_length(output) as i64 - 1)?;
        let out = tch::no_grad(|| checked::read_out(layers.inside(), &at, &weights))?;
        Ok((out.direction, out.constant))
    };
    (0..problem.n_output()).map(direction).collect()
}

/// `⟨d_r, A_hti f_h(x_i)⟩` for each output `r` at its position `t`: `[heads, context]` each, in float64.
fn directs(view: &AttentionView, directions: &Tensor, first: i64) -> Result<Vec<Tensor>, Error> {
    let count = directions.size()[0];
    // [heads, tokens, outputs]
    let read = view.values.f_matmul(&directions.f_transpose(0, 1)?)?.f_to_kind(Kind::Double)?;
    let entry = |output: i64| -> Result<Tensor, Error> {
        let tokens = first + output + 1;
        let pattern = view.pattern.f_select(1, first + output)?.f_narrow(1, 0, tokens)?;
        Ok(pattern.f_to_kind(Kind::Double)?.f_mul(&read.f_select(2, output)?.f_narrow(1, 0, tokens)?)?)
    };
    (0..count).map(entry).collect()
}
