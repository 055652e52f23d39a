//! `layer-gradient-x-activation`: gradient × input of the residual stream before a block.

use crate::calculus::space::Space;
use crate::calculus::streams::Streams;
use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::model::inside::Inside;
use crate::model::layers::check_residual;
use crate::problem::Problem;
use crate::problem::backward::with_gradients;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// `a_i = h_i ⊙ ∂f/∂h_i`, signed, with `h_i` the residual stream before a block at position `i`: layer 0 is the
/// embedding plus the position, layer `n` of `n` blocks the input of the last norm.
///
/// In units of the target. This is attribution patching with a zero baseline.
///
/// [`Explanation::by_layer`] has the row's sum `Σ_i ⟨h_i, ∂f/∂h_i⟩` at every layer: how fast the target changes where
/// the whole stream there is scaled. Each layer's stream holds all that earlier ones put into it, so the numbers are
/// alternatives, not parts of one sum. Before a last norm that divides by the stream's own size the scale is lost, and
/// the last of them is near 0.
///
/// Cost: a forward pass, and for each output a backward pass through all blocks, or through the remaining ones of a
/// model without [`Inside::block`], which gives no sums by layer.
/// Source: Shrikumar et al. 2016; as `LayerGradientXActivation` in captum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerGradientXActivation {
    layer: usize,
}

impl LayerGradientXActivation {
    /// At the residual stream before a block, from 0.
    pub fn new(layer: usize) -> Self {
        Self { layer }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self::new(parameters.layer.unwrap_or(0)))
    }
}

impl LayerGradientXActivation {
    /// All layers in one graph; whether the model has one.
    fn by_layer<'a>(
        self,
        inside: &'a dyn Inside,
        problem: &Problem<'a>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        with_gradients(|| {
            let Some(streams) = Streams::of(inside, problem)? else { return Ok(false) };
            for output in 0..problem.n_output() {
                let (value, mut products) = streams.products(problem, output)?;
                let sum = |product: &Tensor| Ok(product.f_sum(Kind::Double)?.f_double_value(&[])?);
                let by_layer = products.iter().map(sum).collect::<Result<_, Error>>()?;
                let own = products.swap_remove(self.layer);
                each(Explanation::new(output, own, value).with_by_layer(by_layer))?;
            }
            Ok(true)
        })
    }
}

impl Method for LayerGradientXActivation {
    fn card(&self) -> Card {
        Card {
            needs: Needs::Inside,
            parameters: &["layer"],
            axioms: &[Axiom::Linearity],
            cost: "1 forward, m backward",
            source: "Shrikumar, Greenside, Shcherbina & Kundaje 2016, Not Just a Black Box",
            rows: RowKind::VectorsThatAddUp,
            linear_in_gradient: true,
            ..Card::new(
                "layer-gradient-x-activation",
                "h_i ⊙ ∂f/∂h_i: gradient × input of the residual stream before a block",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        description.parameters.insert("layer".to_owned(), self.layer.into());
        description
    }
    fn cost(&self, size: Size) -> Cost {
        Cost::new(1.0, size.n_output as f64)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let inside = problem.inside(self.name())?;
        check_residual(self.layer, inside.layers())?;
        if self.by_layer(inside, problem, each)? {
            return Ok(());
        }
        let space = Space::Residual(inside, self.layer);
        let input = space.input(problem)?;
        space.gradients_at(problem, &input, 0..problem.n_output(), &mut |output, value, gradient| {
            let context = problem.row_length(output) as i64;
            let activation = input.f_select(0, 0)?.f_narrow(0, 0, context)?;
            each(Explanation::new(output, gradient.f_narrow(0, 0, context)?.f_mul(&activation)?, value))
        })
    }
}
