//! Checkpoints of GPT-2's family on the Hugging Face hub.

/// A checkpoint on the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name there, which is what `--model` takes.
    pub id: &'static str,
    /// Millions of parameters.
    pub millions: u32,
    /// Blocks, hidden dimensions and attention heads.
    pub shape: (u32, u32, u32),
    /// What it is.
    pub summary: &'static str,
}

/// Published checkpoints of a form that this crate reads. Their publishers' cards say what each was trained on.
pub const KNOWN: [Known; 5] = [
    known("gpt2", 124, (12, 768, 12), "GPT-2 small, the notebook's model"),
    known("gpt2-medium", 355, (24, 1024, 16), "GPT-2 medium"),
    known("gpt2-large", 774, (36, 1280, 20), "GPT-2 large"),
    known("gpt2-xl", 1558, (48, 1600, 25), "GPT-2 XL"),
    known("distilgpt2", 82, (6, 768, 12), "GPT-2 small, distilled to half its blocks"),
];

const fn known(id: &'static str, millions: u32, shape: (u32, u32, u32), summary: &'static str) -> Known {
    Known { id, millions, shape, summary }
}

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
