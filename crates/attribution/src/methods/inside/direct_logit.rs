//! `direct-logit`: what each token adds to the logit directly, through every head of every layer.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::ledger::{Ledger, Ledgers};
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::method::which_heads::WhichHeads;
use crate::model::layers::Layers;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// `a_i = Σ_l Σ_h ⟨d, A_lhti f_lh(x_i)⟩`, signed, with `d` the direction in the last residual stream that the logit
/// depends on when the scale of the last norm is held constant: what attention brings from token `i` to the output's
/// position `t` and adds to the logit *directly*, without later layers. Token `t` also gets the part of its own
/// embedding. Or of one layer, one head of each layer, or one head, without that embedding.
///
/// A token's vector has an entry for each head, layer by layer, and finally the part of its own embedding. What
/// feed-forward parts, biases and the position add (and heads that are not asked for) is recorded as f(baseline):
/// together with the row's sum it is exactly the logit. [`Ledger`] has every entry of both, and the record's
/// `outputs[].ledger` each head's sum over the tokens, of all heads. In units of logits; for targets that are weighted
/// sums of logits.
///
/// Cost: two forward passes for all outputs.
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits", §"Logit attribution"; Ferrando,
/// Gállego, Tsiamas & Costa-jussà 2023, "Explaining How Transformers Use Context to Build Predictions", eq. 9.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectLogit {
    which: WhichHeads,
}

impl DirectLogit {
    /// All heads of all layers.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The heads of one layer. Default: of all.
        layer: usize => which.layer;
        /// One head of each layer. Default: all.
        head: usize => which.head;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { which: WhichHeads { layer: parameters.layer, head: parameters.head } })
    }

    /// The ledger of every output.
    ///
    /// # Errors
    /// A target that is not a weighted sum of logits; a model that does not offer its inside, or fails.
    pub fn ledgers(&self, problem: &Problem<'_>) -> Result<Vec<Ledger>, Error> {
        let layers = Layers::new(problem, self.name())?;
        self.which.check_among(layers.count(), layers.heads())?;
        let mut ledgers = Ledgers::new(&layers, problem, self.name())?;
        layers.each_layer(|layer, residual, view| ledgers.add(layer, residual, view))?;
        ledgers.finish()
    }

    /// A ledger's row: what the heads that are meant bring from each token, and with all of them the token's own
    /// embedding: `[tokens, entries]`.
    fn row(&self, ledger: &Ledger) -> Result<Tensor, Error> {
        let (layers, _, tokens) = ledger.heads.size3()?;
        let meant = (0..layers).filter(|layer| self.which.have(*layer as usize));
        let heads = meant.map(|layer| self.which.of_layer(&ledger.heads.f_select(0, layer)?));
        let brought = Tensor::f_cat(&heads.collect::<Result<Vec<_>, Error>>()?, 0)?.f_transpose(0, 1)?;
        if !self.which.are_all() {
            return Ok(brought.f_contiguous()?);
        }
        let own = Tensor::f_zeros([tokens, 1], (Kind::Double, brought.device()))?;
        let _ = own.f_select(0, tokens - 1)?.f_fill_(ledger.token)?;
        Ok(Tensor::f_cat(&[brought, own], 1)?)
    }
}

impl Method for DirectLogit {
    fn card(&self) -> Card {
        Card {
            aliases: &["direct-logit-attribution", "dla"],
            family: Family::Inside,
            needs: Needs::Inside,
            parameters: &["layer", "head"],
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
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.which.describe(&mut description);
        description
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
            let row = self.row(&ledger)?;
            let others = if self.which.are_all() {
                ledger.rest()
            } else {
                ledger.total()? - row.f_sum(Kind::Double)?.f_double_value(&[])?
            };
            let explanation = Explanation::new(output, row, problem.value_at_input(output)?);
            each(explanation.with_baseline_value(others).with_ledger(ledger.recorded()?))?;
        }
        Ok(())
    }
}
