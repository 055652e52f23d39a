//! What makes a record consistent, and how much of one is read.

use crate::error::Error;
use crate::record::Record;
use crate::token::Kind;
use crate::{FORMAT, VERSION};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How much is read at the most. A reader refuses what is larger, with an error that names the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caps {
    /// Bytes of the whole input.
    pub bytes: usize,
    /// Tokens in one record.
    pub tokens: usize,
    /// Bytes of one token's text.
    pub token_text: usize,
    /// Attribution values in one record.
    pub values: usize,
    /// Interactions in one record.
    pub interactions: usize,
    /// Replacements in one record.
    pub replacements: usize,
    /// Numbers in one output's ledger.
    pub ledger: usize,
    /// Bytes of JSON that describe a method or a target, parameters included.
    pub parameters: usize,
    /// Entries of all lists and objects of a document of scores together.
    pub entries: usize,
}

impl Caps {
    /// The caps that [`read`](fn@crate::read) keeps to: 1 GiB, 1,000,000 tokens of at most 1 MiB, 100,000,000 values,
    /// 10,000,000 interactions and as many replacements, 1,000,000 numbers in an output's ledger, and 1 MiB of JSON for
    /// the method and for the target; of scores 50,000,000 entries.
    pub const DEFAULT: Self = Self {
        bytes: 1 << 30,
        tokens: 1_000_000,
        token_text: 1 << 20,
        values: 100_000_000,
        interactions: 10_000_000,
        replacements: 10_000_000,
        ledger: 1_000_000,
        parameters: 1 << 20,
        entries: 50_000_000,
    };

    /// Whether a method's or a target's description is small enough to read.
    pub(crate) fn check_parameters(self, place: &str, bytes: usize) -> Result<(), Error> {
        if bytes <= self.parameters {
            return Ok(());
        }
        Err(Error::Cap { place: place.to_owned(), what: "bytes", found: bytes, cap: self.parameters })
    }
}

impl Record {
    /// Checks that the record's parts fit each other.
    ///
    /// # Errors
    /// The first inconsistency, with its place.
    pub fn check(&self) -> Result<(), Error> {
        if self.format() != FORMAT {
            return Err(Error::Format { found: self.format().to_owned() });
        }
        if self.version() == 0 || self.version() > VERSION {
            return Err(Error::Version { found: u64::from(self.version()), newest: VERSION });
        }
        self.check_tokens()?;
        self.check_source()?;
        self.check_rows()?;
        self.check_interactions()?;
        self.check_replacements()?;
        self.check_outputs()?;
        self.check_regrouped()?;
        self.check_excerpt()?;
        self.check_parts()?;
        check_parameters("method", self.method.as_ref())?;
        check_parameters("target", self.target.as_ref())
    }

    fn check_tokens(&self) -> Result<(), Error> {
        let caps = Caps::DEFAULT;
        if self.tokens.is_empty() {
            return Err(Error::NoTokens);
        }
        if self.tokens.len() > caps.tokens {
            return Err(Error::Cap {
                place: "tokens".into(),
                what: "tokens",
                found: self.tokens.len(),
                cap: caps.tokens,
            });
        }
        let n_input = self.n_input();
        let mut reached = 0;
        for (index, token) in self.tokens.iter().enumerate() {
            if index >= n_input && token.kind == Kind::Input {
                return Err(Error::TokenOrder { index });
            }
            if token.text.len() > caps.token_text {
                let place = format!("tokens[{index}].text");
                return Err(Error::Cap {
                    place,
                    what: "bytes",
                    found: token.text.len(),
                    cap: caps.token_text,
                });
            }
            let (start, end) = match (token.start, token.end) {
                (None, None) => continue,
                (Some(start), Some(end)) => (start, end),
                (start, end) => {
                    let (start, end) = (start.unwrap_or(0), end.unwrap_or(0));
                    return Err(Error::Span {
                        index,
                        start,
                        end,
                        why: "one of `start` and `end` is missing",
                    });
                }
            };
            if end < start {
                return Err(Error::Span { index, start, end, why: "`end` lies before `start`" });
            }
            if start < reached {
                return Err(Error::Span {
                    index,
                    start,
                    end,
                    why: "it begins before the token before it ends",
                });
            }
            reached = end;
        }
        Ok(())
    }

