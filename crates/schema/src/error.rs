//! What can be wrong with a record, each with the place where it is wrong.

/// Why a record could not be read or is not consistent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- the text
    /// The input is empty or holds only white space; or there is no record to write.
    #[error("no record: the input is empty")]
    Empty,
    /// The input is a JSON array without a record in it.
    #[error("no record: the JSON array is empty")]
    EmptyArray,
    /// The input is larger than [`Caps::bytes`](crate::Caps).
    #[error("the input has {bytes} bytes, and at most {cap} are read")]
    TooLarge {
        /// Size of the input.
        bytes: usize,
        /// The cap.
        cap: usize,
    },
    /// The input is not JSON, or is cut off.
    #[error("record {record}: not valid JSON: {source}")]
    Json {
        /// The record's number in the input, from 0.
        record: usize,
        /// What the JSON reader says, with line and column.
        source: serde_json::Error,
    },
    /// A number that JSON cannot say stands there bare, as Python's `json` writes it.
    #[error("record {record}: not valid JSON: {source}; {found} has to be in quotes: \"{found}\"")]
    BareNumber {
        /// The record's number in the input, from 0.
        record: usize,
        /// `NaN`, `Infinity` or `-Infinity`.
        found: &'static str,
        /// What the JSON reader says, with line and column.
        source: serde_json::Error,
    },
    /// The JSON is valid, but neither a record of this format nor a notebook's run.
    #[error(
        "record {record}: no `format`, so it is read as a notebook's run: {path}: {source}; a record has \"format\": \"saliency-record\""
    )]
    NoFormat {
        /// The record's number in the input, from 0.
        record: usize,
        /// The path of the offending value, such as `tokens[3].token_id`.
        path: String,
        /// What a notebook's run has there.
        source: serde_json::Error,
    },
    /// The JSON is valid, but not a record.
    #[error("record {record}: {path}: {source}")]
    Shape {
        /// The record's number in the input, from 0.
        record: usize,
        /// The path of the offending value, such as `tokens[3].id`.
        path: String,
        /// What was expected there, with line and column in the whole input.
        source: serde_json::Error,
    },
    // --- the version
    /// `format` is something else.
    #[error("format is {found:?}, not \"saliency-record\"")]
    Format {
        /// What was found.
        found: String,
    },
    /// `version` is newer than this crate, or 0.
    #[error("version {found} is not one this reader knows (1 to {newest}); a newer release may read it")]
    Version {
        /// What was found.
        found: u64,
        /// [`VERSION`](crate::VERSION).
        newest: u32,
    },
    // --- consistency
    /// What is wrong with one of several records; with a single one, its error stands alone.
    #[error("record {record}: {source}")]
    Record {
        /// The record's number, from 0.
        record: usize,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// A record holds no token.
    #[error("tokens: the list is empty; a record holds at least one token")]
    NoTokens,
    /// One of the caps is passed.
    #[error("{place}: {found} {what}, and at most {cap} are allowed")]
    Cap {
        /// Where.
        place: String,
        /// Of what, in the plural.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The cap.
        cap: usize,
    },
    /// An input token follows an output token.
    #[error("tokens[{index}]: an input token after an output token; all inputs come first")]
    TokenOrder {
        /// The token's position.
        index: usize,
    },
    /// A token of a notebook's run says another position than its own.
    #[error("tokens[{index}].position: {found}, and this token is number {index}")]
    Position {
        /// The token's position.
        index: usize,
        /// What it says.
        found: usize,
    },
    /// `start` and `end` contradict each other or the token before.
    #[error("tokens[{index}]: bytes {start}..{end} of the text: {why}")]
    Span {
        /// The token's position.
        index: usize,
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// What is wrong with them.
        why: &'static str,
    },
    /// `source` leaves no token for the decoder, or none for the encoder.
    #[error(
        "source: {found} of {n_input} input tokens; it is at least 1, and less than all of them: the one after it is the decoder's start token"
    )]
    Source {
        /// What it says.
        found: usize,
        /// How many input tokens there are.
        n_input: usize,
    },
    /// The number of rows is not the number of output tokens.
    #[error("attributions: {rows} rows for {outputs} output tokens")]
    Rows {
        /// Rows there are.
        rows: usize,
        /// Rows there should be.
        outputs: usize,
    },
    /// A row is too long or too short.
    #[error("attributions[{row}]: {found} values for {expected} tokens")]
    RowLength {
        /// The row.
        row: usize,
        /// Values there are.
        found: usize,
        /// Values there should be: the inputs and the outputs before this one.
        expected: usize,
    },
    /// `outputs` is neither empty nor as long as `attributions`.
    #[error("outputs: {found} entries for {expected} output tokens")]
    Outputs {
        /// Entries there are.
        found: usize,
        /// Entries there should be.
        expected: usize,
    },
    /// An entry of `outputs` names the wrong token.
    #[error("outputs[{index}].token: {found}, and this output is token {expected}")]
    OutputToken {
        /// The entry.
        index: usize,
        /// What it says.
        found: usize,
        /// What it should say.
        expected: usize,
    },
    /// `outputs[].explained.without.tokens` are no ranges of input tokens.
    #[error(
        "outputs[{index}].explained.without.tokens: ranges of input tokens are the first and one past the last, within 0 to {n_input}, as in [0, 5]"
    )]
    Without {
        /// The entry.
        index: usize,
        /// How many input tokens there are.
        n_input: usize,
    },
    /// `standard_errors` has another shape than `attributions`.
    #[error(
        "standard_errors[{row}]: it is not as long as attributions[{row}]; leave standard_errors out, or give one for each value"
    )]
    StandardErrors {
        /// The first row that differs.
        row: usize,
    },
    /// A ledger whose parts do not fit each other.
    #[error("{place}: {why}")]
    Ledger {
        /// Where it stands.
        place: String,
        /// What is wrong.
        why: &'static str,
    },
    /// What is kept of vectors does not fit the row.
    #[error("{place}: {why}")]
    Vectors {
        /// Where it stands.
        place: String,
        /// What is wrong.
        why: &'static str,
    },
    /// `interactions` is neither empty nor as long as `attributions`.
    #[error("interactions: {found} lists for {expected} output tokens")]
    Interactions {
        /// Lists there are.
        found: usize,
        /// Lists there should be.
        expected: usize,
    },
    /// An interaction of tokens that it can't be of.
    #[error("interactions[{row}][{index}]: tokens {i} and {j}: {why}")]
    Interaction {
        /// The row.
        row: usize,
        /// The entry in its list.
        index: usize,
        /// What it says.
        i: usize,
        /// What it says.
        j: usize,
        /// What is wrong with them.
        why: &'static str,
    },
    /// `replacements` is neither empty nor as long as `attributions`.
    #[error("replacements: {found} lists for {expected} output tokens")]
    Replacements {
        /// Lists there are.
        found: usize,
        /// Lists there should be.
        expected: usize,
    },
    /// A replacement of tokens that are no inputs.
    #[error("replacements[{row}][{index}]: {count} tokens from {at} on, and there are {n_input} inputs")]
    Replacement {
        /// The row.
        row: usize,
        /// The entry in its list.
        index: usize,
        /// The first token that it names.
        at: usize,
        /// How many tokens it names.
        count: usize,
        /// How many inputs there are.
        n_input: usize,
    },
    /// `regrouped.members` is not as long as `tokens`.
    #[error("regrouped.members: {found} entries for {expected} tokens")]
    Members {
        /// Entries there are.
        found: usize,
        /// Entries there should be.
        expected: usize,
    },
    /// An entry of `regrouped.members` is 0.
    #[error("regrouped.members[{index}]: 0, and a group holds at least one token")]
    NoMembers {
        /// The entry.
        index: usize,
    },
    /// An entry of `prompt.parts` lies wrongly.
    #[error("prompt.parts[{index}]: bytes {start}..{end}: {why}")]
    Part {
        /// The entry.
        index: usize,
        /// Its first byte.
        start: usize,
        /// One past its last byte.
        end: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A list of `excerpt` is not as long as what it is about.
    #[error("excerpt.{field}: {found} entries, and there should be {expected}")]
    Excerpt {
        /// `positions` or `outside`.
        field: &'static str,
        /// Entries there are.
        found: usize,
        /// Entries there should be.
        expected: usize,
    },
    /// Parameters that a reader would not read as they are.
    #[error(
        "{place}: the parameters would not be read as they are written; they must not repeat a field's name, nor nest a hundred levels deep"
    )]
    Parameters {
        /// `method` or `target`.
        place: &'static str,
    },
    // --- regrouping
    /// There is nothing of that name.
    #[error("unknown {what} {name:?}; there are: {known}")]
    Unknown {
        /// What was asked for: `segmentation`, `reduction`, `part`.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// The prompt has no parts that could be named.
    #[error(
        "the record's prompt has no parts (`Prompt::parts`); they are recorded where the text was put into a chat template or another one"
    )]
    NoParts,
    /// Inputs that the record does not have.
    #[error(
        "inputs {start}-{end} are not among the record's {n_input}; write FROM-TO within 0-{n_input}, TO left out"
    )]
    Inputs {
        /// The first.
        start: usize,
        /// One past the last.
        end: usize,
        /// How many there are.
        n_input: usize,
    },
    /// What rows gave to earlier outputs can't be passed on.
    #[error("hops: {why}")]
    Hops {
        /// Why, and what to do.
        why: &'static str,
    },
    /// The pattern of a `regex:` segmentation is no regular expression.
    #[cfg(feature = "segments")]
    #[error("regex:{pattern}: {source}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: regex::Error,
    },
    /// A span of a `spans:` segmentation is not spelled as one.
    #[error(
        "spans: {found:?} is no span of tokens; write the first token, a hyphen, and one past the last, as in spans:0-5,5-9"
    )]
    SpanSpelling {
        /// What stands there.
        found: String,
    },
    /// A segment that cannot be one.
    #[error("{what}[{index}]: tokens {start}..{end}: {why}")]
    Segment {
        /// `segments` or `spans`.
        what: &'static str,
        /// Its number.
        index: usize,
        /// Its first token.
        start: usize,
        /// One past its last token.
        end: usize,
        /// What is wrong with it, and the repair.
        why: String,
    },
    /// Segments that leave tokens out at the end.
    #[error("segments: they end before token {end} of {tokens}; every token belongs to one")]
    SegmentsEnd {
        /// Where they end.
        end: usize,
        /// How many tokens there are.
        tokens: usize,
    },
    // --- writing
    /// The writer could not write.
    #[error("could not write the record: {0}")]
    Write(#[source] serde_json::Error),
    /// The notebook's format has no spelling for this value.
    #[error(
        "attributions[{row}][{column}] is missing or not finite, and the notebook's format has no spelling for that; write a record instead"
    )]
    NotebookValue {
        /// The row.
        row: usize,
        /// The value's position in it.
        column: usize,
    },
}

impl Error {
    /// Whether the caller asked for something that there is not, as opposed to a record that is wrong or was not
    /// written.
    pub fn is_usage(&self) -> bool {
        #[cfg(feature = "segments")]
        if matches!(self, Self::Pattern { .. }) {
            return true;
        }
        match self {
            Self::Record { source, .. } => source.is_usage(),
            Self::Unknown { .. }
            | Self::NoParts
            | Self::Inputs { .. }
            | Self::Hops { .. }
            | Self::SpanSpelling { .. }
            | Self::Segment { .. }
            | Self::SegmentsEnd { .. } => true,
            _ => false,
        }
    }

    /// The same, with the record's number where there are several.
    pub(crate) fn of(self, record: usize, several: bool) -> Self {
        if several { Self::Record { record, source: Box::new(self) } } else { self }
    }
}
