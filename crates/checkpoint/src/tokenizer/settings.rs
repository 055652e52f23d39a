//! What the small files beside a tokenizer say: which tokens are special, which are added, whether one comes before
//! every text, and how a chat is written.

use crate::error::Error;
use crate::folder::if_there;
use saliency_attribution::TokenId;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use tokenizers::{AddedToken, Tokenizer as Bpe};

/// `tokenizer_config.json`, `special_tokens_map.json`, `chat_template.jinja`: what is read of them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Settings {
    #[serde(default)]
    pub(crate) add_bos_token: Option<bool>,
    #[serde(default)]
    pub(crate) bos_token: Option<Special>,
    #[serde(default)]
    pub(crate) eos_token: Option<Special>,
    #[serde(default)]
    unk_token: Option<Special>,
    #[serde(default)]
    pad_token: Option<Special>,
    #[serde(default)]
    sep_token: Option<Special>,
    #[serde(default)]
    cls_token: Option<Special>,
    #[serde(default)]
    mask_token: Option<Special>,
    #[serde(default)]
    additional_special_tokens: Option<Additional>,
    /// The later name, which newer files have beside the other.
    #[serde(default)]
    extra_special_tokens: Option<Additional>,
    #[serde(default)]
    tokenizer_class: Option<String>,
    #[serde(default)]
    pub(crate) add_prefix_space: Option<bool>,
    #[serde(default)]
    pub(crate) legacy: Option<bool>,
    #[serde(default)]
    added_tokens_decoder: Option<BTreeMap<TokenId, Added>>,
    #[serde(default)]
    pub(crate) chat_template: Option<ChatTemplate>,
}

/// A special token: its text, or an object that holds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Special {
    Text(String),
    Object { content: String },
}

/// Further special tokens: a list, or an object of names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Additional {
    List(Vec<Special>),
    Named(BTreeMap<String, Special>),
}

/// An entry of `added_tokens_decoder`.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields are Hugging Face's")]
pub(crate) struct Added {
    content: String,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    special: bool,
}

/// One template, or several of which the one named `default` counts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ChatTemplate {
    One(String),
    Several(Vec<Named>),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    name: String,
    template: String,
}

impl ChatTemplate {
    /// The template; of several, the one named `default`, or the first. Empty where the list is.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::One(template) => template,
            Self::Several(named) => {
                let default = named.iter().find(|template| template.name == "default");
                default.or(named.first()).map_or("", |template| &template.template)
            }
        }
    }
}

impl From<String> for ChatTemplate {
    fn from(template: String) -> Self {
        Self::One(template)
    }
}

impl Special {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Object { content: text } => text,
        }
    }
}

impl Settings {
    /// What is said where only the tokens that begin and end a text are named.
    pub(crate) fn of(bos: Option<&str>, eos: Option<&str>) -> Self {
        let special = |token: Option<&str>| token.map(|text| Special::Text(text.to_owned()));
        Self { bos_token: special(bos), eos_token: special(eos), ..Self::default() }
    }

    /// Takes what another file says and this one does not.
    pub(crate) fn fill_from(&mut self, other: Self) {
        fn fill<T>(mine: &mut Option<T>, other: Option<T>) {
            if mine.is_none() {
                *mine = other;
            }
        }
        fill(&mut self.bos_token, other.bos_token);
        fill(&mut self.eos_token, other.eos_token);
        fill(&mut self.unk_token, other.unk_token);
        fill(&mut self.pad_token, other.pad_token);
        fill(&mut self.sep_token, other.sep_token);
        fill(&mut self.cls_token, other.cls_token);
        fill(&mut self.mask_token, other.mask_token);
        fill(&mut self.additional_special_tokens, other.additional_special_tokens);
        fill(&mut self.extra_special_tokens, other.extra_special_tokens);
    }

    /// The special tokens that are named, by their names.
    pub(crate) fn named(&self) -> Vec<(&'static str, &str)> {
        let named = [
            ("bos_token", &self.bos_token),
            ("eos_token", &self.eos_token),
            ("unk_token", &self.unk_token),
            ("sep_token", &self.sep_token),
            ("pad_token", &self.pad_token),
            ("cls_token", &self.cls_token),
            ("mask_token", &self.mask_token),
        ];
        named.into_iter().filter_map(|(name, token)| Some((name, token.as_ref()?.text()))).collect()
    }

