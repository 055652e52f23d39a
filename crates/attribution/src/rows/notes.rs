//! The notes of a record: what a reader of its rows should know, each with the rows that it is about.

use crate::calculus::delta::scale_of;
use crate::calculus::rounding::{ROUNDINGS, epsilon};
use crate::method::card::{Axiom, Card, Family};
use crate::rows::aggregate::Aggregate;
use saliency_schema::Output;
use tch::Kind;

/// The share of the target's change that a row may miss before a note says so.
const INEXACT: f64 = 0.05;
/// The share of a row's largest number from which a note mentions rounding.
const ROUNDED: f64 = 1e-3;

/// Notes while rows are made.
pub(crate) struct Notes {
    method: &'static str,
    /// How to make a path's integral more exact, for methods that take one.
    repair: Option<&'static str>,
    /// Notes on all rows together.
    general: Vec<String>,
    /// Rows in which nothing but rounding noise was left.
    cancelled: usize,
    /// What besides another aggregate leaves more of them.
    instead: &'static str,
    /// Notes on rows, each with the rows that have it.
    of_rows: Vec<(String, Vec<usize>)>,
    /// Rows whose numbers are small beside the rounding of f, and which share of the largest number that is.
    rounded: Vec<(usize, f64)>,
    /// Rows that miss the target's change although no tolerance was asked for, and by which share of it.
    inexact: Vec<(usize, f64)>,
}

impl Notes {
    pub(crate) fn new(card: &Card) -> Self {
        let mut general = Vec::new();
        if !card.uses_target && card.family != Family::Control {
            general.push(format!(
                "{} describes the model's run and does not depend on the target; values are the target's",
                card.name
            ));
        }
        Self {
            method: card.name,
            repair: repair(card),
            general,
            cancelled: 0,
            // The last norm forgets how long its input is: nothing changes along it.
            instead: if card.parameters.contains(&"layer") { "an earlier layer" } else { "gradient-x-input" },
            of_rows: Vec::new(),
            rounded: Vec::new(),
            inexact: Vec::new(),
        }
    }

    /// The run ended before all rows were made.
    pub(crate) fn stopped(&mut self, made: usize, all: usize) {
        self.general.insert(0, format!("stopped after {made} of {all} outputs: the others are left out"));
    }

    /// The aggregate has no standard errors.
    pub(crate) fn errors_left_out(&mut self, aggregate: Aggregate) {
        let note = format!(
            "standard errors are those of sums over hidden dimensions, and left out beside the aggregate {}",
            aggregate.name()
        );
        self.general = with_new(std::mem::take(&mut self.general), vec![note]);
    }

    /// One more row is zero because its sums are rounding noise.
    pub(crate) fn cancelled(&mut self) {
        self.cancelled += 1;
    }

    /// A row's rounding, as a share of its largest number.
    pub(crate) fn rounding(&mut self, row: usize, share: f64) {
        if share > ROUNDED {
            self.rounded.push((row, share));
        }
    }

    /// A complete method's delta in one row, with the relative one that it allowed. `notes` are those that it gave.
    pub(crate) fn delta(
        &mut self,
        row: usize,
        delta: f64,
        (value, baseline): (f64, f64),
        (kind, tolerance): (Kind, Option<f64>),
        notes: &mut Vec<String>,
    ) {
        let relative = delta.abs() / scale_of(value, baseline);
        if let Some(tolerance) = tolerance {
            // A sum of outputs, or a mean over baselines, whose terms are all within the tolerance.
            if notes.is_empty() && relative > tolerance {
                notes.push(format!(
                    "the relative delta is {relative:.2e}, more than {tolerance:.2e}: it was kept for each term of \
                     this sum, and the terms' changes cancel; ask for a smaller tolerance"
                ));
            }
        } else if self.repair.is_some() {
            // A delta that is nothing but rounding says nothing of the path.
            let rounding = ROUNDINGS * epsilon(kind) * value.abs().max(baseline.abs());
            if relative > INEXACT && delta.abs() > rounding {
                self.inexact.push((row, relative));
            }
        }
    }

