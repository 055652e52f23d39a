//! Errors as one sentence and an exit code.

use crate::interrupt;
use crate::memory::megabytes;
use saliency::{attribution, checkpoint, schema, viz};
use std::path::PathBuf;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments contradict each other.
    #[error("{0}")]
    Usage(String),
    /// A file can't be read.
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    /// Ctrl-C.
    #[error("interrupted; nothing was written (--partial keeps finished rows)")]
    Interrupted,
    /// Ctrl-C with --partial, before any row was finished.
    #[error("interrupted before an output was finished; nothing was written")]
    TooEarly,
    /// Ctrl-C with --partial.
    #[error("interrupted; the finished rows were written")]
    Partial,
    /// Ctrl-C with --texts.
    #[error("interrupted; finished texts are in {path}, and the same command goes on after them")]
    TextsInterrupted { path: PathBuf },
    /// Ctrl-C while the server ran.
    #[cfg(feature = "lit-serve")]
    #[error("interrupted; the server has stopped")]
    ServerStopped,
    /// A text is too long for the machine.
    #[error(
        "the text is {tokens} tokens; one pass over it takes about {} MB of memory, and the machine has {} MB left; \
         shorten the text",
        megabytes(*needed), megabytes(*available)
    )]
    Memory { tokens: usize, needed: u64, available: u64 },
    /// A file or folder can't be written.
    #[error("{path}: {source}; nothing was written")]
    Write { path: PathBuf, source: std::io::Error },
    /// A pipe or a device does not accept the result.
    #[error("{path}: {source}; not everything was written")]
    InPlace { path: PathBuf, source: std::io::Error },
    /// Standard output is closed or full.
    #[error("standard output: {0}; write to a file with -o")]
    Stdout(std::io::Error),
    /// What went wrong with a line of a file.
    #[error("{path}, line {line}: {}", source.sentence())]
    InLine { path: PathBuf, line: usize, source: Box<Failure> },
    /// A text file is not UTF-8.
    #[error("{path}: byte {valid_up_to} is not UTF-8; convert the text to UTF-8 first")]
    NotUtf8 { path: PathBuf, valid_up_to: usize },
    /// A file does not contain records.
    #[error("{path}: {source}")]
    Record { path: PathBuf, source: schema::Error },
    /// A file does not contain scores.
    #[error("{path}: {source}")]
    ScoresFile { path: PathBuf, source: schema::scores::Error },
    /// A file is not a font, or the machine has none.
    #[error("--font {path}: {source}")]
    Font { path: PathBuf, source: viz::Error },
    /// A record could not be written.
    #[error(transparent)]
    Schema(#[from] schema::Error),
    /// The records could not be compared.
    #[error(transparent)]
    Compare(#[from] saliency::compare::Error),
    /// The scores could not be written.
    #[error(transparent)]
    Scores(#[from] schema::scores::Error),
    /// The model could not be loaded or run.
    #[error(transparent)]
    Model(#[from] checkpoint::Error),
    /// The model could not be fetched.
    #[cfg(feature = "hub")]
    #[error("{model:?} is not a folder, and as a name on the hub: {source}")]
    Fetch { model: String, source: Box<saliency::hub::Error> },
    /// The hub's cache or settings could not be read.
    #[cfg(feature = "hub")]
    #[error(transparent)]
    Hub(#[from] saliency::hub::Error),
    /// The records could not be shown in LIT.
    #[cfg(feature = "lit")]
    #[error(transparent)]
    Lit(#[from] saliency::lit::Error),
    /// The attributions could not be computed.
    #[error(transparent)]
    Attribution(#[from] attribution::Error),
    /// The unreduced attributions could not be written.
    #[error("--vectors: {0}")]
    Vectors(#[from] safetensors::SafeTensorError),
    /// The chart could not be drawn.
    #[error(transparent)]
    Draw(#[from] viz::Error),
}

impl Failure {
    /// 2 for a mistake in the arguments, 1 for any other failure.
    pub(crate) fn exit_code(&self) -> u8 {
        if let Self::InLine { source, .. } = self {
            return source.exit_code();
        }
        if matches!(self, Self::Interrupted | Self::TooEarly | Self::Partial | Self::TextsInterrupted { .. })
        {
            return interrupt::EXIT_CODE;
        }
        #[cfg(feature = "lit-serve")]
        if matches!(self, Self::ServerStopped) {
            return interrupt::EXIT_CODE;
        }
        let asked_wrongly = match self {
            Self::Usage(_) => true,
            Self::Model(error) => error.is_usage(),
            Self::Schema(error) => error.is_usage(),
            Self::Compare(error) => error.is_usage(),
            Self::Attribution(error) => error.is_usage(),
            Self::Draw(error) | Self::Font { source: error, .. } => error.is_usage(),
            #[cfg(feature = "hub")]
            Self::Hub(error) => error.is_usage(),
            _ => false,
        };
        if asked_wrongly { 2 } else { 1 }
    }

    /// The message on one line, without the stack trace that libtorch adds to its messages. Where a library's message
    /// names its interface, with the options that ask for it here.
    pub(crate) fn sentence(&self) -> String {
        let message = self.to_string();
        let line = message.lines().next().unwrap_or_default().trim_end();
        match self {
            Self::Schema(schema::Error::NoParts)
            | Self::Attribution(attribution::Error::Record(schema::Error::NoParts))
            | Self::Draw(
                viz::Error::Schema(schema::Error::NoParts)
                | viz::Error::Record { source: schema::Error::NoParts, .. },
            ) => {
                format!("{line}: --chat (and --system) or --template")
            }
            _ => in_flags(line),
        }
    }
}

/// A library's message with this program's flags for what it names of its interface.
pub(crate) fn in_flags(message: &str) -> String {
    let flags = [
        ("`Prompt::bos(true)`", "--bos yes"),
        ("`Prompt::bos(false)`", "--bos no"),
        ("`Prompt::bos`", "--bos"),
        ("`Prompt::special_as_text`", "--special-as-text"),
        ("`Prompt::date`", "--date"),
        ("`Prompt::question`", "--question"),
        ("`Prompt::template`", "--template"),
        ("`Options::record`", "--record K"),
        ("`Options::tokens`", "--tokens"),
        ("`Rule::language`", "--language CODE"),
        ("`Client::open`", "--client"),
    ];
    flags.into_iter().fold(message.to_owned(), |text, (api, flag)| text.replace(api, flag))
}
