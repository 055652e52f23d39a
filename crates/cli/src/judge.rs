//! `saliency compare` with a text: methods run, and are judged by what the model answers without the tokens that they
//! point to.

use crate::arguments::{CompareArguments, ExplainArguments};
use crate::attribute::{Asked, Attributed, Judged};
use crate::compare::agreement;
use crate::failure::Failure;
use crate::finished_texts::digest;
use crate::foreseen::Foreseen;
use crate::judged_texts::all;
use crate::output::print;
use crate::progress::Progress;
use crate::text::Source;
use crate::times::Times;
use saliency::attribution::methods::{IntegratedGradients, Position};
use saliency::attribution::targets::LogProbability;
use saliency::attribution::{self, Faithfulness, Method, Sanity, Target};
use saliency::compare::judged;
use saliency::schema::scores::{Cost, Measurement, Score, ScoredMethod, Scores};
use saliency::{Attributor, Checkpoint, LanguageModel, Record, Sequence};
use std::time::Instant;

/// What integrated gradients are held to where it has to be quick.
const TOLERANCE: f64 = 0.05;
/// In how many steps blocks are randomised.
const POINTS: usize = 3;
/// How many points near the input there are.
const DRAWS: u32 = 3;

/// A judged text: its records, and its scores.
pub(crate) struct JudgedText {
    pub(crate) records: Vec<Record>,
    pub(crate) scores: Scores,
}

/// The names of the methods to judge, and of the control `position`.
pub(crate) fn names(arguments: &CompareArguments) -> Vec<&str> {
    let mut names: Vec<&str> = arguments.methods.iter().map(String::as_str).collect();
    let control = Position::new().card();
    if !names.iter().any(|name| control.is_called(name)) {
        names.push(control.name);
    }
    names
}

/// The records of all methods and texts, and their scores; `None` where only an estimate was asked for.
pub(crate) fn run(arguments: &CompareArguments, quiet: bool) -> Result<Option<JudgedText>, Failure> {
    if arguments.methods.is_empty() {
        return Err(Failure::Usage(
            "a text is judged by methods; name them: --methods gradient-x-input,occlusion".into(),
        ));
    }
    let names = names(arguments);
    if names.len() < 2 {
        return Err(Failure::Usage(format!(
            "{} alone has nothing to be compared with; name another method: --methods gradient-x-input,occlusion",
            names.join(", ")
        )));
    }
    let explain = explain(arguments);
    match &arguments.texts {
        None => one(arguments, &explain, &names, quiet),
        Some(path) => all(arguments, (&explain, &names), path, quiet),
    }
}

/// The text of the arguments.
fn one(
    arguments: &CompareArguments,
    explain: &ExplainArguments,
    names: &[&str],
    quiet: bool,
) -> Result<Option<JudgedText>, Failure> {
    let source = Source { arguments: &arguments.source, from_stdin: false };
    let mut times = Times::begin();
    let asked = Asked::new(&source, explain, names, &arguments.work)?;
    let checkpoint = asked.open(quiet)?;
    times.loaded();
    if arguments.work.dry_run {
        let estimate = asked.foresee(&checkpoint, quiet)?;
        let pace = estimate.pace()?;
        let mut foreseen = Foreseen::default();
        foreseen.add(&estimate, &Judge::new(arguments, quiet), (&pace, 1.0));
        print((estimate.lines(&pace) + &foreseen.judging()).as_bytes())?;
        return Ok(None);
    }
    let judged = judged_text(arguments, asked, &checkpoint, &mut times, quiet)?;
    if arguments.work.times {
        times.print();
    }
    Ok(Some(judged))
}

/// Attributes a text by every method, and judges them.
pub(crate) fn judged_text(
    arguments: &CompareArguments,
    asked: Asked<'_>,
    checkpoint: &Checkpoint,
    times: &mut Times,
    quiet: bool,
) -> Result<JudgedText, Failure> {
    let mut judge = Judge::new(arguments, quiet);
    let sha256 = digest(&[asked.text()]);
    let records = asked.run(checkpoint, Some(&mut |run| judge.judge(run)), times, (false, quiet))?;
    let records: Vec<Record> = records.into_iter().map(|(record, _)| record).collect();
    let mut scores = judge.scores(agreement(arguments, &records)?, &records)?;
    scores.texts.iter_mut().for_each(|text| text.sha256 = Some(sha256.clone()));
    Ok(JudgedText { records, scores })
}

/// What the methods are run with.
fn explain(arguments: &CompareArguments) -> ExplainArguments {
    let mut explain = arguments.explain.clone();
    let method = &mut explain.method;
    let ig = IntegratedGradients::new().card();
    let is_ig = |name: &String| ig.is_called(name);
    if arguments.quick
        && method.steps.is_none()
        && method.tolerance.is_none()
        && arguments.methods.iter().any(is_ig)
    {
        method.tolerance = Some(TOLERANCE);
    }
    explain
}

/// The failure of a run that may have been stopped by Ctrl-C.
fn stopped(error: attribution::Error) -> Failure {
    match error {
        attribution::Error::Stopped => Failure::Interrupted,
        error => error.into(),
    }
}

