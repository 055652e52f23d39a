//! What makes a record consistent, and how much of one is read.

use crate::{Error, FORMAT, Kind, Record, VERSION};

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
}

impl Caps {
    /// The caps that [`read`](fn@crate::read) keeps to: 1 GiB, 1,000,000 tokens of at most 1 MiB, and
    /// 100,000,000 values.
    pub const DEFAULT: Self =
        Self { bytes: 1 << 30, tokens: 1_000_000, token_text: 1 << 20, values: 100_000_000 };
}

impl Record {
    /// Checks that the record's parts fit each other.
    ///
    /// # Errors
    /// The first inconsistency, with its place.
    pub fn check(&self) -> Result<(), Error> {
        if self.format != FORMAT {
            return Err(Error::Format { found: self.format.clone() });
        }
        if self.version == 0 || self.version > VERSION {
            return Err(Error::Version { found: u64::from(self.version), newest: VERSION });
        }
        self.check_tokens()?;
        self.check_rows()?;
        self.check_outputs()
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
        }
        Ok(())
    }
}
