//! Segments within segments: a text's input at several levels, from coarse to fine, without what is held.

use crate::error::Error;
use crate::method::held::Held;
use crate::method::levels::Levels;
use crate::model::sequence::Sequence;
use std::ops::Range;

/// The segments of each level, ascending. The finest are as their segmentation says; those of a coarser level are made
/// of them: each lies where its last token does. Held tokens cut segments of every level.
pub(crate) struct Nested {
    levels: Vec<Vec<Range<usize>>>,
}

impl Nested {
    /// The last `kept` inputs are held, too.
    pub(crate) fn new(sequence: &Sequence, levels: &Levels, held: &Held, kept: usize) -> Result<Self, Error> {
        let n_input = sequence.n_input();
        let mut held = held.among(sequence)?;
        held[n_input.saturating_sub(kept)..].fill(true);
        if held.iter().all(|held| *held) {
            let range = "fewer tokens: nothing is left to take away";
            return Err(Error::Parameter { name: "hold", value: "every token".to_owned(), range });
        }
        let mut segments = Vec::new();
        let mut finer: Option<Vec<bool>> = None;
        for level in levels.0.iter().rev() {
            // Whether a segment begins at a token.
            let mut begins: Vec<bool> = (0..n_input).map(|i| i == 0 || held[i] != held[i - 1]).collect();
            let of_level = level.segments_in(sequence.tokens(), sequence.prompt())?;
            for segment in of_level.iter().filter(|segment| segment.start < n_input) {
                let begun = |token: &usize| finer.as_ref().is_none_or(|finer| finer[*token]);
                if let Some(start) = (0..=segment.start).rev().find(begun) {
                    begins[start] = true;
                }
            }
            let starts: Vec<usize> = (0..n_input).filter(|&token| begins[token]).collect();
            let ends = starts.iter().skip(1).copied().chain([n_input]);
            let free = starts.iter().zip(ends).filter(|(start, _)| !held[**start]);
            segments.push(free.map(|(start, end)| *start..end).collect::<Vec<_>>());
            finer = Some(begins);
        }
        segments.reverse();
        Ok(Self { levels: segments })
    }

    /// How many levels there are.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// The segments of the coarsest level.
    pub(crate) fn coarsest(&self) -> &[Range<usize>] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The segments of the finest level.
    pub(crate) fn finest(&self) -> &[Range<usize>] {
        self.levels.last().map_or(&[], Vec::as_slice)
    }

    /// The segments of a level that a segment of a coarser one is made of.
    pub(crate) fn within(&self, level: usize, segment: &Range<usize>) -> &[Range<usize>] {
        let segments = self.levels.get(level).map_or(&[][..], Vec::as_slice);
        let from = segments.partition_point(|one| one.start < segment.start);
        let to = segments.partition_point(|one| one.start < segment.end);
        &segments[from..to]
    }

    /// The segments that are run at most, if `parents` segments of each level are refined from level `from` on: those
    /// whose parts cost most. What is already known is not among them: the only segment of a level that is refined, and
    /// a segment's only part.
    pub(crate) fn at_most(
        &self,
        from: usize,
        parents: usize,
        cost: impl Fn(&[Range<usize>]) -> f64,
    ) -> Vec<Range<usize>> {
        let mut run = Vec::new();
        for level in from..self.depth() {
            // What a level is taken apart from; the coarsest, from the whole text.
            let Some(coarser) = level.checked_sub(1) else {
                let alone = self.coarsest().len() == 1 && self.depth() > 1;
                run.extend_from_slice(if alone { &[] } else { self.coarsest() });
                continue;
            };
            let coarser = &self.levels[coarser];
            let mut parts: Vec<&[Range<usize>]> =
                coarser.iter().map(|segment| self.within(level, segment)).collect();
            let last = level + 1 == self.depth();
            let unknown = |parts: &&[Range<usize>]| parts.len() > 1 || last && self.finest().len() == 1;
            parts.retain(unknown);
            parts.sort_by(|a, b| cost(b).total_cmp(&cost(a)));
            run.extend(parts.into_iter().take(parents).flatten().cloned());
        }
        run
    }
}
