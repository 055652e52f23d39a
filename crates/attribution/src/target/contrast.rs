//! Contrastive targets: the produced token against alternatives.

use crate::error::Error;
use crate::model::TokenId;
use crate::target::clean_run::CleanRun;
use crate::target::explained::Explained;
use crate::target::{OutputToken, Target};
use tch::Tensor;

/// What the produced token is contrasted with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Alternatives {
    /// The most probable other token at the clean input.
    #[default]
    RunnerUp,
    /// The other token of that rank by probability at the clean input, from 1: `Ranked(1)` is the runner-up.
    Ranked(usize),
    /// These tokens for every output: the mean of their values.
    Same(Vec<TokenId>),
    /// One token for each output, in order.
    Each(Vec<TokenId>),
}

impl Alternatives {
    /// The rank of those that only the model knows.
    fn rank(&self) -> Option<usize> {
        match self {
            Self::RunnerUp => Some(1),
            Self::Ranked(rank) => Some(*rank),
            Self::Same(_) | Self::Each(_) => None,
        }
    }

    /// Those of one output; empty where only the model knows them.
    fn of(&self, output: OutputToken) -> &[TokenId] {
        match self {
            Self::RunnerUp | Self::Ranked(_) => &[],
            Self::Same(ids) => ids,
            Self::Each(ids) => ids.get(output.output).map_or(&[], std::slice::from_ref),
        }
    }
}

/// `f = m(t) − mean over a of m(a)`, with `m` another target, `t` the produced token and `a` its alternatives.
#[derive(Debug, Clone)]
pub(crate) struct Contrast<T> {
    pub(crate) measure: T,
    pub(crate) alternatives: Alternatives,
}

impl<T: Target> Contrast<T> {
    /// The alternatives of one output. Those of a rank are of the first row of the given logits, `[batch,
    /// vocabulary]`.
    fn of(&self, logits: &Tensor, output: OutputToken) -> Result<Vec<TokenId>, Error> {
        Ok(match self.alternatives.rank() {
            Some(rank) => vec![ranked(&logits.f_select(0, 0)?, output.id, rank)?],
            None => self.alternatives.of(output).to_vec(),
        })
    }

    /// The weight of each alternative.
    fn share(alternatives: &[TokenId], output: OutputToken) -> Result<f64, Error> {
        if alternatives.is_empty() {
            let value = format!("0 for output {}", output.output);
            let range = "at least one for each output";
            return Err(Error::Parameter { name: "alternatives", value, range });
        }
        Ok(1.0 / alternatives.len() as f64)
    }

    pub(crate) fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        let alternatives = self.of(logits, output)?;
        let share = Self::share(&alternatives, output)?;
        let mut value = self.measure.value(logits, output)?;
        for id in alternatives {
            if i64::from(id) >= logits.size()[1] {
                let range = "a token number below the vocabulary's size";
                return Err(Error::Parameter { name: "alternatives", value: id.to_string(), range });
            }
            let other = self.measure.value(logits, OutputToken { id, ..output })?;
            value = value.f_sub(&other.f_mul_scalar(share)?)?;
        }
        Ok(value)
    }

    /// The alternatives, with those of a rank found once, at the clean input: they must not change along a path.
    pub(crate) fn fixed(&self, clean: &CleanRun<'_>) -> Result<Alternatives, Error> {
        let Some(rank) = self.alternatives.rank() else { return Ok(self.alternatives.clone()) };
        let of = |output: &OutputToken| {
            ranked(&clean.logits().f_select(0, output.output as i64)?, output.id, rank)
        };
        Ok(Alternatives::Each(clean.outputs().iter().map(of).collect::<Result<_, _>>()?))
    }

    /// The weight of each logit, where the measure is a weighted sum of logits.
    pub(crate) fn logit_weights(&self, output: OutputToken) -> Result<Option<Vec<(TokenId, f64)>>, Error> {
        if self.alternatives.rank().is_some() {
            return Ok(None);
        }
        let ids = self.alternatives.of(output);
        let Some(mut weights) = self.measure.logit_weights(output)? else { return Ok(None) };
        let share = Self::share(ids, output)?;
        for &id in ids {
            let others = self.measure.logit_weights(OutputToken { id, ..output })?.unwrap_or_default();
            weights.extend(others.into_iter().map(|(id, weight)| (id, -share * weight)));
        }
        Ok(Some(weights))
    }

    /// The alternatives, once they are known.
    pub(crate) fn explained(&self, output: OutputToken) -> Explained {
        Explained { alternatives: self.alternatives.of(output).to_vec(), ..Explained::default() }
    }

    /// A note where a token is contrasted with itself.
    pub(crate) fn note(&self, output: OutputToken) -> Option<String> {
        let ids = self.alternatives.of(output);
        let itself = ids.iter().filter(|id| **id == output.id).count();
        match (itself, ids.len()) {
            (0, _) => None,
            (itself, all) if itself == all => Some(
                "the token is held against itself, so that the difference is zero by construction; name another alternative"
                    .to_owned(),
            ),
            (itself, all) => Some(format!(
                "{itself} of {all} alternatives is the token itself, which takes that share of the difference away; \
                 leave it out"
            )),
        }
    }

    pub(crate) fn describe(&self, name: &str) -> saliency_schema::Target {
        let mut target = saliency_schema::Target::new(name);
        let ids = match &self.alternatives {
            Alternatives::RunnerUp | Alternatives::Ranked(_) => return target,
            Alternatives::Same(ids) => ("alternative_ids", ids),
            Alternatives::Each(ids) => ("alternative_ids_by_output", ids),
        };
        target.parameters.insert(ids.0.to_owned(), ids.1.clone().into());
        target
    }
}

