//! `saliency compare --cases`: how well methods find the words that an answer is known to come from.

use crate::arguments::{CompareArguments, SourceArguments};
use crate::attribute::{Asked, Attributed};
use crate::cases::{self, Case};
use crate::compare::{files, printed, write_files};
use crate::failure::Failure;
use crate::judge::names;
use crate::output::{print, remark};
use crate::pace::Pace;
use crate::plan::rounded;
use crate::text::Source;
use crate::times::Times;
use saliency::attribution::Method;
use saliency::attribution::methods::Position;
use saliency::compare::{self as evidence, Evidence, judged};
use saliency::schema::scores::{Measurement, Resampling, ScoredMethod, ScoredText, Scores};
use saliency::schema::{Model, Record};
use saliency::{Checkpoint, Generation, LanguageModel};
use std::path::Path;

/// A method as it ran, and what it took, all cases together.
struct Ran {
    method: ScoredMethod,
    passes: f64,
    seconds: f64,
}

/// Of all cases: the methods, and what they found.
#[derive(Default)]
struct Found {
    model: Option<Model>,
    texts: Vec<ScoredText>,
    methods: Vec<Ran>,
    measurements: Vec<Measurement>,
    chances: Vec<evidence::Found>,
}

/// Prints and writes the scores of the cases.
pub(crate) fn run(arguments: &CompareArguments, path: &Path, quiet: bool) -> Result<(), Failure> {
    let Some(scores) = scores(arguments, path, quiet)? else { return Ok(()) };
    if let Some(folder) = &arguments.output {
        write_files(folder, &files(&scores)?)?;
    }
    print(&printed(arguments, &scores)?)
}

/// The scores of the cases in which exchanging the evidence exchanges the model's answer; `None` where only an estimate
/// was asked for.
fn scores(arguments: &CompareArguments, path: &Path, quiet: bool) -> Result<Option<Scores>, Failure> {
    let names = names(arguments);
    let cases = cases::read(path)?;
    let sources: Vec<SourceArguments> =
        cases.iter().map(|case| arguments.source.with_text(&case.text, Some(&case.answer))).collect();
    let in_line = |case: &Case| {
        let (path, line) = (path.to_owned(), case.line);
        move |source| match source {
            Failure::Interrupted => Failure::Interrupted,
            source => Failure::InLine { path, line, source: Box::new(source) },
        }
    };
    let mut asked = Vec::new();
    for (source, case) in sources.iter().zip(&cases) {
        let source = Source { arguments: source, from_stdin: false };
        asked.push(Asked::new(&source, &arguments.explain, &names, &arguments.work).map_err(in_line(case))?);
    }
    let Some(first) = asked.first() else { return Ok(None) };
    let checkpoint = first.open(quiet)?;
    if arguments.work.dry_run {
        foresee(asked, &checkpoint, quiet)?;
        return Ok(None);
    }
    let most = arguments.most.unwrap_or(cases.len());
    let (mut found, mut seen) = (Found::default(), 0);
    for (asked, case) in asked.into_iter().zip(&cases) {
        if found.texts.len() == most {
            break;
        }
        seen += 1;
        if !counts(&checkpoint, case).map_err(in_line(case))? {
            continue;
        }
        remark(quiet, &format!("case {} (line {})", found.texts.len() + 1, case.line));
        // What is left out is said of the first case alone.
        let quiet = quiet || !found.texts.is_empty();
        found.add(asked, &checkpoint, case, quiet).map_err(in_line(case))?;
    }
    if found.texts.is_empty() {
        return Err(Failure::Usage(format!(
            "{}: in none of {seen} cases does the model give the answer, and the other answer where the evidence is \
             exchanged; so nothing is known of where its answers come from",
            path.display()
        )));
    }
    let task = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let counted = found.texts.len();
    let mut scores = found.scores(arguments)?.with_setting("cases", task);
    scores.caveats.insert(
        0,
        format!(
            "{counted} of {seen} cases count: the model gives the answer, and the other one where the evidence is \
             exchanged"
        ),
    );
    Ok(Some(judged(scores)?))
}

/// Whether the model gives the answer, and the other answer to the exchanged text, each of its own accord.
fn counts(checkpoint: &Checkpoint, case: &Case) -> Result<bool, Failure> {
    let says = |text: &str, answer: &str| -> Result<bool, Failure> {
        let tokens = checkpoint.force(text, answer)?.n_output();
        let said = checkpoint.generate(text, &Generation::greedy(tokens))?;
        let ends = checkpoint.model.ends_of_text();
        let outputs = said.tokens()[said.n_input()..].iter().filter(|token| !ends.contains(&token.id));
        Ok(outputs.map(|token| token.text.as_str()).collect::<String>().trim() == answer.trim())
    };
    Ok(says(&case.text, &case.answer)? && says(&case.exchanged.text, &case.exchanged.answer)?)
}

