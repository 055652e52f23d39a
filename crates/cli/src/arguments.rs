//! What can be asked, and how: the arguments of every command.

use clap::{Args, Parser, Subcommand};
use saliency::attribution::{Aggregate, Normalize};
use saliency::viz::{Palette, State, Theme};
use std::path::PathBuf;

/// Which words did a language model look at? Attributions for a whole paragraph, and pictures of them.
///
/// Get a picture:
///
///   saliency attribute --text "The race to Mars involves" -o record.json
///   saliency draw tall-heatmap record.json -o picture.svg
///
/// or every chart on one page:
///
///   saliency report record.json -o folder        (then open folder/index.html)
///
/// `--model demo`, the default, is a small model that comes along. `--model FOLDER` reads any GPT-2 in
/// Hugging Face's layout.
#[derive(Debug, Parser)]
#[command(name = "saliency", version, max_term_width = 100, verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Print no progress and no remarks on standard error; errors still are.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Continue a text and attribute every output token to the tokens before it; writes a record (JSON).
    Attribute(Box<AttributeArguments>),
    /// Draw a chart of records as SVG, PNG or HTML.
    Draw(Box<DrawArguments>),
    /// Draw every chart of some records onto one page: FOLDER/index.html.
    Report(Box<ReportArguments>),
    /// List the charts.
    Charts(ListArguments),
    /// List the attribution methods, targets, aggregates and normalisations.
    Methods(ListArguments),
    /// Print the record's JSON Schema.
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AttributeArguments {
    /// `-` reads the text from standard input.
    #[arg(value_name = "-", conflicts_with_all = ["text", "text_file"])]
    pub(crate) stdin: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) explain: ExplainArguments,
    /// The attribution method; `saliency methods` lists them. Default: gradient-x-input.
    #[arg(long, value_name = "M")]
    pub(crate) method: Option<String>,
    /// The file's form: ours, or the JSON that the original notebook's page reads.
    #[arg(long, value_enum, default_value_t = Format::Record, value_name = "F")]
    pub(crate) format: Format,
    /// Write here instead of to standard output; `.jsonl` writes one record a line.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Where the text and its continuation come from.
#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// `demo`, or a folder with config.json, model.safetensors and tokenizer.json.
    #[arg(long, default_value = "demo", value_name = "demo|FOLDER", help_heading = "Model")]
    pub(crate) model: String,
    /// The text.
    #[arg(
        long,
        value_name = "T",
        conflicts_with = "text_file",
        allow_hyphen_values = true,
        help_heading = "Text"
    )]
    pub(crate) text: Option<String>,
    /// A file with the text, in UTF-8; one final newline is dropped.
    #[arg(long, value_name = "F", help_heading = "Text")]
    pub(crate) text_file: Option<PathBuf>,
    /// How many tokens to add. Default: 30; fewer where the end-of-text token comes first.
    #[arg(long, value_name = "N", conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) generate: Option<usize>,
    /// A given continuation instead of the model's own; it is tokenised on its own.
    #[arg(long, value_name = "T", allow_hyphen_values = true, help_heading = "Text")]
    pub(crate) continuation: Option<String>,
    /// Draw tokens at random instead of taking the most probable one.
    #[arg(long, conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) sample: bool,
    /// With --sample: below 1 sharpens the distribution, above 1 flattens it. Default: 1.
    #[arg(long, value_name = "X", requires = "sample", help_heading = "Text")]
    pub(crate) temperature: Option<f64>,
    /// With --sample: only the K most probable tokens.
    #[arg(long, value_name = "K", requires = "sample", help_heading = "Text")]
    pub(crate) top_k: Option<usize>,
    /// With --sample: only the most probable tokens that together hold this share.
    #[arg(long, value_name = "P", requires = "sample", help_heading = "Text")]
    pub(crate) top_p: Option<f64>,
    /// Seed of everything random; run number k takes S + k. Default: 0.
    #[arg(long, value_name = "S", help_heading = "Text")]
    pub(crate) seed: Option<u64>,
    /// With --sample: this many continuations, one record each.
    #[arg(long, value_name = "K", default_value_t = 1, help_heading = "Text")]
    pub(crate) runs: u64,
    /// Precision of everything that is computed.
    #[arg(long, value_enum, default_value_t = Dtype::F32, value_name = "D", help_heading = "Model")]
    pub(crate) dtype: Dtype,
    /// Where it is computed: cpu, cuda, cuda:N or mps.
    #[arg(long, default_value = "cpu", value_name = "D", help_heading = "Model")]
    pub(crate) device: String,
    /// Threads to compute with. Default: libtorch's own choice.
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub(crate) threads: Option<u16>,
}

