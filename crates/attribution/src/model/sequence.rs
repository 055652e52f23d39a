//! A text and its continuation, as tokens.

use crate::error::Error;
use crate::model::TokenId;
use crate::target::explained::TokenTexts;
use saliency_schema::{Kind, Named, Prompt, Token};
use std::sync::Arc;

/// Input tokens and the output tokens that follow them, generated or forced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    tokens: Vec<Token>,
    ids: Vec<TokenId>,
    n_input: usize,
    prompt: Option<Prompt>,
    texts: Option<TokenTexts>,
    notes: Vec<String>,
}

impl Sequence {
    /// Inputs and outputs in one row. The tokens' kinds are set to match.
    ///
    /// # Errors
    /// [`Error::NoInput`] when there is no input token.
    pub fn new(inputs: Vec<Token>, outputs: Vec<Token>) -> Result<Self, Error> {
        if inputs.is_empty() {
            return Err(Error::NoInput);
        }
        let n_input = inputs.len();
        let inputs = inputs.into_iter().map(|t| t.with_kind(Kind::Input));
        let outputs = outputs.into_iter().map(|t| t.with_kind(Kind::Output));
        let tokens: Vec<_> = inputs.chain(outputs).collect();
        let ids = tokens.iter().map(|t| t.id).collect();
        Ok(Self { tokens, ids, n_input, prompt: None, texts: None, notes: Vec::new() })
    }

    /// Sets how the input came to be, for the record.
    #[must_use]
    pub fn with_prompt(mut self, prompt: Prompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Sets the bytes of each token of the vocabulary, so that a record can name tokens that are not in the sequence: a
    /// runner-up, or a chosen token. Without it they are named by their ids.
    #[must_use]
    pub fn with_texts(mut self, bytes: impl Fn(TokenId) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.texts = Some(TokenTexts(Arc::new(bytes)));
        self
    }

    /// Any token of the vocabulary with its text, or with its id where the text is not known.
    pub(crate) fn named(&self, id: TokenId) -> Named {
        if let Some(texts) = &self.texts {
            return Named::from(&Token::from_bytes(id, (texts.0)(id), Kind::Output));
        }
        match self.tokens.iter().find(|token| token.id == id) {
            Some(token) => Named::from(token),
            None => Named::new(id, format!("token {id}")),
        }
    }

    /// How the input came to be, where it is known.
    pub fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// Adds notes for the readers of its records.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Notes for the readers of its records, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A sequence of bare ids, for models without a tokenizer. Each token's text is its id.
    ///
    /// # Errors
    /// [`Error::NoInput`] when there is no input token.
    pub fn from_ids(inputs: &[TokenId], outputs: &[TokenId]) -> Result<Self, Error> {
        let tokens =
            |ids: &[TokenId], kind| ids.iter().map(|&id| Token::new(id, format!(" {id}"), kind)).collect();
        let sequence = Self::new(tokens(inputs, Kind::Input), tokens(outputs, Kind::Output))?;
        Ok(sequence.with_texts(|id| format!(" {id}").into_bytes()))
    }

    /// All tokens, inputs first.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// All token ids, inputs first.
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// The number of input tokens.
    pub fn n_input(&self) -> usize {
        self.n_input
    }

    /// The number of output tokens.
    pub fn n_output(&self) -> usize {
        self.ids.len() - self.n_input
    }

    /// The same with the first outputs only.
    pub(crate) fn cut(&self, n_output: usize) -> Self {
        let length = self.n_input + n_output.min(self.n_output());
        Self {
            tokens: self.tokens[..length].to_vec(),
            ids: self.ids[..length].to_vec(),
            n_input: self.n_input,
            prompt: self.prompt.clone(),
            texts: self.texts.clone(),
            notes: self.notes.clone(),
        }
    }

    /// The same with other tokens in the inputs' places: for each place, the place of the input that it takes. Tokens
    /// have no offsets then, since the text is another one.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let inputs = order.iter().map(|place| &self.tokens[*place]);
        let mut tokens: Vec<Token> = inputs.chain(&self.tokens[order.len()..]).cloned().collect();
        for token in &mut tokens {
            (token.start, token.end) = (None, None);
        }
        let ids = tokens.iter().map(|token| token.id).collect();
        Self { tokens, ids, ..self.clone() }
    }

    /// The text of the whole sequence: the tokens' texts joined, with split characters put together.
    pub fn text(&self) -> String {
        let mut bytes = Vec::new();
        for token in &self.tokens {
            bytes.extend_from_slice(token.exact_bytes());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
