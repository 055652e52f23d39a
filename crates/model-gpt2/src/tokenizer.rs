//! Text to tokens and back: GPT-2's byte-level BPE, with the exact bytes of every token.

use crate::Error;
use saliency_attribution::TokenId;
use saliency_schema::{Kind, Token};
use std::collections::HashMap;
use std::path::Path;
use tokenizers::Tokenizer as Bpe;

/// A byte-level BPE tokenizer that knows the bytes of each of its tokens.
#[derive(Debug)]
pub struct Tokenizer {
    bpe: Bpe,
    bytes: HashMap<char, u8>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. `path` is only named in errors.
    ///
    /// # Errors
    /// What the reader says.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        let bpe =
            Bpe::from_bytes(json).map_err(|source| Error::Tokenizer { path: path.to_owned(), source })?;
        Ok(Self::new(bpe))
    }

    /// Reads GPT-2's own pair of files, `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// What the reader says.
    pub fn from_vocab_and_merges(vocab: &Path, merges: &Path) -> Result<Self, Error> {
        use tokenizers::models::bpe::BPE;
        use tokenizers::pre_tokenizers::byte_level::ByteLevel;
        let failed = |source| Error::Tokenizer { path: vocab.to_owned(), source };
        let (vocab_file, merges_file) = (vocab.to_string_lossy(), merges.to_string_lossy());
        let model = BPE::from_file(&vocab_file, &merges_file).build().map_err(failed)?;
        let mut bpe = Bpe::new(model);
        bpe.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
        bpe.with_decoder(Some(ByteLevel::default()));
        if bpe.token_to_id(END_OF_TEXT).is_some() {
            bpe.add_special_tokens([tokenizers::AddedToken::from(END_OF_TEXT, true)]).map_err(failed)?;
        }
        Ok(Self::new(bpe))
    }

    fn new(mut bpe: Bpe) -> Self {
        // Nothing is cut or filled up behind the caller's back.
        let _ = bpe.with_truncation(None);
        bpe.with_padding(None);
        Self { bpe, bytes: byte_alphabet() }
    }

    /// How many tokens there are: one more than the largest number.
    pub fn size(&self) -> usize {
        self.bpe.get_vocab(true).values().max().map_or(0, |&id| id as usize + 1)
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

const END_OF_TEXT: &str = "<|endoftext|>";

/// Which byte each letter of GPT-2's vocabulary stands for: printable Latin-1 for itself, and the 68 others,
/// in order, for the letters from U+0100 on.
fn byte_alphabet() -> HashMap<char, u8> {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let others = (0..=255).filter(|&b| !printable(b)).zip('\u{100}'..);
    let itself = (0..=255).filter(|&b| printable(b)).map(|b| (char::from(b), b));
    itself.chain(others.map(|(b, c)| (c, b))).collect()
}
