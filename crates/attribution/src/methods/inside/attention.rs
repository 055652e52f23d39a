//! `attention`: how much each token is attended to.

use crate::error::Error;
use crate::method::Method;
use crate::method::attention_part::AttentionPart;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::method::which_heads::WhichHeads;
use crate::model::LanguageModel;
use crate::model::decoder_attention::DecoderAttention;
use crate::model::layers::{LayerMean, Layers};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

const OF_SOURCE: &str =
    "cross or decoder: the encoder attends among the source's tokens, which predict no output";

/// `a_i = mean over layers and heads of A_ti`, at the position `t` that predicts the output; or of one layer, one head,
/// or both. Of an encoder–decoder, `A` is the decoder's attention to the source, or to its start token and earlier
/// outputs ([`AttentionPart`]); the other tokens are missing in the record.
///
/// Shares: rows add up to 1. They have no sign and do not depend on the target: they show where the model attends, not
/// what it takes from there.
///
/// Cost: one forward pass for all outputs.
/// Source: Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attention {
    which: WhichHeads,
    part: Option<AttentionPart>,
}

impl Attention {
    /// The mean over all layers and heads.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// One layer. Default: the mean over all.
        layer: usize => which.layer;
        /// One head of each layer. Default: the mean over all.
        head: usize => which.head;
        /// Which attention of an encoder–decoder. Default: [`AttentionPart::Cross`].
        part: AttentionPart => part;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let which = WhichHeads { layer: parameters.layer, head: parameters.head };
        Ok(Self { which, part: parameters.attention })
    }

    /// Weights `[heads, …]`, of one head or meaned over all.
    fn over_heads(&self, weights: &Tensor) -> Result<Tensor, Error> {
        Ok(self.which.of_layer(weights)?.f_mean_dim(&[0_i64][..], false, None)?)
    }

    /// The rows of an encoder–decoder.
    fn of_decoder(
        &self,
        decoder: &dyn DecoderAttention,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.which.check_among(decoder.layers(), decoder.heads())?;
        let part = self.part.unwrap_or_default();
        let (embeddings, n_input) = (problem.embeddings().f_select(0, 0)?, problem.n_input());
        let mut mean = LayerMean::of(self.which.layer);
        let mut add = |layer: usize, weights: &Tensor| mean.add(layer, || self.over_heads(weights));
        match part {
            AttentionPart::Cross => decoder.to_source(&embeddings, n_input, &mut add)?,
            AttentionPart::Decoder => decoder.to_target(&embeddings, n_input, &mut add)?,
            AttentionPart::Encoder => return Err(refused(part, OF_SOURCE)),
        }
        problem.count(Cost::forwards(1.0))?;
        let mean = mean.get()?;
        let source = n_input - 1;
        for output in 0..problem.n_output() {
            let context = problem.row_length(output);
            let (row, missing) = (mean.f_select(0, (context - 1 - source) as i64)?, context - source);
            let zeros = |tokens: usize| Tensor::f_zeros([tokens as i64], (Kind::Double, row.device()));
            let (row, missing) = match part {
                AttentionPart::Cross => {
                    (Tensor::f_cat(&[row.shallow_clone(), zeros(missing)?], 0)?, source..context)
                }
                _ => (Tensor::f_cat(&[zeros(source)?, row.f_narrow(0, 0, missing as i64)?], 0)?, 0..source),
            };
            let found = Explanation::new(output, row.f_unsqueeze(1)?, problem.value_at_input(output)?);
            each(found.with_missing(missing.collect()))?;
        }
        Ok(())
    }
}

impl Method for Attention {
    fn card(&self) -> Card {
        Card {
            family: Family::Inside,
            needs: Needs::Inside,
            parameters: &["layer", "head", "attention"],
            cost: "1 forward",
            source: "Bahdanau, Cho & Bengio 2015, Jointly Learning to Align and Translate",
            signed: false,
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new(
                "attention",
                "A_ti: how much the output's position attends to each token, meaned over layers and heads",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        let all = || "all".to_owned();
        let named = |x: Option<usize>| x.map_or_else(all, |x| x.to_string());
        description.parameters.insert("layer".to_owned(), named(self.which.layer).into());
        description.parameters.insert("head".to_owned(), named(self.which.head).into());
        if let Some(part) = self.part {
            description.parameters.insert("attention".to_owned(), part.name().into());
        }
        description
    }
    fn check(&self) -> Result<(), Error> {
        match self.part {
            Some(AttentionPart::Encoder) => Err(refused(AttentionPart::Encoder, OF_SOURCE)),
            _ => Ok(()),
        }
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let whole = Self { part: Some(self.part.unwrap_or_default()), ..*self };
        model.decoder_attention().map(|_| Box::new(whole) as _)
    }
    fn cost(&self, _: Size) -> Cost {
        Cost::forwards(1.0)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(decoder) = problem.model().decoder_attention() {
            return self.of_decoder(decoder, problem, each);
        }
        let layers = Layers::new(problem, self.name())?;
        if let Some(part) = self.part {
            return Err(refused(part, "left out: the model is no encoder–decoder, and has one attention"));
        }
        self.which.check_among(layers.count(), layers.heads())?;
        let mean = layers.mean_over(self.which.layer, |view| self.over_heads(&view.pattern))?;
        layers.each_row(&mean, each)
    }
}

fn refused(part: AttentionPart, range: &'static str) -> Error {
    Error::Parameter { name: "attention", value: part.to_string(), range }
}
