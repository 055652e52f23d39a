//! The `saliency` command line: arguments, progress, exit codes, and nothing else.
//!
//! Exit code 0: done. 1: could not be done. 2: asked wrongly. Results go to standard output or `-o`, messages
//! and progress to standard error.

mod arguments;
mod attribute;
mod draw;
mod failure;
mod list;
mod output;
mod progress;
mod records;
mod report;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed too.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("saliency: {}\n", failure.sentence()),
            );
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let quiet = arguments.quiet;
    match &arguments.command {
        Command::Attribute(options) => attribute::run(options, quiet),
        Command::Draw(options) => draw::run(options),
        Command::Report(options) => report::run(options, quiet),
        Command::Charts(options) => list::charts(options),
        Command::Methods(options) => list::methods(options),
        Command::Schema => list::schema(),
    }
}
