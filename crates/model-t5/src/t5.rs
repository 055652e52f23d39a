//! The network: an encoder–decoder's parts, and what attribution asks of a model.

use crate::config::Config;
use crate::known;
use crate::weights;
use saliency_attribution::{
    BackwardRule, Baseline, DecoderAttention, Generation, LanguageModel, Limits, ModelError, Pass, Randomize,
    Tape, TokenId,
};
use saliency_checkpoint::{Architecture, Error, Identity, Known, TensorSource, WeightsDigest};
use saliency_transformer::EncoderDecoder;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// T5 has no limit on the length of a text: its positions are distances. This many tokens take more memory than there
/// is.
const LONGEST: usize = 1 << 20;

/// A model of T5's family, with its weights on one device in one dtype: an encoder and a decoder with RMS norms, biases
/// by distance and no scale of the scores.
#[derive(Debug)]
pub struct T5 {
    config: Config,
    name: String,
    /// Its first weights file.
    path: PathBuf,
    digest: Option<WeightsDigest>,
    network: EncoderDecoder,
}

impl T5 {
    /// A model of given tensors, named as in a checkpoint.
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
        let network = config.network(tensors, &identity.path)?;
        let config = config.ending_with(identity.ends_of_text);
        Ok(Self { config, name: identity.name, path: identity.path, digest: identity.digest, network })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The network's parts.
    pub fn network(&self) -> &EncoderDecoder {
        &self.network
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.network.device()
    }

    /// The dtype of the weights and of everything that is computed.
    pub fn kind(&self) -> Kind {
        self.network.kind()
    }
}

impl Architecture for T5 {
    const NAME: &'static str = "T5";
    const MODEL_TYPES: &'static [&'static str] = &["t5", "mt5", "umt5"];
    const KNOWN: &'static [Known] = &known::KNOWN;
    type Config = Config;

    fn config(json: &[u8], path: &Path) -> Result<Config, Error> {
        Config::from_json(json, path)
    }

    fn is_buffer(name: &str) -> bool {
        weights::is_buffer(name)
    }

    fn build(config: Config, tensors: &mut dyn TensorSource, identity: Identity) -> Result<Self, Error> {
        Self::of(config, tensors, identity)
    }

    fn remarks(&self) -> Vec<String> {
        let path = self.path.display();
        let head = match (self.config.tie_word_embeddings, self.network.has_own_head()) {
            (true, true) => Some(format!(
                "{path}: lm_head.weight differs from the embeddings that config.json ties it to; it is used as it is stored"
            )),
            (false, false) => Some(format!(
                "{path}: config.json says that the head is not the embeddings, and no other lm_head.weight is stored; the \
                 embeddings are used"
            )),
            _ => None,
        };
        let half = (self.kind() == Kind::Half)
            .then(|| "T5's numbers can be too large for float16; float32 and bfloat16 hold them".to_owned());
        head.into_iter().chain(half).collect()
    }
}

impl Randomize for T5 {
    fn blocks(&self) -> usize {
        self.network.encoder.blocks.len() + self.network.decoder.blocks.len()
    }

    fn randomized(&self, blocks: Range<usize>, seed: u64) -> Result<Box<dyn LanguageModel>, ModelError> {
        let network = self.network.randomized(&blocks, seed)?;
        let name = format!("{} with random blocks {} to {}", self.name, blocks.start, blocks.end);
        Ok(Box::new(Self {
            config: self.config.clone(),
            name,
            path: self.path.clone(),
            digest: None,
            network,
        }))
    }
}

impl LanguageModel for T5 {
    fn name(&self) -> &str {
        &self.name
    }

    fn sha256(&self) -> Option<&str> {
        self.digest.as_ref()?.sha256()
    }

    fn limits(&self) -> Limits {
        Limits::new(LONGEST, self.config.vocab_size)
    }

    fn end_of_text(&self) -> Option<TokenId> {
        let own = self.config.eos_token_id.as_ref().and_then(|ends| ends.ids().first());
        own.or(self.config.ends_of_text().first()).copied()
    }

    fn ends_of_text(&self) -> Vec<TokenId> {
        self.config.ends_of_text().to_vec()
    }

    fn kept_inputs(&self) -> usize {
        1
    }

    fn start_token(&self) -> Option<TokenId> {
        Some(self.config.decoder_start_token_id)
    }

    /// The mean embedding: an RMS norm forgets how large its input is, so that the model jumps beside zero.
    fn suited_baseline(&self) -> Baseline {
        Baseline::Mean
    }

    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        Ok(self.network.embed(ids)?)
    }

    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        Ok(self.network.logits_at(embeddings, n_input, positions)?)
    }

    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        self.network.tape(BackwardRule::Gradient, embeddings, n_input, positions)
    }

    fn tape_by<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        self.network.tape(rule, embeddings, n_input, positions)
    }

    fn decoder_attention(&self) -> Option<&dyn DecoderAttention> {
        Some(&self.network)
    }

    fn randomize(&self) -> Option<&dyn Randomize> {
        Some(self)
    }

    fn footprint(&self, pass: Pass) -> Option<usize> {
        Some(self.network.footprint(pass))
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
        self.network.generate_runs(self, input, generations, each)
    }
}
