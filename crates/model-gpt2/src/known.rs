//! Checkpoints of GPT-2's family on the Hugging Face hub.

use saliency_checkpoint::Known;

/// Published checkpoints of a form that this crate reads. Their publishers' cards say what each was trained on.
pub const KNOWN: [Known; 5] = [
    Known::new("gpt2", 124, (12, 768, 12), "GPT-2 small, the notebook's model"),
    Known::new("gpt2-medium", 355, (24, 1024, 16), "GPT-2 medium"),
    Known::new("gpt2-large", 774, (36, 1280, 20), "GPT-2 large"),
    Known::new("gpt2-xl", 1558, (48, 1600, 25), "GPT-2 XL"),
    Known::new("distilgpt2", 82, (6, 768, 12), "GPT-2 small, distilled to half its blocks"),
];

#[cfg(test)]
mod tests {
    use super::KNOWN;

    #[test]
    fn sizes_are_what_the_shapes_come_to() {
        for known in KNOWN {
            let (blocks, hidden, heads) = known.shape;
            let (blocks, hidden) = (u64::from(blocks), u64::from(hidden));
            // Embeddings, positions, twelve squares and thirteen vectors a block, the last norm.
            let numbers =
                (50257 + 1024) * hidden + blocks * (12 * hidden * hidden + 13 * hidden) + 2 * hidden;
            let millions = (numbers + 500_000) / 1_000_000;
            assert_eq!(u64::from(known.millions), millions, "{}", known.id);
            assert_eq!(hidden % u64::from(heads), 0);
        }
    }
}
