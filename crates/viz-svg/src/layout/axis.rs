//! The axes of a scatter plot: both run over the same values, those of all rows of a record, so that nothing but the
//! dots differs from one pair of rows to another.

use crate::text::font;

pub(crate) const SIZE: f64 = 10.0;
/// Ticks stand at least so far apart.
const APART: f64 = 44.0;

/// An axis: from 0 to the largest value, or as far to both sides of 0; with a square root or without.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) form: Form,
    /// The largest value; above 0.
    pub(crate) reach: f64,
    /// Places from 0 to 1, and the texts there.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// How values become places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `√(x / reach)`, of values without a sign.
    Root,
    /// `½ + ½ · sign · √(|x| / reach)`.
    SignedRoot,
    /// `½ + ½ · x / reach`.
    Linear,
    /// `x / reach`, of values without a sign, out to a round number.
    FromZero,
}

impl Axis {
    /// An axis `length` units long for values out to `reach`; `spelled` writes a value at a tick.
    pub(crate) fn new(form: Form, reach: f64, length: f64, spelled: impl Fn(f64) -> String) -> Self {
        let reach = if reach > 0.0 && reach.is_finite() { reach } else { 1.0 };
        let step = reach * APART / length;
        let power = 10_f64.powf(step.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|digit| digit * power).into_iter().find(|round| *round >= step);
        let step = step.unwrap_or(10.0 * power);
        let steps = (reach / step - 1e-9).ceil().min(length);
        let reach = if form == Form::FromZero { steps * step } else { reach };
        let mut axis = Self { form, reach, ticks: Vec::new() };
        let values = match form {
            Form::FromZero => (0..=steps as usize).map(|i| i as f64 * step).collect(),
            Form::Root | Form::SignedRoot => axis.round(length),
            Form::Linear => axis.even(length),
        };
        let both = values.iter().filter(|v| form.is_signed() && **v > 0.0).map(|v| -v);
        let mut values: Vec<f64> = values.iter().copied().chain(both).collect();
        values.sort_by(f64::total_cmp);
        axis.ticks = values.into_iter().map(|v| (axis.place(v), spelled(v))).collect();
        axis
    }

    /// Where a value lies, from 0 to 1.
    pub(crate) fn place(&self, x: f64) -> f64 {
        let share = (x / self.reach).clamp(-1.0, 1.0);
        match self.form {
            Form::Root => share.max(0.0).sqrt(),
            Form::SignedRoot => 0.5 + 0.5 * share.abs().sqrt().copysign(share),
            Form::Linear => 0.5 + 0.5 * share,
            Form::FromZero => share.max(0.0),
        }
    }

    /// The widest text at a tick.
    pub(crate) fn widest(&self) -> f64 {
        self.ticks.iter().map(|(_, text)| font::width(text, SIZE)).fold(0.0, f64::max)
    }

    /// Round values from the largest down to 0, as far as they stand apart.
    fn round(&self, length: f64) -> Vec<f64> {
        let power = self.reach.log10().floor() as i32;
        let rounds = (0..6).flat_map(|k| [5.0, 2.0, 1.0].map(|digit| digit * 10_f64.powi(power - k)));
        let place = |v: f64| self.place(v) * length;
        let mut values: Vec<f64> = Vec::new();
        for v in rounds.filter(|v| *v <= self.reach * (1.0 + 1e-9)) {
            let clear = values.last().is_none_or(|last| place(*last) - place(v) >= APART);
            if clear && place(v) - place(0.0) >= APART * 0.75 {
                values.push(v);
            }
        }
        values.push(0.0);
        values
    }

    /// Whole steps from 0 out to the largest.
    fn even(&self, length: f64) -> Vec<f64> {
        let unit = length / (2.0 * self.reach);
        let step = (0..12).map(|k| 2_f64.powi(k)).find(|step| step * unit >= APART).unwrap_or(self.reach);
        let count = (self.reach / step).floor().min(100.0) as usize;
        (0..=count).map(|i| i as f64 * step).collect()
    }
}

impl Form {
    fn is_signed(self) -> bool {
        matches!(self, Self::SignedRoot | Self::Linear)
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Form};

    #[test]
    fn places_are_square_roots_and_ticks_are_round() {
        // √(0.01 / 0.16) = 1/4.
        let axis = Axis::new(Form::Root, 0.16, 400.0, |v| format!("{v:.2}"));
        assert!(
            (axis.place(0.01) - 0.25).abs() < 1e-12 && axis.place(0.16) >= 1.0 && axis.place(-1.0) <= 0.0
        );
        // 0.10 lies at 316, 0.05 at 224, 0.02 at 141, 0.01 at 100 (too near), 0.005 at 71, 0.002 at 45 (too near).
        let texts: Vec<_> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["0.00", "0.01", "0.02", "0.05", "0.10"]);

        let axis = Axis::new(Form::SignedRoot, 4.0, 400.0, |v| format!("{v}"));
        assert!((axis.place(-1.0) - 0.25).abs() < 1e-12 && (axis.place(0.0) - 0.5).abs() < 1e-12);
        let texts: Vec<_> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["-2", "-0.5", "0", "0.5", "2"]);

        let axis = Axis::new(Form::Linear, 3.5, 400.0, |v| format!("{v}"));
        let texts: Vec<_> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["-3", "-2", "-1", "0", "1", "2", "3"]);

        // 44 of 400 units are 0.0041 of 0.0375: ticks at each 0.005, out to 0.04.
        let axis = Axis::new(Form::FromZero, 0.0375, 400.0, |v| format!("{v:.3}"));
        assert!((axis.place(0.01) - 0.25).abs() < 1e-12 && axis.place(0.1) >= 1.0);
        let texts: Vec<_> = axis.ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["0.000", "0.005", "0.010", "0.015", "0.020", "0.025", "0.030", "0.035", "0.040"]);
    }
}