/// What was found of the runs so far.
pub(crate) struct Judge<'a> {
    arguments: &'a CompareArguments,
    quiet: bool,
    /// Texts that were judged.
    texts: usize,
    measurements: Vec<Measurement>,
    checks: Vec<Score>,
    /// Passes and seconds of each method, all runs together.
    costs: Vec<(f64, f64)>,
    cost: (u64, u64, f64),
    caveats: Vec<String>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(arguments: &'a CompareArguments, quiet: bool) -> Self {
        Self {
            arguments,
            quiet,
            texts: 0,
            measurements: Vec::new(),
            checks: Vec::new(),
            costs: Vec::new(),
            cost: (0, 0, 0.0),
            caveats: Vec::new(),
        }
    }

    pub(crate) fn faithfulness(&self) -> Faithfulness {
        let faithfulness = if self.arguments.quick { Faithfulness::quick() } else { Faithfulness::new() };
        faithfulness.seed(self.arguments.source.seed.unwrap_or(0))
    }

    /// Whether, and how, methods are run again with random weights and of another token.
    pub(crate) fn sanity(&self) -> Option<Sanity> {
        let sanity = Sanity::new().points(POINTS).draws(DRAWS).seed(self.arguments.source.seed.unwrap_or(0));
        (!self.arguments.quick).then_some(sanity)
    }

    /// The outputs to judge a run at.
    pub(crate) fn outputs(&self, sequence: &Sequence) -> Vec<usize> {
        let last = sequence.n_output().saturating_sub(1);
        let mut outputs = match (&self.arguments.outputs[..], self.arguments.quick) {
            ([], false) => (0..=last).collect(),
            ([], true) => vec![0, last / 2, last],
            (outputs, _) => outputs.to_vec(),
        };
        outputs.sort_unstable();
        outputs.dedup();
        outputs
    }

    fn judge(&mut self, run: &Attributed<'_>) -> Result<(), Failure> {
        let begun = Instant::now();
        let Attributed { model, sequence, methods } = run;
        self.costs.resize(methods.len(), (0.0, 0.0));
        for (cost, method) in self.costs.iter_mut().zip(methods) {
            *cost = (cost.0 + method.passes, cost.1 + method.seconds);
        }
        let records: Vec<&Record> = methods.iter().map(|method| &method.record).collect();
        let (faithfulness, not_served) = self.faithfulness().for_model(*model);
        for operator in not_served {
            self.caveat(format!("{operator} is left out: the model can’t serve it"));
        }
        let mut outputs = self.outputs(sequence);
        // Of many texts, one may end before an output that others have.
        if self.arguments.texts.is_some() {
            let all = outputs.len();
            outputs.retain(|output| *output < sequence.n_output());
            if outputs.len() < all {
                self.caveat(format!(
                    "of a text of {} outputs, later ones are not judged",
                    sequence.n_output()
                ));
            }
        }
        let found = Progress::of("judging", self.quiet, |watch| {
            faithfulness.measure(*model, sequence, &LogProbability, &records, &outputs, watch)
        });
        let found = found.map_err(stopped)?;
        self.cost.0 += found.cost.tokens_forward;
        self.cost.1 += found.cost.tokens_naive;
        let text = self.texts;
        self.measurements.extend(found.measurements.into_iter().map(|mut measurement| {
            measurement.text = text;
            measurement
        }));
        if let Some(sanity) = self.sanity() {
            self.check(&sanity, *model, sequence, methods)?;
        }
        self.texts += 1;
        self.cost.2 += begun.elapsed().as_secs_f64();
        Ok(())
    }

    /// With random weights, and of another token.
    fn check(
        &mut self,
        sanity: &Sanity,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        methods: &[Judged],
    ) -> Result<(), Failure> {
        let attributors: Vec<Attributor> = methods.iter().map(|method| method.attributor.clone()).collect();
        let records: Vec<Record> = methods.iter().map(|method| method.record.clone()).collect();
        let found = Progress::of("randomising", self.quiet, |watch| {
            sanity.scores(model, sequence, (&attributors, &records), watch)
        });
        let found = found.map_err(stopped)?;
        let text = self.texts;
        self.checks.extend(found.into_iter().map(|mut score| {
            score.text = Some(text);
            score
        }));
        for caveat in Sanity::CAVEATS {
            self.caveat(caveat.to_owned());
        }
        Ok(())
    }

    fn caveat(&mut self, caveat: String) {
        if !self.caveats.contains(&caveat) {
            self.caveats.push(caveat);
        }
    }

    /// Agreement, with everything else beside it.
    fn scores(mut self, mut scores: Scores, records: &[Record]) -> Result<Scores, Failure> {
        let control = Position::new().card();
        let is_control =
            |record: &Record| record.method.as_ref().is_some_and(|method| method.name == control.name);
        for ((method, record), (passes, seconds)) in scores.methods.iter_mut().zip(records).zip(&self.costs) {
            method.control = is_control(record);
            method.passes = Some(passes.round() as u64);
            method.seconds = Some(*seconds);
        }
        scores.methods.push(ScoredMethod::control("random orders"));
        let how = if self.arguments.quick { "quick" } else { "whole" };
        let (forward, naive, seconds) = self.cost;
        // Numbers of several runs would have to stand beside each other.
        if self.texts > 1 {
            self.checks.iter_mut().for_each(|score| score.by_output = Vec::new());
        }
        let mut caveats = std::mem::take(&mut scores.caveats);
        caveats.extend(self.caveats);
        let scores = scores
            .with_setting("judging", how)
            .with_setting("judged_target", LogProbability.name())
            .with_caveats(caveats)
            .with_measurements(self.measurements)
            .with_sanity(self.checks)
            .with_cost(Cost::new(forward, naive).with_seconds(seconds));
        Ok(judged(scores)?)
    }
}
