//! Text to tokens and back: GPT-2's byte-level BPE, with the exact bytes of every token.

use crate::Error;
use saliency_attribution::TokenId;
use saliency_schema::{Kind, Token};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use tokenizers::{AddedToken, Tokenizer as Bpe};

/// A byte-level BPE tokenizer that knows the bytes of each of its tokens.
#[derive(Debug)]
pub struct Tokenizer {
    bpe: Bpe,
    bytes: HashMap<char, u8>,
    settings: Settings,
    adds_bos: bool,
}

/// `tokenizer_config.json`, `special_tokens_map.json`, `chat_template.jinja`: what is read of them.
#[derive(Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    add_bos_token: Option<bool>,
    #[serde(default)]
    bos_token: Option<Special>,
    #[serde(default)]
    eos_token: Option<Special>,
    #[serde(default)]
    unk_token: Option<Special>,
    #[serde(default)]
    pad_token: Option<Special>,
    #[serde(default)]
    additional_special_tokens: Option<Vec<Special>>,
    #[serde(default)]
    chat_template: Option<ChatTemplate>,
}

/// A special token: its text, or an object that holds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Special {
    Text(String),
    Object { content: String },
}

/// One template, or several of which the one named `default` counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ChatTemplate {
    One(String),
    Several(Vec<Named>),
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    template: String,
}

impl Special {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Object { content: text } => text,
        }
    }
}

