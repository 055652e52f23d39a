//! What is explained: every output of the sequence alone, or a span of them as one.
//!
//! A method sees outputs by number, from 0. A span is a single one: its target is the sum of its members' targets, and
//! its context that of the last member. Members are numbered as the sequence's outputs are.

use crate::problem::Problem;
use crate::problem::cost::Size;
use std::ops::Range;

impl Problem<'_> {
    /// Explains some of the sequence's outputs as one.
    #[must_use]
    pub(crate) fn with_span(self, members: Range<usize>) -> Self {
        Self { span: Some(members), ..self }
    }

    /// Leaves it to the method to explain some outputs as one.
    #[must_use]
    pub(crate) fn with_span_as_one(self, members: Range<usize>) -> Self {
        Self { as_one: Some(members), ..self }
    }

    /// The outputs that a method is to explain as one by itself, where its card says that it does
    /// ([`Card::explains_spans`](crate::Card::explains_spans)): with one explanation, under the last of their numbers,
    /// instead of one for each output. `None` where outputs are explained one by one.
    pub fn span_as_one(&self) -> Option<Range<usize>> {
        self.as_one.clone()
    }

    /// The number of outputs that are explained.
    pub fn n_output(&self) -> usize {
        self.span.as_ref().map_or(self.sequence.n_output(), |_| 1)
    }

    /// The sequence's outputs that are explained as this one.
    pub(crate) fn members(&self, output: usize) -> Range<usize> {
        self.span.clone().unwrap_or(output..output + 1)
    }

    /// The same of several outputs.
    pub(crate) fn members_of(&self, outputs: &Range<usize>) -> Range<usize> {
        self.span.as_ref().unwrap_or(outputs).clone()
    }

    /// The positions that predict some outputs.
    pub(crate) fn positions(&self, outputs: &Range<usize>) -> Range<usize> {
        let members = self.members_of(outputs);
        self.n_input() + members.start - 1..self.n_input() + members.end - 1
    }

    /// The number of tokens in an output's context, which is the length of its row.
    pub fn row_length(&self, output: usize) -> usize {
        self.n_input() + self.members(output).end - 1
    }

    /// The problem's size, for [`Method::cost`](crate::Method::cost).
    pub fn size(&self, shares_prefix: bool) -> Size {
        Size { n_input: self.row_length(0), n_output: self.n_output(), shares_prefix }
    }
}
