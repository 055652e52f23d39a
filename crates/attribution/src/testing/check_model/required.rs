//! What every model promises: shapes, determinism, causality, independence of positions and texts, a graph, generation.

use crate::method::baseline::Baseline;
use crate::model::generation::{Generation, without_cache};
use crate::model::{TokenId, checked};
use crate::problem::backward::{Graph, gradient};
use crate::testing::check_model::Check;
use crate::testing::check_model::comparison::{Why, same, tolerance};
use std::ops::Range;
use tch::{Kind, Tensor};

/// Tokens that are generated.
const GENERATED: usize = 4;

impl Check<'_> {
    pub(super) fn embed(&self) -> Result<(), Why> {
        let hidden = self.embeddings.size()[2];
        for (token, id) in self.ids.iter().enumerate() {
            let alone = tch::no_grad(|| checked::embed(self.model, &[*id], Some(hidden)))?;
            let beside = self.embeddings.f_select(1, token as i64)?;
            same(&alone, &beside, &format!("token {token} alone and among the others"))?;
        }
        Ok(())
    }

    pub(super) fn numbers(&self) -> Result<(), Why> {
        let nan = self.logits.f_isnan()?.f_sum(Kind::Int64)?.f_int64_value(&[])?;
        if nan == 0 {
            return Ok(());
        }
        Err(Why::Found(format!("{nan} of {} are NaN", self.logits.numel())))
    }

    pub(super) fn determinism(&self) -> Result<(), Why> {
        let again = self.pass(&self.embeddings, 0..self.tokens())?;
        same(&again, &self.logits, "two passes over the same text")
    }

    pub(super) fn positions(&self) -> Result<(), Why> {
        for from in 0..self.tokens() {
            for positions in [from..from + 1, from..self.tokens()] {
                let some = self.pass(&self.embeddings, positions.clone())?;
                let what = format!("positions {positions:?} alone and among all");
                same(&some, &self.plain(&positions)?, &what)?;
            }
        }
        Ok(())
    }

    pub(super) fn causality(&self) -> Result<(), Why> {
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

    pub(super) fn batching(&self) -> Result<(), Why> {
        let other = self.other()?;
        let whole = 0..self.tokens();
        let both = self.pass(&Tensor::f_cat(&[&self.embeddings, &other], 0)?, whole.clone())?;
        let alone = self.pass(&other, whole)?;
        same(&both.f_narrow(0, 0, 1)?, &self.logits, "a text alone and as the first of two")?;
        same(&both.f_narrow(0, 1, 1)?, &alone, "a text alone and as the second of two")
    }

    /// A leaf, and the logits at some positions that were computed from it.
    pub(super) fn graph(&self, positions: Range<usize>) -> Result<(Tensor, Tensor), Why> {
        let leaf = self.embeddings.f_detach_copy()?.f_set_requires_grad(true)?;
        let logits = checked::logits(self.model, &leaf, self.n_input, positions)?;
        Ok((leaf, logits))
    }

    pub(super) fn gradients(&self) -> Result<(), Why> {
        let positions = self.n_input - 1..self.tokens();
        let (leaf, logits) = self.graph(positions.clone())?;
        for (row, position) in positions.enumerate() {
            let sum = logits.f_select(1, row as i64)?.f_sum(None)?;
            let Some(found) = gradient(&sum, &leaf, Graph::Kept)? else {
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

    pub(super) fn generate(&self) -> Result<(), Why> {
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

    pub(super) fn suited_baseline(&self) -> Result<(), Why> {
        let suited = self.model.suited_baseline();
        let known = |id: &TokenId| (*id as usize) < self.model.limits().vocabulary;
        let why = match &suited {
            Baseline::Eos if self.model.end_of_text().is_none() => "the model has no end-of-text token",
            Baseline::Mask if self.model.mask_token().is_none() => "the model has no mask token",
            Baseline::Token(id) if !known(id) => "its token is beyond the vocabulary",
            Baseline::Text(ids) if ids.is_empty() => "its text is empty",
            Baseline::Text(ids) if !ids.iter().all(known) => "a token of its text is beyond the vocabulary",
            Baseline::Sampled { .. } => "a distribution, and one baseline is needed",
            _ => return Ok(()),
        };
        Err(Why::Found(format!("it is {suited}: {why}")))
    }

    /// Compares generated tokens with those of the largest logits. Of logits that differ by rounding alone, either will
    /// do.
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
}
