//! Which borders of the text lie between two tokens: of sentences, and of paragraphs.

use crate::record::Record;
use crate::sentences::sentence_starts;

/// The largest border between a token and an output after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Crossing {
    /// None: both are in one sentence.
    Within,
    /// The end of a sentence, and no line break.
    Sentence,
    /// A line break; or the end of an encoder's source.
    Paragraph,
}

impl Crossing {
    /// Every kind, from none to the largest.
    pub const ALL: [Self; 3] = [Self::Within, Self::Sentence, Self::Paragraph];
}

/// The sentence and the paragraph of each token, as numbers that grow.
pub(crate) struct Numbered(Vec<(usize, usize)>);

impl Numbered {
    /// Inputs and outputs are one text: the first output may go on with the last input's sentence. A token that holds a
    /// line feed ends a paragraph. An encoder's source, the decoder's start token and the target are texts of their
    /// own.
    pub(crate) fn of(record: &Record) -> Self {
        let n = record.tokens.len();
        let source = record.source().filter(|source| *source < n);
        let ends = source.map_or(vec![n], |source| vec![source, source + 1, n]);
        let (mut numbers, mut first) = (Vec::with_capacity(n), 0);
        let (mut sentence, mut paragraph) = (0, 0);
        for end in ends {
            let tokens = &record.tokens[first..end];
            let mut starts = sentence_starts(tokens).into_iter().peekable();
            for (at, token) in tokens.iter().enumerate() {
                sentence += usize::from(starts.next_if_eq(&at).is_some());
                numbers.push((sentence, paragraph));
                paragraph += usize::from(token.text.contains('\n'));
            }
            (first, sentence, paragraph) = (end, sentence + 1, paragraph + 1);
        }
        Self(numbers)
    }

    /// What lies between two tokens.
    pub(crate) fn between(&self, a: usize, b: usize) -> Crossing {
        let (a, b) = (self.0[a], self.0[b]);
        if a.1 != b.1 {
            Crossing::Paragraph
        } else if a.0 != b.0 {
            Crossing::Sentence
        } else {
            Crossing::Within
        }
    }
}
