//! Which records are of the same text, and which of their methods are the same.

use crate::error::Error;
use saliency_schema::scores::ScoredText;
use saliency_schema::{Record, Token, labels};
use std::collections::BTreeMap;

/// The texts and their methods: for each text, the number of each method's record.
#[derive(Debug)]
pub(crate) struct Texts {
    /// The methods' names, in the order of the first text's records.
    pub(crate) methods: Vec<String>,
    /// What a person calls each text, and its records, method by method.
    pub(crate) texts: Vec<(String, Vec<usize>)>,
}

impl Texts {
    /// Records whose inputs are the same text, white space aside, belong together.
    pub(crate) fn of(records: &[Record]) -> Result<Self, Error> {
        if records.len() < 2 {
            return Err(Error::TooFew { count: records.len() });
        }
        let mut places: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        // Of each text, the label of each of its records.
        let mut texts: Vec<Vec<(String, usize)>> = Vec::new();
        for ((number, record), label) in records.iter().enumerate().zip(labels(records)) {
            if record.n_output() == 0 {
                return Err(Error::NoOutput { record: number });
            }
            let read: Vec<u8> = letters(record.inputs()).map(|(byte, _)| byte).collect();
            let place = *places.entry(read).or_insert(texts.len());
            if place == texts.len() {
                texts.push(Vec::new());
            }
            let text = &mut texts[place];
            let mut name = label.clone();
            let mut copies = 1;
            while text.iter().any(|(known, _)| *known == name) {
                copies += 1;
                name = format!("{label} {copies}");
            }
            text.push((name, number));
        }
        let found = Self::ordered(records, &texts)?;
        for (_, members) in &found.texts {
            let first = members[0];
            for &other in &members[1..] {
                if let Some(difference) = Difference::between(&records[first], &records[other]) {
                    return Err(difference.error(records, first, other));
                }
            }
        }
        Ok(found)
    }

    /// Every text's records in the order of the first one's methods.
    fn ordered(records: &[Record], texts: &[Vec<(String, usize)>]) -> Result<Self, Error> {
        // Nothing to compare at all: the texts are not what was meant.
        if let [[(_, first)], [(_, other)], ..] = &texts.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
            let difference = Difference::between(&records[*first], &records[*other]);
            return Err(match difference {
                Some(difference) => difference.error(records, *first, *other),
                None => Error::TooFew { count: 1 },
            });
        }
        // The text with the most methods names what the others lack.
        let fullest =
            texts.iter().fold(&texts[0], |most, text| if text.len() > most.len() { text } else { most });
        let methods: Vec<String> = fullest.iter().map(|(label, _)| label.clone()).collect();
        let name = |text: &[(String, usize)]| ScoredText::of(&records[text[0].1]).name;
        let mut ordered = Vec::new();
        for text in texts {
            let lacks = |lacking: &[(String, usize)], method: &String, full: &[(String, usize)]| {
                Error::NoMethod { text: name(lacking), method: method.clone(), other: name(full) }
            };
            let members = methods.iter().map(|method| {
                let found = text.iter().find(|(label, _)| label == method);
                found.map(|(_, record)| *record).ok_or_else(|| lacks(text, method, fullest))
            });
            let members = members.collect::<Result<Vec<_>, _>>()?;
            if let Some((label, _)) = text.iter().find(|(label, _)| !methods.contains(label)) {
                return Err(lacks(fullest, label, text));
            }
            ordered.push((name(text), members));
        }
        Ok(Self { methods, texts: ordered })
    }
}

/// The bytes of some tokens that are no white space, each with the position of its token.
fn letters(tokens: &[Token]) -> impl Iterator<Item = (u8, usize)> {
    let of = |(position, token): (usize, &Token)| {
        let bytes = token.exact_bytes().to_vec();
        bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).map(move |byte| (byte, position))
    };
    tokens.iter().enumerate().flat_map(of)
}

/// The tokens at which two texts begin to differ.
struct Difference {
    here: usize,
    there: usize,
}

impl Difference {
    /// `None` where they are the same, or one is the beginning of the other.
    fn between(first: &Record, other: &Record) -> Option<Self> {
        let pairs = letters(&first.tokens).zip(letters(&other.tokens));
        let found = pairs.into_iter().find(|((a, _), (b, _))| a != b);
        found.map(|((_, here), (_, there))| Self { here, there })
    }

    fn error(&self, records: &[Record], first: usize, record: usize) -> Error {
        let text = |number: usize, token: usize| records[number].tokens[token].text.clone();
        let n_input = records[first].n_input();
        let place = match self.here.checked_sub(n_input) {
            Some(output) => format!("output {output} (token {})", self.here),
            None => format!("token {}", self.here),
        };
        let (here, there) = (text(first, self.here), text(record, self.there));
        Error::OtherText { first, record, place, here, there }
    }
}
