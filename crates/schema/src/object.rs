//! Objects are written as JSON objects: what serde derives would also take an array of the fields' values.

use crate::check::Caps;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::Formatter;
use std::marker::PhantomData;

/// What stands as a JSON object, and as nothing else.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// `#[serde(deserialize_with = "object::maybe")]`: an object or `null`.
pub(crate) fn maybe<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(d)?.map(|object| object.0))
}

/// `#[serde(deserialize_with = "object::list")]`: a list of objects, at most as many as a record has tokens.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    let objects: Vec<Object<T>> = capped(d, "a sequence of objects")?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

/// `#[serde(deserialize_with = "object::counts")]`: a list of counts, at most as many as a record has tokens.
pub(crate) fn counts<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<usize>, D::Error> {
    capped(d, "a sequence of integers")
}

/// `#[serde(deserialize_with = "object::numbers")]`: a list of finite numbers, at most as many as a record has tokens.
pub(crate) fn numbers<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<f64>, D::Error> {
    capped(d, "a sequence of numbers")
}

/// `#[serde(deserialize_with = "object::strings")]`: a list of texts, at most as many as a record has tokens.
pub(crate) fn strings<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    capped(d, "a sequence of strings")
}

pub(crate) fn capped<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
    expected: &'static str,
) -> Result<Vec<T>, D::Error> {
    struct List<T>(&'static str, PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let cap = Caps::DEFAULT.tokens;
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                if items.len() == cap {
                    return Err(A::Error::custom(format_args!("more than {cap} entries are not read")));
                }
                items.push(item);
            }
            Ok(items)
        }
    }
    d.deserialize_seq(List(expected, PhantomData))
}
