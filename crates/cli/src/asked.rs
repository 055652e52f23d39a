//! From arguments to attributors.

use crate::arguments::{ExplainArguments, MethodArguments};
use crate::failure::Failure;
use saliency::attribution::{
    Ablation, Alternatives, Attributor, Baseline, ForTokens, Parameters, Segmentation, Size, Target, TokenId,
};
use saliency::schema::{Kind, Reduce};
use saliency::{Aggregate, Checkpoint, Normalize, Prompt, Sequence, methods, target};
use std::ops::Range;

/// The request, checked as far as possible without a model, and completed by [`Asked::look_up`].
pub(crate) struct Asked<'a> {
    explain: &'a ExplainArguments,
    /// The names as given.
    pub(crate) methods: Vec<&'a str>,
    parameters: Parameters,
    aggregate: Option<Aggregate>,
    normalize: Option<Normalize>,
    pub(crate) group: Option<(Segmentation, Reduce)>,
    span: Option<Span>,
    without: Option<Vec<Range<usize>>>,
    /// The tokens of `--alternative`, and those of `--explain` with their outputs.
    alternatives: Vec<TokenId>,
    chosen: Vec<(Option<usize>, TokenId)>,
    /// The continuation of `--against`, after the same input.
    against: Option<Sequence>,
    /// The memory that passes may use, in bytes.
    pub(crate) memory: Option<usize>,
    pub(crate) partial: bool,
}

enum Span {
    All,
    Outputs(Range<usize>),
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        explain: &'a ExplainArguments,
        names: &[&'a str],
        seed: Option<u64>,
    ) -> Result<Self, Failure> {
        let span = match explain.span.as_deref() {
            None => None,
            Some("all") => Some(Span::All),
            Some(text) => Some(Span::Outputs(range("--span", text)?)),
        };
        let without = explain.without.as_deref();
        let without = without
            .map(|text| text.split(',').map(|part| range("--without", part)).collect::<Result<Vec<_>, _>>())
            .transpose()?;
        let asked = Self {
            explain,
            methods: names.to_vec(),
            parameters: parameters(&explain.method, seed),
            aggregate: explain.aggregate()?,
            normalize: explain.normalize()?,
            group: explain.group.asked(),
            span,
            without,
            alternatives: Vec::new(),
            chosen: Vec::new(),
            against: None,
            memory: None,
            partial: false,
        };
        for name in &asked.methods {
            asked.attributor(name, 1)?;
        }
        asked.check_parameters_used()?;
        let target = target(explain.target())?;
        let refuse = |flag: &str, needed: &str| {
            Err(Failure::Usage(format!("{flag} needs {needed}, and --target is {}", explain.target())))
        };
        if !explain.alternative.is_empty() && target.against(Alternatives::RunnerUp).is_none() {
            return refuse("--alternative", "a contrast- target");
        }
        if explain.against.is_some() && target.name() != "log-probability" {
            return refuse("--against", "the target log-probability, which is its default");
        }
        if !explain.explain.is_empty() && !target.asks_for_a_token() {
            return refuse("--explain", "a target of a token");
        }
        match (&asked.without, target.without(Vec::new()).is_some()) {
            (Some(_), false) => refuse("--without", "the target kl-divergence"),
            (None, true) => Err(Failure::Usage(format!(
                "--target {} needs --without: the input tokens to leave out of the other run, such as 0-5",
                explain.target()
            ))),
            _ => Ok(asked),
        }
    }

    /// With several methods, each takes the parameters it has; a parameter that none has is refused.
    fn check_parameters_used(&self) -> Result<(), Failure> {
        if self.methods.len() < 2 {
            return Ok(());
        }
        let all: Vec<&str> =
            self.methods.iter().filter_map(|name| card(name)).flat_map(|c| c.parameters).copied().collect();
        match self.parameters.names().into_iter().find(|name| *name != "seed" && !all.contains(name)) {
            Some(name) => Err(Failure::Usage(format!(
                "none of the methods {} has the parameter {name}",
                self.methods.join(", ")
            ))),
            None => Ok(()),
        }
    }

    /// Tokenises the texts of the arguments, under the prompt's settings.
    pub(crate) fn look_up(&mut self, checkpoint: &Checkpoint, prompt: &Prompt) -> Result<(), Failure> {
        if let Some(text) = &self.explain.against {
            self.against = Some(checkpoint.force(prompt.clone(), text)?);
        }
        for text in &self.explain.alternative {
            self.alternatives.push(one_token(checkpoint, "--alternative", text)?);
        }
        for given in &self.explain.explain {
            let numbered = given.split_once(':').and_then(|(n, text)| Some((n.parse::<usize>().ok()?, text)));
            let (output, text) = numbered.map_or((None, &**given), |(n, text)| (Some(n), text));
            self.chosen.push((output, one_token(checkpoint, "--explain", text)?));
        }
        if let Some(text) = &self.explain.method.baseline_text {
            let tokens = checkpoint.encode_beside(prompt, text, Kind::Input, 0)?;
            let ids = tokens.iter().map(|t| t.id).collect();
            self.parameters = self.parameters.clone().baseline(Baseline::Text(ids));
        }
        Ok(())
    }

