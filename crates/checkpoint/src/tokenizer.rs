//! Text to tokens and back, with the exact bytes of every token.

pub(crate) mod affixes;
mod alphabet;
mod class;
mod dropped;
mod files;
mod form;
mod gguf;
mod readings;
pub(crate) mod settings;
mod spans;

use crate::error::Error;
use crate::tokenizer::affixes::Affixes;
use crate::tokenizer::alphabet::Alphabet;
use crate::tokenizer::form::Form;
pub(crate) use crate::tokenizer::readings::Reading;
use crate::tokenizer::readings::Readings;
use crate::tokenizer::settings::Settings;
use crate::tokenizer::spans::{Piece, spans};
use saliency_attribution::TokenId;
use saliency_schema::{Kind, Token};
use std::ops::Range;
use std::path::Path;
use tokenizers::{AddedToken, PostProcessorWrapper, Tokenizer as Bpe};

/// A BPE or Unigram tokenizer that knows the bytes of each of its tokens: byte-level, as GPT-2, Llama 3, Qwen and
/// SmolLM have it, or of characters, as Llama 2, Mistral and T5 have it from `SentencePiece`.
///
/// Where a token stands in a text: tokens go forward and do not overlap; what lies between two of them is white space
/// that the tokenizer dropped, or letters that its vocabulary lacks. A token's text is what stands there. That is its
/// own bytes, but for a space that the tokenizer puts before a text or that stands for other white space, and for
/// characters that a normaliser changes: of several tokens that come from one of those, the first has it, and the
/// others have nothing at its end.
#[derive(Debug)]
pub struct Tokenizer {
    readings: Readings,
    alphabet: Alphabet,
    settings: Settings,
    affixes: Affixes,
    /// One more than the largest number of a token.
    size: usize,
    /// What whoever loads it should know, a sentence each.
    remarks: Vec<String>,
}

