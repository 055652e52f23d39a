//! `attention-flow`: how much can flow from each token through all layers' attention.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::methods::inside::attention_rollout::with_residual;
use crate::model::layers::Layers;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, NodeIndex};

/// `a_i = max-flow from (L, t) to (0, i)` in the graph of all tokens at all layers whose edges have the capacities
/// `½ (mean_h A_l + I)`, with `t` the position that predicts the output.
///
/// Between 0 and 1; rows add up to at least 1, because each token has a flow of its own. Flows have no sign and do not
/// depend on the target. They are exact, for capacities rounded to 2⁻⁵².
///
/// Cost: one forward pass, and a maximum flow over `layers · tokens` nodes for each output and token: seconds for a
/// sentence, minutes for a page.
/// Source: Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", §3, without the division by the row's
/// sum in the authors' code; normalise by `sum` to get it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttentionFlow;

/// A capacity of 1 as an integer.
const WHOLE: f64 = (1_u64 << 52) as f64;

impl AttentionFlow {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Method for AttentionFlow {
    fn card(&self) -> Card {
        Card {
            family: Family::Inside,
            needs: Needs::Inside,
            cost: "1 forward, n × m maximum flows",
            source: "Abnar & Zuidema 2020, Quantifying Attention Flow in Transformers",
            signed: false,
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new(
                "attention-flow",
                "the maximum flow from each token to the output through all layers' attention",
            )
        }
    }
    fn cost(&self, _: Size) -> Cost {
        Cost::forwards(1.0)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let layers = Layers::new(problem, self.name())?;
        let tokens = problem.row_length(problem.n_output() - 1);
        let node = |layer: usize, token: usize| NodeIndex::new(layer * tokens + token);
        let mut graph = DiGraph::<(), u64>::with_capacity((layers.count() + 1) * tokens, 0);
        for _ in 0..(layers.count() + 1) * tokens {
            graph.add_node(());
        }
        // The flows, which are not counted, take longer than the pass.
        problem.work().leave_open();
        layers.each_layer(|layer, _, view| {
            let matrix = with_residual(view)?;
            for upper in 0..tokens {
                let row = matrix.f_select(0, upper as i64)?.f_narrow(0, 0, upper as i64 + 1)?;
                for (lower, share) in Vec::<f64>::try_from(row)?.into_iter().enumerate() {
                    let capacity = (share * WHOLE).round().min(2.0 * WHOLE) as u64;
                    if capacity > 0 {
                        graph.add_edge(node(layer + 1, upper), node(layer, lower), capacity);
                    }
                }
            }
            Ok(())
        })?;
        for output in 0..problem.n_output() {
            let context = problem.row_length(output);
            let mut row = Vec::with_capacity(context);
            for token in 0..context {
                let (flow, _) = dinics(&graph, node(layers.count(), context - 1), node(0, token));
                row.push(flow as f64 / WHOLE);
                // No pass was made, but the callback may want to stop.
                problem.count(Cost::default())?;
            }
            each(Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?)?;
        }
        Ok(())
    }
}
