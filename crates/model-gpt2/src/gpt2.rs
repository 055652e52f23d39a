//! The network: GPT-2's parts, and what attribution asks of a model.

use crate::config::Config;
use crate::known;
use crate::weights;
use saliency_attribution::{
    BackwardRule, Generation, Inside, LanguageModel, Limits, ModelError, Pass, PrefixCache, Randomize,
    Reading, Tape, TokenId,
};
use saliency_checkpoint::{Architecture, Error, Identity, Known, TensorSource, WeightsDigest};
use saliency_transformer::Decoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// GPT-2, with its weights on one device in one dtype.
#[derive(Debug)]
pub struct Gpt2 {
    config: Config,
    name: String,
    /// Its first weights file.
    path: PathBuf,
    digest: Option<WeightsDigest>,
    decoder: Decoder,
}

impl Gpt2 {
    /// A GPT-2 of given tensors, named as in a checkpoint without the `transformer.` prefix. They may be
    /// variables that are trained: [`logits_at`](Self::logits_at) is differentiable with respect to them.
    ///
    /// # Errors
    /// A configuration that can't be honoured, or a tensor that is missing or has another shape.
    pub fn from_tensors(
        config: Config,
        mut tensors: BTreeMap<String, Tensor>,
        name: &str,
    ) -> Result<Self, Error> {
        config.check(Path::new("the tensors"))?;
        Self::of(config, &mut tensors, Identity::new(name))
    }

    fn of(config: Config, tensors: &mut dyn TensorSource, identity: Identity) -> Result<Self, Error> {
        let decoder = config.decoder(tensors, &identity.path)?;
        let config = config.ending_with(identity.ends_of_text);
        Ok(Self { config, name: identity.name, path: identity.path, digest: identity.digest, decoder })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The network's parts, which methods look into.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.decoder.device()
    }

    /// The dtype of the weights and of everything that is computed.
    pub fn kind(&self) -> Kind {
        self.decoder.kind()
    }

    /// Whether the head is not the token embeddings again.
    pub fn has_own_head(&self) -> bool {
        self.decoder.has_own_head()
    }

    /// Token embeddings, before positions are added.
    ///
    /// # Shapes
    /// - `ids`: int64, `[batch, tokens]`; returns `[batch, tokens, hidden]`
    ///
    /// # Errors
    /// What libtorch says, for a number outside the vocabulary among others.
    pub fn embed_ids(&self, ids: &Tensor) -> Result<Tensor, Error> {
        Ok(self.decoder.embed_ids(ids)?)
    }

    /// Logits at some positions, from token embeddings that need not be those of any token.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`
    /// - `positions`: within `0..tokens`; all where `None`
    /// - returns `[batch, positions, vocabulary]`
    ///
    /// The last block and the head run at these positions only, and no block sees a later token.
    ///
    /// # Errors
    /// What libtorch says, for more tokens than the context among others.
    pub fn logits_at(&self, embeddings: &Tensor, positions: Option<Range<usize>>) -> Result<Tensor, Error> {
        let positions = positions.unwrap_or(0..embeddings.size()[1] as usize);
        Ok(self.decoder.logits_at(embeddings, positions)?)
    }
}

impl Architecture for Gpt2 {
    const NAME: &'static str = "GPT-2";
    const MODEL_TYPES: &'static [&'static str] = &["gpt2"];
    const KNOWN: &'static [Known] = &known::KNOWN;
    type Config = Config;

    /// The first GPT-2s were published before `model_type` was.
    fn recognizes(config: &Value) -> bool {
        match config.get("model_type") {
            Some(model_type) => model_type == "gpt2",
            None => config.is_object(),
        }
    }

    fn config(json: &[u8], path: &Path) -> Result<Config, Error> {
        Config::from_json(json, path)
    }

    fn tensor_name(stored: &str) -> &str {
        weights::name(stored)
    }

    fn is_buffer(name: &str) -> bool {
        weights::is_buffer(name)
    }

    fn build(config: Config, tensors: &mut dyn TensorSource, identity: Identity) -> Result<Self, Error> {
        Self::of(config, tensors, identity)
    }

    fn remarks(&self) -> Vec<String> {
        let untied = self.config.tie_word_embeddings && self.has_own_head();
        let remark = || {
            format!(
                "{}: lm_head.weight differs from the embeddings that config.json ties it to; it is used as it is stored",
                self.path.display()
            )
        };
        untied.then(remark).into_iter().collect()
    }
}

impl Randomize for Gpt2 {
    fn blocks(&self) -> usize {
        self.decoder.blocks.len()
    }

    fn randomized(&self, blocks: Range<usize>, seed: u64) -> Result<Box<dyn LanguageModel>, ModelError> {
        let decoder = self.decoder.randomized(&blocks, seed)?;
        let name = format!("{} with random blocks {} to {}", self.name, blocks.start, blocks.end);
        Ok(Box::new(Self {
            config: self.config.clone(),
            name,
            path: self.path.clone(),
            digest: None,
            decoder,
        }))
    }
}

impl LanguageModel for Gpt2 {
    fn name(&self) -> &str {
        &self.name
    }

    fn sha256(&self) -> Option<&str> {
        self.digest.as_ref()?.sha256()
    }

    fn limits(&self) -> Limits {
        Limits::new(self.config.n_positions, self.config.vocab_size)
    }

    fn end_of_text(&self) -> Option<TokenId> {
        self.config.end_of_text()
    }

    fn ends_of_text(&self) -> Vec<TokenId> {
        self.config.ends_of_text().to_vec()
    }

    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        Ok(self.decoder.embed(ids)?)
    }

    fn logits(
        &self,
        embeddings: &Tensor,
        _n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        Ok(self.decoder.logits_at(embeddings, positions)?)
    }

    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        _n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        self.decoder.tape(BackwardRule::Gradient, embeddings, positions)
    }

    fn tape_by<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        _n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        self.decoder.tape(rule, embeddings, positions)
    }

    fn read<'a>(
        &'a self,
        input: &[TokenId],
    ) -> Result<Option<Box<dyn Reading + 'a>>, saliency_attribution::Error> {
        self.decoder.reading(self, input)
    }

    fn shares_prefix(&self) -> bool {
        true
    }

    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        _n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        self.decoder.prefix_cache(embeddings)
    }

    fn inside(&self) -> Option<&dyn Inside> {
        Some(&self.decoder)
    }

    fn randomize(&self) -> Option<&dyn Randomize> {
        Some(self)
    }

    fn footprint(&self, pass: Pass) -> Option<usize> {
        Some(self.decoder.footprint(pass))
    }

    fn generate(
        &self,
        input: &[TokenId],
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Vec<TokenId>, saliency_attribution::Error> {
        let run = self.generate_runs(input, std::slice::from_ref(generation), &mut |_, id| each(id))?;
        Ok(run.into_iter().next().unwrap_or_default())
    }

    fn generate_runs(
        &self,
        input: &[TokenId],
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, saliency_attribution::Error> {
        self.decoder.generate_runs(self, input, generations, each)
    }
}
