//! The comparison in Markdown.

use std::fmt::Write;

use super::options::{Method, Options};
use super::program::{Program, Run};
use super::{TEXT, THREADS};

/// A row for each program. The first is ours, and the ratios are to it.
pub(super) fn table(options: &Options, programs: &[Program]) -> String {
    let steps = match options.method {
        Method::GradientXInput => String::new(),
        Method::IntegratedGradients { steps } => format!(" with {steps} steps"),
    };
    let turns = match options.turns {
        1 => "one turn".to_owned(),
        n => format!("the median of {n} turns"),
    };
    let mut text = format!(
        "{}{steps} on {TEXT}, {}; {THREADS} threads, {turns}.\n\n\
         | program | tokens in + out | seconds | for each token out | ratio | peak memory | ratio |\n\
         | --- | --: | --: | --: | --: | --: | --: |\n",
        options.method.name(),
        options.model.summary(),
    );
    let ours = programs.first().and_then(Program::summary);
    for program in programs {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} |", program.name, cells(program, ours).join(" | "));
    }
    if let Some(loaded) = ours.and_then(|ours| Some((ours.loaded?, ours.n_output as f64))) {
        let _ = writeln!(text, "\n{}", without_loading(loaded, &programs[1..]));
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

/// Our seconds without start and loading, which the peers' leave out too.
fn without_loading((seconds, n_output): (f64, f64), peers: &[Program]) -> String {
    let of = |peer: &Program| {
        let run = peer.summary()?;
        Some(format!("{} takes {:.2} times as long", peer.name, run.seconds_each() / (seconds / n_output)))
    };
    let peers: Vec<_> = peers.iter().filter_map(of).collect();
    format!("Without its start and loading, saliency takes {seconds:.2} s: {}.", peers.join(", "))
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
pub(super) fn why(error: &anyhow::Error) -> String {
    let reason = format!("{error:#}").replace('|', "/");
    reason.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::peers::model::Model;
    use crate::peers::options::{Method, Options};
    use crate::peers::program::{Program, Run};
    use anyhow::anyhow;
    use std::process::Command;

    fn program(name: &str, seconds: f64, n_output: u64) -> Program {
        let run = Run { seconds, peak_mb: seconds * 100.0, n_input: 184, n_output, loaded: None };
        Program { name: name.to_owned(), command: Ok(Command::new("true")), runs: vec![run] }
    }

    #[test]
    fn times_are_compared_by_the_token_and_a_failure_is_no_number() {
        let options = Options { turns: 1, method: Method::GradientXInput, model: Model::Gpt2Small };
        let mut failed = program("inseq", 60.0, 30);
        failed.command = Err(anyhow!("no | such\nmodule"));
        let text = table(&options, &[program("saliency", 3.0, 30), program("ecco", 64.0, 32), failed]);
        assert!(text.contains("| saliency | 184 + 30 | 3.00 | 0.100 | 1.00 | 300 MB | 1.00 |\n"), "{text}");
        assert!(text.contains("| ecco | 184 + 32 | 64.00 | 2.000 | 20.00 | 6400 MB | 21.33 |\n"), "{text}");
        assert!(text.contains("| inseq | not run: no / such module |  |  |  |  |  |\n"), "{text}");
    }

    #[test]
    fn loading_is_left_out_where_ours_tells_it() {
        let options = Options { turns: 1, method: Method::GradientXInput, model: Model::Smollm2 };
        let mut ours = program("saliency", 3.0, 30);
        ours.runs[0].loaded = Some(2.0);
        let text = table(&options, &[ours, program("inseq", 6.0, 30)]);
        let said = "Without its start and loading, saliency takes 2.00 s: inseq takes 3.00 times as long.\n";
        assert!(text.contains(said) && text.contains("SmolLM2"), "{text}");
    }

    #[test]
    fn without_ours_there_are_no_ratios() {
        let options =
            Options { turns: 2, method: Method::IntegratedGradients { steps: 50 }, model: Model::Gpt2Small };
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
