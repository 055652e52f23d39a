//! A checkpoint: the network and its tokenizer, from a folder in Hugging Face's layout.

use crate::stored::{self, Place, Stored};
use crate::{Config, Error, Gpt2, Prompt, Tokenizer};
use saliency_attribution::{Generation, LanguageModel, Sequence, TokenId};
use saliency_schema::{Kind as TokenKind, Part, Token};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tch::{Device, Kind};

/// GPT-2 and its tokenizer.
///
/// ```no_run
/// use saliency_attribution::{Attributor, Generation};
/// use saliency_model_gpt2::{Checkpoint, Load};
///
/// let gpt2 = Checkpoint::open("path/to/gpt2", &Load::default())?;
/// let sequence = gpt2.generate("The race to Mars", &Generation::greedy(30))?;
/// let record = Attributor::new().record(&gpt2.model, &sequence)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    /// The network.
    pub model: Gpt2,
    /// Its tokenizer.
    pub tokenizer: Arc<Tokenizer>,
    /// What whoever loads it should know: tensors that hold NaN, tensors that no part of the model uses, tokens that
    /// the model has no embedding for. A sentence each.
    pub warnings: Vec<String>,
}

/// How a checkpoint is loaded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// The dtype that everything is computed in. Default: `Float`.
    pub kind: Kind,
    /// Where it is computed. Default: `Cpu`.
    pub device: Device,
}

impl Default for Load {
    fn default() -> Self {
        Self { kind: Kind::Float, device: Device::Cpu }
    }
}