    /// A method's attributor, for a sequence of `n_output` outputs.
    pub(crate) fn attributor(&self, name: &str, n_output: usize) -> Result<Attributor, Failure> {
        let mut parameters = self.parameters.clone();
        if let Some(card) = card(name) {
            // Sampling uses the seed too, so a method without one ignores it.
            let several = self.methods.len() > 1;
            parameters =
                parameters.keep(|name| card.parameters.contains(&name) || (!several && name != "seed"));
        }
        let attributor = Attributor::new().method_with(name, parameters);
        let mut attributor = attributor.with_target(self.target(n_output)?).partial(self.partial);
        if let Some(aggregate) = self.aggregate {
            attributor = attributor.aggregate(aggregate);
        }
        if let Some(normalize) = self.normalize {
            attributor = attributor.normalize(normalize);
        }
        if let Some(memory) = self.memory {
            attributor = attributor.memory(memory);
        }
        attributor = match &self.span {
            None => attributor,
            Some(Span::All) => attributor.span(0..n_output),
            Some(Span::Outputs(outputs)) => attributor.span(outputs.clone()),
        };
        if let Some(other) = &self.against {
            attributor = attributor.against(other.clone());
        }
        Ok(attributor.check()?)
    }

    /// How many of `n_output` outputs are run: those after a span are not.
    pub(crate) fn n_output(&self, n_output: usize) -> usize {
        match &self.span {
            Some(Span::Outputs(outputs)) => outputs.end.min(n_output),
            _ => n_output,
        }
    }

    /// The sequences to run: the continuation, and the one of `--against`.
    pub(crate) fn runs<'s>(&'s self, sequence: &'s Sequence) -> impl Iterator<Item = &'s Sequence> {
        std::iter::once(sequence).chain(&self.against)
    }

    /// The problem's size for a method that ablates segments, in segments instead of tokens.
    pub(crate) fn in_segments(
        &self,
        name: &str,
        mut size: Size,
        sequence: &Sequence,
    ) -> Result<Size, Failure> {
        let takes = card(name).is_some_and(|card| card.parameters.contains(&"segments"));
        let Some(segments) = self.explain.method.segments.as_ref().filter(|_| takes) else { return Ok(size) };
        let segments = segments.segments_in(sequence.tokens(), sequence.prompt())?;
        let n_input = segments.iter().filter(|segment| segment.end <= sequence.n_input()).count();
        size.n_input = n_input;
        Ok(size)
    }

    /// Refuses groups that do not fit the tokens, before any long work. The tokens of a span are only known later.
    pub(crate) fn check_group(&self, sequence: &Sequence) -> Result<(), Failure> {
        match (&self.group, self.span.is_some() || self.against.is_some()) {
            (Some((segmentation, _)), false) => {
                Ok(segmentation.segments_in(sequence.tokens(), sequence.prompt()).map(|_| ())?)
            }
            _ => Ok(()),
        }
    }

    fn target(&self, n_output: usize) -> Result<Box<dyn Target>, Failure> {
        let mut found = target(self.explain.target())?;
        if !self.alternatives.is_empty() {
            found = found.against(Alternatives::Same(self.alternatives.clone())).unwrap_or(found);
        }
        if let Some(ranges) = &self.without {
            found = found.without(ranges.clone()).unwrap_or(found);
        }
        if self.chosen.is_empty() {
            return Ok(found);
        }
        let mut tokens = vec![None; n_output];
        for (output, id) in &self.chosen {
            match output {
                None => tokens.fill(Some(*id)),
                Some(output) => {
                    let place = tokens.get_mut(*output).ok_or_else(|| {
                        let why =
                            format!("--explain names output {output}, and there are {n_output}, from 0");
                        Failure::Usage(why)
                    })?;
                    *place = Some(*id);
                }
            }
        }
        Ok(Box::new(ForTokens::new(found, tokens)))
    }
}

fn card(name: &str) -> Option<saliency::attribution::Card> {
    methods().into_iter().map(|m| m.card()).find(|card| card.is_called(name))
}

/// The parameters that were given.
fn parameters(arguments: &MethodArguments, seed: Option<u64>) -> Parameters {
    let mut baseline = arguments.baseline.clone();
    // A distribution without its own seed uses --seed.
    if let Some(Ablation::Embedding(Baseline::Sampled { seed: own @ 0, .. })) = &mut baseline {
        *own = seed.unwrap_or(0);
    }
    // A text is a baseline of its own once there is a tokenizer.
    let baseline = baseline.or_else(|| arguments.baseline_text.as_ref().map(|_| Baseline::Zero.into()));
    let (absolute, rollout) = (arguments.absolute.then_some(true), arguments.rollout.then_some(true));
    let MethodArguments { steps, tolerance, rule, positions, players, samples, noise, layer, head, .. } =
        *arguments;
    let segments = arguments.segments.clone();
    let mut parameters = Parameters::new();
    macro_rules! give {
        ($($name:ident),*) => {
            $(if let Some(value) = $name {
                parameters = parameters.$name(value);
            })*
        };
    }
    give!(steps, tolerance, rule, baseline, positions, segments, players, samples, noise, seed, layer, head);
    give!(absolute, rollout);
    parameters
}

/// `FROM-TO`, with `TO` excluded.
pub(crate) fn range(flag: &str, text: &str) -> Result<Range<usize>, Failure> {
    let parts = text.trim().split_once('-');
    let parts = parts.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    match parts {
        Some((from, to)) if from < to => Ok(from..to),
        _ => Err(Failure::Usage(format!(
            "{flag} {text:?} is not a range; write FROM-TO, such as 0-5 for 0 to 4"
        ))),
    }
}

/// The id of a text that is a single token.
fn one_token(checkpoint: &Checkpoint, flag: &str, text: &str) -> Result<TokenId, Failure> {
    let tokens = checkpoint.tokenizer.encode(text, Kind::Output, 0)?;
    match &tokens[..] {
        [token] => Ok(token.id),
        several => {
            let pieces: Vec<_> = several.iter().map(|token| format!("{:?}", token.text)).collect();
            Err(Failure::Usage(format!(
                "{flag} {text:?} is {} tokens ({}), and must be one; mind the leading space, or compare whole texts with \
                 --continuation T --against T",
                several.len(),
                pieces.join(", ")
            )))
        }
    }
}
