//! How numbers are spelled: finite ones as JSON numbers, the others as `"NaN"`, `"Infinity"`,
//! `"-Infinity"`, and a missing one as `null`.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number as it stands in JSON. Only this module's functions make one.
struct Spelled(Option<f64>);

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_none(),
            Some(x) if x.is_nan() => serializer.serialize_str("NaN"),
            Some(f64::INFINITY) => serializer.serialize_str("Infinity"),
            Some(f64::NEG_INFINITY) => serializer.serialize_str("-Infinity"),
            Some(x) => serializer.serialize_f64(x),
        }
    }
}

impl<'de> Deserialize<'de> for Spelled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spelling;
        impl<'de> Visitor<'de> for Spelling {
            type Value = Spelled;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, null, \"NaN\", \"Infinity\" or \"-Infinity\"")
            }
            fn visit_unit<E: Error>(self) -> Result<Spelled, E> {
                Ok(Spelled(None))
            }
            fn visit_f64<E: Error>(self, x: f64) -> Result<Spelled, E> {
                Ok(Spelled(Some(x)))
            }
            fn visit_i64<E: Error>(self, x: i64) -> Result<Spelled, E> {
                Ok(Spelled(Some(x as f64)))
            }
            fn visit_u64<E: Error>(self, x: u64) -> Result<Spelled, E> {
                Ok(Spelled(Some(x as f64)))
            }
            fn visit_str<E: Error>(self, s: &str) -> Result<Spelled, E> {
                match s {
                    "NaN" => Ok(Spelled(Some(f64::NAN))),
                    "Infinity" => Ok(Spelled(Some(f64::INFINITY))),
                    "-Infinity" => Ok(Spelled(Some(f64::NEG_INFINITY))),
                    _ => Err(E::invalid_value(Unexpected::Str(s), &self)),
                }
            }
            /// Where any crate of a build turns on `serde_json/arbitrary_precision`, numbers come as maps.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Spelled, A::Error> {
                let number = serde_json::Number::deserialize(MapAccessDeserializer::new(map))
                    .map_err(|_| A::Error::invalid_type(Unexpected::Map, &self))?;
                let x = number.as_f64().ok_or_else(|| A::Error::custom("number out of range"))?;
                Ok(Spelled(Some(x)))
            }
        }
        deserializer.deserialize_any(Spelling)
    }
}

/// `#[serde(with = "number::optional")]`: one number that may be missing.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Spelled};

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` asks for")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, s: S) -> Result<S::Ok, S::Error> {
        Spelled(*value).serialize(s)
    }
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
        Ok(Spelled::deserialize(d)?.0)
    }
}

/// `#[serde(with = "number::row")]`: a list of numbers, at most as many as a record has tokens.
pub(crate) mod row {
    use super::Spelled;
    use crate::object;
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(values: &[Option<f64>], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(values.iter().map(|x| Spelled(*x)))
    }
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Option<f64>>, D::Error> {
        let spelled: Vec<Spelled> = object::capped(d, "a sequence of numbers")?;
        Ok(spelled.into_iter().map(|spelled| spelled.0).collect())
    }
}

/// `#[serde(with = "number::by_name")]`: numbers that have names, each once.
pub(crate) mod by_name {
    use super::Spelled;
    use serde::de::{Error, MapAccess, Visitor};
    use serde::{Deserializer, Serializer};
    use std::collections::BTreeMap;

    type Numbers = BTreeMap<String, Option<f64>>;

    pub(crate) fn serialize<S: Serializer>(values: &Numbers, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(values.iter().map(|(name, x)| (name, Spelled(*x))))
    }
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Numbers, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Numbers;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of numbers")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Numbers, A::Error> {
                let mut numbers = Numbers::new();
                while let Some((name, Spelled(x))) = map.next_entry::<String, _>()? {
                    if numbers.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("{name:?} stands twice")));
                    }
                    numbers.insert(name, x);
                }
                Ok(numbers)
            }
        }
        d.deserialize_map(ByName)
    }
}

/// `#[serde(with = "number::rows")]`: ragged rows of numbers.
pub(crate) mod rows {
    use super::Spelled;
    use crate::check::Caps;
    use crate::ragged::Ragged;
    use serde::de::DeserializeSeed;
    use serde::{Deserializer, Serialize, Serializer};
    use std::marker::PhantomData;

    type Numbers = Vec<Option<f64>>;

    pub(crate) fn serialize<S: Serializer>(rows: &[Numbers], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(rows.iter().map(|row| Row(row)))
    }
    struct Row<'a>(&'a [Option<f64>]);
    impl Serialize for Row<'_> {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            s.collect_seq(self.0.iter().map(|x| Spelled(*x)))
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Numbers>, D::Error> {
        let Caps { tokens: rows, values: entries, .. } = Caps::DEFAULT;
        let (what, expected) = ("values", "a sequence of numbers");
        let spelled = Ragged::<Spelled> { rows, entries, what, expected, of: PhantomData }.deserialize(d)?;
        // In place: a number takes as many bytes as its spelling.
        Ok(spelled.into_iter().map(|row| row.into_iter().map(|x| x.0).collect()).collect())
    }
}

/// `#[serde(with = "number::table")]`: a list of numbers for each layer of a model.
pub(crate) mod table {
    use super::Spelled;
    use crate::check::Caps;
    use crate::ragged::Ragged;
    use serde::de::DeserializeSeed;
    use serde::{Deserializer, Serializer};
    use std::marker::PhantomData;

    pub(crate) fn serialize<S: Serializer>(rows: &[Vec<Option<f64>>], s: S) -> Result<S::Ok, S::Error> {
        super::rows::serialize(rows, s)
    }
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Vec<Option<f64>>>, D::Error> {
        let (rows, what, expected) = (Caps::DEFAULT.ledger, "numbers", "a sequence of numbers");
        let spelled =
            Ragged::<Spelled> { rows, entries: rows, what, expected, of: PhantomData }.deserialize(d)?;
        Ok(spelled.into_iter().map(|row| row.into_iter().map(|x| x.0).collect()).collect())
    }
}

/// How numbers look to the JSON Schema.
#[cfg(feature = "json-schema")]
pub(crate) mod schema {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    /// A number, or one of the spellings of what JSON numbers can't say.
    pub(crate) struct Number;

    impl JsonSchema for Number {
        fn schema_name() -> Cow<'static, str> {
            "Number".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "A number; null where there is none; a string for what JSON numbers cannot say.",
                "anyOf": [
                    {"type": "number"},
                    {"type": "null"},
                    {"enum": ["NaN", "Infinity", "-Infinity"]}
                ]
            })
        }
    }
}