/// The token of that rank by probability besides one, from 1: `logits` is `[vocabulary]`. In a vocabulary of one token
/// it is that token.
pub(crate) fn ranked(logits: &Tensor, id: TokenId, rank: usize) -> Result<TokenId, Error> {
    let vocabulary = logits.size()[0];
    if rank == 0 || (rank as i64 >= vocabulary && rank > 1) {
        let range = "at least 1 and below the vocabulary's size";
        return Err(Error::Parameter { name: "rank of the alternative", value: rank.to_string(), range });
    }
    let most = logits.f_topk((rank as i64 + 1).min(vocabulary), -1, true, true)?.1;
    let ids: Vec<i64> = Vec::try_from(most)?;
    let mut others = ids.into_iter().map(|other| other as TokenId).filter(|other| *other != id);
    Ok(others.nth(rank - 1).unwrap_or(id))
}

/// A contrastive target: its type, its name, and what it contrasts.
macro_rules! contrast {
    ($(#[$doc:meta])* $target:ident, $measure:ident, $name:literal, $summary:literal $(, logits of $logits:ident)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $target {
            alternatives: crate::Alternatives,
        }

        impl $target {
            /// Against given alternatives. Default: the runner-up.
            pub fn against(alternatives: crate::Alternatives) -> Self {
                Self { alternatives }
            }

            fn contrast(&self) -> crate::target::contrast::Contrast<$measure> {
                crate::target::contrast::Contrast { measure: $measure, alternatives: self.alternatives.clone() }
            }
        }

        impl crate::Target for $target {
            fn name(&self) -> &'static str {
                $name
            }
            fn summary(&self) -> &'static str {
                $summary
            }
            fn value(&self, logits: &tch::Tensor, output: crate::OutputToken) -> Result<tch::Tensor, crate::Error> {
                self.contrast().value(logits, output)
            }
            fn describe(&self) -> saliency_schema::Target {
                self.contrast().describe($name)
            }
            fn explained(&self, output: crate::OutputToken) -> crate::Explained {
                self.contrast().explained(output)
            }
            fn bound_to(
                &self,
                clean: &crate::CleanRun<'_>,
            ) -> Result<Option<Box<dyn crate::Target>>, crate::Error> {
                Ok(Some(Box::new(Self::against(self.contrast().fixed(clean)?))))
            }
            fn logit_weights(
                &self,
                output: crate::OutputToken,
            ) -> Result<Option<Vec<(crate::TokenId, f64)>>, crate::Error> {
                let contrast = self.contrast();
                $(let contrast = crate::target::contrast::Contrast { measure: $logits, alternatives: contrast.alternatives };)?
                contrast.logit_weights(output)
            }
            fn note(&self, output: crate::OutputToken) -> Option<String> {
                self.contrast().note(output)
            }
            fn against(&self, alternatives: crate::Alternatives) -> Option<Box<dyn crate::Target>> {
                Some(Box::new(Self::against(alternatives)))
            }
        }
    };
}
pub(crate) use contrast;
