//! What the class that `tokenizer_config.json` names makes of a `tokenizer.json` in the transformers library.

use crate::tokenizer::alphabet::Alphabet;
use crate::tokenizer::form::Form;
use crate::tokenizer::settings::Settings;
use serde_json::Value;
use tokenizers::models::ModelWrapper;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper};

/// Changes a tokenizer as its class does in transformers 5.24. `config` is the model's `config.json`.
///
/// GPT-2's class has a switch of its own for a space before a text. Llama's leaves the normaliser out and puts the
/// space before the text alone (`legacy` false, the default) or after added tokens too, unless the text begins with
/// one; but not for a model of type `mistral`, whose tokenizers are taken as they are.
pub(crate) fn apply(form: &mut Form, settings: &Settings, config: Option<&Value>) {
    match form.alphabet {
        Alphabet::Letters => {
            if let (Some(PreTokenizerWrapper::ByteLevel(level)), Some(space)) =
                (form.bpe.get_pre_tokenizer(), settings.prefix_space())
            {
                let level = level.add_prefix_space(space);
                form.bpe.with_pre_tokenizer(Some(level));
            }
        }
        Alphabet::Pieces { space, .. } => {
            let mistral = config.is_some_and(|config| config["model_type"] == "mistral");
            if space == '▁' && settings.is_llamas() && !mistral {
                as_llamas(form, settings);
            }
        }
    }
}

fn as_llamas(Form { bpe, alphabet, .. }: &mut Form, settings: &Settings) {
    let scheme = match (settings.add_prefix_space, settings.legacy) {
        (Some(false), _) => PrependScheme::Never,
        (_, Some(true)) => PrependScheme::Always,
        _ => PrependScheme::First,
    };
    // Only a normaliser that fails on an added token could be refused.
    let _ = bpe.with_normalizer(None::<NormalizerWrapper>);
    bpe.with_pre_tokenizer(Some(Metaspace::new('▁', scheme, false)));
    if let ModelWrapper::BPE(model) = bpe.get_model() {
        let mut model = model.clone();
        (model.byte_fallback, model.ignore_merges, model.unk_token) = (true, false, None);
        bpe.with_model(model);
    }
    *alphabet = Alphabet::Pieces { space: '▁', bytes: true };
}
