//! A checkpoint: a network and its tokenizer, from a folder in Hugging Face's layout.

use crate::architecture::{Architecture, Identity};
use crate::end_of_text;
use crate::error::Error;
use crate::folder::Folder;
use crate::load::Load;
use crate::prompt::Prompt;
use crate::stop::Stop;
use crate::tensors::digest::WeightsDigest;
use crate::tensors::files::TensorFiles;
use crate::tensors::shards;
use crate::tensors::stored::StoredTensors;
use crate::tensors::weights_file::WeightsFile;
use crate::tokenizer::{Reading, Tokenizer};
use saliency_attribution::{Generation, LanguageModel, ReadModel, Sequence, TokenId};
use saliency_schema::{Kind as TokenKind, Part, Token};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A vocabulary may be larger than its tokenizer by this much or by an eighth, because sizes are padded.
const PADDING: usize = 1024;

/// A language model and its tokenizer. Without a parameter it is a model of any family, as a table of families opens
/// it ([`open_any`](Checkpoint::open_any)).
///
/// ```no_run
/// # fn open<M: saliency_checkpoint::Architecture>() -> Result<(), Box<dyn std::error::Error>> {
/// use saliency_attribution::{Attributor, Generation};
/// use saliency_checkpoint::{Checkpoint, Load};
///
/// let checkpoint = Checkpoint::<M>::open("path/to/folder", &Load::default())?;
/// let sequence = checkpoint.generate("The race to Mars", &Generation::greedy(30))?;
/// let record = Attributor::new().record(&checkpoint.model, &sequence)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Checkpoint<M = Box<dyn LanguageModel + Send>> {
    /// The network.
    pub model: M,
    /// Its tokenizer.
    pub tokenizer: Arc<Tokenizer>,
    /// What whoever loads it should know: tensors that hold NaN, tensors that no part of the model uses, tokens that
    /// the model has no embedding for, a tokenizer that looks like another model's. A sentence each.
    pub warnings: Vec<String>,
}

/// The files of a model that is part of a program.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    config: &'static [u8],
    tokenizer: &'static [u8],
    weights: &'static [u8],
}

impl Bundled {
    /// `config.json`, `tokenizer.json` and `model.safetensors`.
    pub const fn new(config: &'static [u8], tokenizer: &'static [u8], weights: &'static [u8]) -> Self {
        Self { config, tokenizer, weights }
    }
}

impl<M: Architecture> Checkpoint<M> {
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
        Self::open_as(folder, &name_of(folder), load)
    }

    /// As [`open`](Self::open), under a name of its own instead of the folder's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_as(folder: impl AsRef<Path>, name: &str, load: &Load) -> Result<Self, Error> {
        Self::of_folder(&Folder::open(folder.as_ref())?, name, load)
    }

    /// A model that is part of a program.
    ///
    /// # Errors
    /// A device that is not there; files that do not fit each other.
    pub fn open_bundled(files: &Bundled, name: &str, load: &Load) -> Result<Self, Error> {
        let folder = PathBuf::from(name);
        let config = M::config(files.config, &folder.join("config.json"))?;
        let tokenizer = Tokenizer::from_json(files.tokenizer, &folder.join("tokenizer.json"))?;
        let weights = vec![WeightsFile::Bytes(files.weights, folder.join("model.safetensors"))];
        Self::build_of(config, Identity::new(name), weights, tokenizer, load)
    }

    /// The small files first: an error in them should not wait for the weights.
    pub(crate) fn of_folder(folder: &Folder, name: &str, load: &Load) -> Result<Self, Error> {
        let config = M::config(folder.config(), &folder.config_path())?;
        let mut identity = Identity::new(name);
        identity.ends_of_text = end_of_text::of_folder(folder.path())?;
        let weights = shards::files(folder.path())?;
        let weights = weights.into_iter().map(WeightsFile::open).collect::<Result<Vec<_>, _>>()?;
        // It has the time of reading the tokenizer, which is one thread's work.
        identity.digest = Some(WeightsDigest::new(weights.clone()));
        let tokenizer = Tokenizer::open(folder.path())?;
        Self::build_of(config, identity, weights, tokenizer, load)
    }

    fn build_of(
        config: M::Config,
        identity: Identity,
        weights: Vec<WeightsFile>,
        tokenizer: Tokenizer,
        load: &Load,
    ) -> Result<Self, Error> {
        load.check()?;
        let tensors = TensorFiles::open(weights.clone(), (load.kind, load.device), M::tensor_name)?;
        Self::build(config, (identity, weights), tensors, tokenizer)
    }

    pub(crate) fn build(
        config: M::Config,
        (mut identity, files): (Identity, Vec<WeightsFile>),
        mut tensors: impl StoredTensors,
        tokenizer: Tokenizer,
    ) -> Result<Self, Error> {
        identity.path = files.first().map_or_else(PathBuf::new, |file| file.path().to_owned());
        identity.digest.get_or_insert_with(|| WeightsDigest::new(files));
        let model = M::build(config, tensors.source(), identity)?;
        let mut warnings: Vec<String> = tensors
            .not_finite()
            .iter()
            .map(|(path, name)| {
                let path = path.display();
                format!("{path}: tensor {name:?} holds NaN or infinities; what is computed with it will too")
            })
            .collect();
        warnings.extend(model.remarks());
        let unused: Vec<&str> = tensors.names().into_iter().filter(|name| !M::is_buffer(name)).collect();
        if let Some(first) = unused.first() {
            let (path, many, family) = (tensors.file(first).display(), unused.len(), M::NAME);
            warnings.push(format!(
                "{path}: {many} tensors are not {family}'s and are not used, {first:?} the first"
            ));
        }
        warnings.extend_from_slice(tokenizer.remarks());
        if model.start_token().is_none() {
            warnings.extend(tokenizer.left_out());
        }
        let (tokens, vocabulary) = (tokenizer.size(), model.limits().vocabulary);
        if tokens > vocabulary {
            warnings.push(format!(
                "the tokenizer has tokens up to number {}, the model embeddings for {vocabulary}; \
                 a text that needs a token beyond is refused",
                tokens - 1
            ));
        } else if vocabulary - tokens > (vocabulary / 8).max(PADDING) {
            warnings.push(format!(
                "the tokenizer has {tokens} tokens, the model embeddings for {vocabulary}; if it isn't the model's own, take \
                 the one that was published with the weights"
            ));
        }
        Ok(Self { warnings, ..Self::new(model, tokenizer) })
    }
}

