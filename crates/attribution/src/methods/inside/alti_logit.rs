//! `alti-logit`: what attention adds to the logit, traced back to the input by `alti`.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::ledger::Ledgers;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::method::which_heads::WhichHeads;
use crate::methods::inside::alti::contributions;
use crate::model::layers::Layers;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// `a_i = Δ_1i + Σ_{l ≥ 2} Σ_j Δ_lj M_{l−1, ji}`, signed, with `Δ_lj = Σ_h ⟨d, A_lhtj f_lh(x_j)⟩` what the attention of
/// layer `l` adds to the logit from position `j`, and `M_{l−1}` the shares of the input tokens in the state there
/// (`alti`). Or of one layer, one head of each layer, or one head.
///
/// In units of logits; for targets that are weighted sums of logits, such as contrasts. Feed-forward parts, biases and
/// the initial residual stream belong to no token; they add the difference between the logit and the row's sum. The
/// record's `outputs[].ledger` has each of them, and what each head of each layer adds: as of `direct-logit`, since the
/// shares of the tokens add up to 1.
///
/// Cost: two forward passes for all outputs, and `alti`'s products.
/// Source: Ferrando, Gállego, Tsiamas & Costa-jussà 2023, "Explaining How Transformers Use Context to Build
/// Predictions", §3.2. The full affine values, biases included, as the paper has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AltiLogit {
    which: WhichHeads,
}

impl AltiLogit {
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
}

impl Method for AltiLogit {
    fn card(&self) -> Card {
        Card {
            family: Family::Inside,
            needs: Needs::Inside,
            parameters: &["layer", "head"],
            axioms: &[Axiom::Linearity],
            cost: "2 forward",
            source: "Ferrando, Gállego, Tsiamas & Costa-jussà 2023, How Transformers Use Context to Build Predictions",
            rows: RowKind::Numbers,
            ..Card::new(
                "alti-logit",
                "Σ_l Σ_j Δ_lj M_ji: what attention adds to the logit, led back to the input tokens",
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
        let layers = Layers::new(problem, self.name())?;
        self.which.check_among(layers.count(), layers.heads())?;
        let mut ledgers = Ledgers::new(&layers, problem, self.name())?;
        let mut rows: Vec<Option<Tensor>> = (0..problem.n_output()).map(|_| None).collect();
        let mut mixed: Option<Tensor> = None;
        layers.each_layer(|layer, residual, view| {
            ledgers.add(layer, residual, view)?;
            let meant = rows.iter_mut().enumerate().filter(|_| self.which.have(layer));
            for (output, row) in meant {
                let heads = ledgers.last(output).ok_or(Error::NoOutput)?;
                let from =
                    self.which.of_layer(heads)?.f_sum_dim_intlist(&[0_i64][..], false, Kind::Double)?;
                let tokens = from.size()[0];
                let traced = match &mixed {
                    Some(mixed) => {
                        let mixed = mixed.f_narrow(0, 0, tokens)?.f_narrow(1, 0, tokens)?;
                        from.f_unsqueeze(0)?.f_matmul(&mixed)?.f_squeeze_dim(0)?
                    }
                    None => from,
                };
                *row = Some(match row.take() {
                    Some(row) => row.f_add(&traced)?,
                    None => traced,
                });
            }
            let one = contributions(residual, view)?;
            mixed = Some(match mixed.take() {
                Some(mixed) => one.f_matmul(&mixed)?,
                None => one,
            });
            Ok(())
        })?;
        let ledgers = ledgers.finish()?;
        for (output, (row, ledger)) in rows.into_iter().zip(ledgers).enumerate() {
            let row = row.ok_or(Error::NoOutput)?.f_unsqueeze(1)?;
            let explanation = Explanation::new(output, row, problem.value_at_input(output)?);
            each(explanation.with_ledger(ledger.recorded()?))?;
        }
        Ok(())
    }
}
