//! A model of one's own, held to everything that its trait promises.

use crate::calculus::path::epsilon;
use crate::error::Error;
use crate::model::generation::Generation;
use crate::model::generation::without_cache;
use crate::model::inside::AttentionView;
use crate::model::inside::Inside;
use crate::model::prefix_cache::PrefixCache;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, TokenId, checked};
use crate::problem::backward::{gradient, with_gradients};
use std::ops::Range;
use tch::{Kind, Tensor};

/// A promise of [`LanguageModel`] that a model does not keep.
#[derive(Debug, thiserror::Error)]
#[error("the model {model:?} does not keep a promise of LanguageModel: {promise}: {found}")]
pub struct Broken {
    /// The model.
    pub model: String,
    /// Which promise: `embed`, `logits`, `determinism`, `causality`, `positions`, `batching`, `gradients`, `generate`,
    /// `run`, `variants`, `shares_prefix` or `inside`.
    pub promise: &'static str,
    /// What was found, with numbers.
    pub found: String,
}

/// What a text is changed by, to see what depends on it.
const CHANGE: f64 = 0.5;
/// Tokens that are generated.
const GENERATED: usize = 4;
/// Two ways to the same numbers may be so many roundings of the largest of them apart.
const ROUNDINGS: f64 = 1024.0;

/// Checks on one text that a model keeps what [`LanguageModel`] promises:
///
/// - `embed` gives `[tokens, hidden]` in floating point, each token's row whatever stands beside it;
/// - `logits` gives `[batch, positions, vocabulary]` in floating point, no NaN, and carries a graph to the embeddings;
/// - the same pass twice gives the same, some positions what all of them give, and two texts together what each gives
///   alone;
/// - later tokens do not change earlier logits;
/// - `generate` gives the largest logit's token, and `generate_runs` the same;
/// - what is offered besides agrees with the plain way: `tape` with autograd, `prefix_cache` with whole passes,
///   `shares_prefix` with whether there is a cache, `inside` with `logits`: residual streams, what attention adds up to,
///   and the read-out.
///
/// Numbers are compared to rounding in the model's dtype. The text should have several inputs and two outputs or more.
///
/// ```
/// use saliency_attribution::Sequence;
/// use saliency_attribution::testing::{Linear, check_model};
///
/// check_model(&Linear::new(6, 2), &Sequence::from_ids(&[1, 4, 2], &[0, 5])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first promise that is not kept, with the numbers that show it.
pub fn check_model(model: &dyn LanguageModel, sequence: &Sequence) -> Result<(), Broken> {
    let broken = |(promise, found)| Broken { model: model.name().to_owned(), promise, found };
    with_gradients(|| Check::new(model, sequence)?.all()).map_err(broken)
}

/// Which promise, and what was found.
type Found = (&'static str, String);

/// One model at one text.
struct Check<'a> {
    model: &'a dyn LanguageModel,
    ids: Vec<TokenId>,
    n_input: usize,
    /// `[1, tokens, hidden]`.
    embeddings: Tensor,
    /// At every position: `[1, tokens, vocabulary]`.
    logits: Tensor,
}

impl<'a> Check<'a> {
    fn new(model: &'a dyn LanguageModel, sequence: &Sequence) -> Result<Self, Found> {
        crate::model::check_fits(model, sequence).map_err(of("limits"))?;
        let (ids, n_input) = (sequence.ids().to_vec(), sequence.n_input());
        let embeddings = tch::no_grad(|| checked::embed(model, &ids, None)).map_err(of("embed"))?;
        let embeddings = embeddings.f_unsqueeze(0).map_err(of("embed"))?;
        let logits = tch::no_grad(|| checked::logits(model, &embeddings, n_input, 0..ids.len()));
        Ok(Self { model, ids, n_input, embeddings, logits: logits.map_err(of("logits"))? })
    }

    fn all(&self) -> Result<(), Found> {
        self.embed().map_err(or("embed"))?;
        self.numbers().map_err(or("logits"))?;
        self.determinism().map_err(or("determinism"))?;
        self.positions().map_err(or("positions"))?;
        self.causality().map_err(or("causality"))?;
        self.batching().map_err(or("batching"))?;
        self.gradients().map_err(or("gradients"))?;
        self.generate().map_err(or("generate"))?;
        self.run().map_err(or("run"))?;
        self.prefix_cache()?;
        match self.model.inside() {
            Some(inside) => self.inside(inside).map_err(or("inside")),
            None => Ok(()),
        }
    }

    fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// Positions that predict something: in an encoder–decoder not the source's.
    fn predicting(&self) -> Range<usize> {
        let first = if self.model.kept_inputs() > 0 { self.n_input - 1 } else { 0 };
        first..self.tokens()
    }

    /// A pass without a graph.
    fn pass(&self, embeddings: &Tensor, positions: Range<usize>) -> Result<Tensor, Why> {
        Ok(tch::no_grad(|| checked::logits(self.model, embeddings, self.n_input, positions))?)
    }

    /// The logits of the plain pass at some positions.
    fn plain(&self, positions: &Range<usize>) -> Result<Tensor, Why> {
        Ok(self.logits.f_narrow(1, positions.start as i64, positions.len() as i64)?)
    }

    /// Some other text of the same length.
    fn other(&self) -> Result<Tensor, Why> {
        let turned = self.embeddings.f_flip([1])?;
        Ok(turned.f_mul_scalar(1.0 - CHANGE)?.f_add_scalar(0.1)?)
    }

    /// The text with some of its tokens from another.
    fn changed(&self, tokens: Range<usize>) -> Result<Tensor, Why> {
        let changed = self.embeddings.f_detach_copy()?;
        let (from, count) = (tokens.start as i64, tokens.len() as i64);
        changed.f_narrow(1, from, count)?.f_copy_(&self.other()?.f_narrow(1, from, count)?)?;
        Ok(changed)
    }

    fn embed(&self) -> Result<(), Why> {
        let hidden = self.embeddings.size()[2];
        for (place, id) in self.ids.iter().enumerate() {
            let alone = tch::no_grad(|| checked::embed(self.model, &[*id], Some(hidden)))?;
            let beside = self.embeddings.f_select(1, place as i64)?;
            same(&alone, &beside, &format!("token {place} alone and among the others"))?;
        }
        Ok(())
    }

    fn numbers(&self) -> Result<(), Why> {
        let nan = self.logits.f_isnan()?.f_sum(Kind::Int64)?.f_int64_value(&[])?;
        if nan == 0 {
            return Ok(());
        }
        Err(Why::Found(format!("{nan} of {} are NaN", self.logits.numel())))
    }

    fn determinism(&self) -> Result<(), Why> {
        let again = self.pass(&self.embeddings, 0..self.tokens())?;
        same(&again, &self.logits, "two passes over the same text")
    }

    fn positions(&self) -> Result<(), Why> {
        for from in 0..self.tokens() {
            for positions in [from..from + 1, from..self.tokens()] {
                let some = self.pass(&self.embeddings, positions.clone())?;
                let what = format!("positions {positions:?} alone and among all");
                same(&some, &self.plain(&positions)?, &what)?;
            }
        }
        Ok(())
    }

    fn causality(&self) -> Result<(), Why> {
        for position in self.predicting() {
            let (first, later) = (self.predicting().start, position + 1);
            let before = first..later;
            let plain = self.plain(&before)?;
            if later < self.tokens() {
                let changed = self.pass(&self.changed(later..self.tokens())?, before.clone())?;
                let what =
                    format!("positions {before:?} before and after tokens from {later} on are changed");
                same(&changed, &plain, &what)?;
            }
            let cut = self.embeddings.f_narrow(1, 0, later as i64)?;
            if later >= self.n_input {
                let what = format!("positions {before:?} with and without the tokens from {later} on");
                same(&self.pass(&cut, before.clone())?, &plain, &what)?;
            }
        }
        Ok(())
    }

    fn batching(&self) -> Result<(), Why> {
        let other = self.other()?;
        let whole = 0..self.tokens();
        let both = self.pass(&Tensor::f_cat(&[&self.embeddings, &other], 0)?, whole.clone())?;
        let alone = self.pass(&other, whole)?;
        same(&both.f_narrow(0, 0, 1)?, &self.logits, "a text alone and as the first of two")?;
        same(&both.f_narrow(0, 1, 1)?, &alone, "a text alone and as the second of two")
    }

