//! How the input text came to be: what a template put where, and which tokens that is.

use crate::borders::Borders;
use crate::error::Error;
use crate::object;
use crate::record::Record;
use crate::token::{Kind, Token};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How the input text came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Prompt {
    /// Whether the first token was put before the text as the one that begins a text.
    pub bos: bool,
    /// What the text was put into: `chat` for the model's own template, or the template itself; missing where it stands
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Where the text that was given begins and ends among the bytes of the whole text; missing where a template
    /// changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<[usize; 2]>,
    /// Named parts of the whole text, in order and apart: what a chat template or a task put where. Empty where they
    /// are not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub parts: Vec<Part>,
}

/// A named part of the input text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Part {
    /// What it is: `system` and `user` for what was given, `template` for what was put around it, or any other name.
    /// Several parts may have one name.
    pub name: String,
    /// Its first byte in the whole text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

impl Part {
    /// A part of the text between two bytes.
    pub fn new(name: impl Into<String>, bytes: Range<usize>) -> Self {
        Self { name: name.into(), start: bytes.start, end: bytes.end }
    }
}

impl Prompt {
    /// A text that stands alone. `bos`: whether the first token was put before it as the one that begins a text.
    pub fn new(bos: bool) -> Self {
        Self { bos, template: None, text: None, parts: Vec::new() }
    }

    /// What the text was put into: `chat`, or the template itself.
    #[must_use]
    pub fn with_template(self, template: impl Into<String>) -> Self {
        Self { template: Some(template.into()), ..self }
    }

    /// Where the text that was given lies among the bytes of the whole text.
    #[must_use]
    pub fn with_text(self, bytes: Range<usize>) -> Self {
        Self { text: Some([bytes.start, bytes.end]), ..self }
    }

    /// The named parts of the whole text, in order and apart.
    #[must_use]
    pub fn with_parts(self, parts: Vec<Part>) -> Self {
        Self { parts, ..self }
    }

    /// The parts that hold tokens, with the positions of those. A token belongs to the part in which its first
    /// character that is no white space lies; one of white space alone, to the part in which it begins. Tokens without
    /// an offset belong to none, and so do outputs.
    pub fn places(&self, tokens: &[Token]) -> Vec<(&Part, Range<usize>)> {
        let mut places: Vec<(&Part, Range<usize>)> = Vec::new();
        for (position, token) in tokens.iter().enumerate().take_while(|(_, token)| token.kind == Kind::Input)
        {
            let Some(byte) = token.visible_byte() else { continue };
            let Some(part) = self.parts.iter().find(|part| (part.start..part.end).contains(&byte)) else {
                continue;
            };
            match places.last_mut() {
                Some((last, range)) if std::ptr::eq(*last, part) && range.end == position => range.end += 1,
                _ => places.push((part, position..position + 1)),
            }
        }
        places
    }

    /// The parts of a name, as positions of the tokens that they hold, with [`places`](Self::places)' rule.
    ///
    /// # Errors
    /// A prompt without parts, or without one of that name.
    pub fn places_of(&self, name: &str, tokens: &[Token]) -> Result<Vec<Range<usize>>, Error> {
        let prompt = with_parts(Some(self))?;
        let mut known: Vec<&str> = Vec::new();
        for part in &prompt.parts {
            if !known.contains(&&*part.name) {
                known.push(&part.name);
            }
        }
        if !known.contains(&name) {
            return Err(Error::Unknown { what: "part", name: name.to_owned(), known: known.join(", ") });
        }
        let places = prompt.places(tokens).into_iter();
        Ok(places.filter(|(part, _)| part.name == name).map(|(_, range)| range).collect())
    }
}

/// The prompt, where it has parts.
pub(crate) fn with_parts(prompt: Option<&Prompt>) -> Result<&Prompt, Error> {
    prompt.filter(|prompt| !prompt.parts.is_empty()).ok_or(Error::NoParts)
}

impl Token {
    /// The byte of the whole text at which its first character begins that is no white space; where it begins, if it
    /// has none.
    pub(crate) fn visible_byte(&self) -> Option<usize> {
        let white = self.text.len() - self.text.trim_start().len();
        self.start.map(|start| start + if white < self.text.len() { white } else { 0 })
    }
}

impl Record {
    /// The parts of a name, as positions of the tokens that they hold.
    ///
    /// # Errors
    /// A record whose prompt has no parts, or none of that name.
    pub fn places_of(&self, name: &str) -> Result<Vec<Range<usize>>, Error> {
        let given = &self.tokens[..Borders::of(self).given()];
        with_parts(self.prompt.as_ref())?.places_of(name, given)
    }

    pub(crate) fn check_parts(&self) -> Result<(), Error> {
        let mut reached = 0;
        for (index, part) in self.prompt.iter().flat_map(|prompt| &prompt.parts).enumerate() {
            let Part { start, end, .. } = *part;
            let why = if end < start {
                "`end` lies before `start`"
            } else if start < reached {
                "it begins before the part before it ends"
            } else {
                reached = end;
                continue;
            };
            return Err(Error::Part { index, start, end, why });
        }
        Ok(())
    }
}
