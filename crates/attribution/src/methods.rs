//! The methods, one in a file. A new one adds its line to the table below.

use crate::{Error, Method, Parameters};

/// Declares each method's file and lists it, in the order of a list for people.
macro_rules! table {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(mod $file; pub use $file::$name;)*
        pub(crate) const TABLE: &[Make] = &[$($name::from_parameters),*];
    };
}

/// Makes a method with given parameters, and refuses those it does not have.
pub(crate) type Make = fn(&Parameters) -> Result<Box<dyn Method>, Error>;

table! {
    gradient_x_input::GradientXInput,
    gradient::Gradient,
    integrated_gradients::IntegratedGradients,
    occlusion::Occlusion,
    random::Random,
}
