//! `check_model` passes the toys, and names the promise that a broken model does not keep.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{models, sequence, transformer};
use saliency_attribution::testing::{Broken, Disguised, Linear, Transformer, check_model};
use saliency_attribution::{
    AttentionView, Attributor, Baseline, Error, Generation, Inside, LanguageModel, Limits, ModelError,
    PrefixCache, ReadOut, Reading, Sequence, Tape, TokenId,
};
use std::cell::Cell;
use std::ops::Range;
use tch::{Kind, Tensor};

#[test]
fn toys_keep_every_promise() {
    for model in models().into_iter().chain([transformer()]) {
        check_model(&*model, &sequence()).unwrap();
        // The caller's mode does not matter.
        tch::no_grad(|| check_model(&*model, &sequence())).unwrap();
        check_model(&*model, &Sequence::from_ids(&[2], &[3]).unwrap()).unwrap();
    }
    let long = check_model(&Linear::new(6, 3), &Sequence::from_ids(&[0; 64], &[1]).unwrap()).unwrap_err();
    assert_eq!((long.promise, long.model.as_str()), ("limits", "toy linear"));
}

/// The promise that a toy breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Breaks {
    Nothing,
    EmbedShape,
    EmbedWhole,
    EmbedPlace,
    LogitsShape,
    LogitsWhole,
    LogitsNan,
    Determinism,
    Causality,
    Length,
    Positions,
    Batching,
    Graph,
    Generate,
    GenerateRuns,
    ReadRuns,
    ReadTape,
    ReadShape,
    TapeLogits,
    TapeGradient,
    TapeOrder,
    TapeShape,
    TapeSum,
    PrefixCache,
    VariantsShape,
    Masked,
    SharesPrefix,
    Suited,
}

/// A toy with every optional ability, which breaks one promise.
struct Toy {
    same: Disguised,
    breaks: Breaks,
    calls: Cell<u32>,
}

/// Its tape or its cache, which breaks one promise.
struct Part<T> {
    same: T,
    logits: Tensor,
    breaks: Breaks,
}

impl Toy {
    fn new(breaks: Breaks) -> Self {
        Self { same: Disguised::new(6, 2), breaks, calls: Cell::new(0) }
    }
}

impl LanguageModel for Toy {
    fn name(&self) -> &'static str {
        "toy that breaks a promise"
    }
    fn limits(&self) -> Limits {
        self.same.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let found = self.same.embed(ids)?;
        Ok(match self.breaks {
            Breaks::EmbedShape => found.f_unsqueeze(0)?,
            Breaks::EmbedWhole => found.f_to_kind(Kind::Int64)?,
            // Positions are added already.
            Breaks::EmbedPlace => {
                let positions = Tensor::f_arange(found.size()[0], (Kind::Double, found.device()))?;
                found.f_add(&positions.f_unsqueeze(1)?)?
            }
            _ => found,
        })
    }
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        self.calls.set(self.calls.get() + 1);
        let first = positions.start;
        let found = self.same.logits(embeddings, n_input, positions)?;
        Ok(match self.breaks {
            Breaks::LogitsShape => found.f_narrow(2, 0, 5)?,
            Breaks::LogitsWhole => found.f_to_kind(Kind::Int)?,
            Breaks::LogitsNan => found.f_log()?,
            Breaks::Determinism => found.f_mul_scalar(1.0 + 1e-6 * f64::from(self.calls.get()))?,
            // The mean over the whole text.
            Breaks::Causality => {
                found.f_add(&embeddings.f_mean_dim(&[1_i64, 2][..], true, None)?.f_mul_scalar(1e-3)?)?
            }
            Breaks::Length => found.f_add_scalar(1e-3 * embeddings.size()[1] as f64)?,
            Breaks::Positions => found.f_add_scalar(1e-3 * first as f64)?,
            // A mean over the batch, as a batch norm takes it.
            Breaks::Batching => {
                found.f_sub(&found.f_mean_dim(&[0_i64][..], true, None)?.f_mul_scalar(0.1)?)?
            }
            Breaks::Graph => found.f_detach()?,
            _ => found,
        })
    }
    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        let Some(same) = self.same.tape(embeddings, n_input, positions)? else { return Ok(None) };
        let logits = same.logits().shallow_clone();
        let logits = if self.breaks == Breaks::TapeLogits { logits.f_add_scalar(1e-6)? } else { logits };
        Ok(Some(Box::new(Part { same, logits, breaks: self.breaks })))
    }
    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        let Some(same) = self.same.prefix_cache(embeddings, n_input)? else { return Ok(None) };
        Ok(Some(Box::new(Part { same, logits: Tensor::new(), breaks: self.breaks })))
    }
    fn read<'a>(&'a self, input: &[TokenId]) -> Result<Option<Box<dyn Reading + 'a>>, Error> {
        Ok(Some(Box::new(ReadText { toy: self, input: input.to_vec() })))
    }
    fn shares_prefix(&self) -> bool {
        self.breaks != Breaks::SharesPrefix
    }
    fn suited_baseline(&self) -> Baseline {
        match self.breaks {
            Breaks::Suited => Baseline::Eos,
            _ => Baseline::Zero,
        }
    }
    fn generate(
        &self,
        input: &[TokenId],
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Vec<TokenId>, Error> {
        let found = self.same.generate(input, generation, each)?;
        let other = |found: Vec<TokenId>| found.into_iter().map(|id| (id + 1) % 6).collect();
        Ok(if self.breaks == Breaks::Generate { other(found) } else { found })
    }
    fn generate_runs(
        &self,
        input: &[TokenId],
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        let mut found = self.same.generate_runs(input, generations, each)?;
        if self.breaks == Breaks::GenerateRuns {
            found[1].pop();
        }
        Ok(found)
    }
}

