//! `saliency lit --serve`: LIT's client, with the model behind it.

use crate::arguments::LitArguments;
use crate::attribute::set_threads;
use crate::failure::Failure;
use crate::output::print;
use crate::request::Request;
use crate::text::{Source, continued, generations, prompt, say_special, text};
use crate::{estimate, interrupt, lit, memory, model};
use saliency::attribution;
use saliency::lit::{Explain, Live, Server};
use saliency::{Checkpoint, Generation, Record};
use std::error::Error;

pub(crate) fn run(arguments: &LitArguments, quiet: bool) -> Result<(), Failure> {
    // Mistakes in the arguments are found before the model is loaded, and so is a port that is taken.
    refuse_what_is_not_served(arguments)?;
    let source = Source { arguments: &arguments.source, from_stdin: false };
    let methods: Vec<&str> = arguments.methods.iter().map(String::as_str).collect();
    let methods = if methods.is_empty() { vec!["gradient-x-input"] } else { methods };
    Request::new(&arguments.explain, &methods, source.arguments.seed, false)?;
    let generations = generations(source.arguments)?;
    let text = text(&source)?;
    prompt(source.arguments, &text).check()?;
    set_threads(source.arguments)?;
    let client = lit::client(arguments, quiet)?;
    let server = Server::bind(arguments.port.unwrap_or(0))?;
    let checkpoint = model::open(source.arguments, quiet)?;
    interrupt::listen();
    let mut model = Model { arguments, methods, generations, checkpoint: &checkpoint, quiet };
    let target = source.arguments.continuation.as_deref();
    let records = model.attributed(&text, target)?;
    let live = Live::new(&client, &text, target, &records)?;
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
    methods: Vec<&'a str>,
    /// One.
    generations: Vec<Generation>,
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
        let (source, checkpoint) = (&self.arguments.source, self.checkpoint);
        let filled = prompt(source, text);
        filled.check()?;
        say_special(checkpoint, source, text, self.quiet)?;
        let request = Request::new(&self.arguments.explain, &self.methods, source.seed, false)?;
        let memory = self.arguments.memory.map(|memory| memory::left_of(memory, self.quiet));
        let request = request.check(checkpoint, &filled, memory)?;
        estimate::check_memory(checkpoint, source, (text, target), &request)?;
        let sequences = continued(checkpoint, source, filled, (target, &self.generations), self.quiet)?;
        let mut records = Vec::new();
        for sequence in sequences {
            request.check_group(&sequence)?;
            for plan in request.plans(&checkpoint.model, &sequence)? {
                let attributed = plan.run(&checkpoint.model, &sequence, (false, self.quiet));
                let attributed = attributed.map_err(|error| match error {
                    attribution::Error::Stopped => Failure::Interrupted,
                    error => error.into(),
                })?;
                for (record, _) in attributed {
                    records.push(request.finished(record, self.quiet)?);
                }
            }
        }
        Ok(records)
    }
}