    /// A leaf, and the logits at some positions that were computed from it.
    fn graph(&self, positions: Range<usize>) -> Result<(Tensor, Tensor), Why> {
        let leaf = self.embeddings.f_detach_copy()?.f_set_requires_grad(true)?;
        let logits = checked::logits(self.model, &leaf, self.n_input, positions)?;
        Ok((leaf, logits))
    }

    fn gradients(&self) -> Result<(), Why> {
        let positions = self.n_input - 1..self.tokens();
        let (leaf, logits) = self.graph(positions.clone())?;
        for (row, position) in positions.enumerate() {
            let sum = logits.f_select(1, row as i64)?.f_sum(None)?;
            let Some(found) = gradient(&sum, &leaf, true)? else {
                let why = "carry no graph to the embeddings; is there a no_grad or a detach in logits?";
                return Err(Why::Found(format!("the logits at position {position} {why}")));
            };
            let count = found.f_isfinite()?.f_logical_not()?.f_sum(Kind::Int64)?.f_int64_value(&[])?;
            if count > 0 {
                let all = found.numel();
                let what =
                    format!("{count} of {all} numbers of the gradient at position {position} are not finite");
                return Err(Why::Found(what));
            }
        }
        Ok(())
    }

    fn generate(&self) -> Result<(), Why> {
        let input = &self.ids[..self.n_input];
        let room = self.model.limits().context.saturating_sub(input.len());
        let greedy = Generation::greedy(GENERATED.min(room));
        let plain = without_cache(self.model, input, &greedy, &mut |_| true)?;
        let found = self.model.generate(input, &greedy, &mut |_| true)?;
        self.same_tokens(&found, &plain, "generate")?;
        let two = [greedy.clone(), greedy];
        for found in self.model.generate_runs(input, &two, &mut |_, _| true)? {
            self.same_tokens(&found, &plain, "generate_runs")?;
        }
        Ok(())
    }

    /// Tokens that were generated, and those with the largest logits. Of logits that are the same but for rounding
    /// either will do.
    fn same_tokens(&self, found: &[TokenId], plain: &[TokenId], what: &str) -> Result<(), Why> {
        let Some(place) = (0..found.len().max(plain.len())).find(|i| found.get(*i) != plain.get(*i)) else {
            return Ok(());
        };
        let (at, largest) = (found.get(place), plain.get(place));
        if let (Some(at), Some(largest)) = (at, largest) {
            let ids = [&self.ids[..self.n_input], &plain[..place]].concat();
            let embeddings = tch::no_grad(|| checked::embed(self.model, &ids, None))?.f_unsqueeze(0)?;
            let logits = self.pass(&embeddings, ids.len() - 1..ids.len())?;
            if i64::from(*at) < logits.size()[2] {
                let of = |id: TokenId| logits.f_double_value(&[0, 0, i64::from(id)]);
                let (at, largest) = (of(*at)?, of(*largest)?);
                if (at - largest).abs() <= tolerance(&logits)? {
                    return Ok(());
                }
            }
        }
        let why = format!("{what} gave {found:?}, and the tokens with the largest logits are {plain:?}");
        Err(Why::Found(why))
    }

    fn run(&self) -> Result<(), Why> {
        let positions = self.n_input - 1..self.tokens();
        let run = checked::tape(self.model, &self.embeddings, self.n_input, positions.clone())?;
        let Some(run) = run else { return Ok(()) };
        same(run.logits(), &self.plain(&positions)?, "the logits of run and of logits")?;
        let (leaf, logits) = self.graph(positions.clone())?;
        let logits = logits.f_select(0, 0)?;
        // Any scalar will do.
        let grid = Tensor::f_arange(logits.numel() as i64, (Kind::Double, logits.device()))?;
        let cotangents = grid.f_cos()?.f_reshape(logits.size())?.f_to_kind(logits.kind())?;
        let hidden = leaf.size()[2];
        let places = 0..positions.len();
        checked::vjp(&*run, (places, positions.start), hidden, &cotangents, &mut |place, found| {
            let row = place as i64;
            let scalar = logits.f_select(0, row)?.f_mul(&cotangents.f_select(0, row)?)?.f_sum(None)?;
            let read = (positions.start + place + 1) as i64;
            let plain = gradient(&scalar, &leaf, true)?.ok_or_else(|| Error::Detached {
                model: self.model.name().to_owned(),
                op: "LanguageModel::logits",
            })?;
            let (found, plain) = (found.f_narrow(0, 0, read)?, plain.f_select(0, 0)?.f_narrow(0, 0, read)?);
            let what = format!("the gradient of position {place} by run and by autograd");
            same(&found, &plain, &what).map_err(|why| Error::Model(why.to_string().into()))
        })?;
        Ok(())
    }

