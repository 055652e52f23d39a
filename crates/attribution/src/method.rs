//! What an attribution method is, and how one is found by name.

pub(crate) mod ablation;
pub(crate) mod baseline;
pub(crate) mod parameters;
pub(crate) mod positions;
pub(crate) mod scope;
pub(crate) mod vocabulary;

use crate::error::Error;
use crate::method::parameters::Parameters;
use crate::methods::TABLE;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use crate::rows::aggregate::Aggregate;
use crate::rows::normalize::Normalize;
use std::fmt::Debug;
use std::sync::Arc;
use tch::Tensor;

/// An attribution method: one vector over the hidden dimensions for every token that an output has read.
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
    /// [`Attributor::check`](crate::Attributor::check) and every run ask here, before anything is computed. The provided
    /// form refuses nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] that names the parameter and what it may be.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The passes that it makes, the one at the real input aside.
    fn cost(&self, size: Size) -> Cost {
        let _ = size;
        Cost::default()
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
        if card.one_number || card.adds_up || self.is_complete() {
            (Aggregate::Sum, Normalize::None)
        } else {
            (Aggregate::L2, Normalize::Sum)
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
            fn cost(&self, size: Size) -> Cost {
                (**self).cost(size)
            }
            fn attribute(
                &self,
                problem: &Problem<'_>,
                each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
            ) -> Result<(), Error> {
                (**self).attribute(problem, each)
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

/// What there is to say of a method, whatever its parameters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, read by name")]
pub struct Card {
    /// The name in the literature: lower case with hyphens.
    pub name: &'static str,
    /// Other names that are understood: ecco's, captum's, inseq's.
    pub aliases: &'static [&'static str],
    /// One line for a list of methods: the formula first.
    pub summary: &'static str,
    /// Which family it belongs to.
    pub family: Family,
    /// What it asks of a model.
    pub needs: Needs,
    /// The parameters that it has, by their names in [`Parameters`].
    pub parameters: &'static [&'static str],
    /// Aliases by which peers mean the method with its sign dropped: the parameter `absolute` comes with them.
    pub absolute_aliases: &'static [&'static str],
    /// What it promises.
    pub axioms: &'static [Axiom],
    /// What it costs, in words: `n` tokens, `m` outputs.
    pub cost: &'static str,
    /// The paper that defines it.
    pub source: &'static str,
    /// Whether the sign of its numbers means something.
    pub signed: bool,
    /// Whether it gives one number a token instead of a vector.
    pub one_number: bool,
    /// Whether a vector's sum over the hidden dimensions is the number that the method is about.
    pub adds_up: bool,
    /// Whether it explains the target; `false` where it describes the model's run, whatever the target is.
    pub uses_target: bool,
    /// Whether the attributions of a sum of targets are the sum of theirs.
    pub additive: bool,
}

impl Card {
    /// Whether this is the method's name or an alias; `_` is as good as `-`.
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.replace('_', "-");
        self.name == name || self.aliases.contains(&&*name) || self.drops_sign(&name)
    }

    /// Every alias, those that drop the sign last.
    pub fn all_aliases(&self) -> Vec<&'static str> {
        [self.aliases, self.absolute_aliases].concat()
    }

    /// Whether this is an alias that drops the sign.
    fn drops_sign(&self, name: &str) -> bool {
        self.absolute_aliases.contains(&&*name.replace('_', "-"))
    }

    /// A signed method of vectors, by gradients, that promises nothing more.
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            summary,
            family: Family::Gradient,
            needs: Needs::Embeddings,
            parameters: &[],
            absolute_aliases: &[],
            axioms: &[],
            cost: "",
            source: "",
            signed: true,
            one_number: false,
            adds_up: false,
            uses_target: true,
            additive: true,
        }
    }
}

/// Where a method takes its numbers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Derivatives.
    Gradient,
    /// What happens when something is taken away.
    Perturbation,
    /// What the model does inside.
    Inside,
    /// Nothing: something to compare with.
    Control,
}

