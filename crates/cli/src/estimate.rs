//! `--dry-run`: the number of passes of a run, and an estimate of its time and memory.

use crate::arguments::SourceArguments;
use crate::asked::Asked;
use crate::failure::Failure;
use crate::memory;
use crate::output;
use crate::text::{DEFAULT_TOKENS, prompt};
use saliency::attribution::targets::Logit;
use saliency::attribution::{self, Cost, Pass, Problem, tch};
use saliency::{Checkpoint, Generation, LanguageModel, Prompt, Sequence};
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Instant;

/// The number of passes from which a run is announced with an estimate.
const LONG: f64 = 200.0;
/// The number of outputs whose backward pass is timed.
const TIMED: usize = 4;

/// Seconds of one pass on this machine, measured on this text.
struct Pace {
    forward: f64,
    backward: f64,
    token: f64,
}

/// Prints the estimate, a line for each method.
pub(crate) fn print(
    checkpoint: &Checkpoint,
    arguments: &SourceArguments,
    text: &str,
    asked: &Asked<'_>,
) -> Result<(), Failure> {
    let sequence = if let Some(continuation) = &arguments.continuation {
        checkpoint.force(prompt(arguments, text), continuation)?
    } else {
        // The tokens that will be generated are not known yet, but the time does not depend on them.
        stand_in(checkpoint, prompt(arguments, text), arguments.generate.unwrap_or(DEFAULT_TOKENS))?
    };
    let asked_for = sequence.n_output();
    let runs = arguments.runs as f64;
    let pace = pace(checkpoint, &sequence, arguments.continuation.is_some())?;
    let n_input = sequence.n_input();
    let mut lines = format!(
        "{}, {}, {}, {}\n",
        counted(n_input as u64, "input token"),
        counted(asked_for as u64, "output"),
        counted(arguments.runs, "run"),
        counted(tch::get_num_threads().try_into().unwrap_or(0), "thread")
    );
    let made = runs * asked_for as f64 * pace.token;
    if arguments.continuation.is_none() {
        let _ = writeln!(lines, "generation: about {} s", rounded(made));
    }
    for name in &asked.methods {
        let cost = cost(checkpoint, asked, name, &sequence)?;
        let line = line(checkpoint, asked, (name, &sequence), (cost, runs), &pace)?;
        let _ = writeln!(lines, "{line}");
    }
    output::print(lines.as_bytes())
}

/// Prints the estimate of a long run before it starts, if standard error is a terminal.
pub(crate) fn announce(
    checkpoint: &Checkpoint,
    asked: &Asked<'_>,
    name: &str,
    sequence: &Sequence,
    quiet: bool,
) -> Result<(), Failure> {
    if quiet || !std::io::stderr().is_terminal() {
        return Ok(());
    }
    let cost = cost(checkpoint, asked, name, sequence)?;
    if cost.forwards + cost.backwards < LONG {
        return Ok(());
    }
    let pace = pace(checkpoint, sequence, true)?;
    output::remark(quiet, &line(checkpoint, asked, (name, sequence), (cost, 1.0), &pace)?);
    Ok(())
}

/// The passes of one run.
fn cost(
    checkpoint: &Checkpoint,
    asked: &Asked<'_>,
    name: &str,
    sequence: &Sequence,
) -> Result<Cost, Failure> {
    let mut cost = Cost::default();
    for sequence in asked.runs(sequence) {
        let mut size = asked.in_segments(name, sequence_size(checkpoint, sequence), sequence)?;
        size.n_output = asked.n_output(size.n_output);
        cost += asked.attributor(name, sequence.n_output())?.cost(size)? + Cost::forwards(1.0);
    }
    Ok(cost)
}

/// The estimate of `runs` runs by a method.
fn line(
    checkpoint: &Checkpoint,
    asked: &Asked<'_>,
    (name, sequence): (&str, &Sequence),
    (cost, runs): (Cost, f64),
    pace: &Pace,
) -> Result<String, Failure> {
    let seconds = runs * (cost.forwards * pace.forward + cost.backwards * pace.backward);
    let positions = sequence.n_output();
    let tokens = sequence.n_input() + positions - 1;
    let pass = Pass::new(tokens, positions).with_backward(cost.backwards > 0.0);
    let attributor = asked.attributor(name, positions)?;
    let bytes = memory::resident().unwrap_or(0) + attributor.bytes(&checkpoint.model, pass) as u64;
    Ok(format!(
        "{name}: {} forward and {} backward passes, about {} s and {} MB",
        passes(runs * cost.forwards),
        passes(runs * cost.backwards),
        rounded(seconds),
        memory::megabytes(bytes)
    ))
}

fn sequence_size(checkpoint: &Checkpoint, sequence: &Sequence) -> attribution::Size {
    attribution::Size::new(sequence.n_input(), sequence.n_output())
        .with_shares_prefix(checkpoint.model.shares_prefix())
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
    Ok(Sequence::new(inputs, outputs)?)
}

fn pace(checkpoint: &Checkpoint, sequence: &Sequence, forced: bool) -> Result<Pace, Failure> {
    let begun = Instant::now();
    let mut problem = Problem::new(&checkpoint.model, sequence, &Logit)?;
    let cold = begun.elapsed();
    // Once more, warm, unless that would take long.
    let mut forward = cold.as_secs_f64();
    if forward < 2.0 {
        let begun = Instant::now();
        problem = Problem::new(&checkpoint.model, sequence, &Logit)?;
        forward = begun.elapsed().as_secs_f64();
    }
    let outputs = 0..TIMED.min(sequence.n_output());
    let begun = Instant::now();
    problem.gradients_at(&problem.embeddings(), outputs.clone(), &mut |_, _, _| Ok(()))?;
    let backward = (begun.elapsed().as_secs_f64() - forward).max(0.0) / outputs.len() as f64;
    let token = if forced {
        0.0
    } else {
        let begun = Instant::now();
        let mut first = forward;
        let ids = &sequence.ids()[..1];
        checkpoint.model.generate(ids, &Generation::greedy(TIMED.min(2)), &mut |_| {
            first = begun.elapsed().as_secs_f64();
            true
        })?;
        begun.elapsed().as_secs_f64() / 2.0
    };
    Ok(Pace { forward, backward, token })
}

/// A number to about two digits.
fn rounded(x: f64) -> String {
    if x >= 10.0 { format!("{x:.0}") } else { format!("{x:.1}") }
}

/// A number of passes, without decimals if it is an integer.
fn passes(x: f64) -> String {
    if x.fract() == 0.0 { format!("{x:.0}") } else { rounded(x) }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
