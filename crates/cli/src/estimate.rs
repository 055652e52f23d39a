//! `--dry-run`: the number of passes of a run, and an estimate of its time and memory.

use crate::arguments::SourceArguments;
use crate::checked_request::CheckedRequest;
use crate::failure::Failure;
use crate::memory;
use crate::output;
use crate::pace::Pace;
use crate::plan::{Plan, rounded};
use crate::text::{DEFAULT_TOKENS, prompt};
use saliency::attribution::tch;
use saliency::{Checkpoint, LanguageModel, Prompt, Sequence};
use std::fmt::Write as _;
use std::io::IsTerminal as _;

/// The number of passes from which a run is announced with an estimate.
const LONG: f64 = 200.0;
/// Texts of fewer bytes fit any machine.
const SHORT: usize = 8192;

/// What a text will take, foreseen on the text itself or with copies of its last token in place of what will be
/// generated.
pub(crate) struct Estimate<'a, 'c> {
    pub(crate) checkpoint: &'c Checkpoint,
    pub(crate) sequence: Sequence,
    pub(crate) plans: Vec<Plan<'a>>,
    runs: u64,
    generates: bool,
}

impl<'a, 'c> Estimate<'a, 'c> {
    pub(crate) fn of(
        checkpoint: &'c Checkpoint,
        arguments: &SourceArguments,
        text: &str,
        request: &CheckedRequest<'a>,
    ) -> Result<Self, Failure> {
        let sequence = expected(checkpoint, arguments, (text, arguments.continuation.as_deref()))?;
        let plans = request.plans(&checkpoint.model, &sequence)?;
        let generates = arguments.continuation.is_none();
        Ok(Self { checkpoint, sequence, plans, runs: arguments.runs, generates })
    }

    /// How fast this machine is with the text.
    pub(crate) fn pace(&self) -> Result<Pace, Failure> {
        Pace::measure(&self.checkpoint.model, &self.sequence, self.generates)
    }

    /// Prints it.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        output::print(self.lines(&self.pace()?).as_bytes())
    }

    /// A line of what there is, of what is generated, and of each method.
    pub(crate) fn lines(&self, pace: &Pace) -> String {
        let (n_output, runs) = (self.sequence.n_output(), self.runs as f64);
        let mut lines = format!(
            "{}, {}, {}, {}\n",
            counted(self.sequence.n_input() as u64, "input token"),
            counted(n_output as u64, "output"),
            counted(self.runs, "run"),
            counted(tch::get_num_threads().try_into().unwrap_or(0), "thread")
        );
        if self.generates {
            let _ = writeln!(lines, "generation: about {} s", rounded(runs * n_output as f64 * pace.token));
        }
        for plan in &self.plans {
            let _ = writeln!(lines, "{}", plan.estimate(&self.checkpoint.model, &self.sequence, runs, pace));
        }
        lines
    }
}

/// Refuses a text of which a single pass takes more memory than the machine has left.
pub(crate) fn check_memory(
    checkpoint: &Checkpoint,
    arguments: &SourceArguments,
    (text, continuation): (&str, Option<&str>),
    request: &CheckedRequest<'_>,
) -> Result<(), Failure> {
    let Some(available) = memory::available() else { return Ok(()) };
    if text.len() + continuation.map_or(0, str::len) < SHORT {
        return Ok(());
    }
    let sequence = expected(checkpoint, arguments, (text, continuation))?;
    let plans = request.plans(&checkpoint.model, &sequence)?;
    let needed = plans.iter().filter_map(|plan| plan.single_pass(&checkpoint.model, &sequence)).max();
    match needed {
        Some(needed) if needed > available => {
            Err(Failure::Memory { tokens: sequence.n_input(), needed, available })
        }
        _ => Ok(()),
    }
}

/// The text with its continuation, or with as many tokens as will be generated: they are not known yet, but the time
/// does not depend on them.
fn expected(
    checkpoint: &Checkpoint,
    arguments: &SourceArguments,
    (text, continuation): (&str, Option<&str>),
) -> Result<Sequence, Failure> {
    match continuation {
        Some(continuation) => Ok(checkpoint.force(prompt(arguments, text), continuation)?),
        None => stand_in(checkpoint, prompt(arguments, text), arguments.generate.unwrap_or(DEFAULT_TOKENS)),
    }
}

/// Prints the estimate of a long run before it starts, if standard error is a terminal.
pub(crate) fn announce(
    checkpoint: &Checkpoint,
    plan: &Plan<'_>,
    sequence: &Sequence,
    quiet: bool,
) -> Result<(), Failure> {
    if quiet || !std::io::stderr().is_terminal() || plan.passes() < LONG {
        return Ok(());
    }
    let pace = Pace::measure(&checkpoint.model, sequence, false)?;
    output::remark(quiet, &plan.estimate(&checkpoint.model, sequence, 1.0, &pace));
    Ok(())
}

/// The text, followed by copies of its last token in place of those that will be generated.
fn stand_in(checkpoint: &Checkpoint, prompt: Prompt, n_output: usize) -> Result<Sequence, Failure> {
    // A continuation is needed here, but not used.
    let text = if prompt.text().is_empty() { "a".to_owned() } else { prompt.text().to_owned() };
    let tokens = checkpoint.force(prompt, &text)?;
    let inputs = tokens.tokens()[..tokens.n_input()].to_vec();
    checkpoint.model.limits().check_length(inputs.len(), n_output)?;
    let last = inputs.last().cloned().into_iter();
    let outputs = last.flat_map(|last| std::iter::repeat_n(last, n_output)).collect();
    let sequence = Sequence::new(inputs, outputs)?;
    Ok(match tokens.prompt() {
        Some(prompt) => sequence.with_prompt(prompt.clone()),
        None => sequence,
    })
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
