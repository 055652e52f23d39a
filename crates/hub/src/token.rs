//! The token that says who asks. It is never shown.

use crate::Error;
use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// A token without the white space around it; none if nothing is left.
    pub(crate) fn parse(given: &str, place: &str) -> Result<Option<Self>, Error> {
        let token = given.trim();
        if token.is_empty() {
            return Ok(None);
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Token { place: place.to_owned() });
        }
        Ok(Some(Self(token.to_owned())))
    }

    /// What the header `Authorization` holds.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
