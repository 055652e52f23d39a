//! The token that says who asks. It is never shown.

use crate::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the token is from. It is optional, so nothing is read, and nothing is refused, before the hub is asked.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Nowhere.
    Nowhere,
    /// It was given.
    Given(Token),
    /// What was given at this place can't be one.
    Refused { place: String },
    /// A file, which need not exist.
    File(PathBuf),
}

impl Source {
    /// The token to ask with. What is wrong with a file, which may be there by chance, comes beside: most models can be had
    /// without a token.
    pub(crate) fn token(&self) -> Result<(Option<Token>, Option<Error>), Error> {
        match self {
            Self::Nowhere => Ok((None, None)),
            Self::Given(token) => Ok((Some(token.clone()), None)),
            Self::Refused { place } => Err(Error::Token { place: place.clone() }),
            Self::File(path) => Ok(match read(path) {
                Ok(token) => (token, None),
                Err(error) => (None, Some(error)),
            }),
        }
    }
}

fn read(file: &Path) -> Result<Option<Token>, Error> {
    match fs::read_to_string(file) {
        Ok(text) => Token::parse(&text, &file.display().to_string()),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            io::ErrorKind::InvalidData => Err(Error::Token { place: file.display().to_string() }),
            _ => Err(Error::reading(error, file)),
        },
    }
}

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
