//! The notebook's own JSON: `{tokens: [{token, token_id, type, value, position}], attributions}`.

use crate::error::Error;
use crate::record::Record;
use crate::token::{Kind, Token};
use crate::{number, object};
use serde::{Deserialize, Serialize};

/// A run as the notebook's page reads it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NotebookRun {
    #[serde(deserialize_with = "object::list")]
    tokens: Vec<NotebookToken>,
    #[serde(with = "number::rows")]
    attributions: Vec<Vec<Option<f64>>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct NotebookToken {
    token: String,
    token_id: u32,
    #[serde(rename = "type")]
    kind: Kind,
    /// The first output's attribution of this token, as the notebook printed it.
    #[serde(default)]
    value: Option<String>,
    position: usize,
}

impl NotebookRun {
    /// The record that holds the same. Nothing but the tokens and the rows is known of it.
    pub(crate) fn into_record(self) -> Result<Record, Error> {
        if let Some((index, token)) = self.tokens.iter().enumerate().find(|(i, t)| t.position != *i) {
            return Err(Error::Position { index, found: token.position });
        }
        let tokens = self
            .tokens
            .into_iter()
            .map(|t| Token { value: t.value, ..Token::new(t.token_id, t.token, t.kind) });
        Record::new(tokens.collect(), self.attributions)
    }

    /// The run that the notebook's page can show.
    pub(crate) fn from_record(record: &Record) -> Result<Self, Error> {
        record.check()?;
        for (row, values) in record.attributions.iter().enumerate() {
            if let Some(column) = values.iter().position(|x| !x.is_some_and(f64::is_finite)) {
                return Err(Error::NotebookValue { row, column });
            }
        }
        let tokens = record.tokens.iter().enumerate().map(|(position, token)| NotebookToken {
            token: token.text.clone(),
            token_id: token.id,
            kind: token.kind,
            value: Some(token.value.clone().unwrap_or_else(|| first_value(record, position))),
            position,
        });
        Ok(Self { tokens: tokens.collect(), attributions: record.attributions.clone() })
    }
}

/// The first output's attribution of a token in the notebook's eight significant digits; `0` for an output.
fn first_value(record: &Record, position: usize) -> String {
    match record.attributions.first().and_then(|row| row.get(position)) {
        Some(Some(x)) => (*x as f32).to_string(),
        _ => "0".to_owned(),
    }
}
