//! The bundled model: small, our own, inside the library (feature `demo`).

use crate::stored::Place;
use crate::{Checkpoint, Config, Error, Load, Tokenizer};
use std::path::PathBuf;

const CONFIG: &[u8] = include_bytes!("../demo/config.json");
const TOKENIZER: &[u8] = include_bytes!("../demo/tokenizer.json");
const WEIGHTS: &[u8] = include_bytes!("../demo/model.safetensors");

impl Checkpoint {
    /// The bundled model. It writes sentences in the manner of what it has read, and looks back at names; what it
    /// attributes says nothing about GPT-2.
    ///
    /// # Errors
    /// A device that is not there.
    pub fn demo(load: &Load) -> Result<Self, Error> {
        let folder = PathBuf::from("demo");
        let config = Config::from_json(CONFIG, &folder.join("config.json"))?;
        let tokenizer = Tokenizer::from_json(TOKENIZER, &folder.join("tokenizer.json"))?;
        let places = vec![Place::Bytes(WEIGHTS, folder.join("model.safetensors"))];
        Self::from_places("demo", config, places, tokenizer, load)
    }
}
