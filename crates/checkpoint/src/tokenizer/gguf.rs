//! The tokenizer that a GGUF file's metadata stand for: the `tokenizer.json` that it was made from.

mod merges;
mod pre_tokenizer;

use crate::error::Error;
use crate::gguf::{GgufFile, at};
use crate::tokenizer::Tokenizer;
use crate::tokenizer::alphabet::Alphabet;
use crate::tokenizer::form::Form;
use crate::tokenizer::gguf::merges::{by_scores, pairs};
use crate::tokenizer::gguf::pre_tokenizer::PreTokenizer;
use crate::tokenizer::settings::Settings;
use saliency_attribution::TokenId;
use saliency_gguf::Error as GgufError;
use saliency_gguf::Metadata;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use tokenizers::models::bpe::{BPE, BpeBuilder, Vocab};
use tokenizers::{AddedToken, Tokenizer as Bpe};

/// What `tokenizer.ggml.token_type` says of a token.
const NORMAL: i32 = 1;
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
        let steps = vocabulary.steps(metadata).map_err(|source| at(path, source))?;
        let form = vocabulary.form(steps);
        let mut tokenizer =
            Self::new(form.map_err(|source| Error::Tokenizer { path: path.to_owned(), source })?, settings);
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
    /// `SentencePiece`'s model, not GPT-2's.
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
        let types = types.unwrap_or_else(|| vec![NORMAL; tokens.len()]);
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

    /// What is done to a text, as `tokenizer.json` writes it, and the model without its vocabulary.
    fn steps(&self, metadata: &'a Metadata) -> Result<Steps<'a>, GgufError> {
        let mut steps = if self.pieces { self.as_pieces(metadata)? } else { Self::byte_level(metadata)? };
        steps.json["post_processor"] = self.post_processor(metadata, steps.begins)?;
        steps.json["model"] = json!({"type": "BPE", "vocab": {}, "merges": []});
        Ok(steps)
    }

    /// The numbers of the tokens that texts may have; of two with one text, the first counts.
    fn numbers(&self) -> HashMap<&'a str, TokenId> {
        let mut numbers = HashMap::with_capacity(self.tokens.len());
        for ((token, token_type), id) in self.tokens.iter().zip(&self.types).zip(0..) {
            // What fills the vocabulary up to the embeddings' rows.
            if *token_type != UNUSED {
                numbers.entry(*token).or_insert(id);
            }
        }
        numbers
    }

    /// As GPT-2's.
    fn byte_level(metadata: &'a Metadata) -> Result<Steps<'a>, GgufError> {
        let pre = metadata.optional_string("tokenizer.ggml.pre")?.unwrap_or("default");
        let pre = PreTokenizer::named(pre).ok_or_else(|| {
            refused("pre", format!("{pre:?}"), &format!("{} are read", PreTokenizer::names()))
        })?;
        let merges = pairs(metadata.strings("tokenizer.ggml.merges")?);
        let merges = merges.map_err(|merge| {
            refused("merges", format!("{merge:?}"), "a merge is of two tokens; convert the model again")
        })?;
        Ok(Steps {
            json: json!({"normalizer": pre.normalizer(), "pre_tokenizer": pre.steps()}),
            model: BPE::builder().ignore_merges(pre.ignores_merges()),
            alphabet: Alphabet::Letters,
            merges,
            begins: pre.begins_texts(),
        })
    }

    /// As `SentencePiece`'s: a space before a text and after special tokens, and merges in the order of the scores.
    fn as_pieces(&self, metadata: &'a Metadata) -> Result<Steps<'a>, GgufError> {
        let scores = metadata.f32s("tokenizer.ggml.scores")?;
        if scores.len() != self.tokens.len() {
            return Err(lengths("scores", scores.len(), self.tokens.len()));
        }
        let mut normalizers = vec![json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})];
        if metadata.optional_bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true) {
            normalizers.insert(0, json!({"type": "Prepend", "prepend": "▁"}));
        }
        let model = BPE::builder().fuse_unk(true).byte_fallback(true);
        let words = self.tokens.iter().zip(&self.types).zip(&scores);
        let words = words.filter(|((_, token_type), _)| matches!(**token_type, NORMAL | USER_DEFINED));
        Ok(Steps {
            json: json!({"normalizer": {"type": "Sequence", "normalizers": normalizers}}),
            model: match self.text("unk_token") {
                Some(unknown) => model.unk_token(unknown.to_owned()),
                None => model,
            },
            alphabet: Alphabet::Pieces { space: '▁', bytes: true },
            merges: by_scores(words.map(|((token, _), score)| (*token, *score)), &self.numbers()),
            begins: true,
        })
    }

    /// Steps and vocabulary together.
    fn form(&self, steps: Steps<'a>) -> Result<Form, tokenizers::Error> {
        let numbers = self.numbers();
        let size = numbers.values().max().map_or(0, |&id| id as usize + 1);
        let vocab: Vocab = numbers.into_iter().map(|(token, id)| (token.to_owned(), id)).collect();
        let merges =
            steps.merges.into_iter().map(|(left, right)| (left.to_owned(), right.to_owned())).collect();
        let model = steps.model.vocab_and_merges(vocab, merges).build()?;
        let mut bpe = Bpe::from_bytes(steps.json.to_string())?;
        bpe.with_model(model);
        bpe.add_tokens(self.added())?;
        Ok(Form { bpe, alphabet: steps.alphabet, size })
    }

    /// The tokens that are found in a text before anything else.
    fn added(&self) -> Vec<AddedToken> {
        let token = |(id, (content, token_type)): (usize, (&&str, &i32))| {
            let special =
                matches!(*token_type, UNKNOWN | CONTROL) || self.named.values().any(|&named| named == id);
            let added = special || *token_type == USER_DEFINED;
            (added && !content.is_empty()).then(|| AddedToken::from(*content, special).normalized(false))
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
    model: BpeBuilder,
    alphabet: Alphabet,
    merges: Vec<(&'a str, &'a str)>,
    /// Whether a token begins a text where the file does not say.
    begins: bool,
}

fn refused(key: &str, value: String, why: &str) -> GgufError {
    GgufError::Value { key: format!("tokenizer.ggml.{key}"), value, why: why.to_owned() }
}

fn lengths(key: &str, found: usize, tokens: usize) -> GgufError {
    let why = format!("there are {tokens} tokens, and one is needed for each; convert the model again");
    refused(key, format!("a list of {found}"), &why)
}
