//! `random`: random numbers, as a control.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::problem::Problem;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `a_i ~ U(−1, 1)`, independent, from a seed: the control that every method has to beat.
///
/// Without a unit. The same seed gives the same rows on every machine. Cost: none besides the clean run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random {
    seed: u64,
}

impl Random {
    /// Seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { seed: parameters.seed.unwrap_or(0) })
    }
}

impl Method for Random {
    fn card(&self) -> Card {
        Card {
            family: Family::Control,
            parameters: &["seed"],
            cost: "none",
            source: "what every method has to beat",
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new("random", "U(−1, 1) from a seed: the control that a method has to beat")
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        description.parameters.insert("seed".to_owned(), self.seed.into());
        description
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.seed(seed)))
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut numbers = ChaCha8Rng::seed_from_u64(self.seed);
        for output in 0..problem.n_output() {
            let row: Vec<f64> =
                (0..problem.row_length(output)).map(|_| numbers.random_range(-1.0..1.0)).collect();
            each(Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?)?;
        }
        Ok(())
    }
}