    fn prefix_cache(&self) -> Result<(), Found> {
        let variants = self.model.prefix_cache(&self.embeddings, self.n_input).map_err(of("variants"))?;
        let (says, has) = (self.model.shares_prefix(), variants.is_some());
        if says != has {
            let gives = if has { "gives a cache" } else { "gives none" };
            return Err(("shares_prefix", format!("it says {says}, and variants {gives}")));
        }
        variants.map_or(Ok(()), |variants| self.variant(&*variants).map_err(or("variants")))
    }

    fn variant(&self, variants: &dyn PrefixCache) -> Result<(), Why> {
        let vocabulary = self.model.limits().vocabulary;
        let like = (Kind::Bool, self.embeddings.device());
        for shared in 0..self.tokens() {
            let positions = shared.max(self.predicting().start)..self.tokens();
            let changed = self.changed(shared..self.tokens())?;
            let rest = changed.f_narrow(1, shared as i64, (self.tokens() - shared) as i64)?;
            let of = |rest: &Tensor, masked: Option<&Tensor>| {
                checked::variant_logits(variants, vocabulary, (shared, rest), masked, positions.clone())
            };
            let (found, plain) = (of(&rest, None)?, self.pass(&changed, positions.clone())?);
            let what = format!("a variant that shares {shared} tokens, and a whole pass over it");
            same(&found, &plain, &what)?;
            // Hidden tokens, where the cache can hide any: what they are must not matter to later positions.
            let masked = Tensor::f_zeros([1, self.tokens() as i64], like)?;
            let what = format!("a variant that shares {shared} tokens, and the same with no token masked");
            same(&of(&rest, Some(&masked))?, &found, &what)?;
            let _ = masked.f_select(1, shared as i64)?.f_fill_(1)?;
            if shared + 1 == self.tokens() {
                continue;
            }
            let moved = rest.f_detach_copy()?;
            let _ = moved.f_select(1, 0)?.f_mul_scalar_(-1.0)?.f_add_scalar_(CHANGE)?;
            let after = (shared + 1).max(positions.start) - positions.start;
            let later = |x: &Tensor| x.f_narrow(1, after as i64, x.size()[1] - after as i64);
            let (one, other) = (of(&rest, Some(&masked))?, of(&moved, Some(&masked))?);
            let what =
                format!("positions after token {shared}, which is masked, before and after it is changed");
            same(&later(&one)?, &later(&other)?, &what)?;
        }
        Ok(())
    }

    fn inside(&self, inside: &dyn Inside) -> Result<(), Why> {
        let (_no_gradient, vocabulary) = (tch::no_grad_guard(), self.model.limits().vocabulary);
        for layer in 0..=inside.layers() {
            let residual = checked::residual(inside, layer, &self.embeddings)?;
            let found = checked::logits_from(inside, vocabulary, (layer, &residual), 0..self.tokens())?;
            same(&found, &self.logits, &format!("the logits from residual {layer} and from the embeddings"))?;
            if layer < inside.layers() {
                let look = checked::attention_at(inside, layer, &residual.f_select(0, 0)?)?;
                let next = checked::residual(inside, layer + 1, &self.embeddings)?.f_select(0, 0)?;
                same(&look.output, &next, &format!("the output of look {layer} and residual {}", layer + 1))?;
                attention(layer, &residual.f_select(0, 0)?, &look)?;
                let second = checked::feed_forward(inside, layer, &look.attended)?;
                same(&second, &look.output, &format!("the second half of block {layer} and its output"))?;
            }
        }
        self.read_out(inside)
    }

