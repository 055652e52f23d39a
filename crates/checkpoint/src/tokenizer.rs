//! Text to tokens and back: GPT-2's byte-level BPE, with the exact bytes of every token.

pub(crate) mod affixes;
mod gguf;
pub(crate) mod settings;

use crate::error::Error;
use crate::folder::if_there;
use crate::tokenizer::affixes::Affixes;
use crate::tokenizer::settings::{Settings, optional};
use saliency_attribution::TokenId;
use saliency_schema::{Kind, Token};
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;
use tokenizers::models::ModelWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer as Bpe};

/// A byte-level BPE tokenizer that knows the bytes of each of its tokens.
#[derive(Debug)]
pub struct Tokenizer {
    bpe: Bpe,
    /// The same, for which special tokens in a text are plain characters; made when it is first asked for.
    plain: OnceLock<Bpe>,
    bytes: HashMap<char, u8>,
    settings: Settings,
    affixes: Affixes,
}

impl Tokenizer {
    /// Reads a checkpoint's tokenizer: `tokenizer.json`, or `vocab.json` with `merges.txt`, and beside them, where they
    /// are there, `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `chat_template.jinja`.
    ///
    /// # Errors
    /// A file that is missing or can't be used.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let mut settings: Settings = optional(folder, "tokenizer_config.json")?.unwrap_or_default();
        if let Some(map) = optional::<Settings>(folder, "special_tokens_map.json")? {
            settings.fill_from(map);
        }
        let template = folder.join("chat_template.jinja");
        match std::fs::read_to_string(&template) {
            Ok(template) => settings.chat_template = Some(template.into()),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::Io { path: template, source }),
        }
        let added = optional(folder, "added_tokens.json")?;
        let path = folder.join("tokenizer.json");
        if let Some(json) = if_there(&path)? {
            let mut bpe = Self::bpe_from_json(&json, &path)?;
            if let (Some(PreTokenizerWrapper::ByteLevel(level)), Some(space)) =
                (bpe.get_pre_tokenizer(), settings.prefix_space())
            {
                let level = level.add_prefix_space(space);
                bpe.with_pre_tokenizer(Some(level));
            }
            settings.add_to(&mut bpe, added, &path)?;
            settings.name_specials(&mut bpe, &path)?;
            // The file says itself whether a token comes before every text.
            settings.add_bos_token = None;
            return Ok(Self::new(bpe, settings));
        }
        let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
        for path in [&vocab, &merges] {
            if !path.exists() {
                let repair = "a tokenizer is tokenizer.json, or vocab.json with merges.txt";
                return Err(Error::Missing { path: path.clone(), repair });
            }
        }
        let mut bpe = Self::bpe_from_pair(&vocab, &merges, settings.prefix_space().unwrap_or(false))?;
        settings.add_to(&mut bpe, added, &folder.join("added_tokens.json"))?;
        settings.name_specials(&mut bpe, &vocab)?;
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
        Ok(Self::new(Self::bpe_from_pair(vocab, merges, false)?, Settings::default()))
    }

    fn bpe_from_json(json: &[u8], path: &Path) -> Result<Bpe, Error> {
        /// The fields that are looked at beforehand. At the decoder the tokenizers library panics where the JSON is not
        /// whole.
        #[derive(Deserialize)]
        struct Parts {
            #[serde(default)]
            decoder: serde_json::Value,
            #[serde(default)]
            pre_tokenizer: serde_json::Value,
        }
        let failed = |source| Error::Tokenizer { path: path.to_owned(), source };
        let text = std::str::from_utf8(json).map_err(|error| failed(Box::new(error)))?;
        let parts: Parts = serde_json::from_str(text).map_err(|error| failed(Box::new(error)))?;
        let byte_level = |part: &serde_json::Value| part.to_string().contains("\"ByteLevel\"");
        if !byte_level(&parts.decoder) && !byte_level(&parts.pre_tokenizer) {
            return Err(Error::NotByteLevel { path: path.to_owned() });
        }
        let mut bpe = Bpe::from_bytes(json).map_err(failed)?;
        if let Some((text, id)) = bpe.get_vocab(true).into_iter().find(|(_, id)| *id > i32::MAX as TokenId) {
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
        Ok(bpe)
    }

    fn bpe_from_pair(vocab: &Path, merges: &Path, prefix_space: bool) -> Result<Bpe, Error> {
        use tokenizers::models::bpe::BPE;
        let failed = |source| Error::Tokenizer { path: vocab.to_owned(), source };
        let (vocab_file, merges_file) = (vocab.to_string_lossy(), merges.to_string_lossy());
        let model = BPE::from_file(&vocab_file, &merges_file).build().map_err(failed)?;
        let mut bpe = Bpe::new(model);
        bpe.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(prefix_space)));
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
        let affixes = Affixes::of(&bpe);
        Self { bpe, plain: OnceLock::new(), bytes: byte_alphabet(), settings, affixes }
    }

    /// What the post-processor would put around a text and is left out here, as a sentence.
    pub(crate) fn left_out(&self) -> Option<String> {
        let Affixes { before, after } = &self.affixes;
        let text =
            |ids: &[TokenId]| ids.iter().filter_map(|&id| self.text_of(id)).collect::<Vec<_>>().concat();
        if before.len() < 2 && after.is_empty() {
            return None;
        }
        Some(format!(
            "the tokenizer's post-processor puts {:?} before a text and {:?} after it; one token before it at the most is put here",
            text(before),
            text(after)
        ))
    }

    /// How many tokens there are: one more than the largest number.
    pub fn size(&self) -> usize {
        self.bpe.get_vocab(true).values().max().map_or(0, |&id| id as usize + 1)
    }

    /// The token that begins a text, where the tokenizer has one: what its files name, or GPT-2's `<|endoftext|>`.
    pub fn bos(&self) -> Option<TokenId> {
        let named = self.settings.bos_token.as_ref().and_then(|token| self.bpe.token_to_id(token.text()));
        named.or(self.affixes.before.first().copied()).or_else(|| self.bpe.token_to_id(END_OF_TEXT))
    }

    /// The token that ends a text, by the same rule.
    pub(crate) fn eos(&self) -> Option<TokenId> {
        let named = self.settings.eos_token.as_ref().and_then(|token| self.bpe.token_to_id(token.text()));
        named.or_else(|| self.bpe.token_to_id(END_OF_TEXT))
    }

    /// Whether the tokenizer's files ask for a token before every text (`add_bos_token`, or a post-processor).
    pub fn adds_bos(&self) -> bool {
        self.settings.add_bos_token.unwrap_or(self.affixes.before.len() == 1)
    }

    /// The chat template (Jinja), where the tokenizer's files have one.
    pub fn chat_template(&self) -> Option<&str> {
        Some(self.settings.chat_template.as_ref()?.text())
    }

    /// The text of a token as the vocabulary writes it.
    pub(crate) fn text_of(&self, id: TokenId) -> Option<String> {
        self.bpe.id_to_token(id)
    }

    /// The tokens of a text. `first_byte` is where the text begins in the whole text, for the offsets. A special
    /// token's text, such as `<|endoftext|>`, is read as that token; [`encode_plain`](Self::encode_plain) reads it as
    /// characters.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode(&self, text: &str, kind: Kind, first_byte: usize) -> Result<Vec<Token>, Error> {
        self.encode_by(&self.bpe, text, kind, first_byte)
    }

    /// As [`encode`](Self::encode), with special tokens in the text read as plain characters, which the transformers
    /// library calls `split_special_tokens`. Tokens that were added and are not special stay whole.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode_plain(&self, text: &str, kind: Kind, first_byte: usize) -> Result<Vec<Token>, Error> {
        let plain = self.plain.get_or_init(|| {
            let mut plain = self.bpe.clone();
            plain.set_encode_special_tokens(true);
            plain
        });
        self.encode_by(plain, text, kind, first_byte)
    }

    /// The special tokens that [`encode`](Self::encode) reads in a text, each named once.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn special_in(&self, text: &str) -> Result<Vec<String>, Error> {
        let mut found: Vec<String> = Vec::new();
        for (id, _) in self.specials(text)? {
            let name = self.text_of(id).unwrap_or_default();
            if !found.contains(&name) {
                found.push(name);
            }
        }
        Ok(found)
    }

    /// A text of which a part is read by [`encode_plain`](Self::encode_plain), and what is around it by
    /// [`encode`](Self::encode).
    pub(crate) fn encode_around(
        &self,
        text: &str,
        part: &Range<usize>,
        kind: Kind,
        first_byte: usize,
    ) -> Result<Vec<Token>, Error> {
        let plain = |span: Range<usize>| {
            let text = &text[span.clone()];
            // Nothing is no text, to which a tokenizer might put a space.
            if text.is_empty() {
                Ok(Vec::new())
            } else {
                self.encode_plain(text, kind, first_byte + span.start)
            }
        };
        let (mut tokens, mut end) = (Vec::new(), 0);
        // What is between special tokens is tokenised on its own in any case.
        for (id, span) in self.specials(text)? {
            // Spaces beside it may be taken too.
            let name = self.text_of(id).unwrap_or_default();
            let begins = span.start + text[span.clone()].find(&name).unwrap_or(0);
            if begins < part.end && begins + name.len() > part.start {
                continue;
            }
            tokens.extend(plain(end..span.start)?);
            tokens.push(token_of(id, &text.as_bytes()[span.clone()], kind, first_byte + span.start));
            end = span.end;
        }
        tokens.extend(plain(end..text.len())?);
        Ok(tokens)
    }

    /// The special tokens in a text, and what each takes of it.
    fn specials(&self, text: &str) -> Result<Vec<(TokenId, Range<usize>)>, Error> {
        let failed = |source| Error::Tokenizer { path: "tokenizer".into(), source };
        let encoding = self.bpe.encode(text, false).map_err(failed)?;
        let added = self.bpe.get_added_vocabulary().get_added_tokens_decoder();
        let special = |id: &TokenId| added.get(id).is_some_and(|token| token.special);
        let found = encoding.get_ids().iter().zip(encoding.get_offsets()).filter(|(id, _)| special(id));
        Ok(found.map(|(&id, &(start, end))| (id, start..end)).collect())
    }

    fn encode_by(&self, bpe: &Bpe, text: &str, kind: Kind, first_byte: usize) -> Result<Vec<Token>, Error> {
        let failed = |source| Error::Tokenizer { path: "tokenizer".into(), source };
        let encoding = bpe.encode(text, false).map_err(failed)?;
        // The text's own bytes, where the tokens are made of them, but for a space that a tokenizer puts before the
        // first.
        for prefix in ["", " "] {
            if let Some(spans) = self.spans(text, encoding.get_ids(), encoding.get_offsets(), prefix) {
                let token = |(&id, span): (&TokenId, Range<usize>)| {
                    token_of(id, &text.as_bytes()[span.clone()], kind, first_byte + span.start)
                };
                return Ok(encoding.get_ids().iter().zip(spans).map(token).collect());
            }
        }
        // A tokenizer that changes the text (a normaliser), or drops some of it: its own offsets, but for tokens that
        // are parts of one changed character.
        let mut tokens = self.tokens(encoding.get_ids(), kind, first_byte);
        let offsets = encoding.get_offsets();
        for (i, token) in tokens.iter_mut().enumerate() {
            let (start, end) = offsets[i];
            let alone =
                (i == 0 || offsets[i - 1].1 <= start) && offsets.get(i + 1).is_none_or(|next| next.0 >= end);
            (token.start, token.end) =
                if alone { (Some(first_byte + start), Some(first_byte + end)) } else { (None, None) };
        }
        Ok(tokens)
    }

    /// Which bytes of a text each token stands for: for an added token what it took, spaces before it included, for
    /// another its own bytes. `None` where they don't make up the text.
    fn spans(
        &self,
        text: &str,
        ids: &[TokenId],
        offsets: &[(usize, usize)],
        prefix: &str,
    ) -> Option<Vec<Range<usize>>> {
        let mut end = 0;
        let mut spans = Vec::with_capacity(ids.len());
        for (i, (&id, &(_, last))) in ids.iter().zip(offsets).enumerate() {
            let start = end;
            if self.is_added(id) {
                end = last;
                text.get(start..end)?;
            } else {
                let bytes = self.bytes_of(id);
                // A space is put before a text, and before what follows an added token, that begins without one.
                let begins = i == 0 || self.is_added(ids[i - 1]);
                let put = begins && !prefix.is_empty() && !text.get(start..)?.starts_with(prefix);
                let own = if put { bytes.strip_prefix(prefix.as_bytes())? } else { &bytes };
                end += own.len();
                (text.as_bytes().get(start..end)? == own).then_some(())?;
            }
            spans.push(start..end);
        }
        (end == text.len()).then_some(spans)
    }

    /// Tokens by their numbers, each with its exact bytes. `first_byte` is where the first one begins.
    pub fn tokens(&self, ids: &[TokenId], kind: Kind, first_byte: usize) -> Vec<Token> {
        let mut start = first_byte;
        let token = |&id: &TokenId| {
            let token = token_of(id, &self.bytes_of(id), kind, start);
            start = token.end.unwrap_or(start);
            token
        };
        ids.iter().map(token).collect()
    }

    fn is_added(&self, id: TokenId) -> bool {
        self.bpe.get_added_vocabulary().get_added_tokens_decoder().contains_key(&id)
    }

    /// A token's exact bytes. Empty for a number that stands for nothing.
    pub fn bytes_of(&self, id: TokenId) -> Vec<u8> {
        let Some(token) = self.bpe.id_to_token(id) else { return Vec::new() };
        let bytes: Option<Vec<u8>> = token.chars().map(|c| self.bytes.get(&c).copied()).collect();
        bytes.filter(|_| !self.is_added(id)).unwrap_or_else(|| token.into_bytes())
    }
}

/// A token with its bytes and its place.
fn token_of(id: TokenId, bytes: &[u8], kind: Kind, start: usize) -> Token {
    Token::from_bytes(id, bytes.to_vec(), kind).with_span(start..start + bytes.len())
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