/// A text that the toy reads again whenever it goes on.
struct ReadText<'a> {
    toy: &'a Toy,
    input: Vec<TokenId>,
}

impl Reading for ReadText<'_> {
    fn generate_runs(
        &self,
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        let mut found = self.toy.same.generate_runs(&self.input, generations, each)?;
        if self.toy.breaks == Breaks::ReadRuns {
            found[0].pop();
        }
        Ok(found)
    }
    fn tape<'a>(&'a self, rest: &Tensor) -> Result<Box<dyn Tape + 'a>, ModelError> {
        let (breaks, read) = (self.toy.breaks, self.input.len());
        let whole =
            Tensor::f_cat(&[self.toy.same.embed(&self.input)?.f_unsqueeze(0)?, rest.shallow_clone()], 1)?;
        let tokens = whole.size()[1] as usize;
        let same = self.toy.same.tape(&whole, read, read - 1..tokens)?.unwrap();
        let logits = same.logits().shallow_clone();
        let logits = match breaks {
            Breaks::ReadTape => logits.f_add_scalar(1e-6)?,
            Breaks::ReadShape => logits.f_narrow(1, 1, logits.size()[1] - 1)?,
            _ => logits,
        };
        Ok(Box::new(Part { same, logits, breaks }))
    }
}

impl Tape for Part<Box<dyn Tape + '_>> {
    fn logits(&self) -> &Tensor {
        &self.logits
    }
    fn vjp(
        &self,
        positions: Range<usize>,
        cotangents: &Tensor,
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut held = None;
        self.same.vjp(positions, cotangents, &mut |position, gradient| match self.breaks {
            Breaks::TapeGradient => each(position, gradient * 1.001),
            Breaks::TapeShape => each(position, gradient.f_narrow(0, 1, gradient.size()[0] - 1)?),
            // The first two change places.
            Breaks::TapeOrder if position == 0 => {
                held = Some(gradient);
                Ok(())
            }
            Breaks::TapeOrder if position == 1 => {
                each(1, gradient)?;
                held.take().map_or(Ok(()), |gradient| each(0, gradient))
            }
            _ => each(position, gradient),
        })
    }
    fn vjp_of_sum(&self, positions: Range<usize>, cotangents: &Tensor) -> Result<Tensor, Error> {
        let sum = self.same.vjp_of_sum(positions, cotangents)?;
        Ok(if self.breaks == Breaks::TapeSum { sum * 1.001 } else { sum })
    }
}

impl PrefixCache for Part<Box<dyn PrefixCache + '_>> {
    fn logits(
        &self,
        shared: usize,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let masked = masked.filter(|_| self.breaks != Breaks::Masked);
        let found = self.same.logits(shared, embeddings, masked, positions)?;
        Ok(match self.breaks {
            Breaks::PrefixCache => found.f_add_scalar(1e-3 * shared as f64)?,
            Breaks::VariantsShape => found.f_unsqueeze(0)?,
            _ => found,
        })
    }
}