impl Checkpoint {
    /// Reads `config.json`, the weights (`model.safetensors`, or the shards that `model.safetensors.index.json` names),
    /// and `tokenizer.json` or `vocab.json` with `merges.txt`.
    ///
    /// The weights are mapped into memory. Where they are stored in the dtype that is asked for and it runs on the CPU,
    /// they are not copied: the pages are the file's, shared with other processes. So the file must not be overwritten
    /// in place while the model lives; putting another one under its name is fine. Every number is looked at once, for
    /// NaN.
    ///
    /// # Errors
    /// The first file that is missing, cut off, or does not fit the others. Sizes are compared before any weights are
    /// read.
    pub fn open(folder: impl AsRef<Path>, load: &Load) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let name = folder.canonicalize().ok();
        let name = name.as_deref().unwrap_or(folder).file_name();
        let name = name.map_or_else(|| "gpt2".into(), |name| name.to_string_lossy());
        Self::open_as(folder, &name, load)
    }

    /// As [`open`](Self::open), under a name of its own instead of the folder's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_as(folder: impl AsRef<Path>, name: &str, load: &Load) -> Result<Self, Error> {
        let folder = folder.as_ref();
        if !folder.is_dir() {
            return Err(Error::NoFolder { path: folder.to_owned() });
        }
        // The small files first: an error in them should not wait for the weights.
        let path = folder.join("config.json");
        let repair = "every checkpoint in Hugging Face's layout has one";
        let config = if_there(&path)?.ok_or_else(|| Error::Missing { path: path.clone(), repair })?;
        let mut config = Config::from_json(&config, &path)?;
        let path = folder.join("generation_config.json");
        if let Some(json) = if_there(&path)? {
            config.generates(&json, &path)?;
        }
        let places = stored::files(folder)?.into_iter().map(Place::open).collect::<Result<_, _>>()?;
        let tokenizer = Tokenizer::open(folder)?;
        Self::from_places(name, config, places, tokenizer, load)
    }

    pub(crate) fn from_places(
        name: &str,
        config: Config,
        places: Vec<Place>,
        tokenizer: Tokenizer,
        load: &Load,
    ) -> Result<Self, Error> {
        check_device(load.device)?;
        let path = places.first().map_or_else(PathBuf::new, |place| place.path().to_owned());
        let mut stored = Stored::open(places.clone(), load.kind, load.device)?;
        let vocabulary = config.vocab_size;
        let model = Gpt2::build(config, &mut stored, name, &path)?.stored_in(places);
        let mut warnings: Vec<String> = stored
            .not_finite()
            .iter()
            .map(|(path, name)| {
                let path = path.display();
                format!("{path}: tensor {name:?} holds NaN or infinities; what is computed with it will too")
            })
            .collect();
        if model.config().tie_word_embeddings && model.has_own_head() {
            warnings.push(format!(
                "{}: lm_head.weight differs from the embeddings that config.json ties it to; it is used as it is stored",
                path.display()
            ));
        }
        let unused = stored.left();
        if let Some((path, first)) = unused.first() {
            let (path, many) = (path.display(), unused.len());
            warnings.push(format!(
                "{path}: {many} tensors are not GPT-2's and are not used, {first:?} the first"
            ));
        }
        warnings.extend(tokenizer.left_out());
        let tokens = tokenizer.size();
        if tokens > vocabulary {
            warnings.push(format!("the tokenizer has tokens up to number {}, the model embeddings for {vocabulary}; a text that needs a token beyond is refused", tokens - 1));
        }
        Ok(Self { model, tokenizer: Arc::new(tokenizer), warnings })
    }

    /// A text and its continuation by the model. An empty text is read where a token begins it ([`Prompt::bos`]).
    ///
    /// # Errors
    /// A text without a token, or one that is longer with its continuation than the context; a failing model.
    pub fn generate(&self, prompt: impl Into<Prompt>, generation: &Generation) -> Result<Sequence, Error> {
        self.generate_with(prompt, generation, &mut |_| true)
    }

    /// As [`generate`](Self::generate), and calls `each` with every new token; `false` stops.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_with(
        &self,
        prompt: impl Into<Prompt>,
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Sequence, Error> {
        let runs = self.generate_runs(prompt, std::slice::from_ref(generation), &mut |_, id| each(id))?;
        // One generation, one run.
        runs.into_iter().next().ok_or(Error::Attribution(saliency_attribution::Error::NoOutput))
    }

    /// A text and several continuations, for which it is read once. `each` is called with the run's number, from 0, and
    /// every new token; `false` stops that run.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_runs(
        &self,
        prompt: impl Into<Prompt>,
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Sequence>, Error> {
        let Read { inputs, about, end, notes } = self.read(&prompt.into())?;
        let ids: Vec<_> = inputs.iter().map(|t| t.id).collect();
        for generation in generations {
            generation.check()?;
        }
        let mut stops: Vec<Stop<'_>> = generations.iter().map(Stop::new).collect();
        // Texts that stop are looked for here, where the tokens' texts are known.
        let mut bare = generations.to_vec();
        for generation in &mut bare {
            generation.stop.clear();
        }
        let runs = self.model.generate_runs(&ids, &bare, &mut |run, id| {
            let goes_on = each(run, id);
            let stopped = stops.get_mut(run).is_some_and(|stop| stop.after(&self.tokenizer.bytes_of(id)));
            goes_on && !stopped
        })?;
        let sequence = |outputs: Vec<TokenId>| {
            let outputs = self.tokenizer.tokens(&outputs, TokenKind::Output, end);
            let sequence = self.named(Sequence::new(inputs.clone(), outputs)?);
            Ok(sequence.with_prompt(about.clone()).with_notes(notes.clone()))
        };
        runs.into_iter().map(sequence).collect()
    }

    /// A text and a continuation that is given. Each is tokenised on its own.
    ///
    /// # Errors
    /// A text or a continuation that is empty.
    pub fn force(&self, prompt: impl Into<Prompt>, continuation: &str) -> Result<Sequence, Error> {
        let prompt = prompt.into();
        let Read { inputs, about, end, notes } = self.read(&prompt)?;
        let outputs = self.encode_beside(&prompt, continuation, TokenKind::Output, end)?;
        if outputs.is_empty() {
            return Err(Error::EmptyText { what: "continuation" });
        }
        self.check_vocabulary(&outputs)?;
        Ok(self.named(Sequence::new(inputs, outputs)?).with_prompt(about).with_notes(notes))
    }

    /// The tokens of another text than the prompt's, whose special tokens are read as the prompt's own are
    /// ([`Prompt::special_as_text`]). Its first byte is `first_byte` of the whole text.
    ///
    /// # Errors
    /// What the tokenizer says.
    pub fn encode_beside(
        &self,
        prompt: &Prompt,
        text: &str,
        kind: TokenKind,
        first_byte: usize,
    ) -> Result<Vec<Token>, Error> {
        if prompt.reads_special_as_text() {
            self.tokenizer.encode_plain(text, kind, first_byte)
        } else {
            self.tokenizer.encode(text, kind, first_byte)
        }
    }

    /// A sequence that can name every token of the vocabulary.
    fn named(&self, sequence: Sequence) -> Sequence {
        let tokenizer = Arc::clone(&self.tokenizer);
        sequence.with_texts(move |id| tokenizer.bytes_of(id))
    }

    fn read(&self, prompt: &Prompt) -> Result<Read, Error> {
        let filled = prompt.filled(&self.tokenizer)?;
        let mut inputs = Vec::new();
        if prompt.is_begun(&self.tokenizer) {
            let bos = self.tokenizer.bos().ok_or(Error::NoBos)?;
            inputs = self.tokenizer.tokens(&[bos], TokenKind::Input, 0);
        }
        let bos = inputs.first().map(|token| token.id);
        let begins = inputs.last().and_then(|token| token.end).unwrap_or(0);
        let empty = filled.whole.is_empty();
        match (empty, &filled.made) {
            (true, _) if bos.is_none() => return Err(Error::EmptyText { what: "text" }),
            (true, _) => {}
            (false, _) if !prompt.reads_special_as_text() => {
                inputs.extend(self.tokenizer.encode(&filled.whole, TokenKind::Input, begins)?);
            }
            (false, Some(made)) => {
                inputs.extend(self.tokenizer.encode_around(&filled.whole, made, TokenKind::Input, begins)?);
            }
            (false, None) => {
                let why = "it says the text elsewhere or twice, so that special tokens of the text can't be told from its own; \
                           leave --special-as-text out, or give another template";
                return Err(Error::Template { template: "chat".to_owned(), why: why.to_owned() });
            }
        }
        if !empty && inputs.len() == usize::from(bos.is_some()) {
            return Err(Error::EmptyText { what: "text, as the tokenizer reads it," });
        }
        self.check_vocabulary(&inputs)?;
        let mut notes = Vec::new();
        if let (Some(bos), Some(second)) = (bos, inputs.get(1))
            && second.id == bos
        {
            notes.push(format!(
                "the input begins with {0:?} twice: once because it is put before a text, and once because the text or its template \
                 starts with it; --bos no (Prompt::bos(false)) leaves the first one out",
                second.text
            ));
        }
        let text = filled.text.map(|text| [begins + text.start, begins + text.end]);
        let moved = |part: Part| Part::new(part.name, begins + part.start..begins + part.end);
        let parts = filled.parts.into_iter().map(moved).collect();
        let mut about = saliency_schema::Prompt::new(bos.is_some()).with_parts(parts);
        (about.template, about.text) = (prompt.template_name(), text);
        Ok(Read { inputs, about, end: begins + filled.whole.len(), notes })
    }

    /// Refuses tokens that the model has no embedding for.
    fn check_vocabulary(&self, tokens: &[Token]) -> Result<(), Error> {
        let vocabulary = self.model.config().vocab_size;
        match tokens.iter().find(|token| token.id as usize >= vocabulary) {
            Some(token) => Err(Error::Vocabulary { text: token.text.clone(), id: token.id, vocabulary }),
            None => Ok(()),
        }
    }
}

