//! The parameters of methods, by name.

use crate::calculus::quadrature::Quadrature;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::attention_part::AttentionPart;
use crate::method::held::Held;
use crate::method::interaction_index::InteractionIndex;
use crate::method::levels::Levels;
use crate::method::positions::Positions;
use crate::method::replace_by::ReplaceBy;
use crate::method::scope::Scope;
use saliency_schema::Segmentation;

/// Declares the parameters, a line each: the documentation, the name, the type, and what the setter takes where that is
/// not the type itself.
macro_rules! parameters {
    ($($(#[$doc:meta])+ $name:ident: $type:ty $(, from $given:ty)?;)*) => {
        /// The parameters of methods, by name. A parameter that the method does not have is refused, as is one out of
        /// its range, by whatever uses the parameters ([`method`](crate::method()),
        /// [`Attributor::check`](crate::Attributor::check)); one that is left out has the method's own default.
        ///
        /// ```
        /// use saliency_attribution::{Attributor, Parameters};
        ///
        /// let parameters = Parameters::new().tolerance(0.01);
        /// let attributor = Attributor::new().method_with("integrated-gradients", parameters).check()?;
        ///
        /// let refused = Attributor::new().method_with("integrated-gradients", Parameters::new().steps(0)).check();
        /// assert_eq!(refused.unwrap_err().to_string(), "steps is 0, and must be from 1 to 10000");
        /// # Ok::<(), saliency_attribution::Error>(())
        /// ```
        #[derive(Debug, Clone, Default)]
        pub struct Parameters {
            $(pub(crate) $name: Option<$type>,)*
        }

        impl Parameters {
            /// Every name that there is.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            $(
                $(#[$doc])+
                #[must_use]
                pub fn $name(mut self, $name: parameters!(@given $type $(, $given)?)) -> Self {
                    self.$name = Some($name.into());
                    self
                }
            )*

            /// Names and values of those that are given.
            fn given(&self) -> Vec<(&'static str, String)> {
                let mut given = Vec::new();
                $(given.extend(self.$name.as_ref().map(|value| (stringify!($name), value.to_string())));)*
                given
            }

            /// Those of some names alone.
            #[must_use]
            pub fn only(self, wanted: impl Fn(&str) -> bool) -> Self {
                Self { $($name: self.$name.filter(|_| wanted(stringify!($name))),)* }
            }
        }
    };
    (@given $type:ty) => { $type };
    (@given $type:ty, $given:ty) => { $given };
}

parameters! {
    /// Points on a path.
    steps: u32;
    /// How large a relative convergence delta may be.
    tolerance: f64;
    /// The quadrature rule: where the points on a path lie, and their weights.
    rule: Quadrature;
    /// What replaces an absent token: the baseline of a path, or an ablation.
    baseline: Ablation, from impl Into<Ablation>;
    /// Whether positions move along the path with the embeddings.
    positions: Positions;
    /// The tokens that are ablated together.
    segments: Segmentation;
    /// The levels that segments are taken apart by, from coarse to fine.
    refine: Levels, from impl Into<Levels>;
    /// How many segments of a level are taken apart: those with the largest numbers.
    keep: u32;
    /// Tokens that are never ablated.
    hold: Held;
    /// Which segments take part in a game: the input's, or earlier outputs' too.
    players: Scope;
    /// What pieces of the text are replaced by.
    replace_by: ReplaceBy;
    /// How many of the replacements with the largest change are continued.
    continuations: u32;
    /// How many segments take part in pairs, or are replaced: those with the largest numbers of their own.
    strongest: u32;
    /// Which interaction of pairs.
    interaction: InteractionIndex;
    /// The most segments for which all coalitions are run.
    exact: u32;
    /// The number of random samples.
    samples: u32;
    /// The standard deviation of the noise, in units of the embeddings'.
    noise: f64;
    /// The seed of all random numbers.
    seed: u64;
    /// The layer, from 0.
    layer: usize;
    /// The attention head, from 0.
    head: usize;
    /// Which attention of an encoder–decoder.
    attention: AttentionPart;
    /// Whether absolute values are taken before reduction.
    absolute: bool;
    /// Whether layers are multiplied instead of averaged.
    rollout: bool;
}

impl Parameters {
    /// None: every parameter has the method's own default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of those that are given.
    pub fn names(&self) -> Vec<&'static str> {
        self.given().into_iter().map(|(name, _)| name).collect()
    }

    /// Refuses parameters that a method does not have.
    pub(crate) fn check_known_to(&self, method: &'static str, parameters: &[&str]) -> Result<(), Error> {
        match self.given().into_iter().find(|(name, _)| !parameters.contains(name)) {
            Some((name, value)) => Err(Error::NoSuchParameter {
                method,
                name,
                value,
                known: if parameters.is_empty() { "none".into() } else { parameters.join(", ") },
            }),
            None => Ok(()),
        }
    }
}

/// Checks a number of samples or points.
pub(crate) fn check_count(name: &'static str, value: u32, largest: u32) -> Result<(), Error> {
    if (1..=largest).contains(&value) {
        return Ok(());
    }
    let range = match largest {
        512 => "from 1 to 512 on each stretch, with a tolerance",
        10_000 => "from 1 to 10000",
        _ => "from 1 to 1000000",
    };
    Err(Error::Parameter { name, value: value.to_string(), range })
}
