//! A request that fits a model: its texts are tokens, and each method has a plan.

use crate::failure::{Failure, in_flags};
use crate::output::remark;
use crate::plan::Plan;
use crate::request::{NamedMethod, Request};
use saliency::attribution::{Alternatives, Attributor, Cost, Family, ForTokens, Size, Target, TokenId};
use saliency::{LanguageModel, Record, Sequence};

/// A request, and what a model's tokenizer made of its texts.
pub(crate) struct CheckedRequest<'a> {
    request: Request<'a>,
    /// The tokens of `--alternative`.
    alternatives: Vec<TokenId>,
    /// Those of `--explain` with their outputs.
    tokens: Vec<(Option<usize>, TokenId)>,
    /// The continuation of `--against`, after the same input.
    against: Option<Sequence>,
    /// The memory that passes may use, in bytes.
    memory: Option<usize>,
}

impl<'a> CheckedRequest<'a> {
    pub(crate) fn new(
        request: Request<'a>,
        (alternatives, tokens): (Vec<TokenId>, Vec<(Option<usize>, TokenId)>),
        against: Option<Sequence>,
        memory: Option<usize>,
    ) -> Self {
        Self { request, alternatives, tokens, against, memory }
    }

    /// A record as it is handed out, its tokens put together as asked for; says its notes.
    pub(crate) fn finished(&self, mut record: Record, quiet: bool) -> Result<Record, Failure> {
        if let Some((segmentation, reduce)) = &self.request.group {
            record = record.group(segmentation, *reduce)?;
        }
        for note in &record.notes {
            remark(quiet, &format!("note: {}", in_flags(note)));
        }
        Ok(record)
    }

    /// Whether the rows that are finished are wanted when the work is interrupted.
    pub(crate) fn is_partial(&self) -> bool {
        self.request.partial
    }

    /// A plan for each method: what it will do for a sequence, and what that takes.
    pub(crate) fn plans(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
    ) -> Result<Vec<Plan<'a>>, Failure> {
        let plan = |method: &NamedMethod<'a>| {
            let attributor = self.attributor(method, sequence.n_output())?;
            let cost = self.cost(method, &attributor, model, sequence)?;
            let takes_a_path = method.card.is_some_and(|card| card.family == Family::Gradient);
            let start = attributor.describe(model)?.baseline.filter(|_| takes_a_path);
            let bound = method.card.is_some_and(|card| card.cost_is_a_bound);
            let plan =
                Plan::new(method.name, attributor, cost, start).with_rivals(self.request.explain.rivals);
            Ok(plan.at_most(bound))
        };
        self.request.methods.iter().map(plan).collect()
    }

    /// Refuses groups that do not fit the tokens, before any long work. The tokens of a span are only known later.
    pub(crate) fn check_group(&self, sequence: &Sequence) -> Result<(), Failure> {
        match (&self.request.group, self.request.span.is_some() || self.against.is_some()) {
            (Some((segmentation, _)), false) => {
                Ok(segmentation.segments_in(sequence.tokens(), sequence.prompt()).map(|_| ())?)
            }
            _ => Ok(()),
        }
    }

    /// A method's attributor, for a sequence of `n_output` outputs.
    fn attributor(&self, method: &NamedMethod<'_>, n_output: usize) -> Result<Attributor, Failure> {
        let mut attributor = self.request.attributor(method, self.target(n_output)?, n_output);
        if let Some(memory) = self.memory {
            attributor = attributor.memory(memory);
        }
        if let Some(other) = &self.against {
            attributor = attributor.against(other.clone());
        }
        Ok(attributor.check()?)
    }

    fn target(&self, n_output: usize) -> Result<Box<dyn Target>, Failure> {
        let mut found = self.request.target()?;
        if !self.alternatives.is_empty() {
            found = found.against(Alternatives::Same(self.alternatives.clone())).unwrap_or(found);
        }
        if self.tokens.is_empty() {
            return Ok(found);
        }
        let mut tokens = vec![None; n_output];
        for (output, id) in &self.tokens {
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

    /// The passes of one run: of the continuation, and of the one of `--against`.
    fn cost(
        &self,
        method: &NamedMethod<'_>,
        attributor: &Attributor,
        model: &dyn LanguageModel,
        sequence: &Sequence,
    ) -> Result<Cost, Failure> {
        let mut cost = Cost::default();
        for sequence in std::iter::once(sequence).chain(&self.against) {
            let rivals = self.request.explain.rivals.unwrap_or(1) as f64;
            cost += attributor.cost_on(sequence, self.size(method, model, sequence)?)? * rivals;
            cost += Cost::forwards(1.0);
        }
        Ok(cost)
    }

    /// The problem's size; for a method that ablates segments in segments instead of tokens.
    fn size(
        &self,
        method: &NamedMethod<'_>,
        model: &dyn LanguageModel,
        sequence: &Sequence,
    ) -> Result<Size, Failure> {
        let takes = method.card.is_some_and(|card| card.parameters.contains(&"segments"));
        let n_input = match self.request.explain.method.segments.as_ref().filter(|_| takes) {
            None => sequence.n_input(),
            Some(segments) => {
                let segments = segments.segments_in(sequence.tokens(), sequence.prompt())?;
                segments.iter().filter(|segment| segment.end <= sequence.n_input()).count()
            }
        };
        Ok(Size::new(n_input, sequence.n_output()).with_shares_prefix(model.shares_prefix()))
    }
}
