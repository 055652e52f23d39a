//! What was asked for, checked as far as that goes without a model.

use crate::arguments::{ExplainArguments, MethodArguments};
use crate::checked_request::CheckedRequest;
use crate::failure::Failure;
use saliency::attribution::{
    Ablation, Alternatives, Attributor, Baseline, Card, Parameters, ReplaceBy, Segmentation, Target, TokenId,
};
use saliency::schema::{Kind, Reduce};
use saliency::{Aggregate, Checkpoint, Normalize, Prompt, methods, target};
use std::ops::Range;

/// A request whose arguments fit each other. [`check`](Self::check) holds it against a model.
pub(crate) struct Request<'a> {
    pub(crate) explain: &'a ExplainArguments,
    pub(crate) methods: Vec<NamedMethod<'a>>,
    parameters: Parameters,
    aggregate: Option<Aggregate>,
    normalize: Option<Normalize>,
    pub(crate) group: Option<(Segmentation, Reduce)>,
    pub(crate) span: Option<Span>,
    without: Option<Vec<Range<usize>>>,
    pub(crate) partial: bool,
}

/// A method by the name that was given, and what it is; `None` where there is none of that name.
pub(crate) struct NamedMethod<'a> {
    pub(crate) name: &'a str,
    pub(crate) card: Option<Card>,
}

pub(crate) enum Span {
    All,
    Outputs(Range<usize>),
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        explain: &'a ExplainArguments,
        names: &[&'a str],
        seed: Option<u64>,
        partial: bool,
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
        let cards: Vec<Card> = methods().iter().map(|method| method.card()).collect();
        let named = |name: &&'a str| NamedMethod {
            name,
            card: cards.iter().find(|card| card.is_called(name)).copied(),
        };
        let request = Self {
            explain,
            methods: names.iter().map(named).collect(),
            parameters: parameters(&explain.method, seed),
            aggregate: explain.aggregate()?,
            normalize: explain.normalize()?,
            group: explain.group.asked(),
            span,
            without,
            partial,
        };
        for method in &request.methods {
            request.attributor(method, request.target()?, 1).check()?;
        }
        request.check_parameters_used()?;
        request.check_target()?;
        Ok(request)
    }

    /// Tokenises the texts of the arguments, under the prompt's settings. `memory` is what passes may use, in bytes.
    pub(crate) fn check(
        mut self,
        checkpoint: &Checkpoint,
        prompt: &Prompt,
        memory: Option<usize>,
    ) -> Result<CheckedRequest<'a>, Failure> {
        let explain = self.explain;
        let against =
            explain.against.as_ref().map(|text| checkpoint.force(prompt.clone(), text)).transpose()?;
        let mut alternatives = Vec::new();
        for text in &explain.alternative {
            alternatives.push(one_token(checkpoint, "--alternative", text)?);
        }
        let mut tokens = Vec::new();
        for given in &explain.explain {
            let numbered = given.split_once(':').and_then(|(n, text)| Some((n.parse::<usize>().ok()?, text)));
            let (output, text) = numbered.map_or((None, &**given), |(n, text)| (Some(n), text));
            tokens.push((output, one_token(checkpoint, "--explain", text)?));
        }
        if !explain.method.replacement.is_empty() {
            let ids = |text: &String| -> Result<Vec<TokenId>, Failure> {
                let tokens = checkpoint.encode_beside(prompt, text, Kind::Input, 0)?;
                Ok(tokens.iter().map(|token| token.id).collect())
            };
            let texts = explain.method.replacement.iter().map(ids).collect::<Result<Vec<_>, _>>()?;
            self.parameters = self.parameters.replace_by(ReplaceBy::Texts(texts));
        }
        if let Some(text) = &explain.method.baseline_text {
            let ids = checkpoint.encode_beside(prompt, text, Kind::Input, 0)?.iter().map(|t| t.id).collect();
            self.parameters = self.parameters.baseline(Baseline::Text(ids));
        }
        Ok(CheckedRequest::new(self, (alternatives, tokens), against, memory))
    }

    /// A method's attributor, as far as it is known without a model, for a sequence of `n_output` outputs.
    pub(crate) fn attributor(
        &self,
        method: &NamedMethod<'_>,
        target: Box<dyn Target>,
        n_output: usize,
    ) -> Attributor {
        let attributor = Attributor::new().method_with(method.name, self.parameters_of(method));
        let mut attributor = attributor.with_target(target).partial(self.partial);
        if let Some(aggregate) = self.aggregate {
            attributor = attributor.aggregate(aggregate);
        }
        if let Some(normalize) = self.normalize {
            attributor = attributor.normalize(normalize);
        }
        match &self.span {
            None => attributor,
            Some(Span::All) => attributor.span(0..n_output),
            Some(Span::Outputs(outputs)) => attributor.span(outputs.clone()),
        }
    }

    /// The parameters that a method has, of those that were given. Where there are several methods, each takes its own;
    /// sampling uses the seed too, so a method without one ignores it.
    fn parameters_of(&self, method: &NamedMethod<'_>) -> Parameters {
        let (given, several) = (self.parameters.clone(), self.methods.len() > 1);
        let Some(card) = method.card else { return given };
        given.only(|name| card.parameters.contains(&name) || (!several && name != "seed"))
    }

    /// The target, as far as it is known without a tokenizer.
    pub(crate) fn target(&self) -> Result<Box<dyn Target>, Failure> {
        let found = target(self.explain.target())?;
        Ok(match &self.without {
            Some(ranges) => found.without(ranges.clone()).unwrap_or(found),
            None => found,
        })
    }

    /// With several methods, each takes the parameters it has; a parameter that none has is refused.
    fn check_parameters_used(&self) -> Result<(), Failure> {
        if self.methods.len() < 2 {
            return Ok(());
        }
        let cards = self.methods.iter().filter_map(|method| method.card);
        let all: Vec<&str> = cards.flat_map(|card| card.parameters).copied().collect();
        match self.parameters.names().into_iter().find(|name| *name != "seed" && !all.contains(name)) {
            Some(name) => {
                let names: Vec<_> = self.methods.iter().map(|method| method.name).collect();
                let names = names.join(", ");
                Err(Failure::Usage(format!("none of the methods {names} has the parameter {name}")))
            }
            None => Ok(()),
        }
    }

    /// Whether the target takes what was given for it.
    fn check_target(&self) -> Result<(), Failure> {
        let explain = self.explain;
        let target = target(explain.target())?;
        let refuse = |flag: &str, needed: &str| {
            Err(Failure::Usage(format!("{flag} needs {needed}, and --target is {}", explain.target())))
        };
        if !explain.alternative.is_empty() && target.against(Alternatives::RunnerUp).is_none() {
            return refuse("--alternative", "a contrast- target");
        }
        if explain.rivals.is_some() && target.against(Alternatives::RunnerUp).is_none() {
            return refuse("--rivals", "a contrast- target, such as contrast-logit, which is its default");
        }
        if explain.rivals == Some(0) {
            return Err(Failure::Usage("--rivals is 0, and must be at least 1".into()));
        }
        if explain.against.is_some() && target.name() != "log-probability" {
            return refuse("--against", "the target log-probability, which is its default");
        }
        if !explain.explain.is_empty() && !target.asks_for_a_token() {
            return refuse("--explain", "a target of a token");
        }
        match (&self.without, target.without(Vec::new()).is_some()) {
            (Some(_), false) => refuse("--without", "the target kl-divergence"),
            (None, true) => Err(Failure::Usage(format!(
                "--target {} needs --without: the input tokens to leave out of the other run, such as 0-5",
                explain.target()
            ))),
            _ => Ok(()),
        }
    }
}

