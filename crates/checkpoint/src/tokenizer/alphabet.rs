//! How a vocabulary spells the bytes of a text.

use std::collections::HashMap;
use std::sync::LazyLock;

/// How a vocabulary spells the bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Byte-level: a letter for each byte, GPT-2's.
    Letters,
    /// As `SentencePiece` does it: the text's own characters, this one for a space, and `<0xE7>` for a byte where bytes
    /// are tokens.
    Pieces {
        /// What stands for a space.
        space: char,
        /// Whether `<0xE7>` is a byte.
        bytes: bool,
    },
}

impl Alphabet {
    /// The bytes that a token of the vocabulary stands for.
    pub(crate) fn bytes(self, token: &str) -> Vec<u8> {
        match self {
            Self::Letters => {
                let bytes: Option<Vec<u8>> =
                    token.chars().map(|letter| BYTES.get(&letter).copied()).collect();
                bytes.unwrap_or_else(|| token.as_bytes().to_vec())
            }
            Self::Pieces { space, bytes } => match byte(token).filter(|_| bytes) {
                Some(byte) => vec![byte],
                None => token.replace(space, " ").into_bytes(),
            },
        }
    }

    /// How many bytes at the beginning of a text a token stands for: `None` where it stands for others. A space's
    /// stand-in is itself, too, where the text has it.
    pub(crate) fn length_in(self, token: &str, text: &[u8]) -> Option<usize> {
        let Self::Pieces { space, .. } = self else {
            let bytes = self.bytes(token);
            return text.starts_with(&bytes).then_some(bytes.len());
        };
        let spelled = self.bytes(token);
        if text.starts_with(&spelled) {
            return Some(spelled.len());
        }
        let mut length = 0;
        for character in token.chars() {
            let rest = text.get(length..)?;
            let mut buffer = [0; 4];
            let itself = character.encode_utf8(&mut buffer).as_bytes();
            length += match rest.first() {
                Some(b' ') if character == space => 1,
                _ if rest.starts_with(itself) => itself.len(),
                _ => return None,
            };
        }
        Some(length)
    }

    /// What is left of a token that begins with a space, without that.
    pub(crate) fn without_space(self, token: &str) -> Option<&str> {
        match self {
            Self::Letters => token.strip_prefix('Ġ'),
            Self::Pieces { space, .. } => token.strip_prefix(space),
        }
    }
}

/// Which byte each letter of GPT-2's vocabulary stands for: printable Latin-1 for itself, and the 68 others, in order,
/// for the letters from U+0100 on.
static BYTES: LazyLock<HashMap<char, u8>> = LazyLock::new(|| {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let others = (0..=255).filter(|&b| !printable(b)).zip('\u{100}'..);
    let itself = (0..=255).filter(|&b| printable(b)).map(|b| (char::from(b), b));
    itself.chain(others.map(|(b, c)| (c, b))).collect()
});

/// Each letter of GPT-2's vocabulary, with the byte that it stands for.
pub(crate) fn letters() -> impl Iterator<Item = (char, u8)> {
    BYTES.iter().map(|(&letter, &byte)| (letter, byte))
}

/// The byte that `<0xE7>` stands for.
fn byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    let both = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    both.then(|| u8::from_str_radix(digits, 16).ok())?
}
