//! What may be said of a method by name.

use crate::calculus::quadrature::Quadrature;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::positions::Positions;
use crate::method::scope::Scope;
use saliency_schema::Segmentation;

/// What may be said of a method by name. A parameter that the method does not have is refused; one that is left out has
/// the method's own default.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    /// Points on a path.
    pub steps: Option<u32>,
    /// How large a relative convergence delta may be.
    pub tolerance: Option<f64>,
    /// Where the points on a path lie, and how much each counts.
    pub rule: Option<Quadrature>,
    /// What stands for "nothing there".
    pub baseline: Option<Ablation>,
    /// Whether positions move along the path with the embeddings.
    pub positions: Option<Positions>,
    /// What is taken away together.
    pub segments: Option<Segmentation>,
    /// Who comes and goes: the input's segments, or earlier outputs too.
    pub players: Option<Scope>,
    /// How many random draws.
    pub samples: Option<u32>,
    /// The noise's standard deviation, in units of the embeddings' own.
    pub noise: Option<f64>,
    /// Seed of everything random.
    pub seed: Option<u64>,
    /// Which layer, from 0.
    pub layer: Option<usize>,
    /// Which attention head, from 0.
    pub head: Option<usize>,
    /// Whether the sign is dropped before anything else.
    pub absolute: Option<bool>,
    /// Whether layers are multiplied instead of averaged.
    pub rollout: Option<bool>,
}

impl Parameters {
    /// Names and values of those that are given.
    fn given(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("steps", self.steps.map(|x| x.to_string())),
            ("tolerance", self.tolerance.map(|x| x.to_string())),
            ("rule", self.rule.map(|x| x.name().to_owned())),
            ("baseline", self.baseline.as_ref().map(ToString::to_string)),
            ("positions", self.positions.map(|x| x.name().to_owned())),
            ("segments", self.segments.as_ref().map(ToString::to_string)),
            ("players", self.players.map(|x| x.name().to_owned())),
            ("samples", self.samples.map(|x| x.to_string())),
            ("noise", self.noise.map(|x| x.to_string())),
            ("seed", self.seed.map(|x| x.to_string())),
            ("layer", self.layer.map(|x| x.to_string())),
            ("head", self.head.map(|x| x.to_string())),
            ("absolute", self.absolute.map(|x| x.to_string())),
            ("rollout", self.rollout.map(|x| x.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The names of those that are given.
    pub fn names(&self) -> Vec<&'static str> {
        self.given().into_iter().map(|(name, _)| name).collect()
    }

    /// Leaves out those whose names are not kept.
    pub fn keep(&mut self, kept: impl Fn(&str) -> bool) {
        let all = std::mem::take(self);
        macro_rules! keep {
            ($($field:ident),*) => {
                Self { $($field: all.$field.filter(|_| kept(stringify!($field)))),* }
            };
        }
        *self = keep!(
            steps, tolerance, rule, baseline, positions, segments, players, samples, noise, seed, layer,
            head, absolute, rollout
        );
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

/// Checks a number of draws or points.
pub(crate) fn count(name: &'static str, value: u32, largest: u32) -> Result<u32, Error> {
    if (1..=largest).contains(&value) {
        return Ok(value);
    }
    let range = match largest {
        512 => "from 1 to 512 on each stretch, with a tolerance",
        10_000 => "from 1 to 10000",
        _ => "from 1 to 1000000",
    };
    Err(Error::Parameter { name, value: value.to_string(), range })
}
