//! The scalar that is explained: from the logits at an output's position to one number.

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
use tch::{Kind, Tensor};

/// A scalar function of the logits.
pub trait Target: Debug {
    /// The target's name: lower case with hyphens.
    fn name(&self) -> &'static str;

    /// One line for a list of targets: the formula first.
    fn summary(&self) -> &'static str;

    /// The target's value, differentiable with respect to the logits.
    ///
    /// # Shapes
    /// - `logits`: `[batch, vocabulary]`, at the position that predicts the output
    /// - returns `[batch]`
    ///
    /// # Errors
    /// What libtorch says.
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error>;

    /// This target with what it takes from the run at the real input, such as runners-up. `None`, the provided form,
    /// where it takes nothing.
    ///
    /// # Errors
    /// What libtorch or the model says.
    fn bound_to(&self, clean: &CleanRun<'_>) -> Result<Option<Box<dyn Target>>, Error> {
        let _ = clean;
        Ok(None)
    }

    /// Which logits, and how much of each, where the target is a weighted sum of them: methods that account for logits
    /// need that. `None`, the provided form, where it is none.
    ///
    /// # Errors
    /// What the target says of its parameters.
    fn logit_weights(&self, output: OutputToken) -> Result<Option<Vec<(TokenId, f64)>>, Error> {
        let _ = output;
        Ok(None)
    }

    /// This target against other alternatives; `None`, the provided form, where it holds the token against nothing.
    fn against(&self, alternatives: Alternatives) -> Option<Box<dyn Target>> {
        let _ = alternatives;
        None
    }

    /// This target for a run without some of the input tokens; `None`, the provided form, where it compares with no
    /// such run.
    fn without(&self, ranges: Vec<Range<usize>>) -> Option<Box<dyn Target>> {
        let _ = ranges;
        None
    }

    /// What is explained of one output besides or instead of its token, for the record; asked of a prepared target. The
    /// provided form says nothing: the token itself.
    fn explained(&self, output: OutputToken) -> Explained {
        let _ = output;
        Explained::default()
    }

    /// What a reader of an output's row should know of this target there. `None`, the provided form, where there is
    /// nothing to say.
    fn note(&self, output: OutputToken) -> Option<String> {
        let _ = output;
        None
    }

    /// Whether it is about a token; `false` where the whole prediction is what counts.
    fn asks_for_a_token(&self) -> bool {
        true
    }

    /// How the record names this target.
    fn describe(&self) -> saliency_schema::Target {
        saliency_schema::Target::new(self.name())
    }
}

/// The output whose prediction is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputToken {
    /// The output's number, from 0.
    pub output: usize,
    /// The token that was produced or forced there.
    pub id: TokenId,
}

/// Every target that has a name, in the order of a list for people.
pub fn targets() -> Vec<Box<dyn Target>> {
    TABLE.iter().map(|make| make()).collect()
}

/// The target of that name; `_` is as good as `-`.
///
/// # Errors
/// [`Error::Unknown`] with the names that there are.
pub fn target(name: &str) -> Result<Box<dyn Target>, Error> {
    let names = || targets().iter().map(|t| t.name()).collect::<Vec<_>>().join(", ");
    let spelled = name.replace('_', "-");
    let found = targets().into_iter().find(|t| t.name() == spelled);
    found.ok_or_else(|| Error::Unknown { what: "target", name: name.to_owned(), known: names() })
}

/// Logits in at least single precision: in bf16 a softmax over a vocabulary loses most of its digits.
pub(crate) fn widened(logits: &Tensor) -> Result<Tensor, Error> {
    Ok(match logits.kind() {
        Kind::Half | Kind::BFloat16 => logits.f_to_kind(Kind::Float)?,
        _ => logits.shallow_clone(),
    })
}
