//! A span: several outputs explained as one, and the sums and differences of explanations that make its row.

use crate::calculus::ragged;
use crate::error::Error;
use crate::method::explanation::Explanation;
use crate::method::replaced::Replaced;
use crate::model::sequence::Sequence;
use crate::rows::Rows;
use crate::rows::notes::with_new;
use saliency_schema::{Explained, Interaction, Kind as TokenKind, Named, Token};
use std::collections::BTreeMap;
use std::ops::Range;
use tch::Tensor;

/// Several outputs explained as one: the sum of their targets.
pub(crate) struct Span {
    outputs: Range<usize>,
    /// The sum of the explanations so far.
    sum: Option<Explanation>,
    /// Another continuation that the span is contrasted with: its explanation, and its tokens as one.
    against: Option<(Explanation, Token)>,
}

impl Span {
    pub(crate) fn new(outputs: Range<usize>) -> Self {
        Self { outputs, sum: None, against: None }
    }

    pub(crate) fn against(self, explanation: Explanation, token: Token) -> Self {
        Self { against: Some((explanation, token)), ..self }
    }

    /// Whether it has all of these outputs.
    pub(crate) fn contains(&self, outputs: &Range<usize>) -> bool {
        self.outputs.start <= outputs.start && outputs.end <= self.outputs.end
    }

    /// Adds the explanation of one of its outputs, or of all as one.
    pub(crate) fn push(&mut self, explanation: Explanation) -> Result<(), Error> {
        add_to(&mut self.sum, explanation)
    }

    /// The record's tokens: those before the span as inputs, and the span's own as one output.
    pub(crate) fn tokens(&self, sequence: &Sequence) -> Vec<Token> {
        let mut tokens = sequence.tokens().to_vec();
        let members = tokens.split_off(sequence.n_input() + self.outputs.start);
        for token in &mut tokens {
            token.kind = TokenKind::Input;
        }
        tokens.push(Token::joined(&members[..self.outputs.len()]));
        tokens
    }
}

impl Rows<'_, '_> {
    /// Finishes a span's row: the tokens before it, and apart from them what its own tokens contribute to each other.
    pub(crate) fn finish_span(&mut self, span: Span) -> Result<(), Error> {
        let Span { outputs, sum, against } = span;
        let sum = sum.ok_or(Error::NoOutput)?;
        let first = self.problem.n_input() + outputs.start;
        let (before, mut own) = split(&sum.attributions, first)?;
        let errors = sum.standard_errors.as_ref().map(|errors| errors[..before.size()[0] as usize].to_vec());
        let mut whole =
            Explanation { output: outputs.start, attributions: before, standard_errors: errors, ..sum };
        if let Some((other, _)) = &against {
            let (before, others) = split(&other.attributions, first)?;
            own = match (own, others) {
                (Some(own), Some(others)) => Some(Tensor::f_cat(&[own, others.f_neg()?], 0)?),
                (own, others) => others.map(|others| others.f_neg()).transpose()?.or(own),
            };
            whole = minus(whole, &before, other)?;
        }
        self.finish(whole, own.as_ref())?;

        let members = outputs.len();
        let all: Vec<_> = outputs.map(|member| self.explained(member)).collect();
        let output = &mut self.outputs[0];
        output.explained = Explained::shared(all.iter().map(Option::as_ref));
        if members > 1 {
            (output.probability, output.logit) = (None, None);
        }
        if let Some((_, token)) = &against {
            output.explained = Some(Explained::new().with_alternatives(vec![Named::from(token)]));
        }
        Ok(())
    }
}

const NO_ERRORS: &str = "standard errors of a sum are not known from those of its terms, and left out";

/// Adds one more output to the sum of several.
pub(crate) fn add_to(sum: &mut Option<Explanation>, explanation: Explanation) -> Result<(), Error> {
    *sum = Some(match sum.take() {
        Some(sum) => plus(sum, explanation)?,
        None => explanation,
    });
    Ok(())
}

/// The tokens of both.
fn union(mut tokens: Vec<usize>, others: &[usize]) -> Vec<usize> {
    tokens.extend(others.iter().filter(|token| !tokens.contains(token)).copied().collect::<Vec<_>>());
    tokens
}

