//! A program and what was measured of it.

use std::process::{Command, Output};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::THREADS;

/// A program and what was measured of it. Its command is gone once it has failed: no number is told of it then.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) command: Result<Command>,
    pub(super) runs: Vec<Run>,
}

impl Program {
    pub(super) fn take_turn(&mut self, turn: usize, turns: usize) {
        let Ok(command) = &mut self.command else {
            return;
        };
        eprintln!("turn {turn} of {turns}: {}", self.name);
        match measure(command) {
            Ok(run) => self.runs.push(run),
            Err(error) => self.command = Err(error),
        }
    }

    /// The medians of its runs, unless it failed in one.
    pub(super) fn summary(&self) -> Option<Run> {
        let last = self.runs.last().filter(|_| self.command.is_ok())?;
        let seconds = median(self.runs.iter().map(|run| run.seconds).collect());
        let peak_mb = median(self.runs.iter().map(|run| run.peak_mb).collect());
        let loaded = self.runs.iter().map(|run| run.loaded).collect::<Option<_>>().map(median);
        Some(Run { seconds, peak_mb, loaded, ..*last })
    }

    /// The seconds of its shortest and its longest run, where they took turns: how far the machine can be trusted.
    pub(super) fn range(&self) -> String {
        let seconds = || self.runs.iter().map(|run| run.seconds);
        let (shortest, longest) = (seconds().fold(f64::INFINITY, f64::min), seconds().fold(0.0, f64::max));
        if self.runs.len() > 1 { format!(" ({shortest:.2} to {longest:.2})") } else { String::new() }
    }
}

/// What one process reported of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    pub(super) seconds: f64,
    pub(super) peak_mb: f64,
    pub(super) n_input: u64,
    pub(super) n_output: u64,
    /// Without start and loading, where the seconds are with them.
    pub(super) loaded: Option<f64>,
}

impl Run {
    /// Reads the last line of a script's output.
    fn parse(output: &str) -> Result<Self> {
        let line = output.lines().last().unwrap_or_default();
        let figures: Value = serde_json::from_str(line).with_context(|| format!("`{line}` is no report"))?;
        let missing = |name| format!("`{line}` has no {name}");
        let float = |name| figures[name].as_f64().filter(|x| *x > 0.0).with_context(|| missing(name));
        let count = |name| figures[name].as_u64().filter(|n| *n > 0).with_context(|| missing(name));
        // Our own program is told its threads, and does not report them.
        if let Some(threads) = figures["threads"].as_u64().filter(|threads| *threads != THREADS) {
            bail!("it computed with {threads} threads, not {THREADS}");
        }
        Ok(Self {
            seconds: float("seconds")?,
            peak_mb: float("peak_mb")?,
            n_input: count("n_input")?,
            n_output: count("n_output")?,
            loaded: figures["loaded"].as_f64(),
        })
    }

    pub(super) fn seconds_each(&self) -> f64 {
        self.seconds / self.n_output as f64
    }
}

fn measure(command: &mut Command) -> Result<Run> {
    let output =
        command.output().with_context(|| format!("`{}` does not run", command.get_program().display()))?;
    if output.status.success() {
        return Run::parse(&String::from_utf8_lossy(&output.stdout));
    }
    let error = failure(&output);
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Err(error)
}

/// What a process said last, which is an exception's message where Python ended with one.
fn failure(output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    match said.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => anyhow!("{} ({})", line.trim(), output.status),
        None => anyhow!("it failed ({})", output.status),
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[half - 1], values[half]) } else { values[half] }
}

#[cfg(test)]
mod tests {
    use super::{Run, failure, median};
    use anyhow::Result;
    use std::process::Command;

    #[test]
    fn a_report_is_the_last_line_and_complete() -> Result<()> {
        let report = r#"{"seconds": 1.5, "peak_mb": 900.0, "threads": 2, "n_input": 184, "n_output": 30}"#;
        let run = Run { seconds: 1.5, peak_mb: 900.0, n_input: 184, n_output: 30, loaded: None };
        assert_eq!(Run::parse(&format!("loading\n{report}\n"))?, run);
        assert!(Run::parse(&report.replace("30}", "0}")).is_err());
        assert!(Run::parse(&report.replace("peak_mb", "peak")).is_err());
        assert!(Run::parse(&report.replace("\"threads\": 2", "\"threads\": 16")).is_err());
        assert!(Run::parse("").is_err());
        Ok(())
    }

    #[test]
    fn a_failure_is_told_by_its_last_words() -> Result<()> {
        let script = "echo Traceback >&2; echo 'ValueError: no such model' >&2; echo >&2; exit 1";
        let output = Command::new("sh").args(["-c", script]).output()?;
        assert_eq!(failure(&output).to_string(), "ValueError: no such model (exit status: 1)");
        Ok(())
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let close = |values: &[f64], middle: f64| (median(values.to_vec()) - middle).abs() < 1e-12;
        assert!(close(&[9.0], 9.0));
        assert!(close(&[9.0, 1.0, 2.0], 2.0));
        assert!(close(&[9.0, 1.0, 2.0, 4.0], 3.0));
    }
}