    fn check_rows(&self) -> Result<(), Error> {
        let (n_input, n_output) = (self.n_input(), self.n_output());
        if self.attributions.len() != n_output {
            return Err(Error::Rows { rows: self.attributions.len(), outputs: n_output });
        }
        for (row, values) in self.attributions.iter().enumerate() {
            if values.len() != n_input + row {
                return Err(Error::RowLength { row, found: values.len(), expected: n_input + row });
            }
        }
        if !self.standard_errors.is_empty() {
            let lengths = |rows: &[Vec<Option<f64>>]| rows.iter().map(Vec::len).collect::<Vec<_>>();
            if lengths(&self.standard_errors) != lengths(&self.attributions) {
                let rows = self.standard_errors.iter().zip(&self.attributions);
                let row = rows.take_while(|(errors, values)| errors.len() == values.len()).count();
                return Err(Error::StandardErrors { row });
            }
        }
        let found = self.attributions.iter().map(Vec::len).sum();
        let cap = Caps::DEFAULT.values;
        if found > cap {
            return Err(Error::Cap { place: "attributions".into(), what: "values", found, cap });
        }
        Ok(())
    }

    fn check_outputs(&self) -> Result<(), Error> {
        if !self.outputs.is_empty() && self.outputs.len() != self.attributions.len() {
            return Err(Error::Outputs { found: self.outputs.len(), expected: self.attributions.len() });
        }
        let n_input = self.n_input();
        for (index, output) in self.outputs.iter().enumerate() {
            if output.token != n_input + index {
                return Err(Error::OutputToken { index, found: output.token, expected: n_input + index });
            }
            if let Some(ledger) = &output.ledger {
                ledger.check(&|| format!("outputs[{index}].ledger"))?;
            }
            let (found, cap) = (output.by_layer.len(), Caps::DEFAULT.ledger);
            if found > cap {
                let place = format!("outputs[{index}].by_layer");
                return Err(Error::Cap { place, what: "numbers", found, cap });
            }
            if let Some(vectors) = &output.vectors {
                vectors.check(n_input + index, &|| format!("outputs[{index}].vectors"))?;
            }
            let Some(explained) = &output.explained else { continue };
            let texts = explained.token.iter().chain(&explained.alternatives).map(|token| &token.text);
            let longest = texts.map(String::len).max().unwrap_or(0);
            if longest > Caps::DEFAULT.token_text {
                let place = format!("outputs[{index}].explained");
                let cap = Caps::DEFAULT.token_text;
                return Err(Error::Cap { place, what: "bytes", found: longest, cap });
            }
            let without = explained.without.as_ref();
            if let Some(without) = without {
                let pairs = without.tokens.chunks_exact(2);
                // Of an excerpt, the whole record's positions.
                let n_input = self.excerpt.as_ref().map_or(n_input, |excerpt| excerpt.of);
                let fits = |pair: &[usize]| pair[0] < pair[1] && pair[1] <= n_input;
                if without.tokens.is_empty() || !pairs.remainder().is_empty() || !pairs.clone().all(fits) {
                    return Err(Error::Without { index, n_input });
                }
            }
        }
        Ok(())
    }

    fn check_regrouped(&self) -> Result<(), Error> {
        let Some(regrouped) = &self.regrouped else { return Ok(()) };
        let (found, expected) = (regrouped.members.len(), self.tokens.len());
        if found != expected {
            return Err(Error::Members { found, expected });
        }
        match regrouped.members.iter().position(|&members| members == 0) {
            Some(index) => Err(Error::NoMembers { index }),
            None => Ok(()),
        }
    }
}

/// Checks that free parameters come back as they are: a key could repeat a field's name, or nest too deep.
pub(crate) fn check_parameters<T>(place: &'static str, part: Option<&T>) -> Result<(), Error>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let Some(part) = part else { return Ok(()) };
    // In a list, which nests as deep as a record does.
    let json = serde_json::to_vec(&(part,)).map_err(Error::Write)?;
    Caps::DEFAULT.check_parameters(place, json.len() - "[]".len())?;
    match serde_json::from_slice::<(T,)>(&json) {
        Ok((again,)) if again == *part => Ok(()),
        _ => Err(Error::Parameters { place }),
    }
}
