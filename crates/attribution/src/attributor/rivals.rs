//! Records of one text against the tokens that nearly stood in its outputs' places.

use crate::attributor::{Attributor, cut};
use crate::error::Error;
use crate::model::LanguageModel;
use crate::model::sequence::Sequence;
use crate::problem::backward::with_gradients;
use crate::problem::progress::Progress;
use crate::rows::Rows;
use crate::target::Target;
use crate::target::contrast::Alternatives;
use saliency_schema::Record;
use std::cell::Cell;

impl Attributor {
    /// Explains every output against each of the `count` most probable other tokens in its place, its rivals: record
    /// `r` has `f = m(t) − m(rival r + 1)`, with `t` the output's own token and `m` what the target contrasts. Positive
    /// attributions speak for the output, negative ones for the rival, which `outputs[].explained.alternatives` names
    /// with its probability. Rivals are ranked at the clean input.
    ///
    /// The target is contrastive. All records share one clean run; each has the cost of the method besides.
    ///
    /// ```
    /// use saliency_attribution::testing::Linear;
    /// use saliency_attribution::{Attributor, Sequence};
    ///
    /// let sequence = Sequence::from_ids(&[0, 1, 2], &[1, 0])?;
    /// let attributor = Attributor::new().target("contrast-logit");
    /// let records = attributor.rivals(&Linear::new(4, 2), &sequence, 2, &mut |_| true)?;
    /// assert_eq!(records.len(), 2);
    /// # Ok::<(), saliency_attribution::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`record_with`](Self::record_with); [`Error::Target`] for a target that is no contrast, and
    /// [`Error::Parameter`] for no rival, more rivals than the vocabulary has other tokens, or another continuation
    /// ([`against`](Self::against)).
    pub fn rivals(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        count: usize,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Vec<Record>, Error> {
        let checked = self.checked()?.bound_to(model);
        let others = model.limits().vocabulary.saturating_sub(1);
        if self.against.is_some() {
            let range = "without another continuation: rivals are single tokens";
            return Err(Error::Parameter { name: "rivals", value: count.to_string(), range });
        }
        if count == 0 || count > others {
            let range = "at least 1, and at most the other tokens of the vocabulary";
            return Err(Error::Parameter { name: "rivals", value: count.to_string(), range });
        }
        let against = |rank| {
            let target = &*checked.target;
            target.against(Alternatives::Ranked(rank)).ok_or_else(|| not_a_contrast(target))
        };
        let targets = (1..=count).map(against).collect::<Result<Vec<_>, _>>()?;
        let cut = cut(sequence, self.span.as_ref())?;
        let sequence = cut.as_ref().unwrap_or(sequence);
        let finished = Cell::new(0);
        let share = |share: f64| (f64::from(finished.get()) + share) / count as f64;
        let mut watch = |done: Progress| watch(Progress { share: share(done.share), ..done });
        with_gradients(|| {
            let mut records = Vec::with_capacity(count);
            let mut problem =
                self.problem(&checked, &*targets[0], (model, sequence), self.span.clone(), &mut watch)?;
            for target in &targets {
                problem = problem.with_target(&**target)?;
                problem.work().restart();
                checked.foresee(&problem)?;
                let rows = Rows::new(&problem, &checked.card, checked.reduction(), self.span.clone(), false);
                match self.finish(&checked, rows, self.span.as_ref()) {
                    Ok((record, _)) => records.push(record),
                    Err(Error::Stopped) if self.partial && !records.is_empty() => break,
                    Err(error) => return Err(error),
                }
                finished.set(finished.get() + 1);
            }
            Ok(records)
        })
    }
}

fn not_a_contrast(target: &dyn Target) -> Error {
    let why =
        "rivals are what a token is held against: the target is a contrast- target, such as contrast-logit";
    Error::Target { method: "rivals", target: target.name(), why }
}
