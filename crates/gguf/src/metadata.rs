//! The metadata: what a file says of its model, by key.

use crate::error::Error;
use crate::reader::Reader;
use crate::value::{Held, Scalar, Value};
use std::collections::BTreeMap;
use std::io::Read;

/// The longest key that the format allows.
const LONGEST_KEY: usize = 65_535;

/// What a file says of its model, by key. Each getter has an `optional_` form, which is `None` where the key is not
/// there; both refuse a value of another type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    values: BTreeMap<String, Value>,
}

impl Metadata {
    pub(crate) fn read(reader: &mut Reader<impl Read>, n: u64) -> Result<Self, Error> {
        let mut values = BTreeMap::new();
        for i in 0..n {
            let at = reader.at();
            let key = reader.text(&|| format!("key {i} of the metadata"))?;
            if key.is_empty() || key.len() > LONGEST_KEY {
                let n = key.len();
                return Err(Error::Damaged { at, what: format!("key {i} of the metadata has {n} letters") });
            }
            let value = Value::read(reader, &key)?;
            if values.contains_key(&key) {
                return Err(Error::Damaged { at, what: format!("the key {key} is there twice") });
            }
            values.insert(key, value);
        }
        Ok(Self { values })
    }

    /// All keys, in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// A value of whatever type.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// A text.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn string(&self, key: &str) -> Result<&str, Error> {
        needed(key, self.optional_string(key)?)
    }

    /// A text that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_string(&self, key: &str) -> Result<Option<&str>, Error> {
        self.typed(key, "a text", |value| match &value.0 {
            Held::String(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A whole number from 0, stored as an integer of any width.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn u64(&self, key: &str) -> Result<u64, Error> {
        needed(key, self.optional_u64(key)?)
    }

    /// A whole number from 0 that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_u64(&self, key: &str) -> Result<Option<u64>, Error> {
        self.typed(key, "a whole number from 0", |value| match value.scalar()? {
            Scalar::Integer(value) => value.try_into().ok(),
            _ => None,
        })
    }

    /// A floating-point number. A float32 is widened exactly.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn f64(&self, key: &str) -> Result<f64, Error> {
        needed(key, self.optional_f64(key)?)
    }

    /// A floating-point number that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_f64(&self, key: &str) -> Result<Option<f64>, Error> {
        self.typed(key, "a floating-point number", |value| match value.scalar()? {
            Scalar::Float(value) => Some(value),
            _ => None,
        })
    }

    /// True or false.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn bool(&self, key: &str) -> Result<bool, Error> {
        needed(key, self.optional_bool(key)?)
    }

    /// True or false, that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_bool(&self, key: &str) -> Result<Option<bool>, Error> {
        self.typed(key, "true or false", |value| match value.scalar()? {
            Scalar::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// A list of texts.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn strings(&self, key: &str) -> Result<Vec<&str>, Error> {
        needed(key, self.optional_strings(key)?)
    }

    /// A list of texts that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_strings(&self, key: &str) -> Result<Option<Vec<&str>>, Error> {
        self.typed(key, "a list of texts", |value| match &value.0 {
            Held::Strings(strings) => Some(strings.iter().collect()),
            _ => None,
        })
    }

    /// A list of integers, stored in any width, each within the range of an `i32`.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn i32s(&self, key: &str) -> Result<Vec<i32>, Error> {
        needed(key, self.optional_i32s(key)?)
    }

    /// A list of integers that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_i32s(&self, key: &str) -> Result<Option<Vec<i32>>, Error> {
        let integer = |scalar| match scalar {
            Scalar::Integer(value) => value.try_into().ok(),
            _ => None,
        };
        self.typed(key, "a list of integers", |value| value.scalars()?.map(integer).collect())
    }

    /// A list of floating-point numbers, rounded to float32 where they are stored in float64.
    ///
    /// # Errors
    /// A key that is not there, or holds something else.
    pub fn f32s(&self, key: &str) -> Result<Vec<f32>, Error> {
        needed(key, self.optional_f32s(key)?)
    }

    /// A list of floating-point numbers that need not be there.
    ///
    /// # Errors
    /// A key that holds something else.
    pub fn optional_f32s(&self, key: &str) -> Result<Option<Vec<f32>>, Error> {
        let float = |scalar| match scalar {
            Scalar::Float(value) => Some(value as f32),
            _ => None,
        };
        self.typed(key, "a list of floating-point numbers", |value| value.scalars()?.map(float).collect())
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        expected: &'static str,
        of: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.values.get(key) else { return Ok(None) };
        let failed = || Error::KeyType { key: key.to_owned(), found: value.in_words(), expected };
        of(value).ok_or_else(failed).map(Some)
    }
}

fn needed<T>(key: &str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| Error::NoKey { key: key.to_owned() })
}