impl Found {
    fn add(
        &mut self,
        asked: Asked<'_>,
        checkpoint: &Checkpoint,
        case: &Case,
        quiet: bool,
    ) -> Result<(), Failure> {
        let evidence = case.evidence().map_err(Failure::Usage)?;
        let text = self.texts.len();
        let mut of_case = |run: &Attributed<'_>| {
            for judged in &run.methods {
                let place = self.place(&judged.record);
                let ran = &mut self.methods[place];
                ran.passes += judged.passes;
                ran.seconds += judged.seconds;
                self.measure((place, text), &evidence, &judged.record)?;
            }
            Ok(())
        };
        asked.run(checkpoint, Some(&mut of_case), &mut Times::begin(), (false, quiet))?;
        Ok(())
    }

    fn measure(
        &mut self,
        (place, text): (usize, usize),
        evidence: &Evidence,
        record: &Record,
    ) -> Result<(), Failure> {
        self.measurements.push(measurement((place, text), evidence.measure(record)?));
        if self.texts.len() == text {
            self.texts.push(ScoredText::of(record));
            self.chances.push(evidence.chance(record)?);
        }
        Ok(())
    }

    /// The place of a record's method among those that ran, which it joins.
    fn place(&mut self, record: &Record) -> usize {
        if self.model.is_none() {
            self.model.clone_from(&record.model);
        }
        let name = record.method.as_ref().map(|method| method.name.clone()).unwrap_or_default();
        let same = |ran: &Ran| ran.method.name == name;
        self.methods.iter().position(same).unwrap_or_else(|| {
            let mut method = ScoredMethod::of(&name, record);
            method.control = name == Position::new().card().name;
            self.methods.push(Ran { method, passes: 0.0, seconds: 0.0 });
            self.methods.len() - 1
        })
    }

    /// What is to be said of methods that fail on some of the cases: their means are over the others.
    fn caveats(&self) -> Vec<String> {
        let cases = self.texts.len();
        let missing = |(place, ran): (usize, &Ran)| {
            let measured = self.measurements.iter().filter(|own| own.method == place).count();
            let name = &ran.method.name;
            (measured < cases).then(|| {
                format!(
                    "{name} fails on {} of {cases} cases; its means are over the others",
                    cases - measured
                )
            })
        };
        self.methods.iter().enumerate().filter_map(missing).collect()
    }

    fn scores(self, arguments: &CompareArguments) -> Result<Scores, Failure> {
        let caveats = self.caveats();
        let chance = self.methods.len();
        let mut measurements = self.measurements;
        let chances = self.chances.into_iter().enumerate();
        measurements.extend(chances.map(|(text, own)| measurement((chance, text), own)));
        let mut methods: Vec<ScoredMethod> = Vec::new();
        for Ran { mut method, passes, seconds } in self.methods {
            (method.passes, method.seconds) = (Some(passes.round() as u64), Some(seconds));
            methods.push(method);
        }
        methods.push(ScoredMethod::control("chance"));
        let resampling =
            Resampling::over_texts(arguments.resamples, 0.95, arguments.source.seed.unwrap_or(0));
        let scores = Scores::new(self.texts, methods)?.with_measurements(measurements);
        let scores = self.model.into_iter().fold(scores, Scores::with_model);
        Ok(scores.with_resampling(resampling).with_caveats(caveats))
    }
}

/// What a method, or chance, found in a text.
fn measurement((place, text): (usize, usize), found: evidence::Found) -> Measurement {
    found.into_iter().fold(Measurement::new(place, text), |all, (name, value)| all.with_metric(name, value))
}

/// Says what attribution takes at most: of all cases, since those that count are not known.
fn foresee(asked: Vec<Asked<'_>>, checkpoint: &Checkpoint, quiet: bool) -> Result<(), Failure> {
    let count = asked.len();
    let mut pace: Option<(Pace, f64)> = None;
    let mut seconds = 0.0;
    for asked in asked {
        let estimate = asked.foresee(checkpoint, quiet)?;
        let tokens = estimate.sequence.ids().len().max(1) as f64;
        let (pace, of) = match &mut pace {
            Some(pace) => pace,
            none => none.insert((estimate.pace()?, tokens)),
        };
        seconds += tokens / *of * estimate.plans.iter().map(|plan| plan.seconds(pace)).sum::<f64>();
    }
    print(format!("{count} cases, attribution at most about {} s\n", rounded(seconds)).as_bytes())
}
