//! The tokenizer that a GGUF file's metadata stand for: the `tokenizer.json` that it was made from.

mod merges;
mod pre_tokenizer;

use crate::error::Error;
use crate::gguf::{GgufFile, at};
use crate::tokenizer::Tokenizer;
use crate::tokenizer::form::Form;
use crate::tokenizer::gguf::merges::{by_scores, pairs};
use crate::tokenizer::gguf::pre_tokenizer::PreTokenizer;
use crate::tokenizer::settings::Settings;
use saliency_gguf::Error as GgufError;
use saliency_gguf::Metadata;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What `tokenizer.ggml.token_type` says of a token.
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

impl Tokenizer {
    /// Reads the tokenizer of a GGUF file alone.
    ///
    /// # Errors
    /// A file that is not GGUF, or a tokenizer in it that is not read.
    pub fn open_gguf(path: &Path) -> Result<Self, Error> {
        Self::from_gguf(GgufFile::open(path)?.gguf.metadata(), path)
    }

    /// Reads the tokenizer of a GGUF file. `path` is only named in errors.
    pub(crate) fn from_gguf(metadata: &Metadata, path: &Path) -> Result<Self, Error> {
        let vocabulary = Vocabulary::read(metadata).map_err(|source| at(path, source))?;
        let settings = vocabulary.settings(metadata).map_err(|source| at(path, source))?;
        let json = vocabulary.tokenizer_json(metadata).map_err(|source| at(path, source))?;
        let Form { bpe, alphabet } = Form::read(&json, path)?;
        let mut tokenizer = Self::new(bpe, alphabet, settings);
        if vocabulary.splits_by_guess(metadata) {
            tokenizer.remarks.push(
                "the file does not say how its tokenizer splits a text (tokenizer.ggml.pre), and GPT-2's pattern is \
                 used; convert the model again if its texts come out wrong"
                    .to_owned(),
            );
        }
        Ok(tokenizer)
    }
}

/// The tokens, and what is known of each.
struct Vocabulary<'a> {
    /// SentencePiece's model, not GPT-2's.
    pieces: bool,
    tokens: Vec<&'a str>,
    types: Vec<i32>,
    /// The tokens that begin, end, … a text, by the name that `tokenizer_config.json` has for them.
    named: BTreeMap<&'static str, usize>,
}

impl<'a> Vocabulary<'a> {
    fn read(metadata: &'a Metadata) -> Result<Self, GgufError> {
        let pieces = match metadata.string("tokenizer.ggml.model")? {
            "gpt2" => false,
            "llama" => true,
            other => {
                let why = "byte-level BPE (gpt2) and SentencePiece's BPE (llama) are read";
                return Err(refused("model", format!("{other:?}"), why));
            }
        };
        let tokens = metadata.strings("tokenizer.ggml.tokens")?;
        let types = metadata.optional_i32s("tokenizer.ggml.token_type")?;
        let types = types.unwrap_or_else(|| vec![1; tokens.len()]);
        if types.len() != tokens.len() {
            return Err(lengths("token_type", types.len(), tokens.len()));
        }
        // What llama.cpp takes where nothing is said.
        let names = [
            ("bos_token", "bos_token_id", pieces.then_some(1)),
            ("eos_token", "eos_token_id", pieces.then_some(2)),
            ("unk_token", "unknown_token_id", pieces.then_some(0)),
            ("pad_token", "padding_token_id", None),
        ];
        let mut named = BTreeMap::new();
        for (name, key, default) in names {
            let said = metadata.optional_u64(&format!("tokenizer.ggml.{key}"))?;
            let Some(id) = said.or(default.filter(|id| (*id as usize) < tokens.len())) else { continue };
            let id = usize::try_from(id).unwrap_or(usize::MAX);
            if id >= tokens.len() {
                let why = format!("the file has {} tokens; convert the model again", tokens.len());
                return Err(refused(key, id.to_string(), &why));
            }
            named.insert(name, id);
        }
        Ok(Self { pieces, tokens, types, named })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.named.get(name).map(|&id| self.tokens[id])
    }

    /// What `tokenizer_config.json` would say.
    fn settings(&self, metadata: &Metadata) -> Result<Settings, GgufError> {
        let template = metadata.optional_string("tokenizer.chat_template")?;
        let mut settings = Settings::of(self.text("bos_token"), self.text("eos_token"));
        settings.chat_template = template.map(|template| template.to_owned().into());
        Ok(settings)
    }

    /// Whether the file leaves out how a text is split, and its architecture does not say either.
    fn splits_by_guess(&self, metadata: &Metadata) -> bool {
        let says = |key: &str| metadata.optional_string(key).ok().flatten();
        let pre = says("tokenizer.ggml.pre").unwrap_or("default");
        !self.pieces && pre == "default" && says("general.architecture") != Some("gpt2")
    }

