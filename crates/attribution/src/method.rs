//! What an attribution method is, and the table of all of them.

use crate::methods::TABLE;
use crate::{Aggregate, Error, Normalize, Problem};
use std::fmt::Debug;
use tch::Tensor;

/// An attribution method: one vector over the hidden dimensions for every token that an output has read.
pub trait Method: Debug {
    /// The method's name in the literature: lower case with hyphens.
    fn name(&self) -> &'static str;

    /// Other names that are understood: ecco's, captum's, inseq's.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// One line for a list of methods: the formula first.
    fn summary(&self) -> &'static str;

    /// Whether the attributions add up to f(x) − f(baseline), so that a convergence delta means something.
    fn is_complete(&self) -> bool {
        false
    }

    /// How this method's rows are reduced when nothing else is asked for.
    ///
    /// The notebook's own `l2` and `sum`; a complete method keeps its sign and total instead.
    fn default_reduction(&self) -> (Aggregate, Normalize) {
        if self.is_complete() { (Aggregate::Sum, Normalize::None) } else { (Aggregate::L2, Normalize::Sum) }
    }

    /// How the record names this method, with its parameters.
    fn describe(&self) -> saliency_schema::Method {
        saliency_schema::Method::new(self.name())
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
}

/// What may be said of a method by name: parameters that the method does not have are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Points on a path. Default: the method's own.
    pub steps: Option<u32>,
    /// The baseline's name. Default: the method's own.
    pub baseline: Option<String>,
}

/// Every method with its default parameters, in the order of a list for people.
pub fn methods() -> Vec<Box<dyn Method>> {
    TABLE.iter().filter_map(|make| make(&Parameters::default()).ok()).collect()
}

/// The method of that name or alias.
///
/// # Errors
/// [`Error::Unknown`] with the names that there are; [`Error::Parameter`] for a parameter that the method
/// does not have, or one out of its range.
pub fn method(name: &str, parameters: &Parameters) -> Result<Box<dyn Method>, Error> {
    let known = methods();
    let index = known.iter().position(|m| m.name() == name || m.aliases().contains(&name));
    if let Some(make) = index.and_then(|i| TABLE.get(i)) {
        make(parameters)
    } else {
        let known = known.iter().map(|m| m.name()).collect::<Vec<_>>().join(", ");
        Err(Error::Unknown { what: "method", name: name.to_owned(), known })
    }
}

impl Parameters {
    /// A method that has no parameters: any that is given is refused.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first that is given.
    pub(crate) fn none_for(&self, method: impl Method + 'static) -> Result<Box<dyn Method>, Error> {
        let range = "left out: this method has no such parameter";
        if let Some(steps) = self.steps {
            return Err(Error::Parameter { name: "steps", value: steps.to_string(), range });
        }
        if let Some(baseline) = &self.baseline {
            return Err(Error::Parameter { name: "baseline", value: baseline.clone(), range });
        }
        Ok(Box::new(method))
    }
}
