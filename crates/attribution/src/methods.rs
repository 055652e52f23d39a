//! The methods, one in a file, in a folder for each family. A new one adds its line to the table below.
#![allow(clippy::unnecessary_wraps, reason = "every method is made in the same way")]

use crate::error::Error;
use crate::method::Method;
use crate::method::parameters::Parameters;

/// Declares each method's file in its family's folder and lists it, in the order of listings.
macro_rules! table {
    ($($family:ident { $($file:ident::$name:ident),* $(,)? })*) => {
        $(
            pub(crate) mod $family {
                #![doc = concat!("Methods of the family `", stringify!($family), "`.")]
                $(pub(crate) mod $file;)*
            }
            $(pub use $family::$file::$name;)*
        )*
        pub(crate) const TABLE: &[Make] =
            &[$($(|parameters| Ok(Box::new($name::from_parameters(parameters)?))),*),*];
    };
}

/// Makes a method with given parameters; those that it does not have are refused before.
pub(crate) type Make = fn(&Parameters) -> Result<Box<dyn Method>, Error>;

table! {
    gradient {
        gradient_x_input::GradientXInput,
        gradient::Gradient,
        integrated_gradients::IntegratedGradients,
        sequential_integrated_gradients::SequentialIntegratedGradients,
        integrated_hessians::IntegratedHessians,
        smoothgrad::SmoothGrad,
        vargrad::VarGrad,
        gradient_shap::GradientShap,
        layer_gradient_x_activation::LayerGradientXActivation,
        layer_integrated_gradients::LayerIntegratedGradients,
    }
    perturbation {
        occlusion::Occlusion,
        occlusion_pairs::OcclusionPairs,
        leave_one_out::LeaveOneOut,
        coarse_to_fine::CoarseToFine,
        shapley::Shapley,
        shapley_interaction::ShapleyInteraction,
        kernel_shap::KernelShap,
        lime::Lime,
        context_cite::ContextCite,
        reagent::Reagent,
        replacements::Replacements,
    }
    inside {
        attention::Attention,
        attention_rollout::AttentionRollout,
        attention_flow::AttentionFlow,
        attention_norms::AttentionNorms,
        value_zeroing::ValueZeroing,
        alti::Alti,
        alti_logit::AltiLogit,
        attn_lrp::AttnLrp,
        cp_lrp::CpLrp,
        gim::Gim,
        direct_logit::DirectLogit,
    }
    control {
        random::Random,
        position::Position,
    }
}

/// What `direct-logit` accounts for, entry by entry.
pub use crate::method::ledger::Ledger;