fn broken(breaks: Breaks) -> Broken {
    match check_model(&Toy::new(breaks), &sequence()) {
        Ok(()) => panic!("{breaks:?} is not found"),
        Err(broken) => broken,
    }
}

#[test]
fn the_toy_that_breaks_nothing_passes() {
    check_model(&Toy::new(Breaks::Nothing), &sequence()).unwrap();
}

macro_rules! caught {
    ($($test:ident: $breaks:ident, $promise:literal, $found:literal;)*) => {$(
        #[test]
        fn $test() {
            let broken = broken(Breaks::$breaks);
            let message = broken.to_string();
            assert_eq!(broken.promise, $promise, "{message}");
            assert!(message.contains($found), "{message}");
            let start = "the model \"toy that breaks a promise\" does not keep a promise of LanguageModel: ";
            assert!(message.starts_with(&format!("{start}{}: ", $promise)), "{message}");
        }
    )*};
}

caught! {
    embeddings_of_another_shape: EmbedShape, "embed", "shape [1, 7, 2], and [7, -1] was expected";
    embeddings_of_whole_numbers: EmbedWhole, "embed", "gave a tensor of Int64";
    embeddings_with_positions: EmbedPlace, "embed", "token 1 alone and among the others are 1.00e0 apart";
    logits_of_another_shape: LogitsShape, "logits", "shape [1, 7, 5], and [1, 7, 6] was expected";
    logits_of_whole_numbers: LogitsWhole, "logits", "gave a tensor of Int";
    logits_that_are_none: LogitsNan, "logits", "of 42 are NaN";
    another_pass_that_gives_others: Determinism, "determinism", "two passes over the same text";
    later_tokens_that_change_earlier_logits: Causality, "causality", "after tokens from 1 on are changed";
    a_text_whose_length_matters: Length, "causality", "with and without the tokens from 4 on are 3.00e-3 apart";
    positions_that_depend_on_each_other: Positions, "positions", "positions 1..2 alone and among all are 1.00e-3 apart";
    texts_that_depend_on_each_other: Batching, "batching", "as the first of two";
    logits_without_a_graph: Graph, "gradients", "the logits at position 3 carry no graph";
    generation_of_other_tokens: Generate, "generate", "and the tokens with the largest logits are";
    runs_that_end_early: GenerateRuns, "generate", "generate_runs gave";
    other_runs_after_reading: ReadRuns, "read", "generate gave";
    a_tape_after_reading_with_other_logits: ReadTape, "read", "the logits of tape and of logits are 1.00e-6 apart";
    a_tape_after_reading_of_too_few_positions: ReadShape, "read", "Tape::logits gave a tensor of shape [1, 3, 6]";
    a_tape_with_other_logits: TapeLogits, "tape", "the logits of tape and of logits are 1.00e-6 apart";
    a_tape_with_other_gradients: TapeGradient, "tape", "by tape and by autograd";
    a_tape_out_of_order: TapeOrder, "tape", "gave position 1, and position 0 was due";
    a_tape_with_other_sums: TapeSum, "tape", "the gradient of a sum over positions by tape and by autograd";
    a_tape_of_too_few_tokens: TapeShape, "tape", "Tape::vjp gave a tensor of shape [3, 2]";
    variants_with_other_logits: PrefixCache, "prefix_cache",
        "a variant that shares 1 tokens, and a whole pass over it are 1.00e-3";
    variants_of_another_shape: VariantsShape, "prefix_cache", "PrefixCache::logits gave a tensor of shape [1, 1, 7, 6]";
    masked_tokens_that_are_seen: Masked, "prefix_cache", "positions after token 0, which is masked";
    a_suited_baseline_that_it_lacks: Suited, "suited_baseline", "it is eos: the model has no end-of-text token";
    a_cache_that_is_denied: SharesPrefix, "shares_prefix", "it says false, and prefix_cache gives a cache";
}

