//! The published JSON Schema of scores, generated from the types.

use super::{FORMAT, Scores, VERSION};
use serde_json::{Value, json};

/// The JSON Schema (draft 2020-12) of scores.
///
/// It says what the types say; that the parts fit each other is for [`read`](fn@super::read) to check.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Scores).to_value();
    schema["title"] = json!("saliency scores");
    schema["properties"]["format"]["const"] = json!(FORMAT);
    schema["properties"]["version"]["minimum"] = json!(1);
    schema["properties"]["version"]["maximum"] = json!(VERSION);
    schema
}
