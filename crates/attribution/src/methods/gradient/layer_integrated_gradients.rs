//! `layer-integrated-gradients`: integrated gradients of the residual stream before a block.

use crate::calculus::quadrature::Quadrature;
use crate::calculus::space::Space;
use crate::error::Error;
use crate::method::Method;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, Needs};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::methods::gradient::integrated_gradients::Integration;
use crate::model::LanguageModel;
use crate::model::layers::check_residual;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = (h_i − h'_i) ⊙ ∫₀¹ ∂f/∂h_i(h' + α (h − h')) dα`, signed, with `h` the residual stream before a block at all
/// positions: layer 0 is embeddings plus positions, layer `n` of `n` blocks the input of the last norm.
///
/// The baseline `zero` is a residual stream of zeros; any other is the residual stream computed from the baseline's
/// embeddings. Rows add up to f(x) − f(baseline). In units of the target.
///
/// Cost: for each step a forward pass through the remaining blocks, and a backward pass for each output.
/// Source: Sundararajan, Taly & Yan 2017; as `LayerIntegratedGradients` in captum.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerIntegratedGradients {
    layer: usize,
    integration: Integration,
}

impl LayerIntegratedGradients {
    /// At the residual stream before a block, from 0; 50 points from the baseline that suits the model.
    pub fn new(layer: usize) -> Self {
        Self { layer, integration: Integration { exact_weights: true, ..Integration::default() } }
    }

    setters! {
        /// Where the path begins. /// Default: what suits the model
        /// ([`suited_baseline`](crate::LanguageModel::suited_baseline)).
        baseline: Baseline => integration.start;
        /// How many points of the path are looked at, 1 to 10,000. Default: 50.
        steps: u32 => integration.steps;
        /// As [`IntegratedGradients::tolerance`](crate::methods::IntegratedGradients::tolerance).
        tolerance: f64 => integration.tolerance;
        /// Where the points lie. Default: [`Quadrature::GaussLegendre`], the only one with a tolerance.
        rule: Quadrature => integration.rule;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let given = Integration::from_parameters(parameters)?;
        let integration = Integration { exact_weights: true, ..given };
        Ok(Self { layer: parameters.layer.unwrap_or(0), integration })
    }
}

impl Method for LayerIntegratedGradients {
    fn card(&self) -> Card {
        Card {
            aliases: &["layer-ig"],
            needs: Needs::Inside,
            parameters: &["layer", "steps", "tolerance", "rule", "baseline"],
            axioms: &[Axiom::Completeness, Axiom::Linearity],
            cost: "steps forward, m × steps backward",
            source: "Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks",
            linear_in_gradient: true,
            ..Card::new(
                "layer-integrated-gradients",
                "(h_i − h'_i) ⊙ ∫ ∂f/∂h_i dα: integrated gradients of the residual stream before a block",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.integration.describe(&mut description);
        description.parameters.insert("layer".to_owned(), self.layer.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.integration.check()
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let integration = self.integration.bound_to(model)?;
        Some(Box::new(Self { integration, ..self.clone() }))
    }
    fn cost(&self, size: Size) -> Cost {
        self.integration.cost(size)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let inside = problem.inside(self.name())?;
        check_residual(self.layer, inside.layers())?;
        self.integration.attribute(problem, &Space::Residual(inside, self.layer), each)
    }
}
