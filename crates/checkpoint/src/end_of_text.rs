//! The tokens that end a text, as `config.json` and `generation_config.json` name them.

use crate::error::Error;
use crate::folder::if_there;
use saliency_attribution::TokenId;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;

/// The end-of-text token: one number, or a list, any of which ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EndOfText {
    /// One token.
    One(TokenId),
    /// Several.
    Many(Vec<TokenId>),
}

impl EndOfText {
    /// The tokens' numbers.
    pub fn ids(&self) -> &[TokenId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }

    /// Reads the field `eos_token_id`, for `#[serde(deserialize_with = …)]`: "no such token" is also written -1.
    ///
    /// # Errors
    /// What is neither a token, nor a list of tokens, nor none.
    pub fn deserialize_optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Self>, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Ends(EndOfText),
            None(i64),
        }
        match Option::<Written>::deserialize(deserializer)? {
            Some(Written::Ends(ends)) => Ok(Some(ends)),
            None | Some(Written::None(-1)) => Ok(None),
            Some(Written::None(id)) => Err(serde::de::Error::custom(format!("eos_token_id is {id}"))),
        }
    }
}

/// The tokens that end a text by a folder's `generation_config.json`, where there is one.
pub(crate) fn of_folder(folder: &Path) -> Result<Option<Vec<TokenId>>, Error> {
    #[derive(Deserialize)]
    struct GenerationConfig {
        #[serde(default, deserialize_with = "EndOfText::deserialize_optional")]
        eos_token_id: Option<EndOfText>,
    }
    let path = folder.join("generation_config.json");
    let Some(json) = if_there(&path)? else { return Ok(None) };
    let read: GenerationConfig =
        serde_json::from_slice(&json).map_err(|source| Error::ConfigJson { path, source })?;
    Ok(Some(read.eos_token_id.as_ref().map_or_else(Vec::new, |ends| ends.ids().to_vec())))
}
