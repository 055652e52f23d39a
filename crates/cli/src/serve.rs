//! `saliency lit --serve`: LIT's client, with the model behind it.

use crate::arguments::{LitArguments, WorkArguments};
use crate::attribute::Asked;
use crate::failure::Failure;
use crate::output::print;
use crate::text::{Source, text};
use crate::times::Times;
use crate::{interrupt, lit};
use saliency::lit::{Explain, Live, Server};
use saliency::{Checkpoint, Record};
use std::error::Error;

pub(crate) fn run(arguments: &LitArguments, quiet: bool) -> Result<(), Failure> {
    // Mistakes in the arguments are found before the model is loaded, and so is a port that is taken.
    refuse_what_is_not_served(arguments)?;
    let source = Source { arguments: &arguments.source, from_stdin: false };
    let methods: Vec<&str> = arguments.methods.iter().map(String::as_str).collect();
    let methods = if methods.is_empty() { vec!["gradient-x-input"] } else { methods };
    let text = text(&source)?;
    let work = WorkArguments { memory: arguments.memory, ..WorkArguments::default() };
    let asked = Asked::new(&source, &arguments.explain, &methods, &work)?;
    let client = lit::client(arguments, quiet)?;
    let server = Server::bind(arguments.port.unwrap_or(0))?;
    let checkpoint = asked.open(quiet)?;
    let mut model = Model { arguments, methods: &methods, work: &work, checkpoint: &checkpoint, quiet };
    let records = model.records_of(asked)?;
    let live = Live::new(&client, &text, source.arguments.continuation.as_deref(), &records)?;
    print(format!("{}\n", server.address()).as_bytes())?;
    server.run(live, &mut model, &interrupt::came);
    Err(Failure::ServerStopped)
}

/// A text has one continuation, and its outputs rows of their own; what these options ask for has no place in LIT.
fn refuse_what_is_not_served(arguments: &LitArguments) -> Result<(), Failure> {
    let (source, explain) = (&arguments.source, &arguments.explain);
    let given = [
        ("--runs", source.runs != 1),
        ("--stream", source.stream),
        ("--span", explain.span.is_some()),
        ("--against", explain.against.is_some()),
        ("--without", explain.without.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::Usage(format!(
            "{flag} is not served: LIT shows the rows of one continuation; leave it out, or use `saliency attribute`"
        ))),
        None => Ok(()),
    }
}

/// The model, and how it is asked.
struct Model<'a> {
    arguments: &'a LitArguments,
    methods: &'a [&'a str],
    work: &'a WorkArguments,
    checkpoint: &'a Checkpoint,
    quiet: bool,
}

impl Explain for Model<'_> {
    fn records(&mut self, prompt: &str, target: Option<&str>) -> Result<Vec<Record>, Box<dyn Error>> {
        if prompt.is_empty() {
            return Err("the text is empty; give at least one word".into());
        }
        self.attributed(prompt, target).map_err(|failure| match failure {
            Failure::Interrupted => "the server has been stopped".into(),
            failure => failure.sentence().into(),
        })
    }
}

impl Model<'_> {
    /// A record for each method, of the target or else of what the model writes.
    fn attributed(&self, text: &str, target: Option<&str>) -> Result<Vec<Record>, Failure> {
        let source = self.arguments.source.with_text(text, target);
        let source = Source { arguments: &source, from_stdin: false };
        self.records_of(Asked::new(&source, &self.arguments.explain, self.methods, self.work)?)
    }

    fn records_of(&self, asked: Asked<'_>) -> Result<Vec<Record>, Failure> {
        let records = asked.run(self.checkpoint, None, &mut Times::begin(), (false, self.quiet))?;
        Ok(records.into_iter().map(|(record, _)| record).collect())
    }
}
