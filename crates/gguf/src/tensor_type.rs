//! The types of tensors that are read, and the names of those that are not.

use std::fmt::{self, Display, Formatter};

/// How a tensor's numbers are stored. Numbers lie in blocks, which don't go beyond a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "the names are llama.cpp's")]
#[expect(missing_docs, reason = "the names are llama.cpp's")]
#[non_exhaustive]
pub enum TensorType {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
}

/// A type, its number in files, numbers in a block, bytes of a block.
const TYPES: [(TensorType, u32, usize, usize); 13] = [
    (TensorType::F32, 0, 1, 4),
    (TensorType::F16, 1, 1, 2),
    (TensorType::BF16, 30, 1, 2),
    (TensorType::Q4_0, 2, 32, 18),
    (TensorType::Q4_1, 3, 32, 20),
    (TensorType::Q5_0, 6, 32, 22),
    (TensorType::Q5_1, 7, 32, 24),
    (TensorType::Q8_0, 8, 32, 34),
    (TensorType::Q2_K, 10, 256, 84),
    (TensorType::Q3_K, 11, 256, 110),
    (TensorType::Q4_K, 12, 256, 144),
    (TensorType::Q5_K, 13, 256, 176),
    (TensorType::Q6_K, 14, 256, 210),
];

/// Types that llama.cpp has, or had, and that are not read.
const OTHERS: [(u32, &str); 30] = [
    (4, "Q4_2"),
    (5, "Q4_3"),
    (9, "Q8_1"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (31, "Q4_0_4_4"),
    (32, "Q4_0_4_8"),
    (33, "Q4_0_8_8"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (36, "IQ4_NL_4_4"),
    (37, "IQ4_NL_4_8"),
    (38, "IQ4_NL_8_8"),
    (39, "MXFP4"),
    (40, "NVFP4"),
    (41, "Q1_0"),
    (42, "Q2_0"),
];

impl TensorType {
    /// Numbers in a block.
    pub fn block(self) -> usize {
        self.row().2
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> usize {
        self.row().3
    }

    fn row(self) -> (Self, u32, usize, usize) {
        TYPES[self as usize]
    }

    /// The type that a file means; or the name of one that is not read, or its number in words.
    pub(crate) fn of_file(number: u32) -> Result<Self, String> {
        if let Some((known, ..)) = TYPES.iter().find(|(_, n, ..)| *n == number) {
            return Ok(*known);
        }
        let other = OTHERS.iter().find(|(n, _)| *n == number);
        Err(other.map_or_else(|| format!("type number {number}"), |(_, name)| (*name).to_owned()))
    }

    /// All of them in a sentence.
    pub(crate) fn names() -> String {
        TYPES.map(|(known, ..)| known.to_string()).join(", ")
    }
}

impl Display for TensorType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::TYPES;

    #[test]
    fn the_table_is_in_the_order_of_the_types() {
        for (i, (known, ..)) in TYPES.iter().enumerate() {
            assert_eq!(*known as usize, i);
        }
    }
}