    /// A row's own notes.
    pub(crate) fn add(&mut self, row: usize, notes: Vec<String>) {
        for note in notes {
            match self.of_rows.iter_mut().find(|(known, _)| *known == note) {
                Some((_, rows)) => rows.push(row),
                None => self.of_rows.push((note, vec![row])),
            }
        }
    }

    /// All notes in words, for a record of these outputs.
    pub(crate) fn all(&self, outputs: &[Output], aggregate: Aggregate, kind: Kind) -> Vec<String> {
        let mut notes = self.general.clone();
        if self.cancelled > 0 {
            notes.push(format!(
                "{} of {} rows are zero: the {} over hidden dimensions of {} cancels to rounding noise; use the \
                 aggregate l2, l1 or max-abs, or {}",
                self.cancelled,
                outputs.len(),
                aggregate.name(),
                self.method,
                self.instead
            ));
        }
        for (note, rows) in &self.of_rows {
            notes.push(format!("{}: {note}", outputs_in_words(rows, outputs.len())));
        }
        notes.extend(self.rounding_in_words(outputs, kind));
        notes.extend(self.inexact_in_words(outputs.len()));
        notes
    }

    fn rounding_in_words(&self, outputs: &[Output], kind: Kind) -> Option<String> {
        let (first, _) = self.rounded.first()?;
        let rows: Vec<usize> = self.rounded.iter().map(|(row, _)| *row).collect();
        let most = largest_share(&self.rounded);
        let (dtype, repair) = match kind {
            Kind::Double => ("float64", ""),
            _ => ("float32", "; a model in float64 goes further"),
        };
        Some(format!(
            "{}: the row is made of differences that are small beside what they are differences of (f(x) is \
             {:.3e}{}), so that about {} of its largest number may be the rounding of {dtype}{repair}",
            outputs_in_words(&rows, outputs.len()),
            outputs.get(*first).and_then(|output| output.value).unwrap_or(f64::NAN),
            if rows.len() > 1 { " in the first" } else { "" },
            if most < 1.0 { format!("{:.2} %", 100.0 * most) } else { "all".to_owned() }
        ))
    }

    fn inexact_in_words(&self, count: usize) -> Option<String> {
        let repair = self.repair.filter(|_| !self.inexact.is_empty())?;
        let rows: Vec<usize> = self.inexact.iter().map(|(row, _)| *row).collect();
        let most = largest_share(&self.inexact);
        let share = if most < 10.0 {
            format!("{:.0} % of it", 100.0 * most)
        } else {
            format!("{most:.1e} times as much")
        };
        Some(format!(
            "{}: the attributions miss the change of the target that they are to add up to, f(x) − f(baseline), by \
             {}{share}; {repair}",
            outputs_in_words(&rows, count),
            if rows.len() > 1 { "up to " } else { "" },
        ))
    }
}

/// How to make a method's path integral more exact, where it takes one.
fn repair(card: &Card) -> Option<&'static str> {
    let takes_a_path = card.family == Family::Gradient && card.axioms.contains(&Axiom::Completeness);
    let has = |name| card.parameters.contains(&name);
    match takes_a_path {
        true if has("tolerance") => Some("ask for a tolerance, such as 0.01, or for more steps"),
        true if has("samples") => Some("ask for more samples"),
        true => Some("ask for more points"),
        false => None,
    }
}

fn largest_share(rows: &[(usize, f64)]) -> f64 {
    rows.iter().fold(0.0_f64, |most, (_, share)| most.max(*share))
}

/// The rows that a note is about, of `count`.
fn outputs_in_words(rows: &[usize], count: usize) -> String {
    if rows.len() == count {
        return "every output".to_owned();
    }
    let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
    format!("output {}", rows.join(", "))
}

/// Notes, followed by those of others that are not among them.
pub(crate) fn with_new(mut notes: Vec<String>, others: Vec<String>) -> Vec<String> {
    for note in others {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}
