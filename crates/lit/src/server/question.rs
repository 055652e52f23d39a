//! What LIT's client asks: a name, a query, and a body of JSON.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The endpoints that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Info,
    Dataset,
    Predictions,
    Interpretations,
    NewData,
}

impl Endpoint {
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/get_info" => Self::Info,
            "/get_dataset" => Self::Dataset,
            "/get_preds" => Self::Predictions,
            "/get_interpretations" => Self::Interpretations,
            "/annotate_new_data" => Self::NewData,
            _ => return None,
        })
    }
}

/// The body of every question.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Body {
    #[serde(default)]
    pub(crate) inputs: Vec<Value>,
    #[serde(default)]
    config: Option<Value>,
}

/// The text that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) prompt: String,
    /// What follows it; `None` where that is the model's to write.
    pub(crate) target: Option<String>,
    /// Which tokens are to be explained.
    pub(crate) mask: Option<Vec<bool>>,
}

impl Body {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map_err(|error| format!("the question is not valid: {error}"))
    }

    /// The target that LIT's view of source and target has chosen.
    pub(crate) fn target_text(&self) -> Option<String> {
        let text = self.config.as_ref()?.get("target_text")?;
        let text = text.get(0).unwrap_or(text).as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }
}

impl Asked {
    /// The fields of an example; a missing target is none.
    pub(crate) fn of(data: &Map<String, Value>) -> Result<Self, String> {
        let text = |name: &str| match data.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("{name} is no text")),
        };
        let prompt = text("prompt")?.ok_or("there is no prompt")?;
        let target = text("target")?.filter(|target| !target.is_empty());
        let mask = match data.get("target_mask") {
            None | Some(Value::Null) => None,
            Some(Value::Array(mask)) => Some(mask.iter().map(|value| value.as_f64() != Some(0.0)).collect()),
            Some(_) => return Err("target_mask is no list".to_owned()),
        };
        Ok(Self { prompt, target, mask })
    }
}

/// A name's value in a query, decoded.
pub(crate) fn value(query: &str, name: &str) -> String {
    let of_name = |pair: &str| {
        let (known, value) = pair.split_once('=').unwrap_or((pair, ""));
        (known == name).then(|| decoded(value))
    };
    query.split('&').find_map(of_name).unwrap_or_default()
}

/// Without percent signs; a `+` is none but itself, as in `encodeURI`.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let coded = after.get(..2).filter(|_| *first == b'%').and_then(|digits| str::from_utf8(digits).ok());
        let coded = coded.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = coded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Asked, Body, value};
    use serde_json::json;

    #[test]
    fn a_query_is_decoded_as_the_client_encodes_it() {
        // `encodeURI("model=_owner/a b+c (é)_salience&requested_types=A,B")`.
        let query = "model=_owner/a%20b+c%20(%C3%A9)_salience&requested_types=A,B&flag&odd=%2&odder=%zz";
        assert_eq!(value(query, "model"), "_owner/a b+c (é)_salience");
        assert_eq!(value(query, "requested_types"), "A,B");
        assert_eq!((value(query, "flag"), value(query, "none")), (String::new(), String::new()));
        assert_eq!((value(query, "odd"), value(query, "odder")), ("%2".to_owned(), "%zz".to_owned()));
    }

    #[test]
    fn an_example_is_read_or_refused_by_its_fields() {
        let of = |data: serde_json::Value| Asked::of(data.as_object().unwrap());
        let asked = of(json!({"prompt": "a", "target": "", "target_mask": [0, 1, 0.0, true]})).unwrap();
        let mask = Some(vec![false, true, false, true]);
        assert_eq!(asked, Asked { prompt: "a".to_owned(), target: None, mask });
        assert_eq!(of(json!({"prompt": "a", "target": "b"})).unwrap().target.as_deref(), Some("b"));
        for (data, words) in [
            (json!({}), "there is no prompt"),
            (json!({"prompt": 1}), "prompt is no text"),
            (json!({"prompt": "a", "target": []}), "target is no text"),
            (json!({"prompt": "a", "target_mask": "1"}), "target_mask is no list"),
        ] {
            assert_eq!(of(data).unwrap_err(), words);
        }
    }

    #[test]
    fn a_question_is_json_or_refused() {
        assert!(Body::read(b"").unwrap().inputs.is_empty());
        let body = Body::read(br#"{"inputs": ["a"], "config": {"target_text": ["Mary did"]}}"#).unwrap();
        assert_eq!((body.inputs.len(), body.target_text().as_deref()), (1, Some("Mary did")));
        for body in [&br#"{"config": {"target_text": [""]}}"#[..], b"{}", br#"{"config": 1}"#] {
            assert_eq!(Body::read(body).unwrap().target_text(), None);
        }
        assert!(Body::read(b"[1]").is_err() && Body::read(b"{\"inputs\": 1}").is_err());
        assert!(Body::read("[".repeat(1 << 20).as_bytes()).unwrap_err().contains("recursion"), "depth");
    }
}