    /// The texts of all special tokens that are named.
    pub(crate) fn specials(&self) -> Vec<String> {
        let additional = [&self.additional_special_tokens, &self.extra_special_tokens];
        let additional = additional.into_iter().flatten().flat_map(|tokens| -> Vec<&Special> {
            match tokens {
                Additional::List(list) => list.iter().collect(),
                Additional::Named(named) => named.values().collect(),
            }
        });
        let named = self.named().into_iter().map(|(_, text)| text);
        named.chain(additional.map(Special::text)).map(str::to_owned).collect()
    }

    /// The tokens that are added to a vocabulary, in the order of their numbers: `added_tokens_decoder` alone where it
    /// is there, else `added_tokens.json`.
    pub(crate) fn added(&self, file: Option<BTreeMap<String, TokenId>>) -> BTreeMap<TokenId, AddedToken> {
        if let Some(decoder) = &self.added_tokens_decoder {
            let token = |(&id, added): (&TokenId, &Added)| {
                let token = AddedToken::from(added.content.clone(), added.special)
                    .lstrip(added.lstrip)
                    .rstrip(added.rstrip)
                    .single_word(added.single_word)
                    .normalized(added.normalized);
                (id, token)
            };
            return decoder.iter().map(token).collect();
        }
        let specials = self.specials();
        let token = |(text, id): (String, TokenId)| {
            let special = specials.contains(&text);
            (id, AddedToken::from(text, special).normalized(false))
        };
        file.into_iter().flatten().map(token).collect()
    }

    /// Whether a space is put before a text that begins without one. `None` leaves it to `tokenizer.json`: GPT-2's own
    /// class does not look there, but here, where nothing is said means no.
    pub(crate) fn prefix_space(&self) -> Option<bool> {
        let gpt2s = self.tokenizer_class.as_deref().is_some_and(|class| class.starts_with("GPT2Tokenizer"));
        self.add_prefix_space.or(gpt2s.then_some(false))
    }

    /// Whether the tokenizer's class is byT5's, whose tokens are bytes.
    pub(crate) fn is_of_bytes(&self) -> bool {
        self.tokenizer_class.as_deref() == Some("ByT5Tokenizer")
    }

    /// Whether the tokenizer's class is RoBERTa's, which has tokens around a text.
    pub(crate) fn is_robertas(&self) -> bool {
        self.tokenizer_class.as_deref().is_some_and(|class| class.starts_with("RobertaTokenizer"))
    }

    /// Whether the tokenizer's class is Llama's.
    pub(crate) fn is_llamas(&self) -> bool {
        self.tokenizer_class.as_deref().is_some_and(|class| class.starts_with("LlamaTokenizer"))
    }

    /// Adds tokens to a vocabulary that lacks them. `path` is only named in errors.
    pub(crate) fn add_to(
        &self,
        bpe: &mut Bpe,
        file: Option<BTreeMap<String, TokenId>>,
        path: &Path,
    ) -> Result<(), Error> {
        for (id, token) in self.added(file) {
            let text = token.content.clone();
            let known = bpe.get_added_vocabulary().get_added_tokens_decoder();
            if bpe.token_to_id(&text) == Some(id) && known.contains_key(&id) {
                continue;
            }
            let added = if token.special { bpe.add_special_tokens([token]) } else { bpe.add_tokens([token]) };
            added.map_err(|source| Error::Tokenizer { path: path.to_owned(), source })?;
            let found = bpe.token_to_id(&text);
            if found != Some(id) {
                return Err(Error::AddedToken { path: path.to_owned(), text, id, found });
            }
        }
        Ok(())
    }

    /// Makes every special token that is named one: by its number where the vocabulary has it, else with the next
    /// number.
    pub(crate) fn name_specials(&self, bpe: &mut Bpe, path: &Path) -> Result<(), Error> {
        let known = bpe.get_added_vocabulary().get_added_tokens_decoder();
        let known: HashSet<&str> = known.values().map(|token| token.content.as_str()).collect();
        let new = self.specials().into_iter().filter(|text| !known.contains(text.as_str()));
        // One that is named twice is added once.
        let new: Vec<AddedToken> = new.map(|text| AddedToken::from(text, true)).collect();
        bpe.add_special_tokens(new).map_err(|source| Error::Tokenizer { path: path.to_owned(), source })?;
        Ok(())
    }
}

/// A small JSON file that need not be there.
pub(crate) fn optional<T: for<'a> Deserialize<'a>>(folder: &Path, name: &str) -> Result<Option<T>, Error> {
    let path = folder.join(name);
    let Some(json) = if_there(&path)? else { return Ok(None) };
    serde_json::from_slice(&json).map(Some).map_err(|source| Error::ConfigJson { path, source })
}
