//! `position`: how near a token is, as a control.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::problem::Problem;

/// `a_i = 1 / (t − i)` for the output at position `t`: the nearer, the more, whatever the text says. Many rows of
/// language models are no more than that; a method has to beat it.
///
/// Without a unit. Cost: none besides the clean run.
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "recency")]
pub struct Position;

impl Position {
    /// The control.
    pub fn new() -> Self {
        Self
    }

    #[expect(clippy::unnecessary_wraps, reason = "as every method of the table is made")]
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Method for Position {
    fn card(&self) -> Card {
        Card {
            aliases: &["recency"],
            family: Family::Control,
            cost: "none",
            source: "what every method has to beat, too",
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new("position", "1 / distance: a control that looks at nearness alone")
        }
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for output in 0..problem.n_output() {
            let length = problem.row_length(output);
            let row: Vec<f64> = (0..length).map(|i| 1.0 / (length - i) as f64).collect();
            each(Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?)?;
        }
        Ok(())
    }
}
