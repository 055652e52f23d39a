//! How far rows of path methods miss the change that they are to add up to, by the number of steps.

use crate::values::quantile::quantiles;
use saliency_schema::{Output, Record};

/// Below this share of max(|f(x)|, |f(baseline)|) a change of the target counts as none: an error is then a share of
/// that.
const FLOOR: f64 = 1e-4;
/// A row that is off by more has a note in its record, where no tolerance was asked for.
const LIMIT: f64 = 0.05;

/// One output's error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dot {
    /// Its record, and its number there.
    pub(crate) record: usize,
    pub(crate) row: usize,
    /// Points on its path, where they are known.
    pub(crate) steps: Option<u32>,
    /// `|delta| / |f(x) − f(baseline)|`.
    pub(crate) error: f64,
    /// `|delta|`, in the unit of the target.
    pub(crate) absolute: f64,
}

/// Dots of one number of steps.
pub(crate) struct Column {
    /// Their median.
    pub(crate) steps: Option<u32>,
    pub(crate) dots: Vec<Dot>,
    /// The 10, 50 and 90 % quantiles of the errors.
    pub(crate) quantiles: [f64; 3],
}

/// Records that differ in nothing but their steps, from the fewest.
pub(crate) struct Series {
    /// The method, for a key.
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

/// All that is known of some records' errors.
pub(crate) struct Errors {
    pub(crate) series: Vec<Series>,
    /// The error up to which a row counts as converged, and whether the records state it.
    pub(crate) limit: f64,
    pub(crate) stated: bool,
    /// Outputs without an error that is a number.
    pub(crate) unknown: usize,
}

impl Errors {
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut series: Vec<(String, Series)> = Vec::new();
        let mut unknown = 0;
        for (number, record) in records.iter().enumerate() {
            let dots = (0..record.n_output()).filter_map(|row| dot(record, (number, row)));
            let mut dots: Vec<Dot> = dots.collect();
            unknown += record.n_output() - dots.len();
            if dots.is_empty() {
                continue;
            }
            let mut steps: Vec<Option<u32>> = dots.iter().map(|dot| dot.steps).collect();
            steps.sort_unstable();
            let steps = steps[steps.len() / 2];
            let key = key(record);
            let at = series.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                let name = record.method.as_ref().map_or("attribution", |method| &method.name);
                series.push((key, Series { name: name.to_owned(), columns: Vec::new() }));
                series.len() - 1
            });
            let columns = &mut series[at].1.columns;
            match columns.iter_mut().find(|column| column.steps == steps) {
                Some(column) => column.dots.append(&mut dots),
                None => columns.push(Column { steps, dots, quantiles: [0.0; 3] }),
            }
        }
        let mut series: Vec<Series> = series.into_iter().map(|(_, series)| series).collect();
        for column in series.iter_mut().flat_map(|series| &mut series.columns) {
            let errors = column.dots.iter().map(|dot| dot.error).collect();
            column.quantiles = quantiles(errors, [0.1, 0.5, 0.9]);
        }
        for one in &mut series {
            one.columns.sort_by_key(|column| column.steps);
        }
        let tolerances = records.iter().filter_map(tolerance);
        let tolerance = tolerances.reduce(f64::max);
        Self { series, limit: tolerance.unwrap_or(LIMIT), stated: tolerance.is_some(), unknown }
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.series.iter().flat_map(|series| &series.columns)
    }

    pub(crate) fn dots(&self) -> impl Iterator<Item = &Dot> {
        self.columns().flat_map(|column| &column.dots)
    }

    /// Whether there is more than one number of steps, all of which are known.
    pub(crate) fn has_steps(&self) -> bool {
        let mut steps = self.columns().map(|column| column.steps);
        let first = steps.next();
        self.columns().all(|column| column.steps.is_some()) && steps.any(|steps| Some(steps) != first)
    }

    /// How many of a column's outputs are off by more than the limit.
    pub(crate) fn beyond(&self, column: &Column) -> usize {
        // Tolerances are kept up to rounding.
        column.dots.iter().filter(|dot| dot.error > self.limit * (1.0 + 1e-9)).count()
    }

    /// The fewest steps from which on every output of a series is within the limit.
    pub(crate) fn enough(&self, series: &Series) -> Option<u32> {
        let within = series.columns.iter().rev().take_while(|column| self.beyond(column) == 0);
        within.last()?.steps
    }
}

/// What tells series apart: everything about how the record was made but the steps.
fn key(record: &Record) -> String {
    let method = record.method.as_ref();
    let parameters = method.map(|method| {
        let known = ["tolerance", "steps"];
        let others = method.parameters.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        let mut others: Vec<String> = others.map(|(name, value)| format!("{name} {value}")).collect();
        others.sort();
        others.join(" ")
    });
    let target = record.target.as_ref().map(|target| &target.name);
    format!("{:?}", (method.map(|method| (&method.name, &method.baseline)), parameters, target))
}

/// The largest relative error that a method was asked for.
fn tolerance(record: &Record) -> Option<f64> {
    let tolerance = record.method.as_ref()?.parameters.get("tolerance")?.as_f64()?;
    Some(tolerance).filter(|tolerance| *tolerance > 0.0 && tolerance.is_finite())
}

fn dot(record: &Record, (number, row): (usize, usize)) -> Option<Dot> {
    let output = record.outputs.get(row)?;
    let delta = output.delta.filter(|x| x.is_finite())?;
    let error = delta.abs() / change(output)?;
    let steps = output.steps.or_else(|| record.method.as_ref()?.steps);
    let error = error.is_finite().then_some(error)?;
    Some(Dot { record: number, row, steps, error, absolute: delta.abs() })
}

/// `|f(x) − f(baseline)|`: as recorded, or the sum less the delta; above 0.
fn change(output: &Output) -> Option<f64> {
    let (change, size) = match (output.value, output.baseline_value) {
        (Some(value), Some(baseline)) => (value - baseline, value.abs().max(baseline.abs())),
        _ => (output.sum? - output.delta?, 0.0),
    };
    Some(change.abs().max(FLOOR * size)).filter(|change| *change > 0.0 && change.is_finite())
}