/// A prompt that was read.
struct Read {
    /// Its tokens.
    inputs: Vec<Token>,
    /// What a record says of it.
    about: saliency_schema::Prompt,
    /// Where its text ends.
    end: usize,
    /// What whoever reads a record should know.
    notes: Vec<String>,
}

/// The texts after which a run ends, and what it has said so far.
struct Stop<'a> {
    generation: &'a Generation,
    said: Vec<u8>,
    tokens: usize,
}

impl<'a> Stop<'a> {
    fn new(generation: &'a Generation) -> Self {
        Self { generation, said: Vec::new(), tokens: 0 }
    }

    /// Whether the run ends after a token of these bytes.
    fn after(&mut self, bytes: &[u8]) -> bool {
        let before = self.said.len();
        self.said.extend_from_slice(bytes);
        self.tokens += 1;
        self.tokens >= self.generation.at_least
            && self.generation.stop.iter().any(|stop| {
                // Only what this token can have completed.
                let from = before.saturating_sub(stop.len() - 1);
                self.said[from..].windows(stop.len()).any(|window| window == stop.as_bytes())
            })
    }
}

/// A file's bytes, or `None` where there is no such file.
pub(crate) fn if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
    }
}

fn check_device(device: Device) -> Result<(), Error> {
    let why = match device {
        Device::Cuda(_) if !tch::Cuda::is_available() => {
            "this libtorch has no CUDA or sees no GPU; set LIBTORCH or LIBTORCH_USE_PYTORCH to one that does"
        }
        Device::Cuda(n) if n as i64 >= tch::Cuda::device_count() => "this machine has fewer GPUs than that",
        Device::Mps if !tch::utils::has_mps() => "this libtorch has no MPS",
        Device::Vulkan => "Vulkan is not supported",
        _ => return Ok(()),
    };
    Err(Error::Device { device: format!("{device:?}"), why })
}
