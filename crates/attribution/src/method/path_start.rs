//! Where a path begins: at the baseline that was asked for, or else at the one that suits the model.

use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::parameters::Parameters;
use crate::model::LanguageModel;

/// Where a path begins. Without a baseline, the model decides
/// ([`suited_baseline`](LanguageModel::suited_baseline)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathStart(Option<Baseline>);

impl PathStart {
    /// # Errors
    /// [`Error::Parameter`] for deletion and masking, to which there is no path.
    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self(parameters.baseline.as_ref().map(Ablation::embedding).transpose()?))
    }

    /// The same for one model, with its baseline; `None` where the baseline is known already.
    pub(crate) fn bound_to(&self, model: &dyn LanguageModel) -> Option<Self> {
        self.0.is_none().then(|| model.suited_baseline().into())
    }

    /// The baseline, for one model.
    pub(crate) fn baseline(&self, model: &dyn LanguageModel) -> Baseline {
        self.0.clone().unwrap_or_else(|| model.suited_baseline())
    }

    /// The number of baselines to average over.
    pub(crate) fn draws(&self) -> u32 {
        self.0.as_ref().map_or(1, Baseline::draws)
    }

    /// The baseline's name for the record, where it is known.
    pub(crate) fn name(&self) -> Option<String> {
        self.0.as_ref().map(ToString::to_string)
    }

    /// What a reader should know of a path that begins at zero in a model that another baseline suits.
    pub(crate) fn note(&self, model: &dyn LanguageModel) -> Option<String> {
        let suited = model.suited_baseline();
        (self.0 == Some(Baseline::Zero) && suited != Baseline::Zero).then(|| {
            format!(
                "the path begins at zero, where the target of this model may jump; the baseline that suits the model \
                 is {suited}"
            )
        })
    }
}

impl From<Baseline> for PathStart {
    fn from(baseline: Baseline) -> Self {
        Self(Some(baseline))
    }
}
