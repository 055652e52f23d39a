//! The `saliency` command line: arguments, progress, exit codes, and nothing else.
//!
//! Exit code 0: success. 1: failure. 2: a mistake in the arguments. Results go to standard output or `-o`, messages
//! and progress to standard error.

mod arguments;
mod attribute;
mod cases;
mod checked_request;
mod compare;
mod draw;
mod estimate;
mod failure;
mod finished_texts;
mod fonts;
mod foreseen;
mod heap;
mod hub;
mod interrupt;
mod judge;
mod judged_texts;
mod known_evidence;
mod list;
mod lit;
mod memory;
mod model;
mod models;
mod output;
mod pace;
mod perturb;
mod plan;
mod progress;
mod records;
mod relative;
mod report;
mod request;
#[cfg(feature = "lit-serve")]
mod serve;
mod stream;
mod text;
mod texts;
mod times;
mod vectors;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    heap::keep_freed();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are not errors.
        Err(asked) if !asked.use_stderr() => asked.exit(),
        Err(error) => return fail(&Failure::Usage(one_line(&error))),
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    // If standard error is closed, the message is lost.
    let _ = writeln!(std::io::stderr(), "saliency: {}", failure.sentence());
    ExitCode::from(failure.exit_code())
}

/// clap's message on one line: the mistake, the tip, and where to read more.
fn one_line(error: &clap::Error) -> String {
    let message = error.to_string();
    let mut paragraphs = message.split("\n\n");
    let mut line = paragraphs.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    for tip in paragraphs.filter(|p| p.trim_start().starts_with("tip:")) {
        line += "; ";
        line += tip.trim();
    }
    let words: Vec<_> = line.split_whitespace().collect();
    format!("{}; see saliency --help", words.join(" "))
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let quiet = arguments.quiet;
    match &arguments.command {
        Command::Attribute(options) => attribute::run(options, quiet),
        Command::Perturb(options) => perturb::run(options, quiet),
        Command::Draw(options) => draw::run(options, quiet),
        Command::Report(options) => report::run(options, quiet),
        Command::Compare(options) => compare::run(options, quiet),
        Command::Lit(options) => lit::run(options, quiet),
        Command::Charts(options) => list::charts(options),
        Command::Methods(options) => list::methods(options),
        Command::Models(options) => models::run(options, quiet),
        Command::Schema { document } => list::schema(*document),
    }
}
