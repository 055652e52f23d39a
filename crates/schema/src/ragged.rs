//! Lists of lists, read with a cap on what they hold together.

use crate::check::Caps;
use crate::object::Object;
use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::Formatter;
use std::marker::PhantomData;

/// Reads lists of lists, and stops as soon as there are more than it may keep: two bytes of text are one value of
/// sixteen, so a check afterwards would come too late.
pub(crate) struct Ragged<T> {
    /// The most lists.
    pub(crate) rows: usize,
    /// The most entries of all lists together.
    pub(crate) entries: usize,
    /// What entries are, in the plural.
    pub(crate) what: &'static str,
    /// What one list is.
    pub(crate) expected: &'static str,
    pub(crate) of: PhantomData<T>,
}

/// Lists of objects, one for each row, of which there are at most as many as a record has tokens.
pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
    entries: usize,
    what: &'static str,
) -> Result<Vec<Vec<T>>, D::Error> {
    let (rows, expected) = (Caps::DEFAULT.tokens, "a sequence of objects");
    let ragged = Ragged::<Object<T>> { rows, entries, what, expected, of: PhantomData };
    let lists = ragged.deserialize(d)?;
    Ok(lists.into_iter().map(|list| list.into_iter().map(|object| object.0).collect()).collect())
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Ragged<T> {
    type Value = Vec<Vec<T>>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Ragged<T> {
    type Value = Vec<Vec<T>>;
    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("a sequence of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (mut rows, mut kept) = (Vec::new(), 0);
        while let Some(row) = seq.next_element_seed(Row { ragged: &self, kept: &mut kept })? {
            if rows.len() == self.rows {
                return Err(A::Error::custom(format_args!("more than {} rows are not read", self.rows)));
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

/// One list; counts what all lists hold together.
struct Row<'a, T> {
    ragged: &'a Ragged<T>,
    kept: &'a mut usize,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Row<'_, T> {
    type Value = Vec<T>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Vec<T>, D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Row<'_, T> {
    type Value = Vec<T>;
    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.ragged.expected)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let Ragged { entries, what, .. } = self.ragged;
        let mut row = Vec::new();
        while let Some(entry) = seq.next_element()? {
            if self.kept == entries {
                return Err(A::Error::custom(format_args!("more than {entries} {what} are not read")));
            }
            *self.kept += 1;
            row.push(entry);
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::Ragged;
    use serde::de::DeserializeSeed;
    use std::marker::PhantomData;

    /// What a reader says that keeps two rows and three values; the real caps take gigabytes to reach.
    fn read(json: &str) -> Result<usize, String> {
        let ragged = Ragged::<Option<f64>> {
            rows: 2,
            entries: 3,
            what: "values",
            expected: "a sequence of numbers",
            of: PhantomData,
        };
        let rows = ragged.deserialize(&mut serde_json::Deserializer::from_str(json));
        rows.map(|rows| rows.concat().len()).map_err(|error| error.to_string())
    }

    #[test]
    fn reading_stops_at_the_caps() {
        assert_eq!(read("[[1],[1,null]]"), Ok(3));
        assert!(read("[[1],[1,2,3]]").unwrap_err().starts_with("more than 3 values are not read at line 1"));
        assert!(read("[[],[],[]]").unwrap_err().starts_with("more than 2 rows are not read at line 1"));
        // It does not read on: what follows is not even JSON.
        assert!(read("[[1,2,3,4,!").unwrap_err().starts_with("more than 3 values"));
    }
}
