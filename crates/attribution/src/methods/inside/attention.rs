//! `attention`: how much each token is attended to.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::model::layers::{Layers, check_below, check_layer};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = mean over layers and heads of A_ti`, at the position `t` that predicts the output; or of one layer, one head,
/// or both.
///
/// Shares: rows add up to 1. They have no sign and do not depend on the target: they show where the model attends, not
/// what it takes from there.
///
/// Cost: one forward pass for all outputs.
/// Source: Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attention {
    layer: Option<usize>,
    head: Option<usize>,
}

impl Attention {
    /// The mean over all layers and heads.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// One layer. Default: the mean over all.
        layer: usize => layer;
        /// One head of each layer. Default: the mean over all.
        head: usize => head;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { layer: parameters.layer, head: parameters.head })
    }
}

impl Method for Attention {
    fn card(&self) -> Card {
        Card {
            family: Family::Inside,
            needs: Needs::Inside,
            parameters: &["layer", "head"],
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
        description.parameters.insert("layer".to_owned(), named(self.layer).into());
        description.parameters.insert("head".to_owned(), named(self.head).into());
        description
    }
    fn cost(&self, _: Size) -> Cost {
        Cost::forwards(1.0)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let layers = Layers::new(problem, self.name())?;
        self.layer.map_or(Ok(()), |layer| check_layer(layer, layers.count()))?;
        self.head.map_or(Ok(()), |head| check_below("head", head, layers.heads()))?;
        let mean = layers.mean_over(self.layer, |view| match self.head {
            Some(head) => Ok(view.pattern.f_select(0, head as i64)?),
            None => Ok(view.pattern.f_mean_dim(&[0_i64][..], false, None)?),
        })?;
        layers.each_row(&mean, each)
    }
}
