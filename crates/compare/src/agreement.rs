//! How far the methods of some texts agree, output by output.

use crate::counterparts::Counterparts;
use crate::measure::{Chance, Measure, Parameters, measures};
use crate::row::{Row, Sign, rows};
use crate::texts::Texts;
use saliency_schema::Record;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Outputs that are compared at once. Sums are over these first, so that threads don't change the last digit.
const CHUNK: usize = 64;

/// A measure of two methods, with or without signs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) pair: usize,
    pub(crate) measure: &'static Measure,
    pub(crate) sign: Sign,
}

/// What was found of each pair of methods, and of each slot.
#[derive(Debug)]
pub(crate) struct Agreement {
    /// The methods of each pair, by their numbers.
    pub(crate) pairs: Vec<(usize, usize)>,
    pub(crate) slots: Vec<Slot>,
    /// For each slot, a number of each output, all texts one after another.
    pub(crate) by_output: Vec<Vec<Option<f64>>>,
    /// For each slot, the mean chance level over the outputs that have a number.
    pub(crate) chance: Vec<Option<f64>>,
    /// For each pair, how many pairs of values were compared, and how many left out.
    pub(crate) counted: Vec<(usize, usize)>,
}

impl Agreement {
    /// `signed` says of each method whether its values have a sign.
    pub(crate) fn of(records: &[Record], texts: &Texts, signed: &[bool], parameters: &Parameters) -> Self {
        let n = texts.methods.len();
        let pairs: Vec<_> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
        let slot = |(pair, &(a, b)): (usize, &(usize, usize))| {
            let with_sign = signed[a] && signed[b];
            let signs =
                [Sign::Signed, Sign::Absolute].into_iter().filter(move |s| with_sign || *s == Sign::Absolute);
            signs.flat_map(move |sign| {
                let takes = move |measure: &&Measure| measure.takes(sign);
                measures().iter().filter(takes).map(move |measure| Slot { pair, measure, sign })
            })
        };
        let slots: Vec<Slot> = pairs.iter().enumerate().flat_map(slot).collect();
        let aligned: Vec<Aligned> =
            texts.texts.iter().map(|(_, m)| Aligned::of(records, m, &pairs)).collect();
        let work = Work { pairs: &pairs, slots: &slots, signed, parameters };
        let jobs: Vec<_> = aligned
            .iter()
            .flat_map(|text| {
                let outputs = text.records[0].n_output();
                (0..outputs).step_by(CHUNK).map(move |from| (text, from..(from + CHUNK).min(outputs)))
            })
            .collect();
        let chunks = in_threads(jobs.len(), |job| {
            let (text, outputs) = &jobs[job];
            work.chunk(text, outputs.clone())
        });
        let mut found = Self {
            by_output: vec![Vec::new(); slots.len()],
            chance: Vec::new(),
            counted: vec![(0, 0); pairs.len()],
            pairs,
            slots,
        };
        let mut chances = vec![(0.0, 0_usize); found.slots.len()];
        for chunk in chunks {
            for (slot, numbers) in chunk.numbers.into_iter().enumerate() {
                found.by_output[slot].extend(numbers);
                chances[slot].0 += chunk.chances[slot].0;
                chances[slot].1 += chunk.chances[slot].1;
            }
            for (sum, (counted, left_out)) in found.counted.iter_mut().zip(chunk.counted) {
                sum.0 += counted;
                sum.1 += left_out;
            }
        }
        found.chance = chances.iter().map(|(sum, n)| (*n > 0).then(|| sum / *n as f64)).collect();
        found
    }
}

/// A text's records, method by method, and how they are aligned.
struct Aligned<'r> {
    records: Vec<&'r Record>,
    /// How each record's outputs are those of the first.
    outputs: Vec<Counterparts>,
    /// How the tokens of each pair are each other's.
    tokens: Vec<Counterparts>,
}

impl<'r> Aligned<'r> {
    fn of(records: &'r [Record], members: &[usize], pairs: &[(usize, usize)]) -> Self {
        let records: Vec<_> = members.iter().map(|&number| &records[number]).collect();
        let outputs: Vec<_> = records.iter().map(|record| Counterparts::of(records[0], record)).collect();
        let tokens = pairs.iter().map(|&(a, b)| match (&outputs[a], &outputs[b]) {
            (Counterparts::Same, Counterparts::Same) => Counterparts::Same,
            _ => Counterparts::of(records[a], records[b]),
        });
        Self { tokens: tokens.collect(), outputs, records }
    }

    /// A method's row of the first record's output.
    fn row(&self, method: usize, output: usize) -> Option<&'r [Option<f64>]> {
        let record = self.records[method];
        let row = self.outputs[method].output((self.records[0], record), output)?;
        record.attributions.get(row).map(Vec::as_slice)
    }
}

/// What every chunk has in common.
struct Work<'w> {
    pairs: &'w [(usize, usize)],
    slots: &'w [Slot],
    signed: &'w [bool],
    parameters: &'w Parameters,
}

/// What was found of some outputs.
struct Chunk {
    /// For each slot, a number of each output.
    numbers: Vec<Vec<Option<f64>>>,
    /// For each slot, the sum of chance levels, and how many.
    chances: Vec<(f64, usize)>,
    counted: Vec<(usize, usize)>,
}

