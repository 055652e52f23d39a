//! The tabs under the first screen: each is there only where it adds something.

use crate::chart::Chart;
use crate::charts::{LongOutput, Minimap, TallMultiple};
use crate::options::Options;
use crate::options::look::Look;
use saliency_schema::Record;

/// What rows and columns can be.
pub(crate) const GRAINS: [&str; 3] = ["tokens", "words", "sentences"];

/// Outputs from which on a record is long.
const LONG: usize = 60;

/// A tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// A small copy of the text for each output.
    Every,
    /// Continuations side by side.
    Continuations,
    /// A strip for each method, with its agreement.
    Methods,
    /// All cells of long outputs.
    Long,
    /// The row in hand, token by token.
    Table,
    /// How the records were made, and what the numbers are.
    About,
}

impl Tab {
    /// Those that add something, for these records.
    pub(crate) fn of(records: &[Record]) -> Vec<Self> {
        let several = records.len() > 1;
        let alike = records.iter().skip(1).any(|record| same_tokens(&records[0], record));
        let differ = records.iter().skip(1).any(|record| !same_tokens(&records[0], record));
        let tabs = [
            (Self::Every, records.iter().any(|record| record.n_output() > 1)),
            (Self::Continuations, several && differ),
            (Self::Methods, several && alike),
            (Self::Long, records.iter().any(|record| record.n_output() > LONG)),
            (Self::Table, true),
            (Self::About, true),
        ];
        tabs.into_iter().filter(|(_, adds)| *adds).map(|(tab, _)| tab).collect()
    }

    /// Its name in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Every => "every",
            Self::Continuations => "continuations",
            Self::Methods => "methods",
            Self::Long => "long",
            Self::Table => "table",
            Self::About => "about",
        }
    }

    /// What stands on it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Every => "Every output",
            Self::Continuations => "Continuations",
            Self::Methods => "Methods",
            Self::Long => "Long outputs",
            Self::Table => "Table",
            Self::About => "About the numbers",
        }
    }

    /// Whether it is there without script, and on a page that is no report.
    pub(crate) fn needs_no_script(self) -> bool {
        matches!(self, Self::Table | Self::About)
    }

    /// The chart that it shows.
    pub(crate) fn chart(self) -> Option<&'static dyn Chart> {
        match self {
            Self::Every => Some(&Minimap),
            Self::Continuations => Some(&TallMultiple),
            Self::Long => Some(&LongOutput),
            Self::Methods | Self::Table | Self::About => None,
        }
    }
}

/// Whether two records have the same tokens, and as many inputs.
pub(crate) fn same_tokens(a: &Record, b: &Record) -> bool {
    let tokens =
        |record: &Record| (record.n_input(), record.tokens.iter().map(|token| token.id).collect::<Vec<_>>());
    a.tokens.len() == b.tokens.len()
        && tokens(a) == tokens(b)
        && a.tokens.iter().zip(&b.tokens).all(|(a, b)| a.text == b.text)
}

/// What charts' rows and columns are, by the options.
pub(crate) fn grain(options: &Options) -> &'static str {
    if options.tokens || options.look == Look::Notebook { "tokens" } else { "words" }
}
