//! The network: the forward pass, and what attribution asks of a model.

use crate::block::{Block, rms_norm};
use crate::cache::Cache;
use crate::config::Config;
use crate::known;
use crate::prefix_cache::CachedPrefix;
use crate::rope::Frequencies;
use crate::weights::{self, Weights};
use saliency_attribution::{
    Baseline, Generation, LanguageModel, Limits, ModelError, Pass, PrefixCache, TokenId, generate_with,
};
use saliency_checkpoint::{Architecture, Error, Identity, Known, LazyDigest, TensorSource};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// A model of Llama's family, with its weights on one device in one dtype: a decoder with RMS norms before each part,
/// rotary positions, heads that share keys and values, and a gated feed-forward part.
#[derive(Debug)]
pub struct Llama {
    config: Config,
    name: String,
    /// Its first weights file.
    path: PathBuf,
    digest: Option<LazyDigest>,
    embeddings: Tensor,
    blocks: Vec<Block>,
    norm: Tensor,
    head: Tensor,
    frequencies: Frequencies,
}

impl Llama {
    /// A model of given tensors, named as in a checkpoint without the `model.` prefix. They may be variables that are
    /// trained: [`logits_at`](Self::logits_at) is differentiable with respect to them.
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
        let Weights { embeddings, blocks, norm, head, rope_factors } =
            Weights::take(&config, tensors, &identity.path)?;
        let place = (embeddings.kind(), embeddings.device());
        let frequencies =
            Frequencies::new(&config.rope, config.head_dim as i64, rope_factors.as_ref(), place)?;
        let config = config.ending_with(identity.ends_of_text);
        let (name, path, digest) = (identity.name, identity.path, identity.digest);
        Ok(Self { config, name, path, digest, embeddings, blocks, norm, head, frequencies })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.embeddings.device()
    }

    /// The dtype of the weights and of everything that is computed.
    pub fn kind(&self) -> Kind {
        self.embeddings.kind()
    }

    /// Whether the head is not the token embeddings again.
    pub fn has_own_head(&self) -> bool {
        self.head.data_ptr() != self.embeddings.data_ptr()
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(crate) fn frequencies(&self) -> &Frequencies {
        &self.frequencies
    }

    /// Token embeddings.
    ///
    /// # Shapes
    /// - `ids`: int64, `[batch, tokens]`; returns `[batch, tokens, hidden]`
    ///
    /// # Errors
    /// What libtorch says, for a number outside the vocabulary among others.
    pub fn embed_ids(&self, ids: &Tensor) -> Result<Tensor, Error> {
        Ok(Tensor::f_embedding(&self.embeddings, ids, -1, false, false)?)
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
    /// What libtorch says.
    pub fn logits_at(&self, embeddings: &Tensor, positions: Option<Range<usize>>) -> Result<Tensor, Error> {
        let positions = positions.map_or(0..embeddings.size()[1], |p| p.start as i64..p.end as i64);
        let embeddings = embeddings.f_narrow(1, 0, positions.end)?;
        self.read(&self.blocks_at(&embeddings, positions, None)?)
    }

    /// The last norm and the head.
    pub(crate) fn read(&self, x: &Tensor) -> Result<Tensor, Error> {
        let x = rms_norm(x, &self.norm, self.config.rms_norm_eps)?;
        Ok(x.f_linear(&self.head, None::<&Tensor>)?)
    }

    /// Logits after further tokens of a cached sequence: `[vocabulary]`.
    fn next(&self, ids: &[TokenId], cache: &mut Cache) -> Result<Tensor, saliency_attribution::Error> {
        use saliency_attribution::Error::Model;
        let embeddings = self.embed(ids).map_err(Model)?.f_unsqueeze(0)?;
        let last = ids.len() as i64 - 1;
        let mut run = || self.read(&self.blocks_at(&embeddings, last..last + 1, Some(cache))?);
        Ok(run().map_err(|error| Model(error.into()))?.f_view([-1])?)
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
        let angles = self.frequencies.angles(past, tokens)?;
        let mut x = embeddings.shallow_clone();
        for (i, block) in self.blocks.iter().enumerate() {
            let last = i + 1 == self.blocks.len();
            let wanted = if last { queries.clone() } else { 0..tokens };
            x = block.forward(&x, &wanted, &angles, cache.as_mut().and_then(|cache| cache.layer(i)))?;
        }
        Ok(x)
    }
}

impl Architecture for Llama {
    const NAME: &'static str = "Llama";
    const MODEL_TYPES: &'static [&'static str] = &["llama", "mistral", "qwen2", "qwen3"];
    const KNOWN: &'static [Known] = &known::KNOWN;
    type Config = Config;

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
        let (path, context) = (self.path.display(), self.config.max_position_embeddings);
        let untied = self.config.tie_word_embeddings && self.has_own_head();
        let untied = untied.then(|| {
            format!(
                "{path}: lm_head.weight differs from the embeddings that config.json ties it to; it is used as it is stored"
            )
        });
        let dynamic = self.config.dynamic_rope.then(|| {
            format!(
                "its rotary positions are \"dynamic\": in texts of more than {context} tokens later tokens would change \
                 earlier rows, so longer ones are refused"
            )
        });
        untied.into_iter().chain(dynamic).collect()
    }
}

impl LanguageModel for Llama {
    fn name(&self) -> &str {
        &self.name
    }

    fn sha256(&self) -> Option<&str> {
        self.digest.as_ref()?.sha256()
    }

    fn limits(&self) -> Limits {
        Limits::new(self.config.max_position_embeddings, self.config.vocab_size)
    }

    fn end_of_text(&self) -> Option<TokenId> {
        self.config.end_of_text()
    }

    fn ends_of_text(&self) -> Vec<TokenId> {
        self.config.ends_of_text().to_vec()
    }

    /// The mean embedding: an RMS norm forgets how large its input is, so that the model jumps beside zero.
    fn suited_baseline(&self) -> Baseline {
        Baseline::Mean
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

    fn footprint(&self, pass: Pass) -> Option<usize> {
        let config = &self.config;
        let (hidden, inner, tokens) = (config.hidden_size, config.intermediate_size, pass.tokens);
        let heads = (config.num_attention_heads + 2 * config.num_key_value_heads) * config.head_dim;
        let scores = config.num_attention_heads * tokens;
        // In numbers, for each token: what one block holds at a time, and, to be walked back, what each keeps.
        let wide = 6 * hidden + 3 * heads + 4 * inner + 3 * scores;
        let kept = if pass.backward {
            config.num_hidden_layers * (8 * hidden + 4 * heads + 4 * inner + 3 * scores)
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
