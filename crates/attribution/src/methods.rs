//! The methods, one in a file. A new one adds its line to the table below.
#![allow(clippy::unnecessary_wraps, reason = "every method is made in the same way")]

use crate::{Error, Method, Parameters};

/// Declares each method's file and lists it, in the order of a list for people.
macro_rules! table {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(mod $file; pub use $file::$name;)*
        pub(crate) const TABLE: &[Make] =
            &[$(|parameters| Ok(Box::new($name::from_parameters(parameters)?))),*];
    };
}

/// Makes a method with given parameters; those that it does not have were refused before.
pub(crate) type Make = fn(&Parameters) -> Result<Box<dyn Method>, Error>;

table! {
    gradient_x_input::GradientXInput,
    gradient::Gradient,
    integrated_gradients::IntegratedGradients,
    sequential_integrated_gradients::SequentialIntegratedGradients,
    smoothgrad::SmoothGrad,
    vargrad::VarGrad,
    gradient_shap::GradientShap,
    layer_gradient_x_activation::LayerGradientXActivation,
    layer_integrated_gradients::LayerIntegratedGradients,
    occlusion::Occlusion,
    leave_one_out::LeaveOneOut,
    shapley::Shapley,
    kernel_shap::KernelShap,
    lime::Lime,
    reagent::Reagent,
    attention::Attention,
    attention_rollout::AttentionRollout,
    attention_flow::AttentionFlow,
    attention_norms::AttentionNorms,
    value_zeroing::ValueZeroing,
    alti::Alti,
    alti_logit::AltiLogit,
    attn_lrp::AttnLrp,
    cp_lrp::CpLrp,
    direct_logit::DirectLogit,
    random::Random,
}

/// What `direct-logit` accounts for, entry by entry.
pub use direct_logit::Ledger;
