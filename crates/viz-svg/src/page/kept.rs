//! What the rule keeps, for the page's script: a bit for each attribution, in every grain. Words of no list travel.

use crate::error::Error;
use crate::options::Options;
use crate::page::tabs::GRAINS;
use crate::values::rows::Numbers;
use crate::values::view::View;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saliency_schema::{Record, Reduce};
use serde_json::{Map, Value, json};

/// The bits of a record by grain, in base64: row after row, the first cell in the lowest bit of a byte.
pub(crate) fn kept(record: &Record, options: &Options) -> Result<Value, Error> {
    let mut grains = Map::new();
    for grain in GRAINS {
        let bits = match grain {
            "sentences" => bits(&record.regroup(&record.sentences(), Reduce::Sum)?, options)?,
            "words" => {
                let together =
                    Options { tokens: false, hover: None, lock: None, token: None, ..options.clone() };
                bits(&View::of(std::slice::from_ref(record), &together)?.records[0], options)?
            }
            _ => bits(record, options)?,
        };
        grains.insert(grain.to_owned(), json!(bits));
    }
    Ok(Value::Object(grains))
}

fn bits(record: &Record, options: &Options) -> Result<String, Error> {
    let Some(kept) = Numbers::of(record, options)?.kept else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    let lengths = record.attributions.iter().map(Vec::len).enumerate();
    let cells = lengths.flat_map(|(row, length)| (0..length).map(move |token| (row, token)));
    for (at, (row, token)) in cells.enumerate() {
        if at % 8 == 0 {
            bytes.push(0_u8);
        }
        if let Some(byte) = bytes.last_mut().filter(|_| kept.keeps(row, token)) {
            *byte |= 1 << (at % 8);
        }
    }
    Ok(STANDARD.encode(bytes))
}