impl Tokenizer {
    /// Reads a checkpoint's tokenizer: `tokenizer.json`, or `vocab.json` with `merges.txt`, and beside them, where they are there,
    /// `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `chat_template.jinja`.
    ///
    /// # Errors
    /// A file that is missing or can't be used.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let mut settings: Settings = optional(folder, "tokenizer_config.json")?.unwrap_or_default();
        if let Some(map) = optional::<Settings>(folder, "special_tokens_map.json")? {
            settings.bos_token = settings.bos_token.or(map.bos_token);
            settings.eos_token = settings.eos_token.or(map.eos_token);
            settings.unk_token = settings.unk_token.or(map.unk_token);
            settings.pad_token = settings.pad_token.or(map.pad_token);
            settings.additional_special_tokens =
                settings.additional_special_tokens.or(map.additional_special_tokens);
        }
        if let Ok(template) = std::fs::read_to_string(folder.join("chat_template.jinja")) {
            settings.chat_template = Some(ChatTemplate::One(template));
        }
        let path = folder.join("tokenizer.json");
        if path.exists() {
            let json = std::fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
            return Ok(Self::new(Self::bpe_from_json(&json, &path)?, settings));
        }
        let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
        for path in [&vocab, &merges] {
            if !path.exists() {
                let repair = "a tokenizer is tokenizer.json, or vocab.json with merges.txt";
                return Err(Error::Missing { path: path.clone(), repair });
            }
        }
        let mut bpe = Self::bpe_from_pair(&vocab, &merges)?;
        let failed = |source| Error::Tokenizer { path: vocab.clone(), source };
        let special: Vec<AddedToken> = settings
            .specials()
            .map(|text| AddedToken::from(text.to_owned(), true))
            .filter(|token| bpe.token_to_id(&token.content).is_some())
            .collect();
        bpe.add_special_tokens(special).map_err(failed)?;
        if let Some(added) = optional::<BTreeMap<String, TokenId>>(folder, "added_tokens.json")? {
            let path = folder.join("added_tokens.json");
            let mut added: Vec<_> = added.into_iter().collect();
            added.sort_by_key(|(_, id)| *id);
            for (text, id) in added {
                let token =
                    AddedToken::from(text.clone(), settings.specials().any(|s| s == text)).normalized(false);
                let added =
                    if token.special { bpe.add_special_tokens([token]) } else { bpe.add_tokens([token]) };
                added.map_err(|source| Error::Tokenizer { path: path.clone(), source })?;
                let found = bpe.token_to_id(&text);
                if found != Some(id) {
                    return Err(Error::AddedToken { path, text, id, found });
                }
            }
        }
        Ok(Self::new(bpe, settings))
    }

    /// Reads a `tokenizer.json` alone. `path` is only named in errors.
    ///
    /// # Errors
    /// What the reader says.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        Ok(Self::new(Self::bpe_from_json(json, path)?, Settings::default()))
    }

    /// Reads GPT-2's own pair of files, `vocab.json` and `merges.txt`, alone.
    ///
    /// # Errors
    /// What the reader says.
    pub fn from_vocab_and_merges(vocab: &Path, merges: &Path) -> Result<Self, Error> {
        Ok(Self::new(Self::bpe_from_pair(vocab, merges)?, Settings::default()))
    }

    fn bpe_from_json(json: &[u8], path: &Path) -> Result<Bpe, Error> {
        Bpe::from_bytes(json).map_err(|source| Error::Tokenizer { path: path.to_owned(), source })
    }

    fn bpe_from_pair(vocab: &Path, merges: &Path) -> Result<Bpe, Error> {
        use tokenizers::models::bpe::BPE;
        use tokenizers::pre_tokenizers::byte_level::ByteLevel;
        let failed = |source| Error::Tokenizer { path: vocab.to_owned(), source };
        let (vocab_file, merges_file) = (vocab.to_string_lossy(), merges.to_string_lossy());
        let model = BPE::from_file(&vocab_file, &merges_file).build().map_err(failed)?;
        let mut bpe = Bpe::new(model);
        bpe.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
        bpe.with_decoder(Some(ByteLevel::default()));
        if bpe.token_to_id(END_OF_TEXT).is_some() {
            bpe.add_special_tokens([AddedToken::from(END_OF_TEXT, true)]).map_err(failed)?;
        }
        Ok(bpe)
    }

    fn new(mut bpe: Bpe, settings: Settings) -> Self {
        // Nothing is cut or filled up behind the caller's back.
        let _ = bpe.with_truncation(None);
        bpe.with_padding(None);
        let mut tokenizer = Self { bpe, bytes: byte_alphabet(), settings, adds_bos: false };
        tokenizer.adds_bos =
            tokenizer.settings.add_bos_token.unwrap_or_else(|| tokenizer.put_before().is_some());
        tokenizer
    }

    /// The token that the tokenizer's post-processor puts before a text.
    fn put_before(&self) -> Option<TokenId> {
        let with = self.bpe.encode("a", true).ok()?;
        let without = self.bpe.encode("a", false).ok()?;
        let (first, rest) = with.get_ids().split_first()?;
        rest.starts_with(without.get_ids()).then_some(*first)
    }

    /// How many tokens there are: one more than the largest number.
    pub fn size(&self) -> usize {
        self.bpe.get_vocab(true).values().max().map_or(0, |&id| id as usize + 1)
    }

    /// The token that begins a text, where the tokenizer has one: what its files name, or GPT-2's `<|endoftext|>`.
    pub fn bos(&self) -> Option<TokenId> {
        let named = self.settings.bos_token.as_ref().and_then(|token| self.bpe.token_to_id(token.text()));
        named.or_else(|| self.put_before()).or_else(|| self.bpe.token_to_id(END_OF_TEXT))
    }

    /// The token that ends a text, by the same rule.
    pub(crate) fn eos(&self) -> Option<TokenId> {
        let named = self.settings.eos_token.as_ref().and_then(|token| self.bpe.token_to_id(token.text()));
        named.or_else(|| self.bpe.token_to_id(END_OF_TEXT))
    }

    /// Whether the tokenizer's files ask for a token before every text (`add_bos_token`, or a post-processor).
    pub fn adds_bos(&self) -> bool {
        self.adds_bos
    }

    /// The chat template (Jinja), where the tokenizer's files have one.
    pub fn chat_template(&self) -> Option<&str> {
        match self.settings.chat_template.as_ref()? {
            ChatTemplate::One(template) => Some(template),
            ChatTemplate::Several(named) => {
                let default = named.iter().find(|template| template.name == "default");
                default.or(named.first()).map(|template| &*template.template)
            }
        }
    }

    /// The text of a token as the vocabulary writes it.
    pub(crate) fn text_of(&self, id: TokenId) -> Option<String> {
        self.bpe.id_to_token(id)
    }

    /// The tokens of a text. `first_byte` is where the text begins in the whole text, for the offsets.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode(&self, text: &str, kind: Kind, first_byte: usize) -> Result<Vec<Token>, Error> {
        let failed = |source| Error::Tokenizer { path: "tokenizer".into(), source };
        let encoding = self.bpe.encode(text, false).map_err(failed)?;
        let mut tokens = self.tokens(encoding.get_ids(), kind, first_byte);
        let bytes_fit = {
            let mut rest = text.as_bytes();
            encoding.get_ids().iter().all(|&id| match rest.strip_prefix(&*self.bytes_of(id)) {
                Some(after) => {
                    rest = after;
                    true
                }
                None => false,
            }) && rest.is_empty()
        };
        if !bytes_fit {
            // A tokenizer that changes the text (a normaliser, a prefix space): its own offsets.
            for (token, &(start, end)) in tokens.iter_mut().zip(encoding.get_offsets()) {
                (token.start, token.end) = (Some(first_byte + start), Some(first_byte + end));
            }
            if tokens.windows(2).any(|pair| pair[1].start < pair[0].end) {
                for token in &mut tokens {
                    (token.start, token.end) = (None, None);
                }
            }
        }
        Ok(tokens)
    }

    /// Tokens by their numbers, each with its exact bytes. `first_byte` is where the first one begins.
    pub fn tokens(&self, ids: &[TokenId], kind: Kind, first_byte: usize) -> Vec<Token> {
        let mut start = first_byte;
        let token = |&id: &TokenId| {
            let bytes = self.bytes_of(id);
            let end = start + bytes.len();
            let mut token = Token::new(id, String::from_utf8_lossy(&bytes), kind);
            (token.start, token.end) = (Some(start), Some(end));
            token.bytes = std::str::from_utf8(&bytes).is_err().then_some(bytes);
            start = end;
            token
        };
        ids.iter().map(token).collect()
    }

    /// A token's exact bytes. Empty for a number that stands for nothing.
    pub fn bytes_of(&self, id: TokenId) -> Vec<u8> {
        let Some(token) = self.bpe.id_to_token(id) else { return Vec::new() };
        let added = self.bpe.get_added_tokens_decoder().contains_key(&id);
        let bytes: Option<Vec<u8>> = token.chars().map(|c| self.bytes.get(&c).copied()).collect();
        bytes.filter(|_| !added).unwrap_or_else(|| token.into_bytes())
    }
}

impl Settings {
    /// The texts of all special tokens that are named.
    fn specials(&self) -> impl Iterator<Item = &str> {
        let named = [&self.bos_token, &self.eos_token, &self.unk_token, &self.pad_token];
        let additional = self.additional_special_tokens.iter().flatten();
        named.into_iter().flatten().chain(additional).map(Special::text)
    }
}

/// A small JSON file that need not be there.
fn optional<T: for<'a> Deserialize<'a>>(folder: &Path, name: &str) -> Result<Option<T>, Error> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path, source }),
        Ok(json) => {
            serde_json::from_slice(&json).map(Some).map_err(|source| Error::ConfigJson { path, source })
        }
    }
}

const END_OF_TEXT: &str = "<|endoftext|>";

/// Which byte each letter of GPT-2's vocabulary stands for: printable Latin-1 for itself, and the 68 others,
/// in order, for the letters from U+0100 on.
fn byte_alphabet() -> HashMap<char, u8> {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let others = (0..=255).filter(|&b| !printable(b)).zip('\u{100}'..);
    let itself = (0..=255).filter(|&b| printable(b)).map(|b| (char::from(b), b));
    itself.chain(others.map(|(b, c)| (c, b))).collect()
}
