//! The ways in which a text is read: special tokens in it as such or as characters, with a space put before it or not.

use std::sync::OnceLock;
use tokenizers::normalizers::Sequence as Normalizers;
use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper, Tokenizer as Bpe};

/// How a text is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Special tokens in it are characters.
    pub(crate) plain: bool,
    /// It goes on after another: no space is put before it.
    pub(crate) goes_on: bool,
}

/// A tokenizer in each of those ways, made when it is first asked for.
#[derive(Debug)]
pub(crate) struct Readings {
    bpe: Bpe,
    /// The first space that is put before a text, if any is.
    put: Option<Put>,
    plain: OnceLock<Bpe>,
    goes_on: [OnceLock<Bpe>; 2],
}

/// Where a space is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// Before the text.
    First,
    /// Before the text, and after each added token in it.
    Each,
}

impl Readings {
    pub(crate) fn new(bpe: Bpe) -> Self {
        let put = put(&bpe);
        Self { bpe, put, plain: OnceLock::new(), goes_on: [OnceLock::new(), OnceLock::new()] }
    }

    /// The tokenizer as its files have it.
    pub(crate) fn bpe(&self) -> &Bpe {
        &self.bpe
    }

    /// Whether a space is put before a text.
    pub(crate) fn puts(&self) -> bool {
        self.put.is_some()
    }

    /// Whether a space is put before the text alone, and not after an added token.
    pub(crate) fn puts_first(&self) -> bool {
        self.put == Some(Put::First)
    }

    pub(crate) fn of(&self, Reading { plain, goes_on }: Reading) -> &Bpe {
        let bpe = if plain { self.plain.get_or_init(|| as_plain(&self.bpe)) } else { &self.bpe };
        if goes_on && self.put.is_some() {
            self.goes_on[usize::from(plain)].get_or_init(|| without_put(bpe))
        } else {
            bpe
        }
    }
}

fn as_plain(bpe: &Bpe) -> Bpe {
    let mut plain = bpe.clone();
    plain.set_encode_special_tokens(true);
    plain
}

fn put(bpe: &Bpe) -> Option<Put> {
    let prepends = |normaliser: &NormalizerWrapper| matches!(normaliser, NormalizerWrapper::Prepend(_));
    let puts = |step: &PreTokenizerWrapper| match step {
        PreTokenizerWrapper::ByteLevel(level) if level.add_prefix_space => Some(Put::Each),
        PreTokenizerWrapper::Metaspace(space) => match space.prepend_scheme {
            PrependScheme::First => Some(Put::First),
            PrependScheme::Always => Some(Put::Each),
            PrependScheme::Never => None,
        },
        _ => None,
    };
    let by_normaliser = match bpe.get_normalizer() {
        Some(NormalizerWrapper::Sequence(steps)) => steps.as_ref().iter().any(prepends),
        Some(normaliser) => prepends(normaliser),
        None => false,
    };
    match bpe.get_pre_tokenizer() {
        _ if by_normaliser => Some(Put::Each),
        Some(PreTokenizerWrapper::Sequence(steps)) => steps.as_ref().iter().find_map(puts),
        Some(step) => puts(step),
        None => None,
    }
}

/// The same without the steps that put a space before a text.
fn without_put(bpe: &Bpe) -> Bpe {
    let prepends = |normaliser: &NormalizerWrapper| matches!(normaliser, NormalizerWrapper::Prepend(_));
    let without = |step: PreTokenizerWrapper| match step {
        PreTokenizerWrapper::ByteLevel(level) => level.add_prefix_space(false).into(),
        PreTokenizerWrapper::Metaspace(mut space) => {
            space.set_prepend_scheme(PrependScheme::Never);
            space.into()
        }
        other => other,
    };
    let normaliser = match bpe.get_normalizer().cloned() {
        Some(NormalizerWrapper::Sequence(steps)) => {
            let steps = steps.into_iter().filter(|step| !prepends(step)).collect();
            Some(NormalizerWrapper::Sequence(Normalizers::new(steps)))
        }
        normaliser => normaliser.filter(|normaliser| !prepends(normaliser)),
    };
    let pre_tokenizer = match bpe.get_pre_tokenizer().cloned() {
        Some(PreTokenizerWrapper::Sequence(steps)) => {
            Some(PreTokenizers::new(steps.into_iter().map(without).collect()).into())
        }
        step => step.map(without),
    };
    let mut bare = bpe.clone();
    // Added tokens are found in a text that is normalised.
    if bare.with_normalizer(normaliser).is_err() {
        return bpe.clone();
    }
    bare.with_pre_tokenizer(pre_tokenizer);
    bare
}