/// The name of a folder, however it is written.
pub(crate) fn name_of(folder: &Path) -> String {
    let canonical = folder.canonicalize().ok();
    let name = canonical.as_deref().unwrap_or(folder).file_name();
    name.map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
}

impl<M: LanguageModel + Send + 'static> Checkpoint<M> {
    /// The same, as a model of any family.
    pub fn boxed(self) -> Checkpoint {
        Checkpoint { model: Box::new(self.model), tokenizer: self.tokenizer, warnings: self.warnings }
    }
}

impl<M: LanguageModel> Checkpoint<M> {
    /// A model and a tokenizer of whatever origin.
    pub fn new(model: M, tokenizer: impl Into<Arc<Tokenizer>>) -> Self {
        Self { model, tokenizer: tokenizer.into(), warnings: Vec::new() }
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

    /// The same checkpoint, whose model has read a text: what it generates after it, and the gradients of what follows
    /// it, begin where reading ended ([`ReadModel`]).
    ///
    /// ```no_run
    /// # fn run(checkpoint: &saliency_checkpoint::Checkpoint) -> Result<(), Box<dyn std::error::Error>> {
    /// use saliency_attribution::{Attributor, Generation};
    ///
    /// let read = checkpoint.read("The race to Mars")?;
    /// let sequence = read.generate("The race to Mars", &Generation::greedy(30))?;
    /// let record = Attributor::new().record(&read.model, &sequence)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn read(&self, prompt: impl Into<Prompt>) -> Result<Checkpoint<ReadModel<'_>>, Error> {
        let EncodedPrompt { inputs, .. } = self.encode_prompt(&prompt.into())?;
        let ids: Vec<_> = inputs.iter().map(|token| token.id).collect();
        Ok(Checkpoint::new(ReadModel::new(&self.model, &ids)?, Arc::clone(&self.tokenizer)))
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
        let EncodedPrompt { inputs, about, end, notes } = self.encode_prompt(&prompt.into())?;
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
            let outputs = if self.model.start_token().is_some() {
                self.ended(self.tokenizer.tokens_of_target(&outputs, TokenKind::Output, end))
            } else {
                self.tokenizer.tokens(&outputs, TokenKind::Output, end)
            };
            let sequence = self.named(Sequence::new(inputs.clone(), outputs)?);
            Ok(sequence.with_prompt(about.clone()).with_notes(notes.clone()))
        };
        runs.into_iter().map(sequence).collect()
    }

    /// A target whose end-of-text token, as that of its source, holds none of the text.
    fn ended(&self, mut outputs: Vec<Token>) -> Vec<Token> {
        let ends = self.model.ends_of_text();
        if let Some(last) = outputs.pop_if(|last| ends.contains(&last.id)) {
            let start = last.start.unwrap_or(0);
            outputs.push(last.with_span(start..start));
        }
        outputs
    }

    /// A text and a continuation that is given, of an encoder–decoder the target. Each is tokenised on its own.
    ///
    /// # Errors
    /// A text or a continuation that is empty.
    pub fn force(&self, prompt: impl Into<Prompt>, continuation: &str) -> Result<Sequence, Error> {
        let prompt = prompt.into();
        let EncodedPrompt { inputs, about, end, notes } = self.encode_prompt(&prompt)?;
        let outputs = self.encode_beside(&prompt, continuation, TokenKind::Output, end)?;
        if outputs.is_empty() {
            return Err(Error::EmptyText { what: "continuation" });
        }
        self.check_vocabulary(&outputs)?;
        Ok(self.named(Sequence::new(inputs, outputs)?).with_prompt(about).with_notes(notes))
    }

    /// The tokens of another text than the prompt's, whose special tokens are read as the prompt's own are
    /// ([`Prompt::special_as_text`]). Its first byte is `first_byte` of the whole text. Outputs go on after the prompt;
    /// those of an encoder–decoder begin a text of their own.
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
        let goes_on = kind == TokenKind::Output && self.model.start_token().is_none();
        let reading = Reading { plain: prompt.reads_special_as_text(), goes_on };
        self.tokenizer.read(text, reading, kind, first_byte)
    }

    /// A sequence that can name every token of the vocabulary.
    fn named(&self, sequence: Sequence) -> Sequence {
        let tokenizer = Arc::clone(&self.tokenizer);
        sequence.with_texts(move |id| tokenizer.bytes_of(id))
    }

    fn encode_prompt(&self, prompt: &Prompt) -> Result<EncodedPrompt, Error> {
        let filled = prompt.filled(&self.tokenizer, self.model.start_token().is_some())?;
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
                           leave `Prompt::special_as_text` out, or give another template";
                return Err(Error::Template { template: "chat".to_owned(), why: why.to_owned() });
            }
        }
        if !empty && inputs.len() == usize::from(bos.is_some()) {
            return Err(Error::EmptyText { what: "text, as the tokenizer reads it," });
        }
        let end = begins + filled.whole.len();
        if let Some(start) = self.model.start_token() {
            if empty {
                return Err(Error::EmptyText { what: "source" });
            }
            // The source ends as its tokenizer ends a text, and the decoder's start token is the last input.
            inputs.extend(self.tokenizer.marks(self.tokenizer.after(), end));
            inputs.extend(self.tokenizer.marks(&[start], end));
        }
        self.check_vocabulary(&inputs)?;
        let mut notes = Vec::new();
        if let (Some(bos), Some(second)) = (bos, inputs.get(1))
            && second.id == bos
        {
            notes.push(format!(
                "the input begins with {0:?} twice: once because it is put before a text, and once because the text or its template \
                 starts with it; `Prompt::bos(false)` leaves the first one out",
                second.text
            ));
        }
        let text = filled.text.map(|text| [begins + text.start, begins + text.end]);
        let moved = |part: Part| Part::new(part.name, begins + part.start..begins + part.end);
        let parts = filled.parts.into_iter().map(moved).collect();
        let mut about = saliency_schema::Prompt::new(bos.is_some()).with_parts(parts);
        (about.template, about.text) = (prompt.template_name(&self.tokenizer), text);
        Ok(EncodedPrompt { inputs, about, end, notes })
    }

    /// Refuses tokens that the model has no embedding for.
    fn check_vocabulary(&self, tokens: &[Token]) -> Result<(), Error> {
        let vocabulary = self.model.limits().vocabulary;
        match tokens.iter().find(|token| token.id as usize >= vocabulary) {
            Some(token) => Err(Error::Vocabulary { text: token.text.clone(), id: token.id, vocabulary }),
            None => Ok(()),
        }
    }
}

/// A prompt that was read.
struct EncodedPrompt {
    /// Its tokens.
    inputs: Vec<Token>,
    /// What a record says of it.
    about: saliency_schema::Prompt,
    /// Where its text ends.
    end: usize,
    /// What whoever reads a record should know.
    notes: Vec<String>,
}
