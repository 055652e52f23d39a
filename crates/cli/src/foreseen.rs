//! What judging will take, for `--dry-run`.

use crate::estimate::Estimate;
use crate::judge::Judge;
use crate::pace::Pace;
use crate::plan::rounded;
use std::fmt::Write as _;

/// Tokens and seconds, of all texts together.
#[derive(Default)]
pub(crate) struct Foreseen {
    /// Of generation and attribution.
    attribution: f64,
    /// What goes forward at most while tokens are removed.
    tokens: u64,
    removing: f64,
    /// Of random weights and other targets, if methods run again with them.
    checks: Option<f64>,
}

impl Foreseen {
    /// Adds a text, on which a pass takes so many times what it takes at this pace.
    pub(crate) fn add(
        &mut self,
        estimate: &Estimate<'_, '_>,
        judge: &Judge<'_>,
        (pace, longer): (&Pace, f64),
    ) {
        let (model, sequence) = (&estimate.checkpoint.model, &estimate.sequence);
        let methods: f64 = longer * estimate.plans.iter().map(|plan| plan.seconds(pace)).sum::<f64>();
        self.attribution += methods + sequence.n_output() as f64 * pace.token;
        let outputs = judge.outputs(sequence);
        let (faithfulness, _) = judge.faithfulness().for_model(model);
        let tokens = faithfulness.tokens_at_most(sequence, estimate.plans.len(), &outputs);
        self.tokens += tokens;
        self.removing += longer * pace.forward * tokens as f64 / sequence.ids().len().max(1) as f64;
        if let Some(sanity) = judge.sanity() {
            *self.checks.get_or_insert(0.0) += methods * sanity.runs(model) as f64;
        }
    }

    /// The lines of judging.
    pub(crate) fn judging(&self) -> String {
        let (tokens, seconds) = (self.tokens, rounded(self.removing));
        let mut lines = format!("judging: at most {tokens} tokens forward, about {seconds} s or less\n");
        if let Some(checks) = self.checks {
            let _ = writeln!(lines, "random weights and other targets: about {} s", rounded(checks));
        }
        lines
    }

    /// The lines of so many texts, of which some are finished.
    pub(crate) fn lines(&self, texts: usize, finished: usize) -> String {
        let all = self.attribution + self.removing + self.checks.unwrap_or(0.0);
        format!(
            "{texts} texts, {finished} of them finished\ngeneration and attribution: about {} s\n{}together: about {} s\n",
            rounded(self.attribution),
            self.judging(),
            rounded(all)
        )
    }
}