impl Work<'_> {
    fn chunk(&self, text: &Aligned<'_>, outputs: std::ops::Range<usize>) -> Chunk {
        let mut chunk = Chunk {
            numbers: vec![Vec::with_capacity(outputs.len()); self.slots.len()],
            chances: vec![(0.0, 0); self.slots.len()],
            counted: vec![(0, 0); self.pairs.len()],
        };
        for output in outputs {
            let found: Vec<_> = (0..text.records.len()).map(|method| text.row(method, output)).collect();
            // Complete rows are ranked once, and not for each pair.
            let whole: Vec<_> =
                found.iter().zip(self.signed).map(|(row, signed)| whole(*row, *signed)).collect();
            let mut lengths = Lengths { parameters: self.parameters, known: Vec::new() };
            let mut slots = self.slots.iter().enumerate().peekable();
            for (pair, &(a, b)) in self.pairs.iter().enumerate() {
                let tokens = found[a].into_iter().chain(found[b]).map(<[_]>::len).max().unwrap_or(0);
                let both = match (found[a], found[b], &whole[a], &whole[b]) {
                    (Some(a), Some(b), Some(whole_a), Some(whole_b))
                        if text.tokens[pair].is_same() && a.len() == b.len() =>
                    {
                        Some(Both::Whole(whole_a, whole_b))
                    }
                    (Some(a), Some(b), ..) => Some(Both::part(a, &text.tokens[pair].row(a, b))),
                    _ => None,
                };
                let compared = both.as_ref().map_or(0, Both::len);
                chunk.counted[pair].0 += compared;
                chunk.counted[pair].1 += tokens - compared;
                while let Some((slot, Slot { measure, sign, .. })) =
                    slots.next_if(|(_, slot)| slot.pair == pair)
                {
                    let rows = both.as_ref().and_then(|both| both.of(*sign));
                    let number = rows.and_then(|(a, b)| measure.of(a, b, self.parameters));
                    chunk.numbers[slot].push(number);
                    let (Some((a, b)), Some(_)) = (rows, number) else { continue };
                    if let Some(chance) = lengths.chance(measure, a, b) {
                        chunk.chances[slot].0 += chance;
                        chunk.chances[slot].1 += 1;
                    }
                }
            }
        }
        chunk
    }
}

/// Chance levels that depend on the length alone, each found once.
struct Lengths<'w> {
    parameters: &'w Parameters,
    known: Vec<(&'static str, usize, f64)>,
}

impl Lengths<'_> {
    fn chance(&mut self, measure: &Measure, a: &Row, b: &Row) -> Option<f64> {
        let Chance::OfLength(of) = measure.chance else { return measure.chance(a, b, self.parameters) };
        let known = self.known.iter().find(|(name, n, _)| (*name, *n) == (measure.name, a.len()));
        if let Some((_, _, chance)) = known {
            return Some(*chance);
        }
        let chance = of(a.len(), self.parameters);
        self.known.push((measure.name, a.len(), chance));
        Some(chance)
    }
}

/// A row with its signs, where it has any, and without them.
struct Whole {
    signed: Option<Row>,
    absolute: Row,
}

impl Whole {
    fn of(&self, sign: Sign) -> Option<&Row> {
        match sign {
            Sign::Signed => self.signed.as_ref(),
            Sign::Absolute => Some(&self.absolute),
        }
    }
}

/// A row of which nothing is missing.
fn whole(row: Option<&[Option<f64>]>, signed: bool) -> Option<Whole> {
    let values: Vec<f64> = row?.iter().map(|x| x.filter(|x| !x.is_nan())).collect::<Option<_>>()?;
    let absolute = Row::of(values.clone(), Sign::Absolute);
    Some(Whole { signed: signed.then(|| Row::of(values, Sign::Signed)), absolute })
}

/// The two rows of a pair.
enum Both<'w> {
    Whole(&'w Whole, &'w Whole),
    /// What both have, signed and absolute.
    Part(Box<[(Row, Row); 2]>),
}

impl Both<'_> {
    /// Of a row, and what the other has in its tokens' places.
    fn part(row: &[Option<f64>], others: &[Option<f64>]) -> Self {
        Self::Part(Box::new([Sign::Signed, Sign::Absolute].map(|sign| {
            let (a, b, _) = rows(row, others, sign);
            (a, b)
        })))
    }

    fn len(&self) -> usize {
        match self {
            Self::Whole(a, _) => a.absolute.len(),
            Self::Part(signs) => signs[1].0.len(),
        }
    }

    fn of(&self, sign: Sign) -> Option<(&Row, &Row)> {
        match (self, sign) {
            (Self::Whole(a, b), _) => Some((a.of(sign)?, b.of(sign)?)),
            (Self::Part(signs), Sign::Signed) => Some((&signs[0].0, &signs[0].1)),
            (Self::Part(signs), Sign::Absolute) => Some((&signs[1].0, &signs[1].1)),
        }
    }
}

/// The results of some jobs, in order; as many at a time as the machine has cores.
pub(crate) fn in_threads<T: Send>(jobs: usize, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(jobs);
    if threads < 2 {
        return (0..jobs).map(of).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= jobs {
                        return;
                    }
                    let found = of(job);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((job, found));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(job, _)| *job);
    done.into_iter().map(|(_, found)| found).collect()
}
