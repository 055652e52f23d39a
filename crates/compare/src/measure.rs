//! A measure of how far two rows agree.

use crate::measures::TABLE;
use crate::row::{Row, Sign};

/// How far two rows agree, in one way.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Measure {
    /// Its name: lower case with hyphens.
    pub name: &'static str,
    /// One line for a list of measures.
    pub summary: &'static str,
    /// Whether it is of signs, so that absolute values have none of it.
    pub signed_only: bool,
    /// Whether it looks at the first `k` tokens.
    pub takes_k: bool,
    pub(crate) of: fn(&Row, &Row, &Parameters) -> Option<f64>,
    pub(crate) chance: Chance,
}

/// What unrelated rows would give on the average.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Chance {
    Zero,
    /// By how long they are.
    OfLength(fn(usize, &Parameters) -> f64),
    /// By what is in them.
    OfRows(fn(&Row, &Row) -> Option<f64>),
}

/// What some measures depend on. Default: k = 5, p = 0.9.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    k: usize,
    persistence: f64,
    weights: Vec<f64>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self::new(5, 0.9)
    }
}

impl Parameters {
    /// With another k and p.
    pub fn new(k: usize, persistence: f64) -> Self {
        let mut weights = Vec::new();
        let mut weight = 1.0 - persistence;
        // What follows would not change the last bit.
        while weight > 1e-18 && weights.len() < 10_000 {
            weights.push(weight / (weights.len() as f64 + 1.0));
            weight *= persistence;
        }
        Self { k, persistence, weights }
    }

    /// How many of the largest values the overlap looks at.
    pub fn k(&self) -> usize {
        self.k
    }

    /// How much less each further rank counts in rank-biased overlap: p, between 0 and 1.
    pub fn persistence(&self) -> f64 {
        self.persistence
    }

    /// What the overlap at each depth from 1 on counts: `(1 − p) p^(d − 1) / d`.
    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }
}

impl Measure {
    /// Of two rows of one length; `None` where it is undefined.
    pub fn of(&self, a: &Row, b: &Row, parameters: &Parameters) -> Option<f64> {
        (self.of)(a, b, parameters)
    }

    /// What unrelated rows of this length, with this row's ties and signs, would give on the average; `None` where that
    /// is 0, or undefined.
    pub fn chance(&self, a: &Row, b: &Row, parameters: &Parameters) -> Option<f64> {
        match self.chance {
            Chance::Zero => None,
            Chance::OfLength(of) => (!a.is_empty()).then(|| of(a.len(), parameters)),
            Chance::OfRows(of) => of(a, b),
        }
    }

    /// Whether it is taken of values with or without their signs.
    pub(crate) fn takes(&self, sign: Sign) -> bool {
        !self.signed_only || sign == Sign::Signed
    }
}

/// The measure of that name.
pub fn measure(name: &str) -> Option<&'static Measure> {
    measures().iter().find(|measure| measure.name == name)
}

/// Every measure, in the order in which tables show them.
pub fn measures() -> &'static [Measure] {
    TABLE
}
