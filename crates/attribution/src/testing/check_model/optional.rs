//! What a model may offer besides: a backward pass of its own, a prefix cache, its inside. Each has to agree with plain
//! passes and autograd.

use crate::error::Error;
use crate::model::checked;
use crate::model::decoder_attention::DecoderAttention;
use crate::model::inside::{AttentionView, Inside};
use crate::model::prefix_cache::PrefixCache;
use crate::model::reading::ReadModel;
use crate::problem::backward::{Graph, gradient};
use crate::testing::check_model::comparison::{Why, same};
use crate::testing::check_model::{CHANGE, Check, Found, of, or};
use tch::{Kind, Tensor};

impl Check<'_> {
    pub(super) fn tape(&self) -> Result<(), Why> {
        let positions = self.n_input - 1..self.tokens();
        let tape = checked::tape(self.model, &self.embeddings, self.n_input, positions.clone())?;
        let Some(tape) = tape else { return Ok(()) };
        same(tape.logits(), &self.plain(&positions)?, "the logits of tape and of logits")?;
        let (leaf, logits) = self.graph(positions.clone())?;
        let logits = logits.f_select(0, 0)?;
        // Any scalar will do.
        let grid = Tensor::f_arange(logits.numel() as i64, (Kind::Double, logits.device()))?;
        let cotangents = grid.f_cos()?.f_reshape(logits.size())?.f_to_kind(logits.kind())?;
        let hidden = leaf.size()[2];
        let rows = 0..positions.len();
        let plain = |scalar: &Tensor| {
            gradient(scalar, &leaf, Graph::Kept)?.ok_or_else(|| Error::Detached {
                model: self.model.name().to_owned(),
                op: "LanguageModel::logits",
            })
        };
        let parts = logits.f_mul(&cotangents)?;
        checked::vjp(&*tape, (rows.clone(), positions.start), hidden, &cotangents, &mut |row, found| {
            let scalar = parts.f_select(0, row as i64)?.f_sum(None)?;
            let context = (positions.start + row + 1) as i64;
            let plain = plain(&scalar)?;
            let (found, plain) =
                (found.f_narrow(0, 0, context)?, plain.f_select(0, 0)?.f_narrow(0, 0, context)?);
            let what = format!("the gradient of position {row} by tape and by autograd");
            same(&found, &plain, &what).map_err(|why| Error::Model(why.to_string().into()))
        })?;
        let whole = checked::vjp_of_sum(&*tape, (rows, positions.start), hidden, &cotangents)?;
        let whole = whole.f_narrow(0, 0, positions.end as i64)?;
        let what = "the gradient of a sum over positions by tape and by autograd";
        same(&whole, &plain(&parts.f_sum(None)?)?.f_select(0, 0)?, what)
    }

    /// What goes on from a text that was read: its generation, its tape.
    pub(super) fn read(&self) -> Result<(), Why> {
        let read = ReadModel::new(self.model, &self.ids[..self.n_input])?;
        if !read.has_read() {
            return Ok(());
        }
        let (ids, n_input) = (self.ids.clone(), self.n_input);
        let (embeddings, logits) = (self.embeddings.shallow_clone(), self.logits.shallow_clone());
        let goes_on = Check { model: &read, ids, n_input, embeddings, logits };
        goes_on.generate()?;
        goes_on.tape()
    }

    pub(super) fn prefix_cache(&self) -> Result<(), Found> {
        let cache = self.model.prefix_cache(&self.embeddings, self.n_input).map_err(of("prefix_cache"))?;
        let (says, has) = (self.model.shares_prefix(), cache.is_some());
        if says != has {
            let gives = if has { "gives a cache" } else { "gives none" };
            return Err(("shares_prefix", format!("it says {says}, and prefix_cache {gives}")));
        }
        cache.map_or(Ok(()), |cache| self.variants(&*cache).map_err(or("prefix_cache")))
    }

    fn variants(&self, cache: &dyn PrefixCache) -> Result<(), Why> {
        let vocabulary = self.model.limits().vocabulary;
        let like = (Kind::Bool, self.embeddings.device());
        for shared in 0..self.tokens() {
            let positions = shared.max(self.predicting().start)..self.tokens();
            let changed = self.changed(shared..self.tokens())?;
            let rest = changed.f_narrow(1, shared as i64, (self.tokens() - shared) as i64)?;
            let of = |rest: &Tensor, masked: Option<&Tensor>| {
                checked::variant_logits(cache, vocabulary, (shared, rest), masked, positions.clone())
            };
            let (found, plain) = (of(&rest, None)?, self.pass(&changed, positions.clone())?);
            let what = format!("a variant that shares {shared} tokens, and a whole pass over it");
            same(&found, &plain, &what)?;
            // Later positions must not depend on masked tokens.
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

    /// Weights of the right shape, whose rows are shares, and no later token in them.
    pub(super) fn decoder_attention(&self, decoder: &dyn DecoderAttention) -> Result<(), Why> {
        let _no_gradient = tch::no_grad_guard();
        let (source, tokens) = (self.n_input as i64 - 1, self.tokens() as i64);
        let target = tokens - source;
        let embeddings = self.embeddings.f_select(0, 0)?;
        let mut seen = [0, 0];
        let check = |name: &str, keys: i64, weights: &Tensor, causal: bool| {
            let expected = [decoder.heads() as i64, target, keys];
            if weights.size() != expected {
                let found = format!("{name} gives weights {:?} instead of {expected:?}", weights.size());
                return Err(Error::Model(found.into()));
            }
            let allowed = if causal { weights.f_tril(0)? } else { weights.shallow_clone() };
            let sums = allowed.f_sum_dim_intlist(&[-1_i64][..], false, None)?;
            same(&sums, &sums.f_ones_like()?, &format!("the sums of the rows of {name} and 1"))
                .map_err(|why| Error::Model(why.to_string().into()))
        };
        decoder.to_source(&embeddings, self.n_input, &mut |_, weights| {
            seen[0] += 1;
            check("to_source", source, weights, false)
        })?;
        decoder.to_target(&embeddings, self.n_input, &mut |_, weights| {
            seen[1] += 1;
            check("to_target", target, weights, true)
        })?;
        if seen != [decoder.layers(); 2] {
            return Err(Why::Found(format!("{seen:?} layers instead of {}", decoder.layers())));
        }
        Ok(())
    }

    pub(super) fn inside(&self, inside: &dyn Inside) -> Result<(), Why> {
        let (_no_gradient, vocabulary) = (tch::no_grad_guard(), self.model.limits().vocabulary);
        for layer in 0..=inside.layers() {
            let residual = checked::residual(inside, layer, &self.embeddings)?;
            let found = checked::logits_from(inside, vocabulary, (layer, &residual), 0..self.tokens())?;
            same(&found, &self.logits, &format!("the logits from residual {layer} and from the embeddings"))?;
            if layer < inside.layers() {
                let view = checked::attention_at(inside, layer, &residual.f_select(0, 0)?)?;
                attention(layer, &residual.f_select(0, 0)?, &view)?;
                let next = checked::residual(inside, layer + 1, &self.embeddings)?.f_select(0, 0)?;
                if let Some(found) = checked::block(inside, layer, &residual)? {
                    let what = format!("the output of block({layer}) and residual {}", layer + 1);
                    same(&found.f_select(0, 0)?, &next, &what)?;
                }
                let what = format!("the output of attention_at({layer}) and residual {}", layer + 1);
                same(&view.output, &next, &what)?;
                let second = checked::feed_forward(inside, layer, &view.attended)?;
                same(&second, &view.output, &format!("the second half of block {layer} and its output"))?;
            }
        }
        self.read_out(inside)
    }

    /// Each token's logit at its own position, by the last norm and the head as one linear map.
    fn read_out(&self, inside: &dyn Inside) -> Result<(), Why> {
        let last = checked::residual(inside, inside.layers(), &self.embeddings)?.f_select(0, 0)?;
        let (mut found, mut plain) = (Vec::new(), Vec::new());
        for (position, id) in self.ids.iter().enumerate() {
            let (position, id) = (position as i64, i64::from(*id));
            let weights = Tensor::f_zeros([self.logits.size()[2]], (last.kind(), last.device()))?;
            let _ = weights.f_select(0, id)?.f_fill_(1)?;
            let state = last.f_select(0, position)?;
            let map = checked::read_out(inside, &state, &weights)?;
            let linear = map.direction.f_mul(&state)?.f_sum(Kind::Double)?.f_double_value(&[])?;
            found.push(linear + map.constant);
            plain.push(self.logits.f_double_value(&[0, position, id])?);
        }
        let kind = self.logits.kind();
        let (found, plain) = (Tensor::f_from_slice(&found)?, Tensor::f_from_slice(&plain)?.f_to_kind(kind)?);
        same(&found, &plain, "the logits by read_out and by logits")
    }
}

/// The pattern holds shares of earlier tokens, and the residual stream after attention is the sum of all parts.
fn attention(layer: usize, residual: &Tensor, view: &AttentionView) -> Result<(), Why> {
    let earlier = view.pattern.f_tril(0)?;
    let what = format!("the pattern of attention_at({layer}) and the same without later tokens");
    same(&view.pattern, &earlier, &what)?;
    let sums = earlier.f_sum_dim_intlist(&[-1_i64][..], false, None)?;
    let what = format!("the sums of the pattern's rows of attention_at({layer}) and 1");
    same(&sums, &sums.f_ones_like()?, &what)?;
    let brought = view.pattern.f_matmul(&view.values)?.f_sum_dim_intlist(&[0_i64][..], false, None)?;
    let sum = residual.f_add(&brought)?.f_add(&view.bias)?;
    let what = format!("the sum of pattern, values and bias of attention_at({layer}), and attended");
    same(&sum, &view.attended, &what)
}
