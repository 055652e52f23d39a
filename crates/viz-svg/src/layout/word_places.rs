//! Where words lie on a plane: by principal components of their columns, or by two outputs.

use crate::layout::axis::{Axis, Form};
use crate::layout::scatter_plot::round_percent;
use crate::scene::Rect;
use crate::values::bins::Bins;
use crate::values::entries::Entries;
use crate::values::pca::Components;
use crate::values::rows::Rows;

/// Beyond so many outputs and words, the outputs of a sentence are one.
const MOST: usize = 200;
/// The axes of two outputs have ticks as on this length.
const LENGTH: f64 = 460.0;

/// Where words lie.
pub(crate) struct Places {
    /// The token of each, and its two numbers.
    pub(crate) words: Vec<(usize, [f64; 2])>,
    /// Inputs without a finite number in each row.
    pub(crate) left_out: usize,
    pub(crate) kind: Kind,
    /// How large each is; of none, by its share of all rows together.
    pub(crate) sizes: Option<Vec<f64>>,
}

pub(crate) enum Kind {
    Components {
        bins: Bins,
        /// The bins that the columns are of, how each points, and the shares of variance.
        used: Vec<usize>,
        loadings: Vec<[f64; 2]>,
        explained: [f64; 2],
    },
    Outputs {
        rows: [usize; 2],
        axis: Axis,
    },
}

impl Places {
    /// By the first two principal components of the words' columns.
    pub(crate) fn of_components(rows: &Rows<'_>) -> Self {
        let bins = if rows.n_output().min(rows.n_input()) > MOST {
            Bins::of(rows.record)
        } else {
            Bins::each(rows.n_output())
        };
        let known = |row: &usize| (0..rows.n_input()).any(|token| rows.signed_share(*row, token).is_some());
        let of_bin = |bin: usize| bins.range(bin).filter(known).collect::<Vec<_>>();
        let outputs: Vec<(usize, Vec<usize>)> =
            (0..bins.len()).map(|bin| (bin, of_bin(bin))).filter(|(_, rows)| !rows.is_empty()).collect();
        let column = |token: usize| -> Option<Vec<f64>> {
            let mean = |(_, members): &(usize, Vec<usize>)| {
                let shares = members.iter().map(|row| rows.signed_share(*row, token));
                shares.sum::<Option<f64>>().map(|sum| sum / members.len() as f64)
            };
            outputs.iter().map(mean).collect()
        };
        let tokens = 0..if outputs.is_empty() { 0 } else { rows.n_input() };
        let columns = tokens.filter_map(|token| Some((token, column(token)?)));
        let (tokens, columns): (Vec<usize>, Vec<Vec<f64>>) = columns.unzip();
        let Components { scores, loadings, explained } = Components::of(&columns);
        let left_out = rows.n_input() - tokens.len();
        let used = outputs.into_iter().map(|(bin, _)| bin).collect();
        let words = tokens.into_iter().zip(scores).collect();
        Self { words, left_out, kind: Kind::Components { bins, used, loadings, explained }, sizes: None }
    }

    /// By the first two principal components of the vectors behind one row, with their norms as sizes.
    pub(crate) fn of_vectors(entries: &Entries<'_>) -> Self {
        let places = entries.places();
        let words = places.iter().map(|(token, at, _)| (*token, *at)).collect();
        let sizes = Some(places.iter().map(|(.., norm)| *norm).collect());
        let left_out = entries.order.len() - places.len();
        let (bins, used, loadings) = (Bins::each(0), Vec::new(), Vec::new());
        let kind = Kind::Components { bins, used, loadings, explained: entries.explained() };
        Self { words, left_out, kind, sizes }
    }

    /// By what two rows took.
    pub(crate) fn of_outputs(rows: &Rows<'_>, [x, y]: [usize; 2]) -> Self {
        let share = |token: usize| Some([rows.signed_share(x, token)?, rows.signed_share(y, token)?]);
        let words: Vec<(usize, [f64; 2])> =
            (0..rows.n_input()).filter_map(|token| Some((token, share(token)?))).collect();
        let all = || words.iter().flat_map(|(_, at)| *at);
        let reach = all().fold(0.0, |reach: f64, share| reach.max(share.abs()));
        let form = if all().any(|share| share < 0.0) { Form::SignedRoot } else { Form::Root };
        let axis = Axis::new(form, reach, LENGTH, round_percent);
        Self {
            left_out: rows.n_input() - words.len(),
            words,
            kind: Kind::Outputs { rows: [x, y], axis },
            sizes: None,
        }
    }
}

/// Where two numbers lie in the plot: components in one unit to both sides, so that distances are those of the columns,
/// and with a rim around them.
pub(crate) fn projection(places: &Places, plot: Rect, rim: f64) -> impl Fn([f64; 2]) -> (f64, f64) + '_ {
    let mut range = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for (_, at) in &places.words {
        for k in 0..2 {
            range[k] = [range[k][0].min(at[k]), range[k][1].max(at[k])];
        }
    }
    let sizes = [plot.width - 2.0 * rim, plot.height - 2.0 * rim];
    let spans = range.map(|[low, high]| high - low);
    let unit = (0..2).filter(|k| spans[*k] > 0.0).map(|k| sizes[k] / spans[k]).fold(f64::INFINITY, f64::min);
    let unit = if unit.is_finite() { unit } else { 0.0 };
    let middle = range.map(|[low, high]| if low <= high { f64::midpoint(low, high) } else { 0.0 });
    move |[x, y]: [f64; 2]| match &places.kind {
        Kind::Components { .. } => (
            plot.x + plot.width / 2.0 + (x - middle[0]) * unit,
            plot.y + plot.height / 2.0 - (y - middle[1]) * unit,
        ),
        Kind::Outputs { axis, .. } => {
            (plot.x + axis.place(x) * plot.width, plot.y + (1.0 - axis.place(y)) * plot.height)
        }
    }
}

/// How far a word stands out: from the middle, or of two outputs by how much they differ, where one is more than twice
/// the other.
pub(crate) fn weight(kind: &Kind, [x, y]: [f64; 2]) -> f64 {
    match kind {
        Kind::Components { .. } => (x * x + y * y).sqrt(),
        Kind::Outputs { .. } if x * y > 0.0 && x.abs().max(y.abs()) <= 2.0 * x.abs().min(y.abs()) => 0.0,
        Kind::Outputs { .. } => (x - y).abs(),
    }
}
