//! What an attribution method is, and how one is found by name.

pub(crate) mod ablation;
pub(crate) mod attention_part;
pub(crate) mod baseline;
pub(crate) mod card;
pub(crate) mod explanation;
pub(crate) mod held;
pub(crate) mod interaction_index;
pub(crate) mod ledger;
pub(crate) mod levels;
pub(crate) mod likely;
pub(crate) mod parameters;
pub(crate) mod path_start;
pub(crate) mod positions;
pub(crate) mod replace_by;
pub(crate) mod replaced;
pub(crate) mod resampled;
pub(crate) mod scope;
pub(crate) mod setters;
pub(crate) mod strongest;
pub(crate) mod vocabulary;
pub(crate) mod which_heads;

use crate::error::Error;
use crate::method::card::{Axiom, Card, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::methods::TABLE;
use crate::model::LanguageModel;
use crate::model::sequence::Sequence;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use crate::rows::aggregate::Aggregate;
use crate::rows::normalize::Normalize;
use saliency_schema::Segmentation;
use std::fmt::Debug;
use std::sync::Arc;

/// An attribution method: one vector over the hidden dimensions for every token in an output's context.
///
/// Methods are shared between threads, so they hold settings and no tensors, or those behind a lock.
pub trait Method: Debug + Send + Sync {
    /// What there is to say of the method, whatever its parameters are.
    fn card(&self) -> Card;

    /// How the record names this method, with its parameters.
    fn describe(&self) -> saliency_schema::Method {
        saliency_schema::Method::new(self.name())
    }

    /// Refuses parameters that are out of their range, or do not go together: setters take anything, and
    /// [`Attributor::check`](crate::Attributor::check) and every run ask here, before anything is computed. The
    /// provided form refuses nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] that names the parameter and what it may be.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The same method with what it leaves to the model filled in, such as the baseline that suits it; a run uses that
    /// one, and the record describes it. The provided form, `None`, leaves nothing to the model.
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let _ = model;
        None
    }

    /// The same method with another seed, for a method that samples. The provided form, `None`, is of one that does
    /// not.
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        let _ = seed;
        None
    }

    /// The passes that it makes, without the clean run.
    fn cost(&self, size: Size) -> Cost {
        let _ = size;
        Cost::default()
    }

    /// The same on one text, for so many rows, where it depends on more than the text's size: on its paragraphs, for
    /// example. A run and `--dry-run` ask here. The provided form is [`cost`](Self::cost).
    ///
    /// # Errors
    /// What the parameters name and the text does not have.
    fn cost_on(&self, sequence: &Sequence, size: Size, rows: usize) -> Result<Cost, Error> {
        let _ = (sequence, rows);
        Ok(self.cost(size))
    }

    /// Computes every output's attributions and hands them to `each`, in order.
    ///
    /// # Errors
    /// A failing model, or what `each` says, which ends the run.
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// The segments that its interactions are of, for a method that computes those: each is one token of the record's
    /// inputs then, so that pairs are of tokens. The provided form, `None`, leaves tokens as they are.
    fn interacting(&self) -> Option<&Segmentation> {
        None
    }

    /// The method's name in the literature: lower case with hyphens.
    fn name(&self) -> &'static str {
        self.card().name
    }

    /// Whether the attributions add up to f(x) − f(baseline), so that a convergence delta means something.
    fn is_complete(&self) -> bool {
        self.card().axioms.contains(&Axiom::Completeness)
    }

    /// How this method's rows are reduced when nothing else is asked for: the notebook's own `l2` and `sum` for
    /// gradients; sign and total kept where the method is complete or gives one number a token.
    fn default_reduction(&self) -> (Aggregate, Normalize) {
        let card = self.card();
        match card.rows {
            RowKind::Vectors if !self.is_complete() => (Aggregate::L2, Normalize::Sum),
            _ => (Aggregate::Sum, Normalize::None),
        }
    }
}

/// A method behind a pointer is a method.
macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<M: Method + ?Sized> Method for $pointer<M> {
            fn card(&self) -> Card {
                (**self).card()
            }
            fn describe(&self) -> saliency_schema::Method {
                (**self).describe()
            }
            fn check(&self) -> Result<(), Error> {
                (**self).check()
            }
            fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
                (**self).bound_to(model)
            }
            fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
                (**self).reseeded(seed)
            }
            fn cost(&self, size: Size) -> Cost {
                (**self).cost(size)
            }
            fn cost_on(&self, sequence: &Sequence, size: Size, rows: usize) -> Result<Cost, Error> {
                (**self).cost_on(sequence, size, rows)
            }
            fn attribute(
                &self,
                problem: &Problem<'_>,
                each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
            ) -> Result<(), Error> {
                (**self).attribute(problem, each)
            }
            fn interacting(&self) -> Option<&Segmentation> {
                (**self).interacting()
            }
            fn name(&self) -> &'static str {
                (**self).name()
            }
            fn is_complete(&self) -> bool {
                (**self).is_complete()
            }
            fn default_reduction(&self) -> (Aggregate, Normalize) {
                (**self).default_reduction()
            }
        }
    )*};
}
pointers!(Box, Arc);

/// Every method with its default parameters, in the order of a list for people.
pub fn methods() -> Vec<Box<dyn Method>> {
    TABLE.iter().filter_map(|make| make(&Parameters::default()).ok()).collect()
}

/// The method of that name or alias; `_` is as good as `-`.
///
/// # Errors
/// [`Error::Unknown`] with the names that there are; [`Error::NoSuchParameter`] for a parameter that the method does
/// not have, [`Error::Parameter`] for one out of its range.
pub fn method(name: &str, parameters: &Parameters) -> Result<Box<dyn Method>, Error> {
    let known = methods();
    let index = known.iter().position(|m| m.card().is_called(name));
    let (Some(make), Some(found)) =
        (index.and_then(|i| TABLE.get(i)), index.and_then(|i| known.get(i)).map(Method::card))
    else {
        let known = known.iter().map(Method::name).collect::<Vec<_>>().join(", ");
        return Err(Error::Unknown { what: "method", name: name.to_owned(), known });
    };
    parameters.check_known_to(found.name, found.parameters)?;
    let absolute = parameters.absolute.or(found.drops_sign(name).then_some(true));
    let method = make(&Parameters { absolute, ..parameters.clone() })?;
    method.check()?;
    Ok(method)
}
