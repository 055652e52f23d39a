//! What a model gives, held to what its traits promise: shapes, and numbers that have gradients. A model of one's own
//! is code that nobody here has seen, and a tensor of the wrong shape goes far before something says so.

use crate::error::Error;
use crate::model::inside::{AttentionView, BackwardRule, Inside, ReadOut};
use crate::model::prefix_cache::PrefixCache;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, TokenId};
use std::ops::Range;
use tch::{Kind, Tensor};

/// Token embeddings, `[tokens, hidden]`; `hidden` is what they were before, where some were looked up before.
pub(crate) fn embed(
    model: &(impl LanguageModel + ?Sized),
    ids: &[TokenId],
    hidden: Option<i64>,
) -> Result<Tensor, Error> {
    let found = model.embed(ids).map_err(Error::model)?;
    let op = "LanguageModel::embed";
    floating(&found, op)?;
    let size = found.size();
    let fits = size.len() == 2
        && size[0] == ids.len() as i64
        && hidden.map_or(size[1] > 0, |hidden| size[1] == hidden);
    if fits {
        return Ok(found);
    }
    Err(Error::Shape { op, found: size, expected: vec![ids.len() as i64, hidden.unwrap_or(-1)] })
}

/// Logits, `[batch, positions, vocabulary]`.
pub(crate) fn logits(
    model: &(impl LanguageModel + ?Sized),
    embeddings: &Tensor,
    n_input: usize,
    positions: Range<usize>,
) -> Result<Tensor, Error> {
    let size = [embeddings.size()[0], positions.len() as i64, vocabulary(model)];
    let found = model.logits(embeddings, n_input, positions).map_err(Error::model)?;
    shaped(&found, "LanguageModel::logits", &size)?;
    Ok(found)
}

/// The model's own way back, where it has one.
pub(crate) fn tape<'a>(
    model: &'a dyn LanguageModel,
    embeddings: &Tensor,
    n_input: usize,
    positions: Range<usize>,
) -> Result<Option<Box<dyn Tape + 'a>>, Error> {
    let count = positions.len();
    let Some(run) = model.tape(embeddings, n_input, positions).map_err(Error::model)? else {
        return Ok(None);
    };
    shaped(run.logits(), "Tape::logits", &[1, count as i64, vocabulary(model)])?;
    Ok(Some(run))
}

/// The way back of some positions, of which the first that the run has read `first + 1` tokens: every position in
/// order, and for each `[read, hidden]` of at least the tokens that it has read.
pub(crate) fn vjp(
    run: &dyn Tape,
    (positions, first): (Range<usize>, usize),
    hidden: i64,
    cotangents: &Tensor,
    each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
) -> Result<(), Error> {
    let op = "Tape::vjp";
    let mut due = positions.clone();
    run.vjp(positions, cotangents, &mut |position, gradient| {
        let expected = due.next();
        if expected != Some(position) {
            return Err(Error::Order { op, found: Some(position), expected });
        }
        floating(&gradient, op)?;
        let (size, read) = (gradient.size(), (first + position + 1) as i64);
        if size.len() != 2 || size[0] < read || size[1] != hidden {
            return Err(Error::Shape { op, found: size, expected: vec![read, hidden] });
        }
        each(position, gradient)
    })?;
    match due.next() {
        None => Ok(()),
        expected => Err(Error::Order { op, found: None, expected }),
    }
}

/// Logits of variants of a text, `[batch, positions, vocabulary]`.
pub(crate) fn variant_logits(
    variants: &dyn PrefixCache,
    vocabulary: usize,
    (shared, embeddings): (usize, &Tensor),
    masked: Option<&Tensor>,
    positions: Range<usize>,
) -> Result<Tensor, Error> {
    let size = [embeddings.size()[0], positions.len() as i64, vocabulary as i64];
    let found = variants.logits(shared, embeddings, masked, positions).map_err(Error::model)?;
    shaped(&found, "PrefixCache::logits", &size)?;
    Ok(found)
}

/// The residual stream before a block, in the embeddings' shape.
pub(crate) fn residual(inside: &dyn Inside, layer: usize, embeddings: &Tensor) -> Result<Tensor, Error> {
    let found = inside.residual(layer, embeddings).map_err(Error::model)?;
    shaped(&found, "Inside::residual", &embeddings.size())?;
    Ok(found)
}

