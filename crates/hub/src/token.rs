//! The access token. It is never shown.

use crate::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the token comes from. It is optional, so nothing is read or refused before a request is made.
#[derive(Debug, Clone)]
pub(crate) enum TokenSource {
    /// There is no token.
    None,
    /// The token itself.
    Given(Token),
    /// The value given at this place can't be a token.
    Invalid { place: String },
    /// A file, which need not exist.
    File(PathBuf),
}

impl TokenSource {
    /// The token to send, and why a token's file could not be read. The latter is no error by itself: the file may be
    /// there by chance, and most models need no token.
    pub(crate) fn read(&self) -> Result<(Option<Token>, Option<Error>), Error> {
        match self {
            Self::None => Ok((None, None)),
            Self::Given(token) => Ok((Some(token.clone()), None)),
            Self::Invalid { place } => Err(Error::Token { place: place.clone() }),
            Self::File(path) => Ok(match read_file(path) {
                Ok(token) => (token, None),
                Err(error) => (None, Some(error)),
            }),
        }
    }
}

fn read_file(file: &Path) -> Result<Option<Token>, Error> {
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
    /// The token without the white space around it; `None` if nothing is left.
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

    /// The value of the header `Authorization`.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