/// The parameters that were given.
fn parameters(arguments: &MethodArguments, seed: Option<u64>) -> Parameters {
    let mut baseline = arguments.baseline.clone();
    // A distribution without its own seed uses --seed.
    if let Some(
        Ablation::Embedding(Baseline::Sampled { seed: own @ 0, .. })
        | Ablation::Resampled { seed: own @ 0, .. },
    ) = &mut baseline
    {
        *own = seed.unwrap_or(0);
    }
    // A text is a baseline of its own once there is a tokenizer.
    let baseline = baseline.or_else(|| arguments.baseline_text.as_ref().map(|_| Baseline::Zero.into()));
    let (absolute, rollout) = (arguments.absolute.then_some(true), arguments.rollout.then_some(true));
    let MethodArguments {
        steps,
        tolerance,
        rule,
        positions,
        players,
        strongest,
        interaction,
        exact,
        samples,
        noise,
        layer,
        head,
        attention,
        continuations,
        keep,
        ..
    } = *arguments;
    // Texts are replacements of their own once there is a tokenizer.
    let by_texts = || (!arguments.replacement.is_empty()).then_some(ReplaceBy::Deletion);
    let replace_by = arguments.replace_by.clone().or_else(by_texts);
    let segments = arguments.segments.clone();
    let (refine, hold) = (arguments.refine.clone(), arguments.hold.clone());
    let mut parameters = Parameters::new();
    macro_rules! give {
        ($($name:ident),*) => {
            $(if let Some(value) = $name {
                parameters = parameters.$name(value);
            })*
        };
    }
    give!(
        steps,
        tolerance,
        rule,
        baseline,
        positions,
        segments,
        players,
        strongest,
        interaction,
        exact,
        samples,
        noise,
        seed,
        layer,
        head,
        attention,
        replace_by,
        continuations,
        refine,
        keep,
        hold
    );
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
