//! `saliency perturb`: each word replaced by others, and what becomes of the continuation.

use crate::arguments::PerturbArguments;
use crate::attribute;
use crate::failure::Failure;
use crate::output::{self, Destination};
use crate::text::Source;
use saliency::chart;
use saliency::viz::Options;

/// Replacements that are continued, where the caller does not say.
const CONTINUATIONS: u32 = 12;

/// `attribute --method replacements` with the whole continuation as one, its log-probability as the target and the
/// largest changes continued; prints the chart's table.
pub(crate) fn run(arguments: &PerturbArguments, quiet: bool) -> Result<(), Failure> {
    let destination = arguments.output.as_deref().map(|path| Destination::new(Some(path))).transpose()?;
    let mut explain = arguments.explain.clone();
    explain.target.get_or_insert_with(|| "log-probability".to_owned());
    explain.span.get_or_insert_with(|| "all".to_owned());
    explain.method.continuations.get_or_insert(CONTINUATIONS);
    let source = Source { arguments: &arguments.source, from_stdin: false };
    let records = attribute::records(&source, &explain, &["replacements"], &arguments.work, quiet)?;
    // Only an estimate was requested.
    let Some(records) = records else { return Ok(()) };
    let perturbation = chart("perturbation")?;
    let mut text = String::new();
    for record in 0..records.len() {
        let options = Options { record: Some(record), top: arguments.top, ..Options::default() };
        text += &perturbation.text(&records, &options)?.unwrap_or_default();
    }
    if let Some(destination) = destination {
        let mut bytes = Vec::new();
        saliency::write(&records, &mut bytes)?;
        destination.write(&bytes)?;
    }
    output::print(text.as_bytes())
}
