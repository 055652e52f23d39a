//! The source of an encoder–decoder's record: which tokens its encoder read, and where its decoder begins.

use crate::error::Error;
use crate::record::Record;
use crate::token::Token;

impl Record {
    /// The decoder's own inputs, after the source: its start token, and what it was made to begin with, if anything.
    /// Empty where there is no encoder: the inputs are the prompt then.
    pub fn prefix(&self) -> &[Token] {
        self.source.and_then(|source| self.inputs().get(source..)).unwrap_or_default()
    }

    /// The byte at which the target begins, in the text of source and target together: where the start token's span
    /// lies. `None` where there is no encoder, or the start token has no span.
    pub fn source_bytes(&self) -> Option<usize> {
        self.prefix().first()?.start
    }

    pub(crate) fn check_source(&self) -> Result<(), Error> {
        let Some(source) = self.source else { return Ok(()) };
        let n_input = self.n_input();
        if source == 0 || source >= n_input {
            return Err(Error::Source { found: source, n_input });
        }
        match self.tokens[source] {
            Token { start: Some(start), end: Some(end), .. } if start != end => {
                let why = "it is the decoder's start token, which holds no text: its span has the length 0";
                Err(Error::Span { index: source, start, end, why })
            }
            _ => Ok(()),
        }
    }
}
