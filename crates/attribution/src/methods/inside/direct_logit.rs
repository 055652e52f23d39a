//! `direct-logit`: what each token adds to the logit directly, through every head of every layer.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::model::checked;
use crate::model::inside::AttentionView;
use crate::model::layers::Layers;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// `a_i = Σ_l Σ_h ⟨d, A_lhti f_lh(x_i)⟩`, signed, with `d` the direction in the last residual stream that the logit
/// depends on when the scale of the last norm is held constant: what attention brings from token `i` to the output's
/// position `t` and adds to the logit *directly*, without later layers. Token `t` also gets the part of its own
/// embedding.
///
/// A token's vector has an entry for each head, layer by layer, and finally the part of its own embedding. What
/// feed-forward parts, biases and the position add is recorded as f(baseline): together with the row's sum it is
/// exactly the logit. [`Ledger`] has every entry of both. In units of logits; for targets that are weighted sums of
/// logits.
///
/// Cost: one forward pass for all outputs.
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits", §"Logit attribution"; Ferrando,
/// Gállego, Tsiamas & Costa-jussà 2023, "Explaining How Transformers Use Context to Build Predictions", eq. 9.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectLogit;

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
}

impl DirectLogit {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }

    /// The ledger of every output.
    ///
    /// # Errors
    /// A target that is not a weighted sum of logits; a model that does not offer its inside, or fails.
    pub fn ledgers(&self, problem: &Problem<'_>) -> Result<Vec<Ledger>, Error> {
        let layers = Layers::new(problem, self.name())?;
        let last = layers.last()?;
        let directions = directions(&layers, problem, self.name(), &last)?;
        let positions = problem.positions(&(0..problem.n_output()));
        let (first, count) = (positions.start as i64, positions.len() as i64);
        let _no_gradient = tch::no_grad_guard();
        let mut heads: Vec<Vec<Tensor>> = (0..count).map(|_| Vec::new()).collect();
        let mut feed_forward = Vec::new();
        let mut bias = Vec::new();
        let (mut token, mut position) = (Vec::new(), Vec::new());
        let matrix = Tensor::f_stack(&directions.iter().map(|d| &d.0).collect::<Vec<_>>(), 0)?;
        let dot = |x: &Tensor| -> Result<Vec<f64>, Error> {
            let products = x.f_mul(&matrix)?.f_sum_dim_intlist(&[-1_i64][..], false, Kind::Double)?;
            Ok(Vec::try_from(products)?)
        };
        layers.each_layer(|layer, residual, view| {
            let own = |x: &Tensor| x.f_narrow(0, first, count);
            if layer == 0 {
                let embeddings = own(&problem.embeddings().f_select(0, 0)?)?;
                token = dot(&embeddings)?;
                position = dot(&own(residual)?.f_sub(&embeddings)?)?;
            }
            for (output, one) in directs(view, &matrix, first)?.into_iter().enumerate() {
                heads[output].push(one);
            }
            feed_forward.push(dot(&own(&view.output)?.f_sub(&own(&view.attended)?)?)?);
            bias.push(dot(&view.bias.f_unsqueeze(0)?.f_expand_as(&matrix)?)?);
            Ok(())
        })?;
        let ledger = |(output, heads): (usize, Vec<Tensor>)| -> Result<Ledger, Error> {
            Ok(Ledger {
                heads: Tensor::f_stack(&heads, 0)?,
                feed_forward: feed_forward.iter().map(|layer| layer[output]).collect(),
                attention_bias: bias.iter().map(|layer| layer[output]).collect(),
                token: token[output],
                position: position[output],
                norm_bias: directions[output].1,
            })
        };
        heads.into_iter().enumerate().map(ledger).collect()
    }
}

/// For each output the direction in the last residual stream that the target depends on, and a constant.
pub(super) fn directions(
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
pub(super) fn directs(view: &AttentionView, directions: &Tensor, first: i64) -> Result<Vec<Tensor>, Error> {
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

impl Method for DirectLogit {
    fn card(&self) -> Card {
        Card {
            aliases: &["direct-logit-attribution", "dla"],
            family: Family::Inside,
            needs: Needs::Inside,
            axioms: &[Axiom::Linearity],
            cost: "2 forward",
            source: "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits",
            rows: RowKind::VectorsThatAddUp,
            ..Card::new(
                "direct-logit",
                "Σ_l Σ_h ⟨d, A_lhti f_lh(x_i)⟩: what each token adds to the logit directly, through attention",
            )
        }
    }
    fn cost(&self, _: Size) -> Cost {
        Cost::forwards(2.0)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (output, ledger) in self.ledgers(problem)?.into_iter().enumerate() {
            let (layers, heads, tokens) = ledger.heads.size3()?;
            let brought = ledger.heads.f_reshape([layers * heads, tokens])?.f_transpose(0, 1)?;
            let own = Tensor::f_zeros([tokens, 1], (Kind::Double, brought.device()))?;
            let _ = own.f_select(0, tokens - 1)?.f_fill_(ledger.token)?;
            let attributions = Tensor::f_cat(&[brought, own], 1)?;
            let baseline_value = Some(ledger.rest());
            each(Explanation {
                baseline_value,
                ..Explanation::new(output, attributions, problem.value_at_input(output)?)
            })?;
        }
        Ok(())
    }
}
