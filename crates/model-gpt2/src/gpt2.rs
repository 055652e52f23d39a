//! The network: GPT-2's forward pass, and what attribution asks of a model.

use crate::block::{Block, layer_norm};
use crate::cache::Cache;
use crate::config::Config;
use crate::known;
use crate::prefix_cache::CachedPrefix;
use crate::pullback::{self, Recorded};
use crate::weights::{self, Affine, Weights};
use saliency_attribution::{
    BackwardRule, Generation, Inside, LanguageModel, Limits, ModelError, Pass, PrefixCache, Tape, TokenId,
    generate_with,
};
use saliency_checkpoint::{Architecture, Error, Identity, Known, LazyDigest, TensorSource};
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
    digest: Option<LazyDigest>,
    wte: Tensor,
    wpe: Tensor,
    blocks: Vec<Block>,
    ln_f: Affine,
    head: Tensor,
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
        let Weights { wte, wpe, blocks, ln_f, head } = Weights::take(&config, tensors, &identity.path)?;
        let blocks = blocks.into_iter().enumerate().map(|(i, weights)| Block::new(&config, i, weights));
        let blocks = blocks.collect();
        let config = config.ending_with(identity.ends_of_text);
        let (name, path, digest) = (identity.name, identity.path, identity.digest);
        Ok(Self { config, name, path, digest, wte, wpe, blocks, ln_f, head })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.wte.device()
    }

    /// The dtype of the weights and of everything that is computed.
    pub fn kind(&self) -> Kind {
        self.wte.kind()
    }

    /// Whether the head is not the token embeddings again.
    pub fn has_own_head(&self) -> bool {
        self.head.data_ptr() != self.wte.data_ptr()
    }

    pub(crate) fn wpe(&self) -> &Tensor {
        &self.wpe
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(crate) fn ln_f(&self) -> &Affine {
        &self.ln_f
    }

    pub(crate) fn head(&self) -> &Tensor {
        &self.head
    }

    /// Token embeddings, before positions are added.
    ///
    /// # Shapes
    /// - `ids`: int64, `[batch, tokens]`; returns `[batch, tokens, hidden]`
    ///
    /// # Errors
    /// What libtorch says, for a number outside the vocabulary among others.
    pub fn embed_ids(&self, ids: &Tensor) -> Result<Tensor, Error> {
        Ok(Tensor::f_embedding(&self.wte, ids, -1, false, false)?)
    }

    fn embed_tokens(&self, ids: &[TokenId]) -> Result<Tensor, Error> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        self.embed_ids(&Tensor::f_from_slice(&ids)?.f_to(self.device())?)
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
        let positions = positions.map_or(0..embeddings.size()[1], |p| p.start as i64..p.end as i64);
        let embeddings = embeddings.f_narrow(1, 0, positions.end)?;
        self.forward(&embeddings, positions, None)
    }

    pub(crate) fn position_embeddings(&self, from: i64, tokens: i64) -> Result<Tensor, Error> {
        Ok(self.wpe.f_narrow(0, from, tokens)?)
    }

    /// From what a block reads to what another reads: `[batch, tokens, hidden]` both.
    pub(crate) fn through(&self, blocks: Range<usize>, x: &Tensor) -> Result<Tensor, Error> {
        let mut x = x.shallow_clone();
        for block in &self.blocks[blocks] {
            x = block.forward(&x, 0..x.size()[1], None)?;
        }
        Ok(x)
    }

    /// The last norm and the head.
    pub(crate) fn read(&self, x: &Tensor) -> Result<Tensor, Error> {
        let x = layer_norm(x, &self.ln_f, self.config.layer_norm_epsilon)?;
        Ok(x.f_matmul(&self.head.f_transpose(0, 1)?)?)
    }

    /// Logits after further tokens of a cached sequence: `[vocabulary]`.
    fn next(&self, ids: &[TokenId], cache: &mut Cache) -> Result<Tensor, saliency_attribution::Error> {
        use saliency_attribution::Error::Model;
        let embeddings = self.embed(ids).map_err(Model)?.f_unsqueeze(0)?;
        let last = ids.len() as i64 - 1;
        let logits = self.forward(&embeddings, last..last + 1, Some(cache)).map_err(|e| Model(e.into()))?;
        Ok(logits.f_select(0, 0)?.f_select(0, 0)?)
    }

    fn forward(
        &self,
        embeddings: &Tensor,
        queries: Range<i64>,
        cache: Option<&mut Cache>,
    ) -> Result<Tensor, Error> {
        self.read(&self.blocks_at(embeddings, queries, cache)?)
    }

    /// What the last block makes of some positions: `[batch, queries, hidden]`.
    pub(crate) fn blocks_at(
        &self,
        embeddings: &Tensor,
        queries: Range<i64>,
        mut cache: Option<&mut Cache>,
    ) -> Result<Tensor, Error> {
        let tokens = embeddings.size()[1];
        let past = cache.as_ref().map_or(0, |cache| cache.len());
        let mut x = embeddings.f_add(&self.wpe.f_narrow(0, past, tokens)?)?;
        for (i, block) in self.blocks.iter().enumerate() {
            let last = i + 1 == self.blocks.len();
            let wanted = if last { queries.clone() } else { 0..tokens };
            x = block.forward(&x, wanted, cache.as_mut().and_then(|cache| cache.layer(i)))?;
        }
        Ok(x)
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
        Ok(self.embed_tokens(ids)?)
    }

    fn logits(
        &self,
        embeddings: &Tensor,
        _n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        Ok(self.logits_at(embeddings, Some(positions))?)
    }

    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        _n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        if !pullback::serves(self.kind()) {
            return Ok(None);
        }
        let positions = positions.start as i64..positions.end as i64;
        Ok(Some(Box::new(Recorded::tape(self, embeddings, positions, BackwardRule::Gradient)?)))
    }

    fn shares_prefix(&self) -> bool {
        true
    }

    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        _n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        Ok(Some(Box::new(CachedPrefix::new(self, embeddings)?)))
    }

    fn inside(&self) -> Option<&dyn Inside> {
        Some(self)
    }

    fn footprint(&self, pass: Pass) -> Option<usize> {
        let config = &self.config;
        let (hidden, tokens) = (config.n_embd, pass.tokens);
        // In numbers, for each token: what one block holds at a time, and, to be walked back, what each keeps.
        let wide = 8 * hidden + 2 * config.inner() + 3 * config.n_head * tokens;
        let kept = if pass.backward {
            config.n_layer * (10 * hidden + 2 * config.inner() + config.n_head * tokens)
        } else {
            // Prefixes that variants share are copied for each of them.
            2 * hidden
        };
        Some(tokens * (wide + kept) * self.kind().elt_size_in_bytes())
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
        let _no_gradient = tch::no_grad_guard();
        // The text is read once, by the first run that asks; the others begin with copies of its cache, which share its
        // tensors.
        let mut read: Option<(Cache, Tensor)> = None;
        let run = |(run, generation): (usize, &Generation)| {
            let mut cache = Cache::new(self.blocks.len());
            generate_with(self, input, generation, &mut |id| each(run, id), |ids| {
                if let (true, Some((prefix, logits))) = (ids.len() == input.len(), &read) {
                    cache = prefix.shallow_clone();
                    return Ok(logits.shallow_clone());
                }
                let logits = self.next(&ids[cache.len() as usize..], &mut cache)?;
                if ids.len() == input.len() {
                    read = Some((cache.shallow_clone(), logits.shallow_clone()));
                }
                Ok(logits)
            })
        };
        generations.iter().enumerate().map(run).collect()
    }
}
