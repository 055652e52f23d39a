//! A target of chosen tokens instead of those that were produced.

use crate::error::Error;
use crate::model::TokenId;
use crate::target::clean_run::CleanRun;
use crate::target::contrast::Alternatives;
use crate::target::explained::Explained;
use crate::target::{OutputToken, Target};
use std::ops::Range;
use tch::Tensor;

/// Another target, of chosen tokens in place of the outputs: why the model did *or did not* say this word here.
#[derive(Debug)]
#[doc(alias = "Chosen")]
pub struct ForTokens {
    target: Box<dyn Target>,
    /// For each output the token to explain; `None`, or nothing, for the produced one.
    tokens: Vec<Option<TokenId>>,
}

impl ForTokens {
    /// `target`, of these tokens: one for each output, `None` for the produced one.
    pub fn new(target: impl Target + 'static, tokens: Vec<Option<TokenId>>) -> Self {
        Self { target: Box::new(target), tokens }
    }

    fn token(&self, output: OutputToken) -> OutputToken {
        let chosen = self.tokens.get(output.output).copied().flatten();
        OutputToken { id: chosen.unwrap_or(output.id), ..output }
    }
}

impl Target for ForTokens {
    fn name(&self) -> &'static str {
        self.target.name()
    }
    fn summary(&self) -> &'static str {
        self.target.summary()
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        let token = self.token(output);
        if i64::from(token.id) >= logits.size()[1] {
            let range = "a token number below the vocabulary's size";
            return Err(Error::Parameter { name: "the chosen token", value: token.id.to_string(), range });
        }
        self.target.value(logits, token)
    }
    fn bound_to(&self, clean: &CleanRun<'_>) -> Result<Option<Box<dyn Target>>, Error> {
        let outputs = clean.outputs().iter().map(|output| self.token(*output)).collect();
        let Some(target) = self.target.bound_to(&clean.with_outputs(outputs))? else { return Ok(None) };
        Ok(Some(Box::new(Self { target, tokens: self.tokens.clone() })))
    }
    fn logit_weights(&self, output: OutputToken) -> Result<Option<Vec<(TokenId, f64)>>, Error> {
        self.target.logit_weights(self.token(output))
    }
    fn against(&self, alternatives: Alternatives) -> Option<Box<dyn Target>> {
        let target = self.target.against(alternatives)?;
        Some(Box::new(Self { target, tokens: self.tokens.clone() }))
    }
    fn without(&self, ranges: Vec<Range<usize>>) -> Option<Box<dyn Target>> {
        let target = self.target.without(ranges)?;
        Some(Box::new(Self { target, tokens: self.tokens.clone() }))
    }
    fn explained(&self, output: OutputToken) -> Explained {
        let chosen = self.token(output);
        let token = self.target.asks_for_a_token().then_some(chosen.id).filter(|id| *id != output.id);
        Explained { token, ..self.target.explained(chosen) }
    }
    fn note(&self, output: OutputToken) -> Option<String> {
        self.target.note(self.token(output))
    }
    fn asks_for_a_token(&self) -> bool {
        self.target.asks_for_a_token()
    }
    fn describe(&self) -> saliency_schema::Target {
        let mut target = self.target.describe();
        if !self.target.asks_for_a_token() {
            return target;
        }
        target.parameters.insert("token_ids_by_output".to_owned(), self.tokens.clone().into());
        target
    }
}