impl Family {
    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Perturbation => "perturbation",
            Self::Inside => "inside",
            Self::Control => "control",
        }
    }
}

/// What a method asks of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Token embeddings in, logits out: every model.
    Embeddings,
    /// A transformer that shows its inside ([`Inside`](crate::Inside)).
    Inside,
}

impl Needs {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embeddings => "any model",
            Self::Inside => "a transformer's inside",
        }
    }
}

/// What a method promises of its attributions, exactly or as far as its sampling or quadrature goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axiom {
    /// A row adds up to f(x) − f(baseline).
    Completeness,
    /// A token whose embedding changes nothing gets nothing.
    Dummy,
    /// Tokens that are interchangeable, in the model and in the baseline, get the same.
    Symmetry,
    /// The attributions of a sum of targets are the sum of theirs.
    Linearity,
    /// Models that compute the same function get the same attributions.
    ImplementationInvariance,
}

impl Axiom {
    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Dummy => "dummy",
            Self::Symmetry => "symmetry",
            Self::Linearity => "linearity",
            Self::ImplementationInvariance => "implementation invariance",
        }
    }
}

/// One output's attributions.
#[derive(Debug)]
pub struct Explanation {
    /// The output's number, from 0.
    pub output: usize,
    /// One vector for each token that the output has read: `[tokens, hidden]`. A method that has one number
    /// a token gives `[tokens, 1]`.
    pub vectors: Tensor,
    /// f(x): the target at the real input.
    pub value: f64,
    /// f(baseline), where the method has a baseline.
    pub baseline_value: Option<f64>,
    /// Points on the path, where the method follows one.
    pub steps: Option<u32>,
    /// Random draws that it rests on, where a method chooses their number by the text.
    pub samples: Option<u32>,
    /// The standard error of the sum over each token's vector, where it was sampled.
    pub standard_errors: Option<Vec<f64>>,
    /// What a reader of this row should know.
    pub notes: Vec<String>,
}

impl Explanation {
    /// An output's vectors and f(x), and nothing else.
    pub fn new(output: usize, vectors: Tensor, value: f64) -> Self {
        Self {
            output,
            vectors,
            value,
            baseline_value: None,
            steps: None,
            samples: None,
            standard_errors: None,
            notes: Vec::new(),
        }
    }

    /// One number for each token.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn of_numbers(output: usize, numbers: &[f64], value: f64) -> Result<Self, Error> {
        Ok(Self::new(output, Tensor::f_from_slice(numbers)?.f_unsqueeze(1)?, value))
    }
}

/// Every method with its default parameters, in the order of a list for people.
pub fn methods() -> Vec<Box<dyn Method>> {
    TABLE.iter().filter_map(|make| make(&Parameters::default()).ok()).collect()
}

/// The method of that name or alias; `_` is as good as `-`.
///
/// # Errors
/// [`Error::Unknown`] with the names that there are; [`Error::NoSuchParameter`] for a parameter that the method does not
/// have, [`Error::Parameter`] for one out of its range.
pub fn method(name: &str, parameters: &Parameters) -> Result<Box<dyn Method>, Error> {
    let known = methods();
    let index = known.iter().position(|m| m.card().is_called(name));
    let (Some(make), Some(found)) =
        (index.and_then(|i| TABLE.get(i)), index.and_then(|i| known.get(i)).map(|m| m.card()))
    else {
        let known = known.iter().map(|m| m.name()).collect::<Vec<_>>().join(", ");
        return Err(Error::Unknown { what: "method", name: name.to_owned(), known });
    };
    parameters.check_known_to(found.name, found.parameters)?;
    let absolute = parameters.absolute.or(found.drops_sign(name).then_some(true));
    let method = make(&Parameters { absolute, ..parameters.clone() })?;
    method.check()?;
    Ok(method)
}
