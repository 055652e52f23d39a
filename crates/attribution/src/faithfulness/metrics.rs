//! From curves to metrics.

use crate::faithfulness::curves::{Curves, shares};
use crate::faithfulness::grid::{Grid, SINGLE, THRESHOLDS};

/// The metrics of an order's curves, by name; none of fewer than two tokens.
pub(super) fn metrics(curves: &Curves, grid: &Grid, is_log: bool) -> Vec<(&'static str, Option<f64>)> {
    if grid.counts.is_empty() {
        return Vec::new();
    }
    let clean = curves.most[0];
    let loss = |value: Option<f64>| Some(clean? - value?);
    // Without so many of the most relevant tokens, and with these alone.
    let without = |count: &usize| {
        let at = grid.counts.iter().position(|known| known == count)?;
        loss(curves.most[at + 1])
    };
    let alone = |count: &usize| {
        let at = grid.mirrored().iter().position(|removed| grid.tokens - removed == *count)?;
        loss(curves.least[at + 1])
    };
    let drops: Option<Vec<f64>> = grid.thresholds.iter().map(without).collect();
    let rests: Option<Vec<f64>> = grid.thresholds.iter().map(alone).collect();
    let sum = |values: &Option<Vec<f64>>| Some(values.as_ref()?.iter().sum::<f64>());
    let (bins, nothing) = (THRESHOLDS.len() as f64, grid.counts.last().and_then(without));
    let (comprehensiveness, sufficiency) = (sum(&drops), sum(&rests));
    let at = |values: &Option<Vec<f64>>| values.as_ref()?.get(SINGLE).copied();
    let deletion = area(&curves.most, &shares(&grid.counts, grid.tokens));
    let insertion = area(&curves.least, &shares(&grid.mirrored(), grid.tokens));
    let between = deletion.zip(insertion).map(|(deletion, insertion)| insertion - deletion);
    let mut found = vec![
        ("aopc-comprehensiveness", comprehensiveness.map(|sum| sum / (bins + 1.0))),
        ("aopc-comprehensiveness-released", comprehensiveness.map(|sum| sum / bins)),
        ("comprehensiveness", at(&drops)),
        // With none of the tokens kept, it is what all of them are worth: of all but one, here.
        ("aopc-sufficiency", sufficiency.zip(nothing).map(|(sum, nothing)| (sum + nothing) / (bins + 1.0))),
        ("aopc-sufficiency-released", sufficiency.map(|sum| sum / bins)),
        ("sufficiency", at(&rests)),
        ("deletion-area", deletion),
        ("insertion-area", insertion),
        ("area-between", between),
    ];
    if is_log {
        found.push(("log-odds", at(&drops).map(|drop| -drop)));
    }
    found
}

/// The mean height of a curve, by trapezoids.
fn area(values: &[Option<f64>], shares: &[f64]) -> Option<f64> {
    let values: Vec<f64> = values.iter().copied().collect::<Option<_>>()?;
    let width = shares.last()? - shares.first()?;
    let pieces = values.windows(2).zip(shares.windows(2));
    let sum: f64 = pieces.map(|(y, x)| f64::midpoint(y[0], y[1]) * (x[1] - x[0])).sum();
    (width > 0.0).then(|| sum / width)
}
