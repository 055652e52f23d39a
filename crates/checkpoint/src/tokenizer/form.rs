//! A `tokenizer.json`: which forms of it are read, and how their vocabularies spell a text.

use crate::error::Error;
use crate::tokenizer::alphabet::Alphabet;
use saliency_attribution::TokenId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::path::Path;
use tokenizers::Tokenizer as Bpe;
use tokenizers::models::ModelWrapper;

/// A tokenizer of a form that is read.
pub(crate) struct Form {
    pub(crate) bpe: Bpe,
    pub(crate) alphabet: Alphabet,
    /// One more than the largest number of a token.
    pub(crate) size: usize,
}

/// What is looked at beforehand. At the decoder the tokenizers library panics where the JSON is not whole.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    decoder: Value,
    #[serde(default)]
    model: Option<Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    merges: Option<IgnoredAny>,
    byte_fallback: Option<bool>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

impl Form {
    /// Reads a `tokenizer.json`. `path` is only named in errors.
    pub(crate) fn read(json: &[u8], path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Tokenizer { path: path.to_owned(), source };
        let text = std::str::from_utf8(json).map_err(|error| failed(Box::new(error)))?;
        let parts: Parts = serde_json::from_str(text).map_err(|error| failed(Box::new(error)))?;
        let alphabet =
            parts.alphabet().map_err(|found| Error::TokenizerForm { path: path.to_owned(), found })?;
        let mut bpe = Bpe::from_bytes(json).map_err(failed)?;
        let last = bpe.get_vocab(true).into_iter().max_by_key(|(_, id)| *id);
        let size = last.as_ref().map_or(0, |(_, id)| *id as usize + 1);
        if let Some((text, id)) = last.filter(|(_, id)| *id > i32::MAX as TokenId) {
            return Err(Error::TokenNumber { path: path.to_owned(), text, id });
        }
        // Merges that are left out at random are for training.
        if let ModelWrapper::BPE(model) = bpe.get_model()
            && model.dropout.is_some()
        {
            let mut model = model.clone();
            model.dropout = None;
            bpe.with_model(model);
        }
        Ok(Self { bpe, alphabet, size })
    }
}

impl Parts {
    /// How the vocabulary spells a text, or what it is that is not read.
    fn alphabet(&self) -> Result<Alphabet, String> {
        let model = self.model.as_ref();
        let kind = model.and_then(|model| model.kind.as_deref());
        // Old files do not name it.
        let merges = model.is_some_and(|model| model.merges.is_some());
        if !matches!(kind, Some("BPE" | "Unigram")) && (kind.is_some() || !merges) {
            return Err(format!("a tokenizer of type {:?}", kind.unwrap_or("missing")));
        }
        let affixes = model.iter().flat_map(|model| {
            [
                ("continuing_subword_prefix", &model.continuing_subword_prefix),
                ("end_of_word_suffix", &model.end_of_word_suffix),
            ]
        });
        for (name, affix) in affixes {
            if let Some(affix) = affix.as_deref().filter(|affix| !affix.is_empty()) {
                return Err(format!("BPE with {name} {affix:?}"));
            }
        }
        let steps = [&self.normalizer, &self.pre_tokenizer, &self.decoder];
        if steps.iter().any(|step| find(step, &|step| (step["type"] == "ByteLevel").then_some(())).is_some())
        {
            return Ok(Alphabet::Letters);
        }
        let space = steps.iter().find_map(|step| find(step, &stands_for_a_space));
        let bytes = model.is_some_and(|model| model.byte_fallback == Some(true));
        let pieces = space.map(|space| Alphabet::Pieces { space, bytes });
        pieces.ok_or_else(|| {
            let kind = kind.unwrap_or("BPE");
            format!("{kind} whose tokens are neither made of bytes nor have a sign for a space")
        })
    }
}

/// The first step in a chain of steps for which there is something.
fn find<T>(step: &Value, of: &dyn Fn(&Value) -> Option<T>) -> Option<T> {
    let inner =
        ["normalizers", "pretokenizers", "decoders"].into_iter().filter_map(|name| step[name].as_array());
    of(step).or_else(|| inner.flatten().find_map(|step| find(step, of)))
}

/// The sign that a step puts in a space's place, or takes for one.
fn stands_for_a_space(step: &Value) -> Option<char> {
    let sign = match step["type"].as_str()? {
        "Metaspace" => step["replacement"].as_str()?,
        "Replace" => match (step["pattern"]["String"].as_str()?, step["content"].as_str()?) {
            (" ", sign) | (sign, " ") => sign,
            _ => return None,
        },
        _ => return None,
    };
    let mut characters = sign.chars();
    characters.next().filter(|_| characters.next().is_none())
}
