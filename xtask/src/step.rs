//! Steps that run one after another, and the table of how long each took.

use std::fmt::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Above it, what a step says of a command that fails would be longer than what the command says.
const MOST_SHOWN: usize = 24;

/// A named command, or a check of ours.
pub(crate) struct Step {
    name: String,
    work: Work,
    /// Run first; where it fails, the tool is missing and the text says how to get it.
    probe: Option<(Command, &'static str)>,
    /// Why the step cannot be run here, where it need not be.
    absent: Option<&'static str>,
}

enum Work {
    Command(Command),
    /// What is looked at, and the check.
    Check(&'static str, Box<dyn FnOnce() -> Result<()>>),
}

impl Step {
    pub(crate) fn new(name: impl Into<String>, command: Command) -> Self {
        Self { name: name.into(), work: Work::Command(command), probe: None, absent: None }
    }

    /// A check that is no command. `looks_at` is printed in its place.
    pub(crate) fn check(
        name: impl Into<String>,
        looks_at: &'static str,
        check: impl FnOnce() -> Result<()> + 'static,
    ) -> Self {
        let work = Work::Check(looks_at, Box::new(check));
        Self { name: name.into(), work, probe: None, absent: None }
    }

    /// What is run, as one would type it.
    fn shown(&self) -> String {
        match &self.work {
            Work::Command(command) => show(command),
            Work::Check(looks_at, _) => (*looks_at).to_owned(),
        }
    }

    /// Makes a missing tool an error of its own, told apart from a check that failed.
    pub(crate) fn needs(mut self, probe: Command, repair: &'static str) -> Self {
        self.probe = Some((probe, repair));
        self
    }

    /// Leaves the step out, and says so in the table, where what it wants is not there.
    pub(crate) fn wants(mut self, there: bool, absent: &'static str) -> Self {
        self.absent = (!there).then_some(absent);
        self
    }

    /// Runs it, a command with its output going where ours goes.
    fn run(self) -> Result<()> {
        if let Some((mut probe, repair)) = self.probe {
            let works = probe.output().is_ok_and(|output| output.status.success());
            if !works {
                bail!("not run, because its tool is missing: {repair}");
            }
        }
        match self.work {
            Work::Command(mut command) => run(&mut command),
            Work::Check(_, check) => check(),
        }
    }
}

/// Runs a command with its output going where ours goes; fails unless it exits with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("`{}` does not run", command.get_program().display()))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed ({status})", show(command))
}

/// Runs the steps in order, stops at the first that fails, and prints the table either way.
///
/// `before` is the set-up that has already been done, with its time.
pub(crate) fn run_all(title: &str, before: (&str, Duration), steps: Vec<Step>) -> Result<()> {
    let mut rows = vec![(before.0.to_owned(), Some(before.1), "ok")];
    let mut failure = None;
    for step in steps {
        if failure.is_some() {
            rows.push((step.name, None, "not run"));
            continue;
        }
        if let Some(absent) = step.absent {
            rows.push((step.name, None, absent));
            continue;
        }
        eprintln!("\n── {title}: {} ── {}", step.name, step.shown());
        let start = Instant::now();
        let name = step.name.clone();
        let result = step.run();
        failure = result.err().map(|error| error.context(format!("{title}: step `{name}` failed")));
        rows.push((name, Some(start.elapsed()), if failure.is_none() { "ok" } else { "failed" }));
    }
    print!("\n{}", table(title, &rows));
    failure.map_or(Ok(()), Err)
}

/// One line for each step: its name, its seconds, how it went.
fn table(title: &str, rows: &[(String, Option<Duration>, &str)]) -> String {
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{title}\n");
    for (name, elapsed, outcome) in rows {
        let seconds = elapsed.map_or_else(|| "-".to_owned(), |t| format!("{:.1} s", t.as_secs_f64()));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:width$}  {seconds:>9}  {outcome}");
    }
    text
}

/// The command as one would type it; of many arguments the first, and how many there are.
fn show(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str())];
    words.extend(command.get_args());
    let mut words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let arguments = words.len() - 1;
    if arguments > MOST_SHOWN {
        words.truncate(1 + MOST_SHOWN);
        words.push(format!("… ({arguments} arguments)").into());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Step, run_all, show, table};
    use std::process::Command;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_first_failure_stops_and_is_named() {
        let steps = vec![
            Step::new("first", shell("exit 0")),
            Step::new("second", shell("exit 3")),
            Step::new("third", shell("exit 0")),
        ];
        let message = run_all("test", ("set-up", Duration::ZERO), steps)
            .map_err(|error| format!("{error:#}"))
            .expect_err("the second step fails");
        assert!(message.contains("step `second` failed"), "{message}");
        assert!(message.contains("exit status: 3"), "{message}");
    }

    #[test]
    fn a_missing_tool_is_a_failure_that_says_so() {
        let step = Step::new("lint", shell("exit 0")).needs(shell("exit 1"), "install the linter");
        let message = run_all("test", ("set-up", Duration::ZERO), vec![step])
            .map_err(|error| format!("{error:#}"))
            .expect_err("the tool is missing");
        assert!(message.contains("not run"), "{message}");
        assert!(message.contains("install the linter"), "{message}");
    }

    #[test]
    fn a_command_of_many_arguments_is_shown_by_its_first() {
        let mut command = Command::new("rustfmt");
        command.arg("--check").args((0..100).map(|file| format!("{file}.rs")));
        let shown = show(&command);
        assert!(shown.starts_with("rustfmt --check 0.rs 1.rs"), "{shown}");
        assert!(shown.ends_with("22.rs … (101 arguments)"), "{shown}");
    }

    #[test]
    fn a_check_of_ours_fails_as_a_command_does() {
        let steps = vec![
            Step::check("first", "nothing", || Ok(())),
            Step::check("second", "nothing", || anyhow::bail!("a file changed")),
        ];
        let message = run_all("test", ("set-up", Duration::ZERO), steps)
            .map_err(|error| format!("{error:#}"))
            .expect_err("the second check fails");
        assert!(message.contains("step `second` failed") && message.contains("a file changed"), "{message}");
    }

    #[test]
    fn what_need_not_run_is_left_out_and_never_called_passed() {
        let steps = vec![Step::new("page", shell("exit 1")).wants(false, "not run: no browser")];
        assert!(run_all("test", ("set-up", Duration::ZERO), steps).is_ok());
        let steps = vec![Step::new("page", shell("exit 1")).wants(true, "not run: no browser")];
        assert!(run_all("test", ("set-up", Duration::ZERO), steps).is_err());
    }

    #[test]
    fn the_table_lines_up() {
        let rows = [
            ("set-up".to_owned(), Some(Duration::from_millis(40)), "ok"),
            ("tests".to_owned(), Some(Duration::from_mins(2)), "failed"),
            ("rest".to_owned(), None, "not run"),
        ];
        assert_eq!(
            table("xtask", &rows),
            "xtask\n  set-up      0.0 s  ok\n  tests     120.0 s  failed\n  rest            -  not run\n"
        );
    }

    #[test]
    fn a_command_is_shown_without_its_folder() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "-p", "xtask"]);
        assert_eq!(show(&command), "cargo test -p xtask");
    }
}