impl Tokenizer {
    /// Reads a checkpoint's tokenizer: `tokenizer.json`, or `vocab.json` with `merges.txt`, and beside them, where they
    /// are there, `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `chat_template.jinja`.
    ///
    /// # Errors
    /// A file that is missing or can't be used.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        files::open(folder)
    }

    /// Reads a `tokenizer.json` alone. `path` is only named in errors.
    ///
    /// # Errors
    /// What the reader says.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        Ok(Self::new(Form::read(json, path)?, Settings::default()))
    }

    /// Reads GPT-2's own pair of files, `vocab.json` and `merges.txt`, alone.
    ///
    /// # Errors
    /// What the reader says.
    pub fn from_vocab_and_merges(vocab: &Path, merges: &Path) -> Result<Self, Error> {
        Ok(Self::new(files::pair(vocab, merges, false)?, Settings::default()))
    }

    fn new(Form { mut bpe, alphabet, size }: Form, settings: Settings) -> Self {
        // Nothing is cut or filled up behind the caller's back.
        let _ = bpe.with_truncation(None);
        bpe.with_padding(None);
        let affixes = Affixes::of(&bpe);
        // It could only change offsets now.
        bpe.with_post_processor(None::<PostProcessorWrapper>);
        let added = bpe.get_added_vocabulary().get_added_tokens_decoder();
        let size = added.keys().map(|&id| id as usize + 1).fold(size, usize::max);
        Self { readings: Readings::new(bpe), alphabet, settings, affixes, size, remarks: Vec::new() }
    }

    fn bpe(&self) -> &Bpe {
        self.readings.bpe()
    }

    /// What whoever loads it should know, a sentence each.
    pub(crate) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// What its files ask for around a text, and a decoder alone is not given, as a sentence.
    pub(crate) fn left_out(&self) -> Option<String> {
        self.affixes.left_out(self.bpe())
    }

    /// The tokens that its files ask for after every text: where an encoder's source ends.
    pub(crate) fn after(&self) -> &[TokenId] {
        &self.affixes.after
    }

    /// How many tokens there are: one more than the largest number.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The token that begins a text, where the tokenizer has one: what its files name, or GPT-2's `<|endoftext|>`.
    pub fn bos(&self) -> Option<TokenId> {
        let named = self.settings.bos_token.as_ref().and_then(|token| self.bpe().token_to_id(token.text()));
        named.or(self.affixes.before.first().copied()).or_else(|| self.bpe().token_to_id(END_OF_TEXT))
    }

    /// The token that ends a text, by the same rule.
    pub(crate) fn eos(&self) -> Option<TokenId> {
        let named = self.settings.eos_token.as_ref().and_then(|token| self.bpe().token_to_id(token.text()));
        named.or_else(|| self.bpe().token_to_id(END_OF_TEXT))
    }

    /// Whether the tokenizer's files ask for a token before every text (`add_bos_token`, or a post-processor).
    pub fn adds_bos(&self) -> bool {
        self.settings.add_bos_token.unwrap_or(self.affixes.before.len() == 1)
    }

    /// The chat template (Jinja), where the tokenizer's files have one.
    pub fn chat_template(&self) -> Option<&str> {
        Some(self.settings.chat_template.as_ref()?.text())
    }

    /// The special tokens that the tokenizer's files name, by what they are called there.
    pub(crate) fn named_specials(&self) -> Vec<(&'static str, &str)> {
        self.settings.named()
    }

    /// The text of a token as the vocabulary writes it; of an added token, as a text has it.
    pub(crate) fn text_of(&self, id: TokenId) -> Option<String> {
        self.added(id).map(|token| token.content.clone()).or_else(|| self.bpe().id_to_token(id))
    }

    /// The tokens of a text. `first_byte` is where the text begins in the whole text, for the offsets. Outputs go on
    /// after another text: where the tokenizer puts a space before a text, it puts none before them. A special token's
    /// text, such as `<|endoftext|>`, is read as that token; [`encode_plain`](Self::encode_plain) reads it as
    /// characters.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode(&self, text: &str, kind: Kind, first_byte: usize) -> Result<Vec<Token>, Error> {
        self.read(text, Reading { plain: false, goes_on: kind == Kind::Output }, kind, first_byte)
    }

    /// As [`encode`](Self::encode), with special tokens in the text read as plain characters, which the transformers
    /// library calls `split_special_tokens`. Tokens that were added and are not special stay whole.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode_plain(&self, text: &str, kind: Kind, first_byte: usize) -> Result<Vec<Token>, Error> {
        self.read(text, Reading { plain: true, goes_on: kind == Kind::Output }, kind, first_byte)
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
            let goes_on = kind == Kind::Output || (span.start > 0 && self.readings.puts_first());
            self.read(&text[span.clone()], Reading { plain: true, goes_on }, kind, first_byte + span.start)
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
        let encoding = self.bpe().encode(text, false).map_err(failed)?;
        // The token for what the vocabulary lacks is special too, but the text does not have it.
        let special = |id: TokenId, span: &Range<usize>| {
            self.added(id).is_some_and(|token| token.special && text[span.clone()].contains(&token.content))
        };
        let found = encoding.get_ids().iter().zip(encoding.get_offsets());
        let found = found.map(|(&id, &(start, end))| (id, start..end));
        Ok(found.filter(|(id, span)| special(*id, span)).collect())
    }

    /// The tokens of a text that is read in that way.
    pub(crate) fn read(
        &self,
        text: &str,
        reading: Reading,
        kind: Kind,
        first_byte: usize,
    ) -> Result<Vec<Token>, Error> {
        // Nothing is no text, to which a space might be put.
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |source| Error::Tokenizer { path: "tokenizer".into(), source };
        let bpe = self.readings.of(reading);
        let encoding = bpe.encode(text, false).map_err(failed)?;
        let ids = encoding.get_ids();
        let piece = |(&id, &(start, end)): (&TokenId, &(usize, usize))| Piece {
            text: self.text_of(id).unwrap_or_default(),
            added: self.added(id).is_some(),
            from: start..end,
        };
        let pieces: Vec<Piece> = ids.iter().zip(encoding.get_offsets()).map(piece).collect();
        let spans = spans(text, &pieces, self.alphabet, bpe.get_normalizer());
        let token = |(&id, span): (&TokenId, Range<usize>)| {
            token_of(id, &text.as_bytes()[span.clone()], kind, first_byte + span.start)
        };
        Ok(ids.iter().zip(spans).map(token).collect())
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

    /// The same where they begin a text of their own, as a decoder's outputs after an encoder's source do: a space that
    /// was put before the first one is not part of it.
    pub(crate) fn tokens_of_target(&self, ids: &[TokenId], kind: Kind, first_byte: usize) -> Vec<Token> {
        let Some((&first, rest)) = ids.split_first() else { return Vec::new() };
        let mut bytes = self.bytes_of(first);
        let put = self.text_of(first).is_some_and(|text| self.alphabet.without_space(&text).is_some());
        if put && self.readings.puts() && bytes.first() == Some(&b' ') {
            bytes.remove(0);
        }
        let mut tokens = vec![token_of(first, &bytes, kind, first_byte)];
        tokens.extend(self.tokens(rest, kind, first_byte + bytes.len()));
        tokens
    }

    /// Tokens that hold none of the text, each at that byte.
    pub(crate) fn marks(&self, ids: &[TokenId], byte: usize) -> Vec<Token> {
        let mark =
            |&id: &TokenId| Token::from_bytes(id, self.bytes_of(id), Kind::Input).with_span(byte..byte);
        ids.iter().map(mark).collect()
    }

    fn added(&self, id: TokenId) -> Option<&AddedToken> {
        self.bpe().get_added_vocabulary().get_added_tokens_decoder().get(&id)
    }

    /// A token's exact bytes. Empty for a number that stands for nothing.
    pub fn bytes_of(&self, id: TokenId) -> Vec<u8> {
        let Some(token) = self.text_of(id) else { return Vec::new() };
        if self.added(id).is_some() { token.into_bytes() } else { self.alphabet.bytes(&token) }
    }
}

/// A token with its bytes and its place.
fn token_of(id: TokenId, bytes: &[u8], kind: Kind, start: usize) -> Token {
    Token::from_bytes(id, bytes.to_vec(), kind).with_span(start..start + bytes.len())
}

const END_OF_TEXT: &str = "<|endoftext|>";
