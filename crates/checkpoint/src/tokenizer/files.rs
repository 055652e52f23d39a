//! A tokenizer's files in a folder in Hugging Face's layout.

use crate::error::Error;
use crate::folder::if_there;
use crate::tokenizer::alphabet::{Alphabet, letters};
use crate::tokenizer::class;
use crate::tokenizer::form::Form;
use crate::tokenizer::settings::{Settings, optional};
use crate::tokenizer::{END_OF_TEXT, Tokenizer};
use std::path::Path;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, Tokenizer as Bpe};

/// See [`Tokenizer::open`].
pub(crate) fn open(folder: &Path) -> Result<Tokenizer, Error> {
    let mut settings: Settings = optional(folder, "tokenizer_config.json")?.unwrap_or_default();
    if let Some(map) = optional::<Settings>(folder, "special_tokens_map.json")? {
        settings.fill_from(map);
    }
    let template = folder.join("chat_template.jinja");
    match std::fs::read_to_string(&template) {
        Ok(template) => settings.chat_template = Some(template.into()),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(Error::Io { path: template, source }),
    }
    let added = optional(folder, "added_tokens.json")?;
    let path = folder.join("tokenizer.json");
    if let Some(json) = if_there(&path)? {
        let mut form = Form::read(&json, &path)?;
        let config = optional(folder, "config.json")?;
        class::apply(&mut form, &settings, config.as_ref());
        settings.add_to(&mut form.bpe, added, &path)?;
        settings.name_specials(&mut form.bpe, &path)?;
        // The file says itself whether a token comes before every text.
        settings.add_bos_token = None;
        return Ok(Tokenizer::new(form, settings));
    }
    if settings.is_of_bytes() {
        let path = folder.join("tokenizer_config.json");
        let mut form = of_bytes(&path)?;
        settings.add_to(&mut form.bpe, added, &path)?;
        settings.name_specials(&mut form.bpe, &path)?;
        return Ok(Tokenizer::new(form, settings));
    }
    for model in ["spiece.model", "sentencepiece.bpe.model", "tokenizer.model"] {
        if folder.join(model).exists() {
            return Err(Error::SentencePiece { path: folder.join(model) });
        }
    }
    let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
    for path in [&vocab, &merges] {
        if !path.exists() {
            let repair = "a tokenizer is tokenizer.json, or vocab.json with merges.txt";
            return Err(Error::Missing { path: path.clone(), repair });
        }
    }
    let mut form = pair(&vocab, &merges, settings.prefix_space().unwrap_or(false))?;
    settings.add_to(&mut form.bpe, added, &folder.join("added_tokens.json"))?;
    settings.name_specials(&mut form.bpe, &vocab)?;
    if settings.is_robertas() {
        let named = |text: &str| Some((text.to_owned(), form.bpe.token_to_id(text)?));
        if let (Some(end), Some(begin)) = (named("</s>"), named("<s>")) {
            form.bpe.with_post_processor(Some(RobertaProcessing::new(end, begin)));
        }
    }
    Ok(Tokenizer::new(form, settings))
}

/// byT5's, which needs no file: three tokens, and one for each byte.
fn of_bytes(path: &Path) -> Result<Form, Error> {
    let failed = |source| Error::Tokenizer { path: path.to_owned(), source };
    let first = ["<pad>", "</s>", "<unk>"];
    let numbered = (0..).zip(first).map(|(id, token)| (token.to_owned(), id));
    let bytes = letters().map(|(letter, byte)| (letter.to_string(), first.len() as u32 + u32::from(byte)));
    let vocabulary: Vocab = numbered.chain(bytes).collect();
    let size = vocabulary.len();
    let model = BPE::builder().vocab_and_merges(vocabulary, Vec::new()).build().map_err(failed)?;
    let mut bpe = Bpe::new(model);
    bpe.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false).use_regex(false)));
    bpe.with_decoder(Some(ByteLevel::default()));
    let mut end = TemplateProcessing::builder();
    end.try_single("$A </s>").map_err(|error| failed(error.into()))?.special_tokens(vec![("</s>", 1)]);
    let end = end.build().map_err(|error| failed(error.into()))?;
    bpe.with_post_processor(Some(end));
    Ok(Form { bpe, alphabet: Alphabet::Letters, size })
}

/// GPT-2's own pair of files.
pub(crate) fn pair(vocab: &Path, merges: &Path, prefix_space: bool) -> Result<Form, Error> {
    let failed = |source| Error::Tokenizer { path: vocab.to_owned(), source };
    let (vocab_file, merges_file) = (vocab.to_string_lossy(), merges.to_string_lossy());
    let model = BPE::from_file(&vocab_file, &merges_file).build().map_err(failed)?;
    let mut bpe = Bpe::new(model);
    bpe.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(prefix_space)));
    bpe.with_decoder(Some(ByteLevel::default()));
    if bpe.token_to_id(END_OF_TEXT).is_some() {
        bpe.add_special_tokens([AddedToken::from(END_OF_TEXT, true)]).map_err(failed)?;
    }
    let size = bpe.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
    Ok(Form { bpe, alphabet: Alphabet::Letters, size })
}