/// Two outputs' interactions as one: of the pairs that both have, without standard errors.
fn of_both(a: &[Interaction], b: &[Interaction], put: impl Fn(f64, f64) -> f64) -> Vec<Interaction> {
    let others: BTreeMap<_, _> = b.iter().map(|pair| ((pair.i, pair.j), pair.value)).collect();
    let pair = |pair: &Interaction| {
        let other = others.get(&(pair.i, pair.j))?;
        Some(Interaction::new(pair.i, pair.j, pair.value.zip(*other).map(|(x, y)| put(x, y))))
    };
    a.iter().filter_map(pair).collect()
}

/// Two outputs' sums by layer as one; none where one has none.
fn layers_of_both(a: &[f64], b: &[f64], put: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| put(*a, *b)).collect()
}

/// The attributions to tokens before a position, and those to later tokens where there are any.
fn split(attributions: &Tensor, position: usize) -> Result<(Tensor, Option<Tensor>), Error> {
    let length = attributions.size()[0];
    let before = (position as i64).min(length);
    let own = (length > before).then(|| attributions.f_narrow(0, before, length - before)).transpose()?;
    Ok((attributions.f_narrow(0, 0, before)?, own))
}

/// An explanation minus another one, whose attributions to the same tokens are `attributions`.
fn minus(a: Explanation, attributions: &Tensor, b: &Explanation) -> Result<Explanation, Error> {
    let both = |x: Option<f64>, y: Option<f64>| Some(x? - y?);
    let sampled = a.standard_errors.is_some() || b.standard_errors.is_some();
    let notes = with_new(a.notes, b.notes.clone());
    Ok(Explanation {
        output: a.output,
        attributions: a.attributions.f_sub(attributions)?,
        value: a.value - b.value,
        baseline_value: both(a.baseline_value, b.baseline_value),
        steps: a.steps.max(b.steps),
        tolerance: a.tolerance,
        samples: a.samples.max(b.samples),
        standard_errors: None,
        missing: union(a.missing, &b.missing),
        replacements: together(a.replacements, &b.replacements, |a, b| a - b),
        interactions: of_both(&a.interactions, &b.interactions, |x, y| x - y),
        ledger: a.ledger.zip(b.ledger.as_ref()).and_then(|(a, b)| a.plus(b, -1.0)),
        by_layer: layers_of_both(&a.by_layer, &b.by_layer, |a, b| a - b),
        notes: if sampled { with_new(notes, vec![NO_ERRORS.to_owned()]) } else { notes },
    })
}

/// The replacements of one explanation, with those of another that are the same.
fn together(own: Vec<Replaced>, others: &[Replaced], combine: impl Fn(f64, f64) -> f64) -> Vec<Replaced> {
    own.into_iter().enumerate().map(|(i, own)| own.with_other(others.get(i), &combine)).collect()
}

/// Two outputs as one: the sum of their targets.
fn plus(a: Explanation, b: Explanation) -> Result<Explanation, Error> {
    let attributions = ragged::sum(&a.attributions, &b.attributions)?;
    let sampled = b.standard_errors.is_some();
    let both = |x: Option<f64>, y: Option<f64>| Some(x? + y?);
    Ok(Explanation {
        output: a.output,
        attributions,
        value: a.value + b.value,
        baseline_value: both(a.baseline_value, b.baseline_value),
        steps: a.steps.max(b.steps),
        tolerance: a.tolerance,
        samples: a.samples.max(b.samples),
        // Outputs share their samples, so that errors of a sum are not known from those of its terms.
        standard_errors: None,
        missing: union(a.missing, &b.missing),
        replacements: together(a.replacements, &b.replacements, |a, b| a + b),
        interactions: of_both(&a.interactions, &b.interactions, |x, y| x + y),
        ledger: a.ledger.zip(b.ledger.as_ref()).and_then(|(a, b)| a.plus(b, 1.0)),
        by_layer: layers_of_both(&a.by_layer, &b.by_layer, |a, b| a + b),
        notes: with_new(
            a.notes,
            if sampled { with_new(b.notes, vec![NO_ERRORS.to_owned()]) } else { b.notes },
        ),
    })
}