/// What is explained, and how it is reduced.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The scalar that is explained; `saliency methods` lists them.
    #[arg(long, default_value = "probability", value_name = "T", help_heading = "Attribution")]
    pub(crate) target: String,
    /// With a contrast- target: the token that the produced one is held against, with its leading space if it has one.
    /// Given again, the mean over them. Default: the most probable other token.
    #[arg(long, value_name = "T", allow_hyphen_values = true, help_heading = "Attribution")]
    pub(crate) alternative: Vec<String>,
    /// From a vector over hidden dimensions to a number: sum, mean, l1, l2, max-abs. Default: the method's
    /// own: l2, or sum where attributions add up.
    #[arg(long, value_name = "A", help_heading = "Attribution")]
    pub(crate) aggregate: Option<String>,
    /// How rows are scaled: none, sum, sum-abs, max-abs. Default: sum where there is no sign, else none.
    #[arg(long, value_name = "N", help_heading = "Attribution")]
    pub(crate) normalize: Option<String>,
    /// Points on the path, for methods that follow one. Default: the method's own (50).
    #[arg(long, value_name = "K", help_heading = "Attribution")]
    pub(crate) steps: Option<u32>,
    /// The baseline, for methods that have one: zero, eos. Default: the method's own.
    #[arg(long, value_name = "B", help_heading = "Attribution")]
    pub(crate) baseline: Option<String>,
}

impl ExplainArguments {
    pub(crate) fn aggregate(&self) -> Result<Option<Aggregate>, saliency::attribution::Error> {
        self.aggregate.as_deref().map(str::parse).transpose()
    }
    pub(crate) fn normalize(&self) -> Result<Option<Normalize>, saliency::attribution::Error> {
        self.normalize.as_deref().map(str::parse).transpose()
    }
}

#[derive(Debug, Args)]
pub(crate) struct DrawArguments {
    /// Which chart; `saliency charts` lists them.
    pub(crate) chart: String,
    /// Record files, ours or the notebook's; `-` is standard input.
    #[arg(required = true, value_name = "RECORD")]
    pub(crate) records: Vec<PathBuf>,
    /// The row the others are compared with: output number N, from 0, of panel P.
    #[arg(long, value_name = "[P:]N")]
    pub(crate) lock: Option<State>,
    /// The row whose attributions the paragraph shows.
    #[arg(long, value_name = "[P:]N")]
    pub(crate) hover: Option<State>,
    /// The input token under the pointer: its position, from 0.
    #[arg(long, value_name = "I")]
    pub(crate) token: Option<usize>,
    #[command(flatten)]
    pub(crate) look: LookArguments,
    /// Which record, from 0, where several are given to a chart of one.
    #[arg(long, value_name = "K")]
    pub(crate) record: Option<usize>,
    /// How wide the picture is, in units (pixels at --scale 1). Default: the chart's own.
    #[arg(long, value_name = "UNITS")]
    pub(crate) width: Option<f64>,
    /// The picture's title. Default: the chart's own.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The model's name, for records that do not hold one.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// The method's name, for records that do not hold one.
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<String>,
    /// minimap: thumbnails in a line. Default: 3.
    #[arg(long, value_name = "N")]
    pub(crate) columns: Option<usize>,
    /// tokens: rows of the table. Default: 40.
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// A font file for characters that the embedded font lacks (CJK, emoji), for PNG and PDF. May be given again.
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Vec<PathBuf>,
    /// Pixels for each unit of the drawing, for PNG.
    #[arg(long, value_name = "X", default_value_t = 2.0)]
    pub(crate) scale: f32,
    /// The picture: .svg, .png, .pdf or .html; .txt for a chart that has a text form, which is printed without -o.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How charts look.
#[derive(Debug, Args)]
pub(crate) struct LookArguments {
    /// light, dark or print.
    #[arg(long, value_name = "T", default_value = "light")]
    pub(crate) theme: Theme,
    /// The colours: ylgnbu, viridis, plasma or blues; piyg or puor where values have a sign (or a row is locked).
    #[arg(long, value_name = "P")]
    pub(crate) palette: Option<Palette>,
    /// The quantile of the absolute values that the colour scale ends at.
    #[arg(long, value_name = "Q", default_value_t = 0.99)]
    pub(crate) clip: f64,
    /// Where the colour scale ends, in units of the data. Default: from the data, by --clip.
    #[arg(long, value_name = "X")]
    pub(crate) scale_max: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Record files, ours or the notebook's; `-` is standard input. Or give a text instead.
    #[arg(value_name = "RECORD", conflicts_with_all = ["text", "text_file"])]
    pub(crate) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) explain: ExplainArguments,
    /// With a text: the methods to show, separated by commas. Default: gradient-x-input.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) methods: Vec<String>,
    #[command(flatten)]
    pub(crate) look: LookArguments,
    /// The folder to write to; it is made where it does not exist.
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Record,
    Notebook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dtype {
    F32,
    F64,
    Bf16,
}
