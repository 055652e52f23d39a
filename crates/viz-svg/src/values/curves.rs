//! What the target does while tokens go, method by method, as charts look it up.

use saliency_schema::Scores;
use saliency_schema::scores::Measurement;

/// At how many shares of removed tokens a mean is taken, 0 and 1 among them.
pub(crate) const POINTS: usize = 41;

/// Larger differences are as good as missing.
const LARGEST: f64 = 1e290;

/// The orders in which tokens go, and what a panel calls them.
pub(crate) const ORDERS: [(&str, &str); 2] =
    [("most-relevant-first", "most relevant first"), ("least-relevant-first", "least relevant first")];

/// A mean curve: the target less that of the whole text, at each of the points; `None` beyond what was removed.
pub(crate) type MeanCurve = Vec<Option<f64>>;

/// The curves of one way of removing tokens, in one order.
pub(crate) struct Curves {
    /// Of each method that has any and is no random order, with its place.
    pub(crate) methods: Vec<(usize, MeanCurve)>,
    /// The lowest, the mean and the highest of the random orders.
    pub(crate) random: Option<[MeanCurve; 3]>,
}

/// The ways in which tokens were removed, in the order of their measurements.
pub(crate) fn operators(scores: &Scores) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = Vec::new();
    for measurement in scores.measurements.iter().filter(|measurement| !measurement.curves.is_empty()) {
        if !found.contains(&measurement.operator) {
            found.push(measurement.operator.clone());
        }
    }
    found
}

impl Curves {
    /// Means over texts and outputs.
    pub(crate) fn of(scores: &Scores, operator: Option<&str>, order: &str) -> Self {
        let of_operator = |m: &&Measurement| m.operator.as_deref() == operator;
        let own: Vec<&Measurement> = scores.measurements.iter().filter(of_operator).collect();
        let mut methods = Vec::new();
        let mut random: Option<[MeanCurve; 3]> = None;
        for place in 0..scores.methods.len() {
            let of_method: Vec<&&Measurement> = own.iter().filter(|m| m.method == place).collect();
            let mut draws: Vec<u32> = of_method.iter().filter_map(|m| m.draw).collect();
            draws.sort_unstable();
            draws.dedup();
            if draws.is_empty() {
                let curves = of_method.iter().filter_map(|m| sampled(m, order));
                if let Some(mean) = mean(curves) {
                    methods.push((place, mean));
                }
                continue;
            }
            let of_draw = |draw: &u32| {
                mean(of_method.iter().filter(|m| m.draw == Some(*draw)).filter_map(|m| sampled(m, order)))
            };
            let drawn: Vec<MeanCurve> = draws.iter().filter_map(of_draw).collect();
            let extreme = |pick: fn(f64, f64) -> f64| -> MeanCurve {
                let at = |point: usize| drawn.iter().filter_map(|curve| curve[point]).reduce(pick);
                (0..POINTS).map(at).collect()
            };
            if let Some(middle) = mean(drawn.iter().cloned()) {
                random = Some([extreme(f64::min), middle, extreme(f64::max)]);
            }
        }
        Self { methods, random }
    }

    /// All numbers that are drawn.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let random = self.random.iter().flatten();
        self.methods.iter().map(|(_, curve)| curve).chain(random).flatten().copied().flatten()
    }
}

/// The share of removed tokens at a point.
pub(crate) fn share(point: usize) -> f64 {
    point as f64 / (POINTS - 1) as f64
}

/// A measurement's curve at the points, by straight lines between its own.
fn sampled(measurement: &Measurement, order: &str) -> Option<MeanCurve> {
    let curve = measurement.curves.iter().find(|curve| curve.order == order)?;
    let clean = (*curve.values.first()?).filter(|x| x.is_finite())?;
    let known: Vec<(f64, f64)> = curve
        .removed
        .iter()
        .zip(&curve.values)
        .filter_map(|(share, value)| {
            // Beyond, sums would have no number.
            let difference = Some((*value)? - clean).filter(|x| x.abs() < LARGEST)?;
            Some((*share, difference))
        })
        .collect();
    let at = |point: usize| {
        let x = share(point);
        let after = known.iter().position(|(share, _)| *share >= x)?;
        let (right, high) = known[after];
        let Some((left, low)) = after.checked_sub(1).map(|before| known[before]) else { return Some(high) };
        let width = right - left;
        Some(if width > 0.0 { low + (high - low) * (x - left) / width } else { high })
    };
    Some((0..POINTS).map(at).collect())
}

/// The mean at each point, where all curves have a number.
fn mean(curves: impl Iterator<Item = MeanCurve>) -> Option<MeanCurve> {
    let curves: Vec<MeanCurve> = curves.collect();
    let count = curves.len() as f64;
    let at = |point: usize| {
        let known: Option<Vec<f64>> = curves.iter().map(|curve| curve[point]).collect();
        known.map(|known| known.iter().sum::<f64>() / count)
    };
    (!curves.is_empty()).then(|| (0..POINTS).map(at).collect())
}