    /// The file that the metadata were made from, but for what changes no token.
    fn tokenizer_json(&self, metadata: &Metadata) -> Result<Vec<u8>, GgufError> {
        // Tokens of the same text: the first counts.
        let mut vocab: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, (token, token_type)) in self.tokens.iter().zip(&self.types).enumerate() {
            // What fills the vocabulary up to the embeddings' rows.
            if *token_type != UNUSED {
                vocab.entry(token).or_insert(id);
            }
        }
        let steps = if self.pieces { self.as_pieces(metadata, &vocab)? } else { self.byte_level(metadata)? };
        let mut json = steps.json;
        json["added_tokens"] = self.added().into();
        json["post_processor"] = self.post_processor(metadata, steps.begins)?;
        json["model"]["type"] = "BPE".into();
        json["model"]["vocab"] = json!(vocab);
        json["model"]["merges"] = json!(steps.merges);
        // A `Value` is always JSON.
        Ok(json.to_string().into_bytes())
    }

    /// As GPT-2's.
    fn byte_level(&self, metadata: &'a Metadata) -> Result<Steps<'a>, GgufError> {
        let pre = metadata.optional_string("tokenizer.ggml.pre")?.unwrap_or("default");
        let pre = PreTokenizer::named(pre).ok_or_else(|| {
            refused("pre", format!("{pre:?}"), &format!("{} are read", PreTokenizer::names()))
        })?;
        let json = json!({
            "normalizer": pre.normalizer(),
            "pre_tokenizer": pre.steps(),
            "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            "model": {"ignore_merges": pre.ignores_merges()},
        });
        let merges = pairs(metadata.strings("tokenizer.ggml.merges")?);
        let merges = merges.map_err(|merge| {
            refused("merges", format!("{merge:?}"), "a merge is of two tokens; convert the model again")
        })?;
        Ok(Steps { json, merges, begins: pre.begins_texts() })
    }

    /// As `SentencePiece`'s: a space before a text and after special tokens, and merges in the order of the scores.
    fn as_pieces(
        &self,
        metadata: &'a Metadata,
        vocab: &BTreeMap<&'a str, usize>,
    ) -> Result<Steps<'a>, GgufError> {
        let scores = metadata.f32s("tokenizer.ggml.scores")?;
        if scores.len() != self.tokens.len() {
            return Err(lengths("scores", scores.len(), self.tokens.len()));
        }
        let prefix = metadata.optional_bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
        let mut normalizers = vec![json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})];
        if prefix {
            normalizers.insert(0, json!({"type": "Prepend", "prepend": "▁"}));
        }
        let json = json!({
            "normalizer": {"type": "Sequence", "normalizers": normalizers},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ]},
            "model": {"unk_token": self.text("unk_token"), "fuse_unk": true, "byte_fallback": true},
        });
        let words = self.tokens.iter().zip(&self.types).zip(&scores);
        let words = words.filter(|((_, token_type), _)| matches!(**token_type, 1 | USER_DEFINED));
        let merges = by_scores(words.map(|((token, _), score)| (*token, *score)), vocab);
        Ok(Steps { json, merges, begins: true })
    }

    /// The tokens that are found in a text before anything else.
    fn added(&self) -> Vec<Value> {
        let token = |(id, (content, token_type)): (usize, (&&str, &i32))| {
            let special =
                matches!(*token_type, UNKNOWN | CONTROL) || self.named.values().any(|&named| named == id);
            let added = special || *token_type == USER_DEFINED;
            (added && !content.is_empty()).then(|| {
                json!({
                    "id": id, "content": content, "special": special, "normalized": false,
                    "single_word": false, "lstrip": false, "rstrip": false,
                })
            })
        };
        self.tokens.iter().zip(&self.types).enumerate().filter_map(token).collect()
    }

    /// The tokens around a text. `begins`: whether one comes before it where nothing is said.
    fn post_processor(&self, metadata: &Metadata, begins: bool) -> Result<Value, GgufError> {
        let asked = |key: &str| metadata.optional_bool(&format!("tokenizer.ggml.{key}"));
        let before = asked("add_bos_token")?.unwrap_or(begins).then(|| self.named.get("bos_token")).flatten();
        let after = asked("add_eos_token")?.unwrap_or(false).then(|| self.named.get("eos_token")).flatten();
        if before.is_none() && after.is_none() {
            return Ok(Value::Null);
        }
        let around =
            |id: Option<&usize>| id.map(|&id| json!({"SpecialToken": {"id": self.tokens[id], "type_id": 0}}));
        let text = json!({"Sequence": {"id": "A", "type_id": 0}});
        let single: Vec<Value> = [around(before), Some(text), around(after)].into_iter().flatten().collect();
        let special = |&id: &usize| {
            (self.tokens[id], json!({"id": self.tokens[id], "ids": [id], "tokens": [self.tokens[id]]}))
        };
        let special: BTreeMap<&str, Value> = before.into_iter().chain(after).map(special).collect();
        let pair = json!([{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]);
        Ok(json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": special}))
    }
}

/// What the two models differ in.
struct Steps<'a> {
    json: Value,
    merges: Vec<(&'a str, &'a str)>,
    begins: bool,
}

fn refused(key: &str, value: String, why: &str) -> GgufError {
    GgufError::Value { key: format!("tokenizer.ggml.{key}"), value, why: why.to_owned() }
}

fn lengths(key: &str, found: usize, tokens: usize) -> GgufError {
    let why = format!("there are {tokens} tokens, and one is needed for each; convert the model again");
    refused(key, format!("a list of {found}"), &why)
}
