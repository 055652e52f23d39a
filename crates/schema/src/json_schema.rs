//! The published JSON Schema, generated from the types.

use crate::record::Record;
use crate::{FORMAT, VERSION};
use serde_json::{Value, json};

/// The JSON Schema (draft 2020-12) of one record.
///
/// It says what the types say; that rows and tokens fit each other is for [`read`](fn@crate::read) to check.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Record).to_value();
    schema["title"] = json!("saliency record");
    schema["properties"]["format"]["const"] = json!(FORMAT);
    schema["properties"]["version"]["minimum"] = json!(1);
    schema["properties"]["version"]["maximum"] = json!(VERSION);
    schema
}
