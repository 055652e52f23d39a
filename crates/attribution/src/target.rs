//! The scalar that is explained: a function of the logits at an output's position.

pub(crate) mod clean_run;
pub(crate) mod contrast;
pub(crate) mod explained;
pub(crate) mod for_tokens;
pub(crate) mod target_fn;

use crate::error::Error;
use crate::model::TokenId;
use crate::target::clean_run::CleanRun;
use crate::target::contrast::Alternatives;
use crate::target::explained::Explained;
use crate::targets::TABLE;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;
use tch::{Kind, Tensor};

/// A scalar function of the logits.
///
/// Targets are shared between threads. A tensor is not, so a target that holds one wraps it in a
/// [`Mutex`](std::sync::Mutex):
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::tch::Tensor;
/// use saliency_attribution::{Attributor, Error, OutputToken, Sequence, Target};
/// use std::sync::{Mutex, PoisonError};
///
/// /// A weighted sum of all logits.
/// #[derive(Debug)]
/// struct Weighted {
///     weights: Mutex<Tensor>,
/// }
///
/// impl Target for Weighted {
///     fn name(&self) -> &'static str {
///         "weighted"
///     }
///     fn summary(&self) -> &'static str {
///         "Σ w_v z_v"
///     }
///     fn value(&self, logits: &Tensor, _: OutputToken) -> Result<Tensor, Error> {
///         let weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
///         Ok(logits.f_mv(&weights)?)
///     }
/// }
///
/// let target = Weighted { weights: Mutex::new(Tensor::f_from_slice(&[1.0, -1.0, 0.0])?) };
/// let sequence = Sequence::from_ids(&[0, 1], &[2])?;
/// let record = Attributor::new().with_target(target).record(&Linear::new(3, 1), &sequence)?;
/// assert_eq!(record.target.map(|target| target.name).as_deref(), Some("weighted"));
/// # Ok::<(), Error>(())
/// ```
#[doc(alias = "attributed_fn")]
pub trait Target: Debug + Send + Sync {
    /// The target's name: lower case with hyphens.
    fn name(&self) -> &'static str;

    /// One line for listings, with the formula first.
    fn summary(&self) -> &'static str;

    /// The target's value, differentiable with respect to the logits.
    ///
    /// # Shapes
    /// - `logits`: `[batch, vocabulary]`, at the position that predicts the output
    /// - returns `[batch]`
    ///
    /// # Errors
    /// An error of libtorch.
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error>;

    /// This target bound to the clean run, where it takes something from it, such as runners-up. Default: `None`.
    ///
    /// # Errors
    /// An error of libtorch or of the model.
    #[doc(alias = "prepared")]
    fn bound_to(&self, clean: &CleanRun<'_>) -> Result<Option<Box<dyn Target>>, Error> {
        let _ = clean;
        Ok(None)
    }

    /// The weight of each logit, where the target is a weighted sum of logits: methods that split up logits need them.
    /// Default: `None`.
    ///
    /// # Errors
    /// A parameter of the target that is out of range.
    fn logit_weights(&self, output: OutputToken) -> Result<Option<Vec<(TokenId, f64)>>, Error> {
        let _ = output;
        Ok(None)
    }

    /// This target against other alternatives, where it is a contrast. Default: `None`.
    fn against(&self, alternatives: Alternatives) -> Option<Box<dyn Target>> {
        let _ = alternatives;
        None
    }

    /// This target against the run without some of the input tokens, where it compares with such a run. Default:
    /// `None`.
    fn without(&self, ranges: Vec<Range<usize>>) -> Option<Box<dyn Target>> {
        let _ = ranges;
        None
    }

    /// What is explained of one output besides or instead of its token, for the record; called on a bound target.
    /// Default: the token itself.
    fn explained(&self, output: OutputToken) -> Explained {
        let _ = output;
        Explained::default()
    }

    /// A note on the target for the readers of an output's row. Default: `None`.
    fn note(&self, output: OutputToken) -> Option<String> {
        let _ = output;
        None
    }

    /// Whether it is about a token; `false` where it is about the whole prediction. Default: `true`.
    fn asks_for_a_token(&self) -> bool {
        true
    }

    /// How the record names this target.
    fn describe(&self) -> saliency_schema::Target {
        saliency_schema::Target::new(self.name())
    }
}

/// A target behind a pointer is a target.
macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Target + ?Sized> Target for $pointer<T> {
            fn name(&self) -> &'static str {
                (**self).name()
            }
            fn summary(&self) -> &'static str {
                (**self).summary()
            }
            fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
                (**self).value(logits, output)
            }
            fn bound_to(&self, clean: &CleanRun<'_>) -> Result<Option<Box<dyn Target>>, Error> {
                (**self).bound_to(clean)
            }
            fn logit_weights(&self, output: OutputToken) -> Result<Option<Vec<(TokenId, f64)>>, Error> {
                (**self).logit_weights(output)
            }
            fn against(&self, alternatives: Alternatives) -> Option<Box<dyn Target>> {
                (**self).against(alternatives)
            }
            fn without(&self, ranges: Vec<Range<usize>>) -> Option<Box<dyn Target>> {
                (**self).without(ranges)
            }
            fn explained(&self, output: OutputToken) -> Explained {
                (**self).explained(output)
            }
            fn note(&self, output: OutputToken) -> Option<String> {
                (**self).note(output)
            }
            fn asks_for_a_token(&self) -> bool {
                (**self).asks_for_a_token()
            }
            fn describe(&self) -> saliency_schema::Target {
                (**self).describe()
            }
        }
    )*};
}
pointers!(Box, Arc);

/// The output whose prediction is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputToken {
    /// The output's number, from 0.
    pub output: usize,
    /// The token that was produced or forced there.
    pub id: TokenId,
}

/// Every target with a name, in the order of listings.
pub fn targets() -> Vec<Box<dyn Target>> {
    TABLE.iter().map(|make| make()).collect()
}

/// The target of that name; `_` is as good as `-`.
///
/// # Errors
/// [`Error::Unknown`], which lists the names.
pub fn target(name: &str) -> Result<Box<dyn Target>, Error> {
    let names = || targets().iter().map(Target::name).collect::<Vec<_>>().join(", ");
    let spelled = name.replace('_', "-");
    let found = targets().into_iter().find(|t| t.name() == spelled);
    found.ok_or_else(|| Error::Unknown { what: "target", name: name.to_owned(), known: names() })
}

/// Logits in at least single precision: in bfloat16 a softmax over a vocabulary loses most of its digits.
pub(crate) fn widened(logits: &Tensor) -> Result<Tensor, Error> {
    Ok(match logits.kind() {
        Kind::Half | Kind::BFloat16 => logits.f_to_kind(Kind::Float)?,
        _ => logits.shallow_clone(),
    })
}