    /// The last norm and the head as one linear map, of every token's own logit at its own position.
    fn read_out(&self, inside: &dyn Inside) -> Result<(), Why> {
        let last = checked::residual(inside, inside.layers(), &self.embeddings)?.f_select(0, 0)?;
        let (mut found, mut plain) = (Vec::new(), Vec::new());
        for (position, id) in self.ids.iter().enumerate() {
            let (place, id) = (position as i64, i64::from(*id));
            let weights = Tensor::f_zeros([self.logits.size()[2]], (last.kind(), last.device()))?;
            let _ = weights.f_select(0, id)?.f_fill_(1)?;
            let at = last.f_select(0, place)?;
            let read = checked::read_out(inside, &at, &weights)?;
            found.push(read.direction.f_mul(&at)?.f_sum(Kind::Double)?.f_double_value(&[])? + read.constant);
            plain.push(self.logits.f_double_value(&[0, place, id])?);
        }
        let kind = self.logits.kind();
        let (found, plain) = (Tensor::f_from_slice(&found)?, Tensor::f_from_slice(&plain)?.f_to_kind(kind)?);
        same(&found, &plain, "the logits by read_out and by logits")
    }
}

/// A pattern of shares of what was read, and the residual stream after attention as the sum that it stands for.
fn attention(layer: usize, residual: &Tensor, look: &AttentionView) -> Result<(), Why> {
    let seen = look.pattern.f_tril(0)?;
    same(&look.pattern, &seen, &format!("the pattern of look {layer} and the same without later tokens"))?;
    let sums = seen.f_sum_dim_intlist(&[-1_i64][..], false, None)?;
    same(&sums, &sums.f_ones_like()?, &format!("the sums of the pattern's rows of look {layer} and 1"))?;
    let brought = look.pattern.f_matmul(&look.values)?.f_sum_dim_intlist(&[0_i64][..], false, None)?;
    let sum = residual.f_add(&brought)?.f_add(&look.bias)?;
    let what =
        format!("what pattern, values and bias of look {layer} add up to, and what stands after attention");
    same(&sum, &look.attended, &what)
}

/// Why a check failed: what was found, or an error on the way.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("{0}")]
    Found(String),
    #[error(transparent)]
    Error(#[from] Error),
}

impl From<tch::TchError> for Why {
    fn from(error: tch::TchError) -> Self {
        Self::Error(error.into())
    }
}

/// What was found, of a promise.
fn or(promise: &'static str) -> impl Fn(Why) -> Found {
    move |why| (promise, why.to_string())
}

/// An error, of a promise.
fn of<E: Into<ModelOrTorch>>(promise: &'static str) -> impl Fn(E) -> Found {
    move |error| (promise, error.into().0.to_string())
}

/// Any of the errors that a check meets, without libtorch's stack.
struct ModelOrTorch(Error);

impl From<Error> for ModelOrTorch {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<tch::TchError> for ModelOrTorch {
    fn from(error: tch::TchError) -> Self {
        Self(error.into())
    }
}

impl From<crate::ModelError> for ModelOrTorch {
    fn from(error: crate::ModelError) -> Self {
        Self(Error::model(error))
    }
}

/// Refuses numbers that are further apart than rounding explains.
fn same(found: &Tensor, expected: &Tensor, what: &str) -> Result<(), Why> {
    let double = |x: &Tensor| x.f_to_kind(Kind::Double);
    let (a, b) = (double(found)?, double(expected)?);
    // Infinities that are the same are no distance apart.
    let apart = a.f_sub(&b)?.f_abs()?.f_where_self(&a.f_ne_tensor(&b)?, &a.f_zeros_like()?)?;
    if apart.numel() == 0 {
        return Ok(());
    }
    let (apart, most) = (apart.f_max()?.f_double_value(&[])?, tolerance(expected)?);
    if apart <= most {
        return Ok(());
    }
    Err(Why::Found(format!("{what} are {apart:.2e} apart, and rounding explains {most:.2e} at the most")))
}

/// The distance that rounding explains.
fn tolerance(numbers: &Tensor) -> Result<f64, Why> {
    let sizes = numbers.f_to_kind(Kind::Double)?.f_abs()?;
    let finite = sizes.f_where_self(&sizes.f_isfinite()?, &sizes.f_zeros_like()?)?;
    let largest = if finite.numel() == 0 { 0.0 } else { finite.f_max()?.f_double_value(&[])? };
    // Half-precision numbers have few digits to begin with.
    let relative = (ROUNDINGS * epsilon(numbers.kind())).min(0.1);
    Ok(relative * largest.max(f64::MIN_POSITIVE))
}