/// Whatever a model returns, an attribution ends in a record or in an error that names what is wrong; nothing panics.
#[test]
fn attributions_of_broken_models_end_in_errors_that_say_what_is_broken() {
    let methods = ["gradient", "integrated-gradients", "occlusion", "leave-one-out", "reagent", "shapley"];
    let refused = |breaks, message: &str, of: &[&str]| {
        for name in methods {
            let found = Attributor::new().method(name).record(&Toy::new(breaks), &sequence());
            match found {
                Ok(_) => assert!(!of.contains(&name), "{breaks:?}, {name}"),
                Err(error) => {
                    assert!(of.contains(&name), "{breaks:?}, {name}: {error}");
                    assert!(error.to_string().starts_with(message), "{breaks:?}, {name}: {error}");
                }
            }
        }
    };
    refused(Breaks::EmbedShape, "LanguageModel::embed gave a tensor of shape [1, 6, 2]", &methods);
    refused(Breaks::EmbedWhole, "LanguageModel::embed gave a tensor of Int64", &methods);
    refused(Breaks::TapeShape, "Tape::vjp gave a tensor of shape [3, 2]", &methods[..2]);
    refused(Breaks::TapeOrder, "Tape::vjp gave position 1, and position 0 was due", &methods[..2]);
    refused(
        Breaks::VariantsShape,
        "PrefixCache::logits gave a tensor of shape",
        &["occlusion", "leave-one-out", "shapley"],
    );
    refused(
        Breaks::LogitsShape,
        "LanguageModel::logits gave a tensor of shape",
        &["integrated-gradients", "reagent"],
    );
}

/// A transformer whose inside has one part a thousandth too large.
struct Tilted {
    same: Transformer,
    part: &'static str,
}

impl Tilted {
    fn tilt(&self, part: &str, x: Tensor) -> Tensor {
        if self.part == part { x * 1.001 } else { x }
    }
}

impl LanguageModel for Tilted {
    fn name(&self) -> &'static str {
        "tilted inside"
    }
    fn limits(&self) -> Limits {
        self.same.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.same.embed(ids)
    }
    fn logits(&self, embeddings: &Tensor, n: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        self.same.logits(embeddings, n, positions)
    }
    fn inside(&self) -> Option<&dyn Inside> {
        Some(self)
    }
}

impl Inside for Tilted {
    fn layers(&self) -> usize {
        self.same.layers()
    }
    fn heads(&self) -> usize {
        self.same.heads()
    }
    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        let found = self.same.residual(layer, embeddings)?;
        Ok(if layer == 1 { self.tilt("residual", found) } else { found })
    }
    fn block(&self, layer: usize, residual: &Tensor) -> Result<Option<Tensor>, ModelError> {
        let found = self.same.block(layer, residual)?;
        Ok(found.map(|found| self.tilt("block", found)))
    }
    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        Ok(self.tilt("logits", self.same.logits_from(layer, residual, positions)?))
    }
    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError> {
        let view = self.same.attention_at(layer, residual)?;
        let later =
            if self.part == "later" { view.pattern.ones_like().triu(1) * 1e-3 } else { Tensor::from(0.0) };
        Ok(AttentionView::new(
            self.tilt("pattern", view.pattern + later),
            self.tilt("values", view.values),
            if self.part == "bias" { view.bias + 1e-3 } else { view.bias },
            view.attended,
            self.tilt("output", view.output),
        ))
    }
    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.tilt("feed_forward", self.same.feed_forward(layer, attended)?))
    }
    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError> {
        let found = self.same.read_out(residual, weights)?;
        let constant = if self.part == "constant" { 1e-3 } else { 0.0 };
        let direction = self.tilt("direction", found.direction);
        Ok(ReadOut::new(direction, found.constant + constant))
    }
}

/// Every part of an inside is held to the model's own logits, and the parts to each other.
#[test]
fn an_inside_that_does_not_fit_its_model_is_found() {
    let check = |part| check_model(&Tilted { same: Transformer::new(6, 2), part }, &sequence());
    check("nothing").unwrap();
    for (part, message) in [
        ("residual", "the output of block(0) and residual 1 are "),
        ("block", "the output of block(0) and residual 1 are "),
        ("logits", "the logits from residual 0 and from the embeddings are "),
        ("output", "the output of attention_at(0) and residual 1 are "),
        ("later", "the pattern of attention_at(0) and the same without later tokens are "),
        ("pattern", "the sums of the pattern's rows of attention_at(0) and 1 are "),
        ("values", "the sum of pattern, values and bias of attention_at(0), and attended are "),
        ("bias", "the sum of pattern, values and bias of attention_at(0), and attended are "),
        ("feed_forward", "the second half of block 0 and its output are "),
        ("direction", "the logits by read_out and by logits are "),
        ("constant", "the logits by read_out and by logits are "),
    ] {
        let broken = check(part).unwrap_err();
        assert_eq!(broken.promise, "inside", "{part}: {broken}");
        assert!(broken.found.starts_with(message), "{part}: {}", broken.found);
    }
}
