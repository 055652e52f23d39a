//! How a text is split before the merges: what `tokenizer.ggml.pre` names.

use serde_json::{Value, json};

/// The ways that are read, and the names that llama.cpp has for each.
const NAMES: &[(PreTokenizer, &[&str])] = &[
    (PreTokenizer::Gpt2, &["gpt-2", "default"]),
    (PreTokenizer::Smollm, &["smollm", "starcoder", "refact", "codeshell", "minerva-7b"]),
    (PreTokenizer::Llama3, &["llama-bpe", "llama3", "llama-v3", "falcon3", "midm-2.0"]),
    (PreTokenizer::Qwen2, &["qwen2"]),
    (PreTokenizer::DeepSeekQwen, &["deepseek-r1-qwen"]),
    (PreTokenizer::Tekken, &["tekken"]),
];

/// Llama 3's pattern, Qwen2's and that of newer Mistral models.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How a text is split before the merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreTokenizer {
    /// GPT-2's pattern.
    Gpt2,
    /// Digits one by one, then GPT-2's pattern.
    Smollm,
    Llama3,
    /// After NFC.
    Qwen2,
    /// Qwen2's pattern alone.
    DeepSeekQwen,
    Tekken,
}

impl PreTokenizer {
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(way, _)| *way)
    }

    /// All names, for a sentence.
    pub(crate) fn names() -> String {
        NAMES.iter().flat_map(|(_, names)| *names).copied().collect::<Vec<_>>().join(", ")
    }

    /// The step before, as `tokenizer.json` writes it.
    pub(crate) fn normalizer(self) -> Value {
        if self == Self::Qwen2 { json!({"type": "NFC"}) } else { Value::Null }
    }

    /// Its steps, as `tokenizer.json` writes them.
    pub(crate) fn steps(self) -> Value {
        let letters = |by_pattern: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": by_pattern});
        let pattern = match self {
            Self::Gpt2 => return letters(true),
            Self::Smollm => {
                let digits = json!({"type": "Digits", "individual_digits": true});
                return json!({"type": "Sequence", "pretokenizers": [digits, letters(true)]});
            }
            Self::Llama3 => LLAMA3,
            Self::Qwen2 | Self::DeepSeekQwen => QWEN2,
            Self::Tekken => TEKKEN,
        };
        let split =
            json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
        json!({"type": "Sequence", "pretokenizers": [split, letters(false)]})
    }

    /// Whether a piece that is a token is that token, whatever the merges make of it.
    pub(crate) fn ignores_merges(self) -> bool {
        matches!(self, Self::Llama3 | Self::Tekken)
    }

    /// Whether a token begins a text where the file does not say.
    pub(crate) fn begins_texts(self) -> bool {
        self.ignores_merges()
    }
}
