//! Calls of models and targets, with their results checked against the traits' promises: shapes, and numbers that have
//! gradients. In code of your own a mistake is easily made, and a tensor of the wrong shape would go unnoticed for
//! long.

use crate::error::Error;
use crate::model::inside::{AttentionView, BackwardRule, Inside, ReadOut};
use crate::model::prefix_cache::PrefixCache;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, TokenId};
use std::ops::Range;
use tch::{Kind, Tensor};

/// Token embeddings, `[tokens, hidden]`, with `hidden` as in earlier look-ups, where there were any.
pub(crate) fn embed(
    model: &(impl LanguageModel + ?Sized),
    ids: &[TokenId],
    hidden: Option<i64>,
) -> Result<Tensor, Error> {
    let found = model.embed(ids)?;
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
    let found = model.logits(embeddings, n_input, positions)?;
    shaped(&found, "LanguageModel::logits", &size)?;
    Ok(found)
}

/// The model's own backward pass, where it has one.
pub(crate) fn tape<'a>(
    model: &'a dyn LanguageModel,
    embeddings: &Tensor,
    n_input: usize,
    positions: Range<usize>,
) -> Result<Option<Box<dyn Tape + 'a>>, Error> {
    let count = positions.len();
    let Some(tape) = model.tape(embeddings, n_input, positions)? else {
        return Ok(None);
    };
    shaped(tape.logits(), "Tape::logits", &[1, count as i64, vocabulary(model)])?;
    Ok(Some(tape))
}

/// The backward pass of some positions, counted from position `first` of the sequence: every position in order, and for
/// each `[context, hidden]` of at least the tokens up to the position.
pub(crate) fn vjp(
    tape: &dyn Tape,
    (positions, first): (Range<usize>, usize),
    hidden: i64,
    cotangents: &Tensor,
    each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
) -> Result<(), Error> {
    let op = "Tape::vjp";
    let mut due = positions.clone();
    tape.vjp(positions, cotangents, &mut |position, gradient| {
        let expected = due.next();
        if expected != Some(position) {
            return Err(Error::Order { op, found: Some(position), expected });
        }
        floating(&gradient, op)?;
        let (size, context) = (gradient.size(), (first + position + 1) as i64);
        if size.len() != 2 || size[0] < context || size[1] != hidden {
            return Err(Error::Shape { op, found: size, expected: vec![context, hidden] });
        }
        each(position, gradient)
    })?;
    match due.next() {
        None => Ok(()),
        expected => Err(Error::Order { op, found: None, expected }),
    }
}

/// The same for the sum over some positions: `[context, hidden]` of at least the tokens up to the last of them.
pub(crate) fn vjp_of_sum(
    tape: &dyn Tape,
    (positions, first): (Range<usize>, usize),
    hidden: i64,
    cotangents: &Tensor,
) -> Result<Tensor, Error> {
    let (op, context) = ("Tape::vjp_of_sum", (first + positions.end) as i64);
    let found = tape.vjp_of_sum(positions, cotangents)?;
    floating(&found, op)?;
    match *found.size() {
        [rows, width] if rows >= context && width == hidden => Ok(found),
        _ => Err(Error::Shape { op, found: found.size(), expected: vec![context, hidden] }),
    }
}

/// Logits of variants of a text, `[batch, positions, vocabulary]`.
pub(crate) fn variant_logits(
    cache: &dyn PrefixCache,
    vocabulary: usize,
    (shared, embeddings): (usize, &Tensor),
    masked: Option<&Tensor>,
    positions: Range<usize>,
) -> Result<Tensor, Error> {
    let size = [embeddings.size()[0], positions.len() as i64, vocabulary as i64];
    let found = cache.logits(shared, embeddings, masked, positions)?;
    shaped(&found, "PrefixCache::logits", &size)?;
    Ok(found)
}

/// The residual stream before a block, in the embeddings' shape.
pub(crate) fn residual(inside: &dyn Inside, layer: usize, embeddings: &Tensor) -> Result<Tensor, Error> {
    let found = inside.residual(layer, embeddings)?;
    shaped(&found, "Inside::residual", &embeddings.size())?;
    Ok(found)
}

/// The residual stream after a block, in the shape of the one before it; `None` from a model that lacks it.
pub(crate) fn block(inside: &dyn Inside, layer: usize, residual: &Tensor) -> Result<Option<Tensor>, Error> {
    let found = inside.block(layer, residual)?;
    if let Some(found) = &found {
        shaped(found, "Inside::block", &residual.size())?;
    }
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
    let found = inside.logits_from(layer, residual, positions)?;
    shaped(&found, "Inside::logits_from", &size)?;
    Ok(found)
}

/// A block's attention, each part in its shape.
pub(crate) fn attention_at(
    inside: &dyn Inside,
    layer: usize,
    residual: &Tensor,
) -> Result<AttentionView, Error> {
    let view = inside.attention_at(layer, residual)?;
    let (heads, (tokens, hidden)) = (inside.heads() as i64, residual.size2()?);
    for (part, op, size) in [
        (&view.pattern, "Inside::attention_at, pattern,", &[heads, tokens, tokens][..]),
        (&view.values, "Inside::attention_at, values,", &[heads, tokens, hidden]),
        (&view.bias, "Inside::attention_at, bias,", &[hidden]),
        (&view.attended, "Inside::attention_at, attended,", &[tokens, hidden]),
        (&view.output, "Inside::attention_at, output,", &[tokens, hidden]),
    ] {
        shaped(part, op, size)?;
    }
    Ok(view)
}

/// A block's output, in the shape of its second half's input.
pub(crate) fn feed_forward(inside: &dyn Inside, layer: usize, attended: &Tensor) -> Result<Tensor, Error> {
    let found = inside.feed_forward(layer, attended)?;
    shaped(&found, "Inside::feed_forward", &attended.size())?;
    Ok(found)
}

/// The last norm and the head as one linear map.
pub(crate) fn read_out(inside: &dyn Inside, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, Error> {
    let found = inside.read_out(residual, weights)?;
    shaped(&found.direction, "Inside::read_out", &residual.size())?;
    Ok(found)
}

/// A recorded forward pass with another rule for the backward pass, where the model has one.
pub(crate) fn tape_by<'a>(
    model: &'a dyn LanguageModel,
    rule: BackwardRule,
    embeddings: &Tensor,
    n_input: usize,
    positions: Range<usize>,
) -> Result<Option<Box<dyn Tape + 'a>>, Error> {
    let size = [1, positions.len() as i64, vocabulary(model)];
    let tape = model.tape_by(rule, embeddings, n_input, positions)?;
    tape.as_ref().map_or(Ok(()), |tape| shaped(tape.logits(), "Tape::logits", &size))?;
    Ok(tape)
}

fn vocabulary(model: &(impl LanguageModel + ?Sized)) -> i64 {
    model.limits().vocabulary as i64
}

/// Refuses anything but floating-point numbers of that shape.
fn shaped(found: &Tensor, op: &'static str, expected: &[i64]) -> Result<(), Error> {
    floating(found, op)?;
    let size = found.size();
    if size == expected {
        return Ok(());
    }
    Err(Error::Shape { op, found: size, expected: expected.to_vec() })
}

/// Refuses dtypes without gradients, such as integers.
fn floating(found: &Tensor, op: &'static str) -> Result<(), Error> {
    match dtype(found) {
        Ok(Kind::Half | Kind::BFloat16 | Kind::Float | Kind::Double) => Ok(()),
        other => Err(Error::Dtype { op, found: named(other) }),
    }
}

/// A tensor's dtype; an error for an unknown dtype or an undefined tensor.
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