/// Logits from the residual stream before a block, `[batch, positions, vocabulary]`.
pub(crate) fn logits_from(
    inside: &dyn Inside,
    vocabulary: usize,
    (layer, residual): (usize, &Tensor),
    positions: Range<usize>,
) -> Result<Tensor, Error> {
    let size = [residual.size()[0], positions.len() as i64, vocabulary as i64];
    let found = inside.logits_from(layer, residual, positions).map_err(Error::model)?;
    shaped(&found, "Inside::logits_from", &size)?;
    Ok(found)
}

/// What a block's attention does, each part in its shape.
pub(crate) fn attention_at(
    inside: &dyn Inside,
    layer: usize,
    residual: &Tensor,
) -> Result<AttentionView, Error> {
    let look = inside.attention_at(layer, residual).map_err(Error::model)?;
    let (heads, (tokens, hidden)) = (inside.heads() as i64, residual.size2()?);
    for (part, op, size) in [
        (&look.pattern, "Inside::attention_at, pattern,", &[heads, tokens, tokens][..]),
        (&look.values, "Inside::attention_at, values,", &[heads, tokens, hidden]),
        (&look.bias, "Inside::attention_at, bias,", &[hidden]),
        (&look.attended, "Inside::attention_at, attended,", &[tokens, hidden]),
        (&look.output, "Inside::attention_at, output,", &[tokens, hidden]),
    ] {
        shaped(part, op, size)?;
    }
    Ok(look)
}

/// A block's output, in the shape of what its second half reads.
pub(crate) fn feed_forward(inside: &dyn Inside, layer: usize, attended: &Tensor) -> Result<Tensor, Error> {
    let found = inside.feed_forward(layer, attended).map_err(Error::model)?;
    shaped(&found, "Inside::feed_forward", &attended.size())?;
    Ok(found)
}

/// The last norm and the head as one linear map.
pub(crate) fn read_out(inside: &dyn Inside, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, Error> {
    let found = inside.read_out(residual, weights).map_err(Error::model)?;
    shaped(&found.direction, "Inside::read_out", &residual.size())?;
    Ok(found)
}

/// A forward pass that is walked back by another rule, where the model has one.
pub(crate) fn tape_by<'a>(
    inside: &'a dyn Inside,
    vocabulary: usize,
    rule: BackwardRule,
    embeddings: &Tensor,
    positions: Range<usize>,
) -> Result<Option<Box<dyn Tape + 'a>>, Error> {
    let count = positions.len() as i64;
    let run = inside.tape_by(rule, embeddings, positions).map_err(Error::model)?;
    run.as_ref()
        .map_or(Ok(()), |run| shaped(run.logits(), "Tape::logits", &[1, count, vocabulary as i64]))?;
    Ok(run)
}

fn vocabulary(model: &(impl LanguageModel + ?Sized)) -> i64 {
    model.limits().vocabulary as i64
}

/// Floating-point numbers of that shape.
fn shaped(found: &Tensor, op: &'static str, expected: &[i64]) -> Result<(), Error> {
    floating(found, op)?;
    let size = found.size();
    if size == expected {
        return Ok(());
    }
    Err(Error::Shape { op, found: size, expected: expected.to_vec() })
}

/// Refuses what has no gradient, such as whole numbers.
fn floating(found: &Tensor, op: &'static str) -> Result<(), Error> {
    match dtype(found) {
        Ok(Kind::Half | Kind::BFloat16 | Kind::Float | Kind::Double) => Ok(()),
        other => Err(Error::Dtype { op, found: named(other) }),
    }
}

/// A tensor's dtype; an error where it is none that is known here, or not there at all.
fn dtype(tensor: &Tensor) -> Result<Kind, &'static str> {
    if tensor.defined() {
        tensor.f_kind().map_err(|_| "an unknown dtype")
    } else {
        Err("no dtype, being undefined")
    }
}

fn named(kind: Result<Kind, &'static str>) -> String {
    kind.map_or_else(str::to_owned, |kind| format!("{kind:?}"))
}

/// A target's values: one real number for each text.
pub(crate) fn target_value(found: Tensor, target: &str, batch: i64) -> Result<Tensor, Error> {
    let kind = dtype(&found);
    let real = matches!(
        kind,
        Ok(Kind::Uint8
            | Kind::Int8
            | Kind::Int16
            | Kind::Int
            | Kind::Int64
            | Kind::Half
            | Kind::Float
            | Kind::Double
            | Kind::Bool
            | Kind::BFloat16)
    );
    if real && found.size() == [batch] {
        return Ok(found);
    }
    let shape = if found.defined() { found.size() } else { Vec::new() };
    let found = format!("a tensor of shape {shape:?} and dtype {}", named(kind));
    Err(Error::TargetValue { target: target.to_owned(), found, texts: batch })
}
