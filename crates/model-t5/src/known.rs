//! Checkpoints of T5's family on the Hugging Face hub.

use saliency_checkpoint::Known;

/// Published checkpoints of a form that this crate reads: blocks of the decoder, hidden dimensions, heads.
pub const KNOWN: [Known; 4] = [
    Known::new("google-t5/t5-small", 61, (6, 512, 8), "T5, the smallest: summarises, translates, answers"),
    Known::new("google-t5/t5-base", 223, (12, 768, 12), "T5"),
    Known::new("google/flan-t5-small", 77, (8, 512, 6), "FLAN-T5, the smallest: follows instructions"),
    Known::new("google/flan-t5-base", 248, (12, 768, 12), "FLAN-T5"),
];
